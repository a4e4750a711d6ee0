"""A district in one schema of a PostGIS database."""

# ruff: noqa: S608 - names go through identifiers.quote, values are bound

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

import psycopg

from yzgeo import crs as systems
from yzgeo.catalogue import Catalogue
from yzgeo.errors import WorkspaceBrokenError, WorkspaceExistsError, WorkspaceMissingError
from yzgeo.store import building, copying, timestamps
from yzgeo.store import schema as tables_of_the_file
from yzgeo.store.base import Query
from yzgeo.store.identifiers import history_table, quote
from yzgeo.store.sqlite import GeoPackageStore
from yzgeo.store.tables import TableStore, put_meta, stored_meta

from . import features, migrations, schema
from . import tiles as encoding
from .address import Address, parse
from .connections import ServerConnection, ServerConnections, translated
from .dialect import ServerDialect

Clock = Callable[[], datetime]


def _utc_now() -> datetime:
    return datetime.now(UTC)


class PostGISStore(TableStore):
    """The `Store` on PostGIS: any number of processes read and write; writers of one layer wait for each other.

    Make one with `create` or `open`.
    """

    def __init__(self, address: Address, catalogue: Catalogue, *, clock: Clock, busy_timeout_s: float) -> None:
        self.address = address
        self._server = ServerConnections(address, tables_of_the_file.srs_id(catalogue), busy_timeout_s=busy_timeout_s)
        super().__init__(self._server, catalogue, clock=clock)
        self._in_degrees = systems.parse(catalogue.district.storage_crs).is_geographic

    @classmethod
    def create(
        cls, url: str, catalogue: Catalogue, *, clock: Clock = _utc_now, busy_timeout_s: float = 10.0
    ) -> PostGISStore:
        """
        Make a district's schema in a database.

        Parameters
        ----------
        url
            Address of the database; it exists, and its user may create schemas.
        catalogue
            The layers to keep.
        clock
            Tells the time to record.
        busy_timeout_s
            How long a write waits for another writer, in seconds.

        Returns
        -------
        PostGISStore
            The open store, with every layer of the catalogue, empty.

        Raises
        ------
        WorkspaceExistsError
            If there is a district in that schema.
        StorageError
            If the server cannot be reached or refuses.
        """
        address = parse(url)
        now = clock().astimezone(UTC)
        with translated(address), psycopg.connect(address.conninfo) as raw:
            connection = ServerConnection(raw, ServerDialect(tables_of_the_file.srs_id(catalogue)))
            # Two that create at once would trip over each other in the server's own catalogue.
            connection.execute("SELECT pg_advisory_xact_lock(hashtextextended('yzgeo create', 0))")
            connection.execute(f"CREATE SCHEMA IF NOT EXISTS {quote(address.schema)}")
            if migrations.version(connection) > 0:
                raise WorkspaceExistsError(path=address.shown)
            connection.execute("CREATE EXTENSION IF NOT EXISTS postgis WITH SCHEMA public")
            migrations.apply(connection, now=now)
            schema.synchronise(connection, catalogue, now=now)
            put_meta(connection, "catalogue_digest", tables_of_the_file.digest(catalogue))
            put_meta(connection, "district", catalogue.district.id)
            put_meta(connection, "created_at", timestamps.precise(now))
        return cls.open(url, catalogue, clock=clock, busy_timeout_s=busy_timeout_s)

    @classmethod
    def open(
        cls, url: str, catalogue: Catalogue, *, clock: Clock = _utc_now, busy_timeout_s: float = 10.0
    ) -> PostGISStore:
        """
        Open a district's schema, bringing it up to this program and this catalogue.

        Parameters
        ----------
        url
            Address of the database.
        catalogue
            The layers to keep; new layers and fields get their tables and columns.
        clock
            Tells the time to record.
        busy_timeout_s
            How long a write waits for another writer, in seconds.

        Returns
        -------
        PostGISStore
            The open store.

        Raises
        ------
        WorkspaceMissingError, WorkspaceNewerError
            If there is no district, or one that a newer program wrote; it is left as it was.
        StorageError, StorageBusyError
            If the server cannot be reached, or another writer goes on for too long.
        """
        store = cls(parse(url), catalogue, clock=clock, busy_timeout_s=busy_timeout_s)
        try:
            store._prepare()
        except BaseException:
            store.close()
            raise
        return store

    def revision(self, layer: str) -> int:
        """
        Tell the layer's revision, which nearly every request asks: nothing is remembered here, so it is one row.

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
        with self._server.read() as reader:
            found = reader.connection.execute("SELECT revision FROM yzgeo_layer_revision WHERE layer = ?", (layer,))
            (revision,) = found.fetchone() or (0,)
        return int(revision)

    def plain_tile(
        self, layer: str, place: tuple[int, int, int], *, fields: Sequence[str], own: Sequence[str] | None
    ) -> tuple[int, bytes | None]:
        """
        Encode the present state of a tile where shapes are only clipped and rounded.

        Parameters
        ----------
        layer
            Id of the layer.
        place
            Zoom, row and column.
        fields
            Ids of the fields that become properties; no other is read.
        own
            Only features in these street offices; all if not given.

        Returns
        -------
        tuple
            The layer's revision, and the tile; None where our own encoder is needed.
        """
        spec = self.catalogue.layer(layer)
        if place[0] < encoding.LEAST_ZOOM or spec.spec.geometry == "none" or not self._in_degrees:
            return self.revision(layer), None
        with self._server.read() as reader:
            return encoding.encode(reader.connection, spec, place, fields=fields, own=own)

    def geojson_page(self, layer: str, query: Query, *, fields: Sequence[str]) -> tuple[int, int, bytes] | None:
        """
        Write a page of features as GeoJSON in degrees, longitude first.

        Parameters
        ----------
        layer
            Id of the layer.
        query
            What is asked; the geometries themselves meet ``bbox``.
        fields
            Ids of the fields wanted; no other is read for the answer.

        Returns
        -------
        tuple or None
            The number of matches, the number of features, and the features, separated by commas; None where rows are
            needed: for an earlier state, and in another order than that of entry.
        """
        spec = self.catalogue.layer(layer)
        if not features.takes(query) or not self._in_degrees:
            return None
        with self._server.read() as reader:
            return features.page(reader.connection, spec, query, fields=fields)

    def close(self) -> None:
        """Release every connection."""
        self._server.close()

    def check(self) -> None:
        """
        Compare tables, history and revisions with each other.

        Raises
        ------
        WorkspaceBrokenError
            With the first thing that does not fit.
        """
        with self._server.read() as reader:
            for layer in self.catalogue.layers.values():
                found = reader.connection.execute(
                    f"SELECT greatest((SELECT max(revision) FROM {quote(layer.id)}), "
                    f"(SELECT max(until_revision) FROM {quote(history_table(layer.id))}), 0), "
                    "(SELECT revision FROM yzgeo_layer_revision WHERE layer = ?)",
                    (layer.id,),
                ).fetchone()
                latest, stated = found or (0, None)
                if stated is None or latest > stated:
                    raise WorkspaceBrokenError(
                        path=self.address.shown,
                        reason=f"{layer.id}: 版本号不一致 (revision {latest} is beyond {stated})",
                    )

    def backup(self, target: Path) -> Path:
        """
        Write a consistent copy to a new GeoPackage; writers wait meanwhile.

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
            building.build(path, self.catalogue, now=self._clock())
            copied = GeoPackageStore(path, self.catalogue, clock=self._clock, busy_timeout_s=1.0)
            try:
                copying.copy(self, copied)
            finally:
                copied.close()
        return target

    def _prepare(self) -> None:
        """Check first, without changing anything; write only if the program or the catalogue has grown."""
        current = tables_of_the_file.digest(self.catalogue)
        with self._server.read() as reader:
            found = migrations.version(reader.connection)
            if found == 0:
                raise WorkspaceMissingError(path=self.address.shown)
            stored = stored_meta(reader.connection).get("catalogue_digest")
        if found != migrations.known()[-1][0] or stored != current:
            with self._server.write() as connection:
                now = self._clock().astimezone(UTC)
                migrations.apply(connection, now=now)
                schema.synchronise(connection, self.catalogue, now=now)
                put_meta(connection, "catalogue_digest", current)
