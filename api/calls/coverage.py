"""What of the API a client has met, and what never: a table to find holes in a client's tests with."""

from __future__ import annotations

import html
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Any
from xml.etree import ElementTree

from api.calls.catalogue import Catalogue, Operation

WATCHED = {
    "get_jobs": "job",
    "trigger_job": "job",
    "get_requests": "request",
    "create_request": "request",
    "get_events": "event",
}
"""Operations whose answers tell states (of jobs and requests) or codes (of events)."""

STATUS = re.compile(rb'"status":\s?"([A-Z_]+)"')
CODE = re.compile(rb'"hex_value":\s?"(0x[0-9A-Fa-f]+)"')


class Coverage:
    """Counts of operations by status, and of job states, request states and event codes seen."""

    def __init__(
        self,
        catalogue: Catalogue,
        statuses: Callable[[], Mapping[str, tuple[int, ...]]],
        expected: Mapping[str, tuple[str, ...]],
        meanings: Mapping[str, str],
    ) -> None:
        """``statuses`` tells those that the document names, by operation id; it is asked late, as a
        document takes time to make. ``expected`` has all ``job`` and ``request`` states and ``event``
        codes that there are, ``meanings`` what the codes mean.
        """
        self._catalogue, self._statuses, self._expected = catalogue, statuses, expected
        self._meanings = meanings
        self._calls: Counter[tuple[str | None, str, int]] = Counter()
        self.took: dict[str, tuple[int, float]] = {}
        """Calls, and their wall seconds, by operation."""
        self._seen: Counter[tuple[str | None, str, str]] = Counter()

    @property
    def calls(self) -> Counter[tuple[str, int]]:
        """Calls by operation and status, of all clients."""
        total: Counter[tuple[str, int]] = Counter()
        for (_, operation, status), count in self._calls.items():
            total[operation, status] += count
        return total

    @property
    def clients(self) -> dict[str | None, int]:
        """Who has called, and how many of the calls were answered whole."""
        total: Counter[str | None] = Counter()
        for (client, _, _), count in self._calls.items():
            total[client] += count
        return dict(total)

    def note(
        self, operation: Operation, status: int, answer: bytes, took_s: float, client: str | None
    ) -> None:
        """Count a call that was answered whole."""
        self._calls[client, operation.id, status] += 1
        count, seconds = self.took.get(operation.id, (0, 0.0))
        self.took[operation.id] = (count + 1, seconds + took_s)
        kind = WATCHED.get(operation.id)
        if kind is not None and status == 200:
            pattern = CODE if kind == "event" else STATUS
            for found, count in Counter(pattern.findall(answer)).items():
                self._seen[client, kind, found.decode()] += count

    def clear(self) -> None:
        """Begin anew."""
        for counts in (self._calls, self.took, self._seen):
            counts.clear()

    def report(self, client: str | None = None) -> dict[str, Any]:
        """What was met and what was not, by one client or by all (None), as JSON values."""
        named, counted = self._statuses(), self._counted(client)
        operations = [
            _of(operation, named[operation.id], counted.get(operation.id, {}))
            for operation in self._catalogue.operations
        ]
        met = sum(1 for one in operations if one["calls"])
        return {
            "client": client,
            "operations_met": met,
            "operations": len(operations),
            "never_called": [one["id"] for one in operations if not one["calls"]],
            "by_operation": operations,
            "job_states": self._kind("job", client),
            "request_states": self._kind("request", client),
            "event_codes": self._kind("event", client) | {"meanings": dict(self._meanings)},
        }

    def _counted(self, client: str | None) -> dict[str, Counter[int]]:
        counted: dict[str, Counter[int]] = {}
        for (who, operation, status), count in self._calls.items():
            if client in (None, who):
                counted.setdefault(operation, Counter())[status] += count
        return counted

    def _kind(self, kind: str, client: str | None) -> dict[str, Any]:
        seen: Counter[str] = Counter()
        for (who, of_kind, name), count in self._seen.items():
            if of_kind == kind and client in (None, who):
                seen[name] += count
        return {
            "met": {name: seen[name] for name in sorted(seen)},
            "never_met": [name for name in self._expected[kind] if name not in seen],
        }


def _of(operation: Operation, named: tuple[int, ...], counts: Mapping[int, int]) -> dict[str, Any]:
    return {
        "id": operation.id,
        "operation": str(operation),
        "calls": sum(counts.values()),
        "statuses": {str(status): counts[status] for status in sorted(counts)},
        "statuses_never_met": [status for status in named if status not in counts],
        "undocumented": [status for status in sorted(counts) if status not in named],
    }


