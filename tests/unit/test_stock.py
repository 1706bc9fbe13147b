"""Stock: the sums always hold, and what is refused changes nothing."""

from __future__ import annotations

import pytest

from twin.domain import commands as ask
from twin.domain import events as past
from twin.domain.errors import AlreadyExists, InUse, Invalid, NotFound, Overlap, Refusal
from twin.domain.inventory import DO_NOTHING, LARGEST_QUANTITY, UNASSIGN
from twin.domain.layout import Site
from twin.domain.plant import Plant, new_state
from twin.simulation.codec import to_plain

LEFT, RIGHT = 0xFFFF_0000, 0x0000_FFFF
FIRST, SECOND, THIRD, FOURTH = 0xFF00_0000, 0x00FF_0000, 0x0000_FF00, 0x0000_00FF


@pytest.fixture
def plant(small_site: Site) -> Plant:
    """Boxes 1 and 2 on the halves of carrier 1001, box 3 on all of 1002; 5 of at most 20 A in box 1."""
    plant = Plant(small_site, new_state(small_site, "api"))
    for command in (
        ask.CreateSku("A"),
        ask.CreateSku("B", on_empty_sku_action=DO_NOTHING),
        ask.CreateBox(1001, LEFT),
        ask.CreateBox(1001, RIGHT),
        ask.CreateBox(1002, LEFT | RIGHT),
        ask.CreateLoad(1, "A", 5, 20),
    ):
        plant.change_stock(command, 0)
    plant.happened.clear()
    return plant


def refused(plant: Plant, command: ask.Command) -> Refusal:
    """The refusal of a command; asserts that nothing has changed."""
    before = to_plain(plant.state)
    with pytest.raises(Refusal) as refusal:
        plant.change_stock(command, 99)
    assert to_plain(plant.state) == before
    assert not plant.happened
    return refusal.value


def load(plant: Plant, box: int) -> tuple[str, int, int, int, int]:
    x = plant.state.loads[box]
    return x.sku, x.item_count, x.item_count_max, x.booked_out, x.booked_in


def sums(plant: Plant, sku: str) -> tuple[int, int, int]:
    """Number of loads, pieces, room in all for an SKU."""
    x = plant.state.skus[sku]
    return x.load_count, x.total_quantity, x.max_quantity


# -- SKUs


def test_an_sku_comes_with_its_defaults(plant: Plant) -> None:
    sku = plant.stock.sku("A")
    assert (sku.name, sku.measurement_unit, sku.on_empty_sku_action) == (None, "PIECE", UNASSIGN)
    assert (sku.created_ms, sku.updated_ms, sku.deleted_ms) == (0, 0, None)


def test_changing_an_sku_leaves_alone_what_is_not_named(plant: Plant) -> None:
    plant.change_stock(ask.ChangeSku("B", name="Bolt"), 7)
    sku = plant.stock.sku("B")
    assert (sku.name, sku.on_empty_sku_action, sku.created_ms, sku.updated_ms) == ("Bolt", DO_NOTHING, 0, 7)
    plant.change_stock(ask.ChangeSku("B", name=None, on_empty_sku_action=UNASSIGN), 8)
    assert (sku.name, sku.on_empty_sku_action) == (None, UNASSIGN)


def test_a_deleted_sku_is_gone_and_may_be_created_anew(plant: Plant) -> None:
    plant.change_stock(ask.DeleteSku("B"), 5)
    plant.happened.clear()
    assert type(refused(plant, ask.DeleteSku("B"))) is NotFound
    assert type(refused(plant, ask.CreateLoad(2, "B", 1, 1))) is NotFound
    plant.change_stock(ask.CreateSku("B", "new"), 6)
    assert (plant.stock.sku("B").name, plant.stock.sku("B").created_ms) == ("new", 6)


