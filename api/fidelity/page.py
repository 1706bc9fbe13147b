"""What is shown of the table: as JSON, and as a page: ``python -m api.fidelity.page > docs/fidelity.md``."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator
from typing import Any

from fastapi.routing import APIRoute

from api.fidelity.levels import LEVELS, Fidelity
from api.fidelity.table import EVERYWHERE, TABLE
from api.routes import all_routers

_HEAD = """\
# Fidelity

How faithful each operation is to the vendor's public reference. Made from `api/fidelity/table.py`
by `python -m api.fidelity.page > docs/fidelity.md`; a running twin answers the same as JSON
at `/_twin/fidelity`.

"""
_TABLE = """
| operation | level | as the reference says | decided by us | left out |
| --- | --- | --- | --- | --- |
"""


def served_operations() -> Iterator[str]:
    """The operations of the API that there are."""
    for router in all_routers():
        for route in router.routes:
            if isinstance(route, APIRoute):
                yield from (f"{method} {route.path_format}" for method in sorted(route.methods or ()))


def report(served: Iterable[str]) -> dict[str, Any]:
    """The table as JSON values; ``served``: the operations that there are, as ``GET /path``."""
    there = set(served)
    entries = [_entry(one, one.operation in there) for one in TABLE]
    counts = {level: sum(entry["level"] == level for entry in entries) for level in LEVELS}
    return {"levels": dict(LEVELS), "counts": counts, "assumed_everywhere": EVERYWHERE, "operations": entries}


def _entry(one: Fidelity, served: bool) -> dict[str, Any]:
    return {
        "operation": one.operation,
        "level": one.level(served),
        "follows": one.follows,
        "assumed": list(one.assumed),
        "left_out": list(one.left_out),
    }


def page() -> str:
    """The text of the page."""
    facts = report(served_operations())
    levels = "".join(f"- *{level}* ({facts['counts'][level]}): {LEVELS[level]}\n" for level in LEVELS)
    everywhere = f"\nDecided for all of them: {', '.join(map(link, EVERYWHERE))}.\n"
    return _HEAD + levels + everywhere + _TABLE + "".join(map(_row, facts["operations"]))


def link(assumption: str) -> str:
    """A link to where a decision is written down."""
    section, _, row = assumption.partition("/")
    return f"[{(row or section).replace('-', ' ')}](assumptions.md#{section})"


def slug(text: str) -> str:
    """A heading or a cell as links write it."""
    return "-".join(re.findall("[a-z0-9]+", text.lower()))


def _row(entry: dict[str, Any]) -> str:
    cells = (
        f"`{entry['operation']}`",
        f"*{entry['level']}*",
        entry["follows"],
        ", ".join(map(link, entry["assumed"])),
        "; ".join(entry["left_out"]),
    )
    return f"| {' | '.join(cells)} |\n"


if __name__ == "__main__":
    sys.stdout.write(page())
