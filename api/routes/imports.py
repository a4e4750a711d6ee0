"""The import desk over HTTP: upload, look, decide, confirm, undo. For those who may write."""

from __future__ import annotations

import json
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Form, Path, Query, Request, Response, UploadFile
from fastapi.responses import FileResponse

from api import errors, models
from api.deps import CallerDep, Context, ContextDep, StrictParameters
from api.errors import BodyInvalidError
from api.responses import json_response
from yzgeo.access import may_write
from yzgeo.catalogue import DataStatus
from yzgeo.errors import ForbiddenError, YzgeoError, leaves
from yzgeo.workflows.imports import desk, undone_as_dict
from yzgeo.workflows.imports.jobs import Job
from yzgeo.workflows.workspace import Workspace

_FRESH = {"Cache-Control": "no-store"}
_MIB = 1 << 20
_LISTED_ISSUES = 20
_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
_REFUSALS: dict[int | str, dict[str, Any]] = {
    403: {"model": models.Problem, "description": "The role may not import"},
    409: {"model": models.Problem, "description": "Somebody works on it, or it is not in the state for this"},
}
_REJECTED: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The rejected rows with their reasons",
        "content": {kind: {"schema": {"type": "string", "format": "binary"}} for kind in _TYPES.values()},
    }
}


def _writers_only(caller: CallerDep) -> None:
    if not may_write(caller.role):
        raise ForbiddenError


router = APIRouter(
    prefix="/api/imports",
    tags=["imports"],
    dependencies=[StrictParameters, Depends(_writers_only)],
    responses=_REFUSALS,
)

ImportId = Annotated[str, Path(description="Id of the import", max_length=40)]
JsonText = Annotated[str | None, Form(max_length=200_000)]


@router.post("", operation_id="submit_import", response_model=models.Import, status_code=202)
async def submit(
    request: Request,
    *,
    context: ContextDep,
    caller: CallerDep,
    files: list[UploadFile],
    layer: Annotated[str | None, Form(max_length=100, description="Found out or asked if not given")] = None,
    mode: Annotated[Literal["upsert", "replace"], Form()] = "upsert",
    crs: Annotated[str | None, Form(max_length=4000)] = None,
    encoding: Annotated[str | None, Form(max_length=40)] = None,
    sheet: Annotated[str | None, Form(max_length=300)] = None,
    columns: JsonText = None,
    units: JsonText = None,
    datum: JsonText = None,
    data_status: Annotated[DataStatus | None, Form()] = None,
    keep_valid: Annotated[bool | None, Form()] = None,
) -> Response:
    """Upload a file, or the parts of one; it is judged, and nothing is stored. Mappings and the datum are JSON."""
    plain = {"crs": crs, "encoding": encoding, "sheet": sheet, "data_status": data_status, "keep_valid": keep_valid}
    sent = {
        **plain,
        "columns": _json("columns", columns),
        "units": _json("units", units),
        "datum": _json("datum", datum),
    }
    choices = _choices({name: value for name, value in sent.items() if value not in (None, "")})
    uploads = [(one.filename or "", one.file) for one in files]
    most_bytes, workspace = context.settings.max_import_mib * _MIB, _workspace(context)
    job = await context.in_thread(
        lambda: desk.submit(
            workspace,
            uploads,
            actor=caller.name,
            most_bytes=most_bytes,
            layer=layer or None,
            mode=mode,
            **choices,
        )
    )
    headers = {**_FRESH, "Location": f"/api/imports/{job.id}"}
    return json_response(request, _describe(workspace, job), status=202, headers=headers)


@router.get("", operation_id="imports", response_model=models.Imports)
async def imports(
    request: Request,
    *,
    context: ContextDep,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
) -> Response:
    """The newest imports, with the first issues of each."""
    workspace = _workspace(context)
    jobs = await context.in_thread(lambda: desk.listing(workspace, limit=limit))
    return json_response(
        request, {"imports": [_describe(workspace, job, issues=_LISTED_ISSUES) for job in jobs]}, headers=_FRESH
    )


@router.get("/{import_id}", operation_id="import", response_model=models.Import)
async def one_import(request: Request, context: ContextDep, import_id: ImportId) -> Response:
    """An import as it is now: how far it is, what was found out, what is to be decided."""
    workspace = _workspace(context)
    job = await context.in_thread(lambda: desk.look(workspace, import_id))
    return json_response(request, _describe(workspace, job), headers=_FRESH)


@router.patch("/{import_id}", operation_id="change_import", response_model=models.Import, status_code=202)
async def change(request: Request, *, context: ContextDep, import_id: ImportId, body: models.ImportChange) -> Response:
    """Decide something; the file is judged again, and nothing is stored."""
    workspace = _workspace(context)
    changes = body.model_dump(exclude_unset=True, mode="json")
    job = await context.in_thread(lambda: desk.change(workspace, import_id, changes))
    return json_response(request, _describe(workspace, job), status=202, headers=_FRESH)


