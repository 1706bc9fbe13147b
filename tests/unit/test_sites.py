"""Sites: the shipped ones, site files, generated and random ones, and the checks on all of them."""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twin.domain.errors import Invalid
from twin.domain.lanes import Lane, lanes_of
from twin.domain.layout import (
    Balcony,
    BotStart,
    CarrierStart,
    Drive,
    Level,
    Motion,
    PersonTimes,
    Place,
    Site,
)
from twin.domain.sitecheck import REST, check_site, room_to_dig
from twin.experiments.placement import drawn_balconies, filled, packed, parked_bots
from twin.experiments.sitefile import find_site, load_site, parse_site, shipped_sites
from twin.experiments.sitegen import LaneShape, lane_level, lane_site, random_site


def _shipped(name: str) -> Site:
    return load_site(find_site(name))


def _text(**changed: str) -> str:
    parts = {
        "schema": "1",
        "name": "small",
        "pitch_mm": "600",
        "levels": "[{id: 1, height_mm: 0, lanes: {deep: 2, columns: 6, blocks: 1, parking: 3}}]",
        "balconies": "from_map",
        "bots": "{per_level: 2}",
        "carriers": "{fill_percent: 50}",
    }
    return "".join(f"{key}: {value}\n" for key, value in {**parts, **changed}.items())


@pytest.mark.parametrize(
    ("name", "levels", "storage", "lanes", "carriers", "bots", "balconies", "rest"),
    [
        ("tiny", 1, 12, 10, 9, 2, 1, 3),
        ("demo", 3, 296, 156, 753, 12, 4, 6),
        ("reference", 4, 1890, 770, 6804, 40, 8, 14),
    ],
)
def test_the_shipped_sites_have_what_their_head_comments_say(
    name: str, levels: int, storage: int, lanes: int, carriers: int, bots: int, balconies: int, rest: int
) -> None:
    site = _shipped(name)
    assert (site.name, len(site.levels)) == (name, levels)
    assert (len(site.carriers), len(site.bots), len(site.balconies)) == (carriers, bots, balconies)
    for level in site.levels:
        assert (len(level.cells_of("s")), len(lanes_of(level)), len(level.cells_of(REST))) == (
            storage,
            lanes,
            rest,
        )


def test_every_balcony_of_the_demo_and_the_reference_has_two_places_on_every_level() -> None:
    for name in ("demo", "reference"):
        site = _shipped(name)
        for balcony in site.balconies:
            per_level = Counter(place.level for place in balcony.places)
            assert per_level == {level.id: 2 for level in site.levels}


def test_no_lane_of_a_shipped_site_is_deeper_than_three() -> None:
    for path in shipped_sites().values():
        for level in load_site(path).levels:
            assert max(lane.depth for lane in lanes_of(level)) <= 3


def test_shipped_sites_are_sound() -> None:
    assert list(shipped_sites()) == ["demo", "reference", "tiny"]
    for path in shipped_sites().values():
        assert check_site(load_site(path)) == []


def test_the_reference_site_loads() -> None:
    _shipped("reference")


def test_a_path_is_taken_before_a_shipped_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "demo").write_text("schema: 1\n")
    assert find_site("demo") == Path("demo")
    assert find_site("elsewhere/mine.yaml") == Path("elsewhere/mine.yaml")


def test_the_examples_of_the_documentation_hold() -> None:
    text = (Path(__file__).parents[2] / "docs" / "sites.md").read_text(encoding="utf-8")
    example, defaults = re.findall(r"```yaml\n(.*?)```", text, re.DOTALL)
    site = parse_site(example, "docs/sites.md")
    assert (len(site.bots), len(site.carriers)) == (4, 38)
    assert parse_site(example + defaults, "docs/sites.md") == site


def test_a_file_may_leave_motion_and_person_to_the_defaults() -> None:
    site = parse_site(_text(), "site.yaml")
    assert (site.motion, site.person) == (Motion(), PersonTimes())


def test_a_file_may_change_single_figures_of_motion_and_person() -> None:
    text = _text(motion="{laden: {speed_mm_s: 800}, turn_ms: 0}", person="{line_cv_percent: 0}")
    site = parse_site(text, "site.yaml")
    assert site.motion == replace(Motion(), laden=Drive(800, 500, 500), turn_ms=0)
    assert site.person == PersonTimes(line_cv_percent=0)


