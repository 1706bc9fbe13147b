"""Every query and path parameter of the reference, by name, has its effect on a served twin."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from functools import cache

import pytest

from tests.api import naive
from tests.api.people import People, people
from tests.api.served import Served
from tests.contract.asking import Asked
from tests.contract.listing_parameters import LISTINGS
from tests.contract.other_parameters import OTHERS, begin_again
from tests.contract.well_travelled import well_travelled
from tests.reference import reference

METHODS = ("get", "post", "put", "patch", "delete")


@pytest.fixture(scope="module")
def api() -> Iterator[Served]:
    with well_travelled() as served:
        yield served


@pytest.fixture(scope="module")
def door() -> Iterator[People]:
    with people() as served:
        yield served


@pytest.fixture(scope="module")
def listed(api: Served) -> Callable[[str], Asked]:
    """A listing with all of its rows."""
    return cache(lambda path: Asked(api, path, naive.unfiltered(api, path)))


def test_every_parameter_of_the_reference_has_its_entry_and_no_other() -> None:
    entries = {*OTHERS, *(("GET", path, name) for path, names in LISTINGS.items() for name in names)}
    document = json.loads(reference("openapi.json").read_text())
    named = [
        (method.upper(), path.removeprefix("/api/v2"), parameter["name"])
        for path, methods in document["paths"].items()
        for method in METHODS
        for parameter in methods.get(method, {}).get("parameters", ())
        if parameter["in"] in ("query", "path")
    ]
    assert set(named) == entries
    assert len(named) == len(entries) == 168


@pytest.mark.parametrize(
    ("path", "name"), [(path, name) for path, names in LISTINGS.items() for name in names]
)
def test_a_parameter_of_a_listing_has_its_effect(
    listed: Callable[[str], Asked], path: str, name: str
) -> None:
    LISTINGS[path][name](listed(path), name)


@pytest.mark.parametrize(("method", "path", "name"), OTHERS)
def test_a_parameter_has_its_effect(door: People, method: str, path: str, name: str) -> None:
    begin_again(door.api)
    OTHERS[method, path, name](door)
