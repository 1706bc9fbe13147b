"""Twins whose orders are all alike: one line, one piece; what differs is which carrier serves it."""

from __future__ import annotations

from collections.abc import Iterable

from twin.assembly import DEFAULT_EPOCH
from twin.domain import commands as ask
from twin.domain.layout import Site
from twin.domain.plant import Plant, new_state
from twin.domain.work import OPERATOR_SIMULATED
from twin.policies.chosen import Policies
from twin.simulation.arriving import Demand
from twin.simulation.engine import Engine, Memory, Origin
from twin.simulation.randomness import Streams

SKU = "ARTICLE"
STOCK = 1_000_000
"""Pieces in each box, which no run uses up."""


def one_line_orders(name: str, arrivals: str, per_hour: int, until_ms: int, skus: list[str]) -> Demand:
    """A stream of orders of one piece of one of the SKUs, each as likely; a closed loop of one order."""
    return Demand(
        name,
        per_hour,
        until_ms,
        skus,
        mean_lines_percent=100,
        largest_quantity=1,
        zipf_percent=0,
        replenish_every=0,
        arrivals=arrivals,
        open_orders=1,
    )


def plant_of(site: Site) -> Plant:
    """The site without stock, people at its balconies; ended work is forgotten."""
    return Plant(site, new_state(site, OPERATOR_SIMULATED), keep_ended=False)


def fill_box(plant: Plant, carrier: int, mask: int, sku: str) -> None:
    """A box on a carrier, full of an SKU."""
    box = plant.change_stock(ask.CreateBox(carrier, mask), 0)
    assert isinstance(box, int)
    plant.change_stock(ask.CreateLoad(box, sku, STOCK, STOCK), 0)


def engine_of(plant: Plant, demands: Iterable[Demand], seed: int, policies: Policies) -> Engine:
    """A twin that has not started."""
    plant.happened.clear()
    origin, memory = Origin(plant.site, seed, DEFAULT_EPOCH), Memory(demands=list(demands))
    return Engine(origin, plant, memory, Streams(seed), policies)


def with_one_article(site: Site, demands: Iterable[Demand], seed: int, policies: Policies) -> Engine:
    """A twin in which every carrier is full of the same article."""
    plant = plant_of(site)
    plant.change_stock(ask.CreateSku(SKU, "Article"), 0)
    for carrier in plant.state.carriers:
        fill_box(plant, carrier, 0xFFFF_FFFF, SKU)
    return engine_of(plant, demands, seed, policies)
