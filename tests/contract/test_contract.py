"""The served OpenAPI document against the vendor's reference, by the reference's own checker."""

from __future__ import annotations

import importlib.util
import json
import re
from functools import cache
from typing import Any

import pytest

from api.accounts.roles import Role, right_to
from api.app import create_app
from api.bridge import Bridge
from api.settings import Settings
from api.world import World
from tests.reference import reference as file_of

METHODS = {"get", "post", "put", "patch", "delete"}


@cache
def reference() -> dict[str, Any]:
    document: dict[str, Any] = json.loads(file_of("openapi.json").read_text())
    return document


def no_world() -> World:
    raise AssertionError("a document needs no world")


@cache
def served() -> dict[str, Any]:
    app = create_app(Bridge(no_world, 0), Settings("a-key"))
    # Through text, as a client gets it.
    document: dict[str, Any] = json.loads(json.dumps(app.openapi()))
    return document


@cache
def differences() -> frozenset[str]:
    spec = importlib.util.spec_from_file_location("check_contract", file_of("check_contract.py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    check = module.Check(served(), reference())
    check.run()
    return frozenset(check.diffs)


def operations() -> list[tuple[str, str]]:
    return [(m, path) for path, methods in served()["paths"].items() for m in methods if m in METHODS]


def resolved(schema: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in schema:
        schema = served()["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]]
    return schema


def test_nothing_differs_from_the_reference() -> None:
    assert not differences()
    assert len(operations()) == 50


@pytest.mark.parametrize(("method", "path"), operations())
def test_an_operation_has_every_parameter_of_the_reference_and_no_other(method: str, path: str) -> None:
    wanted = {(p["name"], p["in"]) for p in reference()["paths"][path][method]["parameters"]}
    names = [(p["name"], p["in"]) for p in served()["paths"][path][method].get("parameters", [])]
    assert set(names) == wanted
    assert len(names) == len(wanted)


@pytest.mark.parametrize(("method", "path"), operations())
def test_an_operation_documents_its_refusals(method: str, path: str) -> None:
    operation = served()["paths"][path][method]
    statuses = set(operation["responses"])
    assert statuses >= {"200", "401", "503"}
    right = right_to(operation["operationId"])
    # Nobody could log in if that needed a credential: for some operations it is optional.
    assert operation["security"] == [{"BearerAuth": []}, *([{}] if right.open else [])]
    assert ("403" in statuses) >= (right.roles != frozenset(Role))
    if "requestBody" in operation:
        assert statuses >= {"413", "422"}
    if "{" in path:
        assert statuses >= {"404", "422"}


@pytest.mark.parametrize(("method", "path"), operations())
def test_the_fields_of_an_answer_are_always_there(method: str, path: str) -> None:
    schema = served()["paths"][path][method]["responses"]["200"]["content"]["application/json"]["schema"]
    for part in parts_of(schema):
        assert set(part.get("properties", {})) == set(part.get("required", ())), part["title"]


def parts_of(schema: dict[str, Any]) -> list[dict[str, Any]]:
    """All object schemas below a schema."""
    schema = resolved(schema)
    below = [*schema.get("properties", {}).values(), *schema.get("anyOf", ())]
    if "items" in schema:
        below.append(schema["items"])
    found = [part for one in below for part in parts_of(one)]
    return [schema, *found] if "properties" in schema else found


def test_bodies_may_be_left_out_where_the_reference_lets_them() -> None:
    for method, path in operations():
        wanted = reference()["paths"][path][method].get("requestBody")
        if wanted:
            assert served()["paths"][path][method]["requestBody"].get("required", False) == wanted["required"]


def test_operation_ids_are_unique_and_readable() -> None:
    ids = [served()["paths"][path][method]["operationId"] for method, path in operations()]
    assert len(set(ids)) == len(ids)
    assert all(re.fullmatch("[a-z]+(_[a-z]+)*", one) for one in ids)


def test_the_security_scheme_is_that_of_the_reference() -> None:
    ours, theirs = (d["components"]["securitySchemes"]["BearerAuth"] for d in (served(), reference()))
    assert {key: ours[key] for key in theirs} == theirs


def test_no_text_is_copied_from_the_reference() -> None:
    sentences = [text for line in lines_of_the_reference() for text in re.split(r"(?<=[.;:])\s+|\|", line)]
    theirs = {text for text in map(normal, sentences) if len(text.split()) > 3}
    assert len(theirs) > 100
    ours = {normal(text) for text in texts_in(served())}
    assert not ours & theirs


def test_no_six_words_in_a_row_are_those_of_the_reference() -> None:
    theirs = {run for line in lines_of_the_reference() for run in runs_of(line)}
    ours = {run for text in texts_in(served()) for run in runs_of(text)}
    assert len(theirs) > 500
    assert len(ours) > 1000
    assert not ours & theirs


def lines_of_the_reference() -> list[str]:
    """All lines of the reference; lists of names are everybody's."""
    text = file_of("api-reference.txt").read_text(encoding="utf-8")
    return re.sub(r"Supported fields:[^.|]*", "", text).splitlines()


def runs_of(text: str, length: int = 6) -> set[tuple[str, ...]]:
    """All runs of so many words; names of fields are everybody's."""
    words = normal(text).split()
    runs = {tuple(words[at : at + length]) for at in range(len(words) - length + 1)}
    return {run for run in runs if not any("_" in word for word in run)}


def texts_in(value: Any) -> list[str]:
    """The descriptions and summaries of a document, sentence by sentence."""
    if isinstance(value, list):
        return [text for one in value for text in texts_in(one)]
    if not isinstance(value, dict):
        return []
    found = [text for one in value.values() for text in texts_in(one)]
    for key in ("description", "summary"):
        if isinstance(value.get(key), str):
            found += re.split(r"(?<=[.;:])\s+|\n", value[key])
    return found


def normal(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.lower()))


NEEDED = {"balcony_id", "bot_id", "level_id"}
"""Fields that some requests cannot do without, though the reference requires none of them."""


def json_bodies() -> list[tuple[str, dict[str, Any]]]:
    """The schemas of all JSON request bodies of the reference by name, each with its example."""
    found = []
    for methods in reference()["paths"].values():
        for operation in methods.values():
            content = operation.get("requestBody", {}).get("content", {}).get("application/json")
            if content is not None:
                names = re.findall("schemas/([A-Za-z]+)", json.dumps(content["schema"]))
                found += [(name, content.get("example") or {}) for name in names]
    return found


@pytest.mark.parametrize(("name", "example"), json_bodies())
def test_null_stands_for_what_is_left_out_where_the_reference_gives_no_default_or_sends_null_itself(
    name: str, example: dict[str, Any]
) -> None:
    theirs = reference()["components"]["schemas"][name]
    ours = served()["components"]["schemas"][name]
    for field, about in theirs["properties"].items():
        if field in theirs.get("required", ()) or field in ours.get("required", ()):
            continue
        says_null = field in example and example[field] is None
        takes_null = "null" in types_of(ours["properties"][field])
        assert takes_null == (says_null or "default" not in about), field


def test_what_we_require_beyond_the_reference_is_what_nothing_can_be_done_without() -> None:
    for name, _ in json_bodies():
        theirs = reference()["components"]["schemas"][name].get("required", ())
        more = set(served()["components"]["schemas"][name].get("required", ())) - set(theirs)
        assert more <= {"type", "entities", "updates"} | NEEDED, name


def types_of(schema: dict[str, Any]) -> set[str]:
    """The JSON types that a schema takes; one that takes all takes null."""
    if "anyOf" in schema:
        return {kind for arm in schema["anyOf"] for kind in types_of(arm)}
    schema = resolved(schema)
    return {schema["type"]} if "type" in schema else {"null"}
