"""Commands that talk to a running twin: each a thin client of ``/_twin``.

Where it is: ``--url`` or TWIN_URL. Its control token: ``--token`` or TWIN_CONTROL_TOKEN.
"""

from __future__ import annotations

import json
import sys
import time
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import httpx
import typer

TIMEOUT_S = 600.0
FAILED = 1

Url = Annotated[str, typer.Option(envvar="TWIN_URL", help="Where the twin is.")]
Token = Annotated[str | None, typer.Option(envvar="TWIN_CONTROL_TOKEN", help="The control token.")]
World = Annotated[str, typer.Option(help="The id of a world.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print the answer as JSON.")]
HERE = "http://127.0.0.1:8000"
DEFAULT = "default"
CAPSULE = Path("twin.capsule.zip")


class Remote:
    """A running twin. What it refuses is printed, and ends the command with status 1."""

    def __init__(self, url: str, token: str | None, world: str = DEFAULT) -> None:
        headers = {} if token is None else {"Twin-Control": token}
        self._base = f"/_twin/worlds/{world}" if world != DEFAULT else "/_twin"
        self._url, self._headers = url.rstrip("/"), headers

    def send(self, method: str, path: str, **options: Any) -> httpx.Response:
        """An answer below 300 to a call under the base of the world."""
        try:
            address = f"{self._url}{self._base}{path}"
            with httpx.Client(headers=self._headers, timeout=TIMEOUT_S, trust_env=False) as client:
                answer = client.request(method, address, **options)
        except (httpx.TransportError, httpx.InvalidURL) as error:
            raise Unreached(f"no twin answers at {self._url}: {error}") from None
        if answer.status_code >= 300:
            raise Unreached(f"{method} {path}: {answer.status_code} {_detail(answer)}")
        return answer

    def ask(self, method: str, path: str, **options: Any) -> Any:
        """The JSON of such an answer; None where it has no body."""
        answer = self.send(method, path, **options)
        return answer.json() if answer.content else None


class Unreached(Exception):
    """The twin is not there, or has refused."""


def _detail(answer: httpx.Response) -> str:
    try:
        detail = answer.json()["detail"]
    except (ValueError, KeyError, TypeError):
        return answer.text
    return detail if isinstance(detail, str) else "; ".join(f"{e['loc'][-1]}: {e['msg']}" for e in detail)


def _end(reason: str) -> typer.Exit:
    print(f"twin: {reason}", file=sys.stderr)
    return typer.Exit(FAILED)


def _show(value: Any, as_json: bool) -> None:
    if as_json:
        print(json.dumps(value))
    elif isinstance(value, dict) and isinstance(value.get("items"), list):
        for item in value["items"]:
            print("  ".join(f"{item[name]}" for name in item if not isinstance(item[name], dict)))
    elif isinstance(value, dict):
        for name, item in value.items():
            print(f"{name:<16} {json.dumps(item) if isinstance(item, dict | list) else item}")


def _do(remote: Remote, as_json: bool, method: str, path: str, **options: Any) -> Any:
    try:
        value = remote.ask(method, path, **options)
    except Unreached as reason:
        raise _end(str(reason)) from None
    _show(value, as_json)
    return value


def status(url: Url = HERE, token: Token = None, world: World = DEFAULT, as_json: AsJson = False) -> None:
    """What a running twin serves, and its clock."""
    remote = Remote(url, token, world)
    try:
        facts = {**remote.ask("GET", "/info"), "clock": remote.ask("GET", "/clock")}
    except Unreached as reason:
        raise _end(str(reason)) from None
    _show(facts, as_json)


def wait(
    url: Url = HERE,
    timeout: Annotated[float, typer.Option(min=0, help="Wall seconds to wait at most.")] = 60,
    as_json: AsJson = False,
) -> None:
    """Wait until a twin is ready."""
    end, remote, reason = time.monotonic() + timeout, Remote(url, None), ""
    while True:
        try:
            value = remote.ask("GET", "/ready")
        except Unreached as error:
            reason = str(error)
        else:
            _show(value, as_json)
            return
        if time.monotonic() >= end:
            raise _end(f"not ready after {timeout:g} s: {reason}")
        time.sleep(0.1)


def clock(
    speed: Annotated[str | None, typer.Argument(help="0, a factor, or max; read only if not given.")] = None,
    url: Url = HERE,
    token: Token = None,
    world: World = DEFAULT,
    as_json: AsJson = False,
) -> None:
    """Show the clock of a running twin, or set its speed."""
    remote = Remote(url, token, world)
    if speed is None:
        _do(remote, as_json, "GET", "/clock")
        return
    try:
        wanted: float | str = speed if speed == "max" else float(speed)
    except ValueError:
        raise typer.BadParameter('a speed is 0, a factor, or "max"') from None
    _do(remote, as_json, "PUT", "/clock", json={"speed": wanted})


