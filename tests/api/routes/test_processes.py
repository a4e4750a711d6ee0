"""OGC API Processes: described, executed in both ways, listed, dismissed."""

from __future__ import annotations

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
    assert connect("viewer").request("DELETE", address, headers=PAGE).status_code == 403
    assert client.request("DELETE", address, headers=PAGE).json()["status"] == "dismissed"
    assert client.get(f"{address}/results").status_code == 404


def test_wrong_executions_are_refused(connect: Callable) -> None:
    assert connect().post(EXECUTION, json={"inputs": {"circle": "fitness_10min"}}).status_code == 403
    client = connect("planner")
    answer = client.post(EXECUTION, json={"inputs": {"circle": "fitness_10min", "minutes": -1}}, headers=PAGE)
    assert (answer.status_code, answer.json()["code"]) == (400, "parameter_invalid")
    assert client.post("/ogc/processes/moon/execution", json={}, headers=PAGE).status_code == 404