@pytest.mark.parametrize(
    ("command", "refusal"),
    [
        (ask.CreateSku("A"), AlreadyExists),
        (ask.CreateSku(""), Invalid),
        (ask.CreateSku("C", measurement_unit="KG"), Invalid),
        (ask.CreateSku("C", on_empty_sku_action="EXPLODE"), Invalid),
        (ask.ChangeSku("C"), NotFound),
        (ask.ChangeSku("A", name="x", measurement_unit="KG"), Invalid),
        (ask.DeleteSku("C"), NotFound),
        (ask.DeleteSku("A"), InUse),
        (ask.CreateBox(7, LEFT), NotFound),
        (ask.CreateBox(1001, FIRST), Overlap),
        (ask.CreateBox(1003, 0), Invalid),
        (ask.CreateBox(1003, -1), Invalid),
        (ask.CreateBox(1003, 1 << 32), Invalid),
        (ask.MoveBox(9, LEFT), NotFound),
        (ask.MoveBox(1, LEFT | 1), Overlap),
        (ask.MoveBoxes(((1, FIRST), (1, SECOND))), Invalid),
        (ask.MoveBoxes(((1, FIRST), (2, FIRST))), Overlap),
        (ask.MoveBoxes(((1, RIGHT), (9, LEFT))), NotFound),
        (ask.DeleteBox(1), InUse),
        (ask.DeleteBox(9), NotFound),
        (ask.SwapBoxes(1, 1), Invalid),
        (ask.SwapBoxes(1, 9), NotFound),
        (ask.SwapBoxes(1, 3), Overlap),
        (ask.CreateLoad(9, "A", 1, 1), NotFound),
        (ask.CreateLoad(2, "C", 1, 1), NotFound),
        (ask.CreateLoad(1, "A", 1, 1), AlreadyExists),
        (ask.CreateLoad(2, "A", -1, 1), Invalid),
        (ask.CreateLoad(2, "A", 2, 1), Invalid),
        (ask.CreateLoad(2, "A", 0, 0), Invalid),
        (ask.CreateLoad(2, "A", 1, LARGEST_QUANTITY + 1), Invalid),
        (ask.ChangeLoad(2, item_count=1), NotFound),
        (ask.ChangeLoad(1, sku="C"), NotFound),
        (ask.ChangeLoad(1, item_count=21), Invalid),
        (ask.ChangeLoad(1, item_count_max=4), Invalid),
        (ask.DeleteLoad(2), NotFound),
        (ask.DeleteLoad(9), NotFound),
    ],
    ids=str,
)
def test_what_makes_no_sense_is_refused_by_its_kind_and_changes_nothing(
    plant: Plant, command: ask.Command, refusal: type[Refusal]
) -> None:
    assert type(refused(plant, command)) is refusal


def test_an_overlap_names_the_sections_that_are_taken(plant: Plant) -> None:
    assert str(refused(plant, ask.CreateBox(1001, 0x0000_8001))) == (
        "Sections 00000000000000001000000000000001 of carrier 1001 are taken by another box"
    )


# -- boxes


def test_two_boxes_exchange_their_sections_in_one_batch(plant: Plant) -> None:
    plant.change_stock(ask.SwapBoxes(1, 2), 3)
    assert (plant.state.boxes[1].mask, plant.state.boxes[2].mask) == (RIGHT, LEFT)
    batches = {event.batch for event in plant.happened if isinstance(event, past.BoxSectionChanged)}
    assert len(plant.happened) == 2
    assert len(batches) == 1


def test_boxes_on_different_carriers_exchange_sections_and_stay_on_their_carriers(plant: Plant) -> None:
    plant.change_stock(ask.CreateBox(1003, FIRST), 0)
    plant.change_stock(ask.CreateBox(1004, SECOND), 0)
    plant.change_stock(ask.SwapBoxes(4, 5), 0)
    boxes = plant.state.boxes
    assert [(boxes[b].carrier, boxes[b].mask) for b in (4, 5)] == [(1003, SECOND), (1004, FIRST)]


def test_three_boxes_move_round_at_once_where_none_could_move_alone(plant: Plant) -> None:
    for mask in (FIRST, SECOND, THIRD | FOURTH):
        plant.change_stock(ask.CreateBox(1003, mask), 0)
    plant.happened.clear()
    refused(plant, ask.MoveBox(4, SECOND))
    plant.change_stock(ask.MoveBoxes(((4, SECOND), (5, THIRD | FOURTH), (6, FIRST))), 0)
    assert [plant.state.boxes[b].mask for b in (4, 5, 6)] == [SECOND, THIRD | FOURTH, FIRST]


def test_a_box_may_grow_over_the_sections_it_has_itself(plant: Plant) -> None:
    plant.change_stock(ask.DeleteBox(2), 0)
    plant.change_stock(ask.MoveBox(1, LEFT | RIGHT), 0)
    assert plant.state.boxes[1].mask == LEFT | RIGHT


def test_box_ids_are_never_used_again(plant: Plant) -> None:
    plant.change_stock(ask.DeleteBox(3), 0)
    assert plant.change_stock(ask.CreateBox(1002, LEFT), 0) == 4
    assert plant.boxes_on[1002] == [4]


# -- loads


