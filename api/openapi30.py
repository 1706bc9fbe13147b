"""The document in OpenAPI 3.0.3, for tools that do not read 3.1 yet.

Nothing is lost that 3.0 can say. Keywords of JSON Schema that it does not know are
left out; they only made a schema stricter.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

VERSION: Final = "3.0.3"
BYTES: Final = "application/octet-stream"

Json = dict[str, Any]

_PLAIN_MAPS = ("properties", "patternProperties")
_LISTS = ("allOf", "anyOf", "oneOf")
_SINGLE = ("not", "additionalProperties", "items")
_UNKNOWN = frozenset(
    {
        "$schema",
        "$id",
        "$anchor",
        "$comment",
        "$defs",
        "patternProperties",
        "propertyNames",
        "unevaluatedProperties",
        "unevaluatedItems",
        "dependentRequired",
        "dependentSchemas",
        "contains",
        "minContains",
        "maxContains",
        "prefixItems",
        "if",
        "then",
        "else",
        "contentSchema",
    }
)
"""Keywords of 3.1 that 3.0 has no word for."""


def downgrade(document: Mapping[str, Any]) -> Json:
    """The same document in OpenAPI 3.0.3; the given one is left as it is."""
    rest = {key: value for key, value in document.items() if key not in ("webhooks", "jsonSchemaDialect")}
    converted: Json = _walk({**rest, "openapi": VERSION})
    info = {key: value for key, value in document["info"].items() if key != "summary"}
    if "license" in info:
        info["license"] = {key: value for key, value in info["license"].items() if key != "identifier"}
    return {**converted, "info": info}


def _walk(value: Any) -> Any:
    """Convert every schema below a part of the document that is no schema itself."""
    if isinstance(value, list):
        return [_walk(one) for one in value]
    if not isinstance(value, dict):
        return value
    return {key: _part(key, one) for key, one in value.items()}


def _part(key: str, value: Any) -> Any:
    if key == "schema":
        return schema_30(value)
    if key == "schemas":
        return {name: schema_30(one) for name, one in value.items()}
    # Examples are data: what looks like a schema in them is none.
    return value if key in ("example", "examples") else _walk(value)


def schema_30(schema: Any) -> Json:
    """One schema, with all that is within it."""
    if isinstance(schema, bool):
        return {} if schema else {"not": {}}
    inner = _converted_parts(schema)
    for step in (_types, _null_arm, _const, _bounds, _content, _examples, _reference):
        inner = step(inner)
    return inner


def _converted_parts(schema: Json) -> Json:
    result: Json = {}
    for key, value in schema.items():
        if key in _UNKNOWN:
            continue
        if key in _PLAIN_MAPS:
            result[key] = {name: schema_30(one) for name, one in value.items()}
        elif key in _LISTS:
            result[key] = [one if _is_null(one) else schema_30(one) for one in value]
        elif key in _SINGLE and not (key == "additionalProperties" and isinstance(value, bool)):
            result[key] = schema_30(value)
        else:
            result[key] = value
    if result.get("type") == "array":
        result.setdefault("items", {})  # 3.0 wants it, even for lists of anything
    return result


def _is_null(schema: Any) -> bool:
    return isinstance(schema, dict) and schema.get("type") == "null"


def _types(schema: Json) -> Json:
    """``type`` is one word in 3.0, and never null."""
    kinds = schema.get("type")
    if kinds == "null":
        return {**_without(schema, "type"), "nullable": True, "enum": [None]}
    if not isinstance(kinds, list):
        return schema
    some = [kind for kind in kinds if kind != "null"]
    rest = _without(schema, "type")
    if "null" in kinds:
        rest["nullable"] = True
    if len(some) == 1:
        return {**rest, "type": some[0]}
    return {**rest, "anyOf": [{"type": kind} for kind in some]}


def _null_arm(schema: Json) -> Json:
    """An arm that is null becomes ``nullable``; an arm that is left alone needs no list."""
    for key in ("anyOf", "oneOf"):
        arms = schema.get(key, [])
        some = [arm for arm in arms if not _is_null(arm)]
        if len(some) == len(arms):
            continue
        rest = {**_without(schema, key), "nullable": True}
        if len(some) > 1:
            return {**rest, key: some}
        return {**rest, "allOf": some} if "$ref" in some[0] else {**some[0], **rest}
    return schema


def _const(schema: Json) -> Json:
    if "const" not in schema:
        return schema
    return {**_without(schema, "const"), "enum": [schema["const"]]}


def _bounds(schema: Json) -> Json:
    """Exclusive bounds are a flag beside the bound."""
    for exclusive, bound in (("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")):
        value = schema.get(exclusive)
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            schema = {**schema, bound: value, exclusive: True}
    return schema


def _content(schema: Json) -> Json:
    """Files are strings of a format; of other texts 3.0 cannot say what is in them."""
    rest = _without(schema, "contentMediaType", "contentEncoding")
    if schema.get("contentEncoding") == "base64":
        return {"format": "byte", **rest}
    return {"format": "binary", **rest} if schema.get("contentMediaType") == BYTES else rest


def _examples(schema: Json) -> Json:
    examples = schema.get("examples")
    if not isinstance(examples, list):
        return schema
    rest = _without(schema, "examples")
    return {"example": examples[0], **rest} if examples else rest


def _reference(schema: Json) -> Json:
    """Beside a reference, 3.0 reads nothing."""
    if "$ref" not in schema or len(schema) == 1:
        return schema
    return {**_without(schema, "$ref"), "allOf": [{"$ref": schema["$ref"]}]}


def _without(schema: Json, *keys: str) -> Json:
    return {key: value for key, value in schema.items() if key not in keys}
