"""What passes between a phone in the field and the service."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from yzgeo.catalogue import Label

from .conflicts import SyncDecision
from .meta import Problem
from .progress import EventSent, Receipt


class SyncStage(BaseModel):
    """A stage of a layer's course."""

    id: str
    label: Label
    done: bool
    aside: bool


class SyncMove(BaseModel):
    """A move that the caller's role may make, and what it takes."""

    model_config = ConfigDict(populate_by_name=True)

    origin: str = Field(alias="from")
    to: str
    kind: Literal["forward", "back", "aside", "resume"]
    evidence: bool
    second_person: bool
    reason: bool


class SyncMeasure(BaseModel):
    """A quantity that a form asks for."""

    field: str
    title: Label
    unit: str | None
    whole: bool


class SyncLayer(BaseModel):
    """The forms of a layer, from its stage table."""

    id: str
    title: Label
    payload_version: int
    stages: list[SyncStage]
    moves: list[SyncMove]
    measures: list[SyncMeasure]


class SyncStep(BaseModel):
    """One step of a feature's course."""

    stage: str
    on: date | None


class SyncWaiting(BaseModel):
    """A move that waits for a second person."""

    event: str
    to: str


class SyncFeature(BaseModel):
    """A feature as a phone holds it."""

    layer: str
    uid: str
    revision: int
    code: str | None
    name: str | None
    subdistrict: str | None
    community: str | None
    planned_finish: date | None
    data_status: str | None
    stage: str
    since: date | None
    left: str | None
    track: list[SyncStep]
    measures: dict[str, float]
    limits: dict[str, float]
    pending: list[SyncWaiting]
    may_record: bool
    geometry: dict[str, Any] | None


class SyncGone(BaseModel):
    """A feature that was deleted or moved to another street office."""

    layer: str
    uid: str


class SyncPulled(BaseModel):
    """What changed since ``since``; with ``full`` it is everything, and the phone forgets what it had."""

    token: str
    full: bool
    server_time: datetime
    subdistricts: list[str]
    layers: list[SyncLayer]
    features: list[SyncFeature]
    gone: list[SyncGone]
    decisions: list[SyncDecision]


class SyncSize(BaseModel):
    """How much the first download is; ``bytes`` as it goes over the air, compressed."""

    features: int
    bytes: int


class SyncEvent(EventSent):
    """An entry with the feature it speaks of."""

    layer: Annotated[str, Field(max_length=100)]
    uid: Annotated[str, Field(max_length=100)]


class SyncSent(BaseModel):
    """Entries of a phone; each is read on its own, so that a bad one does not block the others."""

    model_config = ConfigDict(extra="forbid")

    events: Annotated[list[dict[str, Any]], Field(max_length=100)]


class SyncAnswer(BaseModel):
    """What became of one entry. Only with a receipt may the phone forget it."""

    id: str
    outcome: Literal["accepted", "repeated", "agreed", "rebased", "conflict", "refused"]
    receipt: Receipt | None = None
    problem: Problem | None = None


class SyncPushed(BaseModel):
    """One answer for each entry, in the order in which they were sent."""

    server_time: datetime
    answers: list[SyncAnswer]
