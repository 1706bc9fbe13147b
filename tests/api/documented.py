"""Every answer that a test gets from the vendor's operations has a status that the document names."""

from __future__ import annotations

from functools import cache

import httpx

from api.app import create_app
from api.bridge import Bridge
from api.calls.catalogue import Catalogue, Operation
from api.document import METHODS
from api.settings import Settings
from api.world import World


def no_world() -> World:
    raise AssertionError("a document needs no world")


@cache
def operations() -> tuple[Catalogue, dict[str, frozenset[str]]]:
    """The operations, and the documented statuses of each by its id."""
    document = create_app(Bridge(no_world, 0), Settings("a-key")).openapi()
    found, statuses = [], {}
    for path, methods in document["paths"].items():
        for method in METHODS:
            if method in methods:
                one = Operation(methods[method]["operationId"], method.upper(), path)
                found.append(one)
                statuses[one.id] = frozenset(methods[method]["responses"])
    return Catalogue(found), statuses


def check(answer: httpx.Response) -> httpx.Response:
    """The same answer, which must be documented where it is that of an operation."""
    catalogue, statuses = operations()
    request = answer.request
    called = catalogue.match(request.method, request.url.raw_path.decode().partition("?")[0])
    if called is not None:
        assert str(answer.status_code) in statuses[called.id], (str(called), answer.status_code, answer.text)
    return answer
