"""Passwords: the policy, setting one by code or by the old one, guessing, locking."""

from __future__ import annotations

import contextlib
import re
import string
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from argon2 import PasswordHasher, extract_parameters
from argon2.low_level import Type
from hypothesis import given
from hypothesis import strategies as st
from people import DAY_S, MINUTE_S, NOBODY, OTHER, PASSWORD, QUICK, People, people

from api.accounts import onetime, policy
from tests.api.served import serve
from twin.domain.errors import Invalid


@pytest.fixture
def door() -> Iterator[People]:
    with people() as opened:
        yield opened


# -- the policy


def test_the_policy_is_served_to_strangers(door: People) -> None:
    served = door.api.ok("GET", "/auth/password_policy", headers=NOBODY)
    pattern = re.compile(served.pop("special_characters_pattern"))
    assert served == {
        "min_length": 12,
        "require_digit": True,
        "require_lowercase": True,
        "require_uppercase": True,
        "require_special": True,
        "special_characters": string.punctuation,
    }
    matched = {char for char in map(chr, range(0x2FF)) if pattern.fullmatch(char)}
    assert matched == set(string.punctuation)


@pytest.mark.parametrize(
    ("password", "lack"),
    [
        ("Short-Horse1", None),
        ("Short-Hors1", "12 characters"),
        ("Correct-Horse-x", "a digit"),
        ("CORRECT-HORSE-7", "lower-case"),
        ("correct-horse-7", "upper-case"),
        ("CorrectHorse7x", "one of"),
        ("Ärger über alles 7!", None),
        ("Correct Horse ７§", "one of"),
    ],
)
def test_a_new_password_is_held_against_the_policy(door: People, password: str, lack: str | None) -> None:
    door.create()
    answer = door.reset(password=password, otp=door.code())
    if lack is None:
        assert answer.status_code == 200
        return
    [error] = answer.json()["detail"]
    assert (answer.status_code, error["loc"]) == (422, ["body", "new_password"])
    assert lack in error["msg"]
    assert password not in error["msg"]
    # Nothing was used up.
    assert door.reset(otp=door.code()).status_code == 200


@given(st.text(max_size=20))
def test_the_policy_takes_what_it_says_and_nothing_else(password: str) -> None:
    seen = policy.normal(password)
    good = (
        len(seen) >= policy.MIN_LENGTH
        and any(char in string.digits for char in seen)
        and any(char.islower() for char in seen)
        and any(char.isupper() for char in seen)
        and any(char in string.punctuation for char in seen)
    )
    if good:
        policy.check(password, "it")
    else:
        with pytest.raises(Invalid) as refused:
            policy.check(password, "it")
        assert refused.value.field == "it"


@pytest.mark.parametrize("field", ["password", "new_password", "old_password"])
@pytest.mark.parametrize("password", ["Aa1-" * 257, "Aa1-Aa1-Aa1-\x00", 7, ["x"]])
def test_a_password_that_cannot_be_one_never_reaches_the_hash(field: str, password: object) -> None:
    hasher = Counting()
    with people(hasher) as door:
        before = hasher.total
        path = "login" if field == "password" else "reset_password"
        body = {"email": "a@example.org", "new_password": PASSWORD, "otp": "1", field: password}
        assert door.api.locations("POST", f"/auth/{path}", json=body) == [["body", field]]
        assert hasher.total == before


def test_a_password_may_have_1024_characters(door: People) -> None:
    door.create()
    password = "Aa1-" * 256
    assert door.reset(password=password, otp=door.code()).status_code == 200
    assert door.login(password=password)


def test_a_password_is_the_same_however_its_letters_are_composed(door: People) -> None:
    door.create()
    assert door.reset(password="Ärgerlich-7 ﬁ", otp=door.code()).status_code == 200
    assert door.login(password="A\u0308rgerlich-7 fi")


# -- by code


def test_a_code_sets_a_password_once(door: People) -> None:
    door.create()
    code = door.code()
    assert door.reset(otp=code).status_code == 200
    assert door.reset(password=OTHER, otp=code).status_code == 401
    assert door.login(password=PASSWORD)


