"""Requests and jobs: what is accepted, who serves it together, and how it ends."""

from __future__ import annotations

import pytest

from twin.domain import commands as ask
from twin.domain import events as past
from twin.domain import work
from twin.domain.errors import AlreadyExists, EntityFeedback, Invalid, NotFound, NotWaiting, RequestAborted
from twin.domain.layout import Site
from twin.domain.orders import Placing, carrier_id
from twin.domain.plant import Plant, new_state
from twin.domain.work import FAILED_TRIGGER, SUCCEEDED_TRIGGER, Visit
from twin.policies.allocation import FewestCarriers
from twin.simulation.codec import to_plain

LEFT, RIGHT = 0xFFFF_0000, 0x0000_FFFF


@pytest.fixture
def plant(small_site: Site) -> Plant:
    """5 A (of 20) and 9 B (of 9) side by side on carrier 1001, 3 A (of 20) on 1002, nothing of C."""
    return stocked(Plant(small_site, new_state(small_site, "api")))


def stocked(plant: Plant) -> Plant:
    for command in (
        ask.CreateSku("A"),
        ask.CreateSku("B"),
        ask.CreateSku("C"),
        ask.CreateBox(1001, LEFT),
        ask.CreateBox(1001, RIGHT),
        ask.CreateBox(1002, LEFT),
        ask.CreateLoad(1, "A", 5, 20),
        ask.CreateLoad(2, "B", 9, 9),
        ask.CreateLoad(3, "A", 3, 20),
    ):
        plant.change_stock(command, 0)
    plant.happened.clear()
    return plant


def place(plant: Plant, command: Placing, now: int = 0) -> str:
    plant.check(command)
    return plant.accept(command, FewestCarriers().allocate(plant, command), now)


def pick(*lines: tuple[str, int], priority: int = 0, id_: str | None = None) -> ask.PlaceFulfillment:
    return ask.PlaceFulfillment(tuple(ask.SkuLine(*line) for line in lines), priority, id_)


def fill(*lines: tuple[str, int]) -> ask.PlaceReplenishment:
    return ask.PlaceReplenishment(tuple(ask.SkuLine(*line) for line in lines))


def present(plant: Plant, visit: Visit) -> None:
    """Bring the jobs of a visit where they wait, as the missions of a plant do."""
    if visit.state == work.QUEUED:
        plant.queues.remove(visit)
    visit.state, visit.bot = work.PRESENTED, 1
    for job in visit.jobs:
        plant.orders.move_on(plant.state.jobs[job], work.STARTED, 1)
        plant.orders.move_on(plant.state.jobs[job], work.WAITING, 2)


def statuses(plant: Plant, request: str) -> list[str]:
    return [plant.state.jobs[job].status for job in plant.state.requests[request].jobs]


def feedback(plant: Plant, command: Placing) -> tuple[EntityFeedback, ...]:
    """Why a request is aborted; asserts that nothing has changed."""
    before = to_plain(plant.state)
    with pytest.raises(RequestAborted) as aborted:
        place(plant, command)
    assert to_plain(plant.state) == before
    assert not plant.happened
    return aborted.value.feedback


# -- acceptance


def test_a_request_becomes_one_job_per_box_and_books_its_pieces(plant: Plant) -> None:
    request = plant.state.requests[place(plant, pick(("A", 7), ("B", 1)))]
    jobs = [plant.state.jobs[job] for job in request.jobs]
    assert [(j.entity, j.box, j.carrier, j.quantity) for j in jobs] == [
        (0, 1, 1001, 5),
        (0, 3, 1002, 2),
        (1, 2, 1001, 1),
    ]
    assert request.status == work.CREATED
    assert plant.state.skus["A"].booked_out == 7
    assert [plant.state.loads[box].booked_out for box in (1, 2, 3)] == [5, 1, 2]
    assert plant.orders.open_at == {1: 3}
    assert plant.orders.open_requests == 1


def test_a_replenishment_books_room_and_never_more_than_there_is(plant: Plant) -> None:
    place(plant, fill(("A", 32)))
    assert plant.state.skus["A"].booked_in == 32
    assert plant.state.skus["A"].replenishable == 0
    assert feedback_codes(plant, fill(("A", 1))) == ["0x5085"]


def feedback_codes(plant: Plant, command: Placing) -> list[str]:
    plant.happened.clear()
    return [item.code for item in feedback(plant, command)]


def test_every_wrong_entity_is_named_with_its_code_and_nothing_is_booked(plant: Plant) -> None:
    found = feedback(plant, pick(("A", 9), ("B", 1), ("nothing", 1), ("C", 1)))
    assert [(f.entity_id, f.entity_kind, f.code) for f in found] == [
        ("A", "Sku", "0x5082"),
        ("nothing", "Sku", "0x5084"),
        ("C", "Sku", "0x5082"),
    ]
    found = feedback(plant, ask.PlaceFetch(("1001", "99", "x")))
    assert [(f.entity_id, f.entity_kind, f.code) for f in found] == [
        ("99", "Carrier", "0x5083"),
        ("x", "Carrier", "0x5083"),
    ]


