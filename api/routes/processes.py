"""OGC API Processes: the analyses described, executed, watched and dismissed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from math import inf
from typing import Annotated, Any
from uuid import uuid4

import orjson
from fastapi import APIRouter, Query, Request, Response

from api import models
from api.deps import BaseUrlDep, CallerDep, ContextDep, LanguageDep, StrictParameters
from api.responses import GEOJSON, JSON, header, json_response
from yzgeo.errors import ParameterError, RunUnfinishedError
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
async def processes(
    request: Request, language: LanguageDep, base: BaseUrlDep, limit: Annotated[int, Query(ge=1, le=10_000)] = 100
) -> Response:
    """The analyses there are."""
    content = {
        "processes": [_summary(entry, language, base) for entry in list(runs.PROCESSES.values())[:limit]],
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
            made = await context.in_thread(lambda: _results(desk, run["id"], viewer, wanted))
            link = f'<{base}/ogc/jobs/{run["id"]}>; rel="monitor"'
            body, media_type = _raw(made) if sent.response == "raw" else (_document(made), JSON)
            return json_response(request, body, media_type=media_type, headers={**_FRESH, "Link": link})
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
    kinds: Annotated[str | None, Query(alias="type", description="Kinds of jobs: process")] = None,
    process_ids: Annotated[str | None, Query(alias="processID", description="Processes, separated by commas")] = None,
    states: Annotated[str | None, Query(alias="status", description="States, separated by commas")] = None,
    created: Annotated[
        str | None, Query(alias="datetime", description="When they were asked for: an instant or an interval")
    ] = None,
    least_s: Annotated[int | None, Query(alias="minDuration", ge=0, description="Seconds they took at least")] = None,
    most_s: Annotated[int | None, Query(alias="maxDuration", ge=0, description="Seconds they took at most")] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> Response:
    """Jobs that the caller may see, the newest first."""
    start, end = _moments(created) if created is not None else (None, None)
    of_time = least_s is not None or most_s is not None

    def wanted(run: Mapping[str, Any]) -> bool:
        state, took_s = _STATUS[run["state"]], _duration_s(run)
        return (
            (kinds is None or "process" in kinds.split(","))
            and (process_ids is None or run["analysis"] in process_ids.split(","))
            and (states is None or state in states.split(","))
            and (start is None or datetime.fromisoformat(run["created_at"]) >= start)
            and (end is None or datetime.fromisoformat(run["created_at"]) <= end)
            and (
                not of_time or (took_s is not None and (least_s or 0) <= took_s <= (inf if most_s is None else most_s))
            )
        )

    found = await context.in_thread(lambda: desk.listed(caller.role, wanted=wanted, limit=limit))
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
        return _document(_results(desk, job_id, viewer, None))

    return json_response(request, await context.in_thread(body), headers=_FRESH)


@router.delete("/jobs/{job_id}", operation_id="dismiss_job", response_model=models.JobStatus)
async def dismiss(
    request: Request, *, context: ContextDep, caller: CallerDep, desk: DeskDep, base: BaseUrlDep, job_id: str
) -> Response:
    """Stop a job, or delete one that is over."""
    run = await context.in_thread(lambda: desk.dismiss(job_id, actor=caller.name, role=caller.role))
    return json_response(request, _job(run, base), headers=_FRESH)


def _moments(text: str) -> tuple[datetime | None, datetime | None]:
    """Read an instant, or an interval that may be open."""
    try:
        ends = [None if part in {"", ".."} else datetime.fromisoformat(part.upper()) for part in text.split("/")]
    except ValueError:
        ends = []
    known = [end if end is None or end.tzinfo else end.replace(tzinfo=UTC) for end in ends]
    start, end = (known * 2)[:2] if len(known) in {1, 2} else (None, None)
    if len(known) not in {1, 2} or known == [None] or (start is not None and end is not None and start > end):
        raise ParameterError(
            name="datetime",
            reason_zh="应为时刻或区间，例如 2024-06-30T08:00:00Z/..",
            reason_en="it should be an instant or an interval such as 2024-06-30T08:00:00Z/..",
        )
    return start, end


def _duration_s(run: Mapping[str, Any]) -> float | None:
    """Tell how long a job took, or takes so far; None where its beginning or its end is not known."""
    started, finished = run.get("started_at"), run["finished_at"]
    if started is None or (finished is None and run["state"] != "running"):
        return None
    end = datetime.now(UTC) if finished is None else datetime.fromisoformat(finished)
    return (end - datetime.fromisoformat(started)).total_seconds()


def _document(made: Mapping[str, bytes]) -> bytes:
    return orjson.dumps({name: orjson.Fragment(content) for name, content in made.items()})


def _raw(made: Mapping[str, bytes]) -> tuple[bytes, str]:
    """Give one result as it is, several as the parts of one body (RFC 2387)."""
    media_types = {name: JSON if name == "summary" else GEOJSON for name in made}
    if len(made) == 1:
        ((name, content),) = made.items()
        return content, media_types[name]
    boundary = uuid4().hex
    parts = [
        f"--{boundary}\r\nContent-Type: {media_types[name]}\r\nContent-ID: <{name}>\r\n\r\n".encode() + content
        for name, content in made.items()
    ]
    return b"\r\n".join([*parts, f"--{boundary}--\r\n".encode()]), f'multipart/related; boundary="{boundary}"'


def _results(desk: RunDesk, run_id: str, viewer: Viewer, wanted: set[str] | None) -> dict[str, bytes]:
    makers: dict[str, Callable[[], bytes]] = {
        "summary": lambda: orjson.dumps(
            runs.describe(desk, desk.finished(run_id), viewer)["summary"], option=orjson.OPT_SERIALIZE_NUMPY
        ),
        "demand": lambda: runs.demand_geojson(desk, run_id, viewer),
        "facilities": lambda: runs.facilities_geojson(desk, run_id),
    }
    return {name: make() for name, make in makers.items() if wanted is None or name in wanted}


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
        "started": run.get("started_at"),
        "updated": run["finished_at"] or run["created_at"],
        "finished": run["finished_at"],
        "progress": run["progress"]["done"],
        "links": links,
    }


def _link(rel: str, href: str) -> dict[str, str]:
    return {"rel": rel, "href": href, "type": "application/json"}
