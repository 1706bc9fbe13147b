"""What goes together in a scenario file, as keywords of JSON Schema: for editors.

The reader checks all of this and more, and says what would be right (``sections.py``); here is what a
schema can say of it. ``tests/unit/test_scenario_schema.py`` holds the one against the other.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from twin.experiments.scenario.kpinames import PROMISED, names_pattern
from twin.experiments.scenario.model import Pieces, Stock, Stream
from twin.experiments.scenario.quantities import bound_pattern
from twin.experiments.scenario.shapes import Json
from twin.records.measures.catalogue import CATALOGUE
from twin.simulation.arriving import POISSON, RECORDED, REORDER

NEVER: Json = {"not": {}}
SOME: Json = {"contains": {"minimum": 1}}
"""A list with at least one value that is not 0."""
STREAM_NAMES: Json = {"propertyNames": {"pattern": "^[A-Za-z_][A-Za-z0-9_]*$"}}
BALCONY_NAMES: Json = {"propertyNames": {"pattern": "^(all|[1-9][0-9]*)$"}}
ONE_SOURCE: Json = {"oneOf": [{"required": ["file"]}, {"required": ["inline"]}]}
ONE_POPULARITY: Json = {
    "if": {"required": ["abc"]},
    "then": {"properties": {"zipf": {"const": Stock().zipf}}},
}


def targets() -> Json:
    """Every KPI with bounds in its own unit, and no other names."""
    units = dict.fromkeys(kpi.unit for kpi in CATALOGUE.values())
    bounds = {names_pattern(unit): {"type": "string", "pattern": bound_pattern(unit)} for unit in units}
    return {"patternProperties": bounds, "additionalProperties": False}


def not_all_zero(keys: Collection[str]) -> Json:
    """At least one of the keys has a weight."""
    return {"not": {"properties": {key: {"const": 0} for key in keys}, "required": list(keys)}}


def stream(needs: Mapping[str, Collection[str]], fitting: Mapping[str, Collection[str]]) -> Json:
    """What each way of arriving needs, and what means nothing with it unless it is as usual."""
    usual = Stream()
    keys = {key for each in fitting.values() for key in each}
    of_each: list[Json] = []
    for arrivals, needed in needs.items():
        useless = sorted(keys.difference(fitting[arrivals]))
        then: Json = {
            "required": list(needed),
            "properties": {key: _as_usual(getattr(usual, key)) for key in useless},
        }
        if arrivals == REORDER:
            then["required"].append("kind")
            then["properties"]["kind"] = {"const": "replenishment"}
        of_each.append({"if": _has("arrivals", arrivals, by_default=arrivals == POISSON), "then": then})
    not_due: Json = {"if": _has("kind", "replenishment"), "then": {"properties": {"due": NEVER}}}
    weights: Json = {"if": {"type": "array"}, "then": SOME}
    return {
        "allOf": [*of_each, not_due, {"properties": {"profile_percent": SOME, "lines_per_order": weights}}]
    }


def scenario() -> Json:
    """What whole sections demand of each other."""
    promised: Json = {"anyOf": [{"required": [kpi]} for kpi in PROMISED]}
    some_due: Json = {"not": {"additionalProperties": {"not": {"required": ["due"]}}}}
    in_time: Json = {
        "if": {"properties": {"targets": promised}, "required": ["targets"]},
        "then": {
            "anyOf": [{"required": ["due"]}, {"properties": {"demand": some_due}, "required": ["demand"]}]
        },
    }
    own_skus: Json = {
        "if": {"properties": {"stock": {"required": ["skus"]}}, "required": ["stock"]},
        "then": {"properties": {"demand": {"additionalProperties": {"not": _has("arrivals", RECORDED)}}}},
    }
    return {"dependentRequired": {"compare": ["vary"]}, "allOf": [in_time, own_skus]}


def _has(key: str, value: str, by_default: bool = False) -> Json:
    has: Json = {"properties": {key: {"const": value}}}
    return has if by_default else {**has, "required": [key]}


def _as_usual(value: Any) -> Json:
    """The value that a key has anyway; None: there is none, so that it must not be given."""
    if isinstance(value, Pieces):
        return {"properties": {"from": {"const": value.from_}, "to": {"const": value.to}}}
    return NEVER if value is None else {"const": value}
