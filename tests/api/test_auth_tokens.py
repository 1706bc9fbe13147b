"""Access and refresh tokens: what holds, what does not, rotation and revocation."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from typing import Any

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, initialize, multiple, rule
from people import DAY_S, MINUTE_S, NOBODY, OTHER, PASSWORD, QUICK, SECRET, START_S, People, Wall, people

from api.accounts import Accounts, Role, Unauthorized
from api.accounts.records import User
from api.accounts.sessions import ACCESS_S, REFRESH_S, Pair
from api.accounts.store import MemoryRepository
from api.accounts.tokens import Signer


@pytest.fixture(scope="module")
def shared() -> Iterator[People]:
    with people() as opened:
        opened.user()
        yield opened


@pytest.fixture
def door() -> Iterator[People]:
    with people() as opened:
        opened.user()
        yield opened


def test_a_login_answers_a_pair_of_bearer_tokens(door: People) -> None:
    tokens = door.login()
    assert set(tokens) == {"access_token", "refresh_token", "token_type"}
    assert tokens["token_type"] == "bearer"
    assert door.admits(tokens["access_token"])


def test_an_access_token_holds_15_minutes_and_a_refresh_token_7_days(door: People) -> None:
    tokens = door.login()
    door.wait(15 * MINUTE_S - 1)
    assert door.admits(tokens["access_token"])
    door.wait(1)
    assert not door.admits(tokens["access_token"])
    door.wait(7 * DAY_S - 15 * MINUTE_S - 1)
    tokens = door.refresh(tokens["refresh_token"]).json()
    door.wait(7 * DAY_S)
    assert door.refresh(tokens["refresh_token"]).status_code == 401


def test_simulated_time_ends_no_token(door: People) -> None:
    tokens = door.login()
    door.api.advance(8 * DAY_S * 1000)
    assert door.admits(tokens["access_token"])
    assert door.refresh(tokens["refresh_token"]).status_code == 200


def test_a_refresh_token_gives_one_new_pair(door: People) -> None:
    old = door.login()
    answer = door.refresh(old["refresh_token"])
    assert answer.status_code == 200
    new = answer.json()
    assert set(new) == set(old)
    assert new["refresh_token"] != old["refresh_token"]
    assert door.admits(new["access_token"])
    # What a client is doing with the old access token is not cut off.
    assert door.admits(old["access_token"])


def test_an_old_refresh_token_used_again_ends_the_session_for_all(door: People) -> None:
    first = door.login()
    second = door.refresh(first["refresh_token"]).json()
    elsewhere = door.login()
    again = door.refresh(first["refresh_token"])
    assert again.status_code == 401
    assert again.headers["www-authenticate"] == "Bearer"
    assert not door.admits(first["access_token"])
    assert not door.admits(second["access_token"])
    assert door.refresh(second["refresh_token"]).status_code == 401
    # Another login of the same user is another session.
    assert door.admits(elsewhere["access_token"])


def test_of_two_refreshes_at_once_one_gives_a_pair_that_ends_with_the_other(door: People) -> None:
    token = door.login()["refresh_token"]
    call = ("POST", "/auth/refresh_token", {"refresh_token": token})
    answers = [answer for _, answer in door.api.at_once(call, call)]
    assert sorted(answer.status_code for answer in answers) == [200, 401]
    [good] = [answer.json() for answer in answers if answer.status_code == 200]
    assert not door.admits(good["access_token"])


@pytest.mark.parametrize("how", ["otp", "old_password"])
def test_a_new_password_ends_all_sessions_of_its_user_only(door: People, how: str) -> None:
    door.user("bob@example.org")
    other = door.login("bob@example.org")
    tokens = [door.login(), door.login()]
    door.forget()
    entitled = {"otp": door.code()} if how == "otp" else {"old_password": PASSWORD}
    assert door.reset(password=OTHER, **entitled).status_code == 200
    for pair in tokens:
        assert not door.admits(pair["access_token"])
        assert door.refresh(pair["refresh_token"]).status_code == 401
    assert door.admits(other["access_token"])


def test_a_refused_reset_ends_nothing(door: People) -> None:
    token = door.login()["access_token"]
    assert door.reset(password=OTHER, otp="wrong").status_code == 401
    assert door.admits(token)


def test_tokens_are_not_exchangeable(door: People) -> None:
    tokens = door.login()
    assert not door.admits(tokens["refresh_token"])
    assert door.refresh(tokens["access_token"]).status_code == 401
    # That was no use of the refresh token.
    assert door.refresh(tokens["refresh_token"]).status_code == 200


def test_a_stale_credential_does_not_keep_anyone_from_logging_in(door: People) -> None:
    tokens = door.login()
    door.wait(DAY_S)
    stale = tokens["access_token"]
    body = {"refresh_token": tokens["refresh_token"]}
    assert door.as_(stale, "POST", "/auth/refresh_token", json=body).status_code == 200
    who = {"email": "ann@example.org", "password": PASSWORD}
    assert door.as_(stale, "POST", "/auth/login", json=who).status_code == 200
    assert door.as_("nonsense", "GET", "/auth/password_policy").status_code == 200


@pytest.mark.parametrize("token", [1, None, ["x"], "x" * 5000])
def test_a_refresh_token_is_a_text_of_bounded_length(door: People, token: object) -> None:
    answer = door.api.call("POST", "/auth/refresh_token", json={"refresh_token": token}, headers=NOBODY)
    assert answer.status_code == 422


# -- forgeries


def part(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def claims_of(token: str) -> dict[str, Any]:
    return dict(jwt.decode(token, options={"verify_signature": False}))


def forgeries(token: str) -> dict[str, str]:
    """Tokens that are not ours, made of one that is."""
    head, body, signature = token.split(".")
    claims = claims_of(token)
    key = SECRET.encode()
    flipped = "A" if signature[0] != "A" else "B"
    return {
        "no signature": f"{head}.{body}.",
        "no dots": token.replace(".", ""),
        "a part more": f"{token}.x",
        "alg none": jwt.encode(claims, None, "none"),
        "alg none with the signature": f"{part({'alg': 'none', 'typ': 'JWT'})}.{body}.{signature}",
        "alg HS512 with our secret": jwt.encode(claims, key * 2, "HS512"),
        "header changed to HS384": f"{part({'alg': 'HS384', 'typ': 'JWT'})}.{body}.{signature}",
        "header without alg": f"{part({'typ': 'JWT'})}.{body}.{signature}",
        "another secret": jwt.encode(claims, b"x" * 32, "HS256"),
        "signature changed": f"{head}.{body}.{flipped}{signature[1:]}",
        "another user": f"{head}.{part({**claims, 'sub': '2'})}.{signature}",
        "longer life": f"{head}.{part({**claims, 'exp': claims['exp'] + 99_999})}.{signature}",
        "body is a list": jwt.api_jws.encode(b"[]", key, "HS256"),
        "body is no JSON": jwt.api_jws.encode(b"{", key, "HS256"),
        "signed, other user": jwt.encode({**claims, "sub": "2"}, key, "HS256"),
        "signed, no such session": jwt.encode({**claims, "sid": 1}, key, "HS256"),
        "signed, other use": jwt.encode({**claims, "use": "refresh"}, key, "HS256"),
        "signed, other issuer": jwt.encode({**claims, "iss": "x"}, key, "HS256"),
        "signed, end as text": jwt.encode({**claims, "exp": "9999999999"}, key, "HS256"),
        "signed, without end": jwt.encode({k: v for k, v in claims.items() if k != "exp"}, key, "HS256"),
        "signed, over": jwt.encode({**claims, "exp": int(START_S)}, key, "HS256"),
        "nested header": f"{base64.urlsafe_b64encode(b'[' * 600).decode()}.{body}.{signature}",
        "deeply nested header": f"{base64.urlsafe_b64encode(b'[' * 2000).decode()}.{body}.{signature}",
        "header with a huge number": f"{part({'alg': 'HS256'})[:-1]}{'9' * 900}.{body}.{signature}",
    }


@pytest.mark.parametrize("kind", forgeries(jwt.encode({"exp": 0}, SECRET.encode(), "HS256")))
def test_no_forged_access_token_opens_anything(shared: People, kind: str) -> None:
    token = shared.login()["access_token"]
    forged = forgeries(token)[kind]
    assert not shared.admits(forged)
    assert shared.admits(token)


@pytest.mark.parametrize("kind", forgeries(jwt.encode({"exp": 0}, SECRET.encode(), "HS256")))
def test_no_forged_refresh_token_gives_tokens_or_does_harm(shared: People, kind: str) -> None:
    tokens = shared.login()
    forged = forgeries(tokens["refresh_token"])[kind]
    if kind == "signed, other use":
        forged = jwt.encode({**claims_of(tokens["refresh_token"]), "use": "access"}, SECRET.encode(), "HS256")
    assert shared.refresh(forged).status_code == 401
    assert shared.refresh(tokens["refresh_token"]).status_code == 200


BASE64ISH = st.text("ABCabc019-_=", max_size=40)
JUNK = st.text(max_size=80) | st.builds("{}.{}.{}".format, BASE64ISH, BASE64ISH, BASE64ISH)
SIGNER = Signer(SECRET.encode())


@given(JUNK)
def test_junk_is_no_token(junk: str) -> None:
    assert SIGNER.read(junk, "access", START_S) is None


@given(JUNK.map(lambda text: text.encode("latin-1", "ignore").decode("latin-1")))
def test_junk_is_no_credential(junk: str) -> None:
    with pytest.raises(Unauthorized):
        Accounts("key").identify(f"Bearer {junk}")


def read_from_below(depth: int, token: str) -> object:
    """Read a token where the stack is that deep already."""
    return read_from_below(depth - 1, token) if depth else SIGNER.read(token, "access", START_S)


def test_a_token_nested_to_the_end_of_the_stack_is_none() -> None:
    nested = base64.urlsafe_b64encode(b"[" * 700).decode().rstrip("=")
    assert read_from_below(400, f"{nested}.e30.x") is None


def test_a_weak_secret_is_refused() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        Accounts("key", secret="short")


def test_without_a_given_secret_tokens_end_with_the_process() -> None:
    pairs = []
    for secret in (None, None, SECRET, SECRET):
        accounts = Accounts("key", secret=secret, hasher=QUICK)
        user = accounts.users.create("a@example.org", "a", Role.USER, "en")
        pairs.append((accounts, accounts.sessions.open(user)))
    for accounts, own in pairs:
        assert accounts.sessions.user_of(own.access) is not None
        # Not even under the same secret does a token open another store: sessions have random names.
        assert all(accounts.sessions.user_of(pair.access) is None for _, pair in pairs if pair is not own)


def test_ended_sessions_are_forgotten(door: People) -> None:
    for _ in range(3):
        door.login()
    door.wait(REFRESH_S)
    door.login()
    assert len(door.accounts.snapshot()["sessions"]) == 1


# -- rotation, against a model


class Rotation(RuleBasedStateMachine):
    """Logins, refreshes with tokens old and new, waiting, revocation: held against a plain model."""

    pairs = Bundle("pairs")

    @initialize()
    def begin(self) -> None:
        self.wall, kept = Wall(), MemoryRepository()
        self.accounts = Accounts(secret=SECRET, clock=self.wall, hasher=QUICK, kept=kept)
        forever = int(START_S * 1000) * 2
        self.users = [User(n, f"{n}@example.org", "u", Role.USER, "en", "x", forever) for n in (1, 2)]
        for user in self.users:
            kept.users.put(user)
        self.session_of: dict[str, int] = {}
        self.made: dict[str, float] = {}
        self.newest: dict[int, str] = {}
        self.owner: dict[int, int] = {}

    def note(self, pair: Pair, session: int) -> Pair:
        self.session_of[pair.refresh], self.made[pair.refresh] = session, self.wall.now_s
        self.newest[session] = pair.refresh
        return pair

    @rule(target=pairs, which=st.integers(0, 1))
    def log_in(self, which: int) -> Pair:
        session = len(self.owner)
        self.owner[session] = which
        return self.note(self.accounts.sessions.open(self.users[which]), session)

    @rule(target=pairs, pair=pairs)
    def refresh(self, pair: Pair) -> Any:
        session = self.session_of[pair.refresh]
        if self.wall.now_s >= self.made[pair.refresh] + REFRESH_S or session not in self.newest:
            self.refused(pair)
            return multiple()
        if self.newest[session] != pair.refresh:
            self.refused(pair)
            del self.newest[session]
            return multiple()
        return self.note(self.accounts.sessions.refresh(pair.refresh), session)

    def refused(self, pair: Pair) -> None:
        with pytest.raises(Unauthorized):
            self.accounts.sessions.refresh(pair.refresh)

    @rule(pair=pairs)
    def use(self, pair: Pair) -> None:
        session = self.session_of[pair.refresh]
        good = session in self.newest and self.wall.now_s < self.made[pair.refresh] + ACCESS_S
        user = self.accounts.sessions.user_of(pair.access)
        assert (user is not None) == good
        assert user is None or user.id == self.users[self.owner[session]].id

    @rule(pair=consumes(pairs))
    def lose(self, pair: Pair) -> None:
        """A client forgets a pair."""

    @rule(seconds=st.sampled_from([1, ACCESS_S - 1, ACCESS_S, REFRESH_S - ACCESS_S, REFRESH_S]))
    def wait(self, seconds: int) -> None:
        self.wall.now_s += seconds

    @rule(which=st.integers(0, 1))
    def revoke(self, which: int) -> None:
        self.accounts.sessions.end_all(self.users[which].id)
        for session in [one for one in self.newest if self.owner[one] == which]:
            del self.newest[session]

    @rule()
    def restart(self) -> None:
        """All that is kept goes through JSON into a new process with the same secret."""
        plain = json.loads(json.dumps(self.accounts.snapshot()))
        self.accounts = Accounts(secret=SECRET, clock=self.wall, hasher=QUICK)
        self.accounts.restore(plain)


TestRotation = Rotation.TestCase
