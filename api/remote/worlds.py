"""``twin world``, ``snapshot`` and ``capsule``."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from api.remote.calling import (
    DEFAULT,
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
    show_table,
    speed_of,
)

CAPSULE = Path("twin.capsule.zip")
WORLD_COLUMNS = ("id", "name", "site", "seed", "speed", "now_ms", "now", "api_key", "base")
SNAPSHOT_COLUMNS = ("id", "name", "site", "seed", "now_ms", "created_utc", "bytes")


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
    speed: Annotated[str | None, typer.Option(help="With make and fork: 0, a factor, or max.")] = None,
    stock: Annotated[bool, typer.Option(help="With make: random stock.")] = False,
    url: Url = HERE,
    token: Token = None,
    as_json: AsJson = False,
) -> None:
    """Worlds of a running twin: list, make, reset ID, fork ID, delete ID."""
    remote = Remote(url, token)
    if do is WorldDo.LIST:
        _list(remote, as_json, "/worlds", WORLD_COLUMNS, "no worlds")
    elif do is WorldDo.MAKE:
        order = given(name=name, site=site, seed=seed, speed=speed_of(speed), stock={} if stock else None)
        carry_out(remote, as_json, "POST", "/worlds", json=order)
    elif name is None:
        raise typer.BadParameter(f"world {do} needs the id of a world")
    elif do is WorldDo.DELETE:
        carry_out(remote, as_json, "DELETE", f"/worlds/{name}")
    elif do is WorldDo.FORK:
        carry_out(remote, as_json, "POST", f"/worlds/{name}/fork", json=given(speed=speed_of(speed)))
    else:
        carry_out(remote, as_json, "POST", f"/worlds/{name}/reset")


def _list(remote: Remote, as_json: bool, path: str, columns: Sequence[str], none: str) -> None:
    """Print a listing: as JSON as it is, for people in columns."""
    found = fetch(remote, "GET", path)
    if as_json:
        show(found, as_json)
    else:
        show_table(columns, found["items"], none)


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
        _list(remote, as_json, "/snapshots", SNAPSHOT_COLUMNS, "no snapshots")
    elif do is SnapshotDo.TAKE:
        carry_out(remote, as_json, "POST", "/snapshots", json={"name": name or ""})
    elif name is None:
        raise typer.BadParameter(f"snapshot {do} needs a name")
    elif do is SnapshotDo.RESTORE:
        carry_out(remote, as_json, "POST", f"/snapshots/{name}/restore")
    elif do is SnapshotDo.DELETE:
        carry_out(remote, as_json, "DELETE", f"/snapshots/{name}")
    elif do is SnapshotDo.DIFF:
        carry_out(remote, as_json, "GET", f"/snapshots/{name}/diff/{other}")
    elif do is SnapshotDo.UPLOAD:
        _upload(remote, as_json, Path(name))
    else:
        _download(remote, f"/snapshots/{name}", Path(f"{name}.json.gz" if other == "now" else other))


def _upload(remote: Remote, as_json: bool, file: Path) -> None:
    if not file.is_file():
        raise typer.BadParameter(f"there is no file {file}")
    carry_out(remote, as_json, "POST", "/snapshots/upload", content=file.read_bytes())


def _download(remote: Remote, path: str, out: Path) -> None:
    try:
        out.write_bytes(remote.send("GET", path).content)
    except Unreached as reason:
        raise end(reason) from None
    print(out)


def capsule(
    out: Annotated[Path, typer.Argument(help="The file to write.", dir_okay=False)] = CAPSULE,
    url: Url = HERE,
    token: Token = None,
    world: World = DEFAULT,
) -> None:
    """Write the run of a world into one file, for `twin replay`."""
    _download(Remote(url, token, world), "/capsule", out)
