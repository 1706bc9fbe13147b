"""The floor: rooms in lanes, what blocks what, and reservations that are taken and given back together."""

from __future__ import annotations

import pytest

from twin.domain import events as past
from twin.domain import work
from twin.domain.bots import LEG, LIFT, LOWER, Step
from twin.domain.floor import NOBODY, Deck, sets_out_for
from twin.domain.layout import Site
from twin.domain.plant import Plant, new_state
from twin.domain.work import Dig, Visit


@pytest.fixture
def plant(small_site: Site) -> Plant:
    """Six carriers: 1001 (deepest) to 1003 fill lane 0, 1004 and 1005 lie in lane 1, 1006 in lane 2."""
    return Plant(small_site, new_state(small_site, "api"))


@pytest.fixture
def deck(plant: Plant) -> Deck:
    return plant.decks[1]


def visit_of(plant: Plant, carrier: int) -> Visit:
    """A queued visit of a carrier."""
    visit = Visit(1, carrier, 1, 1, 0, 0, [])
    plant.state.visits[1] = visit
    return visit


def test_depth_is_the_number_of_carriers_in_the_way(plant: Plant, deck: Deck) -> None:
    assert [plant.depth(carrier) for carrier in range(1001, 1007)] == [2, 1, 0, 1, 0, 0]
    assert deck.blockers(deck.level.cell(0, 4)) == [1003, 1002], "the one nearest the aisle first"


def test_only_positions_within_reach_count_as_room(plant: Plant, deck: Deck) -> None:
    assert deck.room == [0, 1, 2, 3]
    # A free position behind a carrier is out of reach.
    plant.state.bots[1].cell = deck.level.cell(1, 4)
    deck.carrier_at[deck.level.cell(1, 4)] = NOBODY
    deck.recount(1)
    assert deck.room[1] == 1


def test_lanes_are_filled_from_the_back(deck: Deck) -> None:
    cell = deck.level.cell
    assert deck.deepest_free(2) == cell(2, 3)
    assert deck.deepest_free(3) == cell(3, 4)
    assert deck.deepest_free(3, (cell(3, 4),)) == cell(3, 3)
    with pytest.raises(AssertionError):
        deck.deepest_free(0)


def test_taking_reserves_bot_place_room_and_lanes_together(plant: Plant, deck: Deck) -> None:
    visit, bot = visit_of(plant, 1002), plant.state.bots[1]
    place, target = deck.level.cell(2, 0), deck.level.cell(1, 2)
    visit.digs = [Dig("job-1", 1003, deck.level.cell(0, 2), target, 1)]
    plant.floor.take(visit, bot, place, 0)
    assert (visit.bot, visit.place, visit.lane, bot.visit, bot.parking) == (1, place, 0, 1, None)
    assert deck.place_user[place] == visit.id
    assert deck.kept == [1, 1, 0, 0]
    assert deck.spare(1) == 0
    assert deck.lock == [visit.id, visit.id, NOBODY, NOBODY]
    assert list(deck.free_bots) == [2]
    assert deck.parking_user[deck.level.cell(0, 0)] == NOBODY


def test_a_lane_that_somebody_works_in_is_locked_for_everybody_else(plant: Plant, deck: Deck) -> None:
    first = visit_of(plant, 1003)
    plant.floor.lock(first, [0, 1, 0])
    assert first.locks == [0, 1]
    other = Visit(2, 1004, 1, 1, 0, 0, [])
    with pytest.raises(AssertionError):
        plant.floor.lock(other, [1])
    plant.floor.lock(first, [1])
    plant.floor.unlock(first, 1)
    plant.floor.lock(other, [1])
    assert deck.lock == [first.id, other.id, NOBODY, NOBODY]


def test_turning_home_moves_the_kept_room_to_the_lane_where_the_carrier_will_go(
    plant: Plant, deck: Deck
) -> None:
    visit, bot, cell = visit_of(plant, 1003), plant.state.bots[1], deck.level.cell
    plant.floor.take(visit, bot, cell(2, 0), 0)
    plant.floor.unlock(visit, 0)
    deck.returns[visit.id] = None
    plant.floor.turn_home(visit, bot, 3, cell(3, 4), cell(0, 0))
    assert deck.kept == [0, 0, 0, 1]
    assert (visit.lane, visit.return_cell, visit.locks) == (3, cell(3, 4), [3])
    assert (bot.parking, deck.parking_user[cell(0, 0)]) == (cell(0, 0), bot.id)
    assert not deck.returns
    plant.floor.leave_place(visit)
    assert deck.place_user[cell(2, 0)] == NOBODY
    assert visit.place is None


