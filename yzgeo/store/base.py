"""What a store can do: the one interface that the file and the server database both implement.

Every layer has a growing revision. A write is one transaction that makes one new revision of one layer; superseded
versions of features stay readable, and a deletion leaves a tombstone in the log of changes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any, Literal, Protocol, runtime_checkable

import geopandas as gpd
from shapely.geometry.base import BaseGeometry

from yzgeo.catalogue import Catalogue

Value = str | int | float | bool | None
BBox = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Query:
    """Which features of a layer are wanted.

    ``bbox`` is (west, south, east, north) in the storage system. ``equals`` joins its conditions with *and*; a
    sequence of values means *any of these*. ``search`` looks for a piece of text in the layer's search fields.
    ``revision`` or ``on`` (the end of that day, UTC) ask for an earlier state; without them it is the present.
    """

    bbox: BBox | None = None
    equals: Mapping[str, Value | Sequence[Value]] = field(default_factory=dict)
    search: str | None = None
    limit: int | None = None
    offset: int = 0
    revision: int | None = None
    on: date | None = None


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
class Account:
    """A person who may sign in. ``subdistricts`` limits a field role to its own street offices."""

    name: str
    role: str
    subdistricts: tuple[str, ...] = ()
    password_hash: str = ""
    disabled: bool = False


@runtime_checkable
class Store(Protocol):
    """Storage of one district."""

    catalogue: Catalogue

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

    def batches(self, layer: str | None = None) -> Sequence[Batch]:
        """List the batches, newest first."""

    def changes(self, layer: str, *, since: int = 0) -> Sequence[ChangeRecord]:
        """List the changes after a revision, oldest first, tombstones included."""

    def history(self, layer: str, uid: str) -> Sequence[Feature]:
        """List every version of a feature, newest first; the last one before a deletion stays."""

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
