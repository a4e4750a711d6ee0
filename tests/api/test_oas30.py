"""The description in OpenAPI 3.0: valid by the specification, and as wide as the one in 3.1."""

from __future__ import annotations

import pytest
from openapi_spec_validator import OpenAPIV30SpecValidator, OpenAPIV31SpecValidator

from api import oas30, openapi


def test_both_descriptions_are_valid() -> None:
    document = openapi.document()
    OpenAPIV31SpecValidator(document).validate()
    told = oas30.older(document)
    assert told["openapi"] == "3.0.3"
    OpenAPIV30SpecValidator(told).validate()


def test_it_tells_of_the_same_service() -> None:
    document = openapi.document()
    told = oas30.older(document)

    def operations(of: dict) -> set[tuple[str, str, str]]:
        return {
            (path, method, operation["operationId"])
            for path, methods in of["paths"].items()
            for method, operation in methods.items()
        }

    assert operations(told) == operations(document)
    assert set(told["components"]["schemas"]) == set(document["components"]["schemas"])
    assert document["openapi"].startswith("3.1"), "the other is left as it was"


@pytest.mark.parametrize(
    ("newer", "older"),
    [
        (
            {"anyOf": [{"type": "string"}, {"type": "null"}], "title": "T"},
            {"type": "string", "title": "T", "nullable": True},
        ),
        ({"type": ["integer", "null"]}, {"type": "integer", "nullable": True}),
        ({"type": "number", "exclusiveMinimum": 0}, {"type": "number", "minimum": 0, "exclusiveMinimum": True}),
        ({"const": "Feature", "type": "string"}, {"enum": ["Feature"], "type": "string"}),
        ({"type": "string", "examples": ["a", "b"]}, {"type": "string", "example": "a"}),
        (
            {"type": "array", "prefixItems": [{"type": "number"}] * 2, "minItems": 2, "maxItems": 2},
            {"type": "array", "items": {"type": "number"}, "minItems": 2, "maxItems": 2},
        ),
        ({"$ref": "#/x", "description": "d"}, {"description": "d", "allOf": [{"$ref": "#/x"}]}),
        (
            {"anyOf": [{"$ref": "#/x"}, {"type": "null"}]},
            {"anyOf": [{"$ref": "#/x"}, {"type": "object", "nullable": True, "enum": [None]}]},
        ),
        ({"type": "string", "contentMediaType": "application/octet-stream"}, {"type": "string", "format": "binary"}),
        (
            {"properties": {"a": {"items": {"type": ["null", "string"]}, "type": "array"}}},
            {"properties": {"a": {"items": {"type": "string", "nullable": True}, "type": "array"}}},
        ),
        (
            {"additionalProperties": True, "properties": {"const": {"const": 1}}},
            {"additionalProperties": True, "properties": {"const": {"enum": [1]}}},
        ),
    ],
)
def test_each_word(newer: dict, older: dict) -> None:
    document = {"openapi": "3.1.0", "paths": {}, "components": {"schemas": {"One": newer}}}
    assert oas30.older(document)["components"]["schemas"]["One"] == older


def test_the_service_gives_it(client) -> None:
    landing = {link["rel"]: link for link in client.get("/ogc").json()["links"]}
    link = landing["service-desc"]
    answer = client.get(link["href"].removeprefix("http://test"))
    assert answer.headers["content-type"] == link["type"] == "application/vnd.oai.openapi+json;version=3.0"
    assert answer.json()["openapi"] == "3.0.3"
    assert client.get("/api", headers={"If-None-Match": answer.headers["etag"]}).status_code == 304
