"""``twin operators``: the people at the balconies."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any

import typer

from api.remote.calling import (
    DEFAULT,
    HERE,
    AsJson,
    Remote,
    Token,
    Url,
    World,
    fetch,
    given,
    show,
    show_table,
)

COLUMNS = ("balcony", "mode", "carriers_waiting", "job", "times", "mistakes")
Percent = Annotated[int | None, typer.Option(min=0, max=100, help="Of a hundred jobs.")]


class Mode(StrEnum):
    """Who gives the triggers."""

    API = "api"
    SIMULATED = "simulated"
    BOTH = "both"


def operators(
    mode: Annotated[
        Mode | None, typer.Argument(help="Who gives the triggers; read only if not given.")
    ] = None,
    balcony: Annotated[int | None, typer.Option(help="Only at this one.")] = None,
    handling_ms: Annotated[int | None, typer.Option(help="Once for each carrier.")] = None,
    line_ms: Annotated[int | None, typer.Option(help="The mean time for a line.")] = None,
    line_distribution: Annotated[str | None, typer.Option(help="Of the time for a line.")] = None,
    wrong_quantity_percent: Percent = None,
    failed_pick_percent: Percent = None,
    slow_percent: Percent = None,
    slow_factor: Annotated[int | None, typer.Option(min=1, help="How slow a slow one is.")] = None,
    url: Url = HERE,
    token: Token = None,
    world: World = DEFAULT,
    as_json: AsJson = False,
) -> None:
    """Show the people at the balconies, or change who gives the triggers, how fast, with which mistakes."""
    times = given(handling_ms=handling_ms, line_ms=line_ms, line_distribution=line_distribution)
    mistakes = given(
        wrong_quantity_percent=wrong_quantity_percent,
        failed_pick_percent=failed_pick_percent,
        slow_percent=slow_percent,
        slow_factor=slow_factor,
    )
    change = given(mode=mode, times=times or None, mistakes=mistakes or None)
    remote = Remote(url, token, world)
    if change:
        answer = fetch(remote, "PUT", "/operators", json=change | given(balcony=balcony))
    else:
        answer = fetch(remote, "GET", "/operators")
    if as_json:
        show(answer, as_json)
    else:
        show_table(COLUMNS, [_row(one) for one in _chosen(answer, balcony)], "no balconies")


def _chosen(answer: dict[str, Any], balcony: int | None) -> list[dict[str, Any]]:
    people: list[dict[str, Any]] = answer["operators"]
    return [one for one in people if balcony in (None, one["balcony"])]


def _row(one: dict[str, Any]) -> dict[str, Any]:
    times = one["times"]
    told = f"{times['handling_ms']} ms + {times['line_ms']} ms {times['line_distribution']}"
    made = [f"{name} {value}" for name, value in one["mistakes"].items() if value and name != "slow_factor"]
    return {**one, "times": told, "mistakes": ", ".join(made) or "none"}
