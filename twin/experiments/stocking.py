"""Random stock for runs without a client: SKUs, boxes and loads before the first event."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from itertools import accumulate

from twin.domain import commands as ask
from twin.domain.inventory import UNASSIGN
from twin.domain.plant import Plant
from twin.simulation.randomness import Streams

PATTERNS: tuple[tuple[int, ...], ...] = (
    (0xFFFF_FFFF,),
    (0xFFFF_0000, 0x0000_FFFF),
    (0xFF00_0000, 0x00FF_0000, 0x0000_FF00, 0x0000_00FF),
    (0xFFFF_0000, 0x0000_FF00, 0x0000_00FF),
)
"""Ways a carrier is divided into boxes: whole, halves, quarters, one half and two quarters."""


@dataclass(frozen=True, slots=True)
class RandomStock:
    """How much of what: every carrier gets boxes, a share of them a load.

    There are ``skus`` SKUs, or those of ``names``, or one for every ``boxes_per_sku`` boxes;
    loads have up to ``largest_load`` pieces. ``weights`` are those of ``PATTERNS``.
    With ``popular_in_front`` the first SKUs get the boxes of carriers that nothing stands
    in front of; otherwise any.
    """

    boxes_per_sku: int = 6
    filled_percent: int = 90
    largest_load: int = 60
    skus: int | None = None
    names: tuple[str, ...] = ()
    weights: tuple[int, ...] = (1, 1, 1, 1)
    popular_in_front: bool = False
    on_empty: str = UNASSIGN


def put_in_stock(plant: Plant, streams: Streams, stock: RandomStock) -> list[str]:
    """Fill a plant that has not started yet; returns the SKUs. Draws from the stream ``stock``."""
    boxes = _put_boxes(plant, streams, stock)
    count = stock.skus or max(1, len(boxes) // stock.boxes_per_sku)
    skus = list(stock.names) or [f"SKU{number:05d}" for number in range(1, count + 1)]
    for sku in skus:
        name = f"Article {sku.removeprefix('SKU')}"
        plant.change_stock(ask.CreateSku(sku, name, on_empty_sku_action=stock.on_empty), 0)
    for number, box in enumerate(boxes):
        held = _sku_of(number, len(boxes), skus, streams, stock)
        if held is not None:
            pieces = 1 + streams.below("stock", stock.largest_load)
            plant.change_stock(ask.CreateLoad(box, held, pieces, stock.largest_load), 0)
    plant.happened.clear()
    return skus


def _sku_of(number: int, boxes: int, skus: list[str], streams: Streams, stock: RandomStock) -> str | None:
    """What the next box holds, if anything; every SKU gets a box as long as there are enough."""
    if stock.popular_in_front:
        rank = number * len(skus) // boxes
        first = number == 0 or (number - 1) * len(skus) // boxes < rank
        return skus[rank] if first or streams.below("stock", 100) < stock.filled_percent else None
    if number < len(skus):
        return skus[number]
    filled = streams.below("stock", 100) < stock.filled_percent
    return skus[streams.below("stock", len(skus))] if filled else None


def _put_boxes(plant: Plant, streams: Streams, stock: RandomStock) -> list[int]:
    table = list(accumulate(stock.weights))
    boxes: list[int] = []
    for carrier in plant.state.carriers:
        for mask in PATTERNS[bisect_right(table, streams.below("stock", table[-1]))]:
            box = plant.change_stock(ask.CreateBox(carrier, mask), 0)
            assert isinstance(box, int)
            boxes.append(box)
    # Boxes of one SKU should not sit side by side: deal them out in random order.
    order = [int(i) for i in streams.get("stock").permutation(len(boxes))]
    dealt = [boxes[i] for i in order]
    if stock.popular_in_front:
        dealt.sort(key=lambda box: plant.depth(plant.state.boxes[box].carrier))
    return dealt
