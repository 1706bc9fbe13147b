"""Words, legends and tables that several parts of the page need."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from twin.experiments.report.results import VariantResult
from twin.experiments.report.svg import escape, key
from twin.records.measures.catalogue import describe

_NUMBER = re.compile(r"-?\d+(\.\d+)?")


def named(count: int, noun: str) -> str:
    """A count with its noun."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def hours(variant: VariantResult) -> str:
    """How long a replication of a variant is."""
    horizon = variant.scenario.get("run", {}).get("horizon")
    return str(horizon) if horizon is not None else f"{len(variant.minutes.get('lines', ())) / 60:g} h"


def level(confidence: float) -> str:
    """A level of confidence as it is read."""
    return f"{100 * confidence:g} %"


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
    return f"{sign} {known.shown(bound):,.13g} {known.unit}".strip()


def legend(entries: Sequence[tuple[str, str]]) -> str:
    """Styles of bars with their names."""
    return _legend([(f'<i class="{style}"></i>', name) for style, name in entries])


def series_legend(names: Sequence[str]) -> str:
    """The names of series that are drawn as lines, in the order of their numbers."""
    marks = [f'<svg viewBox="0 0 26 12" aria-hidden="true">{key(n)}</svg>' for n in range(len(names))]
    return _legend(list(zip(marks, names, strict=True)))


def _legend(entries: Sequence[tuple[str, str]]) -> str:
    said = "".join(f"<span>{mark}{escape(name)}</span>" for mark, name in entries)
    return f'<div class="legend">{said}</div>'


def picture(title: str, svg: str, caption: str = "", above: str = "") -> str:
    """A chart with its title and what there is to say about it."""
    said = f"<figcaption>{escape(caption)}</figcaption>" if caption else ""
    return f"<figure><h3>{escape(title)}</h3>{above}{svg}{said}</figure>"


def breakable(name: str) -> str:
    """A name as HTML that may be broken after the parts of a key, where it does not fit into a line."""
    return re.sub(r"([._])", r"\1<wbr>", escape(name))


def table(title: str, caption: str, head: Sequence[str], rows: Sequence[tuple[str, str]]) -> str:
    """A table that is scrolled sideways where it is too wide; its caption is not.

    ``head`` is HTML, as are the name and the cells of each row.
    """
    columns = "".join(f'<th scope="col">{name}</th>' for name in head)
    body = "\n".join(f'<tr><th scope="row">{name}</th>{cells}</tr>' for name, cells in rows)
    return (
        f'<p class="soft caption">{escape(caption)}</p>\n'
        f'<div class="wide" role="region" tabindex="0" aria-label="{escape(title)}">'
        f'<table aria-label="{escape(title)}">\n<thead><tr>{columns}</tr></thead>\n'
        f"<tbody>\n{body}\n</tbody></table></div>"
    )
