"""JSON without loss, and without what is not JSON."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.wire.exact import ExactResponse, parse_json
from twin.domain.sections import parse_section_code, to_wire_32


def reason(body: bytes) -> str:
    with pytest.raises(json.JSONDecodeError) as caught:
        parse_json(body)
    return caught.value.msg


@given(st.integers(1, 2**32 - 1))
def test_a_section_code_of_32_digits_comes_out_exactly(mask: int) -> None:
    body = ExactResponse({"section_code_32": to_wire_32(mask)}).body
    assert bytes(body).decode() == f'{{"section_code_32":{int(f"{mask:032b}")}}}'


@given(st.integers(2**31, 2**32 - 1))
def test_a_section_code_that_was_sent_comes_back_as_the_same_mask(mask: int) -> None:
    assert parse_section_code(parse_json(b"%d" % to_wire_32(mask))) == mask


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)


@given(anything)
def test_what_is_written_is_read_back(value: object) -> None:
    assert parse_json(bytes(ExactResponse(value).body)) == value


@given(st.binary(max_size=60) | st.text('[]{}",:\\ud8001eN-', max_size=60).map(str.encode))
def test_any_bytes_are_read_or_refused(body: bytes) -> None:
    try:
        value = parse_json(body)
    except json.JSONDecodeError:
        return
    ExactResponse(value)


@pytest.mark.parametrize("constant", [b"NaN", b"Infinity", b"-Infinity"])
def test_numbers_that_are_none_are_refused(constant: bytes) -> None:
    assert reason(b'{"a": [' + constant + b"]}").endswith("is no number")


def test_an_endless_number_is_refused() -> None:
    assert reason(b"1" + b"0" * 5000) == "a number has too many digits"


@pytest.mark.parametrize("body", [b"[" * 100_000, b'{"a":' * 100_000, b"[" * 100_000 + b"]" * 100_000])
def test_a_bottomless_body_is_refused(body: bytes) -> None:
    assert reason(body) == "nested too deeply"


@pytest.mark.parametrize("body", [rb'"\ud800"', rb'{"\uDC00": 1}', rb'["\ud800\ud800"]'])
def test_half_a_surrogate_pair_is_refused(body: bytes) -> None:
    assert reason(body) == "a string holds half of a surrogate pair"


def test_a_whole_surrogate_pair_is_a_character() -> None:
    assert parse_json(rb'"\ud83d\ude00"') == "\U0001f600"


def test_bytes_that_are_not_utf_8_are_refused() -> None:
    assert reason(b'"\xff"') == "not UTF-8"
