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
    in front of; otherwise any. Every load is from 1 to ``largest_load`` pieces, each number
    equally likely; or, with a ``level``, the pieces of every SKU are more than the first and at most
    the second percentage of its room, each number equally likely.
    """

    boxes_per_sku: int = 6
    filled_percent: int = 90
    largest_load: int = 60
    skus: int | None = None
    names: tuple[str, ...] = ()
    weights: tuple[int, ...] = (1, 1, 1, 1)
    popular_in_front: bool = False
    on_empty: str = UNASSIGN
    level: tuple[int, int] | None = None


def put_in_stock(plant: Plant, streams: Streams, stock: RandomStock) -> list[str]:
    """Fill a plant that has not started yet; returns the SKUs. Draws from the stream ``stock``."""
    boxes = _put_boxes(plant, streams, stock)
    count = stock.skus or max(1, len(boxes) // stock.boxes_per_sku)
    skus = list(stock.names) or [f"SKU{number:05d}" for number in range(1, count + 1)]
    for sku in skus:
        name = f"Article {sku.removeprefix('SKU')}"
        plant.change_stock(ask.CreateSku(sku, name, on_empty_sku_action=stock.on_empty), 0)
    loads: dict[int, tuple[str, int]] = {}
    for number, box in enumerate(boxes):
        held = _sku_of(number, len(boxes), skus, streams, stock)
        if held is not None:
            loads[box] = held, 1 + streams.below("stock", stock.largest_load)
    loads = _levelled(loads, streams, stock) if stock.level else loads
    for box, (held, pieces) in loads.items():
        plant.change_stock(ask.CreateLoad(box, held, pieces, stock.largest_load), 0)
    plant.happened.clear()
    return skus


def _levelled(
    loads: dict[int, tuple[str, int]], streams: Streams, stock: RandomStock
) -> dict[int, tuple[str, int]]:
    """The same loads with as many pieces of each SKU as its level asks for, in proportion."""
    assert stock.level is not None
    by_sku: dict[str, list[int]] = {}
    for box, (sku, _) in loads.items():
        by_sku.setdefault(sku, []).append(box)
    wanted: dict[int, int] = {}
    for boxes in by_sku.values():
        least, most = (len(boxes) * stock.largest_load * percent // 100 for percent in stock.level)
        pieces = min(most, least + 1 + streams.below("stock/level", max(1, most - least)))
        shares = _shared([loads[box][1] for box in boxes], stock.largest_load, pieces)
        wanted.update(zip(boxes, shares, strict=True))
    return {box: (sku, wanted[box]) for box, (sku, _) in loads.items()}


def _shared(weights: list[int], room: int, pieces: int) -> list[int]:
    """Pieces by weights over boxes of the same room; what no longer fits into one goes to the others."""
    whole = sum(weights)
    shares = [min(room, pieces * weight // whole) for weight in weights]
    rest = pieces - sum(shares)
    for index, share in enumerate(shares):
        more = min(rest, room - share)
        shares[index], rest = share + more, rest - more
    return shares


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
