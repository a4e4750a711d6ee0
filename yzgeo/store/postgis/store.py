"""A district in one schema of a PostGIS database."""

# ruff: noqa: S608 - names go through identifiers.quote, values are bound

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import cast

import psycopg

from yzgeo import crs as systems
from yzgeo.catalogue import Catalogue, Layer
from yzgeo.errors import FeatureUnknownError, WorkspaceBrokenError, WorkspaceExistsError, WorkspaceMissingError
from yzgeo.store import accounts, building, copying, timestamps
from yzgeo.store import schema as tables_of_the_file
from yzgeo.store.awaited import Kept, WrittenPage
from yzgeo.store.base import Account, Query
from yzgeo.store.identifiers import history_table, quote
from yzgeo.store.sqlite import GeoPackageStore
from yzgeo.store.tables import TableStore, put_meta, stored_meta

from . import features, migrations, schema
from . import tiles as encoding
from .address import Address, parse
from .awaiting import AwaitedConnections
from .connections import ServerConnection, ServerConnections, translated
from .dialect import ServerDialect
from .together import Together

Clock = Callable[[], datetime]
_Features = tuple[str, tuple[str, ...], tuple[str, ...] | None]
"""What can be asked for in one question: features of a layer, by the fields wanted and the street offices allowed."""
_TRIES = 3
_REVISION = "SELECT revision FROM yzgeo_layer_revision WHERE layer = ?"


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
        self._awaited = AwaitedConnections(address)
        self._revisions_together = Together(self._ask_revision)
        self._sessions_together = Together(self._ask_session)
        self._features_together = Together(self._ask_features)
        self._in_degrees = systems.parse(catalogue.district.storage_crs).is_geographic
        self._feature = lru_cache(256)(self._write_feature)
        self._counts: dict[str, tuple[int, int]] = {}  # of all features, with the revision they were counted at

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
            (revision,) = reader.connection.execute(_REVISION, (layer,)).fetchone() or (0,)
        return int(revision)

    async def revision_now(self, layer: str) -> int:
        """
        Tell the layer's revision while the event loop goes on.

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
        return await self._revisions_together.one(layer, layer) or 0

    async def session_now(self, token_hash: str) -> Account | None:
        """
        Get the account of a session while the event loop goes on; a page that asks for many things asks for it once.

        Parameters
        ----------
        token_hash
            Hash of its token.

        Returns
        -------
        Account or None
            As `session` gives it.
        """
        return await self._sessions_together.one(token_hash, token_hash)

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
        if not self._encodes(spec, place):
            return self.revision(layer), None
        with self._server.read() as reader:
            asked = encoding.encoded(self._server.dialect, spec, place, fields=fields, own=own)
            return encoding.told(reader.connection.execute(*asked).fetchone())

    async def written_tile(
        self, layer: str, place: tuple[int, int, int], *, fields: Sequence[str], own: Sequence[str] | None
    ) -> tuple[int, bytes | None]:
        """
        Encode the present state of a tile while the event loop goes on.

        Parameters
        ----------
        layer, place, fields, own
            As for `plain_tile`.

        Returns
        -------
        tuple
            The layer's revision, and the tile; None where our own encoder is needed.
        """
        spec = self.catalogue.layer(layer)
        if not self._encodes(spec, place):
            return await self.revision_now(layer), None
        asked = encoding.encoded(self._server.dialect, spec, place, fields=fields, own=own)
        return encoding.told(await self._awaited.row(*asked))

    async def written_feature(
        self, layer: str, uid: str, *, fields: Sequence[str], own: Sequence[str] | None
    ) -> tuple[int, bytes] | None:
        """
        Write one feature as GeoJSON in degrees, longitude first.

        Parameters
        ----------
        layer
            Id of the layer.
        uid
            Id of the feature.
        fields
            Ids of the fields wanted; no other is read for the answer.
        own
            Only if it lies in one of these street offices; anywhere if not given.

        Returns
        -------
        tuple or None
            The feature's revision and the feature; None where the district is not kept in degrees.

        Raises
        ------
        FeatureUnknownError
            If there is none: the same answer for one that lies elsewhere.
        """
        self.catalogue.layer(layer)
        if not self._in_degrees:
            return None
        kind = (layer, tuple(fields), None if own is None else tuple(own))
        found = await self._features_together.one(kind, uid)
        if found is None:
            raise FeatureUnknownError(layer=layer, uid=uid)
        return found

    async def written_page(self, layer: str, query: Query, *, fields: Sequence[str], kept: Kept) -> WrittenPage | None:
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
        kept
            Features with these fields that were written before.

        Returns
        -------
        WrittenPage or None
            The page; None where rows are needed: for an earlier state, in another order than that of entry, and where
            somebody writes faster than we read.
        """
        spec = self.catalogue.layer(layer)
        if not features.takes(query) or not self._in_degrees:
            return None
        for _ in range(_TRIES):
            counted, count = self._counts.get(layer, (-1, 0))
            asked = features.page(self._server.dialect, spec, query, counted=counted)
            revision, matched, fids, revisions = await self._awaited.row(*asked) or (0, 0, None, None)
            if matched is None:
                matched = count
            elif features.is_everything(query):
                self._counts[layer] = (int(revision or 0), int(matched))
            texts = await self._written(spec, fids or (), revisions or (), fields=tuple(fields), kept=kept)
            if texts is not None:
                return WrittenPage(int(revision or 0), int(matched), texts)
        return None

    async def _written(
        self, layer: Layer, fids: Sequence[int], revisions: Sequence[int], *, fields: tuple[str, ...], kept: Kept
    ) -> Sequence[bytes] | None:
        """Give these versions of features; None if one that is not kept has another version by now, or is gone."""
        texts = kept.find(fids, revisions)
        if None not in texts:
            return cast("Sequence[bytes]", texts)
        versions = list(zip(fids, revisions, strict=True))
        missing = {version for version, text in zip(versions, texts, strict=True) if text is None}
        feature = self._feature(layer.id, fields, features.DECIMALS)
        rows = await self._awaited.rows(*features.versions(layer, [fid for fid, _ in missing], feature=feature))
        found = {(fid, revision): text for fid, revision, text in rows}
        if not found.keys() >= missing:
            return None
        kept.keep(*zip(*rows, strict=True))
        return [found[version] if text is None else text for version, text in zip(versions, texts, strict=True)]

    def close(self) -> None:
        """Release every connection."""
        self._awaited.close()
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

    async def _ask_revision(self, layer: str, _: Sequence[str]) -> Mapping[str, int]:
        (revision,) = await self._awaited.row(_REVISION, (layer,)) or (0,)
        return {layer: int(revision)}

    async def _ask_session(self, token_hash: str, _: Sequence[str]) -> Mapping[str, Account]:
        row = await self._awaited.row(accounts.SESSION, (token_hash, timestamps.precise(_utc_now())))
        if row is None:
            return {}
        name, role, subdistricts, password_hash, disabled, origin = row
        texts = [text.decode() for text in (name, role, subdistricts, password_hash)]
        return {token_hash: accounts.account_of((*texts, disabled, origin.decode()))}

    async def _ask_features(self, kind: _Features, uids: Sequence[str]) -> Mapping[str, tuple[int, bytes]]:
        layer, fields, own = kind
        feature = self._feature(layer, fields, features.ALL_DECIMALS)
        asked = features.some(self.catalogue.layer(layer), uids, feature=feature, own=own)
        return {uid.decode(): (int(revision), text) for uid, revision, text in await self._awaited.rows(*asked)}

    def _write_feature(self, layer: str, fields: tuple[str, ...], decimals: int) -> str:
        return features.feature(self.catalogue.layer(layer), fields, decimals=decimals)

    def _encodes(self, layer: Layer, place: tuple[int, int, int]) -> bool:
        return place[0] >= encoding.LEAST_ZOOM and layer.spec.geometry != "none" and self._in_degrees

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