def test_codes_are_long_and_random() -> None:
    codes = {onetime.new_code(0, 1).code for _ in range(200)}
    assert len(codes) > 190
    assert all(re.fullmatch("[0-9]{8}", code or "") for code in codes)


def test_the_first_code_holds_a_day_and_a_later_one_a_quarter_of_an_hour(door: People) -> None:
    door.create()
    code = door.code()
    door.wait(DAY_S)
    assert door.reset(otp=code).status_code == 401
    door.forget()
    code = door.code()
    door.wait(15 * MINUTE_S - 1)
    assert door.reset(otp=code).status_code == 200
    door.forget()
    code = door.code()
    door.wait(15 * MINUTE_S)
    assert door.reset(password=OTHER, otp=code).status_code == 401


def test_a_later_code_does_not_shorten_the_first_day(door: People) -> None:
    door.create()
    door.forget()
    door.wait(DAY_S - 1)
    assert door.reset(otp=door.code()).status_code == 200


def test_a_new_code_replaces_the_old_one(door: People) -> None:
    door.user()
    door.forget()
    old = door.code()
    door.forget()
    assert old != door.code()
    assert door.reset(password=OTHER, otp=old).status_code == 401
    assert door.reset(password=OTHER, otp=door.code()).status_code == 200


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 10**8:08}"


def test_a_code_bears_four_wrong_guesses(door: People) -> None:
    door.create()
    code = door.code()
    for _ in range(4):
        assert door.reset(otp=wrong(code)).status_code == 401
    assert door.reset(otp=code).status_code == 200


def test_five_wrong_guesses_void_a_code_and_bar_new_ones_for_a_quarter_of_an_hour(door: People) -> None:
    door.create()
    code = door.code()
    for _ in range(5):
        assert door.reset(otp=wrong(code)).status_code == 401
    assert door.row()["otp"] is None
    assert door.reset(otp=code).status_code == 401
    door.forget()
    assert door.row()["otp"] is None
    door.wait(15 * MINUTE_S)
    door.forget()
    assert door.reset(otp=door.code()).status_code == 200


def test_asking_for_new_codes_buys_no_guesses(door: People) -> None:
    door.create()
    for _ in range(5):
        door.reset(otp=wrong(door.code()))
        door.forget()
    assert door.row()["otp"] is None


def test_parallel_guesses_are_counted_one_by_one(door: People) -> None:
    door.create()
    body = {"email": "ann@example.org", "new_password": PASSWORD}
    codes = [wrong(door.code())] * 5 + [door.code()]
    calls = [("POST", "/auth/reset_password", {**body, "otp": code}) for code in codes]
    assert [answer.status_code for _, answer in door.api.at_once(*calls)] == [401] * 6


@pytest.mark.parametrize("otp", ["", " ", "0" * 8, "٠" * 8, "0" * 255, "12345678\u200b", "None"])
def test_no_odd_code_fits(door: People, otp: str) -> None:
    door.user()
    assert door.reset(password=OTHER, otp=otp).status_code == 401
    assert door.login()


@pytest.mark.parametrize("otp", [12345678, "0" * 256, "1\x00", ["1"]])
def test_a_code_is_a_short_text(door: People, otp: object) -> None:
    answer = door.reset(otp=otp)
    assert answer.status_code == 422
    assert answer.json()["detail"][0]["loc"] == ["body", "otp"]


def test_who_forgets_a_password_may_still_use_it(door: People) -> None:
    door.user()
    door.forget()
    assert door.login()


# -- by the old password


def test_the_old_password_sets_a_new_one(door: People) -> None:
    door.user()
    assert door.reset(password=OTHER, old_password=PASSWORD).status_code == 200
    assert door.try_login(password=PASSWORD).status_code == 401
    assert door.login(password=OTHER)


def test_of_two_changes_at_once_the_first_counts(door: People) -> None:
    door.user()
    body = {"email": "ann@example.org", "old_password": PASSWORD}
    calls = [("POST", "/auth/reset_password", {**body, "new_password": new}) for new in (OTHER, OTHER + "x")]
    ended = dict(door.api.at_once(*calls))
    assert [ended[0].status_code, ended[1].status_code] == [200, 401]
    assert door.login(password=OTHER)


