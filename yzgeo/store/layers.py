"""The layers of a GeoPackage: what stands in them, how it came there, and what is written."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import UTC, datetime

import geopandas as gpd

from yzgeo.catalogue import Catalogue
from yzgeo.errors import InputError

from . import history, ledger_imports, reading, register, schema, staging, undoing, writing
from .base import Batch, BBox, ChangeRecord, Feature, Provenance, Query, Registered, Rows, Superseded, Undone, Value
from .dialect import Access, Connection

_EVERYTHING = Query()


class GeoPackageLayers:
    """The part of a `Store` that speaks of layers; `GeoPackageStore` is one."""

    def __init__(self, connections: Access, catalogue: Catalogue, *, clock: Callable[[], datetime]) -> None:
        self.catalogue = catalogue
        self._connections = connections
        self._clock = clock
        self._srs_id = schema.srs_id(catalogue)

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
        staged = staging.stage(spec, put, delete, srs_id=self._srs_id, form=self._connections.dialect.form)
        now = self._clock().astimezone(UTC)
        try:
            with self._connections.write(layer) as connection:
                batch = writing.write(
                    connection, spec, staged, delete, provenance=provenance, base_revision=base_revision, now=now
                )
                given = tuple(staged.columns)
                del staged  # hundreds of megabytes, if all of a layer comes
                ledger_imports.take_in(connection, spec, batch, given=given, now=now)
                return batch
        except UnicodeEncodeError as error:
            raise InputError(
                what=layer,
                reason_zh=f"文字 {error.object[:40]!r} 含有无效字符。",
                reason_en=f"the text {error.object[:40]!r} holds characters that are no Unicode text.",
            ) from error

    def undo_batch(self, batch_id: str, *, actor: str, reason: str) -> Undone:
        """
        Take one batch back in one transaction, as a new batch that can itself be undone.

        Parameters
        ----------
        batch_id
            Id of the batch.
        actor, reason
            Who takes it back, and why.

        Returns
        -------
        Undone
            What happened; features changed or spoken of since stay as they are and are listed. If that leaves nothing
            to do, no batch is recorded and the one returned has no id.

        Raises
        ------
        BatchUnknownError
            If there is no such batch.
        AlreadyUndoneError
            If it was taken back before and that still stands.
        UndoRefusedError
            If the batch follows from the ledger.
        """
        with self._connections.write() as connection:
            now = self._clock().astimezone(UTC)
            return undoing.undo(connection, self.catalogue, batch_id, actor=actor, reason=reason, now=now)

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

    def registered(self, layer: str) -> Sequence[Registered]:
        """
        List the states of a layer's register.

        Parameters
        ----------
        layer
            Id of the layer.

        Returns
        -------
        sequence of Registered
            As `register.states` gives them; empty before the first write.
        """
        spec = self.catalogue.layer(layer)
        with self._connections.read() as reader:
            return reader.remember(("registered", layer), lambda connection: register.states(connection, spec))

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

    def superseded(
        self, layer: str, *, fields: Sequence[str], until: int, after: int, limit: int, own: Sequence[str] | None
    ) -> Superseded:
        """
        List a page of the versions of a layer that others took the place of.

        Parameters
        ----------
        layer
            Id of the layer.
        fields
            Ids of the fields wanted.
        until
            Only versions that ended by this revision.
        after
            Only places after this one; 0 for the first page.
        limit
            Most versions wanted.
        own
            Only versions in these street offices, of features that are in one of them now or, where they were
            deleted, were at last; None for everyone's.

        Returns
        -------
        Superseded
            In the order in which they ended.
        """
        spec = self.catalogue.layer(layer)
        with self._connections.read() as reader:
            return history.superseded(reader.connection, spec, fields, until=until, after=after, limit=limit, own=own)

    def moments(self, layer: str, revisions: Collection[int]) -> Mapping[int, tuple[datetime, str]]:
        """
        Tell when revisions of a layer were written, and by whom.

        Parameters
        ----------
        layer
            Id of the layer.
        revisions
            Which.

        Returns
        -------
        mapping
            Record time and actor, by revision.
        """
        self.catalogue.layer(layer)
        with self._connections.read() as reader:
            return history.moments(reader.connection, layer, revisions)


def _revisions(connection: Connection) -> dict[str, int]:
    return dict(connection.execute("SELECT layer, revision FROM yzgeo_layer_revision").fetchall())