def test_a_load_counts_for_its_sku_and_goes_with_it(plant: Plant) -> None:
    assert sums(plant, "A") == (1, 5, 20)
    plant.change_stock(ask.CreateLoad(2, "A", 7, 10), 0)
    assert sums(plant, "A") == (2, 12, 30)
    plant.change_stock(ask.DeleteLoad(1), 0)
    assert sums(plant, "A") == (1, 7, 10)
    assert 1 not in plant.state.loads
    assert list(plant.stock.boxes_of["A"]) == [2]


def test_changing_the_sku_of_a_load_moves_its_pieces_from_one_sku_to_the_other(plant: Plant) -> None:
    plant.change_stock(ask.ChangeLoad(1, sku="B", item_count=3), 4)
    assert load(plant, 1) == ("B", 3, 20, 0, 0)
    assert sums(plant, "A") == (0, 0, 0)
    assert sums(plant, "B") == (1, 3, 20)
    changes = [
        (e.sku, e.item_count_before, e.item_count) for e in plant.happened if isinstance(e, past.LoadChanged)
    ]
    assert changes == [("A", 5, 0), ("B", 0, 3)]


def test_a_load_keeps_what_is_not_named(plant: Plant) -> None:
    plant.change_stock(ask.ChangeLoad(1, item_count_max=9), 0)
    assert load(plant, 1) == ("A", 5, 9, 0, 0)
    plant.change_stock(ask.ChangeLoad(1, item_count=9), 0)
    assert load(plant, 1) == ("A", 9, 9, 0, 0)
    assert sums(plant, "A") == (1, 9, 9)


# -- bookings


def test_bookings_are_kept_at_the_load_and_at_the_sku(plant: Plant) -> None:
    plant.stock.book(1, out=2, into=4)
    one, sku = plant.state.loads[1], plant.state.skus["A"]
    assert (one.fulfillable, one.replenishable) == (5 - 2, 20 - 5 - 4)
    assert (sku.fulfillable, sku.replenishable) == (5 - 2, 20 - 5 - 4)
    plant.stock.book(1, out=-2, into=-4)
    assert (sku.booked_out, sku.booked_in, one.booked_out, one.booked_in) == (0, 0, 0, 0)


@pytest.mark.parametrize(
    "command",
    [
        ask.DeleteLoad(1),
        ask.DeleteSku("A"),
        ask.DeleteBox(1),
        ask.ChangeLoad(1, sku="B"),
        ask.ChangeLoad(1, item_count=1),
        ask.ChangeLoad(1, item_count_max=8),
    ],
    ids=str,
)
def test_nothing_takes_away_what_open_jobs_have_booked(plant: Plant, command: ask.Command) -> None:
    plant.stock.book(1, out=2, into=4)
    assert type(refused(plant, command)) is InUse


def test_a_load_may_be_corrected_down_to_what_is_booked(plant: Plant) -> None:
    plant.stock.book(1, out=2, into=4)
    plant.change_stock(ask.ChangeLoad(1, item_count=2, item_count_max=6), 0)
    assert load(plant, 1) == ("A", 2, 6, 2, 4)


def test_carrying_out_a_job_turns_its_booking_into_stock(plant: Plant) -> None:
    plant.stock.book(1, out=2, into=4)
    plant.stock.move_pieces(1, -2, 9, "job-1")
    assert load(plant, 1) == ("A", 3, 20, 0, 4)
    plant.stock.move_pieces(1, 4, 9, "job-2")
    assert load(plant, 1) == ("A", 7, 20, 0, 0)
    assert plant.happened[-1] == past.LoadChanged(1, "A", 7, 3, 20, "trigger", "job-2")


def test_an_emptied_box_gives_up_its_sku_or_keeps_it_as_the_sku_says(plant: Plant) -> None:
    plant.change_stock(ask.CreateLoad(2, "B", 5, 20), 0)
    for box in (1, 2):
        plant.stock.book(box, out=5, into=0)
        plant.stock.move_pieces(box, -5, 9, "job")
    assert 1 not in plant.state.loads
    assert sums(plant, "A") == (0, 0, 0)
    assert load(plant, 2) == ("B", 0, 20, 0, 0)
    last = [(e.box, e.sku) for e in plant.happened[-2:] if isinstance(e, past.LoadChanged)]
    assert last == [(1, None), (2, "B")]


def test_an_emptied_box_into_which_pieces_are_still_to_come_keeps_its_sku(plant: Plant) -> None:
    plant.stock.book(1, out=5, into=3)
    plant.stock.move_pieces(1, -5, 9, "job-1")
    assert load(plant, 1) == ("A", 0, 20, 0, 3)
    plant.stock.move_pieces(1, 3, 9, "job-2")
    assert load(plant, 1) == ("A", 3, 20, 0, 0)
