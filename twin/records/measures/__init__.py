"""Key figures of a run, computed from its events alone (``docs/kpis.md``)."""

from twin.records.measures.measures import Measures, measure_log
from twin.records.measures.orders import PARTS, OrderTimes, Promises

__all__ = ["PARTS", "Measures", "OrderTimes", "Promises", "measure_log"]
