"""Photos in pieces over HTTP: the tus protocol 1.0 with creation, termination and checksum."""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import AsyncGenerator
from contextlib import aclosing
from functools import partial
from typing import Annotated, Any

import anyio
from fastapi import APIRouter, Path, Request, Response
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from api.deps import CallerDep, Context, ContextDep, StrictParameters
from api.devices import KnownDevice
from api.errors import TusVersionError
from yzgeo.errors import ParameterError, UploadBrokenError, UploadOffsetError
from yzgeo.store.uploads import Upload, UploadFolder, Writing
from yzgeo.workflows import uploads

router = APIRouter(prefix="/api/uploads", tags=["field"], dependencies=[StrictParameters, KnownDevice])

VERSION = "1.0.0"
KEPT = "x-yzgeo-attachment"
"""Header that names what was kept, by the SHA-256 of its bytes."""
_SUMS = {"sha1": hashlib.sha1, "sha256": hashlib.sha256}
_PIECES = "application/offset+octet-stream"
_LONGEST_METADATA = 4_000
_SILENCE_S = 30.0
_OPEN = {"requestBody": {"content": {_PIECES: {"schema": {"type": "string", "format": "binary"}}}}}

UploadId = Annotated[str, Path(max_length=100, description="Id of the upload")]


@router.options("", operation_id="upload_options", status_code=204, response_class=Response)
async def options(context: ContextDep) -> Response:
    """What of the protocol is spoken here."""
    return Response(
        status_code=204,
        headers={
            "Tus-Resumable": VERSION,
            "Tus-Version": VERSION,
            "Tus-Extension": "creation,termination,checksum",
            "Tus-Checksum-Algorithm": ",".join(_SUMS),
            "Tus-Max-Size": str(_most(context)),
        },
    )


@router.post("", operation_id="begin_upload", status_code=201, response_class=Response)
async def begin(request: Request, context: ContextDep, caller: CallerDep) -> Response:
    """Begin an upload of ``Upload-Length`` bytes; its address is the answer's ``Location``."""
    _require_version(request)
    length, metadata = _number(request, "Upload-Length"), _metadata(request)
    folder = context.settings.workspace
    made = await context.in_thread(lambda: uploads.begin(folder, caller, length, metadata, most=_most(context)))
    return Response(status_code=201, headers={"Location": f"/api/uploads/{made.id}", **_told(made, 0)})


@router.get("/{upload_id}", operation_id="upload_offset", status_code=204, response_class=Response)
async def offset(request: Request, context: ContextDep, caller: CallerDep, upload_id: UploadId) -> Response:
    """How much has arrived, asked by ``HEAD``; of a finished upload also the name of what was kept."""
    _require_version(request)
    folder = context.settings.workspace

    def look() -> tuple[Upload, int]:
        found = uploads.settled(context.store, folder, uploads.find(folder, upload_id, caller))
        return found, UploadFolder(folder, caller.name).offset(found)

    found, arrived = await context.in_thread(look)
    return Response(status_code=204, headers={**_told(found, arrived), "Upload-Length": str(found.length)})


@router.patch(
    "/{upload_id}", operation_id="continue_upload", status_code=204, response_class=Response, openapi_extra=_OPEN
)
async def proceed(request: Request, context: ContextDep, caller: CallerDep, upload_id: UploadId) -> Response:
    """Continue an upload at ``Upload-Offset``; what has arrived before a line breaks stays."""
    _require_version(request)
    if request.headers.get("content-type") != _PIECES:
        raise HTTPException(415, f"Content-Type: {_PIECES}")
    claimed, checksum = _number(request, "Upload-Offset"), _Checksum(request)
    folder = context.settings.workspace
    upload = await context.in_thread(lambda: uploads.find(folder, upload_id, caller))
    if upload.kept is not None:
        if claimed != upload.length:
            raise UploadOffsetError(given=claimed, current=upload.length)
        return Response(status_code=204, headers=_told(upload, upload.length))
    with UploadFolder(folder, caller.name).writing(upload) as writing:
        if claimed != writing.offset:
            raise UploadOffsetError(given=claimed, current=writing.offset)
        await _receive(request, context, upload, writing, checksum)
        if not checksum.holds:
            await context.in_thread(lambda: writing.cut(claimed))
            raise UploadBrokenError(id=upload_id)
        arrived = writing.offset
        done = await context.in_thread(lambda: uploads.finish(context.store, folder, upload, writing))
    return Response(status_code=204, headers=_told(done, arrived))


