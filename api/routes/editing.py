"""OGC API Features Part 4: features are created, replaced, changed and deleted, and every change is recorded."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, TypeVar

import orjson
import shapely
from fastapi import APIRouter, Path, Request, Response
from shapely.geometry.base import BaseGeometry

from api import models
from api.coordinates import CRS84, inward, system_of
from api.deps import BaseUrlDep, CallerDep, Context, ContextDep, LayerDep, StrictParameters
from api.errors import RevisionMovedError
from api.responses import GEOJSON, expected_revision, feature_tag, header
from yzgeo.access import Caller, may_write
from yzgeo.catalogue import Layer
from yzgeo.errors import ConflictError, FeatureUnknownError, ParameterError
from yzgeo.store.base import Feature
from yzgeo.workflows import editing
from yzgeo.workflows.editing import Draft

router = APIRouter(prefix="/ogc/collections/{layer_id}/items", tags=["ogc"], dependencies=[StrictParameters])

Result = TypeVar("Result")
Uid = Annotated[str, Path(description="Id of the feature", max_length=100)]
_KEY_LENGTH = 200


def _sent(media_type: str) -> dict[str, Any]:
    return {"content": {media_type: {"schema": {"$ref": "#/components/schemas/FeatureSent"}}}}


_REFUSALS: dict[int | str, dict[str, Any]] = {
    status: {"model": models.Problem, "description": about}
    for status, about in (
        (403, "The role does not allow it"),
        (409, "There is such a feature already"),
        (412, "The feature is no longer at the revision of If-Match"),
        (422, "The feature does not fit the layer"),
    )
}


def _header(name: str, about: str) -> dict[str, Any]:
    return {"name": name, "in": "header", "required": False, "schema": {"type": "string"}, "description": about}


_IF_MATCH = _header("If-Match", "Entity tag or revision of the feature as the caller saw it")
_CONTENT_CRS = _header("Content-Crs", "System of the coordinates that are sent, one of the collection's crs")
_IDEMPOTENCY = _header(
    "Idempotency-Key", "Chosen by the client: sending the same again changes nothing, anything else is 409"
)


@router.options("", operation_id="items_options", status_code=204)
async def options(layer: LayerDep, caller: CallerDep) -> Response:  # noqa: ARG001 - an unseen layer is not found
    """What may be done with a layer's features."""
    return _allowed(caller, "POST")


@router.options("/{uid}", operation_id="item_options", status_code=204)
async def item_options(layer: LayerDep, caller: CallerDep, uid: Uid) -> Response:  # noqa: ARG001 - as above
    """What may be done with a feature."""
    return _allowed(caller, "PUT, PATCH, DELETE")


@router.post(
    "",
    operation_id="create_item",
    status_code=201,
    responses=_REFUSALS,
    openapi_extra={"parameters": [_CONTENT_CRS, _IDEMPOTENCY], "requestBody": _sent(GEOJSON)},
)
async def create(
    request: Request,
    *,
    context: ContextDep,
    caller: CallerDep,
    layer: LayerDep,
    base: BaseUrlDep,
    body: models.FeatureSent,
) -> Response:
    """Add a feature; its id follows from its key."""
    draft = _draft(request, context, layer, body)
    key = header(request, b"idempotency-key").decode("latin-1")
    if len(key) > _KEY_LENGTH:
        raise ParameterError(
            name="Idempotency-Key",
            reason_zh=f"最多 {_KEY_LENGTH} 个字符",
            reason_en=f"{_KEY_LENGTH} characters at most",
        )
    made, _ = await context.in_thread(
        lambda: editing.create(context.store, layer, caller, draft, idempotency_key=key or None)
    )
    address = f"{base}/ogc/collections/{layer.id}/items/{made.uid}"
    return Response(status_code=201, headers={"Location": address, **_tagged(context, layer, caller, made)})


