"""Bodies of the tag Bot."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field
from typing_extensions import TypedDict

from twin.records.views.rows import BotRow


class BotResponse(TypedDict):
    """A bot."""

    id: int
    level_id: int
    lifted_carrier: Annotated[int | None, Field(description="The carrier it carries now.")]
    battery_level: Annotated[int, Field(ge=0, le=100, description="Per cent.")]
    is_charging: Annotated[bool, Field(description="Whether a charger feeds it.")]


class BotRemoveResponse(TypedDict):
    """What became of the wish to remove bots."""

    success: bool
    message: str


def bot_body(row: BotRow) -> BotResponse:
    """The body for a bot."""
    return {
        "id": row.id,
        "level_id": row.level,
        "lifted_carrier": row.carrier,
        "battery_level": row.soc_percent,
        "is_charging": row.charging,
    }
