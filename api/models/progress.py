"""The ledger and the progress it tells of."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from yzgeo.catalogue import DataStatus, Label

from .overview import RegisterTold

RecordedKind = Literal["transition", "measure", "note", "photo", "correction", "approval"]
EventKind = Literal["transition", "measure", "note", "photo", "correction", "approval", "opening", "withdrawal"]


class PlaceSent(BaseModel):
    """Where the person stood, WGS 84; the distance to the feature is measured here."""

    model_config = ConfigDict(extra="ignore")

    lon: float
    lat: float
    accuracy_m: Annotated[float, Field(ge=0, allow_inf_nan=False)] | None = None


class EventSent(BaseModel):
    """Something to record. ``id`` is made by the client: sending the same again changes nothing."""

    model_config = ConfigDict(extra="forbid")

    id: UUID
    kind: RecordedKind
    valid_at: datetime
    payload: dict[str, Any]
    base_revision: Annotated[int, Field(ge=0, lt=2**53)] | None = None
    place: PlaceSent | None = None
    payload_version: Annotated[int, Field(ge=1)] = 1


class Place(BaseModel):
    """Where the person stood, metres from the feature."""

    lon: float
    lat: float
    accuracy_m: float | None
    distance_m: float | None


class EventEntry(BaseModel):
    """One entry of the ledger, as the caller may see it."""

    id: str
    kind: EventKind
    valid_at: datetime
    recorded_at: datetime | None
    actor: str | None
    role: str | None
    payload: dict[str, Any]
    place: Place | None
    hash: str
    previous_hash: str
    illustrative: bool


class Decision(BaseModel):
    """What the second person said."""

    granted: bool
    actor: str | None
    at: datetime
    reason: str | None


class StoryEvent(EventEntry):
    """An entry with what became of it."""

    cancelled: bool
    replaced: bool
    approval: Decision | None


class StageReached(BaseModel):
    """The stage of a feature, and since when."""

    id: str
    label: Label
    on: date | None
    since: date | None


class TrackStep(BaseModel):
    """One step of a feature's course."""

    stage: str
    label: Label
    on: date | None
    event: str
    actor: str | None


class MeasureState(BaseModel):
    """A quantity reported in the course of a feature; ``limit`` is what it cannot pass."""

    field: str
    title: Label
    unit: str | None
    value: float | None
    limit: float | None


class Contradiction(BaseModel):
    """Entries that cannot both be true."""

    event: str
    code: str
    message: str
    message_en: str


class OfferedMove(BaseModel):
    """A move the caller may make, and what it takes."""

    to: str
    label: Label
    kind: str
    evidence: bool
    second_person: bool
    reason: bool


class FeatureState(BaseModel):
    """Where a feature stands, and what the caller may record next."""

    layer: str
    uid: str
    revision: int
    stage: StageReached
    left: str | None
    track: list[TrackStep]
    measures: dict[str, MeasureState]
    pending: list[EventEntry]
    conflicts: list[Contradiction]
    offered: list[OfferedMove]
    measures_offered: list[MeasureState]
    may_write: bool
    data_status: DataStatus | None
    illustrative: bool


class FeatureStory(FeatureState):
    """The same with every entry, newest first."""

    events: list[StoryEvent]


class Receipt(BaseModel):
    """Proof of an entry; ``code`` is short enough for the telephone."""

    event: str
    hash: str
    recorded_at: datetime | None
    code: str


class EventRecorded(BaseModel):
    """The receipt, and where the feature stands now."""

    receipt: Receipt
    state: FeatureState


class NamedEvent(EventEntry):
    """An entry with the feature it speaks of."""

    layer: str
    uid: str


class ReceiptFound(BaseModel):
    """A receipt that was looked up. ``verified``: the entry still has its hash."""

    event: NamedEvent
    receipt: Receipt
    position: int | None
    verified: bool


class RecentEvent(NamedEvent):
    """An entry in the list of the newest."""

    position: int
    code: str | None
    name: str | None
    subdistrict: str | None


class RecentEvents(BaseModel):
    """The newest entries; ``before`` asks for the next page, null at the end."""

    events: list[RecentEvent]
    before: int | None


