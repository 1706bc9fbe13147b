"""Pictures of the lab: every series is seen and told from the others, and what cannot be drawn is refused."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import pairwise
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twin import lab
from twin.experiments.statistics import Interval

SVG = "{http://www.w3.org/2000/svg}"
NAN = math.nan
FIGURES = st.just(NAN) | st.floats(min_value=-1e300, max_value=1e300)


def drawn(picture: lab.Picture) -> ElementTree.Element:
    return ElementTree.fromstring(picture.svg)


def words(picture: lab.Picture) -> list[str]:
    return ["".join(text.itertext()) for text in drawn(picture).iter(f"{SVG}text")]


def marks(picture: lab.Picture, tag: str, style: str) -> list[ElementTree.Element]:
    """The marks of the chart itself that have a style; its legend has its own."""
    chart = next(group for group in drawn(picture).iter(f"{SVG}g"))
    return [mark for mark in chart.iter(f"{SVG}{tag}") if style in (mark.get("class") or "").split()]


def test_titles_are_seen_and_broken_where_they_are_long() -> None:
    title = "Open orders " * 12
    said = words(lab.over_time(title, {"a": [1.0, 2.0]}, "orders"))
    assert said[0] + " " + said[1] == title.strip()
    assert words(lab.bars("Short <&>", {"a": {"p": 1.0}}, "s"))[0] == "Short <&>"


def test_names_in_a_legend_do_not_overlap_however_long_they_are() -> None:
    names = ["a name of thirty characters, yes", "b", "x" * 200, "another name that is rather long"]
    root = drawn(lab.curves("t", {name: {1.0: 1.0, 2.0: 2.0} for name in names}, "x", "s"))
    width, height = map(float, (root.get("viewBox") or "").split()[2:])
    places = []
    for group in list(root.iter(f"{SVG}g"))[1:]:
        x, y = map(float, (group.get("transform") or "")[len("translate(") : -1].split())
        text = "".join((group.find(f"{SVG}text") or group).itertext())
        places.append((y, x, x + 32 + 7 * min(81, len(text))))
        assert y + 12 <= height
    assert len(places) == 4
    places.sort()
    for (y, _, end), (below, begin, _) in pairwise(places):
        assert begin >= end or below >= y + 20
    assert all(end <= width for _, _, end in places)


def test_thirty_series_all_look_different() -> None:
    values = {f"s{n}": {1.0: float(n), 2.0: float(n)} for n in range(30)}
    styles = {mark.get("class") for mark in marks(lab.curves("t", values, "x", "s"), "path", "curve")}
    assert len(styles) == 30
    over = lab.over_time("t", {name: [1.0, 2.0] for name in values}, "s")
    assert len({mark.get("class") for mark in marks(over, "path", "curve")}) == 30


def test_twenty_parts_of_bars_all_look_different() -> None:
    picture = lab.bars("t", {"row": {f"p{n}": 1.0 for n in range(20)}}, "s")
    chart = next(drawn(picture).iter(f"{SVG}g"))
    assert len({bar.get("class") for bar in chart.iter(f"{SVG}rect")}) == 20


@pytest.mark.parametrize("values", [[5.0], [NAN, 5.0, NAN, NAN], [NAN, 5.0]])
def test_a_single_point_is_seen(values: list[float]) -> None:
    picture = lab.over_time("t", {"a": values, "b": [1.0] * 4}, "s")
    assert len(marks(picture, "path", "dot")) == 1


def test_what_is_no_number_leaves_a_gap() -> None:
    values: list[float | None] = [1.0, 2.0, None, 4.0, 5.0, NAN, NAN, 8.0, 9.0]
    assert len(marks(lab.over_time("t", {"a": values}, "s"), "path", "curve")) == 3  # type: ignore[dict-item]
    points = {1: 1.0, 2: 2.0, 3: NAN, 4: 4.0, 5: Interval(5, 4, 6, 3)}
    assert len(marks(lab.curves("t", {"a": points}, "x", "s"), "path", "curve")) == 2
    assert len(marks(lab.curves("t", {"a": points}, "x", "s"), "line", "error")) == 1


def test_an_average_over_steps_is_that_of_the_minutes_there_are() -> None:
    picture = lab.over_time("t", {"a": [10.0, NAN] * 100 + [NAN] * 10}, "s")
    assert "a: from 10.00 s to 10.00 s" in picture.svg


def test_parts_below_zero_go_to_the_left() -> None:
    picture = lab.bars("t", {"row": {"loss": -3.0, "gain": 2.0, "more": -1.0}}, "EUR")
    chart = next(drawn(picture).iter(f"{SVG}g"))
    loss, gain, more = chart.iter(f"{SVG}rect")
    left = {name: float(bar.get("x") or 0) for name, bar in (("l", loss), ("g", gain), ("m", more))}
    width = {name: float(bar.get("width") or 0) for name, bar in (("l", loss), ("g", gain), ("m", more))}
    assert left["m"] < left["l"] < left["g"]
    assert width["l"] == pytest.approx(3 * width["m"], rel=0.05)
    assert left["l"] + width["l"] <= left["g"]


def test_intervals_of_differences_are_drawn_below_zero() -> None:
    picture = lab.curves("t", {"": {1: Interval(1, -2, 4, 5)}}, "x", "s")
    (error,) = marks(picture, "line", "error")
    level = [m for m in marks(picture, "line", "base") if m.get("y1") == m.get("y2")]
    low, high, zero = (float(y or 0) for y in (error.get("y1"), error.get("y2"), level[-1].get("y1")))
    assert low > zero > high
    assert len(level) == 2


@pytest.mark.parametrize(
    ("draw", "said"),
    [
        (lambda: lab.over_time("t", {}, "s"), "over_time: nothing to draw"),
        (
            lambda: lab.over_time("t", {"q": [1, math.inf]}, "s"),
            "over_time: 'q' at minute 1 is inf; only finite",
        ),
        (lambda: lab.over_time("t", {"q": ["x"]}, "s"), "over_time: 'q' at minute 0 is 'x', not a number"),
        (lambda: lab.over_time("t", {"q": ["3"]}, "s"), "over_time: 'q' at minute 0 is '3', a text"),
        (lambda: lab.curves("t", {}, "x", "s"), "curves: nothing to draw"),
        (lambda: lab.curves("t", {"a": {}}, "x", "s"), "curves: nothing to draw"),
        (lambda: lab.curves("t", {"a": {NAN: 1}}, "x", "s"), "curves: a place of 'a' is nan"),
        (lambda: lab.curves("t", {"a": {2: -math.inf}}, "x", "s"), "curves: 'a' at 2 is -inf; only finite"),
        (lambda: lab.bars("t", {}, "s"), "bars: nothing to draw"),
        (lambda: lab.bars("t", {"r": {"p": NAN}}, "s"), "bars: part 'p' of 'r' is nan; a bar is the sum"),
        (lambda: lab.bars("t", {"r": {"p": math.inf}}, "s"), "bars: part 'p' of 'r' is inf; only finite"),
    ],
)
def test_what_cannot_be_drawn_is_refused_and_named(draw: Callable[[], object], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        draw()


@given(st.lists(FIGURES, min_size=1, max_size=12), st.lists(FIGURES, min_size=1, max_size=12))
def test_any_figures_are_drawn_without_a_place_that_is_none(one: list[float], other: list[float]) -> None:
    over = lab.over_time("t", {"one": one, "other": other}, "s")
    points = {x: y for x, y in zip(one, other, strict=False) if math.isfinite(x)}
    pictures = [over, *([lab.curves("t", {"a": points}, "x", "s")] if points else [])]
    parts = {str(n): value for n, value in enumerate(one) if math.isfinite(value) and abs(value) < 1e299}
    pictures.append(lab.bars("t", {"row": parts}, "s"))
    for picture in pictures:
        places = [
            value
            for mark in drawn(picture).iter()
            for name, value in mark.attrib.items()
            if name in ("x", "y", "x1", "x2", "y1", "y2", "cx", "cy", "width", "height", "d")
        ]
        assert not any("nan" in place or "inf" in place for place in places)


@pytest.mark.parametrize("name", ["<b>&\"'", "a\x00b", "</title><script>", "\ud800"])
def test_names_cannot_break_the_picture(name: str) -> None:
    for picture in (
        lab.over_time(name, {name: [1.0, 2.0], "other": [1.0]}, name),
        lab.curves(name, {name: {1.0: 2.0}, "other": {1.0: 1.0}}, name, name),
        lab.bars(name, {name: {name: 1.0, "other": 2.0}}, name),
    ):
        tags = {mark.tag.removeprefix(SVG) for mark in drawn(picture).iter()}
        assert tags <= {"svg", "desc", "style", "text", "g", "rect", "line", "path", "title", "circle"}


def test_names_need_not_be_texts() -> None:
    picture = lab.over_time("t", {6: [1.0], 8: [2.0]}, "s")  # type: ignore[dict-item]
    assert {"6", "8"} <= set(words(picture))


def test_curves_that_are_equal_do_not_hide_each_other() -> None:
    same = {1.0: Interval(2, 1, 3, 4), 2.0: Interval(3, 2, 4, 4)}
    errors = marks(lab.curves("t", {"a": same, "b": same}, "x", "s"), "line", "error")
    assert len({error.get("x1") for error in errors}) == 4
    bound = lab.curves("t", {"a": same, "bound": {1.0: 3.0, 2.0: 4.0}}, "x", "s")
    places = [(mark.get("d") or "").split(",")[0] for mark in marks(bound, "path", "curve")]
    assert places[0] == places[1]
