"""``twin record`` and ``twin replay``."""

from __future__ import annotations

import json
import sys
from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import httpx
import typer

from api.remote.calling import (
    DEFAULT,
    FAILED,
    HERE,
    TIMEOUT_S,
    AsJson,
    Remote,
    Token,
    Unreached,
    Url,
    World,
    end,
    fetch,
)

if TYPE_CHECKING:
    from api.recording.reading import Recording
    from api.recording.replaying import Replay, Replayed, Summary

DAY_MS = 86_400_000
ZIP = b"PK"
SHOWN = 5
"""Differences of a call that people are shown."""


def record(
    target: Annotated[str, typer.Option(help="The address of the site or twin.", show_default=False)],
    out: Annotated[Path, typer.Option(help="The HAR file to write.", dir_okay=False, show_default=False)],
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes a free one.")] = 8001,
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    force: Annotated[bool, typer.Option("--force", help="Replace a file that is there.")] = False,
    secrets: Annotated[
        bool, typer.Option("--keep-secrets", help="Write passwords, tokens, keys and cookies as well.")
    ] = False,
    insecure: Annotated[
        bool, typer.Option("--insecure", help="Trust any certificate of the target.")
    ] = False,
    ca: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="Certificates to trust, as PEM.")
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="When ready, print a JSON line with url, target and out.")
    ] = False,
) -> None:
    """Stand in front of a site or twin, pass every call on, and write all as HAR, until Ctrl-C.

    The file is whole after every call. Calls of /_twin pass as well and are not written.

    Example: twin record --target https://site.example --out traffic.har
    """
    import ssl

    from api.recording.serving import Order
    from api.recording.serving import record as run

    if not out.parent.is_dir():
        raise typer.BadParameter(f"the folder {out.parent} does not exist", param_hint="--out")
    if insecure and ca is not None:
        raise typer.BadParameter("it must be left out with --ca", param_hint="--insecure")
    try:
        verify: bool | ssl.SSLContext = not insecure if ca is None else ssl.create_default_context(cafile=ca)
    except ssl.SSLError:
        raise typer.BadParameter(f"{ca} has no certificates", param_hint="--ca") from None
    run(Order(_address(target), out, host, port, force, secrets, verify, as_json))


def _address(text: str) -> httpx.URL:
    try:
        url = httpx.URL(text)
    except httpx.InvalidURL:
        url = httpx.URL()
    if url.scheme not in ("http", "https") or not url.host:
        right = "it must be an address like https://site.example or http://127.0.0.1:8000"
        raise typer.BadParameter(right, param_hint="--target")
    return url


def replay(
    file: Annotated[Path, typer.Argument(help="A capsule, or a HAR file.", exists=True, dir_okay=False)],
    speed: Annotated[str, typer.Option(help="HAR: so many recorded seconds a second, or max.")] = "max",
    fresh: Annotated[
        bool, typer.Option("--fresh", help="HAR: in a new world, which begins with the first call.")
    ] = False,
    keep: Annotated[bool, typer.Option("--keep", help="With --fresh: do not delete that world.")] = False,
    stock: Annotated[bool, typer.Option("--stock", help="With --fresh: random stock.")] = False,
    patient: Annotated[
        bool, typer.Option("--patient", help="HAR: a trigger waits for its job, at most a simulated day.")
    ] = False,
    host: Annotated[str | None, typer.Option(help="HAR: the site, where it has calls of several.")] = None,
    ignore: Annotated[
        list[str] | None, typer.Option(metavar="FIELD", help="HAR: do not compare it; may be repeated.")
    ] = None,
    status_only: Annotated[
        bool, typer.Option("--status-only", help="HAR: exit status 1 for other statuses alone.")
    ] = False,
    import_policies: Annotated[
        bool,
        typer.Option("--import-policies", help="Capsule: import modules of policies named MODULE:CLASS."),
    ] = False,
    url: Url = HERE,
    token: Token = None,
    key: Annotated[
        str | None,
        typer.Option(envvar="TWIN_API_KEY", help="HAR: the API key; that of the world if not given."),
    ] = None,
    world: World = DEFAULT,
    as_json: AsJson = False,
) -> None:
    """Run a capsule again and compare the event logs; or replay recorded traffic and compare the answers.

    A capsule needs no running twin. A HAR file is replayed in one, at its recorded times.

    Status 1: something differs. Status 2: the file cannot be used.

    Example: twin replay traffic.har --fresh --speed 60
    """
    if _looks_like_a_capsule(file):
        from twin.replaying import replay_command

        raise typer.Exit(replay_command(file, as_json, import_policies))
    from api.recording.reading import read_recording

    recording = read_recording(file, host)
    pace = _pace(speed)
    remote = Remote(url, token, world)
    if fresh:
        remote = _fresh(remote, recording, file.name, stock)
    try:
        summary = _replayed(remote, recording, key, pace, frozenset(ignore or ()), patient, as_json)
    finally:
        if fresh and not keep:
            fetch(Remote(url, token), "DELETE", f"/worlds/{remote.world}")
    differs = summary.status_differs or (summary.body_differs and not status_only)
    if differs:
        raise typer.Exit(FAILED)