def test_a_file_may_choose_how_the_times_of_persons_are_distributed() -> None:
    person = "{line_ms: 6000, line_distribution: triangular, line_spread_ms: 2500}"
    site = parse_site(_text(person=person), "site.yaml")
    expected = PersonTimes(line_ms=6000, line_distribution="triangular", line_spread_ms=2500)
    assert site.person == expected


def test_bots_and_carriers_may_be_listed_one_by_one() -> None:
    bots = "[{id: 7, level: 1, x: 0, y: 7}]"
    carriers = "[{id: 4711, level: 1, x: 1, y: 2}, {id: 12, level: 1, x: 1, y: 3}]"
    site = parse_site(_text(bots=bots, carriers=carriers), "site.yaml")
    assert site.bots == (BotStart(7, 1, 0, 7),)
    assert site.carriers == (CarrierStart(4711, 1, 1, 2), CarrierStart(12, 1, 1, 3))


def test_a_place_may_be_given_for_all_or_for_some_levels() -> None:
    levels = "[{id: 1, height_mm: 0, lanes: {balconies: 1}}, {id: 2, height_mm: 400, same_map_as: 1}]"
    at = [f"x: {x}, y: 0" for x in (5, 6)]
    for some in ("all", "[1, 2]"):
        places = ", ".join(f"{{levels: {some}, {place}}}" for place in at)
        text = _text(levels=levels, balconies=f"[{{id: 3, places: [{places}]}}]")
        (balcony,) = parse_site(text, "site.yaml").balconies
        assert balcony == Balcony(3, tuple(Place(level, x, 0) for x in (5, 6) for level in (1, 2)))


def test_bots_are_counted_level_by_level_on_resting_places_in_cell_order() -> None:
    site = _shipped("demo")
    for level in site.levels:
        bots = [bot for bot in site.bots if bot.level == level.id]
        assert [level.cell(bot.x, bot.y) for bot in bots] == list(level.cells_of(REST)[:4])
        assert [bot.id for bot in bots] == [4 * (level.id - 1) + number for number in (1, 2, 3, 4)]


def test_carriers_are_packed_from_the_back_evenly_over_the_lanes() -> None:
    level = lane_level(1, 0, LaneShape(deep=3, columns=20, cross_every=20))
    occupied = {level.cell(c.x, c.y) for c in filled((level,), 85)}
    straight = [lane for lane in lanes_of(level) if lane.depth == 3]
    for lane in straight:
        held = [slot in occupied for slot in lane.slots]
        assert held == sorted(held)
        assert sum(held) in (2, 3)


@settings(deadline=None)
@given(st.integers(0, 2**32), st.integers(0, 100))
def test_packing_places_exactly_the_carriers_asked_for_and_hides_no_free_position(
    seed: int, percent: int
) -> None:
    (level,) = random_site(random.Random(seed), 3, 0).levels
    lanes = lanes_of(level)
    positions = sum(len(lane.slots) for lane in lanes)
    count = positions * percent // 100
    cells = packed(lanes, count)
    assert len(set(cells)) == count
    assert room_to_dig(level, set(cells))[1] == positions - count


def test_touching_handover_places_are_one_balcony_on_every_level_that_shows_it() -> None:
    one, two = Level(1, 0, ("bb.b", "....")), Level(2, 0, ("bb..", "...."))
    assert drawn_balconies((one, two)) == (
        Balcony(1, (Place(1, 0, 0), Place(1, 1, 0), Place(2, 0, 0), Place(2, 1, 0))),
        Balcony(2, (Place(1, 3, 0),)),
    )


def test_a_generated_level_holds_what_its_shape_says() -> None:
    shape = LaneShape(deep=3, columns=30, blocks=4, cross_every=8, parking=9, chargers=5, balconies=3)
    kinds = Counter(lane_level(1, 0, shape).kinds)
    assert {kind: kinds[kind] for kind in "spcb"} == {"s": 30 * 4 * 6, "p": 9, "c": 5, "b": 6}


def test_a_generated_level_without_room_for_its_endpoints_is_refused() -> None:
    with pytest.raises(Invalid, match="add 44 columns or take fewer endpoints"):
        lane_level(1, 0, LaneShape(columns=8, parking=50))
    with pytest.raises(Invalid, match="9 bots need as many parking places"):
        lane_site("small", LaneShape(), bots_per_level=9)


def test_a_site_of_a_hundred_thousand_positions_is_made_and_found_well() -> None:
    shape = LaneShape(columns=330, blocks=42, cross_every=20, parking=60)
    site = lane_site("large", shape, bots_per_level=30)
    assert len(site.levels[0].kinds) > 100_000
    assert check_site(site) == []


