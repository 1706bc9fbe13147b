"""The command: start a twin, tell the story, end the twin whatever happens."""

from __future__ import annotations

import json
import signal
import sys
import time
from contextlib import closing
from types import FrameType

import httpx

from twin.demonstration.client import Client, NotAnswered
from twin.demonstration.process import NoTwin, served_twin
from twin.demonstration.story import tell
from twin.demonstration.telling import CheckFailed, Telling, clock_text

WITHIN_S = 55
"""Wall seconds after which the demonstration gives up."""


def run_demo(site: str = "demo") -> int:
    """Run it; the exit status: 0 only where every check held."""
    signal.signal(signal.SIGTERM, _leave)
    try:
        return _run(site)
    except CheckFailed as failure:
        print(f"\nA check failed: {failure}", file=sys.stderr)
    except (NotAnswered, NoTwin) as failure:
        print(f"\nThe demonstration stopped: {failure}", file=sys.stderr)
    except (httpx.HTTPError, json.JSONDecodeError) as error:
        print(f"\nThe twin no longer answers: {type(error).__name__}: {error}", file=sys.stderr)
    except KeyboardInterrupt:
        print("\nInterrupted.", file=sys.stderr)
    return 1


def _leave(_signal: int, _frame: FrameType | None) -> None:
    sys.exit(1)


def _run(site: str) -> int:
    started = time.monotonic()
    with served_twin(site, WITHIN_S) as served, closing(Client(served)) as client:
        telling = Telling(lambda: int(client.clock()["now_ms"]))
        telling.say(f"a twin of the site {site!r} is served at {served.url}, its clock paused")
        tell(client, telling)
        simulated = clock_text(client.clock()["now_ms"])
    wall = time.monotonic() - started
    telling.end(f"All {telling.checks} checks held: {simulated} simulated in {wall:.1f} s.")
    return 0