def test_a_wrong_old_password_sets_none(door: People) -> None:
    door.user()
    assert door.reset(password=OTHER, old_password=OTHER + "x").status_code == 401
    assert door.login(password=PASSWORD)


def test_the_code_counts_where_the_old_password_is_given_as_well(door: People) -> None:
    door.user()
    door.forget()
    assert door.reset(password=OTHER, old_password="wrong", otp=door.code()).status_code == 200
    assert door.reset(password=PASSWORD, old_password=OTHER, otp="wrong").status_code == 401


def test_one_of_both_is_needed(door: People) -> None:
    answer = door.reset()
    assert (answer.status_code, answer.json()["detail"][0]["loc"]) == (422, ["body", "otp"])
    answer = door.reset(otp=None, old_password=None)
    assert (answer.status_code, answer.json()["detail"][0]["loc"]) == (422, ["body", "otp"])


def test_the_new_password_is_not_the_old_one(door: People) -> None:
    door.user()
    answer = door.reset(password=PASSWORD, old_password=PASSWORD)
    assert (answer.status_code, answer.json()["detail"][0]["loc"]) == (422, ["body", "new_password"])


def test_a_password_that_is_too_old_only_serves_to_set_a_new_one(door: People) -> None:
    door.user()
    door.wait(365 * DAY_S - 60)
    tokens = door.login()
    door.wait(60)
    assert door.try_login().status_code == 403
    assert door.try_login(password=OTHER).status_code == 401
    assert door.refresh(tokens["refresh_token"]).status_code == 401
    assert door.reset(password=OTHER, old_password=PASSWORD).status_code == 200
    assert door.login(password=OTHER)


# -- nobody learns who has an account


def test_forgetting_is_answered_the_same_for_known_and_unknown(door: People) -> None:
    door.create("ann@example.org")
    assert door.forget("ann@example.org") == door.forget("eve@example.org")
    assert [row["email"] for row in door.api.items("/auth/users")] == ["ann@example.org"]


def refusals(door: People, email: str) -> list[tuple[int, bytes, str]]:
    answers = [
        door.try_login(email, "wrong"),
        door.reset(email, old_password="wrong"),
        door.reset(email, otp="wrong"),
    ]
    return [(a.status_code, a.content, a.headers["www-authenticate"]) for a in answers]


class Counting(PasswordHasher):
    """Counts the work it is asked to do, and in which threads."""

    def __init__(self) -> None:
        super().__init__(QUICK.time_cost, QUICK.memory_cost, QUICK.parallelism)
        self.hashed = self.verified = 0
        self.threads: set[int] = set()

    @property
    def total(self) -> int:
        return self.hashed + self.verified

    def hash(self, *args: Any, **named: Any) -> str:
        self.hashed += 1
        self.threads.add(threading.get_ident())
        return super().hash(*args, **named)

    def verify(self, *args: Any, **named: Any) -> Any:
        self.verified += 1
        self.threads.add(threading.get_ident())
        return super().verify(*args, **named)


def test_unknown_locked_and_new_users_are_answered_alike_after_the_same_work() -> None:
    hasher = Counting()
    with people(hasher) as door:
        door.user("ann@example.org")
        door.create("new@example.org")
        door.user("bob@example.org")
        for _ in range(5):
            door.try_login("bob@example.org", "wrong")
        answers, work = set(), set()
        for email in ("ann@example.org", "new@example.org", "bob@example.org", "eve@example.org"):
            before = (hasher.hashed, hasher.verified)
            answers.add(tuple(refusals(door, email)))
            work.add((hasher.hashed - before[0], hasher.verified - before[1]))
    assert len(answers) == 1
    assert work == {(2, 2)}


# -- locking


def test_five_wrong_passwords_lock_an_account_for_a_quarter_of_an_hour(door: People) -> None:
    door.user()
    for _ in range(5):
        assert door.try_login(password="wrong").status_code == 401
    assert door.try_login().status_code == 401
    door.wait(15 * MINUTE_S - 1)
    assert door.try_login().status_code == 401
    door.wait(1)
    assert door.login()


