"""The OpenAPI documents: complete, true, readable by old and new tools, and shown without the internet."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import example_story
import pytest
from jsonschema import Draft202012Validator
from openapi_schema_validator import OAS30Validator
from openapi_spec_validator import OpenAPIV30SpecValidator, OpenAPIV31SpecValidator

from tests.api.served import Served, serve

METHODS = {"get", "post", "put", "patch", "delete"}
CANNOT_OCCUR = {
    ("get_setting", "422"),
    ("reset_setting", "422"),
    ("delete_sku", "422"),
}
"""Statuses that the reference documents, but that no request to these operations has."""

WORDS_OF_31 = {"const", "contentMediaType", "contentEncoding", "prefixItems", "$defs", "examples"}


@pytest.fixture(scope="module")
def api() -> Iterator[Served]:
    with serve() as served:
        yield served


@pytest.fixture(scope="module")
def document(api: Served) -> dict[str, Any]:
    body: dict[str, Any] = api.send("GET", "/openapi.json").json()
    return body


@pytest.fixture(scope="module")
def older(api: Served) -> dict[str, Any]:
    body: dict[str, Any] = api.send("GET", "/openapi-3.0.json").json()
    return body


def operations(document: dict[str, Any]) -> list[dict[str, Any]]:
    """All operations of a document."""
    return [one for ways in document["paths"].values() for method, one in ways.items() if method in METHODS]


def answers(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Operation, status and JSON content of every answer in a document."""
    for operation in operations(document):
        for status, response in operation["responses"].items():
            yield operation["operationId"], status, response["content"]["application/json"]


def schemas(value: Any) -> Iterator[dict[str, Any]]:
    """All objects of a document that are no examples, schemas among them."""
    if isinstance(value, list):
        for one in value:
            yield from schemas(one)
    elif isinstance(value, dict):
        yield value
        for key, one in value.items():
            if key != "example":
                yield from schemas(one)


def test_every_part_of_the_document_is_explained(document: dict[str, Any]) -> None:
    tags = {tag["name"]: tag["description"] for tag in document["tags"]}
    assert document["info"]["description"]
    for operation in operations(document):
        name = operation["operationId"]
        assert operation["summary"], name
        assert len(operation["description"]) > 20, name
        assert tags[operation["tags"][0]], name
        for parameter in operation.get("parameters", ()):
            assert parameter["description"], (name, parameter["name"])
        for status, response in operation["responses"].items():
            assert response["description"], (name, status)


def test_every_answer_that_can_occur_has_a_recorded_example(document: dict[str, Any]) -> None:
    lacking = {(name, status) for name, status, content in answers(document) if "example" not in content}
    assert lacking == CANNOT_OCCUR, "tests/api/example_story.py needs a line for each of these"


def test_every_request_has_an_example(document: dict[str, Any]) -> None:
    for operation in operations(document):
        for parameter in operation.get("parameters", ()):
            if parameter["in"] == "path" or parameter["name"] in ("page", "size", "sort_by"):
                assert "example" in parameter, (operation["operationId"], parameter["name"])
        for media, content in operation.get("requestBody", {}).get("content", {}).items():
            assert "example" in content or media == "multipart/form-data", operation["operationId"]


def test_the_examples_are_what_the_twin_answers_today() -> None:
    again = example_story.written(example_story.record())
    assert again == example_story.EXAMPLES.read_text(encoding="utf-8"), "run tests/api/example_story.py"


def examples(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any], Any]]:
    """Where an example is, the schema it must have, and the example."""
    for operation in operations(document):
        name = operation["operationId"]
        for parameter in operation.get("parameters", ()):
            if "example" in parameter:
                yield f"{name} ?{parameter['name']}", parameter["schema"], parameter["example"]
        for content in operation.get("requestBody", {}).get("content", {}).values():
            if "example" in content:
                yield f"{name} <-", content["schema"], content["example"]
    for name, status, content in answers(document):
        if "example" in content:
            yield f"{name} {status}", content["schema"], content["example"]


def test_every_example_has_the_documented_form(document: dict[str, Any]) -> None:
    for where, schema, example in examples(document):
        whole = {**schema, "components": document["components"]}
        for error in Draft202012Validator(whole).iter_errors(example):
            raise AssertionError((where, error.message))


