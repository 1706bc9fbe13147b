"""Runs under given policies, kept in a file so that what was run is not run again."""

from __future__ import annotations

import json
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks.policies.settings import Setting
from twin.assembly import HOUR_MS, build, rare_collection
from twin.domain.work import OPERATOR_SIMULATED, REQUEST_ENDED
from twin.experiments.stocking import RandomStock
from twin.policies.chosen import Choice, Policies
from twin.records.measures.measures import Measures
from twin.simulation.arriving import Demand
from twin.simulation.engine import Engine

WARMUP_MS = HOUR_MS // 2


@dataclass(frozen=True, slots=True)
class Outcome:
    """Figures of one run: times in s, ``oldest_s`` the age at the end of the oldest open order."""

    lead_s: float
    p95_s: float
    lines_per_hour: float
    digs: float
    starved: float
    oldest_s: float
    cpu_s: float


class Trials:
    """Runs, each made once; what they came to is kept in ``kept`` as JSON, a line a run."""

    def __init__(self, kept: Path | None = None) -> None:
        self._kept = kept
        self._known: dict[str, Outcome] = {}
        if kept is not None and kept.exists():
            for line in kept.read_text().splitlines():
                row = json.loads(line)
                self._known[row["run"]] = Outcome(**row["outcome"])

    def outcome(self, setting: Setting, load: int, choice: Choice, seed: int) -> Outcome:
        """What a run comes to."""
        key = f"{setting.name}/{load}/{setting.hours:g} h/{' '.join(choice.as_dict().values())}/{seed}"
        if key not in self._known:
            found = self._known[key] = run(setting, load, choice, seed)
            if self._kept is not None:
                with self._kept.open("a") as file:
                    file.write(json.dumps({"run": key, "outcome": asdict(found)}) + "\n")
        return self._known[key]

    def both(
        self, setting: Setting, choice: Choice, replications: int
    ) -> tuple[list[Outcome], list[Outcome]]:
        """Replications under the moderate load, and under too much; seeds 1, 2, ... for all policies."""
        seeds = range(1, replications + 1)
        easy, hard = (
            [self.outcome(setting, load, choice, seed) for seed in seeds]
            for load in (setting.moderate, setting.too_much)
        )
        return easy, hard


def run(setting: Setting, load: int, choice: Choice, seed: int) -> Outcome:
    """One run: all policies get the same stock, orders and persons for a seed (common random numbers)."""
    measures, end_ms, began = Measures(WARMUP_MS), round(setting.hours * HOUR_MS), time.process_time()
    engine = build(
        setting.site,
        seed=seed,
        operator=OPERATOR_SIMULATED,
        stock=RandomStock(),
        demands=[Demand("orders", load, end_ms)],
        observers=[measures],
        keep_ended=False,
        policies=Policies.of(choice),
    )
    with rare_collection():
        engine.run_until(end_ms)
    found = measures.result(end_ms)
    return Outcome(
        found["order_lead_time_mean"],
        found["order_lead_time_p95"],
        found["lines_per_hour"],
        found["digs_per_presentation"],
        100 * found["balcony_starved"],
        _oldest_s(engine),
        time.process_time() - began,
    )


def _oldest_s(engine: Engine) -> float:
    requests = engine.plant.state.requests.values()
    since = min((r.created_ms for r in requests if r.status not in REQUEST_ENDED), default=engine.now)
    return (engine.now - since) / 1000