def test_four_wrong_passwords_do_not(door: People) -> None:
    door.user()
    for _ in range(3):
        for _ in range(4):
            door.try_login(password="wrong")
        assert door.login()


def test_wrong_passwords_long_ago_are_forgotten(door: People) -> None:
    door.user()
    for _ in range(20):
        door.wait(15 * MINUTE_S)
        door.try_login(password="wrong")
    assert door.login()


def test_wrong_old_passwords_count_as_well(door: People) -> None:
    door.user()
    for _ in range(5):
        door.reset(password=OTHER, old_password="wrong")
    assert door.try_login().status_code == 401
    assert door.reset(password=OTHER, old_password=PASSWORD).status_code == 401


def test_parallel_logins_are_counted_one_by_one(door: People) -> None:
    door.user()
    passwords = ["wrong"] * 5 + [PASSWORD]
    calls = [("POST", "/auth/login", {"email": "ann@example.org", "password": p}) for p in passwords]
    assert [answer.status_code for _, answer in door.api.at_once(*calls)] == [401] * 6


def test_many_right_logins_at_once_all_succeed(door: People) -> None:
    door.user()
    call = ("POST", "/auth/login", {"email": "ann@example.org", "password": PASSWORD})
    assert {answer.status_code for _, answer in door.api.at_once(*[call] * 20)} == {200}


def test_others_are_not_locked_out_nor_are_tokens_keys_and_codes(door: People) -> None:
    door.user("ann@example.org")
    door.user("bob@example.org")
    token = door.login()["access_token"]
    for _ in range(6):
        door.try_login(password="wrong")
    assert door.login("bob@example.org")
    assert door.admits(token)
    door.forget()
    assert door.reset(password=OTHER, otp=door.code()).status_code == 200
    # With the new password the lock is gone.
    assert door.login(password=OTHER)


# -- the hash


def test_passwords_are_argon2id_with_the_defaults_of_the_library_and_never_plain() -> None:
    with serve() as api:
        body = {"username": "u", "email": "u@example.org"}
        api.ok("POST", "/auth/create_account", json=body)
        [row] = api.items("/auth/users")
        reset = {"email": "u@example.org", "new_password": PASSWORD, "otp": row["otp"]}
        api.ok("POST", "/auth/reset_password", json=reset)
        accounts = api.accounts
        [user] = accounts.snapshot()["users"]
        parameters, usual = extract_parameters(user["password_hash"]), PasswordHasher()
        assert parameters.type is Type.ID
        assert (parameters.time_cost, parameters.memory_cost) == (usual.time_cost, usual.memory_cost)
        assert parameters.parallelism == usual.parallelism
        assert PASSWORD not in str(accounts.snapshot())
        # The hash takes its time in a thread; meanwhile others are answered.
        login = ("POST", "/auth/login", {"email": "u@example.org", "password": PASSWORD})
        ended = api.at_once(login, *[("GET", "/health", None)] * 3)
        assert [answer.status_code for _, answer in ended] == [200] * 4
        assert ended[-1][0] == 0


class Meeting(Counting):
    """Notices where two checks are under way together."""

    def __init__(self) -> None:
        super().__init__()
        self.together = threading.Barrier(2, timeout=0.1)
        self.met = False

    def verify(self, *args: Any, **named: Any) -> Any:
        with contextlib.suppress(threading.BrokenBarrierError):
            self.together.wait()
            self.met = True
        self.together.reset()
        return super().verify(*args, **named)


def test_one_password_is_checked_at_a_time() -> None:
    hasher = Meeting()
    with people(hasher) as door:
        door.user()
        call = ("POST", "/auth/login", {"email": "ann@example.org", "password": PASSWORD})
        assert {answer.status_code for _, answer in door.api.at_once(call, call, call)} == {200}
    assert not hasher.met


def test_hashes_are_made_beside_the_event_loop() -> None:
    hasher = Counting()
    with people(hasher) as door:
        door.user()
        door.login()
    assert hasher.total >= 2
    assert threading.get_ident() not in hasher.threads