def test_every_example_has_the_documented_form_in_the_older_document(older: dict[str, Any]) -> None:
    for where, schema, example in examples(older):
        whole = {**schema, "components": older["components"]}
        for error in OAS30Validator(whole).iter_errors(example):
            raise AssertionError((where, error.message))


def test_both_documents_are_what_they_say(document: dict[str, Any], older: dict[str, Any]) -> None:
    assert (document["openapi"][:3], older["openapi"]) == ("3.1", "3.0.3")
    OpenAPIV31SpecValidator(document).validate()  # type: ignore[arg-type]
    OpenAPIV30SpecValidator(older).validate()  # type: ignore[arg-type]


def test_the_older_document_has_the_same_operations(document: dict[str, Any], older: dict[str, Any]) -> None:
    for new, old in zip(operations(document), operations(older), strict=True):
        assert new["operationId"] == old["operationId"]
        assert set(new["responses"]) == set(old["responses"])
        assert [p["name"] for p in new.get("parameters", ())] == [
            p["name"] for p in old.get("parameters", ())
        ]
    assert set(document["components"]["schemas"]) == set(older["components"]["schemas"])


def test_the_older_document_has_no_newer_words(older: dict[str, Any]) -> None:
    for schema in schemas(older):
        assert not WORDS_OF_31 & set(schema), schema
        assert not isinstance(schema.get("type"), list), schema
        assert schema.get("type") != "null", schema
        assert isinstance(schema.get("exclusiveMinimum", False), bool), schema
        if "$ref" in schema:
            assert len(schema) == 1


@pytest.mark.parametrize("which", ["document", "older"])
def test_generators_of_clients_recognise_a_file(which: str, request: pytest.FixtureRequest) -> None:
    parts = request.getfixturevalue(which)["components"]["schemas"]
    image = next(schema for name, schema in parts.items() if name.startswith("Body_upload_image"))
    issue = next(schema for name, schema in parts.items() if name.startswith("Body_create_issue"))
    assert image["properties"]["picture"]["format"] == "binary"
    assert issue["properties"]["files"]["items"]["format"] == "binary"


def test_the_document_has_the_version_of_the_project(document: dict[str, Any]) -> None:
    assert re.fullmatch(r"\d+\.\d+\.\d+.*", document["info"]["version"])
    assert document["info"]["license"]["name"] == "MIT"


@pytest.mark.parametrize("base", ["", "/_twin"])
def test_the_documents_are_shown_without_the_internet(api: Served, base: str) -> None:
    page = api.send("GET", f"{base}/docs", headers={"Authorization": ""})
    assert page.headers["Content-Type"].startswith("text/html")
    sources = re.findall(r'(?:src|href)="([^"]*)"', page.text)
    assert len(sources) == 4
    for source in sources:
        asset = api.send("GET", f"{base}/{source}")
        assert (asset.status_code, bool(asset.content)) == (200, True), source
    start = api.send("GET", f"{base}/docs/start.js").text
    assert api.send("GET", f"{base}/{json.loads(re.findall('url: (.*),', start)[0])}").status_code == 200
    for text in (page.text, start):
        assert "//" not in text


@pytest.mark.parametrize("path", ["/docs", "/docs/swagger-ui-bundle.js", "/_twin/docs/start.js"])
def test_a_browser_is_told_to_load_nothing_from_elsewhere(api: Served, path: str) -> None:
    policy = api.send("GET", path).headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "http" not in policy
    assert "*" not in policy


def test_the_viewers_are_no_part_of_the_documents(api: Served, document: dict[str, Any]) -> None:
    assert all(path.startswith("/api/v2/") for path in document["paths"])
    assert not [path for path in api.send("GET", "/_twin/openapi.json").json()["paths"] if "docs" in path]


def test_how_faithful_the_operations_are_is_told_to_anybody(api: Served, document: dict[str, Any]) -> None:
    facts = api.send("GET", "/_twin/fidelity", headers={"Authorization": ""}).json()
    told = {one["operation"]: one["level"] for one in facts["operations"]}
    for path, methods in document["paths"].items():
        for method in methods:
            assert told[f"{method.upper()} {path}"] in ("reference", "assumed", "simplified")
