"""A district in one GeoPackage file."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from yzgeo.catalogue import Catalogue
from yzgeo.errors import StorageError, WorkspaceMissingError

from . import (
    accounts,
    building,
    checking,
    migrations,
    schema,
)
from .base import Account
from .connections import Connections
from .grants import GeoPackagePeople
from .layers import GeoPackageLayers
from .ledger import GeoPackageLedger

FILE_NAME = "yzgeo.gpkg"
Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """
    Tell the time.

    Returns
    -------
    datetime.datetime
        Now, in UTC.
    """
    return datetime.now(UTC)


class GeoPackageStore(GeoPackageLayers):
    """The `Store` on a GeoPackage: one writer at a time, any number of readers, usable from every thread.

    Make one with `create` or `open`.
    """

    def __init__(self, path: Path, catalogue: Catalogue, *, clock: Clock, busy_timeout_s: float) -> None:
        super().__init__(Connections(path, busy_timeout_s=busy_timeout_s), catalogue, clock=clock)
        self.path = path
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


def _meta(connection: sqlite3.Connection) -> dict[str, str]:
    return dict(connection.execute("SELECT key, value FROM yzgeo_meta").fetchall())


def _put_meta(connection: sqlite3.Connection, key: str, value: str) -> None:
    connection.execute(
        "INSERT INTO yzgeo_meta (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
        (key, value),
    )
