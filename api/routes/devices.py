"""Phones over HTTP: which there are, and shutting one out."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Request, Response

from api import models
from api.auth import address_of, entrant_of
from api.deps import CallerDep, ContextDep, StrictParameters
from api.responses import json_response
from yzgeo.workflows import devices

router = APIRouter(prefix="/api/devices", tags=["field"], dependencies=[StrictParameters])

_FRESH = {"Cache-Control": "no-store"}


@router.get("", operation_id="devices", response_model=models.Devices)
async def list_devices(request: Request, context: ContextDep, caller: CallerDep) -> Response:
    """The caller's phones; for an administrator everyone's."""
    found = await context.in_thread(lambda: devices.list_devices(context.store, caller))
    return json_response(request, {"devices": found}, headers=_FRESH)


@router.delete("/{device_id}", operation_id="revoke_device", response_model=models.DeviceRevoked)
async def revoke_device(
    request: Request, context: ContextDep, caller: CallerDep, device_id: Annotated[str, Path(max_length=100)]
) -> Response:
    """Shut a phone out: it forgets everything it holds at its next contact; other sessions of its accounts end."""
    own = "" if caller.role == "anonymous" else entrant_of(request, context.store).grant.id
    done = await context.in_thread(
        lambda: devices.revoke_device(context.store, device_id, caller, address=address_of(request), session=own)
    )
    return json_response(request, {"revoked": done}, headers=_FRESH)
