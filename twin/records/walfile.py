"""SQLite's write-ahead log, looked at for what SQLite itself passes over in silence.

SQLite takes a log up to the first frame that does not fit, as if nothing had come after
it: right where the power has failed within a transaction, wrong where a bit has changed,
or an end is missing, of what was on disk for good. Two witnesses tell them apart: the
index beside the log, which a killed process leaves behind, knows how many frames were on
disk; and where that is missing, whether more transactions follow than can have been under
way. Formats: https://www.sqlite.org/walformat.html
"""

from __future__ import annotations

import struct
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

MAGIC: Final = (0x377F0682, 0x377F0683)
"""Checksums over little-endian and over big-endian words."""
HEADER: Final = 32
FRAME_HEADER: Final = 24
INDEX_HEADER: Final = 48
"""Bytes of each of the two copies at the beginning of the index."""
TORN: Final = 1
"""Transactions that a power failure may leave in part: the last one alone, as each waits for the disk."""

Sums = tuple[int, int]


def damage(wal: Path, index: Path) -> str | None:
    """What is wrong with a write-ahead log in which committed transactions cannot be read, or None.

    ``index`` is the file with ``-shm`` at the end of its name; there may be none.
    """
    data = wal.read_bytes()
    if len(data) < HEADER:
        salts, good, lost = b"", 0, 0
    else:
        magic, _version, page, _number, *_ = struct.unpack(">6I", data[:24])
        order = {MAGIC[0]: "<", MAGIC[1]: ">"}.get(magic)
        sums = _summed(data[:24], (0, 0), order or "<")
        if order is None or sums != struct.unpack(">2I", data[24:32]):
            return "the head of its write-ahead log is damaged"
        salts = data[16:24]
        good, lost = _read(data, page, order, sums)
    known = _known(index, salts)
    if lost > TORN or (known is not None and known > good):
        return "transactions of its write-ahead log cannot be read"
    return None


def _known(index: Path, salts: bytes) -> int | None:
    """How many frames of the log with those salts were on disk; None where the index does not say."""
    head = index.read_bytes()[: 2 * INDEX_HEADER] if index.exists() else b""
    if len(head) < 2 * INDEX_HEADER or head[:INDEX_HEADER] != head[INDEX_HEADER:]:
        return None
    native = "<" if sys.byteorder == "little" else ">"
    if _summed(head[:40], (0, 0), native) != struct.unpack("=2I", head[40:48]):
        return None
    frames: int = struct.unpack("=I", head[16:20])[0]
    # Of a log without a frame there need be no head either.
    return frames if head[32:40] == salts or (not salts and frames) else None


def _read(data: bytes, page: int, order: str, sums: Sums) -> tuple[int, int]:
    """How many frames can be read up to the last commit, and how many commits come after that."""
    broken, good, lost = False, 0, 0
    for number, frame in enumerate(_frames(data, page), 1):
        if not broken:
            sums = _summed(frame[FRAME_HEADER:], _summed(frame[:8], sums, order), order)
            broken = sums != struct.unpack(">2I", frame[16:24])
        if frame[4:8] != bytes(4):
            good, lost = (good, lost + 1) if broken else (number, lost)
    return good, lost


def _frames(data: bytes, page: int) -> Iterator[bytes]:
    """The frames of this log; those of the log before it, which it has not overwritten yet, are others'."""
    size, salts, strangers = FRAME_HEADER + page, data[16:24], 0
    for start in range(HEADER, len(data) - size + 1, size):
        frame = data[start : start + size]
        if frame[8:16] == salts:
            yield frame
        else:
            strangers += 1
        if strangers > TORN:
            return


def _summed(data: bytes, sums: Sums, order: str) -> Sums:
    one, two = sums
    for first, second in struct.iter_unpack(f"{order}2I", data):
        one = (one + first + two) & 0xFFFFFFFF
        two = (two + second + one) & 0xFFFFFFFF
    return one, two
