"""Bodies in parts: form fields and files, within limits."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping
from typing import Any, Final

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from api.pictures import LARGEST_PICTURE
from api.routes.base import StrictRoute
from api.snapshots import LARGEST_UPLOAD
from api.support import LARGEST_ISSUE

FRAMING: Final = 64 * 1024
"""Bytes of an upload besides its files: boundaries, headers, short fields."""

LIMITS: Mapping[str, int] = {
    "/api/v2/sku/image": LARGEST_PICTURE + FRAMING,
    "/api/v2/support/create_issue": LARGEST_ISSUE + FRAMING,
    "/_twin/snapshots/upload": LARGEST_UPLOAD,
}
"""The largest bodies of the paths that take files."""


class UploadRoute(StrictRoute):
    """Answers 422 where the body is no form, or one with too many parts."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The handler with its refusals put right."""
        handle = super().get_route_handler()

        async def strict(request: Request) -> Response:
            try:
                return await handle(request)
            except RequestValidationError:
                if _is_form(request):
                    raise
                raise _wrong("The body must be a form, sent with Content-Type: multipart/form-data") from None
            except HTTPException as error:
                if error.status_code != 400:
                    raise
                raise _wrong(str(error.detail)) from None

        return strict


def _is_form(request: Request) -> bool:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower() == "multipart/form-data"


def _wrong(message: str) -> RequestValidationError:
    return RequestValidationError([{"loc": ("body",), "msg": message, "type": "form"}])
