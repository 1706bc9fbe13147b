"""Recorded orders from CSV or Parquet files."""

from __future__ import annotations

import csv
import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from twin.experiments.fields import Problems
from twin.experiments.scenario.inline import node_at
from twin.experiments.scenario.quantities import Unclear, duration_ms
from twin.experiments.yamlnodes import Node
from twin.simulation.arriving import RecordedOrder

COLUMNS = ("time", "order", "SKU", "quantity")
MOST_TOLD = 5


@dataclass(frozen=True)
class Orders:
    """The orders of one file, in order of time, and the file's SHA-256."""

    recorded: list[RecordedOrder]
    sha256: str

    @property
    def skus(self) -> list[str]:
        """The SKUs that are asked for, the most popular first."""
        counts = Counter(sku for _, _, lines in self.recorded for sku, _ in lines)
        return sorted(counts, key=lambda sku: (-counts[sku], sku))


def read_orders(folder: Path, name: str, root: Node, stream: str, problems: Problems) -> Orders:
    """The orders in a file beside the scenario. What is wrong is noted where the scenario names the file."""
    mark = node_at(root, "demand", stream, "file").mark
    path = folder / name
    try:
        data = path.read_bytes()
        rows = list(_rows(path))
    except (OSError, UnicodeDecodeError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        problems.add(mark, f"{path}: {reason}; name a readable CSV or Parquet file")
        return Orders([], "")
    lines: list[tuple[int, str, str, int]] = []
    wrong: list[str] = []
    for number, row in enumerate(rows, 2):
        trouble = _line(row, lines)
        if trouble:
            wrong.append(f"{path}:{number}: {trouble}")
    for message in wrong[:MOST_TOLD]:
        problems.add(mark, message)
    return Orders(list(_grouped(lines)), hashlib.sha256(data).hexdigest())


def _rows(path: Path) -> Iterable[Mapping[str, Any]]:
    if path.suffix == ".parquet":
        from pyarrow import ArrowInvalid, parquet

        try:
            return [dict(row) for row in parquet.read_table(path).to_pylist()]
        except ArrowInvalid as error:
            raise ValueError(str(error)) from None
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def _line(row: Mapping[str, Any], lines: list[tuple[int, str, str, int]]) -> str:
    """Append the line of a row; or say what is wrong with it."""
    missing = [column for column in COLUMNS if row.get(column) in (None, "")]
    if missing:
        return f"no {missing[0]}; the columns are {', '.join(COLUMNS)}"
    time, order, sku, quantity = (str(row[column]).strip() for column in COLUMNS)
    try:
        at = duration_ms(time if not time.replace(".", "", 1).isdigit() else f"{time} s")
    except Unclear:
        return f"time is {time[:40]}; write seconds since the start of the run, or a time such as 90 min"
    if not quantity.isdigit() or not 1 <= int(quantity[:12]) <= 1_000_000:
        return f"quantity is {quantity[:40]}; write a whole number from 1 to 1000000"
    lines.append((at, order, sku, int(quantity)))
    return ""


def _grouped(lines: list[tuple[int, str, str, int]]) -> Iterator[RecordedOrder]:
    """Orders by their first line's time; lines of one order stay together in the order of the file."""
    orders: dict[str, tuple[int, list[tuple[str, int]]]] = {}
    for at, order, sku, quantity in lines:
        first = orders.setdefault(order, (at, []))
        first[1].append((sku, quantity))
    for order, (at, wanted) in sorted(orders.items(), key=lambda item: item[1][0]):
        yield at, order, tuple(wanted)
