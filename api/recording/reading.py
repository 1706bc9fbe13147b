"""Reading HAR files as browsers, proxies and the twin write them: what of one can be replayed, and why
the rest cannot.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final
from urllib.parse import SplitResult, parse_qsl, urlencode, urlsplit

from api.recording.har import RecordingRefused, has_secret

API: Final = "/api/"
LARGEST: Final = 1 << 30
"""Bytes of a file that is read; it is in memory while that is done."""
FORM: Final = "application/x-www-form-urlencoded"
LONGEST_QUERY: Final = 1 << 16

OTHER_PATH = "not below /api/"
OTHER_HOST = "of another host"
NO_REQUEST = "without a whole request"
NO_TIME = "without a time"
CUT_BODY = "whose body is not all there"
HIDDEN_BODY = "with a secret that was not recorded"
PREFLIGHT = "asked by a browser on its own (OPTIONS)"
"""Why entries are passed over."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """A call that can be made again. ``number`` is its place in the file, from 1; ``status`` is 0 where no
    answer came; ``answer`` is None where it is not there or not whole.
    """

    number: int
    started: datetime
    method: str
    path: str
    query: str
    body: bytes
    kind: str
    status: int
    answer: bytes | None


@dataclass(frozen=True, slots=True)
class Recording:
    """The calls of one site, in the order of their times, and how many entries were passed over and why."""

    host: str
    calls: tuple[Recorded, ...]
    entries: int
    skipped: Mapping[str, int]


class _Skipped(Exception):
    """An entry that is passed over."""


def read_recording(path: Path, host: str | None = None) -> Recording:
    """What of a HAR file can be replayed. Raises RecordingRefused.

    ``host`` is the site (as in the addresses, with its port); without one it is that with most
    calls below ``/api/``.
    """
    entries = _entries(path)
    skipped: Counter[str] = Counter()
    found: list[tuple[str, Recorded]] = []
    for number, entry in enumerate(entries, 1):
        try:
            found.append(_recorded(number, entry))
        except _Skipped as reason:
            skipped[str(reason)] += 1
    hosts = Counter(of for of, _ in found)
    if not hosts:
        raise RecordingRefused(f"{path}: none of {len(entries)} entries can be replayed: {_told(skipped)}")
    if host is not None and host not in hosts:
        raise RecordingRefused(f"{path}: no calls of {host}; there are {', '.join(sorted(hosts))}")
    site = host or max(sorted(hosts), key=lambda one: hosts[one])
    calls = sorted((one for of, one in found if of == site), key=lambda one: one.started)
    skipped[OTHER_HOST] = len(found) - len(calls)
    return Recording(site, tuple(calls), len(entries), {why: n for why, n in skipped.items() if n})


def _told(skipped: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {why}" for why, count in skipped.items()) or "there are none"


def _entries(path: Path) -> list[Any]:
    size = path.stat().st_size
    if size > LARGEST:
        raise RecordingRefused(f"{path}: {size >> 20} MiB; a recording has at most {LARGEST >> 20} MiB")
    try:
        document = json.loads(path.read_bytes())
    except (ValueError, RecursionError) as error:
        raise RecordingRefused(f"{path}: neither a capsule nor a whole HAR file: {error}") from None
    log = document.get("log") if isinstance(document, dict) else None
    entries = log.get("entries") if isinstance(log, dict) else None
    if not isinstance(entries, list):
        raise RecordingRefused(f"{path}: JSON, but no HAR file: it has no log.entries")
    return entries


def _recorded(number: int, entry: Any) -> tuple[str, Recorded]:
    request, response = _part(entry, "request"), _part(entry, "response")
    method, url = request.get("method"), request.get("url")
    if not isinstance(method, str) or not isinstance(url, str):
        raise _Skipped(NO_REQUEST)
    address = _split(url)
    if not address.path.startswith(API):
        raise _Skipped(OTHER_PATH)
    if method.upper() == "OPTIONS":
        raise _Skipped(PREFLIGHT)
    body, kind = _body(request)
    if has_secret(address.query) or has_secret(body.decode("latin-1")):
        raise _Skipped(HIDDEN_BODY)
    status = response.get("status")
    call = Recorded(
        number,
        _started(entry),
        method.upper(),
        address.path,
        address.query,
        body,
        kind,
        status if isinstance(status, int) else 0,
        _answer(response),
    )
    return address.netloc, call


def _part(value: Any, name: str) -> dict[str, Any]:
    part = value.get(name) if isinstance(value, dict) else None
    return part if isinstance(part, dict) else {}


def _split(url: str) -> SplitResult:
    try:
        address = urlsplit(url)
    except ValueError:
        raise _Skipped(NO_REQUEST) from None
    if address.scheme not in ("http", "https"):
        raise _Skipped(OTHER_PATH)
    return replace_host(address)


def replace_host(address: SplitResult) -> SplitResult:
    """The address with its host in lower case and without a user."""
    return address._replace(netloc=address.netloc.rpartition("@")[2].lower())


def _started(entry: Any) -> datetime:
    twin = _part(entry, "_twin").get("now")
    text = twin if isinstance(twin, str) else entry.get("startedDateTime")
    try:
        moment = datetime.fromisoformat(text)
    except (TypeError, ValueError):
        raise _Skipped(NO_TIME) from None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)


def _body(request: Mapping[str, Any]) -> tuple[bytes, str]:
    data, size = _part(request, "postData"), request.get("bodySize")
    kind = data.get("mimeType")
    kind = kind if isinstance(kind, str) else ""
    text = data.get("text")
    if not isinstance(text, str):
        return _form(data, kind, size), kind
    body = _decoded(text, data.get("_encoding") or data.get("encoding"))
    if data.get("comment", "").startswith("cut after"):
        raise _Skipped(CUT_BODY)
    return body, kind


def _form(data: Mapping[str, Any], kind: str, size: Any) -> bytes:
    """The body of a form of which only the fields are there; none at all where nothing was sent."""
    params = data.get("params")
    if kind.startswith(FORM) and isinstance(params, list):
        pairs = [(str(one.get("name", "")), str(one.get("value", ""))) for one in params]
        return urlencode(pairs).encode()
    if data or (isinstance(size, int) and size > 0):
        raise _Skipped(CUT_BODY)
    return b""


def _decoded(text: str, encoding: Any) -> bytes:
    if encoding != "base64":
        return text.encode("utf-8", "surrogatepass")
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error:
        raise _Skipped(CUT_BODY) from None


def _answer(response: Mapping[str, Any]) -> bytes | None:
    content = _part(response, "content")
    text = content.get("text")
    if not isinstance(text, str) or str(content.get("comment", "")).startswith("cut after"):
        return None
    try:
        return _decoded(text, content.get("encoding"))
    except _Skipped:
        return None


def shifted(call: Recorded, change: Callable[[str, str], str]) -> Recorded:
    """The call with the values of its query changed, each by its name."""
    if not call.query or len(call.query) > LONGEST_QUERY:
        return call
    pairs = parse_qsl(call.query, keep_blank_values=True)
    changed = [(name, change(name, value)) for name, value in pairs]
    return call if changed == pairs else replace(call, query=urlencode(changed))
