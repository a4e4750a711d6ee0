"""OGC API Processes."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from .ogc import Link

JobState = Literal["accepted", "running", "successful", "failed", "dismissed"]


class ProcessSummary(BaseModel):
    """A process in short."""

    id: str
    title: str
    description: str
    version: str
    keywords: list[str]
    job_control_options: list[str] = Field(alias="jobControlOptions")
    output_transmission: list[str] = Field(alias="outputTransmission")
    links: list[Link]


class ProcessList(BaseModel):
    """All processes."""

    processes: list[ProcessSummary]
    links: list[Link]


class ProcessDescription(ProcessSummary):
    """A process with its inputs and outputs."""

    inputs: dict[str, Any]
    outputs: dict[str, Any]


class Execution(BaseModel):
    """A request to execute a process."""

    model_config = ConfigDict(extra="ignore")

    inputs: dict[str, Any] = {}
    outputs: dict[str, Any] | None = None
    response: Literal["document", "raw"] = "document"


class JobStatus(BaseModel):
    """State of a job."""

    process_id: str = Field(alias="processID")
    type: Literal["process"]
    job_id: str = Field(alias="jobID")
    status: JobState
    message: str
    created: str
    started: str | None = None
    updated: str
    finished: str | None = None
    progress: int
    links: list[Link]


class JobList(BaseModel):
    """Jobs, the newest first."""

    jobs: list[JobStatus]
    links: list[Link]
