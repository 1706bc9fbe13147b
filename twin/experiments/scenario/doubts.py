"""What of a scenario comes to nothing in its run: said before it is run, and with its results."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from twin.experiments.scenario.model import Scenario, Stream
from twin.experiments.scenario.orderfile import Orders
from twin.experiments.scenario.quantities import counted, duration_text
from twin.experiments.scenario.shapes import Shift, TimeOfDay
from twin.simulation.arriving import DAY_MS, HOUR_MS, RECORDED

if TYPE_CHECKING:
    from twin.experiments.scenario.reading import Variant


def doubts(variant: Variant) -> list[str]:
    """What is asked for outside the run, and who is there only outside it; in the order of the file."""
    scenario = variant.scenario
    found = list(_of_people(scenario, [str(balcony.id) for balcony in variant.site.balconies]))
    if not scenario.demand:
        found.append(
            "The demand is empty: nothing is asked for, and nothing moves. Add a stream under demand."
        )
    for name, stream in scenario.demand.items():
        found += _of_stream(f"demand.{name}", stream, scenario, variant.orders.get(name))
    return found


def is_steady(scenario: Scenario) -> bool:
    """Whether demand and people are the same all the time, so that throughput is to settle.

    Where the day has its hours (a profile, recorded orders, a stream that begins or ends, shifts) it
    never does.
    """
    run = scenario.run
    streams = all(
        stream.profile_percent is None
        and stream.arrivals != RECORDED
        and stream.begin == 0
        and (stream.end is None or stream.end >= run.horizon)
        for stream in scenario.demand.values()
    )
    return streams and all(person.shifts is None for person in scenario.people.values())


def _of_stream(name: str, stream: Stream, scenario: Scenario, orders: Orders | None) -> Iterator[str]:
    horizon, warm_up = scenario.run.horizon, scenario.run.warm_up_ms
    over = f"the run is over at {duration_text(horizon)}"
    if stream.begin >= horizon:
        yield f"{name} begins at {duration_text(stream.begin)}, and {over}: it asks for nothing."
        return
    end = horizon if stream.end is None else stream.end
    if end > horizon:
        yield f"{name} ends at {duration_text(end)}, and {over}: the rest of it is left out."
    if end <= warm_up:
        until = f"ends at {duration_text(end)}, within the warm-up ({duration_text(warm_up)})"
        yield f"{name} {until}: hardly any of it is counted."
    if stream.profile_percent is not None and not _any_hour(stream, scenario, min(end, horizon)):
        yield f"{name} has a profile of 0 % in all hours of the run: it asks for nothing."
    if stream.arrivals == RECORDED and orders is not None:
        yield from _of_orders(name, stream, orders, min(end, horizon))


def _any_hour(stream: Stream, scenario: Scenario, end: int) -> bool:
    """Whether the profile asks for something in an hour of the day that the stream runs in."""
    assert stream.profile_percent is not None
    first, last = (stream.begin + scenario.run.start) // HOUR_MS, (end - 1 + scenario.run.start) // HOUR_MS
    return any(stream.profile_percent[hour % 24] for hour in range(first, min(last, first + 23) + 1))


def _of_orders(name: str, stream: Stream, orders: Orders, end: int) -> Iterator[str]:
    """Orders of a file that are placed when nobody listens."""
    early = [order for order in orders.recorded if order[0] < stream.begin]
    late = [order for order in orders.recorded if order[0] >= end]
    begins, ends = duration_text(stream.begin), duration_text(end)
    for when, out in ((f"before it begins ({begins})", early), (f"when it is over ({ends})", late)):
        if out:
            lines = counted(sum(len(wanted) for _, _, wanted in out), "line")
            at, order, _ = out[0]
            share = f"{len(out)} of {counted(len(orders.recorded), 'order')} in {stream.file} ({lines})"
            first = f"{order} at {duration_text(at)} is the first"
            yield f"{name}: {share} come {when} and are left out; {first}."


def _of_people(scenario: Scenario, balconies: list[str]) -> Iterator[str]:
    run = scenario.run
    others = [balcony for balcony in balconies if balcony not in scenario.people]
    clock = TimeOfDay()
    day = f"{clock.plain(run.start)} to {clock.plain((run.start + run.horizon) % DAY_MS)}"
    for name, person in scenario.people.items():
        if person.shifts is None or (name == "all" and not others):
            continue
        outside = [shift for shift in person.shifts if not _meets(shift, run.start, run.horizon)]
        if outside:
            lie = "the shift lies" if len(outside) == 1 else "the shifts lie"
            shifts = ", ".join(Shift().plain(shift) for shift in outside)
            nobody = "; nobody is ever there" if len(outside) == len(person.shifts) else ""
            yield f"people.{name}: {lie} outside the run ({day}): {shifts}{nobody}."


def _meets(shift: tuple[int, int], start: int, horizon: int) -> bool:
    """Whether some of a shift, on any day, is within the run."""
    begin, end = shift
    length = (end - begin) % DAY_MS
    since = (begin - start) % DAY_MS  # The next time that it begins; the one before may still be on.
    return since < horizon or since - DAY_MS + length > 0
