"""The twin in a notebook: worlds to drive and fork, scenarios to run, figures as pandas frames, pictures.

Needs the extra ``lab`` (pandas). See the notebooks in ``notebooks/`` and ``docs/lab.md``.
"""

from twin.lab.drawing import Picture, bars, curves, over_time
from twin.lab.scenarios import Outcomes, Scenario, events, scenario, scenario_text
from twin.lab.worlds import World, world

__all__ = [
    "Outcomes",
    "Picture",
    "Scenario",
    "World",
    "bars",
    "curves",
    "events",
    "over_time",
    "scenario",
    "scenario_text",
    "world",
]
