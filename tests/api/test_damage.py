"""Stores that are not taken: each is refused with what is wrong, and stays as it was to the byte."""

from __future__ import annotations

import os
import random
import resource
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from api.hosting.inheriting import Inheritance
from tests.api.crashing import rows
from tests.api.forked import attempt, forked
from twin.records.store import StateRefused
from twin.simulation.stopping import Breakpoints

Harm = Callable[[Path], None]


def made(folder: Path, *, killed: bool) -> Path:
    """The state of a twin that has done a little, and was then killed or stopped in order."""
    with forked("--site", "tiny", "--speed", "0", "--state", str(folder)) as twin:
        assert twin is not None
        twin.stock("COFFEE")
        twin.ok("POST", "/_twin/worlds/default/clock/advance", {"by": "PT10S"})
        twin.order("COFFEE")
        if not killed:
            twin.process.terminate()
            twin.process.wait(20)
    return folder


@pytest.fixture(scope="module")
def states(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("states")
    return {name: made(folder / name, killed=name == "killed") for name in ("killed", "ended")}


@pytest.fixture
def killed(states: dict[str, Path], tmp_path: Path) -> Path:
    return Path(shutil.copytree(states["killed"], tmp_path / "state"))


@pytest.fixture
def ended(states: dict[str, Path], tmp_path: Path) -> Path:
    return Path(shutil.copytree(states["ended"], tmp_path / "state"))


def content(folder: Path) -> dict[str, bytes | None]:
    """All there is in a folder, byte by byte; of a folder in it None."""
    return {
        str(path.relative_to(folder)): path.read_bytes() if path.is_file() else None
        for path in sorted(folder.rglob("*"))
    }


def refused(state: Path) -> str:
    """What a server says that does not take up a state, after which that is as it was."""
    before = content(state)
    status, says = attempt("--state", str(state))
    assert (status, "Traceback" in says) == (2, False), says
    assert content(state) == before
    return says


def changed(path: Path, before: bytes, after: bytes) -> None:
    """Change bytes of a file that must be in it."""
    data = path.read_bytes()
    assert before in data
    path.write_bytes(data.replace(before, after))


def put(name: str, at: int, data: bytes) -> Harm:
    def harm(state: Path) -> None:
        whole = (state / name).read_bytes()
        place = at if at >= 0 else len(whole) // 2
        (state / name).write_bytes(whole[:place] + data + whole[place + len(data) :])

    return harm


def cut(name: str, part: float) -> Harm:
    return lambda state: os.truncate(state / name, int((state / name).stat().st_size * part))


def gone(name: str) -> Harm:
    def harm(state: Path) -> None:
        shutil.rmtree(state / name) if (state / name).is_dir() else (state / name).unlink()

    return harm


def foreign(state: Path) -> None:
    (state / DB).unlink()
    with sqlite3.connect(state / DB) as db:
        db.execute("CREATE TABLE poems (line TEXT)")
    db.close()


DB, WAL, LOG = "twin.sqlite", "twin.sqlite-wal", "logs/default-1.jsonl"


@pytest.mark.parametrize(
    ("harm", "says"),
    [
        (put(DB, 60, (99).to_bytes(4, "big")), "newer twin (format 99"),
        (put(DB, 60, (1).to_bytes(4, "big")), "older twin (format 1"),
        (put(DB, 4096, bytes(8192)), "damaged"),
        (put(DB, 0, b"not a database at all" * 100), "damaged"),
        (cut(DB, 0.5), "damaged"),
        (cut(DB, 0), "it is empty"),
        (gone(DB), "the file is missing"),
        (foreign, "no state of a twin"),
        (lambda state: changed(state / DB, b"CreateSku", b"CreateSkv"), "of commands is not as it was"),
        (lambda state: changed(state / LOG, b"COFFEE", b"COFFEA"), "not as it was written"),
        (cut(LOG, 0.9), "not as it was written"),
        (gone("logs"), "cannot be brought back"),
    ],
    ids=range(12),
)
def test_a_damaged_a_newer_and_a_foreign_store_are_refused_and_left_alone(
    ended: Path, harm: Harm, says: str
) -> None:
    harm(ended)
    assert says in refused(ended).replace("\n", " ")


@pytest.mark.parametrize(
    ("harm", "says"),
    [
        (gone(WAL), "write-ahead log twin.sqlite-wal is missing"),
        (cut(WAL, 0.7), "cannot be read"),
        (cut(WAL, 0), "cannot be read"),
        (put(WAL, 9, b"x"), "head of its write-ahead log"),
        (put(WAL, 5000, b"x"), "cannot be read"),
        (put(WAL, -1, b"x"), "cannot be read"),
    ],
    ids=range(6),
)
def test_what_a_killed_twin_has_written_last_is_not_lost_in_silence(
    killed: Path, harm: Harm, says: str
) -> None:
    harm(killed)
    assert says in refused(killed).replace("\n", " ")


def taken_up(state: Path) -> list[Any]:
    """All that is known after a server has taken up a state; before it would write to it."""
    inheritance = Inheritance.of(state)
    try:
        assert inheritance.default is not None
        world = inheritance.keeper.resumed(inheritance.default, Breakpoints())
        return [world.engine.snapshot(), world.log.sha256, inheritance.default, inheritance.secret]
    finally:
        inheritance.store.close()


@pytest.mark.parametrize("name", ["killed", "ended"])
def test_a_flipped_bit_anywhere_is_refused_or_harms_nothing(
    states: dict[str, Path], tmp_path: Path, name: str
) -> None:
    good = taken_up(Path(shutil.copytree(states[name], tmp_path / "good")))
    chance, outcomes = random.Random(name), []
    for number in range(60):
        state = Path(shutil.copytree(states[name], tmp_path / str(number)))
        files = [path for path in sorted(state.rglob("*")) if path.is_file() and path.stat().st_size]
        path = chance.choice([path for path in files if path.name != "lock"])
        data = bytearray(path.read_bytes())
        data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
        path.write_bytes(data)
        before = content(state)
        try:
            assert taken_up(state) == good, f"{path.name} is taken for good"
            outcomes.append("harmless")
        except StateRefused:
            outcomes.append("refused")
            assert content(state) == before
        shutil.rmtree(state)
    assert outcomes.count("refused") > 5


def test_a_state_is_whole_after_it_was_refused_and_mended(ended: Path) -> None:
    log = (ended / LOG).read_bytes()
    (ended / LOG).write_bytes(log[:-1])
    refused(ended)
    (ended / LOG).write_bytes(log)
    with forked("--state", str(ended)) as twin:
        assert twin is not None
        assert list(rows(twin, "skus", "id")) == ["COFFEE"]
        assert twin.client.get("/_twin/log/lines").content == log


def test_a_damaged_world_beside_the_default_one_keeps_the_server_from_changing_any(tmp_path: Path) -> None:
    state = tmp_path / "state"
    with forked("--site", "tiny", "--speed", "0", "--state", str(state)) as twin:
        assert twin is not None
        twin.stock("COFFEE")
        assert twin.client.post("/_twin/worlds", json={"api_key": "of-the-other"}).status_code == 201
        other = {"headers": {"Authorization": "Bearer of-the-other"}}
        assert twin.client.post("/api/v2/sku", json={"id": "HERE"}, **other).status_code == 200
        twin.process.terminate()
        twin.process.wait(20)
    (state / "logs" / "w1-1.jsonl").write_bytes(b"")
    assert "world w1 cannot be brought back" in refused(state).replace("\n", " ")


def test_options_that_contradict_the_kept_world_are_refused(killed: Path) -> None:
    before = content(killed)
    status, says = attempt("--state", str(killed), "--seed", "3")
    assert status == 2
    assert "has its own --seed" in says.replace("\n", " ")
    assert content(killed) == before


def test_two_servers_never_work_with_one_folder(ended: Path) -> None:
    with forked("--state", str(ended)):
        status, says = attempt("--state", str(ended))
        assert status == 2
        assert "another twin works with this state" in says.replace("\n", " ")


def test_a_folder_that_cannot_be_written_to_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for folder in ("/proc/state", str(tmp_path / "file" / "state")):
        status, says = attempt("--state", folder)
        assert status == 2
        assert "no state can be kept there" in says.replace("\n", " ")


# -- a disk that fills while the twin runs


@pytest.fixture
def full(tmp_path: Path) -> tuple[Path, list[str]]:
    """The state of a twin whose disk was full for a while (a limit on the size of files stands for
    it), and the SKUs that it has acknowledged.
    """
    state, done = tmp_path / "state", []
    with forked("--site", "tiny", "--speed", "0", "--state", str(state)) as twin:
        assert twin is not None
        assert twin.client.post("/_twin/worlds", json={"name": "other"}).status_code == 201
        resource.prlimit(twin.process.pid, resource.RLIMIT_FSIZE, (400_000, resource.RLIM_INFINITY))
        for number in range(1000):
            answer = twin.client.post("/api/v2/sku", json={"id": f"S{number}"})
            if answer.status_code != 200:
                break
            done.append(f"S{number}")
        assert answer.status_code == 503
        assert "cannot be kept" in answer.json()["detail"]
        resource.prlimit(twin.process.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY,) * 2)
        # There is room again; but what is in memory is another world than the one on disk.
        for path in ("/api/v2/skus", "/_twin/log/lines", "/_twin/clock", "/_twin/ready"):
            assert twin.client.get(path).status_code == 503, path
        assert twin.client.post("/api/v2/sku", json={"id": "later"}).status_code == 503
        assert twin.client.get("/_twin/health").status_code == 200
        twin.process.terminate()
        twin.process.wait(20)
    return state, done


def test_on_a_full_disk_a_call_is_refused_and_nothing_of_it_is_kept(full: tuple[Path, list[str]]) -> None:
    state, done = full
    with forked("--state", str(state)) as twin:
        assert twin is not None
        assert list(rows(twin, "skus", "id")) == done
        assert twin.ok("GET", "/_twin/worlds")["total"] == 2
