"""``/reports`` and ``/issues``: what the API has written, to be read.

They are served twice: below ``/_twin``, and beside the vendor's API for whoever has a
credential of it, since the answers of the API lead there and the control may be off.
"""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException, Path, Request
from starlette.responses import FileResponse

from api.reports import Reports
from api.routes.base import StrictRoute
from api.security import BEARER
from api.support import Issues

router = APIRouter(tags=["files"], route_class=StrictRoute, dependencies=[Depends(BEARER)])

BYTES = "application/octet-stream"
IssueKey = Annotated[str, Path(description="Like TWIN-1.")]


@router.get("/reports/{tar_filename}", response_class=FileResponse)
async def read_report(tar_filename: str, request: Request) -> FileResponse:
    """The archive that `GET /api/v2/report` has written."""
    reports: Reports = request.state.hosted.stores.reports
    path = reports.find(tar_filename)
    if path is None:
        raise HTTPException(404, "There is no such report")
    return FileResponse(path, media_type="application/gzip", filename=path.name)


@router.get("/issues/{key}")
async def read_issue(key: IssueKey, request: Request) -> dict[str, Any]:
    """An issue that `POST /api/v2/support/create_issue` has kept; its attachments count from 1."""
    issue = _issues(request).read(key)
    if issue is None:
        raise _no_such(key)
    return issue


@router.get("/issues/{key}/attachments/{number}", response_class=FileResponse)
async def read_attachment(key: IssueKey, number: int, request: Request) -> FileResponse:
    """A file of an issue, as it was sent; always to be saved, never to be shown."""
    path = _issues(request).attachment(key, number)
    if path is None:
        raise _no_such(f"{key}, attachment {number}")
    return FileResponse(path, media_type=BYTES, filename=f"{key}-{number}", headers=NOT_SNIFFED)


NOT_SNIFFED = {"X-Content-Type-Options": "nosniff"}


def _issues(request: Request) -> Issues:
    issues: Issues = request.state.hosted.stores.issues
    return issues


def _no_such(name: str) -> HTTPException:
    return HTTPException(404, f"There is no issue {name}")
