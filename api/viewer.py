"""Pages that show the OpenAPI documents. Their scripts come from an installed package: no internet."""

from __future__ import annotations

import html
import json
from collections.abc import Callable, Coroutine, Mapping
from importlib.resources import files
from typing import Any, Final

from fastapi import APIRouter
from starlette.responses import Response

ASSETS: Mapping[str, str] = {
    "swagger-ui-bundle.js": "text/javascript",
    "swagger-ui.css": "text/css",
    "favicon.png": "image/png",
}
"""The files of Swagger UI, which the package fastapi-offline carries."""

HEADERS: Mapping[str, str] = {
    # Swagger UI sets styles from its script; nothing may come from elsewhere.
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
        "img-src 'self' data:; font-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
}

_PAGE: Final = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<link rel="icon" href="{own}/favicon.png">
<link rel="stylesheet" href="{own}/swagger-ui.css">
<div id="document"></div>
<script src="{own}/swagger-ui-bundle.js"></script>
<script src="{own}/start.js"></script>
"""
_START: Final = """SwaggerUIBundle({{
  url: {url},
  dom_id: "#document",
  deepLinking: true,
  persistAuthorization: false,
  validatorUrl: null,
  defaultModelsExpandDepth: 0,
}});
"""


def viewer(title: str, document: str, own: str = "docs") -> APIRouter:
    """The page ``/docs`` for a document; ``document`` and ``own`` are relative to the page."""
    router = APIRouter(include_in_schema=False)
    page = _PAGE.format(title=html.escape(title), own=own)
    start = _START.format(url=json.dumps(document))

    @router.get("/docs")
    async def show_page() -> Response:
        return Response(page, media_type="text/html", headers=HEADERS)

    @router.get("/docs/start.js")
    async def start_page() -> Response:
        return Response(start, media_type="text/javascript", headers=HEADERS)

    for name in ASSETS:
        router.add_api_route(f"/docs/{name}", _asset(name), methods=["GET"])
    return router


def _asset(name: str) -> Callable[[], Coroutine[Any, Any, Response]]:
    async def asset() -> Response:
        content = (files("fastapi_offline") / "static" / name).read_bytes()
        headers = {**HEADERS, "Cache-Control": "public, max-age=86400"}
        return Response(content, media_type=ASSETS[name], headers=headers)

    return asset
