"""``twin status``, ``wait``, ``clock`` and ``advance``."""

from __future__ import annotations

import time
from typing import Annotated, Any

import typer

from api.remote.calling import (
    DEFAULT,
    FAILED,
    HERE,
    AsJson,
    Remote,
    Token,
    Unreached,
    Url,
    World,
    carry_out,
    end,
    fetch,
    given,
    show,
    speed_of,
)

LOOK_AGAIN_S = 0.1


def status(url: Url = HERE, token: Token = None, world: World = DEFAULT, as_json: AsJson = False) -> None:
    """What a running twin serves, and its clock."""
    remote = Remote(url, token, world)
    show({**fetch(remote, "GET", "/info"), "clock": fetch(remote, "GET", "/clock")}, as_json)


def wait(
    url: Url = HERE,
    timeout: Annotated[float, typer.Option(min=0, help="Wall seconds to wait at most.")] = 60,
    as_json: AsJson = False,
) -> None:
    """Wait until a twin is ready."""
    until, remote, reason = time.monotonic() + timeout, Remote(url, None), ""
    while True:
        try:
            value = remote.ask("GET", "/ready")
        except Unreached as error:
            reason = str(error)
        else:
            show(value, as_json)
            return
        if time.monotonic() >= until:
            raise end(f"not ready after {timeout:g} s: {reason}")
        time.sleep(LOOK_AGAIN_S)


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
        carry_out(remote, as_json, "GET", "/clock")
        return
    carry_out(remote, as_json, "PUT", "/clock", json={"speed": speed_of(speed)})


def advance(
    by: Annotated[str | None, typer.Option(help="So long, like PT90S.")] = None,
    to: Annotated[str | None, typer.Option(help="To an instant with its UTC offset.")] = None,
    events: Annotated[int | None, typer.Option(help="By so many events.")] = None,
    until: Annotated[
        str | None, typer.Option(help="idle, waiting, job:ID:STATUS, or request:ID:STATUS.")
    ] = None,
    limit: Annotated[str | None, typer.Option(help="With --until: so long at most.")] = None,
    lease: Annotated[str | None, typer.Option(help="Your clock lease, where you hold one.")] = None,
    url: Url = HERE,
    token: Token = None,
    world: World = DEFAULT,
    as_json: AsJson = False,
) -> None:
    """Move the time of a running twin forward. Status 1 where it does not come to what was asked for."""
    if len(given(by=by, to=to, events=events, until=until)) != 1:
        raise typer.BadParameter("needs exactly one of --by, --to, --events and --until")
    order = given(by=by, to=to, events=events, until=_until(until), limit=limit, lease=lease)
    outcome = carry_out(Remote(url, token, world), as_json, "POST", "/clock/advance", json=order)
    if not outcome["reached"]:
        raise typer.Exit(FAILED)


def _until(text: str | None) -> Any:
    if text is None or ":" not in text:
        return text
    kind, _, rest = text.partition(":")
    key, _, status_ = rest.rpartition(":")
    return {kind: key, "status": status_}
