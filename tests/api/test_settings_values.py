"""Settings: what is there, how values are checked, and that changes are whole."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from api.preferences import CATALOGUE, Preferences
from api.preferences.values import DEEPEST_VALUE, LARGEST_VALUE
from tests.api.served import Served, serve

GOOD = {
    "api_key.lifetime_days": 30,
    "events.retention": 500,
    "listing.default_page_size": 7,
    "operator.mode": "both",
    "report.kept": 3,
}


@pytest.fixture
def api() -> Iterator[Served]:
    with serve() as served:
        yield served


def system(api: Served) -> dict[str, Any]:
    """The values in force."""
    values: dict[str, Any] = api.ok("GET", "/settings/system")["settings"]
    return values


def test_the_list_has_the_whole_catalogue_with_its_defaults(api: Served) -> None:
    body = api.ok("GET", "/settings")
    assert body["total"] == len(CATALOGUE)
    assert [item["key"] for item in body["items"]] == sorted(CATALOGUE)
    for item in body["items"]:
        assert item["value_json"] == item["default_value_json"] == CATALOGUE[item["key"]].default
        assert item["user_idx"] is None
        assert item["required_role"] == ["Super Admin"]
        assert item["restart_required"] is False


def test_the_list_says_what_a_value_may_be(api: Served) -> None:
    items = {item["key"]: item for item in api.ok("GET", "/settings")["items"]}
    mode, size = items["operator.mode"], items["listing.default_page_size"]
    assert (mode["value_type"], mode["enum_values"]) == ("string", ["api", "simulated", "both"])
    assert (size["value_type"], size["enum_values"]) == ("integer", None)
    assert (mode["scope"], size["scope"]) == ("system", "user")


def test_good_values_are_taken_by_every_way_there_is() -> None:
    assert set(GOOD) == set(CATALOGUE)
    for way in ("post", "patch", "batch"):
        with serve() as api:
            for key, value in GOOD.items():
                send(api, way, key, value)
            assert system(api) == GOOD, way


def send(api: Served, way: str, key: str, value: Any) -> None:
    """Set one value."""
    if way == "post":
        assert api.ok("POST", "/settings", json={"key": key, "value_json": value})["value_json"] == value
    elif way == "patch":
        assert api.ok("PATCH", f"/settings/{key}", json={"value_json": value})["value_json"] == value
    else:
        body = api.ok("PATCH", "/settings/system", json={"updates": {key: value}})
        assert body["settings"][key] == value


WRONG = [
    ("listing.default_page_size", 0),
    ("listing.default_page_size", 1001),
    ("listing.default_page_size", "50"),
    ("listing.default_page_size", 50.0),
    ("listing.default_page_size", True),
    ("listing.default_page_size", None),
    ("listing.default_page_size", [50]),
    ("events.retention", -1),
    ("events.retention", 10**30),
    ("operator.mode", "API"),
    ("operator.mode", ""),
    ("operator.mode", 1),
    ("operator.mode", None),
    ("report.kept", 0),
    ("api_key.lifetime_days", 3651),
]


@pytest.mark.parametrize(("key", "value"), WRONG)
def test_a_wrong_value_is_refused_where_it_stands(api: Served, key: str, value: Any) -> None:
    before = system(api)
    assert api.locations("POST", "/settings", json={"key": key, "value_json": value}) == [
        ["body", "value_json"]
    ]
    assert api.locations("PATCH", f"/settings/{key}", json={"value_json": value}) == [["body", "value_json"]]
    updates = {"updates": {key: value}}
    assert api.locations("PATCH", "/settings/system", json=updates) == [["body", "updates", key]]
    assert system(api) == before


def test_an_unknown_key_is_not_found_by_any_way_but_post(api: Served) -> None:
    for method, path, body in [
        ("GET", "/settings/nothing", None),
        ("DELETE", "/settings/nothing", None),
        ("PATCH", "/settings/nothing", {"value_json": 1}),
        ("PATCH", "/settings/nothing", {}),
        ("PATCH", "/settings/system", {"updates": {"nothing": 1}}),
        ("PATCH", "/settings/system", {"resets": ["nothing"]}),
        ("DELETE", "/settings/system", None),
    ]:
        detail = api.refused(404, method, path, json=body)
        assert (
            detail
            == f"Setting {'system' if path.endswith('system') and not body else 'nothing'} does not exist"
        )


def test_of_several_changes_all_are_made_or_none(api: Served) -> None:
    before = system(api)
    bad = {"operator.mode": "both", "events.retention": 5, "listing.default_page_size": 0, "report.kept": "x"}
    locations = api.locations("PATCH", "/settings/system", json={"updates": bad})
    assert locations == [["body", "updates", "listing.default_page_size"], ["body", "updates", "report.kept"]]
    api.refused(404, "PATCH", "/settings/system", json={"updates": {"operator.mode": "both", "nope": 1}})
    api.refused(404, "PATCH", "/settings/system", json={"updates": {"report.kept": 2}, "resets": ["nope"]})
    assert system(api) == before
    assert not api.engine.commands


def test_values_are_set_and_reset_together(api: Served) -> None:
    api.ok("PATCH", "/settings/system", json={"updates": {"report.kept": 3, "operator.mode": "both"}})
    both = {"updates": {"report.kept": 4}, "resets": ["operator.mode", "operator.mode", "events.retention"]}
    values = api.ok("PATCH", "/settings/system", json=both)["settings"]
    assert (values["report.kept"], values["operator.mode"]) == (4, "api")


def test_a_key_cannot_be_set_and_reset_at_once(api: Served) -> None:
    body = {"updates": {"report.kept": 3}, "resets": ["operator.mode", "report.kept"]}
    assert api.locations("PATCH", "/settings/system", json=body) == [["body", "resets", 1]]


@pytest.mark.parametrize(
    "body", [None, {}, {"updates": {}}, {"updates": None, "resets": None}, {"resets": []}]
)
def test_a_change_of_nothing_answers_what_is(api: Served, body: Any) -> None:
    options = {} if body is None else {"json": body}
    assert api.ok("PATCH", "/settings/system", **options)["settings"] == system(api)
    assert api.ok("PATCH", "/settings/report.kept") == api.ok("GET", "/settings/report.kept")


@pytest.mark.parametrize(
    ("body", "place"),
    [
        ({"updates": []}, ["body", "updates"]),
        ({"updates": "x"}, ["body", "updates"]),
        ({"resets": "report.kept"}, ["body", "resets"]),
        ({"resets": [1]}, ["body", "resets", 0]),
    ],
)
def test_a_batch_of_another_form_is_refused_where_it_is_wrong(
    api: Served, body: Any, place: list[str | int]
) -> None:
    assert api.locations("PATCH", "/settings/system", json=body) == [place]


def test_a_deleted_value_falls_back_and_answers_null(api: Served) -> None:
    api.ok("PATCH", "/settings/report.kept", json={"value_json": 2})
    assert api.ok("DELETE", "/settings/report.kept") is None
    assert api.ok("DELETE", "/settings/report.kept") is None
    assert api.ok("GET", "/settings/report.kept")["value_json"] == 10


def test_a_setting_tells_when_its_value_became_another(api: Served) -> None:
    first = api.ok("GET", "/settings/report.kept")
    assert first["created_at_utc"] == first["updated_at_utc"] == "2026-01-05T05:00:00.000000+00:00"
    api.advance(90_000)
    second = api.ok("PATCH", "/settings/report.kept", json={"value_json": 2})
    assert second["updated_at"] == "2026-01-05T06:01:30.000000"
    assert second["updated_at_utc"] == "2026-01-05T05:01:30.000000+00:00"
    api.advance(90_000)
    assert api.ok("PATCH", "/settings/report.kept", json={"value_json": 2}) == second
    api.ok("DELETE", "/settings/report.kept")
    third = api.ok("GET", "/settings/report.kept")
    assert third["updated_at_utc"] == "2026-01-05T05:03:00.000000+00:00"
    assert third["created_at_utc"] == first["created_at_utc"]


def test_the_mode_of_the_operator_tells_its_change_too(api: Served) -> None:
    api.advance(60_000)
    changed = api.ok("PATCH", "/settings/operator.mode", json={"value_json": "both"})
    assert changed["updated_at_utc"] == "2026-01-05T05:01:00.000000+00:00"
    api.advance(60_000)
    assert api.ok("PATCH", "/settings/operator.mode", json={"value_json": "both"}) == changed
    assert len(api.engine.commands) == 1


def test_an_id_is_a_uuid_that_never_changes(api: Served) -> None:
    ids = {key: api.ok("GET", f"/settings/{key}")["id"] for key in CATALOGUE}
    assert len(set(ids.values())) == len(CATALOGUE)
    with serve() as other:
        assert ids == {key: other.ok("GET", f"/settings/{key}")["id"] for key in CATALOGUE}


# -- settings of the clients' own


def test_a_client_keeps_any_json_value_under_a_key_of_its_own(api: Served) -> None:
    values: list[Any] = [None, True, 0, -1.5, "Größe", [1, [2]], {"a": {"b": []}}, 10**40]
    types = ["null", "boolean", "integer", "number", "string", "array", "object", "integer"]
    for number, value in enumerate(values):
        body = api.ok("POST", "/settings", json={"key": f"shop.{number}", "value_json": value})
        assert body["value_json"] == value
        assert api.ok("GET", f"/settings/shop.{number}")["value_json"] == value
    items = [item for item in api.ok("GET", "/settings")["items"] if item["key"].startswith("shop.")]
    assert [item["value_type"] for item in items] == types
    assert api.ok("GET", "/settings")["total"] == len(CATALOGUE) + len(values)


def test_a_setting_of_a_client_has_what_it_was_given(api: Served) -> None:
    wanted = {
        "key": "shop.door",
        "default_value_json": "shut",
        "required_role": ["User"],
        "restart_required": True,
    }
    made = api.ok("POST", "/settings", json=wanted)
    assert {key: made[key] for key in wanted} == wanted
    assert made["value_json"] == "shut"
    changed = api.ok("POST", "/settings", json={"key": "shop.door", "value_json": "open"})
    assert {key: changed[key] for key in wanted} == wanted
    assert changed["value_json"] == "open"


def test_a_reset_gives_a_clients_setting_its_default_and_a_delete_ends_it(api: Served) -> None:
    api.ok("POST", "/settings", json={"key": "door", "default_value_json": "shut", "value_json": "open"})
    assert api.ok("PATCH", "/settings/system", json={"resets": ["door"]})["settings"]["door"] == "shut"
    assert api.ok("DELETE", "/settings/door") is None
    api.refused(404, "DELETE", "/settings/door")
    assert "door" not in system(api)


def test_what_the_twin_has_fixed_can_be_repeated_but_not_changed(api: Served) -> None:
    same = {"required_role": ["Super Admin"], "restart_required": False, "default_value_json": 10}
    api.ok("POST", "/settings", json={"key": "report.kept", "value_json": 4, **same})
    api.ok("POST", "/settings", json={"key": "report.kept", "required_role": None})
    other = {"required_role": [], "restart_required": True, "default_value_json": None}
    locations = api.locations("POST", "/settings", json={"key": "report.kept", "value_json": 5, **other})
    assert sorted(location[1] for location in locations) == sorted(other)
    assert system(api)["report.kept"] == 4


@pytest.mark.parametrize(
    "key",
    [
        "operator.modes",
        "listing.size",
        "report.",
        "api_key.x",
        "system",
        "users",
        "a/b",
        "a b",
        "ä",
        "-a",
        "a" * 129,
    ],
)
def test_some_keys_cannot_be_made(api: Served, key: str) -> None:
    assert api.locations("POST", "/settings", json={"key": key, "value_json": 1}) == [["body", "key"]]


def nested(levels: int) -> Any:
    value: Any = 0
    for _ in range(levels):
        value = [value]
    return value


@pytest.mark.parametrize(
    "value", ["x" * (LARGEST_VALUE - 1), nested(DEEPEST_VALUE + 1), [[]] * LARGEST_VALUE]
)
def test_a_value_out_of_all_bounds_is_not_kept(api: Served, value: Any) -> None:
    assert api.locations("POST", "/settings", json={"key": "x", "value_json": value}) == [
        ["body", "value_json"]
    ]
    place = ["body", "default_value_json"]
    assert api.locations("POST", "/settings", json={"key": "x", "default_value_json": value}) == [place]


def test_the_largest_values_are_kept(api: Served) -> None:
    for value in ("x" * (LARGEST_VALUE - 2), nested(DEEPEST_VALUE)):
        assert api.ok("POST", "/settings", json={"key": "x", "value_json": value})["value_json"] == value


def test_a_number_that_json_cannot_say_is_refused(api: Served) -> None:
    body = b'{"key": "x", "value_json": [1e999]}'
    headers = {"Content-Type": "application/json"}
    assert api.locations("POST", "/settings", content=body, headers=headers) == [["body", "value_json"]]


def test_clients_cannot_fill_the_memory_with_settings(api: Served) -> None:
    for number in range(1000):
        api.ok("POST", "/settings", json={"key": f"k{number}"})
    api.refused(409, "POST", "/settings", json={"key": "one-more"})
    api.ok("POST", "/settings", json={"key": "k1", "value_json": 1})
    api.ok("DELETE", "/settings/k2")
    api.ok("POST", "/settings", json={"key": "one-more"})


def test_settings_are_plain_data_that_can_be_restored(api: Served) -> None:
    api.ok("PATCH", "/settings/system", json={"updates": {"report.kept": 3}})
    api.ok("POST", "/settings", json={"key": "mine", "value_json": {"a": [1]}, "required_role": ["User"]})
    user = {"username": "Ann", "email": "ann@example.org"}
    ann = api.ok("POST", "/auth/create_account", json=user)["id"]
    api.ok("PATCH", f"/settings/users/{ann}", json={"updates": {"listing.default_page_size": 5}})
    kept: Preferences = api.app.state.worlds.default.preferences
    again = Preferences.restored(kept.export())
    assert again.export() == kept.export()
    assert again.system("report.kept") == 3
    assert again.of_user(ann, "listing.default_page_size") == 5
    assert again.about("mine") == kept.about("mine")
