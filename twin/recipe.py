"""What a twin begins with, as data: enough to make it again anywhere.

A twin begins at simulated time 0 from a `Recipe`, or goes on from a snapshot. Together
with the commands it was given and their times, that determines its whole event log.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from twin.assembly import DEFAULT_EPOCH, NO_FAULTS, build
from twin.domain.faults import FaultPlan
from twin.domain.layout import Site
from twin.domain.work import OPERATOR_API
from twin.experiments.stocking import RandomStock
from twin.policies.chosen import Choice, Policies
from twin.policies.fetching import fetch_all
from twin.simulation.arriving import Demand
from twin.simulation.codec import from_plain, to_plain
from twin.simulation.engine import Engine, Observer, restore


@dataclass(frozen=True, slots=True)
class Recipe:
    """A twin at simulated time 0. ``epoch`` is that instant, ISO 8601 with its offset."""

    site: Site
    seed: int = 1
    operator: str = OPERATOR_API
    epoch: str = DEFAULT_EPOCH
    stock: RandomStock | None = None
    demands: tuple[Demand, ...] = ()
    faults: FaultPlan = NO_FAULTS
    policies: Choice = field(default_factory=Choice)


@dataclass(frozen=True, slots=True)
class Beginning:
    """A recipe, or a snapshot of an engine: exactly one of them."""

    recipe: Recipe | None = None
    snapshot: dict[str, Any] | None = None

    def __post_init__(self) -> None:
        if (self.recipe is None) == (self.snapshot is None):
            raise ValueError("a twin begins with a recipe or with a snapshot")

    def fetch_policies(self) -> None:
        """Import the classes that its policies name by ``MODULE:CLASS``: only if it comes from one's own.

        Raises UnknownPolicy for one that is not to be found.
        """
        if self.recipe is not None:
            fetch_all(self.recipe.policies.as_dict())
        elif self.snapshot is not None:
            fetch_all(self.snapshot["origin"]["policies"])

    def make(self, observers: Iterable[Observer] = ()) -> Engine:
        """A new twin that has told ``observers`` whatever it begins with.

        Raises ValueError for a snapshot of another format, and SiteRefused.
        """
        if self.recipe is not None:
            return _built(self.recipe, observers)
        assert self.snapshot is not None
        engine = restore(self.snapshot)
        for observer in observers:
            engine.subscribe(observer)
        return engine


def _built(recipe: Recipe, observers: Iterable[Observer]) -> Engine:
    # A stream of demand counts what it has done: every twin needs streams of its own.
    demands: list[Demand] = from_plain(list[Demand], to_plain(recipe.demands))
    return build(
        recipe.site,
        seed=recipe.seed,
        operator=recipe.operator,
        epoch=recipe.epoch,
        stock=recipe.stock,
        demands=demands,
        observers=observers,
        faults=recipe.faults,
        policies=Policies.of(recipe.policies),
    )
