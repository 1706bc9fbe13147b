"""The page ``/ui`` and what it is made of. It has no secrets: whatever it shows it asks for itself."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping
from importlib.resources import files
from typing import Any, Final

from fastapi import APIRouter
from starlette.responses import RedirectResponse, Response

FILES: Final[Mapping[str, tuple[str, str]]] = {
    "/ui": ("page.html", "text/html"),
    "/ui/style.css": ("style.css", "text/css"),
    "/ui/view.js": ("view.js", "text/javascript"),
    "/ui/drawing.js": ("drawing.js", "text/javascript"),
    "/ui/panels.js": ("panels.js", "text/javascript"),
    "/ui/server.js": ("server.js", "text/javascript"),
}
HEADERS: Final[Mapping[str, str]] = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; connect-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-cache",
}


def pages() -> APIRouter:
    """The page and its files, each as it is in this package."""
    router = APIRouter(include_in_schema=False)
    for path, (name, media_type) in FILES.items():
        router.add_api_route(path, _file(name, media_type), methods=["GET"])
    router.add_api_route("/", _to_the_page, methods=["GET"])
    return router


async def _to_the_page() -> Response:
    """Whoever types the address of the control in a browser looks for the page."""
    return RedirectResponse("ui")


def _file(name: str, media_type: str) -> Callable[[], Coroutine[Any, Any, Response]]:
    content = files("api.ui").joinpath("static", name).read_bytes()

    async def file() -> Response:
        return Response(content, media_type=media_type, headers=dict(HEADERS))

    return file
