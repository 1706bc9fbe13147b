"""JSON without loss: integers of any length go out digit by digit, and nothing odd comes in."""

from __future__ import annotations

import json
from typing import Any, NoReturn

import orjson
from starlette.responses import JSONResponse


class ExactResponse(JSONResponse):
    """A JSON body in which integers of any length are exact, as ``section_code_32`` needs."""

    def render(self, content: Any) -> bytes:
        """The bytes of ``content``."""
        return written(content)


LONGEST = 1 << 63
"""Integers from this on are written digit by digit."""

_WRITER = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def written(content: Any) -> bytes:
    """JSON, exact beyond 64 bits.

    orjson is many times as fast as Python's own writer, but refuses integers beyond 64 bits.
    """
    try:
        return orjson.dumps(content)
    except TypeError:
        return _WRITER.encode(content).encode()


def digits(value: int) -> orjson.Fragment:
    """An integer of any length as orjson takes it."""
    return orjson.Fragment(b"%d" % value)


def parse_json(body: bytes) -> Any:
    """The value of a JSON text. Raises JSONDecodeError for whatever is not plain, finite, Unicode JSON."""
    try:
        text = body.decode()
    except UnicodeDecodeError as error:
        raise json.JSONDecodeError("not UTF-8", "", error.start) from None
    try:
        value = _READER.decode(text)
        if "\\u" in text:
            _refuse_halves(value)
    except RecursionError:
        raise _refused("nested too deeply") from None
    except ValueError as error:
        if isinstance(error, json.JSONDecodeError):
            raise
        raise _refused("a number has too many digits") from None
    return value


def _refuse_constant(name: str) -> NoReturn:
    raise _refused(f"{name} is no number")


def _refuse_halves(value: Any) -> None:
    """Refuse strings with half of a surrogate pair: that is no text and cannot be sent."""
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        raise _refused("a string holds half of a surrogate pair") from None


def _refused(reason: str) -> json.JSONDecodeError:
    return json.JSONDecodeError(reason, "", 0)


_READER = json.JSONDecoder(parse_constant=_refuse_constant)