def test_a_carrier_is_on_its_bot_from_the_end_of_lifting_to_the_end_of_lowering(
    plant: Plant, deck: Deck
) -> None:
    bot, cell = plant.state.bots[1], deck.level.cell
    bot.cell = cell(0, 2)
    plant.floor.lifted(bot, Step(LIFT, 37, 40, 1003, 7), 40)
    carrier = plant.state.carriers[1003]
    assert (carrier.cell, carrier.bot, bot.carrier, carrier.changed_ms) == (None, 1, 1003, 40)
    assert deck.room[0] == 1
    assert plant.depth(1003) == 0
    assert plant.depth(1001) == 1
    bot.cell = cell(3, 4)
    plant.floor.lowered(bot, Step(LOWER, 47, 50, 1003, 9), 50)
    assert (carrier.cell, carrier.bot, bot.carrier, carrier.changed_ms) == (cell(3, 4), None, None, 50)
    assert deck.room == [1, 1, 2, 2]
    assert plant.happened == [
        past.CarrierLifted(1, 1003, 1, 0, 2, 7),
        past.CarrierLowered(1, 1003, 1, 3, 4, 9),
    ]


def test_a_bot_cannot_lift_nothing_nor_a_second_carrier(plant: Plant, deck: Deck) -> None:
    bot = plant.state.bots[1]
    with pytest.raises(AssertionError, match="cannot lift"):
        plant.floor.lifted(bot, Step(LIFT, 0, 0), 0)
    bot.cell = deck.level.cell(0, 2)
    plant.floor.lifted(bot, Step(LIFT, 0, 0), 0)
    bot.cell = deck.level.cell(1, 3)
    with pytest.raises(AssertionError, match="cannot lift"):
        plant.floor.lifted(bot, Step(LIFT, 0, 0), 0)


def test_a_carrier_cannot_stand_on_another_one_nor_on_an_aisle(plant: Plant, deck: Deck) -> None:
    bot = plant.state.bots[1]
    with pytest.raises(AssertionError, match="nothing to put down"):
        plant.floor.lowered(bot, Step(LOWER, 0, 0), 0)
    for bad in (deck.level.cell(1, 3), deck.level.cell(1, 1)):
        bot.cell = deck.level.cell(0, 2)
        plant.floor.lifted(bot, Step(LIFT, 0, 0), 0)
        bot.cell = bad
        with pytest.raises(AssertionError, match="cannot stand"):
            plant.floor.lowered(bot, Step(LOWER, 0, 0), 0)
        plant = Plant(plant.site, new_state(plant.site, "api"))
        bot = plant.state.bots[1]


def test_a_leg_is_told_with_columns_and_rows_and_an_open_end(plant: Plant, deck: Deck) -> None:
    bot, cell = plant.state.bots[1], deck.level.cell
    step = Step(LEG, 5, 900, None, 11, [cell(0, 0), cell(0, 1)], [5, 10], [800, 1 << 62], 0, [(0, 5, 7)])
    plant.floor.note_leg(bot, step)
    assert plant.happened == [
        past.LegPlanned(1, 1, False, None, [(0, 0), (0, 1)], [5, 10], [800, None], 900, 11, [(0, 5, 7)])
    ]
    plant.floor.arrive(bot, step)
    assert bot.cell == cell(0, 1)


def test_a_relocation_begins_with_the_leg_to_its_carrier(plant: Plant) -> None:
    bot = plant.state.bots[1]
    lift, lower = Step(LIFT, 0, 1, 1003), Step(LOWER, 0, 1, 1003)
    leg, home = Step(LEG, 0, 1, None, 0, [0, 1]), Step(LEG, 0, 1, None, 0, [1, 0])
    for steps, begins in (
        ([leg, lift], True),
        ([lift, leg], True),
        ([leg, lower], False),
        ([home], False),
        ([lower, leg], False),
    ):
        bot.steps = steps
        assert sets_out_for(bot, 1003) is begins
        assert sets_out_for(bot, 1004) is False


def test_everything_is_derived_anew_from_a_state_with_a_visit_under_way(plant: Plant, deck: Deck) -> None:
    visit, bot, cell = visit_of(plant, 1002), plant.state.bots[1], deck.level.cell
    visit.state = work.FETCHING
    visit.digs = [Dig("job-1", 1003, cell(0, 2), cell(1, 2), 1)]
    plant.floor.take(visit, bot, cell(2, 0), 0)
    anew = Plant(plant.site, plant.state).decks[1]
    for name in ("carrier_at", "room", "kept", "lock", "place_user", "parking_user", "free_bots", "returns"):
        assert getattr(anew, name) == getattr(deck, name), name
