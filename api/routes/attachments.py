"""Photos and documents over HTTP, for those who are signed in."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query, Request, Response, UploadFile

from api import models
from api.deps import CallerDep, ContextDep, StrictParameters
from api.devices import KnownDevice
from api.middleware import DOWNLOAD
from api.responses import json_response
from yzgeo.access import Caller, may_record_somewhere
from yzgeo.errors import ForbiddenError
from yzgeo.store.base import Attachment
from yzgeo.workflows import attachments

router = APIRouter(prefix="/api/attachments", tags=["progress"], dependencies=[StrictParameters, KnownDevice])

_LASTING = {"Cache-Control": "private, max-age=31536000, immutable"}
_CONTENT: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The file",
        "content": {
            kind: {"schema": {"type": "string", "format": "binary"}}
            for kind in (*attachments.FORMATS.values(), attachments.PDF)
        },
    }
}


@router.post("", operation_id="attach", response_model=models.AttachmentKept, status_code=201)
async def attach(request: Request, context: ContextDep, caller: CallerDep, file: UploadFile) -> Response:
    """Keep a photo or a document, to be named as evidence by its ``sha256``."""
    if not may_record_somewhere(caller.role, caller.subdistricts):
        raise ForbiddenError
    content = await file.read()
    folder = context.settings.workspace
    note = await context.in_thread(lambda: attachments.keep(context.store, folder, content, actor=caller.name))
    return json_response(request, _describe(note), status=201, headers={"Cache-Control": "no-store"})


@router.get("/{sha256}", operation_id="attachment", response_class=Response, responses=_CONTENT)
async def attachment(
    request: Request,
    *,
    context: ContextDep,
    caller: CallerDep,
    sha256: Annotated[str, Path(max_length=64)],
    size: Annotated[Literal["full", "thumb"], Query(description="A small picture instead of the whole")] = "full",
) -> Response:
    """A photo or document that was kept."""
    _require_signed_in(caller)
    folder = context.settings.workspace
    note, content = await context.in_thread(lambda: attachments.find(context.store, folder, sha256, caller))
    headers = {**_LASTING, "Vary": "Cookie, Authorization", "Content-Security-Policy": "default-src 'none'; sandbox"}
    if size == "thumb" and note.width is not None:
        small = await context.in_thread(lambda: attachments.thumbnail(content))
        return Response(small, headers=headers, media_type="image/jpeg")
    request.scope[DOWNLOAD] = True
    if note.width is None:
        headers["Content-Disposition"] = f'attachment; filename="{sha256[:12]}.pdf"'
    return Response(content, headers=headers, media_type=note.media_type)


def _require_signed_in(caller: Caller) -> None:
    if caller.role == "anonymous":
        raise ForbiddenError


def _describe(note: Attachment) -> dict[str, Any]:
    address = f"/api/attachments/{note.sha256}"
    return {
        "sha256": note.sha256,
        "media_type": note.media_type,
        "bytes": note.bytes,
        "width": note.width,
        "height": note.height,
        "taken_at": note.taken_at,
        "address": address,
        "thumbnail": None if note.width is None else f"{address}?size=thumb",
    }