@router.delete("/{upload_id}", operation_id="end_upload", status_code=204, response_class=Response)
async def end(request: Request, context: ContextDep, caller: CallerDep, upload_id: UploadId) -> Response:
    """Give an upload up; what was kept of a finished one stays."""
    _require_version(request)
    folder = context.settings.workspace
    await context.in_thread(lambda: UploadFolder(folder, caller.name).remove(uploads.find(folder, upload_id, caller)))
    return Response(status_code=204, headers={"Tus-Resumable": VERSION})


class _Checksum:
    """What a piece should add up to, and what it does."""

    def __init__(self, request: Request) -> None:
        kind, _, text = request.headers.get("Upload-Checksum", "").partition(" ")
        self._sum = _SUMS[kind](usedforsecurity=False) if kind in _SUMS else None
        try:
            self._wanted = base64.b64decode(text, validate=True)
        except binascii.Error:
            self._sum = None
            kind = kind or "?"
        if kind and self._sum is None:
            raise ParameterError(name="Upload-Checksum", reason_zh="不认识", reason_en="is not understood")

    def add(self, piece: bytes) -> None:
        if self._sum is not None:
            self._sum.update(piece)

    @property
    def holds(self) -> bool:
        return self._sum is None or self._sum.digest() == self._wanted


async def _receive(request: Request, context: Context, upload: Upload, writing: Writing, checksum: _Checksum) -> None:
    """Write what comes; a line that breaks or falls silent ends it, and what has come is on the disk."""
    try:
        async with aclosing(_pieces(request)) as pieces:
            async for piece in pieces:
                if writing.offset + len(piece) > upload.length:
                    raise UploadOffsetError(given=writing.offset + len(piece), current=writing.offset)
                checksum.add(piece)
                await context.in_thread(partial(writing.append, piece))
    except (ClientDisconnect, TimeoutError):
        raise HTTPException(408, "the line broke") from None
    finally:
        with anyio.CancelScope(shield=True):
            await context.in_thread(writing.sync)


async def _pieces(request: Request) -> AsyncGenerator[bytes, None]:
    """A phone that has changed its network leaves a line behind that says nothing any more, and holds the lock."""
    stream = request.stream()
    while True:
        with anyio.fail_after(_SILENCE_S):
            try:
                piece = await anext(stream)
            except StopAsyncIteration:
                return
        if piece:
            yield piece


def _most(context: Context) -> int:
    return context.settings.max_attachment_mib << 20


def _told(upload: Upload, arrived: int) -> dict[str, str]:
    told = {"Tus-Resumable": VERSION, "Upload-Offset": str(arrived), "Cache-Control": "no-store"}
    return told if upload.kept is None else {**told, KEPT: upload.kept}


def _require_version(request: Request) -> None:
    if request.headers.get("Tus-Resumable") != VERSION:
        raise TusVersionError(version=VERSION)


def _number(request: Request, name: str) -> int:
    text = request.headers.get(name, "")
    if not (text.isascii() and text.isdigit() and len(text) <= 15):
        raise ParameterError(name=name, reason_zh="应为非负整数", reason_en="a whole number, 0 or more")
    return int(text)


def _metadata(request: Request) -> dict[str, str]:
    text = request.headers.get("Upload-Metadata", "")
    refused = ParameterError(name="Upload-Metadata", reason_zh="格式不对", reason_en="is not understood")
    if len(text) > _LONGEST_METADATA:
        raise refused
    found: dict[str, Any] = {}
    for pair in filter(None, (each.strip() for each in text.split(","))):
        key, _, value = pair.partition(" ")
        try:
            found[key] = base64.b64decode(value, validate=True).decode("utf-8")
        except ValueError:  # no base64, or no UTF-8 in it
            raise refused from None
    return found
