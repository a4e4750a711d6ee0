"""Conflicts between phones and the office, and their decisions."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from yzgeo.catalogue import Label
from yzgeo.store.phones import ConflictKind, Keep

from .meta import Problem


class ConflictStage(BaseModel):
    """A stage, and since when."""

    id: str
    label: Label
    on: date | None


class ConflictQuantity(BaseModel):
    """A quantity as one side has it."""

    field: str
    title: Label
    unit: str | None
    value: float | int


class ConflictSide(BaseModel):
    """One of the three columns: before, phone or office. ``revision`` of the office goes into the decision."""

    revision: int | None
    deleted: bool
    stage: ConflictStage
    measures: list[ConflictQuantity]


class ConflictDecision(BaseModel):
    """What was decided; ``event`` is the entry of the ledger that stands for it."""

    keep: Keep
    reason: str
    by: str
    at: datetime
    event: str | None


class ConflictReason(BaseModel):
    """Why something cannot be recorded."""

    level: str
    code: str
    where: str
    message: str
    message_en: str


class ConflictingEntry(BaseModel):
    """An entry of others that a decision would take back."""

    event: str
    kind: str
    actor: str
    valid_at: datetime
    payload: dict[str, Any]


class ConflictChoice(BaseModel):
    """What a decision would record, or the reasons why it cannot be made."""

    possible: bool
    issues: list[ConflictReason]
    records: str | None
    measures: dict[str, float | int]
    cancels: list[ConflictingEntry]


class ConflictChoices(BaseModel):
    """Each decision, tried."""

    phone: ConflictChoice
    office: ConflictChoice
    both: ConflictChoice


class ConflictTold(BaseModel):
    """A record that contradicts what others recorded, with the state it was written on and that of the office."""

    id: str
    layer: str
    layer_title: Label
    uid: str
    title: str
    kind: ConflictKind
    state: Literal["open", "decided"]
    record: dict[str, Any]
    before: ConflictSide
    phone: ConflictSide
    office: ConflictSide | None
    reason: Problem
    actor: str
    role: str
    device: str | None
    received_at: datetime
    decision: ConflictDecision | None
    may_decide: bool
    choices: ConflictChoices | None = None


class Conflicts(BaseModel):
    """Conflicts, newest first."""

    conflicts: list[ConflictTold]


class DecisionSent(BaseModel):
    """A decision; ``office_revision`` is the revision of the office's side as it was shown."""

    model_config = ConfigDict(extra="forbid")

    keep: Keep
    reason: Annotated[str, Field(min_length=1, max_length=2000)]
    office_revision: Annotated[int, Field(ge=0, lt=2**62)]


class SyncDecision(BaseModel):
    """What was decided of one of the caller's own records."""

    id: str
    layer: str
    uid: str
    keep: Keep
    reason: str
    by: str
    at: datetime
