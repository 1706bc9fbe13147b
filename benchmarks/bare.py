"""What the twin's server is measured against: a bare FastAPI app with the same typed rows and bodies."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import uvicorn
from fastapi import FastAPI

from api.wire.common import Page
from api.wire.inventory_view import InventoryViewResponse
from api.wire.jobs import JobResponse
from api.wire.requests import RequestCreateInput
from api.wire.sku import Sku, SkuPatch


def bare_app(inventory: dict[str, Any], jobs: dict[str, Any]) -> FastAPI:
    """An app that answers two given pages, and validates two bodies and sends them back."""
    app = FastAPI()

    @app.get("/api/v2/inventory_view", response_model=Page[InventoryViewResponse])
    async def get_inventory_view() -> Any:
        return inventory

    @app.get("/api/v2/jobs", response_model=Page[JobResponse])
    async def get_jobs() -> Any:
        return jobs

    @app.post("/api/v2/sku", response_model=Sku)
    async def create_sku(sku: Sku) -> Any:
        return sku

    @app.patch("/api/v2/sku/{sku_id}", response_model=SkuPatch)
    async def change_sku(sku_id: str, changes: SkuPatch) -> Any:
        return changes

    @app.post("/api/v2/requests", response_model=RequestCreateInput)
    async def create_request(wanted: RequestCreateInput) -> Any:
        return wanted

    return app


def main() -> None:
    """Serve on the port of the first argument the pages in the file of the second."""
    pages = json.loads(Path(sys.argv[2]).read_text())
    app = bare_app(pages["inventory_view"], pages["jobs"])
    uvicorn.run(app, port=int(sys.argv[1]), log_level="warning", access_log=False, server_header=False)


if __name__ == "__main__":
    main()
