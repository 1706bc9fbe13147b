"""Indexes that follow changes give the same pages as those made anew from the rows as they are."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import urlencode

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from starlette.datastructures import QueryParams

from api.listing import Listing, Wire, table, text, whole
from api.wire.common import page_body
from api.wire.events import EVENTS, event_body
from api.wire.exact import written
from api.wire.inventory_view import INVENTORY, inventory_body
from api.wire.jobs import JOBS, job_body
from api.wire.requests import REQUESTS, request_body
from api.wire.sku import SKUS, sku_body
from tests.api.test_listing_query import CALENDAR
from twin.assembly import HOUR_MS, build
from twin.domain import commands as ask
from twin.domain.work import OPERATOR_SIMULATED
from twin.experiments.sitefile import find_site, load_site
from twin.experiments.stocking import RandomStock
from twin.records.views import Views, happenings
from twin.records.views.live import Live
from twin.simulation.arriving import Demand
from twin.simulation.engine import Engine


@dataclass
class Thing:
    id: int
    name: str | None
    weight: int | None


THINGS: Listing[Thing] = Listing(
    table(
        whole("id", lambda row: row.id),
        text("name", lambda row: row.name),
        whole("weight", lambda row: row.weight),
        text("label", lambda row: row.name and f"{row.name}!", order=lambda row: row.weight),
    ),
    {
        "name__eq": Wire.STRING,
        "name__ilike": Wire.STRING,
        "name__in": Wire.ARRAY,
        "weight__eq": Wire.INTEGER,
        "weight__gte": Wire.INTEGER,
        "weight__lte": Wire.INTEGER,
    },
    searchable=("name", "weight"),
)
QUERIES: list[dict[str, Any]] = [
    {},
    {"size": 2, "page": 2},
    {"name__eq": "a"},
    {"name__ilike": "B"},
    {"name__in": "a,bb"},
    {"weight__gte": 1},
    {"weight__lte": 1, "sort_by": "-name"},
    {"search": "*:a AND weight:1"},
    {"sort_by": "weight,-name"},
    {"sort_by": "-label", "size": 1},
    {"sort_by": "name", "size": 2},
]
names = st.none() | st.sampled_from(["a", "B", "bb", "ab"])
weights = st.none() | st.integers(0, 3)


class Changes(RuleBasedStateMachine):
    """Rows come, change, hide and go; the indexes of the first question have to keep up."""

    def __init__(self) -> None:
        super().__init__()
        self.live: Live[Thing] = Live()
        self.slots: dict[int, Thing] = {}
        self.hidden: set[int] = set()
        self.made = 0

    @rule(name=names, weight=weights)
    def add(self, name: str | None, weight: int | None) -> None:
        self.made += 1
        thing = Thing(self.made, name, weight)
        self.slots[self.live.add(thing, self.made)] = thing

    @rule(data=st.data(), name=names, weight=weights)
    def change(self, data: st.DataObject, name: str | None, weight: int | None) -> None:
        if self.slots:
            slot = data.draw(st.sampled_from(sorted(self.slots)))
            self.slots[slot].name, self.slots[slot].weight = name, weight
            self.live.touch(slot)

    @rule(data=st.data())
    def hide_or_show(self, data: st.DataObject) -> None:
        if self.slots:
            slot = data.draw(st.sampled_from(sorted(self.slots)))
            self.live.put(slot, self.slots[slot] if slot in self.hidden else None)
            self.hidden ^= {slot}

    @rule(data=st.data())
    def remove(self, data: st.DataObject) -> None:
        if self.slots:
            slot = data.draw(st.sampled_from(sorted(self.slots)))
            del self.slots[slot]
            self.hidden.discard(slot)
            self.live.remove(slot)

    @invariant()
    def every_page_is_as_if_made_anew(self) -> None:
        rows = sorted((t for s, t in self.slots.items() if s not in self.hidden), key=lambda t: t.id)
        for query in QUERIES:
            assert page(THINGS, self.live, query) == page(THINGS, rows, query)


Changes.TestCase.settings = settings(max_examples=20, stateful_step_count=20, deadline=None)
TestChanges = Changes.TestCase


def page(listing: Listing[Any], rows: Any, query: dict[str, Any]) -> tuple[list[Any], int]:
    part = listing.select(QueryParams(urlencode(query)), rows, CALENDAR)
    return list(part.rows), part.total


def queries_of(listing: Listing[Any], rows: list[Any]) -> list[dict[str, Any]]:
    """Every filter with a value that occurs, every sort field both ways."""
    found: list[dict[str, Any]] = [{}]
    for name in listing.filters:
        field = listing.fields[name.rpartition("__")[0]]
        values = [value for row in rows[:: len(rows) // 5 + 1] if (value := field.get(row)) is not None]
        if values and not name.endswith(("_at__gte", "_at__lte")):
            found.append({name: values[-1]})
    for name in listing.fields:
        found += [{"sort_by": name, "size": 20}, {"sort_by": f"-{name}", "size": 20}]
    if listing.searchable:
        found.append({"search": "*:1 OR *:a"})
    return found


def assert_pages_are_the_same(views: Views) -> None:
    """Of indexes that have followed the rows, and of the plain list of rows; also as written."""
    cases: list[tuple[Listing[Any], Any, Any, Any]] = [
        (INVENTORY, views.live_inventory(), views.inventory(), inventory_body),
        (SKUS, views.live_skus(), views.skus(), partial(sku_body, images="")),
        (REQUESTS, views.live_requests(), views.requests(), request_body),
        (JOBS, views.live_jobs(), views.jobs(), job_body),
        (EVENTS, views.live_happenings(), views.happenings(), event_body),
    ]
    for listing, live, rows, body in cases:
        for query in queries_of(listing, list(rows)):
            assert page(listing, live, query) == page(listing, list(rows), query), query
        for size in ("7", "1000"):
            whole = QueryParams({"size": size})
            anew = page_body(listing.select(whole, list(rows), CALENDAR), lambda row: body(row, CALENDAR))  # noqa: B023
            kept = listing.written(whole, live, CALENDAR, lambda row: written(body(row, CALENDAR)))  # noqa: B023
            assert kept == written(anew)


def test_indexes_follow_a_busy_site() -> None:
    engine: Engine = build(
        load_site(find_site("demo")),
        operator=OPERATOR_SIMULATED,
        stock=RandomStock(),
        demands=[Demand("orders", 300, HOUR_MS)],
    )
    views = Views.following(engine)
    for minute in (0, 3, 4, 20):
        engine.run_until(minute * 60_000)
        assert_pages_are_the_same(views)


def test_indexes_follow_changes_of_stock() -> None:
    engine = build(load_site(find_site("tiny")))
    views = Views.following(engine)
    script = [
        ask.CreateSku("B"),
        ask.CreateSku("A", "apple"),
        ask.CreateBox(1002, 0xFF),
        ask.CreateBox(1001, 0xF0),
        ask.CreateLoad(2, "A", 3, 5),
        ask.CreateLoad(1, "A", 1, 5),
        ask.ChangeSku("A", "pear"),
        ask.ChangeLoad(1, "B", 2),
        ask.MoveBox(2, 0x0F),
        ask.ChangeSku("A", None),
        ask.CreateBox(1003, 0xF0),
        ask.DeleteBox(3),
        ask.CreateBox(1003, 0xFF),
        ask.PlaceFulfillment((ask.SkuLine("B", 1),)),
        ask.ChangeSku("B", "berry"),
    ]
    for command in script:
        engine.apply(command)
        assert_pages_are_the_same(views)


def test_what_was_written_for_one_variant_is_not_sent_for_another() -> None:
    live = Live([Thing(1, "a", None)])
    for variant in ("b", "c", "b"):
        body = THINGS.written(
            QueryParams(""), live, CALENDAR, lambda _row, v=variant: v.encode(), 50, variant
        )  # type: ignore[misc]
        assert body == f'{{"items":[{variant}],"total":1,"page":1,"size":50,"pages":1}}'.encode()


def test_only_the_latest_happenings_are_listed() -> None:
    engine = build(load_site(find_site("tiny")))
    views = Views.following(engine)
    views.keep_happenings(3)
    for number in range(4):
        engine.apply(ask.CreateSku(f"A{number}"))
        if number:  # the first reader comes late
            assert page(EVENTS, views.live_happenings(), {}) == (views.happenings(), len(views.happenings()))
    views.keep_happenings(2)
    assert page(EVENTS, views.live_happenings(), {}) == (views.happenings(), 2)
    views.keep_happenings(4)
    engine.apply(ask.CreateSku("B"))
    assert page(EVENTS, views.live_happenings(), {}) == (views.happenings(), 3)


def test_slots_of_happenings_are_used_again(monkeypatch: Any) -> None:
    monkeypatch.setattr(happenings, "KEPT", 4)
    views = Views.following(engine := build(load_site(find_site("tiny"))))
    for number in range(15):
        engine.apply(ask.CreateSku(f"A{number}"))
        if number % 4 != 1:
            rows = views.happenings()
            assert page(EVENTS, views.live_happenings(), {}) == (rows, len(rows))
            assert len(views.live_happenings().rows) <= 4