def _looks_like_a_capsule(file: Path) -> bool:
    """Whether a file begins as a zip does, be it a whole one or not."""
    with file.open("rb") as opened:
        return opened.read(len(ZIP)) == ZIP


def _pace(text: str) -> float | None:
    try:
        pace = None if text == "max" else float(text)
    except ValueError:
        pace = 0.0
    if pace is not None and not 0 < pace <= 1e6:
        raise typer.BadParameter('a speed is a factor above 0, or "max"', param_hint="--speed")
    return pace


def _fresh(remote: Remote, recording: Recording, name: str, stock: bool) -> Remote:
    """A world for the replay alone, whose time begins with the first call."""
    order = {"name": name[:100], "speed": 0, "epoch": recording.calls[0].started.isoformat()}
    made = fetch(remote, "POST", "/worlds", json=order | ({"stock": {}} if stock else {}))
    return Remote(remote.url, remote.headers.get("Twin-Control"), made["id"])


def _replayed(
    remote: Remote,
    recording: Recording,
    key: str | None,
    pace: float | None,
    ignored: frozenset[str],
    patient: bool,
    as_json: bool,
) -> Summary:
    from api.calls.catalogue import from_document
    from api.recording.replaying import Replay, ReplayStopped

    try:
        credential = key or _key_of(remote)
        headers = {"Authorization": f"Bearer {credential}"}
        with closing(
            httpx.Client(base_url=remote.url, headers=headers, timeout=TIMEOUT_S, trust_env=False)
        ) as client:
            catalogue = from_document(client.get("/openapi.json").json())
            patient_ms = DAY_MS if patient else None
            run = Replay(
                recording, remote.ask, client, catalogue, speed=pace, ignored=ignored, patient_ms=patient_ms
            )
            return _told(run, as_json)
    except (Unreached, ReplayStopped) as reason:
        raise end(reason) from None
    except httpx.TransportError as error:
        raise end(remote.unreached(error)) from None


def _key_of(remote: Remote) -> str:
    """The first key of the world, which may do everything."""
    worlds = Remote(remote.url, remote.headers.get("Twin-Control")).ask("GET", "/worlds")["items"]
    found = next((one for one in worlds if one["id"] == remote.world), None)
    if found is None:
        raise Unreached(f"there is no world {remote.world}")
    return str(found["api_key"])


def _told(run: Replay, as_json: bool) -> Summary:
    calls = []
    for one in run.run():
        calls.append({**asdict(one), "same": one.same})
        if not as_json and not one.same:
            _show(one)
    summary = run.summary
    if as_json:
        print(json.dumps({"summary": summary.as_json(), "calls": calls}))
    else:
        _show_summary(summary)
    return summary


def _show(one: Replayed) -> None:
    print(f"#{one.number} {one.method} {one.path}: {one.recorded} recorded, {one.replayed} replayed")
    for difference in one.differences[:SHOWN]:
        print(
            f"    {difference.field}: {json.dumps(difference.recorded)} -> {json.dumps(difference.replayed)}"
        )
    more = len(one.differences) + one.left_off - SHOWN
    if more > 0:
        print(f"    and {more} more")


def _show_summary(summary: Summary) -> None:
    told: dict[str, Any] = {
        "calls": summary.calls,
        "same": summary.same,
        "other status": summary.status_differs,
        "other body": summary.body_differs,
        "without a recorded answer to compare": summary.not_compared,
    }
    print(", ".join(f"{count} {what}" for what, count in told.items()))
    for why, count in summary.skipped.items():
        print(f"{count} of {summary.entries} entries passed over: {why}", file=sys.stderr)
    print(f"{summary.span_ms / 1000:g} s of {summary.host} in {summary.wall_s:.1f} s", file=sys.stderr)
