"""What the bodies of several tags share: strict types, pages, pairs of stamps."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Annotated, Any, Generic, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, Field, Strict, StringConstraints
from pydantic_core import PydanticCustomError

from api.listing import Slice

Item = TypeVar("Item")
Row = TypeVar("Row")

LONGEST_TEXT = 255
SMALLEST_INT, LARGEST_INT = -(2**31), 2**31 - 1


def without_nul(value: str) -> str:
    """The text, refused where it holds a NUL."""
    if "\x00" in value:
        raise PydanticCustomError("string_nul", "String should not contain the character NUL")
    return value


Text = Annotated[
    str, Strict(), StringConstraints(min_length=1, max_length=LONGEST_TEXT), AfterValidator(without_nul)
]
"""An id or another text that cannot be empty."""
Name = Annotated[str, Strict(), StringConstraints(max_length=LONGEST_TEXT), AfterValidator(without_nul)]
"""A text that may be empty."""
Flag = Annotated[bool, Field(strict=True)]
"""True or false, and nothing that could be taken for it."""
Whole = Annotated[int, Strict(), Field(ge=SMALLEST_INT, le=LARGEST_INT)]
"""An integer: not a string of digits, not 5.0, not true."""
Pieces = Annotated[int, Strict(), Field(ge=0, le=LARGEST_INT)]
SomePieces = Annotated[int, Strict(), Field(ge=1, le=LARGEST_INT)]

LocalStamp = Annotated[
    str,
    Field(json_schema_extra={"format": "date-time"}, description="Berlin wall time, without an offset."),
]
UtcStamp = Annotated[
    str,
    Field(json_schema_extra={"format": "date-time"}, description="The same moment in UTC, with its offset."),
]


def null_means(default: Any, kind: Any) -> BeforeValidator:
    """Let null stand for ``default`` in a field of ``kind``."""

    def given(value: Any) -> Any:
        return default if value is None else value

    return BeforeValidator(given, json_schema_input_type=kind | None)


def _plain_digits(value: object) -> object:
    if isinstance(value, str) and not re.fullmatch("0|-?[1-9][0-9]{0,39}", value):
        message = "Input should be a valid integer, in plain digits without zeros in front"
        raise PydanticCustomError("int_parsing", message)
    return value


PathInt = Annotated[int, BeforeValidator(_plain_digits)]
"""An integer in a path: nothing but digits, so that every id has one spelling only."""


def whole_id(text: str) -> int | None:
    """The number that an id given as text stands for, or None where no id is written so."""
    return int(text) if re.fullmatch("[1-9][0-9]{0,17}", text) else None


class Page(BaseModel, Generic[Item]):
    """One page of a listing."""

    items: list[Item]
    total: int = Field(ge=0, description="Rows on all pages together.")
    page: int = Field(ge=1)
    size: int = Field(ge=1, description="Rows that a full page has.")
    pages: int = Field(ge=0)


def page_body(part: Slice[Row], item: Callable[[Row], Any]) -> dict[str, Any]:
    """The body of a `Page`."""
    return {
        "items": [item(row) for row in part.rows],
        "total": part.total,
        "page": part.page,
        "size": part.size,
        "pages": part.pages,
    }