def test_two_lines_of_one_sku_count_together(plant: Plant) -> None:
    assert feedback_codes(plant, pick(("A", 5), ("A", 4))) == ["0x5082"]
    place(plant, pick(("A", 5), ("A", 3)))
    assert plant.state.skus["A"].fulfillable == 0


def test_what_others_have_booked_cannot_be_ordered_again(plant: Plant) -> None:
    place(plant, pick(("A", 6)))
    assert feedback_codes(plant, pick(("A", 3))) == ["0x5082"]
    place(plant, pick(("A", 2)))


@pytest.mark.parametrize("quantity", [0, -1, 2**31])
def test_a_quantity_that_is_no_number_of_pieces_is_refused(plant: Plant, quantity: int) -> None:
    with pytest.raises(Invalid):
        place(plant, pick(("A", quantity)))


@pytest.mark.parametrize("command", [pick(), fill(), ask.PlaceFetch(())], ids=str)
def test_a_request_without_entities_is_refused(plant: Plant, command: Placing) -> None:
    with pytest.raises(Invalid):
        place(plant, command)


def test_ids_are_the_clients_or_the_next_free_number(plant: Plant) -> None:
    assert place(plant, pick(("A", 1), id_="request-2")) == "request-2"
    assert place(plant, pick(("A", 1))) == "request-3"
    assert place(plant, pick(("A", 1))) == "request-4"
    with pytest.raises(AlreadyExists):
        place(plant, pick(("A", 1), id_="request-2"))


@pytest.mark.parametrize(
    ("text", "carrier"),
    [("1001", 1001), ("01001", None), ("", None), ("-1", None), ("1e3", None), ("١", None), (" 1", None)],
)
def test_a_carrier_is_named_by_plain_decimal_digits(text: str, carrier: int | None) -> None:
    assert carrier_id(text) == carrier


def test_endless_digits_name_no_carrier() -> None:
    assert carrier_id("9" * 5000) is None


# -- visits


def test_one_visit_serves_all_jobs_of_a_carrier_at_a_balcony(plant: Plant) -> None:
    place(plant, pick(("A", 1)))
    place(plant, pick(("B", 1)))
    place(plant, fill(("A", 1)))
    place(plant, ask.PlaceFetch(("1002",)))
    (first, second) = plant.state.visits.values()
    assert {first.carrier, second.carrier} == {1001, 1002}
    assert len(first.jobs) + len(second.jobs) == 4


def test_the_more_urgent_job_moves_its_visit_up_the_queue(plant: Plant) -> None:
    for carrier, priority in (("1001", 1), ("1002", 0), ("1003", 2), ("1004", 1)):
        place(plant, ask.PlaceFetch((carrier,), priority))
    queue = plant.queues.waiting[1][1]
    assert [plant.state.visits[rank[2]].carrier for rank in queue] == [1003, 1001, 1004, 1002]
    place(plant, ask.PlaceFetch(("1002",), 3))
    assert [plant.state.visits[rank[2]].carrier for rank in queue] == [1002, 1003, 1001, 1004]
    place(plant, ask.PlaceFetch(("1003",), -5))
    assert [plant.state.visits[rank[2]].carrier for rank in queue] == [1002, 1003, 1001, 1004]


def test_a_job_for_a_carrier_that_is_at_the_balcony_waits_at_once(plant: Plant) -> None:
    place(plant, ask.PlaceFetch(("1001",)))
    (visit,) = plant.state.visits.values()
    present(plant, visit)
    plant.happened.clear()
    late = place(plant, pick(("B", 1)))
    assert statuses(plant, late) == [work.WAITING]
    assert plant.state.requests[late].status == work.IN_PROGRESS
    assert [e.to for e in plant.happened if isinstance(e, past.JobStateChanged)] == [
        work.ACCEPTED,
        work.STARTED,
        work.WAITING,
    ]


def test_a_job_for_a_carrier_on_its_way_back_gets_a_visit_of_its_own(plant: Plant) -> None:
    place(plant, ask.PlaceFetch(("1001",)))
    (visit,) = plant.state.visits.values()
    present(plant, visit)
    plant.trigger(ask.TriggerJob(visit.jobs[0], SUCCEEDED_TRIGGER), 3)
    assert visit.state == work.RETURNING
    place(plant, pick(("B", 1)))
    assert [v.state for v in plant.state.visits.values()] == [work.RETURNING, work.QUEUED]


# -- triggers and ends


def test_a_good_trigger_takes_the_pieces_and_ends_job_and_request(plant: Plant) -> None:
    request = plant.state.requests[place(plant, pick(("B", 4)))]
    (visit,) = plant.state.visits.values()
    present(plant, visit)
    same, done = plant.trigger(ask.TriggerJob(request.jobs[0], SUCCEEDED_TRIGGER), 5)
    assert (same is visit, done) == (True, True)
    assert (request.status, statuses(plant, request.id)) == (work.SUCCEEDED, [work.SUCCEEDED])
    assert (request.entities[0].succeeded, request.entities[0].cancelled) == (4, 0)
    assert (plant.state.loads[2].item_count, plant.state.loads[2].booked_out) == (5, 0)
    assert plant.orders.open_at == {1: 0}
    assert plant.orders.open_requests == 0


