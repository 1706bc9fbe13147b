"""Schemas of 3.1 in the words of 3.0."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from api.openapi30 import downgrade, schema_30

REF = {"$ref": "#/components/schemas/A"}

PAIRS: list[tuple[Any, Any]] = [
    ({"type": "string"}, {"type": "string"}),
    (True, {}),
    (False, {"not": {}}),
    ({"type": "null"}, {"nullable": True, "enum": [None]}),
    ({"type": ["string", "null"]}, {"nullable": True, "type": "string"}),
    ({"type": ["string", "integer"]}, {"anyOf": [{"type": "string"}, {"type": "integer"}]}),
    (
        {"anyOf": [{"type": "string", "maxLength": 3}, {"type": "null"}], "title": "T"},
        {"type": "string", "maxLength": 3, "title": "T", "nullable": True},
    ),
    ({"anyOf": [REF, {"type": "null"}]}, {"allOf": [REF], "nullable": True}),
    (
        {"oneOf": [{"type": "string"}, REF, {"type": "null"}]},
        {"oneOf": [{"type": "string"}, REF], "nullable": True},
    ),
    ({"anyOf": [{"type": "string"}, REF]}, {"anyOf": [{"type": "string"}, REF]}),
    ({"const": "max"}, {"enum": ["max"]}),
    ({"type": "number", "exclusiveMinimum": 0}, {"type": "number", "minimum": 0, "exclusiveMinimum": True}),
    ({"exclusiveMaximum": 1.5}, {"maximum": 1.5, "exclusiveMaximum": True}),
    ({"minimum": 0, "maximum": 1}, {"minimum": 0, "maximum": 1}),
    (
        {"type": "string", "contentMediaType": "application/octet-stream"},
        {"type": "string", "format": "binary"},
    ),
    ({"type": "string", "contentMediaType": "application/json", "contentSchema": {}}, {"type": "string"}),
    ({"type": "string", "contentEncoding": "base64"}, {"type": "string", "format": "byte"}),
    ({"type": "string", "examples": ["a", "b"]}, {"type": "string", "example": "a"}),
    ({"type": "string", "examples": []}, {"type": "string"}),
    ({"type": "array"}, {"type": "array", "items": {}}),
    (
        {"type": "array", "prefixItems": [{"type": "string"}], "items": False},
        {"type": "array", "items": {"not": {}}},
    ),
    ({**REF, "description": "D"}, {"allOf": [REF], "description": "D"}),
    (REF, REF),
    (
        {"type": "object", "additionalProperties": True, "propertyNames": {"pattern": "a"}},
        {"type": "object", "additionalProperties": True},
    ),
    (
        {"properties": {"const": {"const": 1}, "type": {"type": "null"}}},
        {"properties": {"const": {"enum": [1]}, "type": {"nullable": True, "enum": [None]}}},
    ),
]


@pytest.mark.parametrize(("new", "old"), PAIRS)
def test_a_schema_means_the_same_in_older_words(new: Any, old: Any) -> None:
    before = copy.deepcopy(new)
    assert schema_30(new) == old
    assert new == before


def test_examples_are_left_as_they_are() -> None:
    example = {"type": ["a", "null"], "schema": {"const": 1}, "examples": [1]}
    document = {
        "openapi": "3.1.0",
        "jsonSchemaDialect": "x",
        "webhooks": {},
        "info": {
            "title": "T",
            "version": "1",
            "summary": "S",
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "paths": {"/a": {"get": {"content": {"schema": {"const": 1}, "example": example}}}},
        "components": {"schemas": {"schema": {"const": 2}}},
    }
    old = downgrade(document)
    assert old["paths"]["/a"]["get"]["content"] == {"schema": {"enum": [1]}, "example": example}
    assert old["components"]["schemas"] == {"schema": {"enum": [2]}}
    assert old["info"] == {"title": "T", "version": "1", "license": {"name": "MIT"}}
    assert set(old) == {"openapi", "info", "paths", "components"}
