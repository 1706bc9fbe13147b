"""Random stock for runs without a client: SKUs, boxes and loads before the first event."""

from __future__ import annotations

from dataclasses import dataclass

from twin.domain import commands as ask
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

    Each SKU has about ``boxes_per_sku`` loads of up to ``largest_load`` pieces.
    """

    boxes_per_sku: int = 6
    filled_percent: int = 90
    largest_load: int = 60


def put_in_stock(plant: Plant, streams: Streams, stock: RandomStock) -> list[str]:
    """Fill a plant that has not started yet; returns the SKUs. Draws from the stream ``stock``."""
    boxes = _put_boxes(plant, streams)
    skus = [f"SKU{number:05d}" for number in range(1, max(1, len(boxes) // stock.boxes_per_sku) + 1)]
    for sku in skus:
        plant.change_stock(ask.CreateSku(sku, f"Article {sku[3:]}"), 0)
    for number, box in enumerate(boxes):
        if number < len(skus) or streams.below("stock", 100) < stock.filled_percent:
            sku = skus[number] if number < len(skus) else skus[streams.below("stock", len(skus))]
            count = 1 + streams.below("stock", stock.largest_load)
            plant.change_stock(ask.CreateLoad(box, sku, count, stock.largest_load), 0)
    plant.happened.clear()
    return skus


def _put_boxes(plant: Plant, streams: Streams) -> list[int]:
    boxes: list[int] = []
    for carrier in plant.state.carriers:
        for mask in PATTERNS[streams.below("stock", len(PATTERNS))]:
            box = plant.change_stock(ask.CreateBox(carrier, mask), 0)
            assert isinstance(box, int)
            boxes.append(box)
    # Boxes of one SKU should not sit side by side: deal them out in random order.
    order = [int(i) for i in streams.get("stock").permutation(len(boxes))]
    return [boxes[i] for i in order]
