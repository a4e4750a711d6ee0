"""A district in one GeoPackage file."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from yzgeo.catalogue import Catalogue
from yzgeo.errors import StorageError, WorkspaceMissingError

from . import (
    building,
    checking,
    migrations,
    paging,
    schema,
)
from .base import Query
from .connections import Connections
from .paging import Known, Page
from .tables import TableStore, put_meta, stored_meta

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


class GeoPackageStore(TableStore):
    """The `Store` on a GeoPackage: one writer at a time, any number of readers, usable from every thread.

    Make one with `create` or `open`.
    """

    def __init__(self, path: Path, catalogue: Catalogue, *, clock: Clock, busy_timeout_s: float) -> None:
        self._file = Connections(path, busy_timeout_s=busy_timeout_s)
        super().__init__(self._file, catalogue, clock=clock)
        self.path = path

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
        self._file.close()

    def page(self, layer: str, query: Query, *, fields: Sequence[str], known: Known) -> Page:
        """
        Get a page of present features from one state of the file, without reading again what the caller knows.

        Parameters
        ----------
        layer
            Id of the layer.
        query, fields, known
            See `paging.page`.

        Returns
        -------
        Page
            In the order asked for.
        """
        spec = self.catalogue.layer(layer)
        with self._file.read() as reader:
            return paging.page(reader, spec, query, fields=fields, known=known)

    def check(self) -> None:
        """
        Read the whole database and compare its parts with each other.

        Raises
        ------
        WorkspaceBrokenError
            If something does not fit.
        """
        with self._file.read() as reader:
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
            self._file.copy_into(path)
        return target

    def _prepare(self) -> None:
        """Check first, without changing anything; write only if the program or the catalogue has grown."""
        with self._file.read() as reader:
            checking.quick(reader.connection, self.path)
            current = schema.digest(self.catalogue)
            stored = reader.remember("meta", stored_meta).get("catalogue_digest")
            outdated = migrations.version(reader.connection) < migrations.known()[-1].number
            mode = reader.connection.execute("PRAGMA journal_mode").fetchone()[0]
        if mode != "wal":
            self._file.use_log()
        if outdated or stored != current:
            with self._file.write() as connection:
                now = self._clock().astimezone(UTC)
                migrations.apply(connection, now=now)
                schema.synchronise(connection, self.catalogue, now=now)
                put_meta(connection, "catalogue_digest", current)
