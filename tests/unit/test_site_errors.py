"""Wrong site files: each is refused with the line, the column and what would be right."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twin.domain.errors import SiteRefused
from twin.experiments.sitefile import find_site, load_site, parse_site

GOOD = """\
schema: 1
name: small
pitch_mm: 600
levels:
  - id: 1
    height_mm: 0
    map: |
      #bbpc
      .....
      .sss.
      .sss.
      .sss.
      .....
balconies:
  - id: 1
    places: [{level: 1, x: 1, y: 0}, {level: 1, x: 2, y: 0}]
bots:
  - {id: 1, level: 1, x: 3, y: 0}
carriers:
  - {id: 1001, level: 1, x: 2, y: 3}
"""

BLOCK = "      .sss.\n      .sss.\n      .sss.\n"
CARRIER = "  - {id: 1001, level: 1, x: 2, y: 3}\n"
PLACES = "[{level: 1, x: 1, y: 0}, {level: 1, x: 2, y: 0}]"
SECOND_LEVEL = "balconies:\n"
WALL_ADVICE = "the first row has 5; make all equally long, with '#' where there is no floor"

WRONG_VALUES = [
    ("pitch_mm: 600", "pitch_mm: true", "3:11: pitch_mm is true; write a whole number from 1 to 100000"),
    ("pitch_mm: 600", "pitch_mm: 600.0", "3:11: pitch_mm is 600.0; write a whole number from 1 to 100000"),
    (
        "pitch_mm: 600",
        "pitch_mm: '600'",
        "3:11: pitch_mm is the text '600'; write a whole number from 1 to 100000, without quotes",
    ),
    ("pitch_mm: 600", "pitch_mm: 0", "3:11: pitch_mm is 0; give a value from 1 to 100000"),
    (
        "pitch_mm: 600",
        "pitch_mm: " + "9" * 5000,
        f"3:11: pitch_mm is {'9' * 40}...; give a value from 1 to 100000",
    ),
    ("pitch_mm: 600", "pitch_mm:", "3:1: pitch_mm is empty; write a whole number from 1 to 100000"),
    ("pitch_mm: 600\n", "", "1:1: the site has no pitch_mm; add 'pitch_mm:'"),
    ("schema: 1", "schema: 2", "1:9: schema is 2; this version reads schema: 1"),
    (
        "name: small",
        "name: 5",
        "2:7: name is 5, not text; write one line of 1 to 100 characters, "
        "in quotes if it looks like a number",
    ),
    (
        "name: small",
        "name: small\nmotion: {laden: {speed_mm_s: -3}}",
        "3:30: speed_mm_s is -3; give a value from 1 to 100000",
    ),
    (
        "name: small",
        "name: small\nperson: {line_ms: 0}",
        "3:19: line_ms is 0; give a value from 1 to 86400000",
    ),
    (
        "name: small",
        "name: small\nperson: {line_distribution: exponental}",
        "3:29: line_distribution is exponental; did you mean 'exponential'?",
    ),
    (
        "name: small",
        "name: small\nperson: {line_distribution: [uniform]}",
        "3:29: line_distribution is a list; use one of lognormal, constant, exponential, uniform, triangular",
    ),
    (
        "name: small",
        "name: small\nperson: {line_distribution: exponential, line_cv_percent: 40}",
        "3:42: line_cv_percent has no meaning for exponential times; it is for lognormal",
    ),
    (
        "name: small",
        "name: small\nperson: {line_spread_ms: 100}",
        "3:10: line_spread_ms has no meaning for lognormal times; it is for uniform or triangular",
    ),
    (
        "name: small",
        "name: small\nperson: {line_distribution: uniform, line_spread_ms: 5000}",
        "3:54: line_spread_ms 5000 is not below line_ms 5000, but times are above zero; give at most 4999",
    ),
]

WRONG_STRUCTURE = [
    ("pitch_mm: 600", "pich_mm: 600", "3:1: unknown key 'pich_mm' in the site; did you mean 'pitch_mm'?"),
    (
        "name: small",
        "name: small\nmotion: {colour: 4}",
        "3:10: unknown key 'colour' in motion; the keys are unladen, laden, turn_ms, lift_ms, lower_ms",
    ),
    (
        "name: small",
        "name: small\nname: big",
        "3:1: 'name' is given twice in the site; keep one (first on line 2)",
    ),
    (
        "bots:\n  - {id: 1, level: 1, x: 3, y: 0}",
        "bots: 4",
        "17:7: bots is 4; write a list, or per_level: 4",
    ),
    (
        "name: small",
        "name: &a small",
        "2:7: anchors '&' and aliases '*' are not used here; write the value out",
    ),
    (
        "name: small",
        "name: !x small",
        "2:7: tags '!' are not used here; write the plain value; quote it if it is text",
    ),
    (
        "name: small",
        "\tname: small",
        "2:1: not valid YAML (found character '\\t' that cannot start any token); "
        "indent with spaces, not tabs",
    ),
    (
        "name: small",
        "name: [small",
        "3:9: not valid YAML (expected ',' or ']', but got ':'); "
        "check indentation, colons, quotes and brackets",
    ),
    ("name: small", "---\nname: small", "2:1: a second document begins here; one file holds one"),
    (
        "name: small",
        "name: sm\x07all",
        "2:9: the character U+0007 does not belong into a text file; remove it",
    ),
    (
        "name: small",
        "name: " + "[" * 2000,
        "2:19: nested more than 12 deep; no field needs that",
    ),
]

WRONG_LEVELS = [
    (
        "      .sss.\n      .....\n",
        "      .sss.\n      ....\n",
        f"13:11: level 1, x 4, y 5: this row has 4 positions; {WALL_ADVICE}",
    ),
    (
        "      .sss.\n      .....\n",
        "      .sss.\n      .......\n",
        f"13:12: level 1, x 5, y 5: this row has 7 positions; {WALL_ADVICE}",
    ),
    (
        BLOCK,
        BLOCK.replace("s", "S", 1),
        "10:8: level 1, x 1, y 2: 'S' is no kind of position; did you mean 's'?",
    ),
    (
        BLOCK,
        BLOCK.replace("s", "?", 1),
        "10:8: level 1, x 1, y 2: '?' is no kind of position; use one of . s # b c p > < ^ v",
    ),
    (
        BLOCK,
        BLOCK.replace("s", "\t", 1),
        "10:8: level 1, x 1, y 2: a tab is no kind of position; use one of . s # b c p > < ^ v",
    ),
    ("    map: |", "    map: >", "7:10: the map is folded; write 'map: |' and the rows below it, indented"),
    (
        SECOND_LEVEL,
        f"  - {{id: 1, height_mm: 4, same_map_as: 1}}\n{SECOND_LEVEL}",
        "14:5: level 1 is described twice; give each its own id",
    ),
    (
        SECOND_LEVEL,
        f"  - {{id: 2, height_mm: 4, same_map_as: 7}}\n{SECOND_LEVEL}",
        "14:40: same_map_as is 7; name a level with a map of its own (1)",
    ),
    (
        SECOND_LEVEL,
        f"  - {{id: 2, height_mm: 4}}\n{SECOND_LEVEL}",
        "14:5: levels entry 2 has no map; add 'map:', 'same_map_as:' or 'lanes:'",
    ),
    (
        SECOND_LEVEL,
        f"  - {{id: 2, height_mm: 4, lanes: {{}}, same_map_as: 1}}\n{SECOND_LEVEL}",
        "14:38: levels entry 2 has both lanes and same_map_as; keep one",
    ),
    (
        SECOND_LEVEL,
        f"  - {{id: 2, height_mm: 4, lanes: {{columns: 4, parking: 40}}}}\n{SECOND_LEVEL}",
        "14:44: a row of 6 leaves no room for 22 groups of endpoints side by side; "
        "add 38 columns or take fewer endpoints",
    ),
    (
        "      .....\n      .sss.",
        "      #.###\n      .sss.",
        "8:8: level 1, x 1, y 0: a laden bot cannot drive to this handover place",
    ),
]

WRONG_PLACES = [
    (
        f"  - id: 1\n    places: {PLACES}\n",
        "  4\n",
        "15:3: balconies is 4; write a list, or from_map",
    ),
    (PLACES, "4", "16:13: places is 4; write a list"),
    (PLACES, "[]", "15:5: balcony 1 has no handover place; give it at least one"),
    (
        "{level: 1, x: 2, y: 0}]",
        "{level: 1, levels: all, x: 2, y: 0}]",
        "16:49: places entry 2 has both level and levels; keep one",
    ),
    (
        "{level: 1, x: 2, y: 0}]",
        "{levels: [1, one], x: 2, y: 0}]",
        "16:51: a level id is one; write a whole number from 1 to 2147483647",
    ),
    ("{level: 1, x: 2, y: 0}]", "{level: 1, y: 0}]", "16:38: places entry 2 has no x; add 'x:'"),
    (
        "{level: 1, x: 2, y: 0}]",
        "{level: 1, x: 4, y: 0}]",
        "16:38: level 1, x 4, y 0: balcony 1 is on 'c', not on a handover place 'b'; "
        "the nearest free one is x 2, y 0",
    ),
    (
        PLACES,
        "[{level: 1, x: 1, y: 0}]",
        "8:9: level 1, x 2, y 0: no balcony has this handover place; "
        "list it under the places of a balcony, or draw '#' instead",
    ),
    (
        "bots:\n",
        "  - {id: 2, places: [{level: 1, x: 2, y: 0}]}\nbots:\n",
        "17:22: level 1, x 2, y 0: balcony 2 is where balcony 1 is already; "
        "choose a handover place 'b' that is free",
    ),
    (
        "{level: 1, x: 2, y: 0}]",
        "{level: 3, x: 2, y: 0}]",
        "16:38: balcony 1 is on level 3, which does not exist; the levels are 1",
    ),
    (
        "{id: 1, level: 1, x: 3, y: 0}",
        "{id: 1, level: 1, x: 3, y: 1}",
        "18:5: level 1, x 3, y 1: bot 1 is on '.', not on a parking place 'p' or charger 'c'; "
        "the nearest free one is x 3, y 0",
    ),
    (
        "carriers:\n",
        "  - {id: 2, level: 1, x: 3, y: 0}\ncarriers:\n",
        "19:5: level 1, x 3, y 0: bot 2 is where bot 1 is already; the nearest free one is x 4, y 0",
    ),
    (
        "carriers:\n",
        "  - {id: 1, level: 1, x: 4, y: 0}\ncarriers:\n",
        "19:5: bot 1 is described twice; give each its own id",
    ),
    (
        "bots:\n  - {id: 1, level: 1, x: 3, y: 0}",
        "bots: {per_level: 3}",
        "17:19: level 1 has 2 parking places and chargers for 3 bots; "
        "draw 1 more 'p' or 'c', or take fewer bots",
    ),
    (
        CARRIER,
        CARRIER.replace("x: 2", "x: 0"),
        "20:5: level 1, x 0, y 3: carrier 1001 is on '.', not on a storage position 's'; "
        "the nearest free one is x 1, y 3",
    ),
    (
        CARRIER,
        CARRIER.replace("x: 2", "x: 9"),
        "20:5: carrier 1001 is at x 9, y 3, outside the map of level 1; x goes from 0 to 4, y from 0 to 5",
    ),
    (
        CARRIER,
        CARRIER + CARRIER.replace("1001", "1002"),
        "21:5: level 1, x 2, y 3: carrier 1002 is where carrier 1001 is already; "
        "the nearest free one is x 2, y 2",
    ),
    (
        f"carriers:\n{CARRIER}",
        "carriers: {fill_percent: 100}\n",
        "19:26: level 1 too full to dig: depth 2 needs 1 free reachable position, has 0; "
        "remove 1 carrier or add positions",
    ),
    (
        "bots:\n  - {id: 1, level: 1, x: 3, y: 0}",
        "bots: []",
        "17:7: level 1 holds 1 carrier but has no bot; start a bot on it",
    ),
]


def _refusal(text: str) -> list[str]:
    with pytest.raises(SiteRefused) as refused:
        parse_site(text, "site.yaml")
    return str(refused.value).split("\n")


def test_the_text_that_the_cases_spoil_is_good() -> None:
    assert len(parse_site(GOOD, "site.yaml").carriers) == 1


@pytest.mark.parametrize(
    ("good", "wrong", "message"), [*WRONG_VALUES, *WRONG_STRUCTURE, *WRONG_LEVELS, *WRONG_PLACES]
)
def test_a_wrong_site_is_refused_at_its_line_and_column_with_advice(
    good: str, wrong: str, message: str
) -> None:
    assert GOOD.count(good) == 1
    lines = _refusal(GOOD.replace(good, wrong))
    assert [line for line in lines if line.startswith(f"site.yaml:{message}")], lines


def test_more_carriers_than_positions_are_counted() -> None:
    listed = "".join(CARRIER.replace("1001", str(1001 + index)) for index in range(10))
    first = _refusal(GOOD.replace(CARRIER, listed))[0]
    assert first == (
        "site.yaml:20:3: level 1 has 9 storage positions for 10 carriers; "
        "draw 1 more 's', or take fewer carriers"
    )


def test_all_problems_are_told_at_once_in_the_order_of_the_file() -> None:
    text = GOOD.replace("600", "0").replace("x: 3, y: 0", "x: 3, y: 1").replace("1001, level", "1001, levl")
    assert [line.split(": ")[0] for line in _refusal(text)] == [
        "site.yaml:3:11",
        "site.yaml:18:5",
        "site.yaml:20:16",
    ]


def test_at_most_twenty_problems_are_told() -> None:
    lines = _refusal(GOOD.replace(BLOCK, BLOCK.replace("s", "?") * 4))
    assert len(lines) == 21
    assert lines[-1] == "site.yaml: 16 more not shown"


def test_a_file_without_content_is_refused() -> None:
    for text in ("", "# nothing but a remark\n"):
        assert _refusal(text) == ["site.yaml:1:1: the file is empty; write at least its schema and name"]


def test_a_file_that_is_no_mapping_is_refused() -> None:
    keys = "schema, name, pitch_mm, motion, person, battery, levels, balconies, bots, carriers"
    for text, what in (("- 1\n", "a list"), ("hello\n", "hello")):
        message = f"site.yaml:1:1: the site is {what}; write key: value pairs with the keys {keys}"
        assert _refusal(text) == [message]


def test_an_accident_of_the_yaml_parser_is_a_refusal_too() -> None:
    assert "not valid YAML" in _refusal('name: "\\UFFFFFFFF"')[0]


def test_a_small_text_cannot_ask_for_a_huge_site() -> None:
    huge = "  - {id: 2, height_mm: 0, lanes: {columns: 10000, blocks: 10000}}\nbalconies:"
    assert _refusal(GOOD.replace("balconies:", huge))[0].startswith(
        "site.yaml:14:44: 11001 x 70003 positions are more than 1000000; take fewer columns or blocks"
    )
    many = "".join(f"  - {{id: {id_}, height_mm: 0, same_map_as: 1}}\n" for id_ in range(2, 2000))
    assert _refusal(GOOD.replace("balconies:", f"{many}balconies:"))[0] == (
        "site.yaml:5:3: the site has 1999 levels; draw 1 to 1000"
    )


def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    missing = tmp_path / "none.yaml"
    with pytest.raises(SiteRefused, match=r"none\.yaml:1:1: No such file or directory; name a readable"):
        load_site(missing)
    with pytest.raises(SiteRefused, match="Is a directory"):
        load_site(tmp_path)
    with pytest.raises(SiteRefused, match="cannot be read"):
        load_site(Path("\0.yaml"))


def test_a_file_that_is_not_utf_8_is_refused_at_the_byte(tmp_path: Path) -> None:
    path = tmp_path / "latin.yaml"
    path.write_bytes("schema: 1\nname: Köln ü\n".encode("latin-1"))
    with pytest.raises(SiteRefused, match=r"latin\.yaml:2:8: the byte 0xF6 is not UTF-8; save the file as"):
        load_site(path)


def test_line_ends_and_a_byte_order_mark_do_not_shift_positions() -> None:
    spoilt = GOOD.replace("      .sss.\n", "      .s?s.\n", 1)
    wanted = "site.yaml:10:9: level 1, x 2, y 2"
    for text in (spoilt, spoilt.replace("\n", "\r\n"), spoilt.replace("\n", "\r"), f"\ufeff{spoilt}"):
        assert _refusal(text)[0].startswith(wanted)


def test_an_unknown_name_of_a_site_is_refused_with_the_known_ones() -> None:
    with pytest.raises(SiteRefused, match=r"'dmo'; did you mean 'demo'\? shipped: demo, reference, tiny"):
        find_site("dmo")
    with pytest.raises(SiteRefused, match="shipped: demo, reference, tiny"):
        find_site("../sites/demo" * 100)


@settings(deadline=None)
@given(st.text(max_size=200), st.integers(0, len(GOOD)), st.integers(0, 40))
def test_no_text_ends_in_anything_but_a_site_or_a_refusal(noise: str, start: int, length: int) -> None:
    outcome = _outcome(GOOD[:start] + noise + GOOD[start + length :])
    assert outcome == "" or outcome.startswith("site.yaml:")


def _outcome(text: str) -> str:
    try:
        parse_site(text, "site.yaml")
    except SiteRefused as refused:
        return str(refused)
    return ""
