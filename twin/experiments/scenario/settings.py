"""``settings``: those of the API's settings that mean something in a run without the API, by the same keys.

``tests/unit/test_scenario_settings.py`` holds the two lists against the catalogue of the API.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

from twin.domain.layout import Battery
from twin.domain.work import OPERATOR_API, OPERATORS
from twin.experiments import yamlnodes
from twin.experiments.fields import Problems
from twin.experiments.scenario.model import Settings
from twin.experiments.scenario.shapes import Choice, Json, Key, Section
from twin.experiments.yamlnodes import Node, Scalar

ATTENDED = tuple(mode for mode in OPERATORS if mode != OPERATOR_API)
FACADE_ONLY = (
    "api_key.lifetime_days",
    "events.retention",
    "listing.default_page_size",
    "report.kept",
)
"""Settings of the API that change nothing in a run without it."""
_BATTERY = tuple(field.name for field in fields(Battery))


@dataclass(frozen=True, slots=True)
class OperatorMode:
    """Who says that a job at a balcony is done, where there is no client of the API."""

    def read(self, node: Node, name: str, problems: Problems) -> str | None:
        """See ``Shape``."""
        if isinstance(node, Scalar) and node.text == OPERATOR_API:
            advice = f"choose {' or '.join(ATTENDED)}"
            problems.add(
                node.mark,
                f"{name} is {OPERATOR_API}; in a run without the API nobody would ever end a job; {advice}",
            )
            return None
        return Choice(ATTENDED).read(node, name, problems)

    def plain(self, value: str) -> str:
        """See ``Shape``."""
        return value

    def schema(self) -> Json:
        """See ``Shape``."""
        return Choice(ATTENDED).schema()


KNOWN = Section(
    "settings",
    Settings,
    {"operator.mode": Key(OperatorMode(), "Who says at the balconies that a job is done.")},
)


@dataclass(frozen=True, slots=True)
class EngineSettings:
    """The settings that the engine knows; others are refused with where they belong."""

    def read(self, node: Node, name: str, problems: Problems) -> Settings | None:
        """See ``Shape``."""
        if not isinstance(node, yamlnodes.Mapping):
            return _read(node, name, problems)
        kept = []
        for key, value in node.pairs:
            trouble = _misplaced(key.text)
            if trouble:
                problems.add(key.mark, f"{name}: {trouble}")
            else:
                kept.append((key, value))
        return _read(yamlnodes.Mapping(node.mark, tuple(kept)), name, problems)

    def plain(self, value: Any) -> Any:
        """See ``Shape``."""
        return KNOWN.plain(value)

    def schema(self) -> Json:
        """See ``Shape``."""
        return KNOWN.schema()


def _read(node: Node, name: str, problems: Problems) -> Settings | None:
    made = KNOWN.read(node, name, problems)
    assert made is None or isinstance(made, Settings)
    return made


def _misplaced(key: str) -> str:
    """What to say of a setting that is none of a run; empty where there is nothing to say."""
    if key in FACADE_ONLY:
        return f"'{key}' has no meaning without the API; remove it, and set it where the twin is served"
    figure = key.rpartition(".")[2]
    if figure in _BATTERY:
        return f"'{key[:40]}' is a figure of the battery; write site: {{battery: {{{figure}: ...}}}}"
    return ""