def as_junit(report: dict[str, Any]) -> str:
    """A suite for operations, one for their documented statuses, and one each for states and codes.

    What was never met is skipped; a status that the document does not name is a case as well.
    """
    suites = ElementTree.Element("testsuites", name=whose(report))
    operations = report["by_operation"]
    _suite(suites, "operations", [(one["operation"], bool(one["calls"])) for one in operations])
    statuses = [
        (f"{one['operation']} {status}", met)
        for one in operations
        for met, those in ((True, one["statuses"]), (False, one["statuses_never_met"]))
        for status in those
    ]
    _suite(suites, "statuses", statuses)
    for kind in ("job_states", "request_states", "event_codes"):
        met, never = report[kind]["met"], report[kind]["never_met"]
        rows = [*((name, True) for name in met), *((name, False) for name in never)]
        _suite(suites, kind, [(_meant(name, report[kind]), was_met) for name, was_met in rows])
    return ElementTree.tostring(suites, encoding="unicode", xml_declaration=True)


def whose(report: dict[str, Any]) -> str:
    """Whose coverage it is, as a title."""
    client = report["client"]
    return "What clients of this world have met" if client is None else f"What {client} has met"


def _meant(name: str, kind: dict[str, Any]) -> str:
    """A state or code, with what it means where that is told."""
    meaning = kind.get("meanings", {}).get(name)
    return name if meaning is None else f"{name} {meaning}"


def _suite(parent: ElementTree.Element, name: str, rows: Iterable[tuple[str, bool]]) -> None:
    rows = list(rows)
    skipped = sum(1 for _, met in rows if not met)
    suite = ElementTree.SubElement(
        parent, "testsuite", name=name, tests=str(len(rows)), skipped=str(skipped), failures="0", errors="0"
    )
    for case, met in rows:
        element = ElementTree.SubElement(suite, "testcase", classname=name, name=case)
        if not met:
            ElementTree.SubElement(element, "skipped", message="never met")


STYLE = """:root{color-scheme:light dark;--line:#8884;--met:#2a7d3f;--never:#b3541e}
body{font:15px/1.5 system-ui,sans-serif;max-width:70rem;margin:2rem auto;padding:0 1rem}
table{border-collapse:collapse;width:100%}td,th{border-bottom:1px solid var(--line);padding:.3rem .6rem;
text-align:left;vertical-align:top}td.n{text-align:right}.met{color:var(--met)}.never{color:var(--never)}
code{font:13px ui-monospace,monospace}
@media(prefers-color-scheme:dark){:root{--met:#6fce86;--never:#f0a070}}"""


def as_html(report: dict[str, Any]) -> str:
    """One page that works offline, light and dark."""
    rows = "".join(_row(one) for one in report["by_operation"])
    parts = "".join(_list(title, report[kind]) for title, kind in _KINDS)
    return (
        "<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport "
        'content="width=device-width, initial-scale=1"><title>Coverage of the API</title>'
        f"<style>{STYLE}</style><h1>{html.escape(whose(report))}</h1>"
        f"<p>{report['operations_met']} of {report['operations']} operations were called.</p>"
        "<table><tr><th>operation<th>calls<th>answered<th>never answered</tr>"
        f"{rows}</table>{parts}</html>"
    )


_KINDS = (
    ("States of jobs", "job_states"),
    ("States of requests", "request_states"),
    ("Codes of events", "event_codes"),
)


def _row(one: dict[str, Any]) -> str:
    met = "met" if one["calls"] else "never"
    odd = map(str, one["undocumented"])
    answered = ", ".join(f"{status} ({count})" for status, count in one["statuses"].items())
    answered += "".join(f"; {status} is not in the document" for status in odd)
    never = ", ".join(map(str, one["statuses_never_met"]))
    name = html.escape(one["operation"])
    return (
        f"<tr><td class={met}><code>{name}</code><td class=n>{one['calls']}<td>{answered}"
        f"<td class=never>{never}</tr>"
    )


def _list(title: str, kind: dict[str, Any]) -> str:
    met = ", ".join(f"{_meant(name, kind)} ({count})" for name, count in kind["met"].items()) or "none"
    never = ", ".join(_meant(name, kind) for name in kind["never_met"]) or "none"
    return (
        f"<h2>{title}</h2><p class=met>Met: {html.escape(met)}</p>"
        f"<p class=never>Never met: {html.escape(never)}</p>"
    )
