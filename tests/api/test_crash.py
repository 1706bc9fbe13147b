"""Kill the server at any moment: nothing that was acknowledged is lost, and the log goes on.

Ten rounds, or as many as TWIN_CRASH_ROUNDS says (``make soak``: 200).
"""

from __future__ import annotations

import hashlib
import os
import random
import threading
from pathlib import Path

from tests.api.crashing import Acknowledged, Client, check
from tests.api.forked import forked
from tests.api.server_process import run

ROUNDS = int(os.environ.get("TWIN_CRASH_ROUNDS", "10"))
LONGEST_S = 0.7
"""Wall seconds for which a server lives that is killed by the clock."""
MOST_LINES = 10_000
"""Lines of the code that writes files for which one lives that is killed by them."""


def test_whatever_was_acknowledged_outlives_a_kill_at_any_moment(tmp_path: Path) -> None:
    """By the clock, and at lines of the code that writes: between two statements of a transaction, between
    a file and its renaming; while it serves, and while it takes up what the one before has left.
    """
    state = tmp_path / "state"
    seen, chance = Acknowledged(), random.Random(1)
    with forked("--site", "tiny", "--speed", "0", "--state", str(state)) as twin:
        assert twin is not None
        twin.stock("COFFEE", 100_000)
        seen.skus.add("COFFEE")
    done = 0
    for number in range(ROUNDS):
        if number % 2:
            done += live_and_die(state, seen, chance)
        else:
            done += look_and_die(state, seen, chance)
    with forked("--state", str(state)) as twin:
        assert twin is not None
        check(twin, seen)
        rest = twin.client.get("/_twin/log").json()
    assert rest["sha256"] == hashlib.sha256(seen.log).hexdigest()
    path = tmp_path / "log.jsonl"
    path.write_bytes(seen.log)
    code, out, err = run("verify", str(path))
    assert code == 0, out + err
    assert done > 3 * ROUNDS, "the client has got something done"


def look_and_die(state: Path, seen: Acknowledged, chance: random.Random) -> int:
    """Look whether all is there, work, and be killed by the clock; how much was done."""
    with forked("--state", str(state)) as twin:
        assert twin is not None, "it takes up whatever a kill has left"
        check(twin, seen)
        client = Client(twin, seen, chance)
        end = threading.Timer(chance.uniform(0, LONGEST_S), twin.process.kill)
        end.start()
        client.go_on()
        end.join()
    return client.done


def live_and_die(state: Path, seen: Acknowledged, chance: random.Random) -> int:
    """Be killed at some line, or at some time from the very start on; how much was done."""
    dies_at = int(MOST_LINES ** chance.random()) if chance.random() < 0.7 else None
    lives_s = chance.uniform(0, 2 * LONGEST_S) if dies_at is None else None
    with forked("--state", str(state), dies_at=dies_at, lives_s=lives_s) as twin:
        if twin is None:
            return 0
        client = Client(twin, seen, chance)
        client.go_on()
    return client.done
