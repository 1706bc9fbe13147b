"""A small warehouse management system: what an integrator writes against the vendor's API.

It knows nothing of a twin: the same code runs against the site. It survives what
happens on a network: lost connections, a busy server, a token that has ended. Every
request carries an id of its own, so that one that is sent again is never done twice.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx

TRIES = 4
BUSY = (429, 502, 503, 504)


class Refused(Exception):
    """The storage system has said no; ``codes`` are its reasons by entity."""

    def __init__(self, status: int, body: Any) -> None:
        super().__init__(f"{status}: {body.get('detail', body)}")
        self.status = status
        self.codes = {one["entity_id"]: one["error_code"] for one in body.get("entity_feedback", ())}


@dataclass
class Wms:
    """Orders by their number, and the stock it believes in.

    ``log_in`` gives a new access token where the old one has ended; ``pause`` waits between
    two tries. ``suffix`` is put behind SKUs and order numbers where others use the site as well.
    """

    client: httpx.Client
    log_in: Callable[[], str] | None = None
    pause: Callable[[float], None] = time.sleep
    suffix: str = ""
    stock: dict[str, int] = field(default_factory=dict)
    boxes: list[int] = field(default_factory=list)
    orders: list[str] = field(default_factory=list)

    def its(self, name: str) -> str:
        """What an SKU or an order is called in the storage system."""
        return name + self.suffix

    # -- what people ask for

    def receive(self, sku: str, pieces: int, room: int) -> int:
        """Put a new box with pieces on an empty carrier; the box."""
        self._post("/sku", {"id": self.its(sku)}, may_exist=True)
        box = int(self._post(f"/box/{self._empty_carrier()}", {"section_code": "11111111"})["id"])
        load = {"sku_id": self.its(sku), "item_count": pieces, "item_count_max": room}
        self._post(f"/load/{box}", load)
        self.stock[sku] = self.stock.get(sku, 0) + pieces
        self.boxes.append(box)
        return box

    def clear(self) -> None:
        """Take out of the system what came in by ``receive``."""
        while self.boxes:
            box = self.boxes.pop()
            for path in (f"/load/{box}", f"/box/{box}"):
                self._call("DELETE", path)

    def order(self, number: str, lines: dict[str, int], priority: int = 0) -> str:
        """Have lines picked; the id of the request, made of the order's number. Raises Refused."""
        entities = [{"sku_id": self.its(sku), "quantity": quantity} for sku, quantity in lines.items()]
        body = {"type": "FULFILLMENT", "id": self.its(number), "entities": entities, "priority": priority}
        self._post("/requests", body)
        self.orders.append(number)
        return self.its(number)

    def picked(self, job: str) -> None:
        """The person at the balcony has pushed the button. A second push does no harm."""
        self._post(f"/trigger/{job}", {"TriggerStatus": "SUCCEEDED_TRIGGER"})

    # -- what it looks up

    def state_of(self, number: str) -> str:
        """The status of an order."""
        (request,) = self._get("/requests", id__eq=self.its(number))["items"]
        return str(request["status"])

    def jobs(self, number: str) -> list[dict[str, Any]]:
        """The jobs of an order that pick something."""
        return list(self._get("/jobs", request_id__eq=self.its(number), type__eq="FULFILLMENT")["items"])

    def count(self, sku: str) -> int:
        """Pieces of a SKU, as the storage system counts them; the WMS believes that from now on."""
        (found,) = self._get("/skus", id__eq=self.its(sku))["items"]
        self.stock[sku] = found["total_quantity"]
        return self.stock[sku]

    def _empty_carrier(self) -> str:
        rows = self._get("/inventory_view", size="1000")["items"]
        return next(str(row["carrier_id"]) for row in rows if row["carrier_id"] and row["box_id"] is None)

    # -- the wire

    def _get(self, path: str, **query: str) -> Any:
        answer, _ = self._call("GET", path, params=query)
        if answer.is_error:
            raise Refused(answer.status_code, answer.json())
        return answer.json()

    def _post(self, path: str, body: Any, *, may_exist: bool = False) -> Any:
        """Send. A conflict after a try whose answer was lost means: that try has done it."""
        answer, tries = self._call("POST", path, json=body)
        done_before = answer.status_code == 409 and (tries > 1 or may_exist)
        if answer.is_error and not done_before:
            raise Refused(answer.status_code, answer.json())
        return answer.json()

    def _call(self, method: str, path: str, **options: Any) -> tuple[httpx.Response, int]:
        """The answer, and after how many tries it came. Raises httpx.TransportError after the last."""
        for tries in range(1, TRIES + 1):
            try:
                answer = self.client.request(method, f"/api/v2{path}", **options)
            except httpx.TransportError:
                if tries == TRIES:
                    raise
                self.pause(2.0**tries)
                continue
            if answer.status_code == 401 and self.log_in is not None and tries == 1:
                self.client.headers["Authorization"] = f"Bearer {self.log_in()}"
            elif answer.status_code in BUSY and tries < TRIES:
                self.pause(float(answer.headers.get("Retry-After", 2**tries)))
            else:
                return answer, tries
        raise AssertionError("the last try returns or raises")
