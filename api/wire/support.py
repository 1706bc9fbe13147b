"""Bodies of the tag Support."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field
from typing_extensions import TypedDict


class CreateIssueResponse(TypedDict):
    """Where a new issue can be found."""

    key: Annotated[str, Field(description="The issue's own name: TWIN-1, TWIN-2, ...")]
    url: Annotated[str, Field(description="The issue as JSON; asks for the same credential.")]