class ForecastTold(BaseModel):
    """When the rest will be delivered, by a method that is named."""

    model_config = ConfigDict(extra="allow")

    method: str
    method_label: Label
    per_year: float | None
    needed_per_year: float | None
    finish: date | None
    earliest: date | None
    latest: date | None


class TargetProgress(BaseModel):
    """A promise of the plan on one day."""

    id: str
    title: Label
    layer: str
    unit: Label
    figure: str
    value: float | None
    registered: float | None
    done: float | None
    share: float | None
    scheduled: float
    scheduled_share: float | None
    schedule_method: Literal["planned_dates", "straight_line"]
    light: Literal["green", "amber", "red", "grey"]
    late: int
    forecast: ForecastTold
    denominator: Label
    own_part: bool
    source: str
    illustrative: bool


class LayerProgress(BaseModel):
    """One layer in the district or in a part of it."""

    count: int
    done: int
    late: int
    stages: dict[str, int]
    amount: float
    amount_done: float
    unit: Label
    measures: dict[str, float]


class UnitProgress(BaseModel):
    """One street office or community; null for what lies in none."""

    code: str | None
    name: str | None
    layers: dict[str, LayerProgress]


class LateFeature(BaseModel):
    """A feature that should have been delivered."""

    layer: str
    uid: str
    code: str | None
    name: str | None
    subdistrict: str | None
    community: str | None
    stage: str
    stage_label: Label
    planned_finish: date
    days_late: int


class ProgressDays(BaseModel):
    """First and last day on which the district can be looked at; the last one is what is meant by now."""

    first: date
    last: date
    ledger: int


class StageCounts(BaseModel):
    """How many features of each layer stand at each stage at the end of a day."""

    at: date
    layers: dict[str, dict[str, int]]


class ProgressReport(BaseModel):
    """Where the district stands at the end of a day."""

    at: date
    by: Literal["subdistrict", "community"] | None
    rule: Label
    registers: dict[str, RegisterTold]
    targets: list[TargetProgress]
    district: dict[str, LayerProgress]
    groups: list[UnitProgress]
    late: list[LateFeature]
    late_total: int
    late_by_layer: dict[str, int]


class Curve(BaseModel):
    """An S-curve; ``delivered`` is null after the day ``at``."""

    target: str | None
    layer: str
    title: Label
    unit: Label
    total: float
    at: date
    days: list[date]
    delivered: list[float | None]
    scheduled: list[float]
    schedule_method: Literal["planned_dates", "straight_line"]
    line: list[float]
    forecast: ForecastTold
    source: str
    illustrative: bool


class Movement(BaseModel):
    """A feature whose stage differs between two days."""

    layer: str
    uid: str
    code: str | None
    name: str | None
    subdistrict: str | None
    from_stage: str
    to_stage: str
    from_label: Label
    to_label: Label
    on: date | None
    actor: str | None
    event: str


class LateReport(Movement):
    """A feature whose stage on the first day is told differently since; ``from_stage`` is what was known then."""

    recorded_at: datetime


class Movements(BaseModel):
    """What moved between two days, and what was reported late, newest first."""

    model_config = ConfigDict(populate_by_name=True)

    start: date = Field(alias="from")
    end: date = Field(alias="to")
    moved: list[Movement]
    totals: dict[str, int]
    late: list[LateReport] = Field(description="补报: recorded between the days, about the first day or before")


class WaitingMove(BaseModel):
    """The move that waits."""

    model_config = ConfigDict(populate_by_name=True)

    origin: str = Field(alias="from")
    to: str
    from_label: Label
    to_label: Label


class WaitingApproval(BaseModel):
    """A move that waits for a second person."""

    event: str
    layer: str
    uid: str
    code: str | None
    name: str | None
    subdistrict: str | None
    move: WaitingMove
    actor: str
    valid_at: datetime
    recorded_at: datetime | None
    evidence: list[str]
    reason: str | None
    illustrative: bool
    may_decide: bool


class Approvals(BaseModel):
    """Moves that wait for a second person, oldest first."""

    waiting: list[WaitingApproval]


class AttachmentKept(BaseModel):
    """A photo or document that was kept. It is named by its bytes; where a photo was taken is kept apart."""

    sha256: str
    media_type: str
    bytes: int
    width: int | None
    height: int | None
    taken_at: str | None
    address: str
    thumbnail: str | None
