"""A capsule that has suffered on its way is refused in words, whatever has happened to it."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from command_line import CommandLine
from served import serve

from twin.replaying import CapsuleRefused, Proof, replay


@pytest.fixture(scope="module")
def capsule() -> bytes:
    with serve() as twin:
        twin.stocked()
        twin.order()
        twin.advance(30_000)
        return twin.send("GET", "/_twin/capsule").content


def outcome(path: Path, content: bytes) -> Proof | None:
    """The proof of a capsule; None where it is refused in words."""
    path.write_bytes(content)
    try:
        return replay(path)
    except CapsuleRefused:
        return None


def test_a_capsule_that_was_cut_anywhere_is_refused(capsule: bytes, tmp_path: Path) -> None:
    for length in range(0, len(capsule) - 1, len(capsule) // 12):
        assert outcome(tmp_path / "x", capsule[:length]) is None


def test_a_flipped_bit_is_refused_or_changes_nothing(capsule: bytes, tmp_path: Path) -> None:
    chance = random.Random(1)
    refused = 0
    for _ in range(40):
        content = bytearray(capsule)
        content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
        proof = outcome(tmp_path / "x", bytes(content))
        refused += proof is None
        assert proof is None or proof.same
    assert refused > 25


def test_a_cut_capsule_is_not_taken_for_a_recording(capsule: bytes, tmp_path: Path) -> None:
    path = tmp_path / "run.zip"
    path.write_bytes(capsule[:1000])
    assert "this is no capsule" in str(CommandLine("").run("replay", str(path)).exception)