@router.delete("/{import_id}", operation_id="drop_import", status_code=204, response_class=Response)
async def drop(context: ContextDep, import_id: ImportId) -> Response:
    """Drop an import that was not stored, with its files."""
    workspace = _workspace(context)
    await context.in_thread(lambda: desk.drop(workspace, import_id))
    return Response(status_code=204, headers=_FRESH)


@router.get("/{import_id}/preview", operation_id="import_preview", response_model=models.ImportPreview)
async def preview(context: ContextDep, import_id: ImportId) -> Response:
    """What it would look like: candidates on the map, rows by what they change, problems in place, sample values."""
    path = await context.in_thread(lambda: desk.preview_file(_workspace(context), import_id))
    return FileResponse(path, media_type="application/json", headers=_FRESH)


@router.post("/{import_id}/confirm", operation_id="confirm_import", response_model=models.Import, status_code=202)
async def confirm(request: Request, *, context: ContextDep, caller: CallerDep, import_id: ImportId) -> Response:
    """Store what was shown, in one transaction."""
    workspace = _workspace(context)
    job = await context.in_thread(lambda: desk.confirm(workspace, import_id, actor=caller.name))
    return json_response(request, _describe(workspace, job), status=202, headers=_FRESH)


@router.post("/{import_id}/undo", operation_id="undo_import", response_model=models.ImportUndone)
async def undo(request: Request, *, context: ContextDep, caller: CallerDep, import_id: ImportId) -> Response:
    """Take a stored import back; what was changed after it stays and is listed."""
    workspace = _workspace(context)
    taken = await context.in_thread(lambda: desk.undo(workspace, import_id, actor=caller.name))
    return json_response(request, undone_as_dict(taken.undone), headers=_FRESH)


@router.get(
    "/{import_id}/rejected.{ending}", operation_id="import_rejected", response_class=Response, responses=_REJECTED
)
async def rejected(context: ContextDep, import_id: ImportId, ending: Literal["csv", "xlsx"]) -> Response:
    """The rejected rows with everything that was in them, where, and why not: to be mended and sent again."""
    path = await context.in_thread(lambda: desk.rejected_file(_workspace(context), import_id, f".{ending}"))
    return FileResponse(path, media_type=_TYPES[ending], filename=f"rejected-{import_id}.{ending}", headers=_FRESH)


def _workspace(context: Context) -> Workspace:
    return Workspace(context.settings.workspace, context.catalogue, context.store)


def _json(name: str, text: str | None) -> Any:
    if not text:
        return None
    try:
        return json.loads(text)
    except ValueError:
        raise BodyInvalidError(where=name, reason_zh="不是有效的 JSON", reason_en="is no valid JSON") from None


def _choices(sent: dict[str, Any]) -> dict[str, Any]:
    """Check form fields by the same model as a change."""
    try:
        return models.ImportChange.model_validate(sent).model_dump(exclude_unset=True, mode="json")
    except ValueError as error:
        raise BodyInvalidError(
            where="form", reason_zh="取值不对", reason_en=str(error).partition("\n")[2][:200]
        ) from None


def _describe(workspace: Workspace, job: Job, *, issues: int | None = None) -> dict[str, Any]:
    report = job.report
    if report is not None and issues is not None:
        report = {**report, "issues": report["issues"][:issues]}
    address = f"/api/imports/{job.id}"
    rejected_rows = desk.has_file(workspace, job, "rejected")
    return {
        "id": job.id,
        "state": job.state,
        "progress": job.progress or {"done": 0, "total": 100, "step": "排队", "step_en": "waiting for its turn"},
        "layer": job.layer,
        "layer_candidates": list(job.layer_candidates),
        "mode": job.mode,
        "files": list(job.files),
        "choices": {
            **job.choices,
            "columns": job.choices.get("columns") or {},
            "units": job.choices.get("units") or {},
            "data_status": job.choices.get("data_status") or "surveyed",
            "keep_valid": bool(job.choices.get("keep_valid")),
        },
        "sheets": list(job.sheets),
        "questions": list(job.questions),
        "report": report,
        "batch": job.batch,
        "problem": _problem(job),
        "actor": job.actor,
        "created_at": job.created_at,
        "updated_at": job.updated_at,
        "links": {
            "self": address,
            "preview": f"{address}/preview" if desk.has_file(workspace, job, "preview") else None,
            "confirm": f"{address}/confirm" if job.state == "ready" else None,
            "undo": f"{address}/undo" if job.state == "stored" and job.batch else None,
            "rejected_csv": f"{address}/rejected.csv" if rejected_rows else None,
            "rejected_xlsx": f"{address}/rejected.xlsx" if rejected_rows else None,
        },
    }


def _problem(job: Job) -> dict[str, Any] | None:
    if job.problem is None:
        return None
    code, fields = job.problem["code"], job.problem["fields"]
    kind = next((one for one in leaves() if one.code == code), YzgeoError)
    return errors.problem(kind(**fields))
