"""What the store keeps for phones in the field: records that contradict what others recorded, until someone decides."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, Protocol, get_args, runtime_checkable

from yzgeo.ledger import Event

from .people import Deed

ConflictKind = Literal["move", "dates", "measure", "decision", "deleted", "moved_away", "other"]
CONFLICT_KINDS: tuple[ConflictKind, ...] = get_args(ConflictKind)
Keep = Literal["phone", "office", "both"]


@dataclass(frozen=True, slots=True)
class Ruling:
    """What was decided: which side is kept, why, by whom; ``event`` is the entry of the ledger that says so."""

    keep: Keep
    reason: str
    by: str
    at: datetime
    event: str
    position: int
    """Place in the ledger of the decision's last entry."""


@dataclass(frozen=True, slots=True)
class KeptConflict:
    """A phone's record that contradicts what others recorded meanwhile; ``id`` is the record's own.

    ``home`` is the street office of the feature as the phone knew it. ``record`` is what was sent, ``facts`` what was
    known when it came in: the state it was written on, the state it would have made, and why it was not recorded.
    """

    id: str
    layer: str
    uid: str
    title: str
    kind: ConflictKind
    home: str | None
    actor: str
    role: str
    device: str
    record: Mapping[str, Any]
    facts: Mapping[str, Any]
    received_at: datetime
    ruling: Ruling | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """A version of a feature that came to an end: the layer's revision that ended it, when, and by whom."""

    revision: int
    at: datetime
    actor: str


@dataclass(frozen=True, slots=True)
class Office:
    """What is known of a feature now: its entries, some properties of its last version, and what deleted it, if so."""

    events: Sequence[Event]
    properties: Mapping[str, Any]
    revision: int
    deleted_at: int | None
    """Revision of the layer that deleted it."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What a decision is judged on, seen inside its transaction.

    ``feature`` says whether there is one; ``revision`` is that of the feature, or the one that deleted it.
    """

    events: Sequence[Event]
    properties: Mapping[str, Any] | None
    revision: int
    now: datetime


Judge = Callable[[Standing], tuple[str, Sequence[Event]]]
"""Gives the entries that a decision adds to the ledger, with the id of the one that stands for it, or raises."""


@runtime_checkable
class ConflictStore(Protocol):
    """Conflicts between phones and the office: kept when they come in, decided once, never deleted."""

    def put(self, conflict: KeptConflict) -> KeptConflict | Event:
        """Keep a record durably; what is kept or recorded under that id already is given back instead."""

    def get(self, conflict_id: str) -> KeptConflict | None:
        """Look a conflict up."""

    def find(
        self,
        limit: int,
        *,
        decided: bool | None = None,
        layers: Sequence[str] | None = None,
        before: int | None = None,
    ) -> Sequence[tuple[int, KeptConflict]]:
        """List conflicts with their numbers, newest first."""

    def decided_for(self, actor: str, after: int) -> Sequence[KeptConflict]:
        """List the decided conflicts of an account whose decision stands after a place in the ledger, oldest first."""

    def citing(self, sha256: str) -> Sequence[KeptConflict]:
        """List the conflicts whose record names an attachment."""

    def steps(self, layer: str, uid: str, *, since: int) -> Sequence[Step]:
        """List which versions of a feature came to an end after a revision, in their order."""

    def offices(self, layer: str, uids: Collection[str], *, fields: Sequence[str]) -> Mapping[str, Office]:
        """Tell what is known of many features now, by uid; what never was is not there."""

    def decide(
        self, conflict_id: str, judge: Judge, *, keep: Keep, reason: str, by: str, office_revision: int, deed: Deed
    ) -> KeptConflict:
        """Decide a conflict in one transaction: the entries of the ledger, the decision and the audit, or nothing."""


@dataclass(frozen=True, slots=True)
class Device:
    """A phone in the hands of an account; ``id`` is what the phone made for itself."""

    id: str
    actor: str
    label: str
    first_seen: datetime
    last_seen: datetime
    revoked_at: datetime | None = None
    revoked_by: str | None = None


@runtime_checkable
class DeviceStore(Protocol):
    """Phones that have asked for anything, and those that may not ask any more."""

    def of(self, device_id: str) -> Sequence[Device]:
        """List a phone once for each account that has used it."""

    def see(self, device: Device, *, deed: Deed) -> None:
        """Note that a phone was seen: with a line of the audit the first time, its latest time afterwards."""

    def find(self, actor: str | None = None) -> Sequence[Device]:
        """List the phones of an account, or of all, latest seen first."""

    def revoke(self, device_id: str, *, actor: str | None, by: str, deed: Deed, spared: str = "") -> int:
        """
        Shut a phone out for an account, or for all that have used it; return how many were in.

        Their sessions end, but for the one that is spared.
        """
