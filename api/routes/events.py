"""The ledger over HTTP: one feature's story, recording, receipts, the newest entries and what waits for a decision."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request, Response

from api import models
from api.deps import CallerDep, ContextDep, LayerDep, StrictParameters
from api.errors import RevisionMovedError
from api.responses import etag_of, expected_revision, json_response
from yzgeo.access import Caller
from yzgeo.catalogue import Layer
from yzgeo.errors import ConflictError, FeatureUnknownError, YzgeoError
from yzgeo.ledger import Place
from yzgeo.store.base import Store
from yzgeo.workflows import progress
from yzgeo.workflows.progress import Draft, Receipt

router = APIRouter(prefix="/api", tags=["progress"], dependencies=[StrictParameters])

_STORY = "/layers/{layer_id}/features/{uid}/events"
_MOST_EVENTS = 500
_FRESH = {"Cache-Control": "no-store"}
_REPEATED: dict[int | str, dict[str, Any]] = {
    200: {"model": models.EventRecorded, "description": "The same entry was recorded before"},
    409: {"model": models.Problem, "description": "Others recorded something meanwhile that contradicts it"},
    412: {"model": models.Problem, "description": "The feature is no longer at the revision of If-Match"},
}
_IF_MATCH = {
    "parameters": [
        {
            "name": "If-Match",
            "in": "header",
            "required": False,
            "schema": {"type": "string"},
            "description": "Entity tag or revision of the feature as the caller saw it",
        }
    ]
}

Uid = Annotated[str, Path(description="Id of the feature", max_length=100)]


@router.get(_STORY, operation_id="feature_events", response_model=models.FeatureStory)
async def feature_events(
    request: Request, context: ContextDep, caller: CallerDep, layer: LayerDep, uid: Uid
) -> Response:
    """A feature's stage, what may be recorded next, and every entry of its story."""
    state = (context.store.ledger.revision(), context.store.revision(layer.id), caller, layer.id, uid)
    told = await context.in_thread(lambda: progress.feature_events(context.store, layer.id, uid, caller))
    return json_response(request, told, etag=f'"{told["revision"]}.{etag_of(state)[1:9]}"')


@router.post(
    _STORY,
    operation_id="record_event",
    response_model=models.EventRecorded,
    status_code=201,
    responses=_REPEATED,
    openapi_extra=_IF_MATCH,
)
async def record_event(
    request: Request, *, context: ContextDep, caller: CallerDep, layer: LayerDep, uid: Uid, body: models.EventSent
) -> Response:
    """Record an entry: 201 the first time, 200 with the first receipt when it is sent again."""
    draft = _draft(layer, uid, body)
    expected = expected_revision(request)

    def record() -> tuple[Receipt, dict[str, Any]]:
        try:
            receipt = progress.record_event(context.store, draft, caller, expected=expected)
        except ConflictError as conflict:
            raise _with_versions(context.store, conflict, draft, caller) from None
        return receipt, progress.feature_stage(context.store, layer.id, uid, caller)

    receipt, state = await context.in_thread(record)
    content = {"receipt": progress.describe_receipt(receipt.event), "state": state}
    return json_response(request, content, status=201 if receipt.created else 200, headers=_FRESH)


@router.get("/events", operation_id="recent_events", response_model=models.RecentEvents)
async def recent_events(
    request: Request,
    *,
    context: ContextDep,
    caller: CallerDep,
    limit: Annotated[int, Query(ge=1, le=_MOST_EVENTS)] = 50,
    before: Annotated[int | None, Query(ge=1, description="Only entries before this place in the ledger")] = None,
    layer: Annotated[str | None, Query(max_length=100)] = None,
    subdistrict: Annotated[str | None, Query(max_length=100)] = None,
) -> Response:
    """The newest entries first."""
    found = await context.in_thread(
        lambda: progress.recent_events(
            context.store, caller, limit=limit, before=before, layer=layer, subdistrict=subdistrict
        )
    )
    further = found[-1]["position"] if len(found) == limit else None
    return json_response(request, {"events": found, "before": further})


@router.get("/events/{event_id}", operation_id="event", response_model=models.ReceiptFound)
async def event(
    request: Request, context: ContextDep, caller: CallerDep, event_id: Annotated[str, Path(max_length=100)]
) -> Response:
    """Look a receipt up: the entry, its place in the chain, and whether it is still what was recorded."""
    found = await context.in_thread(lambda: progress.event_receipt(context.store, event_id, caller))
    return json_response(request, found)


@router.get("/approvals", operation_id="approvals", response_model=models.Approvals)
async def approvals(request: Request, context: ContextDep, caller: CallerDep) -> Response:
    """Moves that wait for a second person; deciding is recording an ``approval`` on the feature."""
    waiting = await context.in_thread(lambda: progress.approvals(context.store, caller))
    return json_response(request, {"waiting": waiting})


def _draft(layer: Layer, uid: str, body: models.EventSent) -> Draft:
    return Draft(
        id=str(body.id),
        layer=layer.id,
        uid=uid,
        kind=body.kind,
        valid_at=body.valid_at,
        payload=body.payload,
        base_revision=body.base_revision,
        place=None if (at := body.place) is None else Place(at.lon, at.lat, at.accuracy_m),
        payload_version=body.payload_version,
    )


def _with_versions(store: Store, conflict: ConflictError, draft: Draft, caller: Caller) -> YzgeoError:
    """Tell both versions; the entry that holds the same id is told only to those who may look it up."""
    facts = {key: value for key, value in conflict.fields.items() if key not in ("first", "expected")}
    facts["current_version"] = progress.feature_stage(store, draft.layer, draft.uid, caller)
    expected = conflict.fields.get("expected")
    base = draft.base_revision if expected is None else int(str(expected))
    if base is not None:
        facts["base_version"] = _version(store, draft, base)
    return ConflictError(**facts) if expected is None else RevisionMovedError(**facts)


def _version(store: Store, draft: Draft, revision: int) -> dict[str, Any] | None:
    """Tell the stage of an earlier version, None where it cannot be known."""
    try:
        feature = store.feature(draft.layer, draft.uid, revision=revision)
    except FeatureUnknownError:
        return None
    shown = {name: feature.properties.get(name) for name in ("stage", "stage_date")}
    return {"revision": feature.revision, **shown}
