"""What Schemathesis is told of the district, so that it comes further than to features that there are not."""

from __future__ import annotations

import json
import os
from typing import Any
from uuid import UUID

import schemathesis

KNOWN: dict[str, str] = json.loads(os.environ["KNOWN"])
SITE = {"code": "S1", "name": "x", "kind": "square", "source": "t", "area_m2": 5.0}
NOTE = {"id": str(UUID(int=7)), "kind": "note", "valid_at": "2024-01-01T00:00:00Z", "payload": {"text": "a"}}


@schemathesis.hook
def map_path_parameters(context: Any, path_parameters: dict[str, Any]) -> dict[str, Any]:
    """Three times of four name what is there."""
    return {
        name: KNOWN[name] if name in KNOWN and len(str(value)) % 4 else value
        for name, value in (path_parameters or {}).items()
    }


@schemathesis.hook
def map_body(context: Any, body: Any) -> Any:
    """Put what was made up into the fields of something that would be taken, half of the time."""
    path = context.operation.path
    if not isinstance(body, dict) or len(str(body)) % 2:
        return body
    made_up = [value for part in body.values() for value in (part.values() if isinstance(part, dict) else [part])]
    if path.endswith(("/items", "/items/{uid}")):
        return {"type": "Feature", "geometry": body.get("geometry"), "properties": _mixed(SITE, made_up)}
    if path.endswith("/events"):
        return _mixed(NOTE, made_up)
    return body


@schemathesis.serializer("application/offset+octet-stream")
def _octets(context: Any, value: Any) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode()


def _mixed(whole: dict[str, Any], made_up: list[Any]) -> dict[str, Any]:
    """Exchange one field for a value that was made up."""
    at = len(str(made_up)) % len(whole)
    return {name: made_up[0] if made_up and at == place else value for place, (name, value) in enumerate(whole.items())}
