"""Recorded orders from CSV or Parquet files."""

from __future__ import annotations

import csv
import hashlib
import io
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from twin.experiments.fields import Problems
from twin.experiments.scenario.quantities import LONGEST_MS, OutOfRange, Unclear, counted, duration_ms
from twin.experiments.yamlnodes import Mark
from twin.simulation.arriving import RecordedOrder

COLUMNS = ("time", "order", "SKU", "quantity")
MOST_TOLD = 5
_LONGEST = 200
"""Characters of an order's id or an SKU."""
_TOO_MANY = "\n"
"""The column of what a row has more than the header: no column of a file is called so."""


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


@dataclass
class OrderFiles:
    """The order files beside one scenario, each read once; ``contents`` are their bytes by name."""

    folder: Path
    contents: dict[str, bytes] = field(default_factory=dict)
    _read: dict[tuple[str, int], Orders] = field(default_factory=dict)

    def read(self, name: str, start_ms: int, mark: Mark, problems: Problems) -> Orders:
        """The orders in a file. What is wrong is noted at ``mark``, where the scenario names the file.

        ``start_ms`` is the time of day at simulated time 0, from which times of day count.
        """
        key = name, start_ms
        if key not in self._read:
            found = self._orders(name, start_ms)
            if isinstance(found, list):
                for message in found[:MOST_TOLD]:
                    problems.add(mark, message)
                if len(found) > MOST_TOLD:
                    problems.add(mark, f"{self.folder / name}: {_more(len(found) - MOST_TOLD)} wrong")
                return Orders([], "")
            self._read[key] = found
        return self._read[key]

    def _orders(self, name: str, start_ms: int) -> Orders | list[str]:
        """The orders, or everything that is wrong with the file."""
        path = self.folder / name
        try:
            data = path.read_bytes()
            rows = list(_rows(path, data))
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or error
            return [f"{path}: {reason}; name a readable CSV or Parquet file"]
        if not rows:
            return [f"{path}: no order in it; write one a line below the columns {', '.join(COLUMNS)}"]
        missing = [column for column in COLUMNS if column not in rows[0]]
        if missing:
            has = ", ".join(str(column)[:40] for column in rows[0]) or "none"
            wanted = ", ".join(COLUMNS)
            return [f"{path}:1: no column {', '.join(missing)}; the columns are {wanted}, not {has}"]
        first, wrong, lines = _first_day(rows), [], []
        for number, row in enumerate(rows, 2):
            found = _line(row, first, start_ms)
            if isinstance(found, str):
                wrong.append(f"{path}:{number}: {found}")
            else:
                lines.append(found)
        self.contents[name] = data
        return wrong or Orders(list(_grouped(lines)), hashlib.sha256(data).hexdigest())


def _more(count: int) -> str:
    return f"{counted(count, 'more line')} {'is' if count == 1 else 'are'}"


def _rows(path: Path, data: bytes) -> Iterable[Mapping[str, Any]]:
    """Rows by column; a CSV may have semicolons or tabs in place of commas. Raises ValueError."""
    if path.suffix == ".parquet":
        from pyarrow import ArrowInvalid, BufferReader, parquet

        try:
            return [dict(row) for row in parquet.read_table(BufferReader(data)).to_pylist()]
        except ArrowInvalid as error:
            raise ValueError(str(error)) from None
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ValueError(f"line {line} is not UTF-8; save it as UTF-8") from None
    head = text.partition("\n")[0]
    separator = max(",;\t", key=head.count)
    rows = csv.DictReader(io.StringIO(text, newline=""), delimiter=separator, restkey=_TOO_MANY)
    try:
        return [_by_column(row) for row in rows]
    except csv.Error as error:
        raise ValueError(str(error)) from None


def _by_column(row: Mapping[str | Any, Any]) -> dict[str, Any]:
    """A row of a CSV, its columns spelt as ours whatever their case and the spaces around them."""
    ours = {column.lower(): column for column in COLUMNS}
    return {ours.get(str(key).strip().lower(), str(key)): value for key, value in row.items()}


def _first_day(rows: Iterable[Mapping[str, Any]]) -> datetime | None:
    """Midnight before the first of the times that have a date."""
    dated = [at for row in rows if (at := _date_time(str(row["time"]).strip())) is not None]
    naive = [at for at in dated if at.tzinfo is None]
    return min(naive).replace(hour=0, minute=0, second=0, microsecond=0) if naive else None


def _date_time(text: str) -> datetime | None:
    """``2026-01-05 06:10:00`` or the like."""
    try:
        return datetime.fromisoformat(text) if len(text) >= 10 and text[4] == "-" else None
    except ValueError:
        return None


def _line(row: Mapping[str, Any], first: datetime | None, start_ms: int) -> tuple[int, str, str, int] | str:
    """Time in ms, order, SKU and pieces of a row; or what is wrong with it."""
    if any(row.get(_TOO_MANY, ())):
        return "more values than there are columns; put a value with a separator in it in quotes"
    missing = [column for column in COLUMNS if row.get(column) in (None, "")]
    if missing:
        return f"no {missing[0]}; every line has {', '.join(COLUMNS)}"
    time, order, sku, quantity = (str(row[column]).strip() for column in COLUMNS)
    at = _time(time, first, start_ms)
    if isinstance(at, str):
        return f"time is {time[:40]}{at}"
    if not quantity.isascii() or not quantity.isdigit() or not 1 <= int(quantity[:12]) <= 1_000_000:
        return f"quantity is {quantity[:40]}; write a whole number from 1 to 1000000"
    for name, text in (("order", order), ("SKU", sku)):
        if len(text) > _LONGEST or not text.isprintable():
            return f"{name} is {text[:40]!r}; write 1 to {_LONGEST} characters that can be printed"
    return at, order, sku, int(quantity)


def _time(text: str, first: datetime | None, start_ms: int) -> int | str:
    """Simulated time in ms; or what is wrong, with advice."""
    dated = _date_time(text)
    if dated is not None:
        if dated.tzinfo is not None or first is None:
            return "; write local times without an offset, such as 2026-01-05 06:10:00"
        at = (dated - first) // timedelta(milliseconds=1) - start_ms
        if at > LONGEST_MS:
            return f", more than ten years after the first ({first:%Y-%m-%d}); correct the date"
        start = f"{start_ms // 3_600_000:02d}:{start_ms // 60_000 % 60:02d}"
        return at if at >= 0 else f", before the run begins at {start}; set run.start to an earlier time"
    try:
        seconds = text.isascii() and text.replace(".", "", 1).isdigit()
        return duration_ms(f"{text} s" if seconds else text)
    except OutOfRange as refused:
        return f", {refused}"
    except Unclear:
        advice = "seconds since the start of the run, a time such as 90 min, or 2026-01-05 06:10:00"
        return f"; write {advice}"


def _grouped(lines: list[tuple[int, str, str, int]]) -> Iterator[RecordedOrder]:
    """Orders by their first line's time; lines of one order stay together in the order of the file."""
    orders: dict[str, tuple[int, list[tuple[str, int]]]] = {}
    for at, order, sku, quantity in lines:
        first = orders.setdefault(order, (at, []))
        first[1].append((sku, quantity))
    for order, (at, wanted) in sorted(orders.items(), key=lambda item: item[1][0]):
        yield at, order, tuple(wanted)