@settings(deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 30), st.integers(0, 95))
def test_random_sites_are_sound(seed: int, bots: int, fill_percent: int) -> None:
    site = random_site(random.Random(seed), bots, fill_percent)
    assert check_site(site) == []
    assert len(site.bots) == bots
    assert 1 <= len(site.balconies) <= 3
    assert all(1 <= len(balcony.places) <= 3 for balcony in site.balconies)
    assert max(lane.depth for lane in lanes_of(site.levels[0])) <= 4


def test_a_random_site_depends_on_its_seed_alone() -> None:
    assert random_site(random.Random(5), 6, 80) == random_site(random.Random(5), 6, 80)
    assert random_site(np.random.default_rng(5), 6, 80) == random_site(np.random.default_rng(5), 6, 80)
    assert random_site(random.Random(5), 6, 80) != random_site(random.Random(6), 6, 80)


def test_random_sites_show_one_way_aisles_pillars_and_every_depth() -> None:
    levels = [random_site(random.Random(seed), 4, 50).levels[0] for seed in range(60)]
    assert {kind for level in levels for kind in level.kinds} == set(".s#bcpv^")
    assert {max(lane.depth for lane in lanes_of(level)) for level in levels} == {1, 2, 3, 4}


def _first_fault(site: Site) -> str:
    return str(check_site(site)[0])


def test_a_site_made_in_code_is_checked_like_a_file() -> None:
    site = _shipped("tiny")
    (level,), (balcony,) = site.levels, site.balconies
    spoilt = {
        "speed_mm_s is 0; give a value from 1 to 100000": replace(
            site, motion=Motion(unladen=Drive(0, 1000, 1000))
        ),
        "the site has 0 levels; draw 1 to 1000": replace(site, levels=()),
        "height_mm is -1; give a value from 0 to 1000000": replace(
            site, levels=(replace(level, height_mm=-1),)
        ),
        "level 1, x 0, y 0: the map is empty; draw at least one row": replace(
            site, levels=(replace(level, rows=()),)
        ),
        "balcony 1 has no handover place; give it at least one": replace(
            site, balconies=(replace(balcony, places=()),)
        ),
        "level 1 holds 9 carriers but has no bot; start a bot on it": replace(site, bots=()),
    }
    for message, wrong in spoilt.items():
        assert _first_fault(wrong) == message


def test_a_level_with_carriers_needs_a_balcony() -> None:
    level = Level(1, 0, ("p..", ".s."))
    carrier = CarrierStart(1001, 1, 1, 1)
    site = Site("cut off", 600, Motion(), (level,), (), parked_bots((level,), 1), (carrier,))
    assert _first_fault(site).startswith("level 1 holds 1 carrier but no balcony touches it")


def test_a_level_too_full_to_dig_says_how_many_carriers_are_too_many() -> None:
    level = lane_level(1, 0, LaneShape(deep=4, columns=8))
    site = lane_site("full", LaneShape(deep=4, columns=8), fill_percent=100)
    assert room_to_dig(level, ()) == (3, len(level.cells_of("s")))
    assert _first_fault(site) == (
        "level 1 too full to dig: depth 4 needs 3 free reachable positions, has 0; "
        "remove 3 carriers or add positions"
    )
    assert check_site(replace(site, carriers=_without(site, lambda lane: lane.slots[:1]))) == []


def test_free_positions_behind_carriers_are_no_room_to_dig() -> None:
    site = lane_site("full", LaneShape(deep=4, columns=8), fill_percent=100)
    hidden = replace(site, carriers=_without(site, lambda lane: lane.slots[1:][-1:]))
    assert len(hidden.carriers) < len(site.carriers) - 3
    assert "needs 3 free reachable positions, has 0" in _first_fault(hidden)


def _without(site: Site, chosen: Callable[[Lane], tuple[int, ...]]) -> tuple[CarrierStart, ...]:
    """The carriers of a site of one level that do not stand on the chosen slots of its lanes."""
    (level,) = site.levels
    cleared = {slot for lane in lanes_of(level) for slot in chosen(lane)}
    return tuple(carrier for carrier in site.carriers if level.cell(carrier.x, carrier.y) not in cleared)


def test_a_map_that_levels_share_is_reported_once() -> None:
    level = Level(1, 0, ("b..", "#.#", "s#."))
    faults = check_site(Site("x", 600, Motion(), (level, replace(level, id=2)), (), (), ()))
    assert [fault.place for fault in faults if "storage" in fault.reason] == [Place(1, 0, 2)]
