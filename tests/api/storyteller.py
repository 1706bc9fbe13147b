"""Who tells the story of the examples: sends requests and keeps what was answered."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
from people import People, Wall

from tests.api.served import Served

SHOWN_DATA = "/var/lib/twin"
"""What the folder of the server is called in examples; the real one has a new name each time."""

BY_CHANCE = {
    "access_token": "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.AN-ACCESS-TOKEN",
    "refresh_token": "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.A-REFRESH-TOKEN",
    "api_key": "twin_0123456789abcdefghijklmnopqrstuvwxyzABCDEFG",
    "deleted_key": "twin_0123456789abcdefghijklmnopqrstuvwxyzABCDEFG",
    "otp": "12345678",
}
"""Fields that have another secret each time, and what examples show instead."""


def without_chance(value: Any) -> Any:
    """The same with other secrets."""
    if isinstance(value, list):
        return [without_chance(one) for one in value]
    if not isinstance(value, dict):
        return value
    return {
        key: BY_CHANCE[key] if one is not None and key in BY_CHANCE else without_chance(one)
        for key, one in value.items()
    }


class Story:
    """Sends requests and keeps what was answered."""

    def __init__(self, api: Served, wall: Wall, data: Path) -> None:
        self.api, self.wall, self._data = api, wall, str(data)
        self.people = People(api, api.accounts, wall)
        self._headers: dict[str, str] = {}
        self.recorded: list[dict[str, Any]] = []
        self._names = {
            (method, path): operation["operationId"]
            for path, methods in api.app.openapi()["paths"].items()
            for method, operation in methods.items()
        }

    def tell(
        self,
        status: int,
        method: str,
        template: str,
        path: dict[str, Any] | None = None,
        body: Any = None,
        query: dict[str, Any] | None = None,
        **options: Any,
    ) -> Any:
        """One request that is answered with ``status``; the body of the answer."""
        url = template.format(**(path or {}))
        if body is not None:
            options["json"] = body
        answer = self.api.call(method, url, params=query, headers=self._headers, **options)
        assert answer.status_code == status, (method, url, answer.status_code, answer.text)
        operation = self._names[method.lower(), f"/api/v2{template}"]
        return self._note(operation, answer, path, body, query, options.get("data"))

    def anywhere(self, answer: httpx.Response) -> None:
        """Keep an answer that every operation gives in the same way."""
        self._note("", answer, None, None, None, None)

    def _note(
        self,
        operation: str,
        answer: httpx.Response,
        path: dict[str, Any] | None,
        body: Any,
        query: dict[str, Any] | None,
        form: Any,
    ) -> Any:
        shown = json.loads(answer.text.replace(self._data, SHOWN_DATA))
        self.recorded.append(
            {
                "operation": operation,
                "status": answer.status_code,
                "path": path or {},
                "query": query or {},
                "body": without_chance(form if body is None else body),
                "answer": without_chance(shown),
            }
        )
        return shown

    @contextmanager
    def as_user(self) -> Iterator[None]:
        """Let Bob call, who has the role User."""
        token = self.people.login("bob@example.org")["access_token"]
        self._headers = {"Authorization": f"Bearer {token}"}
        yield
        self._headers = {}
