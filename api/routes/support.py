"""Tag Support."""

from __future__ import annotations

import json
from typing import Annotated, Any, Final

from fastapi import File, Form, HTTPException, Request, UploadFile
from fastapi.exceptions import RequestValidationError
from starlette.responses import Response

from api.preferences.values import Wrong, check_finite
from api.routes.base import InTime, InWorld, described, make_router
from api.support import LARGEST_ISSUE, MOST_ATTACHMENTS, Attachment, Issues
from api.uploads import UploadRoute
from api.wire.errors import CONFLICT, TOO_LARGE
from api.wire.exact import ExactResponse, parse_json
from api.wire.support import CreateIssueResponse

router = make_router("Support", route_class=UploadRoute)

LONGEST_PAYLOAD: Final = 32 * 1024
PLACE: Final = ("body", "payload")

Payload = Annotated[
    str,
    Form(
        description="A JSON object that says what is the matter, as text.",
        min_length=1,
        max_length=LONGEST_PAYLOAD,
        json_schema_extra={"contentMediaType": "application/json", "contentSchema": {"type": "object"}},
    ),
]
Files = Annotated[
    list[UploadFile],
    File(description=f"At most {MOST_ATTACHMENTS} files of together at most {LARGEST_ISSUE >> 20} MiB."),
]


@router.post(
    "/support/create_issue",
    operation_id="create_issue",
    summary="New support issue",
    response_model=CreateIssueResponse,
    responses=described(CONFLICT, TOO_LARGE),
)
async def create_issue(
    request: Request,
    world: InWorld,
    calendar: InTime,
    payload: Payload,
    files: Files = [],  # noqa: B006
) -> Response:
    """Keeps the issue and its files on the disk of the twin. Nobody but the twin's users is told of it."""
    about = _parsed(payload)
    attachments = [await _attachment(file) for file in files]
    if sum(len(one.content) for one in attachments) > LARGEST_ISSUE:
        raise HTTPException(413, f"the files are together larger than {LARGEST_ISSUE} bytes")
    issues: Issues = request.state.hosted.stores.issues
    key = await issues.create(about, attachments, calendar.utc(world.engine.now))
    return ExactResponse({"key": key, "url": f"{request.base_url}issues/{key}"})


def _parsed(payload: str) -> dict[str, Any]:
    """The object that the payload is the text of."""
    try:
        value = parse_json(payload.encode())
        check_finite(value)
    except json.JSONDecodeError as error:
        raise _unfit("json_text", f"Input should be the text of a JSON object: {error}") from None
    except Wrong as wrong:
        raise _unfit(wrong.kind, wrong.message) from None
    if not isinstance(value, dict):
        raise _unfit("dict_type", "Input should be the text of a JSON object")
    return value


async def _attachment(file: UploadFile) -> Attachment:
    return Attachment(file.filename or "", file.content_type or "", await file.read())


def _unfit(kind: str, message: str) -> RequestValidationError:
    return RequestValidationError([{"loc": PLACE, "msg": message, "type": kind}])
