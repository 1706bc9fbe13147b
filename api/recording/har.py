"""HAR 1.2: its objects, and a file of them that is whole after every entry."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final
from urllib.parse import parse_qsl

from api.calls.journal import Body, is_text
from api.calls.secrecy import HIDDEN, header_without_secrets, without_secrets
from twin.domain.errors import Refusal

VERSION: Final = "1.2"
NO_TEXT: Final = "application/octet-stream"
Headers = Sequence[tuple[str, str]]


class RecordingRefused(Refusal):
    """A HAR file that cannot be written, read or replayed."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """A call and its answer. ``started`` is an ISO 8601 instant, ``took_ms`` wall time; ``status`` is 0
    where no whole answer came. ``extra`` are fields of our own, whose names begin with an underscore.
    """

    started: str
    took_ms: float
    method: str
    url: str
    sent: Body
    status: int
    answered: Body
    sent_headers: Headers = ()
    answered_headers: Headers = ()
    reason: str = ""
    http: str = "HTTP/1.1"
    comment: str = ""
    extra: tuple[tuple[str, Any], ...] = ()


def entry_of(exchange: Exchange, *, secrets: bool = False) -> dict[str, Any]:
    """The HAR entry of an exchange; ``secrets`` says whether they are written as well."""
    one = exchange
    took_ms = round(one.took_ms, 3)
    entry: dict[str, Any] = {
        "startedDateTime": one.started,
        "time": took_ms,
        "request": _request(one, secrets),
        "response": _response(one, secrets),
        "cache": {},
        "timings": {"send": 0, "wait": took_ms, "receive": 0},
        **dict(one.extra),
    }
    if one.comment:
        entry["comment"] = one.comment
    return entry


def _request(one: Exchange, secrets: bool) -> dict[str, Any]:
    url = one.url if secrets else without_secrets(one.url)
    request: dict[str, Any] = {
        "method": one.method,
        "url": url,
        "httpVersion": one.http,
        "cookies": [],
        "headers": _headers(one.sent_headers, secrets),
        "queryString": _pairs(url.partition("?")[2]),
        "headersSize": -1,
        "bodySize": one.sent.size,
    }
    if one.sent.size:
        request["postData"] = {"mimeType": one.sent.kind or NO_TEXT, **_text(one.sent, secrets, "_encoding")}
    return request


def _response(one: Exchange, secrets: bool) -> dict[str, Any]:
    content = {"size": one.answered.size, "mimeType": one.answered.kind or NO_TEXT}
    return {
        "status": one.status,
        "statusText": one.reason,
        "httpVersion": one.http,
        "cookies": [],
        "headers": _headers(one.answered_headers, secrets),
        "content": {**content, **_text(one.answered, secrets, "encoding")},
        "redirectURL": "",
        "headersSize": -1,
        "bodySize": one.answered.size,
    }


def _headers(headers: Headers, secrets: bool) -> list[dict[str, str]]:
    return [
        {"name": name, "value": value if secrets else header_without_secrets(name, value)}
        for name, value in headers
    ]


def _pairs(query: str) -> list[dict[str, str]]:
    return [{"name": name, "value": value} for name, value in parse_qsl(query, keep_blank_values=True)]


def _text(body: Body, secrets: bool, encoding: str) -> dict[str, str]:
    """The text of a body; of one that is no text its base64, named by ``encoding``."""
    cut = {} if body.is_whole else {"comment": f"cut after {len(body.kept)} of {body.size} bytes"}
    if not body.kept:
        return cut
    if not is_text(body.kept):
        return {"text": base64.b64encode(body.kept).decode(), encoding: "base64", **cut}
    text = body.kept.decode(errors="ignore")
    return {"text": text if secrets else without_secrets(text), **cut}


def head(creator: str, comment: str = "") -> dict[str, Any]:
    """A log without entries; ``creator`` is the version of the twin."""
    about = {"version": VERSION, "creator": {"name": "storage-twin", "version": creator}}
    return {**about, **({"comment": comment} if comment else {}), "entries": []}


def whole(creator: str, entries: Iterable[dict[str, Any]], comment: str = "") -> bytes:
    """A HAR file."""
    return json.dumps({"log": {**head(creator, comment), "entries": list(entries)}}).encode()


class HarFile:
    """A HAR file that grows. After every entry it is a whole one, whatever happens to the process."""

    TAIL: Final = b"\n]}}\n"

    def __init__(self, path: Path, creator: str, *, replace: bool = False, comment: str = "") -> None:
        """Raises RecordingRefused where there is a file already that may not be replaced."""
        try:
            self._file: IO[bytes] = path.open("wb" if replace else "xb")
        except FileExistsError:
            raise RecordingRefused(f"{path} is there already; --force replaces it") from None
        self.path, self.entries = path, 0
        start = json.dumps({"log": head(creator, comment)}).encode()
        self._end = len(start) - len(b"]}}")
        self._file.write(start[: self._end] + self.TAIL)
        self._file.flush()

    def add(self, entry: dict[str, Any]) -> None:
        """Write an entry over the tail, and the tail again, in one go."""
        text = (b",\n" if self.entries else b"\n") + json.dumps(entry).encode()
        self._file.seek(self._end)
        self._file.write(text + self.TAIL)
        self._file.flush()
        self._end += len(text)
        self.entries += 1

    def close(self) -> None:
        """Nothing is left to be written."""
        self._file.close()


def has_secret(text: str) -> bool:
    """Whether stars stand where something was hidden."""
    return HIDDEN in text
