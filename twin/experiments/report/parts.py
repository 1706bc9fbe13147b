"""Words and legends that several parts of the page need."""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape
from typing import Any

from twin.experiments.report.results import VariantResult
from twin.records.measures.catalogue import describe

_NUMBER = re.compile(r"-?\d+(\.\d+)?")


def named(count: int, noun: str) -> str:
    """A count with its noun."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def hours(variant: VariantResult) -> str:
    """How long a replication of a variant is."""
    horizon = variant.scenario.get("run", {}).get("horizon")
    return str(horizon) if horizon is not None else f"{len(variant.minutes.get('lines', ())) / 60:g} h"


def bound_of(target: dict[str, Any]) -> float | None:
    """The number in a target such as ``>= 500``, in the unit of the figure (s, shares)."""
    found = _NUMBER.search(str(target["target"]))
    return float(found.group()) if found else None


def target_text(kpi: str, target: dict[str, Any]) -> str:
    """A target as it is read: with the unit of the figure."""
    bound, known = bound_of(target), describe(kpi)
    if bound is None:
        return str(target["target"])
    sign = str(target["target"]).split()[0]
    return f"{sign} {known.shown(bound):g} {known.unit}".strip()


def legend(entries: Sequence[tuple[str, str]]) -> str:
    """Styles with their names."""
    return (
        '<div class="legend">'
        + "".join(f'<span><i class="{style}"></i>{escape(name)}</span>' for style, name in entries)
        + "</div>"
    )


def picture(title: str, svg: str, caption: str = "", above: str = "") -> str:
    """A chart with its title and what there is to say about it."""
    said = f"<figcaption>{escape(caption)}</figcaption>" if caption else ""
    return f"<figure><h3>{escape(title)}</h3>{above}{svg}{said}</figure>"
