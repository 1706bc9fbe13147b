"""At which balcony a request is served."""

from __future__ import annotations

from itertools import chain

from twin.policies.view import PlantView


def choose_balconies(view: PlantView, carriers: list[int]) -> list[int]:
    """A balcony for the presentation of each carrier: one for all where one touches all their levels.

    Where nobody is, or nothing may be brought, only what no other balcony can serve is brought.
    Of those that touch the most of the levels the one with the shortest expected delay
    wins, then the smallest id: what its person has to do already, and the way there and back.
    """
    levels = [view.state.carriers[carrier].level for carrier in carriers]
    touching = {level: view.places[level] for level in dict.fromkeys(levels)}
    rank: dict[int, tuple[bool, int, int, int]] = {}
    for balcony in dict.fromkeys(chain.from_iterable(touching.values())):
        reach = sum([balcony in places for places in touching.values()])
        rank[balcony] = (_shut(view, balcony), -reach, _delay_ms(view, balcony, carriers), balcony)
    best = {level: min(places, key=rank.__getitem__) for level, places in touching.items()}
    return [best[level] for level in levels]


def _shut(view: PlantView, balcony: int) -> bool:
    return view.damage.is_away(balcony) or view.damage.is_closed(balcony)


def _cells_to(view: PlantView, balcony: int, carrier_id: int) -> int:
    """Cells along both axes from a carrier to the nearest handover place of a balcony on its level."""
    carrier = view.state.carriers[carrier_id]
    return 0 if carrier.cell is None else view.ways.to_balcony(carrier.level, balcony)[carrier.cell]


def _delay_ms(view: PlantView, balcony: int, carriers: list[int]) -> int:
    """Rough: the person's open jobs one after the other, then the longest way there and back, laden."""
    site = view.site
    busy = view.orders.open_at[balcony] * (site.person.handling_ms + site.person.line_ms)
    cell_ms = site.pitch_mm * 1000 // site.motion.laden.speed_mm_s
    return busy + 2 * cell_ms * max([_cells_to(view, balcony, carrier) for carrier in carriers])
