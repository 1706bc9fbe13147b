"""Plain data to JSON values and back, without loss."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, fields, is_dataclass, replace
from typing import Any, get_args, get_type_hints

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twin.domain import commands as ask
from twin.domain.bots import Bot, Step
from twin.domain.inventory import Box, Carrier, Load, Sku
from twin.domain.layout import Site
from twin.domain.state import State
from twin.domain.work import Dig, Entity, Job, Request, Visit
from twin.experiments.sitegen import LaneShape, lane_site
from twin.simulation.arriving import Demand
from twin.simulation.codec import from_plain, to_plain
from twin.simulation.engine import Memory

PLAIN = (Box, Carrier, Load, Sku, Bot, Step, Dig, Entity, Job, Request, Visit, Demand, Memory, State)


def through_json(kind: type, value: object) -> object:
    return from_plain(kind, json.loads(json.dumps(to_plain(value))))


@pytest.mark.parametrize("kind", PLAIN, ids=lambda kind: kind.__name__)
def test_any_data_of_a_state_comes_back_as_it_was(kind: type) -> None:
    """Hypothesis fills every field by its declared type."""

    @settings(max_examples=50)
    @given(st.from_type(kind))
    def comes_back(value: object) -> None:
        assert through_json(kind, value) == value

    comes_back()


def test_a_site_comes_back_as_it_was() -> None:
    site = lane_site("there and back", LaneShape(), levels=2)
    assert through_json(Site, site) == site


@pytest.mark.parametrize("kind", get_args(ask.Command), ids=lambda kind: kind.__name__)
def test_any_command_comes_back_as_it_was(kind: type) -> None:
    """With all its fields set; fields left alone are for whoever writes it down to leave out."""

    @settings(max_examples=50)
    @given(st.from_type(kind))
    def comes_back(command: Any) -> None:
        plain = to_plain(command)
        left_alone = {name for name, value in plain.items() if isinstance(value, ask.Unset)}
        written = json.dumps({name: value for name, value in plain.items() if name not in left_alone})
        expected = replace(command, **dict.fromkeys(left_alone, ask.UNSET))
        assert from_plain(kind, json.loads(written)) == expected

    comes_back()


@dataclass
class Inner:
    number: int
    pairs: tuple[tuple[int, int], ...] = ()


@dataclass
class Outer:
    inner: Inner | None
    by_number: dict[int, Inner]
    by_name: dict[str, list[Inner]]
    mixed: tuple[int, str, Inner]
    maybe: int | None = None
    listed: list[Inner] = field(default_factory=list)


def test_keys_that_are_numbers_become_numbers_again() -> None:
    value = Outer(None, {7: Inner(1)}, {"7": [Inner(2)]}, (1, "2", Inner(3)))
    plain = to_plain(value)
    assert plain["by_number"] == {"7": {"number": 1, "pairs": []}}
    assert through_json(Outer, value) == value


def test_tuples_stay_tuples_at_any_depth() -> None:
    back = through_json(Inner, Inner(1, ((1, 2), (3, 4))))
    assert isinstance(back, Inner)
    assert back.pairs == ((1, 2), (3, 4))
    assert isinstance(back.pairs[0], tuple)


def test_fields_that_are_missing_get_their_defaults() -> None:
    """What was written by an older version of a dataclass that has a field more now."""
    assert from_plain(Inner, {"number": 1}) == Inner(1)
    with pytest.raises(TypeError):
        from_plain(Inner, {})


def test_the_order_of_dictionaries_is_kept() -> None:
    """Ties go to the oldest in some places: the order of creation is data."""
    state = State(carriers={id_: Carrier(id_, 1, 0) for id_ in (10, 9, 11)})
    back = through_json(State, state)
    assert isinstance(back, State)
    assert list(back.carriers) == [10, 9, 11]


def test_what_is_written_shares_nothing_with_the_data() -> None:
    memory = Memory(demands=[Demand("a", 1, 1, ["x"])])
    plain = to_plain(memory)
    memory.demands[0].skus.append("y")
    assert plain["demands"][0]["skus"] == ["x"]


def test_a_state_is_made_of_dataclasses_and_simple_values_only() -> None:
    """The codec knows nothing else: a field of another kind would be lost without a word."""
    seen: set[object] = set()
    todo: list[object] = [State, Site, Memory]
    while todo:
        kind = todo.pop()
        if kind in seen:
            continue
        seen.add(kind)
        if is_dataclass(kind):
            todo += _types_of(kind)
        elif get_args(kind):
            todo += [arg for arg in get_args(kind) if arg is not Ellipsis]
        else:
            assert kind in (int, str, bool, type(None)), kind


def _types_of(kind: object) -> list[object]:
    hints = get_type_hints(kind)  # type: ignore[arg-type]
    return [hints[f.name] for f in fields(kind)]  # type: ignore[arg-type]
