"""Tag System: the support report."""

from __future__ import annotations

from datetime import UTC, timedelta
from typing import Any

from fastapi import Request
from starlette.responses import Response

from api.preferences import REPORTS_KEPT, Preferences
from api.preferences.effects import read_from_plant
from api.reports import Material, Reports
from api.routes.base import InWorld, World, make_router
from api.wire.errors import FORBIDDEN
from api.wire.exact import ExactResponse
from api.wire.report import ReportResponse, report_body

router = make_router("System")


@router.get(
    "/report",
    operation_id="make_report",
    summary="Write a support report",
    response_model=ReportResponse,
    responses=FORBIDDEN,
)
async def make_report(request: Request, world: InWorld) -> Response:
    """Writes state, recent events, settings and versions into an archive on the disk of the twin.

    It has no keys or passwords in it, and of settings that clients have made only key and type.
    The archive can be fetched at `/reports/{tar_filename}`.
    """
    preferences: Preferences = request.state.hosted.preferences
    reports: Reports = request.state.hosted.stores.reports
    instant = (world.epoch + timedelta(milliseconds=world.engine.now)).astimezone(UTC)
    # Taken here, between two events; written in a thread, while the twin goes on.
    material = Material(
        world.engine.snapshot(),
        world.views.recent(),
        _settings(preferences, world),
        int(instant.timestamp()),
    )
    path = await reports.make(material, f"{instant:%Y%m%dT%H%M%SZ}", preferences.system(REPORTS_KEPT))
    return ExactResponse(report_body(path))


def _settings(preferences: Preferences, world: World) -> dict[str, Any]:
    shown = preferences.without_secrets()
    return {**shown, "system": shown["system"] | read_from_plant(world.engine.plant)}
