"""The description of the service as it is served, and in OpenAPI 3.0 for clients that read no 3.1.

3.1 takes JSON Schema as it is; 3.0 has a dialect of its own. Whatever 3.0 has no word for becomes wider, never
narrower, so that an answer which fits the one document fits the other.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

VERSION = "3.0.3"
MEDIA_TYPE = "application/vnd.oai.openapi+json;version=3.0"
# Words of JSON Schema that 3.0 does not know and that only narrow a schema or comment on it.
_UNKNOWN = frozenset(
    {
        "$schema",
        "$id",
        "$comment",
        "$defs",
        "patternProperties",
        "propertyNames",
        "contentEncoding",
        "contentMediaType",
        "unevaluatedProperties",
        "dependentRequired",
        "if",
        "then",
        "else",
        "contains",
        "minContains",
        "maxContains",
    }
)
_BOUNDS = {"exclusiveMinimum": "minimum", "exclusiveMaximum": "maximum"}
_NESTED = ("items", "not", "additionalProperties")
_LISTS = ("anyOf", "oneOf", "allOf")


def typed(document: dict[str, Any]) -> dict[str, Any]:
    """
    Give refusals their own media type, which FastAPI has no word for.

    Parameters
    ----------
    document
        Description as FastAPI makes it; changed in place.

    Returns
    -------
    dict
        The same.
    """
    for methods in document["paths"].values():
        for operation in methods.values():
            for answer in operation["responses"].values():
                content = answer.get("content", {})
                for media_type in list(content):
                    if content[media_type].get("schema") == {"$ref": "#/components/schemas/Problem"}:
                        content["application/problem+json"] = content.pop(media_type)
    return document


def older(document: Mapping[str, Any]) -> dict[str, Any]:
    """
    Tell a description in OpenAPI 3.0.

    Parameters
    ----------
    document
        Description in OpenAPI 3.1.

    Returns
    -------
    dict
        The same service in OpenAPI 3.0.3.
    """
    told = {name: _walk(part) for name, part in document.items() if name not in {"webhooks", "jsonSchemaDialect"}}
    components = document.get("components", {})
    if components:
        kept = {name: _walk(part) for name, part in components.items() if name not in {"schemas", "pathItems"}}
        told["components"] = {**kept, "schemas": {n: _schema(s) for n, s in components.get("schemas", {}).items()}}
    return {**told, "openapi": VERSION}


def _walk(part: Any) -> Any:
    """Go through what is no schema, and turn the schemas that stand in it."""
    if isinstance(part, list):
        return [_walk(each) for each in part]
    if not isinstance(part, dict):
        return part
    return {
        name: _schema(each) if name == "schema" else each if name in {"example", "examples"} else _walk(each)
        for name, each in part.items()
    }


def _schema(schema: Any) -> Any:
    if schema is True:
        return {}
    if schema is False:
        return {"not": {}}
    if not isinstance(schema, dict):
        return schema
    told = {name: value for name, value in schema.items() if name not in _UNKNOWN}
    if schema.get("contentMediaType") == "application/octet-stream":
        told["format"] = "binary"
    _inside(told)
    _tuple(told)
    _constant(told)
    for strict, plain in _BOUNDS.items():
        if strict in told and not isinstance(told[strict], bool):
            told[plain], told[strict] = told[strict], True
    if "examples" in told:
        examples = told.pop("examples")
        if isinstance(examples, list) and examples:
            told.setdefault("example", examples[0])
    return _reference(_nullable(told))


def _inside(told: dict[str, Any]) -> None:
    for name in _NESTED:
        if isinstance(told.get(name), dict):
            told[name] = _schema(told[name])
    for name in _LISTS:
        if name in told:
            told[name] = [_schema(each) if each != {"type": "null"} else each for each in told[name]]
    if "properties" in told:
        told["properties"] = {name: _schema(each) for name, each in told["properties"].items()}


def _tuple(told: dict[str, Any]) -> None:
    """3.0 cannot tell the places of a list apart: each may hold what any of them may."""
    if "prefixItems" in told:
        kinds = [_schema(each) for each in told.pop("prefixItems")]
        different = [each for at, each in enumerate(kinds) if each not in kinds[:at]]
        told["items"] = different[0] if len(different) == 1 else {"anyOf": different}
    if told.get("type") == "array":
        told.setdefault("items", {})


def _constant(told: dict[str, Any]) -> None:
    if "const" in told:
        told["enum"] = [told.pop("const")]


def _nullable(told: dict[str, Any]) -> dict[str, Any]:
    """Write “or null” as 3.0 does."""
    kinds = told.get("type")
    if isinstance(kinds, list):
        named = [kind for kind in kinds if kind != "null"]
        rest = {name: value for name, value in told.items() if name != "type"}
        told = {**rest, "type": named[0]} if len(named) == 1 else {**rest, "anyOf": [{"type": kind} for kind in named]}
        if len(named) < len(kinds):
            told["nullable"] = True
    for name in ("anyOf", "oneOf"):
        choices = told.get(name, [])
        there = [each for each in choices if each != {"type": "null"}]
        if len(there) == len(choices):
            continue
        told.pop(name)
        # Without a type of its own a schema of 3.0 does not heed “nullable”.
        if len(there) == 1 and "$ref" not in there[0]:
            told = {**there[0], **told, "nullable": True}
        else:
            told[name] = [*there, {"type": "object", "nullable": True, "enum": [None]}]
    if told.get("type") == "null":
        told = {**told, "type": "object", "nullable": True, "enum": [None]}
    return told


def _reference(told: dict[str, Any]) -> dict[str, Any]:
    """In 3.0 nothing may stand beside a reference."""
    if "$ref" in told and len(told) > 1:
        rest = {name: value for name, value in told.items() if name != "$ref"}
        return {**rest, "allOf": [*rest.get("allOf", []), {"$ref": told["$ref"]}]}
    return told
