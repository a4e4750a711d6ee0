"""Phones in the field: pull what changed, push what was recorded offline."""

from __future__ import annotations

import gzip
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response, UploadFile
from pydantic import ValidationError

from api import errors, models
from api.auth import address_of
from api.deps import CallerDep, ContextDep, StrictParameters
from api.devices import DeviceDep, KnownDevice
from api.errors import BodyInvalidError
from api.middleware import DOWNLOAD
from api.responses import dumps, json_response
from yzgeo.access import Caller, may_record_somewhere
from yzgeo.errors import ForbiddenError, YzgeoError
from yzgeo.ledger import Place
from yzgeo.store.base import Store
from yzgeo.workflows import sync
from yzgeo.workflows.progress import Draft, describe_receipt
from yzgeo.workflows.unsent import records_of

router = APIRouter(prefix="/api/sync", tags=["field"], dependencies=[StrictParameters, KnownDevice])

_FRESH = {"Cache-Control": "no-store"}
_LONGEST_TOKEN = 4_000


@router.get("", operation_id="sync_pull", response_model=models.SyncPulled)
async def pull(
    request: Request,
    context: ContextDep,
    caller: CallerDep,
    since: Annotated[str | None, Query(max_length=_LONGEST_TOKEN, description="Token of the answer before")] = None,
) -> Response:
    """What changed in the caller's street offices: features with their state, forms, and what is gone."""
    told = await context.in_thread(lambda: sync.pull(context.store, caller, since=since))
    if told["full"]:
        request.scope[DOWNLOAD] = True  # a whole copy leaves with the phone
    return json_response(request, told, headers=_FRESH)


@router.get("/size", operation_id="sync_size", response_model=models.SyncSize)
async def size(request: Request, context: ContextDep, caller: CallerDep) -> Response:
    """How much the first download is, to be told before it starts."""

    def measure() -> dict[str, int]:
        told = sync.pull(context.store, caller)
        return {"features": len(told["features"]), "bytes": len(gzip.compress(dumps(told), 5))}

    return json_response(request, await context.in_thread(measure), headers=_FRESH)


@router.post("", operation_id="sync_push", response_model=models.SyncPushed)
async def push(
    request: Request, context: ContextDep, caller: CallerDep, device: DeviceDep, body: models.SyncSent
) -> Response:
    """Record entries made offline; sending the same again changes nothing, and each has an answer of its own."""
    if not may_record_somewhere(caller.role, caller.subdistricts):
        raise ForbiddenError
    answers = [await context.in_thread(partial(_answer, context.store, sent, caller, device)) for sent in body.events]
    now = datetime.now(UTC).isoformat(timespec="milliseconds")
    return json_response(request, {"server_time": now, "answers": answers}, headers=_FRESH)


@router.post("/unsent", operation_id="sync_unsent", response_model=models.SyncPushed)
async def unsent(request: Request, context: ContextDep, caller: CallerDep, file: UploadFile) -> Response:
    """Record what a phone saved to a file; by someone else it is entered on behalf of its author."""
    if not may_record_somewhere(caller.role, caller.subdistricts):
        raise ForbiddenError
    content, folder, address = await file.read(), context.settings.workspace, address_of(request)
    found = await context.in_thread(lambda: records_of(context.store, folder, content, caller, address=address))
    answers = []
    for each in found:
        owner = "" if each["owner"] == caller.name else each["owner"]
        answers.append(await context.in_thread(partial(_answer, context.store, each["event"], caller, "", owner)))
    now = datetime.now(UTC).isoformat(timespec="milliseconds")
    return json_response(request, {"server_time": now, "answers": answers}, headers=_FRESH)


def _answer(store: Store, sent: dict[str, Any], caller: Caller, device: str, owner: str = "") -> dict[str, Any]:
    try:
        event = models.SyncEvent.model_validate(sent)
    except ValidationError as found:
        named = _spelled(sent.get("id", ""))[:100]
        return {"id": named, "outcome": "refused", "receipt": None, "problem": errors.problem(_shapeless(found))}
    pushed = sync.push(store, replace(_draft(event), on_behalf_of=owner), caller, device=device)
    return {
        "id": str(sent["id"]),
        "outcome": pushed.outcome,
        "receipt": pushed.event and describe_receipt(pushed.event),
        "problem": pushed.refusal and errors.problem(pushed.refusal),
    }


def _draft(event: models.SyncEvent) -> Draft:
    place = None if (at := event.place) is None else Place(at.lon, at.lat, at.accuracy_m)
    return Draft(
        id=str(event.id),
        layer=event.layer,
        uid=event.uid,
        kind=event.kind,
        valid_at=event.valid_at,
        payload=event.payload,
        base_revision=event.base_revision,
        place=place,
        payload_version=event.payload_version,
    )


def _spelled(sent: object) -> str:
    """Half a character can be sent in JSON, and not be sent back."""
    return str(sent).encode("utf-8", "replace").decode()


def _shapeless(found: ValidationError) -> YzgeoError:
    first = found.errors()[0]
    where = ".".join(_spelled(part) for part in first["loc"]) or "event"
    return BodyInvalidError(where=where, reason_zh="取值无效", reason_en=str(first["msg"]))
