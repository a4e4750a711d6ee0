"""OGC API Processes: the analyses described, executed, watched and dismissed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Query, Request, Response

from api import models
from api.deps import BaseUrlDep, CallerDep, ContextDep, LanguageDep, StrictParameters
from api.responses import header, json_response
from yzgeo.errors import RunUnfinishedError
from yzgeo.workflows import runs
from yzgeo.workflows.runs import Process, RunDesk, Viewer

from .runs import DeskDep, settled, viewer_of

router = APIRouter(prefix="/ogc", tags=["ogc"], dependencies=[StrictParameters])

LONGEST_S = 600.0
"""A synchronous execution that takes longer is told to come back."""
_FRESH = {"Cache-Control": "no-store"}
_STATUS = {
    "queued": "accepted",
    "running": "running",
    "done": "successful",
    "failed": "failed",
    "dismissed": "dismissed",
}
_JOB_LIST = "http://www.opengis.net/def/rel/ogc/1.0/job-list"
_EXECUTE = "http://www.opengis.net/def/rel/ogc/1.0/execute"
_RESULTS = "http://www.opengis.net/def/rel/ogc/1.0/results"
_GEOJSON = {"type": "object", "contentMediaType": "application/geo+json", "format": "geojson-feature-collection"}


@router.get("/processes", operation_id="processes", response_model=models.ProcessList)
async def processes(request: Request, language: LanguageDep, base: BaseUrlDep) -> Response:
    """The analyses there are."""
    content = {
        "processes": [_summary(entry, language, base) for entry in runs.PROCESSES.values()],
        "links": [
            _link("self", f"{base}/ogc/processes"),
            _link(_JOB_LIST, f"{base}/ogc/jobs"),
        ],
    }
    return json_response(request, content)


@router.get("/processes/{process_id}", operation_id="process", response_model=models.ProcessDescription)
async def process(
    request: Request, *, language: LanguageDep, base: BaseUrlDep, desk: DeskDep, process_id: str
) -> Response:
    """One analysis with its inputs, of which the page makes its form, and its outputs."""
    entry = runs.process(process_id)
    content = {
        **_summary(entry, language, base),
        "inputs": runs.describe_inputs(entry, desk.circles, desk.sources),
        "outputs": {
            name: {
                "title": title.model_dump()[language],
                "schema": {"type": "object"} if name == "summary" else _GEOJSON,
            }
            for name, title in runs.RESULTS.items()
        },
    }
    return json_response(request, content)


@router.post("/processes/{process_id}/execution", operation_id="execute", response_class=Response)
async def execute(
    request: Request,
    *,
    context: ContextDep,
    caller: CallerDep,
    desk: DeskDep,
    base: BaseUrlDep,
    process_id: str,
    sent: models.Execution,
) -> Response:
    """Execute: the results at once (200), or with ``Prefer: respond-async`` a job to ask for (201)."""
    entry = runs.process(process_id)
    run, _ = await context.in_thread(lambda: desk.start(entry.id, sent.inputs, actor=caller.name, role=caller.role))
    wants_async = b"respond-async" in header(request, b"prefer").lower()
    if not wants_async:
        run = await settled(context, desk, run, seconds=LONGEST_S)
        refusal = runs.refusal_of(run) if run["state"] == "failed" else None
        if refusal is not None:
            raise refusal
        if run["state"] == "done":
            wanted = None if sent.outputs is None else set(sent.outputs)
            viewer = viewer_of(caller)
            body = await context.in_thread(lambda: _results(desk, run["id"], viewer, wanted))
            link = f'<{base}/ogc/jobs/{run["id"]}>; rel="monitor"'
            return json_response(request, body, headers={**_FRESH, "Link": link})
    headers = {**_FRESH, "Location": f"{base}/ogc/jobs/{run['id']}"}
    if wants_async:
        headers["Preference-Applied"] = "respond-async"
    return json_response(request, _job(run, base), status=201, headers=headers)


@router.get("/jobs", operation_id="jobs", response_model=models.JobList)
async def jobs(
    request: Request,
    *,
    context: ContextDep,
    caller: CallerDep,
    desk: DeskDep,
    base: BaseUrlDep,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> Response:
    """Jobs that the caller may see, the newest first."""
    found = await context.in_thread(lambda: desk.listed(caller.role, limit=limit))
    content = {"jobs": [_job(run, base) for run in found], "links": [_link("self", f"{base}/ogc/jobs")]}
    return json_response(request, content, headers=_FRESH)


@router.get("/jobs/{job_id}", operation_id="job", response_model=models.JobStatus)
async def job(
    request: Request, *, context: ContextDep, caller: CallerDep, desk: DeskDep, base: BaseUrlDep, job_id: str
) -> Response:
    """How far a job is."""
    run = await context.in_thread(lambda: desk.get(job_id, caller.role))
    return json_response(request, _job(run, base), headers=_FRESH)


@router.get("/jobs/{job_id}/results", operation_id="job_results", response_class=Response)
async def results(request: Request, *, context: ContextDep, caller: CallerDep, desk: DeskDep, job_id: str) -> Response:
    """The results of a job: figures, and buildings and facilities as GeoJSON."""
    run = await context.in_thread(lambda: desk.get(job_id, caller.role))
    if run["state"] == "failed":
        raise runs.refusal_of(run) or RunUnfinishedError(run=job_id, state="failed")
    viewer = viewer_of(caller)

    def body() -> bytes:
        desk.finished(job_id, caller.role)
        return _results(desk, job_id, viewer, None)

    return json_response(request, await context.in_thread(body), headers=_FRESH)


@router.delete("/jobs/{job_id}", operation_id="dismiss_job", response_model=models.JobStatus)
async def dismiss(
    request: Request, *, context: ContextDep, caller: CallerDep, desk: DeskDep, base: BaseUrlDep, job_id: str
) -> Response:
    """Stop a job, or delete one that is over."""
    run = await context.in_thread(lambda: desk.dismiss(job_id, actor=caller.name, role=caller.role))
    return json_response(request, _job(run, base), headers=_FRESH)


def _results(desk: RunDesk, run_id: str, viewer: Viewer, wanted: set[str] | None) -> bytes:
    makers: dict[str, Callable[[], bytes]] = {
        "summary": lambda: orjson.dumps(
            runs.describe(desk, desk.finished(run_id), viewer)["summary"], option=orjson.OPT_SERIALIZE_NUMPY
        ),
        "demand": lambda: runs.demand_geojson(desk, run_id, viewer),
        "facilities": lambda: runs.facilities_geojson(desk, run_id),
    }
    chosen = {name: orjson.Fragment(make()) for name, make in makers.items() if wanted is None or name in wanted}
    return orjson.dumps(chosen)


def _summary(entry: Process, language: str, base: str) -> dict[str, Any]:
    address = f"{base}/ogc/processes/{entry.id}"
    return {
        "id": entry.id,
        "title": entry.title.model_dump()[language],
        "description": entry.description.model_dump()[language],
        "version": entry.version,
        "keywords": list(entry.keywords),
        "jobControlOptions": ["sync-execute", "async-execute", "dismiss"],
        "outputTransmission": ["value"],
        "links": [_link("self", address), _link(_EXECUTE, f"{address}/execution")],
    }


def _job(run: dict[str, Any], base: str) -> dict[str, Any]:
    address = f"{base}/ogc/jobs/{run['id']}"
    problem = run["problem"] or {}
    links = [_link("self", address)]
    if run["state"] == "done":
        links.append(_link(_RESULTS, f"{address}/results"))
    return {
        "processID": run["analysis"],
        "type": "process",
        "jobID": run["id"],
        "status": _STATUS[run["state"]],
        "message": problem.get("detail") or run["progress"]["step"],
        "created": run["created_at"],
        "updated": run["finished_at"] or run["created_at"],
        "finished": run["finished_at"],
        "progress": run["progress"]["done"],
        "links": links,
    }


def _link(rel: str, href: str) -> dict[str, str]:
    return {"rel": rel, "href": href, "type": "application/json"}
