"""The 32-section code: what is read, what is refused, and what is written (design, section 6)."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twin.domain.errors import Invalid
from twin.domain.sections import (
    FULL,
    SECTIONS,
    legacy_digits,
    parse_section_code,
    sections,
    to_text_32,
    to_wire_32,
    to_wire_legacy,
)

MASKS = st.integers(1, FULL)
BINARY = st.text("01", min_size=1, max_size=40)
IN_LAST_EIGHT_SECTIONS = 0xFF


@pytest.mark.parametrize(
    ("code", "mask"),
    [
        ("11110000", 0xFFFF0000),
        (11110000, 0xFFFF0000),
        ("1", 0x0000000F),
        (1, 0x0000000F),
        ("01000000", 0x0F000000),
        (1000000, 0x0F000000),
        ("1000", 0x0000F000),
        ("0000000000000001", 0x00000003),
        ("1000000000000000", 0xC0000000),
        ("1" + "0" * 31, 0x80000000),
        ("0" * 31 + "1", 0x00000001),
        (10**31, 0x80000000),
        (11111111111111111111111111111111, FULL),
        ("1" * 8, FULL),
        ("1" * 16, FULL),
        ("1" * 32, FULL),
    ],
)
def test_a_code_is_read_by_its_length(code: str | int, mask: int) -> None:
    assert parse_section_code(code) == mask


@pytest.mark.parametrize(
    ("code", "mask"),
    [
        (100000000, 0x00000100),
        (1111111111111111, 0x0000FFFF),
        (11110000111100001111, 0x000F0F0F),
    ],
)
def test_an_integer_of_nine_digits_or_more_is_a_32_section_code_without_its_leading_zeros(
    code: int, mask: int
) -> None:
    assert parse_section_code(code) == mask
    assert to_wire_32(mask) == code


@given(MASKS.filter(lambda mask: mask > IN_LAST_EIGHT_SECTIONS))
def test_section_code_32_as_shown_is_accepted_back_as_the_same_mask(mask: int) -> None:
    assert parse_section_code(to_wire_32(mask)) == mask


@given(st.integers(1, IN_LAST_EIGHT_SECTIONS))
def test_section_code_32_within_the_last_eight_sections_is_read_as_legacy(mask: int) -> None:
    assert parse_section_code(to_wire_32(mask)) == parse_section_code(f"{mask:08b}")


@given(MASKS)
def test_32_characters_always_mean_the_mask_that_wrote_them(mask: int) -> None:
    assert parse_section_code(to_text_32(mask)) == mask


@given(MASKS)
def test_the_integer_survives_json_exactly(mask: int) -> None:
    assert json.loads(json.dumps(to_wire_32(mask))) == int(f"{mask:b}")


@given(MASKS)
def test_the_legacy_code_covers_the_mask_with_no_group_to_spare(mask: int) -> None:
    covered = parse_section_code(legacy_digits(mask))
    assert mask & ~covered == 0
    groups = [covered & (0xF << shift) for shift in range(0, SECTIONS, 4)]
    assert all(group & mask for group in groups if group)


@given(st.integers(1, 255))
def test_the_legacy_code_of_whole_groups_round_trips_as_string_and_as_integer(groups: int) -> None:
    mask = parse_section_code(f"{groups:08b}")
    assert parse_section_code(legacy_digits(mask)) == mask
    assert parse_section_code(to_wire_legacy(mask)) == mask
    assert sections(mask) == 4 * groups.bit_count()


@given(st.text("01", min_size=16, max_size=16).filter(lambda digits: "1" in digits))
def test_each_of_16_characters_stands_for_two_sections(digits: str) -> None:
    doubled = "".join(digit + digit for digit in digits)
    assert to_text_32(parse_section_code(digits)) == doubled


@given(BINARY)
def test_a_string_of_binary_digits_is_accepted_by_its_length_alone(digits: str) -> None:
    fits = len(digits) <= 8 or len(digits) in (16, 32)
    if fits and "1" in digits:
        assert parse_section_code(digits)
    else:
        with pytest.raises(Invalid):
            parse_section_code(digits)


@pytest.mark.parametrize("length", [0, *range(9, 16), *range(17, 32), 33, 64, 10_000])
def test_any_other_length_is_refused(length: int) -> None:
    with pytest.raises(Invalid) as refusal:
        parse_section_code("1" * length)
    assert refusal.value.field == "section_code"
    assert f"{length} characters" in str(refusal.value)


@pytest.mark.parametrize(
    "code",
    [
        "2",
        "1112",
        "+1",
        "-1",
        " 1",
        "1 ",
        "1\n",
        "1_1",
        "0b1",
        "0x1",
        "1.0",
        "\u0967",  # the one of Devanagari, which int() would take
        "\uff11",  # the full-width one, likewise
        "1" * 15 + "²",
        "true",
    ],
)
def test_any_digit_but_zero_and_one_is_refused(code: str) -> None:
    with pytest.raises(Invalid, match="other than 0 and 1"):
        parse_section_code(code)


@pytest.mark.parametrize("code", [2, 12, 11110002, 9 * 10**31])
def test_an_integer_with_another_digit_is_refused(code: int) -> None:
    with pytest.raises(Invalid, match="other than 0 and 1"):
        parse_section_code(code)


@pytest.mark.parametrize("code", [0, "0", "0" * 8, "0" * 16, "0" * 32])
def test_a_code_without_any_section_is_refused(code: str | int) -> None:
    with pytest.raises(Invalid, match="takes no section"):
        parse_section_code(code)


@pytest.mark.parametrize(
    "code", [-1, -11110000, 10**32, 10**5000], ids=["minus one", "minus", "33 digits", "5001 digits"]
)
def test_an_integer_with_a_sign_or_too_many_digits_is_refused_with_a_readable_message(code: int) -> None:
    with pytest.raises(Invalid, match="1 to 32 digits") as refusal:
        parse_section_code(code)
    assert len(str(refusal.value)) < 100


@pytest.mark.parametrize("code", [True, False, None, 1.0, 1e31, b"1", ["1"], {}])
def test_what_is_neither_string_nor_integer_is_refused(code: Any) -> None:
    with pytest.raises(Invalid, match=r"must be (a string or an integer|written out)"):
        parse_section_code(code)


@given(st.one_of(st.text(max_size=40), st.integers(), st.booleans(), st.none(), st.floats()))
def test_whatever_comes_is_either_a_mask_of_32_bits_or_refused(code: Any) -> None:
    try:
        mask = parse_section_code(code)
    except Invalid:
        return
    assert 1 <= mask <= FULL


def test_the_wire_forms_of_a_mask_are_the_reference_s() -> None:
    mask = 0x80000001
    assert to_wire_32(mask) == 10000000000000000000000000000001
    assert legacy_digits(mask) == "10000001"
    assert to_wire_legacy(mask) == 10000001
    assert legacy_digits(0x00000001) == "00000001"
    assert to_wire_legacy(0x00000001) == 1
    assert sections(mask) == 2


@pytest.mark.parametrize("mask", [-1, FULL + 1])
def test_what_is_no_mask_is_not_written(mask: int) -> None:
    with pytest.raises(ValueError, match="not a mask of 32 sections"):
        to_text_32(mask)
