"""``/fidelity``: how far the API can be trusted to be the vendor's."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter

from api.fidelity.page import report, served_operations

router = APIRouter(tags=["fidelity"])


@router.get("/fidelity")
async def fidelity() -> dict[str, Any]:
    """For each operation what the reference says, what was decided here, and what is left out. Needs no key.

    Entries of `assumed` are sections of `docs/assumptions.md`, or `section/row`.
    """
    return report(served_operations())
