"""OGC API Processes: described, executed in both ways, listed, dismissed."""

from __future__ import annotations

import email
import json
import time
from collections.abc import Callable

from api import models

from .test_runs import PAGE, app, district  # noqa: F401 - fixtures

EXECUTION = "/ogc/processes/coverage/execution"


def test_processes_are_described(connect: Callable) -> None:
    client = connect()
    listed = models.ProcessList.model_validate(client.get("/ogc/processes").json())
    assert {one.id for one in listed.processes} == {"coverage", "siting"}
    told = client.get("/ogc/processes/siting").json()
    models.ProcessDescription.model_validate(told)
    assert told["inputs"]["circle"]["minOccurs"] == 1
    assert set(told["jobControlOptions"]) == {"sync-execute", "async-execute", "dismiss"}
    assert client.get("/ogc/processes/moon").status_code == 404
    assert len(client.get("/ogc/processes?limit=1").json()["processes"]) == 1
    assert client.get("/ogc/processes?limit=0").status_code == 400


def test_results_come_at_once_or_by_a_job(connect: Callable) -> None:
    client = connect("planner")
    body = {"inputs": {"circle": "fitness_10min", "minutes": 9}}
    at_once = client.post(EXECUTION, json=body, headers=PAGE)
    assert at_once.status_code == 200
    results = at_once.json()
    assert results["demand"]["type"] == "FeatureCollection"
    assert len(results["demand"]["features"]) == results["summary"]["buildings"]["total"]
    only = client.post(EXECUTION, json={**body, "outputs": {"summary": {}}}, headers=PAGE).json()
    assert set(only) == {"summary"}
    later = {"inputs": {"circle": "fitness_10min", "minutes": 8}}
    answer = client.post(EXECUTION, json=later, headers={**PAGE, "Prefer": "respond-async"})
    assert answer.status_code == 201
    assert answer.headers["preference-applied"] == "respond-async"
    address = answer.headers["location"]
    until = time.monotonic() + 60
    job = models.JobStatus.model_validate(client.get(address).json())
    while job.status in {"accepted", "running"} and time.monotonic() < until:
        time.sleep(0.05)
        job = models.JobStatus.model_validate(client.get(address).json())
    assert (job.status, job.progress) == ("successful", 100)
    summary = client.get(f"{address}/results").json()["summary"]
    assert summary["people"]["covered"] < results["summary"]["people"]["covered"]
    jobs = models.JobList.model_validate(client.get("/ogc/jobs").json()).jobs
    assert job.job_id in {one.job_id for one in jobs}
    raw = client.post(EXECUTION, json={**body, "outputs": {"demand": {}}, "response": "raw"}, headers=PAGE)
    assert (raw.headers["content-type"], raw.json()) == ("application/geo+json", results["demand"])
    several = client.post(EXECUTION, json={**body, "response": "raw"}, headers=PAGE)
    told = b"Content-Type: %s\r\n\r\n%s" % (several.headers["content-type"].encode(), several.content)
    parts = {part["content-id"]: part for part in email.message_from_bytes(told).get_payload()}  # type: ignore[union-attr]
    assert {name.strip("<>"): json.loads(part.get_payload(decode=True)) for name, part in parts.items()} == results
    assert connect("viewer").request("DELETE", address, headers=PAGE).status_code == 403
    assert client.request("DELETE", address, headers=PAGE).json()["status"] == "dismissed"
    assert client.get(f"{address}/results").status_code == 404


def test_jobs_are_listed_by_what_one_asks_for(connect: Callable) -> None:
    client = connect("planner")
    start = {**PAGE, "Prefer": "respond-async"}
    answer = client.post(EXECUTION, json={"inputs": {"circle": "fitness_10min", "minutes": 7}}, headers=start)
    address, until = answer.headers["location"], time.monotonic() + 60
    while client.get(address).json()["status"] in {"accepted", "running"} and time.monotonic() < until:
        time.sleep(0.05)
    job = client.get(address).json()
    assert job["created"] <= job["started"] <= job["finished"]

    def listed(**asked: str) -> bool:
        found = client.get("/ogc/jobs", params=asked)
        assert found.status_code == 200, found.text
        return job["jobID"] in {one["jobID"] for one in found.json()["jobs"]}

    created, before, after = job["created"], "2000-01-01T00:00:00Z", "2199-01-01T00:00:00Z"
    for asked, there in (
        ({}, True),
        ({"type": "process"}, True),
        ({"type": "other"}, False),
        ({"processID": "siting,coverage"}, True),
        ({"processID": "siting"}, False),
        ({"status": "running,successful"}, True),
        ({"status": "failed"}, False),
        ({"datetime": created}, True),
        ({"datetime": f"{before}/{after}"}, True),
        ({"datetime": f"{created}/.."}, True),
        ({"datetime": f"../{before}"}, False),
        ({"datetime": f"{after}/"}, False),
        ({"minDuration": "0", "maxDuration": "600"}, True),
        ({"minDuration": "600"}, False),
    ):
        assert listed(**asked) == there, asked
    for wrong in (
        "datetime=x",
        "datetime=..",
        f"datetime={after}/{before}",
        "minDuration=-1",
        "maxDuration=x",
        "who=me",
    ):
        assert client.get(f"/ogc/jobs?{wrong}").status_code == 400, wrong


def test_wrong_executions_are_refused(connect: Callable) -> None:
    assert connect().post(EXECUTION, json={"inputs": {"circle": "fitness_10min"}}).status_code == 403
    client = connect("planner")
    answer = client.post(EXECUTION, json={"inputs": {"circle": "fitness_10min", "minutes": -1}}, headers=PAGE)
    assert (answer.status_code, answer.json()["code"]) == (400, "parameter_invalid")
    assert client.post("/ogc/processes/moon/execution", json={}, headers=PAGE).status_code == 404
