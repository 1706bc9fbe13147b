"""Events as a table: one row each, with what most of them tell in columns of its own.

A replication writes its table where it runs, piece by piece and compressed, so that a day of
some hundred thousand events takes little memory, and hands it over as bytes: a worker of a cluster
has no folder in common with whoever asked. ``docs/scenarios.md`` documents the columns.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields
from pathlib import Path
from typing import Any, get_args

import orjson
import pyarrow as pa
from pyarrow import parquet

from twin.domain.events import Event

NUMBERS = ("bot", "carrier", "balcony", "level", "x", "y")
TEXTS = ("request", "job")
PIECE = 20_000
"""Events that are gathered before they are written."""

_WORD = pa.dictionary(pa.int32(), pa.string())
_OWN = [
    pa.field("seq", pa.int64()),
    pa.field("t_ms", pa.int64()),
    pa.field("type", _WORD),
    *(pa.field(name, pa.int32()) for name in NUMBERS),
    *(pa.field(name, pa.string()) for name in TEXTS),
    pa.field("fields", pa.string()),
]
_SCHEMA = pa.schema(_OWN)
_WHOLE = pa.schema([pa.field("variant", _WORD), pa.field("replication", pa.int32()), *_OWN])
_HAS = {
    kind: tuple(name if name in {each.name for each in fields(kind)} else None for name in (*NUMBERS, *TEXTS))
    for kind in get_args(Event)
}


class EventTable:
    """An observer of an engine that keeps its events as a Parquet table."""

    def __init__(self) -> None:
        self._out = pa.BufferOutputStream()
        self._writer = parquet.ParquetWriter(self._out, _SCHEMA, compression="zstd")
        self._rows: list[tuple[Any, ...]] = []

    def write(self, seq: int, t_ms: int, event: Event) -> None:
        """Append one event."""
        kind = type(event)
        own = (None if name is None else getattr(event, name) for name in _HAS[kind])
        text = orjson.dumps(event).decode()
        if hasattr(event, "from_"):
            # Quotes within a value are escaped, so that only the key can match.
            text = text.replace('"from_":', '"from":', 1)
        self._rows.append((seq, t_ms, kind.__name__, *own, text))
        if len(self._rows) >= PIECE:
            self._flush()

    def done(self) -> bytes:
        """The whole table; nothing can be written any more."""
        self._flush()
        self._writer.close()
        found: bytes = self._out.getvalue().to_pybytes()
        return found

    def _flush(self) -> None:
        if self._rows:
            self._writer.write_batch(_batch(self._rows))
            self._rows.clear()


def _batch(rows: list[tuple[Any, ...]]) -> pa.RecordBatch:
    columns = zip(*rows, strict=True)
    arrays = [pa.array(column, field.type) for column, field in zip(columns, _SCHEMA, strict=True)]
    return pa.RecordBatch.from_arrays(arrays, schema=_SCHEMA)


def join(parts: Iterable[tuple[str, int, Path]], out: Path) -> None:
    """One table of those of many replications, each given by its variant, number and file."""
    with parquet.ParquetWriter(out, _WHOLE, compression="zstd") as writer:
        for variant, replication, path in parts:
            for batch in parquet.ParquetFile(path).iter_batches(PIECE):
                count = batch.num_rows
                name = pa.DictionaryArray.from_arrays(pa.repeat(pa.scalar(0, pa.int32()), count), [variant])
                number = pa.repeat(pa.scalar(replication, pa.int32()), count)
                columns = [name, number, *(batch.column(field.name).cast(field.type) for field in _OWN)]
                writer.write_batch(pa.RecordBatch.from_arrays(columns, schema=_WHOLE))