def advance(
    by: Annotated[str | None, typer.Option(help="So long, like PT90S.")] = None,
    to: Annotated[str | None, typer.Option(help="To an instant with its UTC offset.")] = None,
    events: Annotated[int | None, typer.Option(help="By so many events.")] = None,
    until: Annotated[str | None, typer.Option(help="idle, waiting, or job:ID:STATUS.")] = None,
    limit: Annotated[str | None, typer.Option(help="With --until: so long at most.")] = None,
    lease: Annotated[str | None, typer.Option(help="Your clock lease, where you hold one.")] = None,
    url: Url = HERE,
    token: Token = None,
    world: World = DEFAULT,
    as_json: AsJson = False,
) -> None:
    """Move the time of a running twin forward. Status 1 where it does not come to what was asked for."""
    given = {"by": by, "to": to, "events": events, "until": _until(until), "limit": limit, "lease": lease}
    order = {name: value for name, value in given.items() if value is not None}
    outcome = _do(Remote(url, token, world), as_json, "POST", "/clock/advance", json=order)
    if not outcome["reached"]:
        raise typer.Exit(FAILED)


def _until(text: str | None) -> Any:
    if text is None or ":" not in text:
        return text
    kind, _, rest = text.partition(":")
    key, _, status_ = rest.rpartition(":")
    return {kind: key, "status": status_}


class WorldDo(StrEnum):
    """What to do with worlds."""

    LIST = "list"
    MAKE = "make"
    RESET = "reset"
    FORK = "fork"
    DELETE = "delete"


def world(
    do: Annotated[WorldDo, typer.Argument()] = WorldDo.LIST,
    name: Annotated[str | None, typer.Argument(help="Its id; with make its name.")] = None,
    site: Annotated[str | None, typer.Option(help="With make: a shipped site.")] = None,
    seed: Annotated[int | None, typer.Option(help="With make.")] = None,
    speed: Annotated[float | None, typer.Option(help="With make and fork.")] = None,
    stock: Annotated[bool, typer.Option(help="With make: random stock.")] = False,
    url: Url = HERE,
    token: Token = None,
    as_json: AsJson = False,
) -> None:
    """Worlds of a running twin: list, make, reset ID, fork ID, delete ID."""
    if do in (WorldDo.LIST, WorldDo.MAKE):
        wanted: dict[str, Any] = {"name": name, "site": site, "seed": seed, "speed": speed}
        wanted["stock"] = {} if stock else None
        order = {field: value for field, value in wanted.items() if value is not None}
        method, body = ("GET", {}) if do is WorldDo.LIST else ("POST", {"json": order})
        _do(Remote(url, token), as_json, method, "/worlds", **body)
        return
    if name is None:
        raise typer.BadParameter(f"world {do} needs the id of a world")
    if do is WorldDo.DELETE:
        _do(Remote(url, token), as_json, "DELETE", f"/worlds/{name}")
    else:
        options: dict[str, Any] = {"json": {}} if do is WorldDo.FORK else {}
        _do(Remote(url, token), as_json, "POST", f"/worlds/{name}/{do}", **options)


class SnapshotDo(StrEnum):
    """What to do with snapshots."""

    LIST = "list"
    TAKE = "take"
    RESTORE = "restore"
    DELETE = "delete"
    DIFF = "diff"
    DOWNLOAD = "download"
    UPLOAD = "upload"


def snapshot(
    do: Annotated[SnapshotDo, typer.Argument()] = SnapshotDo.LIST,
    name: Annotated[str | None, typer.Argument(help="Its id; take: its name; upload: a file.")] = None,
    other: Annotated[str, typer.Argument(help="With diff: the other one; with download: the file.")] = "now",
    url: Url = HERE,
    token: Token = None,
    world: World = DEFAULT,
    as_json: AsJson = False,
) -> None:
    """Snapshots: list, take NAME, restore ID, delete ID, diff ID OTHER, download ID FILE, upload FILE."""
    remote = Remote(url, token, world)
    if do is SnapshotDo.LIST:
        _do(remote, as_json, "GET", "/snapshots")
    elif do is SnapshotDo.TAKE:
        _do(remote, as_json, "POST", "/snapshots", json={"name": name or ""})
    elif name is None:
        raise typer.BadParameter(f"snapshot {do} needs a name")
    elif do is SnapshotDo.RESTORE:
        _do(remote, as_json, "POST", f"/snapshots/{name}/restore")
    elif do is SnapshotDo.DELETE:
        _do(remote, as_json, "DELETE", f"/snapshots/{name}")
    elif do is SnapshotDo.DIFF:
        _do(remote, as_json, "GET", f"/snapshots/{name}/diff/{other}")
    elif do is SnapshotDo.UPLOAD:
        _do(remote, as_json, "POST", "/snapshots/upload", content=Path(name).read_bytes())
    else:
        _download(remote, f"/snapshots/{name}", Path(f"{name}.json.gz" if other == "now" else other))


def _download(remote: Remote, path: str, out: Path) -> None:
    try:
        out.write_bytes(remote.send("GET", path).content)
    except Unreached as reason:
        raise _end(str(reason)) from None
    print(out)


def capsule(
    out: Annotated[Path, typer.Argument(help="The file to write.", dir_okay=False)] = CAPSULE,
    url: Url = HERE,
    token: Token = None,
    world: World = DEFAULT,
) -> None:
    """Write the run of a world into one file, for `twin replay`."""
    _download(Remote(url, token, world), "/capsule", out)