@router.put(
    "/{uid}",
    operation_id="replace_item",
    status_code=204,
    responses=_REFUSALS,
    openapi_extra={"parameters": [_CONTENT_CRS, _IF_MATCH], "requestBody": _sent(GEOJSON)},
)
async def replace(
    request: Request, *, context: ContextDep, caller: CallerDep, layer: LayerDep, uid: Uid, body: models.FeatureSent
) -> Response:
    """Replace a feature; fields that are not named are emptied, but for those the ledger keeps."""
    try:
        return await _change(request, context, caller, layer, uid=uid, body=body, partial=False)
    except FeatureUnknownError:
        # Part 4 wants it so: what is not there is not what ``If-Match`` names.
        named = header(request, b"if-match").decode("latin-1")
        if not named:
            raise
        raise RevisionMovedError(what=uid, base=named, current="—") from None


@router.patch(
    "/{uid}",
    operation_id="update_item",
    status_code=204,
    responses=_REFUSALS,
    openapi_extra={
        "parameters": [_CONTENT_CRS, _IF_MATCH],
        "requestBody": _sent("application/merge-patch+json"),
    },
)
async def update(
    request: Request, *, context: ContextDep, caller: CallerDep, layer: LayerDep, uid: Uid, body: models.FeatureSent
) -> Response:
    """Change what is named of a feature (JSON merge patch)."""
    return await _change(request, context, caller, layer, uid=uid, body=body, partial=True)


@router.delete(
    "/{uid}",
    operation_id="delete_item",
    status_code=204,
    responses=_REFUSALS,
    openapi_extra={"parameters": [_IF_MATCH]},
)
async def delete(request: Request, *, context: ContextDep, caller: CallerDep, layer: LayerDep, uid: Uid) -> Response:
    """Delete a feature; its versions stay in the history."""
    expected = expected_revision(request)
    await context.in_thread(
        lambda: _conditional(expected, lambda: editing.delete(context.store, layer, caller, uid, expected=expected))
    )
    return Response(status_code=204)


async def _change(
    request: Request,
    context: Context,
    caller: Caller,
    layer: Layer,
    *,
    uid: str,
    body: models.FeatureSent,
    partial: bool,
) -> Response:
    draft, expected = _draft(request, context, layer, body), expected_revision(request)
    changed = await context.in_thread(
        lambda: _conditional(
            expected,
            lambda: editing.change(context.store, layer, caller, uid, draft, partial=partial, expected=expected),
        )
    )
    return Response(status_code=204, headers=_tagged(context, layer, caller, changed))


def _conditional(expected: int | None, work: Callable[[], Result]) -> Result:
    """Answer 412 instead of 409 where the caller asked with ``If-Match``."""
    try:
        return work()
    except ConflictError as conflict:
        if expected is None:
            raise
        raise RevisionMovedError(**conflict.fields) from None


def _tagged(context: Context, layer: Layer, caller: Caller, feature: Feature) -> dict[str, str]:
    return {"ETag": feature_tag(feature.revision, context.fields(layer, caller.role), CRS84)}


def _allowed(caller: Caller, writing: str) -> Response:
    methods = f"GET, HEAD, OPTIONS, {writing}" if may_write(caller.role) else "GET, HEAD, OPTIONS"
    return Response(status_code=204, headers={"Allow": methods})


def _draft(request: Request, context: Context, layer: Layer, body: models.FeatureSent) -> Draft:
    told = "geometry" in body.model_fields_set
    shape = None
    if body.geometry is not None and layer.spec.geometry != "none":
        shape = _shape(request, context, body.geometry)
    return Draft(properties=body.properties or {}, geometry=shape, with_geometry=told)


def _shape(request: Request, context: Context, content: dict[str, Any]) -> BaseGeometry:
    text = header(request, b"content-crs").decode("latin-1").strip("<> ")
    district = context.catalogue.district
    uri = system_of("Content-Crs", text, district) if text else CRS84
    try:
        found = shapely.from_geojson(orjson.dumps(content))
    except shapely.errors.GEOSException:
        raise ParameterError(
            name="geometry", reason_zh="不是 GeoJSON 几何", reason_en="it is no GeoJSON geometry"
        ) from None
    return inward(found, uri, district.storage_crs)
