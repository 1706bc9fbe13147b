"""Users: created, listed, changed."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from people import MINUTE_S, People, people

from tests.api.served import KEY


@pytest.fixture
def door() -> Iterator[People]:
    with people() as opened:
        yield opened


def test_a_new_user_has_a_code_and_no_password(door: People) -> None:
    body = {"username": "Ann", "email": "ann@example.org"}
    assert not door.accounts.users.exists(1)
    assert door.api.ok("POST", "/auth/create_account", json=body) == {"id": 1, **body}
    assert door.accounts.users.exists(1)
    row = door.row()
    assert row.pop("otp").isdecimal()
    assert row == {
        "id": 1,
        **body,
        "role": "User",
        "otp_expires_at": "2026-01-06T09:00:00.000000",
        "otp_expires_at_utc": "2026-01-06T08:00:00.000000+00:00",
        "password_expires_at": None,
        "password_expires_at_utc": None,
    }


def test_a_password_has_a_year(door: People) -> None:
    door.user()
    row = door.row()
    assert row["otp"] is None
    assert row["otp_expires_at_utc"] is None
    assert row["password_expires_at"] == "2027-01-05T09:00:00.000000"
    assert row["password_expires_at_utc"] == "2027-01-05T08:00:00.000000+00:00"


def test_a_code_is_shown_only_as_long_as_it_holds(door: People) -> None:
    door.user()
    door.forget()
    assert door.row()["otp"]
    door.wait(15 * MINUTE_S)
    assert door.row()["otp"] is None
    assert door.row()["otp_expires_at"] is None


def test_e_mails_are_kept_in_lower_case_wherever_they_come_in(door: People) -> None:
    created = door.api.ok("POST", "/auth/create_account", json={"username": "A", "email": "Ann@Example.ORG"})
    assert created["email"] == "ann@example.org"
    assert door.reset("ANN@example.org", otp=door.code()).status_code == 200
    door.forget("aNN@EXAMPLE.org")
    assert door.code()
    assert door.login("Ann@example.Org")
    door.api.ok("PATCH", "/auth/update_user", json={"email": "ANN@EXAMPLE.ORG", "username": "B"})
    assert door.row()["username"] == "B"


def test_an_e_mail_has_one_account(door: People) -> None:
    door.create("ann@example.org")
    body = {"username": "x", "email": "ANN@example.org"}
    assert door.api.refused(409, "POST", "/auth/create_account", json=body) == (
        "User ann@example.org already exists"
    )
    assert len(door.api.items("/auth/users")) == 1


@pytest.mark.parametrize(
    "email", ["jürgen.groß@example.org", "ПОЧТА@пример.рф", "用户@例子.中国", "İ@example.org"]
)
def test_e_mails_of_all_scripts_work(door: People, email: str) -> None:
    created = door.api.ok("POST", "/auth/create_account", json={"username": "u", "email": email})["email"]
    assert door.reset(email, otp=door.code(created)).status_code == 200
    assert door.login(email)
    # What the twin answers names the same user when it is sent back.
    assert door.login(created)


@pytest.mark.parametrize(
    "email",
    ["", "ann", "ann@", "@example.org", "a b@example.org", "ann@example", "a\x00@example.org", "a@b@c.de", 1,
     None, "ann@" + "x" * 250 + ".org", "a" * 100_000, "ann@example.org\nx"],
)  # fmt: skip
@pytest.mark.parametrize("path", ["create_account", "forgot_password", "login", "reset_password"])
def test_what_is_no_e_mail_is_refused(door: People, email: object, path: str) -> None:
    body = {"username": "u", "email": email, "password": "x", "new_password": "x"}
    assert door.api.locations("POST", f"/auth/{path}", json=body) == [["body", "email"]]


@pytest.mark.parametrize(
    "wrong",
    [
        {"role": "Admin"},
        {"role": 1},
        {"locale": "xx"},
        {"locale": 1},
        {"username": ""},
        {"username": "a\x00"},
        {"username": "x" * 256},
        {"username": 5},
    ],
)
def test_a_new_user_is_described_properly(door: People, wrong: dict[str, object]) -> None:
    body = {"username": "u", "email": "u@example.org", **wrong}
    assert door.api.locations("POST", "/auth/create_account", json=body) == [["body", *wrong]]
    assert door.api.items("/auth/users") == []


def test_who_is_in_with_a_token_is_the_user(door: People) -> None:
    door.create(locale="de")
    door.reset(otp=door.code())
    body = door.as_(door.login()["access_token"], "GET", "/auth/authenticate").json()
    assert body == {
        "user": {"id": 1, "username": "ann", "email": "ann@example.org", "role": "User"},
        "settings": {"locale": "de", "listing.default_page_size": 50},
    }


def test_an_administrator_changes_name_and_role_by_id_or_e_mail(door: People) -> None:
    door.create()
    by_id = door.api.ok("PATCH", "/auth/update_user", json={"user_id": 1, "username": "Anna"})
    assert by_id == {"id": 1, "username": "Anna", "email": "ann@example.org", "role": "User"}
    by_mail = {"email": "ann@example.org", "role": "Super Admin"}
    assert door.api.ok("PATCH", "/auth/update_user", json=by_mail) == {**by_id, "role": "Super Admin"}
    both = {"user_id": 1, "email": "ann@example.org", "username": None, "role": None}
    assert door.api.ok("PATCH", "/auth/update_user", json=both) == {**by_id, "role": "Super Admin"}


def test_a_change_must_name_one_user(door: People) -> None:
    door.create("ann@example.org")
    door.create("bob@example.org")
    door.api.refused(404, "PATCH", "/auth/update_user", json={"user_id": 1, "email": "bob@example.org"})
    door.api.refused(404, "PATCH", "/auth/update_user", json={"user_id": 3})
    door.api.refused(404, "PATCH", "/auth/update_user", json={"email": "eve@example.org"})
    assert door.api.locations("PATCH", "/auth/update_user", json={}) == [["body", "user_id"]]
    assert door.api.locations("PATCH", "/auth/update_user") == [["body", "user_id"]]


@pytest.mark.parametrize("wrong", [{"role": "root"}, {"username": ""}, {"user_id": "1"}, {"email": "x"}])
def test_a_change_is_described_properly(door: People, wrong: dict[str, object]) -> None:
    door.create()
    body = {"user_id": 1, **wrong}
    assert door.api.locations("PATCH", "/auth/update_user", json=body) == [["body", *wrong]]


def test_users_change_their_own_name_and_nothing_else(door: People) -> None:
    door.user("ann@example.org")
    door.user("bob@example.org")
    token = door.login()["access_token"]

    def status(**body: object) -> int:
        return door.as_(token, "PATCH", "/auth/update_user", json=body).status_code

    assert status(user_id=1, username="Anna", role="User") == 200
    assert door.row()["username"] == "Anna"
    assert status(user_id=1, role="Super Admin") == 403
    # No answer tells whether there is such a user.
    assert status(user_id=2, username="x") == 403
    assert status(user_id=99, username="x") == 403
    assert status(email="eve@example.org") == 403
    assert status(user_id=1, email="bob@example.org", username="x") == 403
    assert [row["username"] for row in door.api.items("/auth/users")] == ["Anna", "bob"]


def test_a_key_of_a_user_is_not_the_user(door: People) -> None:
    door.user("ann@example.org")
    door.user("bob@example.org")
    key = door.key(door.login()["access_token"])
    for user_id in (1, 2):  # the key has the id 2
        assert door.as_(key, "PATCH", "/auth/update_user", json={"user_id": user_id}).status_code == 403


def test_a_new_role_counts_at_once_for_tokens_already_given(door: People) -> None:
    door.user()
    token = door.login()["access_token"]
    assert door.as_(token, "GET", "/auth/users").status_code == 403
    door.api.ok("PATCH", "/auth/update_user", json={"user_id": 1, "role": "Super Admin"})
    assert door.as_(token, "GET", "/auth/users").status_code == 200


def test_the_last_super_admin_stays_one(door: People) -> None:
    door.user("ann@example.org", "Super Admin")
    demotion = {"user_id": 1, "role": "User"}
    door.api.refused(409, "PATCH", "/auth/update_user", json=demotion)
    door.user("bob@example.org", "Super Admin")
    door.api.ok("PATCH", "/auth/update_user", json=demotion)
    door.api.refused(409, "PATCH", "/auth/update_user", json={"user_id": 2, "role": "User"})


def test_the_listing_filters_searches_sorts_and_pages(door: People) -> None:
    door.user("ann@example.org")
    door.create("bob@example.com", "Super Admin")
    door.create("carl@example.org", username="Ann")

    def ids(**query: object) -> list[int]:
        return [row["id"] for row in door.api.items("/auth/users", **query)]

    assert ids() == [1, 2, 3]
    assert ids(id__eq="2") == [2]
    assert ids(id__ilike="3") == [3]
    assert ids(email__eq="ann@example.org") == [1]
    assert ids(email__ilike="EXAMPLE.ORG") == [1, 3]
    assert ids(username__eq="ann") == [1]
    assert ids(username__ilike="ANN") == [1, 3]
    assert ids(role__eq="Super Admin") == [2]
    assert ids(role__in=["User", "x"]) == [1, 3]
    assert ids(otp_expires_at__gte="2026-01-05") == [2, 3]
    assert ids(otp_expires_at__lte="2026-01-06T08:59:59") == []
    assert ids(password_expires_at__gte="2027-01-05T09:00:00") == [1]
    assert ids(password_expires_at__lte="2027-01-05T07:59:59Z") == []
    assert ids(search="username:ann AND (email:carl OR role:super)") == [3]
    assert ids(search="*:.com") == [2]
    assert ids(sort_by="-email") == [3, 2, 1]
    assert ids(sort_by="username,-id", size=2) == [3, 1]


@pytest.mark.parametrize("query", ["sort_by=otp", "search=otp:1", "sort_by=password_hash", "size=0"])
def test_codes_are_not_found_out_by_asking_the_listing(door: People, query: str) -> None:
    [[place, _]] = door.api.locations("GET", f"/auth/users?{query}")
    assert place == "query"


def test_accounts_leave_no_trace_in_the_event_log(door: People) -> None:
    before = door.api.engine.snapshot()
    door.user()
    door.key(door.login()["access_token"])
    door.as_(KEY, "GET", "/auth/users")
    assert door.api.engine.snapshot() == before
