"""Which boxes serve a request, and at which balcony.

Pure choices over a read-only plant; the plant checks and books what is chosen.
"""

from __future__ import annotations

from typing import Protocol

from twin.domain import commands as ask
from twin.domain.orders import Pick, Placing, carrier_id
from twin.policies.balconies import choose_balconies
from twin.policies.registry import ALLOCATION, register
from twin.policies.view import LoadView, PlantView

Share = tuple[int, int, int | None, int]
"""Entity, carrier, box (None: the whole carrier), quantity."""

DIG_CELLS = 20
"""What moving one blocking carrier is worth, in cells driven: some 10 s (lift, lower, short ways)."""


class Allocation(Protocol):
    """Chooses the boxes that serve a request which the plant has found possible."""

    def allocate(self, view: PlantView, command: Placing) -> list[Pick]:
        """One pick per box and entity; the quantities of an entity sum to what was asked.

        No box gives more than it has free, and each pick's balcony touches the level of its carrier.
        """
        ...


class ByPreference:
    """Takes boxes one after the other by ``key``, each as far as it suffices, until all is served.

    To make another allocation policy, inherit and give another ``key``.
    """

    def key(self, view: PlantView, load: LoadView, free: int, missing: int) -> tuple[int, ...]:
        """The box with the smallest key is taken next. It must differ between any two boxes.

        ``free``: pieces (filling: room) that are to be had in the box; ``missing``: those still to be found.
        """
        raise NotImplementedError

    def allocate(self, view: PlantView, command: Placing) -> list[Pick]:
        """See ``Allocation``."""
        if isinstance(command, ask.PlaceFetch):
            shares = _whole_carriers(command)
        else:
            shares = self._from_boxes(view, command)
        balconies = choose_balconies(view, [carrier for _, carrier, _, _ in shares])
        return [
            Pick(entity, carrier, box, quantity, balcony)
            for (entity, carrier, box, quantity), balcony in zip(shares, balconies, strict=True)
        ]

    def _from_boxes(
        self, view: PlantView, command: ask.PlaceFulfillment | ask.PlaceReplenishment
    ) -> list[Share]:
        filling = isinstance(command, ask.PlaceReplenishment)
        taken: dict[int, int] = {}
        shares: list[Share] = []

        def available(load: LoadView) -> int:
            free = load.replenishable if filling else load.fulfillable
            return free - taken.get(load.box, 0)

        for entity, line in enumerate(command.lines):
            missing = line.quantity
            while missing:
                loads = (view.state.loads[box] for box in view.stock.boxes_of[line.sku])
                offers = ((load, free) for load in loads if (free := available(load)) > 0)
                keyed = (((self.key(view, load, free, missing)), load, free) for load, free in offers)
                _, load, free = min(keyed, key=_first)
                quantity = min(missing, free)
                taken[load.box] = taken.get(load.box, 0) + quantity
                shares.append((entity, view.state.boxes[load.box].carrier, load.box, quantity))
                missing -= quantity
        return shares


@register(ALLOCATION, "fewest_carriers")
class FewestCarriers(ByPreference):
    """As few boxes as possible: the smallest that suffices alone, else the largest first.

    Ties go to the carrier with the fewest others in its way, then to the smallest box id.
    """

    def key(self, view: PlantView, load: LoadView, free: int, missing: int) -> tuple[int, ...]:
        """See ``ByPreference``."""
        enough = free >= missing
        depth = view.depth(view.state.boxes[load.box].carrier)
        return (0 if enough else 1, free if enough else -free, depth, load.box)


@register(ALLOCATION, "nearest")
class NearestBox(ByPreference):
    """The box that can be at a balcony soonest: of carriers asked for already, else by way and depth."""

    def key(self, view: PlantView, load: LoadView, free: int, missing: int) -> tuple[int, ...]:
        """See ``ByPreference``."""
        carrier = view.state.boxes[load.box].carrier
        cell = view.state.carriers[carrier].cell
        way = 0 if cell is None else view.ways.to_any(view.state.carriers[carrier].level)[cell]
        asked_for = carrier in view.queues.visits_of
        return (0 if asked_for else 1, way + DIG_CELLS * view.depth(carrier), load.box)


@register(ALLOCATION, "emptiest_first")
class EmptiestFirst(ByPreference):
    """The box with the fewest pieces first, so that boxes become empty (filling: remainders become full)."""

    def key(self, view: PlantView, load: LoadView, free: int, missing: int) -> tuple[int, ...]:
        """See ``ByPreference``."""
        return (load.item_count, view.depth(view.state.boxes[load.box].carrier), load.box)


@register(ALLOCATION, "oldest_first")
class OldestFirst(ByPreference):
    """The box whose pieces have been there longest: first in, first out."""

    def key(self, view: PlantView, load: LoadView, free: int, missing: int) -> tuple[int, ...]:
        """See ``ByPreference``."""
        return (load.stocked_ms, view.depth(view.state.boxes[load.box].carrier), load.box)


def _first(keyed: tuple[tuple[int, ...], LoadView, int]) -> tuple[int, ...]:
    return keyed[0]


def _whole_carriers(command: ask.PlaceFetch) -> list[Share]:
    shares: list[Share] = []
    for entity, text in enumerate(command.carriers):
        carrier = carrier_id(text)
        assert carrier is not None
        shares.append((entity, carrier, None, 1))
    return shares
