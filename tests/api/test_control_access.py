"""Who may use ``/_twin``."""

from __future__ import annotations

import httpx
import pytest
from served import KEY, serve
from server_process import run, served

from api.control.access import Access

BY_KEY = {"Authorization": f"Bearer {KEY}"}
NOBODY = {"Authorization": ""}
PUBLIC = ["/health", "/ready", "/info", "/fidelity", "/docs", "/openapi.json"]


def status(access: Access, path: str, headers: dict[str, str]) -> int:
    with serve(access=access) as api:
        return api.send("GET", f"/_twin{path}", headers=headers).status_code


@pytest.mark.parametrize("path", ["/clock", "/worlds", "/worlds/default", "/worlds/default/clock", "/calls"])
@pytest.mark.parametrize(
    ("access", "headers", "expected"),
    [
        (Access("token", token="t0ken"), BY_KEY, 401),
        (Access("token", token="t0ken"), NOBODY, 401),
        (Access("token", token="t0ken"), {"Authorization": "Bearer t0ken"}, 200),
        (Access("token", token="t0ken"), {**BY_KEY, "Twin-Control": "t0ken"}, 200),
        (Access("token", token="t0ken"), {**BY_KEY, "Twin-Control": "t0ke"}, 401),
        (Access("off"), BY_KEY, 403),
        (Access("key"), BY_KEY, 200),
        (Access("key"), NOBODY, 401),
        (Access("open"), NOBODY, 200),
        (Access("open", hosts=frozenset({"twin"})), {**NOBODY, "Origin": "http://twin:3000"}, 200),
        (Access("open", hosts=frozenset({"twin"})), {**NOBODY, "Origin": "http://evil.example"}, 403),
        (Access("open", hosts=frozenset({"localhost"})), NOBODY, 403),
    ],
    ids=str,
)
def test_the_control_opens_to_whom_it_should(
    access: Access, headers: dict[str, str], expected: int, path: str
) -> None:
    assert status(access, path, headers) == expected


def test_a_control_token_is_no_credential_of_the_warehouse() -> None:
    with serve(access=Access("token", token="t0ken")) as api:
        assert api.send("GET", "/api/v2/skus", headers={"Authorization": "Bearer t0ken"}).status_code == 401
        assert api.send("GET", "/api/v2/skus", headers={"Twin-Control": "t0ken"}).status_code == 200, KEY


@pytest.mark.parametrize("path", PUBLIC)
def test_what_tells_no_secret_needs_none(path: str) -> None:
    for access in (Access("off"), Access("token", token="t0ken")):
        assert status(access, path, NOBODY) == 200


def test_the_key_of_a_world_moves_its_clock_but_keeps_no_worlds() -> None:
    with serve(access=Access("key")) as api:
        world = api.send("POST", "/_twin/worlds", json={}).json()
        own = {"Authorization": f"Bearer {world['api_key']}"}
        assert api.send("GET", "/_twin/clock", headers=own).status_code == 200
        assert api.send("GET", "/_twin/worlds/default/clock", headers=own).status_code == 401
        for method, path in (("GET", "/worlds"), ("POST", "/worlds"), ("POST", "/fork"), ("POST", "/reset")):
            assert api.send(method, f"/_twin{path}", headers=own, json={}).status_code == 403
        assert api.send("GET", f"/_twin/worlds/{world['id']}/clock").status_code == 200, "the keeper's key"


def test_the_control_has_a_port_of_its_own() -> None:
    with served("--site", "tiny", "--control-port", "0") as twin:
        control = twin.control_url
        assert httpx.get(f"{control}/clock", trust_env=False).status_code == 200
        assert twin.client.get("/_twin/clock").status_code == 404
        assert twin.client.get("/_twin/health").status_code == 404
        assert twin.client.get("/api/v2/skus").status_code == 200
        elsewhere = control.removesuffix("/_twin") + "/api/v2/skus"
        assert httpx.get(elsewhere, headers=dict(twin.client.headers), trust_env=False).status_code == 404


@pytest.mark.parametrize(
    "options",
    [
        ("--control", "token"),
        ("--control", "off", "--control-token", "t"),
        ("--control", "open", "--host", "0.0.0.0"),
        ("--control-token", "with a space"),
    ],
)
def test_options_that_contradict_each_other_are_refused(options: tuple[str, ...]) -> None:
    code, _, err = run("serve", "--port", "0", *options)
    assert code == 2
    assert "--control" in err


def test_info_says_what_is_served() -> None:
    with serve() as api:
        facts = api.send("GET", "/_twin/info", headers=NOBODY).json()
        assert (facts["site"], facts["seed"], facts["world"]) == ("tiny", 1, "default")
        before = facts["settings_sha256"]
        api.ok("PATCH", "/settings/report.kept", json={"value_json": 3})
        after = api.send("GET", "/_twin/info").json()
        assert after["settings_sha256"] != before
        assert after["contract_sha256"] == facts["contract_sha256"]
