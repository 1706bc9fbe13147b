"""The page: what is said, in which order, and the HTML around it."""

from __future__ import annotations

import re
from importlib.resources import files
from pathlib import Path

from twin.experiments.report.comparing import comparison
from twin.experiments.report.detail import detail
from twin.experiments.report.figures import all_figures, footer
from twin.experiments.report.headline import cards, head, sentence, shown_first
from twin.experiments.report.names import few
from twin.experiments.report.results import Results, VariantResult, read_results
from twin.experiments.report.svg import escape
from twin.experiments.verdicts import figure
from twin.records.measures.catalogue import describe

PAGE = "report.html"
ENOUGH = 5
"""With fewer replications intervals are wide."""
_NUMBERS = re.compile(r"\d[\d.,]*\b")


def write_report(folder: Path) -> Path:
    """Write ``report.html`` into a folder of results, and give its path. Raises NoResults."""
    path = folder / PAGE
    path.write_text(page(read_results(folder)), encoding="utf-8")
    return path


def page(results: Results) -> str:
    """The whole page as HTML. It needs nothing from elsewhere, and no script."""
    style = files("twin.experiments.report").joinpath("style.css").read_text(encoding="utf-8")
    title = escape(results.title)
    several = len(results.variants) > 1
    first = shown_first(results)
    body = [
        head(results),
        cards(first),
        _warnings(results),
        comparison(results) if several else "",
        *(_variant(variant, first, several, results.confidence) for variant in results.variants),
        all_figures(results),
        footer(results),
    ]
    return (
        f'<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<title>{title}</title>\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f'<link rel="icon" href="data:,">\n<style>\n{style}</style>\n</head>\n<body>\n<main>\n'
        + "\n".join(part for part in body if part)
        + "\n</main>\n</body>\n</html>\n"
    )


def _warnings(results: Results) -> str:
    """Every warning once, with the variants it is for; those that differ in their numbers alone are one."""
    found: dict[str, list[tuple[str, str]]] = {}
    for variant in results.variants:
        for said in (*variant.warnings, *_too_few(variant, sized=results.sized is not None)):
            text = said.removeprefix(f"{variant.name}: ")
            found.setdefault(_NUMBERS.sub("#", text), []).append((variant.name, text))
    paragraphs = [_warning(alike, len(results.variants)) for alike in found.values()]
    return "<h2>Warnings</h2>\n" + "\n".join(paragraphs) if found else ""


def _warning(alike: list[tuple[str, str]], every: int) -> str:
    names, (first, text) = [name for name, _ in alike], alike[0]
    whose = "" if len(names) == every else f"<b>{escape(few(names))}</b>: "
    others = any(other != text for _, other in alike)
    more = f" (The numbers are those of {first}.)" if others else ""
    return f'<p class="warning">{whose}{escape(text + more)}</p>'


def _too_few(variant: VariantResult, sized: bool) -> list[str]:
    """A study of size has as many replications as its verdict takes."""
    if variant.replications == 1:
        return ["Only 1 replication: there are no intervals, and nothing is sure."]
    if variant.replications < ENOUGH and not sized:
        return [f"Only {variant.replications} replications: intervals are wide."]
    return []


def _variant(variant: VariantResult, first: VariantResult, several: bool, confidence: float) -> str:
    inside = detail(variant, confidence)
    if not several:
        return inside
    shown = " open" if variant is first else ""
    return (
        f"<details{shown}><summary>{escape(variant.name)}"
        f' <span class="soft">{escape(_headline(variant))}</span></summary>\n'
        f"<p>{escape(sentence(variant))}</p>\n{inside}</details>"
    )


def _headline(variant: VariantResult) -> str:
    found = variant.kpis.get("lines_per_hour")
    return figure(found, describe("lines_per_hour")) if found else ""
