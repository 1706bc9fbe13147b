"""``twin`` whose scenarios all deadlock: ``-m tests.studies.twin_that_deadlocks run FILE``.

No run of the twin comes into a deadlock. So the scenario that is read decides only how often and for how
long something is run: each replication begins with two bots that were brought face to face by hand. The
replacement stands at module level, so that worker processes have it as well. Nothing else is different.
"""

from __future__ import annotations

from tests.face_to_face import bring_face_to_face, narrow
from twin.assembly import build
from twin.cli import main
from twin.experiments.scenario.reading import Variant
from twin.simulation.engine import Engine, Observer
from twin.simulation.watching import ALARM, TOO_LONG_MS
from twin.studies import running


def locked(_: Variant, seed: int, observers: list[Observer]) -> Engine:
    """Two bots that wait for one another."""
    engine = build(narrow(), seed=seed, observers=observers)
    bring_face_to_face(engine)
    engine.agenda.set((ALARM, 1), TOO_LONG_MS)
    return engine


running.engine_of = locked

if __name__ == "__main__":
    main()
