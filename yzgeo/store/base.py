"""What a store can do: the one interface that the file and the server database both implement.

Every layer has a growing revision. A write is one transaction that makes one new revision of one layer; superseded
versions of features stay readable, and a deletion leaves a tombstone in the log of changes.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any, Literal, Protocol, runtime_checkable

import geopandas as gpd
import numpy as np
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from yzgeo.catalogue import Catalogue
from yzgeo.filters import Expression
from yzgeo.ledger import Event

from .people import Account as Account  # noqa: PLC0414 - part of this interface
from .people import PeopleStore
from .phones import ConflictStore, DeviceStore

Value = str | int | float | bool | None
BBox = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Query:
    """Which features of a layer are wanted.

    ``bbox`` is (west, south, east, north) in the storage system. ``equals`` joins its conditions with *and*; a
    sequence of values means *any of these*. ``where`` is a condition on the layer's fields; ``sort`` names fields and
    whether they descend, the order of entry decides the rest. ``search`` looks for a piece of text in the layer's
    search fields. ``after`` leaves out all up to this fid: a walk in the order of entry goes on there. ``revision`` or
    ``on`` (the end of that day on the country's clock) ask for an earlier state; without them it is the present. Of an
    earlier state ``own`` leaves out what is in none of these street offices now, or was in none when it was deleted.
    """

    bbox: BBox | None = None
    equals: Mapping[str, Value | Sequence[Value]] = field(default_factory=dict)
    where: Expression | None = None
    search: str | None = None
    sort: Sequence[tuple[str, bool]] = ()
    limit: int | None = None
    offset: int = 0
    after: int | None = None
    revision: int | None = None
    on: date | None = None
    own: Sequence[str] | None = None


@dataclass(frozen=True, slots=True)
class Feature:
    """One feature as it is stored; dates are ISO 8601 text, the geometry is in the storage system."""

    layer: str
    uid: str
    fid: int
    revision: int
    properties: Mapping[str, Value]
    geometry: BaseGeometry | None


@dataclass(frozen=True, slots=True)
class Rows:
    """Many features in columns, for tiles and frames: all sequences have the same length."""

    uids: Sequence[str]
    fids: Sequence[int]
    revisions: Sequence[int]
    wkb: Sequence[bytes | None]
    columns: Mapping[str, Sequence[Value]]


@dataclass(frozen=True, slots=True)
class Superseded:
    """Versions of features that others took the place of, in the order in which that happened."""

    rows: Rows
    until_revisions: Sequence[int]
    """Revision of the layer that ended each."""
    numbers: Sequence[int]
    """Place of each among all of the layer; ask for what comes after the last one to get the next page."""


@dataclass(frozen=True, slots=True)
class Provenance:
    """Who writes, why and from what."""

    actor: str
    reason: str
    file_name: str | None = None
    file_sha256: str | None = None
    choices: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Batch:
    """One write that happened."""

    id: str
    layer: str
    revision: int
    recorded_at: datetime
    actor: str
    reason: str
    inserted: int
    updated: int
    unchanged: int
    deleted: int
    file_name: str | None = None
    file_sha256: str | None = None
    choices: Mapping[str, Any] = field(default_factory=dict)
    undoes: str | None = None
    """Id of the batch that this one took back."""
    undone_by: str | None = None
    """Id of the batch that took this one back and still stands."""


@dataclass(frozen=True, slots=True)
class ChangeRecord:
    """One line of the log of changes; ``delete`` is a tombstone."""

    layer: str
    uid: str
    revision: int
    kind: Literal["insert", "update", "delete"]
    batch: str
    recorded_at: datetime


@dataclass(frozen=True, slots=True)
class LaterEdit:
    """Why a feature was left as it is by an undo: what someone did to it after the batch.

    ``kind`` is that of the change, or of the entry in the ledger, which ``event`` names; ``batch`` is empty where an
    entry changed no column.
    """

    uid: str
    kind: str
    revision: int
    recorded_at: datetime
    actor: str
    batch: str = ""
    event: str | None = None


@dataclass(frozen=True, slots=True)
class Undone:
    """A batch taken back: uids set back, removed because it had inserted them, brought back because it deleted them.

    ``later`` lists what was done after the batch to the features that were therefore left alone.
    """

    batch: Batch
    restored: Sequence[str]
    removed: Sequence[str]
    brought_back: Sequence[str]
    later: Sequence[LaterEdit]


@dataclass(frozen=True, slots=True)
class Recorded:
    """An event in the ledger; ``created`` is False if it was there before. ``revision`` is the layer's."""

    event: Event
    created: bool
    revision: int


@dataclass(frozen=True, slots=True)
class ChainBreak:
    """Where the ledger was touched: position from 0 and row of the event, and what is wrong with it.

    ``content``: the event is not what was recorded; ``predecessor``: one before it is missing or in the wrong place;
    ``tail``: the end of the chain is missing.
    """

    position: int
    sequence: int | None
    event: str
    reason: Literal["content", "predecessor", "tail"]


@dataclass(frozen=True, slots=True)
class Difference:
    """A column, or part of the projection, that is not what the events say."""

    layer: str
    uid: str
    field: str
    stored: Value
    expected: Value


@dataclass(frozen=True, slots=True)
class Verification:
    """Result of walking the chain and comparing the projection."""

    events: int
    head: str
    broken: ChainBreak | None
    differences: Sequence[Difference]

    @property
    def ok(self) -> bool:
        """Whether the ledger is whole and the layers say what it says."""
        return self.broken is None and not self.differences


@dataclass(frozen=True, slots=True)
class Registered:
    """A state of a layer's register, what progress does to its columns left aside: it stands from the end of ``day``.

    The features, their shapes and quantities at ``revision`` are those of ``day`` and of the days up to the next state.
    """

    day: date
    revision: int


@dataclass(frozen=True, slots=True)
class StageSince:
    """The stage of a feature on a day, and since when (None: since before anything is known)."""

    stage: str
    since: date | None
    event: str


@dataclass(frozen=True, slots=True)
class Deliveries:
    """When features became delivered, or stopped being so: arrays of the same length, in order of days.

    ``days`` is datetime64[D], NaT where a feature was delivered before anything is known. ``amounts`` is in the unit
    of the field asked for, negative where something is no longer delivered.
    """

    uids: Sequence[str]
    days: NDArray[np.datetime64]
    amounts: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Attachment:
    """A photo or a document, named by the SHA-256 of its bytes; the position is kept here and not in the file."""

    sha256: str
    media_type: str
    bytes: int
    actor: str
    added_at: datetime
    width: int | None = None
    height: int | None = None
    lon: float | None = None
    lat: float | None = None
    taken_at: str | None = None
    illustrative: bool = False


Judge = Callable[[Sequence[Event], Feature, datetime], None]
"""Raises if an event may not be recorded; given the feature's events, the feature and the office's clock."""


@runtime_checkable
class EncodesTiles(Protocol):
    """A store that can encode vector tiles itself, where shapes are only clipped and rounded."""

    def plain_tile(
        self, layer: str, place: tuple[int, int, int], *, fields: Sequence[str], own: Sequence[str] | None
    ) -> tuple[int, bytes | None]:
        """
        Encode the present state of a tile (zoom, row, column) and tell its revision.

        None if the store leaves this tile to the caller. Only ``fields`` and ``uid`` are read.
        """


@runtime_checkable
class LedgerStore(Protocol):
    """The ledger of a district: it only grows. Stage columns and measures of the layers follow from it."""

    def revision(self) -> int:
        """Tell how many events there are. Cheap enough to ask on every request."""

    def record(self, event: Event, judge: Judge) -> Recorded:
        """
        Record one event and what follows from it in one transaction.

        An event sent again gives the first one back; the same id with another content is a `ConflictError`.
        """

    def record_many(self, events: Iterable[Event], *, actor: str, reason: str) -> int:
        """Record trusted events in bulk, in the order given, each with its own record time; return how many."""

    def events(self, layer: str, uid: str) -> Sequence[Event]:
        """List the events of a feature in the order of recording."""

    def stories(self, layer: str, *, after: str, limit: int, until: int) -> Mapping[str, Sequence[Event]]:
        """List the features of the ledger after a uid, each with its events up to a place in the chain."""

    def event(self, event_id: str) -> Event | None:
        """Look an event up."""

    def position(self, event_id: str) -> int | None:
        """Tell an event's place in the chain, from 1."""

    def chain(self) -> Iterator[Event]:
        """Give all events in the order of recording."""

    def spoken_of(self, layer: str, after: datetime, until: datetime) -> Sequence[str]:
        """List the features of which something that may move them was recorded after one moment, until another."""

    def spoken_since(self, layer: str, after: int) -> Sequence[str]:
        """List the features of which anything was recorded after a place in the chain."""

    def pending(self, *, layers: Sequence[str] | None = None) -> Sequence[Event]:
        """List the moves that wait for a second person, oldest first."""

    def recent(
        self, limit: int, *, before: int | None = None, layers: Sequence[str] | None = None
    ) -> Sequence[tuple[int, Event]]:
        """List events with their place in the chain, newest first, below ``before``."""

    def stages_on(self, layer: str, day: date) -> Mapping[str, StageSince]:
        """Tell the stage of every feature with events at the end of a day, as known today."""

    def measures_on(
        self, layer: str, day: date, uids: Sequence[str] | None = None
    ) -> Mapping[str, Mapping[str, float]]:
        """
        Tell the quantities reported by the end of a day, as known today: uid to field to value.

        Of every feature, or of some.
        """

    def last_day(self) -> date | None:
        """Tell the latest day that any stage was reached; None in a new district."""

    def deliveries(self, layer: str, field: str | None = None) -> Deliveries:
        """List when features became delivered; each counts 1, or the present value of a field."""

    def verify(self) -> Verification:
        """Walk the chain and compare the projection."""

    def rebuild(self) -> int:
        """Make the projection again; return how many features of the layers changed."""

    def citing(self, sha256: str) -> Sequence[Event]:
        """List the events that name an attachment."""

    def put_attachment(self, attachment: Attachment) -> None:
        """Note an attachment; the first note of the same bytes stays, and everyone who sent them is remembered."""

    def senders(self, sha256: str) -> Sequence[str]:
        """List who sent an attachment."""

    def attachment(self, sha256: str) -> Attachment | None:
        """Look an attachment up."""


@runtime_checkable
class Store(Protocol):
    """Storage of one district."""

    catalogue: Catalogue

    @property
    def ledger(self) -> LedgerStore:
        """The ledger of progress."""

    @property
    def people(self) -> PeopleStore:
        """Accounts, what lets them in, and the audit."""

    @property
    def conflicts(self) -> ConflictStore:
        """What phones sent and others contradict, and what was decided."""

    @property
    def devices(self) -> DeviceStore:
        """Phones that have asked for anything."""

    def close(self) -> None:
        """Release every connection."""

    def check(self) -> None:
        """Raise `WorkspaceBrokenError` if the database cannot be trusted."""

    def revision(self, layer: str) -> int:
        """Tell the layer's revision; 0 before the first write. Cheap enough to ask on every request."""

    def count(self, layer: str, query: Query | None = None) -> int:
        """Count what `rows` would give without limit and offset."""

    def feature(self, layer: str, uid: str, *, revision: int | None = None) -> Feature:
        """Get one feature; `FeatureUnknownError` if it is not there at that revision."""

    def rows(self, layer: str, query: Query | None = None, *, fields: Sequence[str] | None = None) -> Rows:
        """Get features in columns, ordered by fid."""

    def frame(self, layer: str, query: Query | None = None) -> gpd.GeoDataFrame:
        """Get features as a frame indexed by uid, geometry (or None) in the storage system."""

    def bounds(self, layer: str) -> BBox | None:
        """Tell the extent of the layer, None where it is empty or has no geometry."""

    def tally(self, layer: str, field: str) -> Mapping[Value, int]:
        """Count the features of the present state by one field's values."""

    def write(
        self,
        layer: str,
        *,
        put: gpd.GeoDataFrame | None = None,
        delete: Sequence[str] = (),
        provenance: Provenance,
        base_revision: int | None = None,
    ) -> Batch:
        """
        Write one batch in one transaction.

        ``put`` is indexed by uid, in the storage system, with the layer's fields as columns: an unknown uid is
        inserted, a known one updated, an identical one left alone. With ``base_revision`` the write is refused by
        `ConflictError` if the layer has moved on. Nothing changed means no new revision.
        """

    def undo_batch(self, batch_id: str, *, actor: str, reason: str) -> Undone:
        """
        Take one batch back in one transaction, as a new batch that can itself be undone.

        Features that were changed after the batch, or that people have spoken of in the ledger since, stay as they are
        and are listed. If that leaves nothing to do, no batch is written and the returned one has no id.
        `BatchUnknownError` if there is no such batch, `AlreadyUndoneError` if it was taken back and that still stands,
        `UndoRefusedError` if the batch follows from the ledger, which is corrected by counter-entries.
        """

    def batches(self, layer: str | None = None) -> Sequence[Batch]:
        """List the batches, newest first."""

    def changes(self, layer: str, *, since: int = 0) -> Sequence[ChangeRecord]:
        """List the changes after a revision, oldest first, tombstones included."""

    def registered(self, layer: str) -> Sequence[Registered]:
        """List the states of a layer's register, one a day at most, oldest first; see `register.states`."""

    def history(self, layer: str, uid: str) -> Sequence[Feature]:
        """List every version of a feature, newest first; the last one before a deletion stays."""

    def superseded(
        self, layer: str, *, fields: Sequence[str], until: int, after: int, limit: int, own: Sequence[str] | None
    ) -> Superseded:
        """
        List a page of the versions of a layer that ended by a revision.

        With ``own`` only those in these street offices of features that are still in one of them, or were at last.
        """

    def moments(self, layer: str, revisions: Collection[int]) -> Mapping[int, tuple[datetime, str]]:
        """Tell when revisions of a layer were written, and by whom."""

    def backup(self, target: Path) -> Path:
        """Write a consistent copy to a new file."""

    def meta(self, key: str) -> str | None:
        """Read a setting of the workspace."""

    def set_meta(self, key: str, value: str) -> None:
        """Write a setting of the workspace."""

    def accounts(self) -> Sequence[Account]:
        """List the accounts, by name."""

    def account(self, name: str) -> Account | None:
        """Get one account."""

    def put_account(self, account: Account) -> None:
        """Create or replace an account."""

    def put_session(self, token_hash: str, account: str, *, expires_at: datetime) -> None:
        """Remember a signed-in session by the hash of its token."""

    def session(self, token_hash: str, *, now: datetime) -> Account | None:
        """Get the account of a session that has neither expired nor been revoked nor disabled."""

    def drop_session(self, token_hash: str) -> None:
        """Revoke a session."""