def test_a_bad_trigger_releases_the_booking_and_moves_nothing(plant: Plant) -> None:
    request = plant.state.requests[place(plant, pick(("B", 4)))]
    (visit,) = plant.state.visits.values()
    present(plant, visit)
    plant.trigger(ask.TriggerJob(request.jobs[0], FAILED_TRIGGER), 5)
    assert (request.status, statuses(plant, request.id)) == (work.FAILED, [work.FAILED])
    assert (plant.state.loads[2].item_count, plant.state.loads[2].booked_out) == (9, 0)
    assert request.entities[0].cancelled == 4


def test_a_request_of_which_a_part_failed_has_partially_succeeded(plant: Plant) -> None:
    request = plant.state.requests[place(plant, pick(("A", 7)))]
    for visit, outcome in zip(
        list(plant.state.visits.values()), (SUCCEEDED_TRIGGER, FAILED_TRIGGER), strict=True
    ):
        present(plant, visit)
        plant.trigger(ask.TriggerJob(visit.jobs[0], outcome), 5)
    assert request.status == work.PARTIALLY_SUCCEEDED
    assert (request.entities[0].succeeded, request.entities[0].cancelled) == (5, 2)
    assert request.entities[0].completed == 7


def test_the_carrier_goes_back_only_after_the_last_of_its_jobs(plant: Plant) -> None:
    place(plant, pick(("A", 1)))
    request = place(plant, pick(("B", 1)))
    (visit, *_) = (v for v in plant.state.visits.values() if v.carrier == 1001)
    place(plant, ask.PlaceFetch(("1001",)))
    present(plant, visit)
    jobs = list(visit.jobs)
    assert len(jobs) == 2
    assert plant.trigger(ask.TriggerJob(jobs[0], SUCCEEDED_TRIGGER), 5)[1] is False
    assert visit.state == work.PRESENTED
    assert plant.trigger(ask.TriggerJob(jobs[1], SUCCEEDED_TRIGGER), 5)[1] is True
    assert visit.state == work.RETURNING
    back = plant.state.jobs[visit.return_job or ""]
    assert (back.type_name, back.status, back.carrier) == (work.RETURN, work.ACCEPTED, 1001)
    assert plant.state.requests[request].status == work.SUCCEEDED


def test_only_a_waiting_job_takes_a_trigger_and_only_once(plant: Plant) -> None:
    request = plant.state.requests[place(plant, pick(("B", 4)))]
    job = request.jobs[0]
    with pytest.raises(NotWaiting, match="is ACCEPTED"):
        plant.trigger(ask.TriggerJob(job, SUCCEEDED_TRIGGER), 1)
    present(plant, next(iter(plant.state.visits.values())))
    with pytest.raises(Invalid):
        plant.trigger(ask.TriggerJob(job, "MAYBE"), 1)
    with pytest.raises(NotFound):
        plant.trigger(ask.TriggerJob("job-99", SUCCEEDED_TRIGGER), 1)
    plant.trigger(ask.TriggerJob(job, SUCCEEDED_TRIGGER), 1)
    with pytest.raises(NotWaiting, match="is SUCCEEDED"):
        plant.trigger(ask.TriggerJob(job, SUCCEEDED_TRIGGER), 1)


def test_states_are_left_only_as_the_tables_allow(plant: Plant) -> None:
    request = plant.state.requests[place(plant, pick(("B", 4)))]
    present(plant, next(iter(plant.state.visits.values())))
    with pytest.raises(AssertionError, match="cannot go from WAITING_FOR_TRIGGER to STARTED"):
        plant.orders.move_on(plant.state.jobs[request.jobs[0]], work.STARTED, 1)


def test_every_state_can_be_reached_and_only_ended_ones_are_final() -> None:
    for table, ended in ((work.REQUEST_NEXT, work.REQUEST_ENDED), (work.JOB_NEXT, work.JOB_ENDED)):
        reached, todo = set(), [None]
        while todo:
            following = table[todo.pop()]
            todo += [state for state in following if state not in reached]
            reached |= set(following)
        assert reached == {state for state in table if state}
        assert ended == {state for state, following in table.items() if state and not following}


def test_a_long_run_forgets_ended_work_if_it_is_told_to(small_site: Site) -> None:
    plant = stocked(Plant(small_site, new_state(small_site, "api"), keep_ended=False))
    request = plant.state.requests[place(plant, pick(("B", 4)))]
    present(plant, next(iter(plant.state.visits.values())))
    plant.trigger(ask.TriggerJob(request.jobs[0], SUCCEEDED_TRIGGER), 5)
    assert not plant.state.requests
    assert [job.type_name for job in plant.state.jobs.values()] == [work.RETURN]
