"""Common random numbers: two policies are told apart with far fewer runs than independent ones take."""

from __future__ import annotations

import pytest

from twin.assembly import busy_day
from twin.experiments.sitefile import find_site, load_site
from twin.experiments.statistics import paired, unpaired
from twin.policies.chosen import Policies
from twin.records.measures import Measures

MINUTES, WARM_UP, RUNS = 45, 10, 8


def figures(dispatch: str, seeds: range) -> list[dict[str, float]]:
    """What the demo site comes to under a dispatching policy, one run a seed."""
    site, found = load_site(find_site("demo")), []
    for seed in seeds:
        measures = Measures(WARM_UP * 60_000)
        policies = Policies.named({"dispatch": dispatch})
        engine = busy_day(site, MINUTES / 60, 330, seed, [measures], policies=policies)
        engine.run_until(MINUTES * 60_000)
        found.append(measures.result(MINUTES * 60_000))
    return found


@pytest.fixture(scope="module")
def runs() -> tuple[list[dict[str, float]], list[dict[str, float]], list[dict[str, float]]]:
    """Oldest first; nearest first with the same seeds; nearest first with others."""
    same, other = range(RUNS), range(1000, 1000 + RUNS)
    return figures("oldest", same), figures("nearest", same), figures("nearest", other)


@pytest.mark.parametrize("kpi", ["lines_per_hour", "order_lead_time_mean"])
def test_pairs_take_at_most_half_the_replications_of_independent_runs(
    runs: tuple[list[dict[str, float]], ...], kpi: str
) -> None:
    """The half-width falls with the root of the replications: half of them at half the squared width."""
    oldest, nearest, apart = ([run[kpi] for run in found] for found in runs)
    with_pairs, without = paired(oldest, nearest), unpaired(oldest, apart)
    assert (with_pairs.half_width / without.half_width) ** 2 <= 0.5
    assert without.low <= with_pairs.mean <= without.high
