"""Ways to the handover places: what the lists say is what counting on the map gives."""

from __future__ import annotations

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from twin.domain.plant import Plant, new_state
from twin.experiments.sitegen import random_site


@given(st.integers(0, 1 << 31))
def test_the_way_of_every_cell_is_the_shortest_along_both_axes(seed: int) -> None:
    site = random_site(Random(seed), 3, 60)
    plant = Plant(site, new_state(site, "api"))
    for level in site.levels:
        to_any = plant.ways.to_any(level.id)
        assert set(plant.ways.to_balcony(level.id, 99)) == {0}, "there is no such balcony"
        for cell, (x, y) in enumerate(level.xy):
            ways = {
                balcony.id: [abs(x - p.x) + abs(y - p.y) for p in balcony.places if p.level == level.id]
                for balcony in site.balconies
            }
            for balcony, found in ways.items():
                assert plant.ways.to_balcony(level.id, balcony)[cell] == min(found, default=0)
            assert to_any[cell] == min((way for found in ways.values() for way in found), default=0)
