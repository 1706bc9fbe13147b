"""A small client of the API: what a warehouse management system would have."""

from __future__ import annotations

from typing import Any

import httpx

from twin.demonstration.process import Served

API = "/api/v2"

Body = dict[str, Any]


class NotAnswered(Exception):
    """An answer other than the one that is needed to go on."""


class Client:
    """Calls of the API, each of which must succeed."""

    def __init__(self, served: Served) -> None:
        headers = {"Authorization": f"Bearer {served.api_key}"}
        self._http = httpx.Client(base_url=served.url, headers=headers, timeout=60, trust_env=False)

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def ask(self, method: str, path: str, body: Body | None = None, **query: Any) -> httpx.Response:
        """Any call, whatever it answers."""
        return self._http.request(method, path, json=body, params=query)

    def status_for_strangers(self, path: str) -> int:
        """What a call without a key is answered."""
        return httpx.get(self._http.base_url.join(path), trust_env=False).status_code

    def get(self, path: str, **query: Any) -> Any:
        """Read something of the API."""
        return self._good("GET", API + path, None, **query)

    def post(self, path: str, body: Body | None = None) -> Any:
        """Create or do something of the API."""
        return self._good("POST", API + path, body)

    def _good(self, method: str, path: str, body: Body | None, **query: Any) -> Any:
        answer = self.ask(method, path, body, **query)
        if answer.is_error:
            raise NotAnswered(f"{method} {path}: {answer.status_code} {answer.text}")
        return answer.json()

    # -- the clock

    def clock(self) -> Body:
        """Simulated time and pace."""
        clock: Body = self._good("GET", "/_twin/clock", None)
        return clock

    def advance_until(self, until: str | Body, limit: str = "PT1H") -> Body:
        """Move simulated time forward until something is so."""
        outcome: Body = self._good("POST", "/_twin/clock/advance", {"until": until, "limit": limit})
        return outcome

    # -- readings

    def sku(self, sku_id: str) -> Body:
        """One SKU with its sums."""
        return self._one("/skus", id__eq=sku_id)

    def request(self, request_id: str) -> Body:
        """One request."""
        return self._one("/requests", id__eq=request_id)

    def job(self, job_id: str) -> Body:
        """One job."""
        return self._one("/jobs", id__eq=job_id)

    def jobs(self, **query: Any) -> list[Body]:
        """Jobs, oldest first."""
        items: list[Body] = self.get("/jobs", size=200, sort_by="created_at", **query)["items"]
        return items

    def _one(self, path: str, **query: Any) -> Body:
        items: list[Body] = self.get(path, **query)["items"]
        if len(items) != 1:
            raise NotAnswered(f"GET {path} {query}: one item expected, {len(items)} seen")
        return items[0]
