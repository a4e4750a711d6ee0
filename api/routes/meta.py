"""The service about itself: health, metrics and the ``/-/`` pages."""

from __future__ import annotations

import inspect
import ipaddress
import platform
from importlib.metadata import version
from typing import Any

from fastapi import APIRouter, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from api import models, oas30, settings
from api.deps import CallerDep, Context, ContextDep, StrictParameters, state_of
from api.errors import status_of
from api.responses import json_response
from yzgeo import errors as library
from yzgeo.access import Caller
from yzgeo.errors import ForbiddenError
from yzgeo.workflows import overview

router = APIRouter(tags=["meta"], dependencies=[StrictParameters])
_SHOWN_PACKAGES = ("fastapi", "geopandas", "numpy", "pydantic", "pyproj", "shapely", "starlette", "uvicorn")


@router.get(
    "/api",
    operation_id="describe",
    response_class=Response,
    responses={200: {"description": "OpenAPI 3.0", "content": {oas30.MEDIA_TYPE: {"schema": {"type": "object"}}}}},
)
async def describe(request: Request, context: ContextDep) -> Response:
    """Describe the service in OpenAPI 3.0; ``/openapi.json`` has it in 3.1."""
    return await context.answer(
        request, ("openapi", oas30.VERSION), lambda: oas30.older(request.app.openapi()), media_type=oas30.MEDIA_TYPE
    )


@router.get("/healthz", operation_id="health", response_model=models.Health)
async def health(request: Request) -> Response:
    """The process answers."""
    return json_response(request, {"status": "ok"}, headers={"Cache-Control": "no-store"})


@router.get("/readyz", operation_id="readiness", response_model=models.Health)
async def readiness(request: Request, context: ContextDep) -> Response:
    """The store can be read: one revision of one layer, which touches the database and no data."""
    first = next(iter(context.catalogue.layers))
    await context.in_thread(lambda: context.store.revision(first))
    return json_response(request, {"status": "ok"}, headers={"Cache-Control": "no-store"})


@router.get("/metrics", operation_id="metrics", response_class=Response)
async def metrics(request: Request, context: ContextDep, caller: CallerDep) -> Response:
    """Counters for Prometheus; from this machine, or for an administrator."""
    if not _is_loopback(request) and caller.role != "admin":
        raise ForbiddenError
    return Response(
        generate_latest(context.metrics.registry), headers={"Cache-Control": "no-store"}, media_type=CONTENT_TYPE_LATEST
    )


@router.get("/-/versions", operation_id="versions", response_model=models.Versions)
async def versions(request: Request) -> Response:
    """What is running."""
    packages = {name: version(name) for name in _SHOWN_PACKAGES}
    return json_response(
        request, {"yzgeo": version("yzgeo"), "python": platform.python_version(), "packages": packages}
    )


@router.get("/-/settings", operation_id="settings", response_model=models.Settings)
async def show_settings(request: Request, context: ContextDep, caller: CallerDep) -> Response:
    """Settings in force, without secrets; from this machine, or for an administrator."""
    if not _is_loopback(request) and caller.role != "admin":
        raise ForbiddenError
    return json_response(request, {"settings": settings.describe(context.settings)})


@router.get("/-/errors", operation_id="errors", response_model=models.ErrorKinds)
async def show_errors(request: Request) -> Response:
    """Every refusal: its code, status and sentences."""
    return json_response(request, {"errors": [_describe_error(kind) for kind in library.leaves()]})


@router.get("/-/layers", operation_id="layers", response_model=models.Overview)
async def layers(request: Request, context: ContextDep, caller: CallerDep) -> Response:
    """The district and every layer the caller may see."""
    return await context.answer(request, ("layers", state_of(context, caller)), lambda: _overview(context, caller))


def _overview(context: Context, caller: Caller) -> dict[str, Any]:
    content = overview.district_overview(context.store, caller.role, subdistricts=caller.subdistricts)
    for layer in content["layers"]:
        root = f"/ogc/collections/{layer['id']}"
        drawn = layer["geometry"] != "none"
        state = f"revision={layer['revision']}&encoding={context.tiles.encoding(context.catalogue.layer(layer['id']))}"
        tiles = f"{root}/tiles/WebMercatorQuad/{{z}}/{{y}}/{{x}}?{state}"
        style = f"/ogc/styles/{layer['id']}?revision={layer['revision']}"
        layer["links"] = {
            "items": f"{root}/items",
            "tiles": tiles if drawn else None,
            "style": style if drawn else None,
        }
    key = context.settings.tianditu_key
    content["base_map"] = {"kind": "tianditu", "key": key.get_secret_value()} if key else None
    return content


def _describe_error(kind: type[library.YzgeoError]) -> dict[str, Any]:
    return {
        "code": kind.code,
        "status": status_of(kind.__new__(kind)),
        "description": inspect.getdoc(kind) or "",
        "zh": kind.zh,
        "en": kind.en,
        "remedy_zh": kind.remedy_zh,
        "remedy_en": kind.remedy_en,
    }


def _is_loopback(request: Request) -> bool:
    if request.client is None:
        return False
    try:
        return ipaddress.ip_address(request.client.host).is_loopback
    except ValueError:
        return False
