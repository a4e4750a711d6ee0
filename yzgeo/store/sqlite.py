"""A district in one GeoPackage file."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

import geopandas as gpd

from yzgeo.catalogue import Catalogue
from yzgeo.errors import InputError, StorageError, WorkspaceMissingError

from . import accounts, building, checking, history, ledger_imports, migrations, reading, schema, staging, writing
from .base import Account, Batch, BBox, ChangeRecord, Feature, Provenance, Query, Rows, Value
from .connections import Connections
from .grants import GeoPackagePeople
from .ledger import GeoPackageLedger

FILE_NAME = "yzgeo.gpkg"
Clock = Callable[[], datetime]

_EVERYTHING = Query()


def utc_now() -> datetime:
    """
    Tell the time.

    Returns
    -------
    datetime.datetime
        Now, in UTC.
    """
    return datetime.now(UTC)


class GeoPackageStore:
    """The `Store` on a GeoPackage: one writer at a time, any number of readers, usable from every thread.

    Make one with `create` or `open`.
    """

    def __init__(self, path: Path, catalogue: Catalogue, *, clock: Clock, busy_timeout_s: float) -> None:
        self.path = path
        self.catalogue = catalogue
        self._clock = clock
        self._srs_id = schema.srs_id(catalogue)
        self._connections = Connections(path, busy_timeout_s=busy_timeout_s)
        self.ledger = GeoPackageLedger(self._connections, catalogue, clock=clock)
        self.people = GeoPackagePeople(self._connections, clock=clock)

    @classmethod
    def create(
        cls,
        workspace: str | os.PathLike[str],
        catalogue: Catalogue,
        *,
        clock: Clock = utc_now,
        busy_timeout_s: float = 10.0,
    ) -> GeoPackageStore:
        """
        Make a new database in a workspace folder.

        Parameters
        ----------
        workspace
            Folder; made if it is not there.
        catalogue
            The layers to keep.
        clock
            Tells the time to record.
        busy_timeout_s
            How long a write waits for another writer, in seconds.

        Returns
        -------
        GeoPackageStore
            The open store, with every layer of the catalogue, empty.

        Raises
        ------
        WorkspaceExistsError
            If a database is there already.
        StorageError
            If the folder cannot be written.
        """
        with building.new_file(Path(workspace) / FILE_NAME, named=str(workspace)) as path:
            building.build(path, catalogue, now=clock())
        return cls.open(workspace, catalogue, clock=clock, busy_timeout_s=busy_timeout_s)

    @classmethod
    def open(
        cls,
        workspace: str | os.PathLike[str],
        catalogue: Catalogue,
        *,
        clock: Clock = utc_now,
        busy_timeout_s: float = 10.0,
    ) -> GeoPackageStore:
        """
        Open the database of a workspace, bringing it up to this program and this catalogue.

        Parameters
        ----------
        workspace
            Folder with the database.
        catalogue
            The layers to keep; new layers and fields get their tables and columns.
        clock
            Tells the time to record.
        busy_timeout_s
            How long a write waits for another writer, in seconds.

        Returns
        -------
        GeoPackageStore
            The open store.

        Raises
        ------
        WorkspaceMissingError, WorkspaceBrokenError, WorkspaceNewerError
            If there is no database, or none that can be trusted or understood; it is left as it was.
        StorageError, StorageBusyError
            If the disk or another writer refuses.
        """
        path = Path(workspace) / FILE_NAME
        try:
            present = path.is_file()
        except OSError as error:
            raise StorageError(path=str(path), reason=error.strerror or str(error)) from error
        if not present:
            raise WorkspaceMissingError(path=str(workspace))
        store = cls(path, catalogue, clock=clock, busy_timeout_s=busy_timeout_s)
        try:
            store._prepare()
        except BaseException:
            store.close()
            raise
        return store

    def close(self) -> None:
        """Release every connection."""
        self._connections.close()

    def check(self) -> None:
        """
        Read the whole database and compare its parts with each other.

        Raises
        ------
        WorkspaceBrokenError
            If something does not fit.
        """
        with self._connections.read() as reader:
            checking.quick(reader.connection, self.path)
            checking.full(reader.connection, self.catalogue, self.path)

    def revision(self, layer: str) -> int:
        """
        Tell the layer's revision.

        Parameters
        ----------
        layer
            Id of the layer.

        Returns
        -------
        int
            0 before the first write.
        """
        self.catalogue.layer(layer)
        with self._connections.read() as reader:
            return reader.remember("revisions", _revisions)[layer]

    def count(self, layer: str, query: Query | None = None) -> int:
        """
        Count what `rows` would give without limit and offset.

        Parameters
        ----------
        layer
            Id of the layer.
        query
            Which features; all if not given.

        Returns
        -------
        int
            How many.
        """
        spec = self.catalogue.layer(layer)
        with self._connections.read() as reader:
            if query is None:
                return reader.remember(("count", layer), lambda found: reading.count(found, spec, _EVERYTHING))
            return reading.count(reader.connection, spec, query)

    def feature(self, layer: str, uid: str, *, revision: int | None = None) -> Feature:
        """
        Get one feature.

        Parameters
        ----------
        layer
            Id of the layer.
        uid
            The feature's uid.
        revision
            State wanted, None for the present.

        Returns
        -------
        Feature
            The feature.

        Raises
        ------
        FeatureUnknownError
            If it is not there at that revision.
        """
        spec = self.catalogue.layer(layer)
        with self._connections.read() as reader:
            return reading.feature(reader.connection, spec, uid, revision=revision)

    def rows(self, layer: str, query: Query | None = None, *, fields: Sequence[str] | None = None) -> Rows:
        """
        Get features in columns.

        Parameters
        ----------
        layer
            Id of the layer.
        query
            Which features; all if not given.
        fields
            Ids of the fields wanted; all if not given.

        Returns
        -------
        Rows
            Ordered by fid.
        """
        spec = self.catalogue.layer(layer)
        with self._connections.read() as reader:
            return reading.rows(reader.connection, spec, query or _EVERYTHING, fields)

    def frame(self, layer: str, query: Query | None = None) -> gpd.GeoDataFrame:
        """
        Get features as a frame.

        Parameters
        ----------
        layer
            Id of the layer.
        query
            Which features; all if not given.

        Returns
        -------
        geopandas.GeoDataFrame
            Indexed by uid, in the storage system.
        """
        spec = self.catalogue.layer(layer)
        with self._connections.read() as reader:
            crs = self.catalogue.district.storage_crs
            return reading.frame(reader.connection, spec, query or _EVERYTHING, crs=crs)

    def bounds(self, layer: str) -> BBox | None:
        """
        Tell the extent of the layer.

        Parameters
        ----------
        layer
            Id of the layer.

        Returns
        -------
        tuple or None
            West, south, east, north; None where it is empty or has no geometry.
        """
        spec = self.catalogue.layer(layer)
        with self._connections.read() as reader:
            return reader.remember(("bounds", layer), lambda found: reading.bounds(found, spec))

    def tally(self, layer: str, field: str) -> Mapping[Value, int]:
        """
        Count the present features by one field's values.

        Parameters
        ----------
        layer
            Id of the layer.
        field
            Id of the field.

        Returns
        -------
        mapping
            Value to number, most frequent first.
        """
        spec = self.catalogue.layer(layer)
        with self._connections.read() as reader:
            return dict(reader.remember(("tally", layer, field), lambda found: reading.tally(found, spec, field)))

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

        Parameters
        ----------
        layer
            Id of the layer.
        put
            Features indexed by uid, in the storage system. Fields that are no column of it keep their stored values,
            as do the geometries if it has no geometry column.
        delete
            Uids to be deleted.
        provenance
            Who writes, why and from what.
        base_revision
            Revision the caller started from, None to write anyway.

        Returns
        -------
        Batch
            What happened. When nothing changed its ``id`` is empty, no batch is recorded and the revision stays.

        Raises
        ------
        ConflictError
            If the layer has moved on from ``base_revision``.
        FeatureUnknownError
            If a feature to be deleted is not there.
        InputError
            If the frame does not fit the layer.
        """
        spec = self.catalogue.layer(layer)
        staged = staging.stage(spec, put, delete, srs_id=self._srs_id)
        now = self._clock().astimezone(UTC)
        try:
            with self._connections.write() as connection:
                batch = writing.write(
                    connection, spec, staged, delete, provenance=provenance, base_revision=base_revision, now=now
                )
                ledger_imports.take_in(connection, spec, batch, given=staged.columns, now=now)
                return batch
        except UnicodeEncodeError as error:
            raise InputError(
                what=layer,
                reason_zh=f"文字 {error.object[:40]!r} 含有无效字符。",
                reason_en=f"the text {error.object[:40]!r} holds characters that are no Unicode text.",
            ) from error

    def batches(self, layer: str | None = None) -> Sequence[Batch]:
        """
        List the batches.

        Parameters
        ----------
        layer
            Id of a layer, None for all.

        Returns
        -------
        sequence of Batch
            Newest first.
        """
        if layer is not None:
            self.catalogue.layer(layer)
        with self._connections.read() as reader:
            return history.batches(reader.connection, layer)

    def changes(self, layer: str, *, since: int = 0) -> Sequence[ChangeRecord]:
        """
        List the changes after a revision.

        Parameters
        ----------
        layer
            Id of the layer.
        since
            Revision already known.

        Returns
        -------
        sequence of ChangeRecord
            Oldest first, tombstones included.
        """
        self.catalogue.layer(layer)
        with self._connections.read() as reader:
            return history.changes(reader.connection, layer, since=since)

    def history(self, layer: str, uid: str) -> Sequence[Feature]:
        """
        List every version of a feature.

        Parameters
        ----------
        layer
            Id of the layer.
        uid
            The feature's uid.

        Returns
        -------
        sequence of Feature
            Newest first; the last one before a deletion stays.
        """
        spec = self.catalogue.layer(layer)
        with self._connections.read() as reader:
            return reading.versions(reader.connection, spec, uid)

    def backup(self, target: Path) -> Path:
        """
        Write a consistent copy while others read and write.

        Parameters
        ----------
        target
            New file.

        Returns
        -------
        Path
            The file.

        Raises
        ------
        WorkspaceExistsError
            If the file is there already.
        StorageError
            If it cannot be written; nothing is left behind.
        """
        with building.new_file(target, named=str(target)) as path:
            self._connections.copy_into(path)
        return target

    def meta(self, key: str) -> str | None:
        """
        Read a setting of the workspace.

        Parameters
        ----------
        key
            Its name.

        Returns
        -------
        str or None
            Its value.
        """
        with self._connections.read() as reader:
            return reader.remember("meta", _meta).get(key)

    def set_meta(self, key: str, value: str) -> None:
        """
        Write a setting of the workspace.

        Parameters
        ----------
        key
            Its name.
        value
            Its value.
        """
        with self._connections.write() as connection:
            _put_meta(connection, key, value)

    def accounts(self) -> Sequence[Account]:
        """
        List the accounts.

        Returns
        -------
        sequence of Account
            By name.
        """
        with self._connections.read() as reader:
            return accounts.everyone(reader.connection)

    def account(self, name: str) -> Account | None:
        """
        Get one account.

        Parameters
        ----------
        name
            Its name.

        Returns
        -------
        Account or None
            The account.
        """
        with self._connections.read() as reader:
            return accounts.find(reader.connection, name)

    def put_account(self, account: Account) -> None:
        """
        Create or replace an account.

        Parameters
        ----------
        account
            The account; a new password or disabling it ends its sessions.
        """
        with self._connections.write() as connection:
            accounts.put(connection, account)

    def put_session(self, token_hash: str, account: str, *, expires_at: datetime) -> None:
        """
        Remember a signed-in session.

        Parameters
        ----------
        token_hash
            Hash of its token.
        account
            Name of the account.
        expires_at
            Its end, with zone.
        """
        with self._connections.write() as connection:
            accounts.drop_expired(connection, now=self._clock())
            accounts.put_session(connection, token_hash, account, expires_at=expires_at)

    def session(self, token_hash: str, *, now: datetime) -> Account | None:
        """
        Get the account of a session.

        Parameters
        ----------
        token_hash
            Hash of its token.
        now
            The time, with zone.

        Returns
        -------
        Account or None
            None if it has run out, was revoked or its account is disabled.
        """
        with self._connections.read() as reader:
            return accounts.session(reader.connection, token_hash, now=now)

    def drop_session(self, token_hash: str) -> None:
        """
        Revoke a session.

        Parameters
        ----------
        token_hash
            Hash of its token.
        """
        with self._connections.write() as connection:
            accounts.drop_session(connection, token_hash)

    def _prepare(self) -> None:
        """Check first, without changing anything; write only if the program or the catalogue has grown."""
        with self._connections.read() as reader:
            checking.quick(reader.connection, self.path)
            current = schema.digest(self.catalogue)
            stored = reader.remember("meta", _meta).get("catalogue_digest")
            outdated = migrations.version(reader.connection) < migrations.known()[-1].number
            mode = reader.connection.execute("PRAGMA journal_mode").fetchone()[0]
        if mode != "wal":
            self._connections.use_log()
        if outdated or stored != current:
            with self._connections.write() as connection:
                now = self._clock().astimezone(UTC)
                migrations.apply(connection, now=now)
                schema.synchronise(connection, self.catalogue, now=now)
                _put_meta(connection, "catalogue_digest", current)


def _revisions(connection: sqlite3.Connection) -> dict[str, int]:
    return dict(connection.execute("SELECT layer, revision FROM yzgeo_layer_revision").fetchall())


def _meta(connection: sqlite3.Connection) -> dict[str, str]:
    return dict(connection.execute("SELECT key, value FROM yzgeo_meta").fetchall())


def _put_meta(connection: sqlite3.Connection, key: str, value: str) -> None:
    connection.execute(
        "INSERT INTO yzgeo_meta (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
        (key, value),
    )
