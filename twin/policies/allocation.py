"""Which boxes serve a request, and at which balcony.

Pure choices over a read-only plant; the plant checks and books what is chosen.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from twin.domain import commands as ask
from twin.domain.inventory import Load
from twin.domain.orders import Pick, Placing, carrier_id
from twin.domain.plant import Plant

Share = tuple[int, int, int | None, int]
"""Entity, carrier, box (None: the whole carrier), quantity."""


class Allocation(Protocol):
    """Chooses the boxes that serve a request which the plant has found possible."""

    def allocate(self, plant: Plant, command: Placing) -> list[Pick]:
        """One pick per box and entity; the quantities of an entity sum to what was asked."""
        ...


class FewestCarriers:
    """As few boxes as possible: the smallest that suffices alone, else the largest first.

    Ties go to the carrier with the fewest others in its way, then to the smallest box id.
    """

    def allocate(self, plant: Plant, command: Placing) -> list[Pick]:
        """See ``Allocation``."""
        if isinstance(command, ask.PlaceFetch):
            shares = _whole_carriers(command)
        else:
            shares = _from_boxes(plant, command)
        balconies = choose_balconies(plant, [carrier for _, carrier, _, _ in shares])
        return [
            Pick(entity, carrier, box, quantity, balcony)
            for (entity, carrier, box, quantity), balcony in zip(shares, balconies, strict=True)
        ]


def _whole_carriers(command: ask.PlaceFetch) -> list[Share]:
    shares: list[Share] = []
    for entity, text in enumerate(command.carriers):
        carrier = carrier_id(text)
        assert carrier is not None
        shares.append((entity, carrier, None, 1))
    return shares


def _from_boxes(plant: Plant, command: ask.PlaceFulfillment | ask.PlaceReplenishment) -> list[Share]:
    filling = isinstance(command, ask.PlaceReplenishment)
    taken: dict[int, int] = {}
    shares: list[Share] = []

    def available(load: Load) -> int:
        free = load.replenishable if filling else load.fulfillable
        return free - taken.get(load.box, 0)

    for entity, line in enumerate(command.lines):
        missing = line.quantity
        while missing:
            load = _best(plant, line.sku, missing, available)
            quantity = min(missing, available(load))
            taken[load.box] = taken.get(load.box, 0) + quantity
            shares.append((entity, plant.state.boxes[load.box].carrier, load.box, quantity))
            missing -= quantity
    return shares


def _best(plant: Plant, sku: str, missing: int, available: Callable[[Load], int]) -> Load:
    state = plant.state

    def key(load: Load) -> tuple[int, int, int, int]:
        free = available(load)
        enough = free >= missing
        depth = plant.depth(state.boxes[load.box].carrier)
        return (0 if enough else 1, free if enough else -free, depth, load.box)

    loads = (state.loads[box] for box in plant.stock.boxes_of[sku])
    return min((load for load in loads if available(load) > 0), key=key)


def choose_balconies(plant: Plant, carriers: list[int]) -> list[int]:
    """A balcony for the presentation of each carrier: one for all where one touches all their levels.

    Of those that touch the most of the levels the one with the shortest expected delay
    wins, then the smallest id: what its person has to do already, and the way there and back.
    """
    levels = [plant.state.carriers[carrier].level for carrier in carriers]
    touching = {level: plant.places[level] for level in dict.fromkeys(levels)}
    balconies = sorted({b: None for places in touching.values() for b in places})
    reach = {b: sum(b in places for places in touching.values()) for b in balconies}
    ranked = sorted(balconies, key=lambda b: (-reach[b], _delay_ms(plant, b, carriers), b))
    return [next(b for b in ranked if b in touching[level]) for level in levels]


def _delay_ms(plant: Plant, balcony: int, carriers: list[int]) -> int:
    """Rough: the person's open jobs one after the other, then the longest way there and back, laden."""
    site = plant.site
    busy = plant.orders.open_at[balcony] * (site.person.handling_ms + site.person.line_ms)
    cell_ms = site.pitch_mm * 1000 // site.motion.laden.speed_mm_s
    return busy + 2 * cell_ms * max(_cells_to(plant, balcony, carrier) for carrier in carriers)


def _cells_to(plant: Plant, balcony: int, carrier_id: int) -> int:
    """Cells along both axes from a carrier to the nearest handover place of a balcony on its level."""
    carrier = plant.state.carriers[carrier_id]
    places = plant.places[carrier.level].get(balcony, ())
    if carrier.cell is None or not places:
        return 0
    xy = plant.decks[carrier.level].level.xy
    x, y = xy[carrier.cell]
    return min(abs(xy[p][0] - x) + abs(xy[p][1] - y) for p in places)
