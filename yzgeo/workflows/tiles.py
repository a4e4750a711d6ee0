"""Vector tiles of stored layers, kept encoded and compressed in bounded memory, and the styles that draw them."""

from __future__ import annotations

import gzip
import html
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from hashlib import blake2b
from typing import Any

import numpy as np
import shapely
from isal import igzip

from yzgeo import stages, tiles
from yzgeo.access import Role
from yzgeo.catalogue import Catalogue, Layer
from yzgeo.generalising import CLUSTER_COUNT, CLUSTER_SUFFIX, treatment
from yzgeo.store.awaited import AwaitedStore
from yzgeo.store.base import EncodesTiles, Query, Store, Value

from .memory import ByteCache as ByteCache  # noqa: PLC0414 - what a maker of tiles is given and gives
from .overview import visible_fields
from .prepared import PreparedLayers
from .registers import register_on

MIN_ZOOM = 6
MAX_ZOOM = 16
BACKGROUND = "#f4f3ee"
_FEW = 2_000
"""Of so many features the ledger is asked one by one; of more, what it knows of the layer is read through."""
LABEL_SUFFIX = "_label"
# A circle that stands for many has no stage and no kind: the colours of paper and ink, which no legend uses.
_CLUSTER_PAINT = {
    "circle-color": "#fbf9f2",
    "circle-opacity": 0.94,
    "circle-radius": ["step", ["get", CLUSTER_COUNT], 9, 10, 12, 100, 15],
    "circle-stroke-color": "#5d584c",
    "circle-stroke-width": 1.4,
}
# Polygons lie under lines, lines under points, and every text above all.
_DRAWING_RANK = {"background": 0, "fill": 1, "fill-extrusion": 1, "line": 2, "heatmap": 3, "circle": 3, "symbol": 4}


TileKey = tuple[str, int, int, int, int, tuple[str, ...], date | None, int, tuple[str, ...] | None]
"""Layer, revision, zoom, row, column, the visible fields, for an earlier day that day and the ledger's revision, and
the street offices that the layer is limited to. For those offices and an earlier revision without a day, the layer's
present revision takes the place of the ledger's: it decides what they may still see of what was."""


class TileMaker:
    """Makes tiles of a store's layers and remembers them.

    Parameters
    ----------
    store
        Where the features are.
    most_bytes
        Memory for encoded tiles.
    layer_bytes
        Memory for layers kept ready for their tiles; see `PreparedLayers`.
    """

    def __init__(self, store: Store, *, most_bytes: int, layer_bytes: int = 0) -> None:
        self._store = store
        self._prepared = PreparedLayers(store, most_bytes=layer_bytes)
        self._cache: ByteCache[bytes] = ByteCache(most_bytes)
        self._encodings: dict[str, str] = {}

    def encoding(self, layer: Layer) -> str:
        """
        Name how a layer's tiles are made, worked out once; see `encoding_of`.

        Parameters
        ----------
        layer
            A layer of the catalogue.

        Returns
        -------
        str
            Eight hexadecimal digits.
        """
        known = self._encodings.get(layer.id)
        if known is None:
            known = self._encodings[layer.id] = encoding_of(layer, _life_of(self._store))
        return known

    def remembered(self, key: TileKey) -> bytes | None:
        """
        Get a tile without making it; cheap enough for an event loop.

        Parameters
        ----------
        key
            Which tile.

        Returns
        -------
        bytes or None
            The compressed tile if it is in memory; empty where the layer has nothing.
        """
        return self._cache.get(key)

    def make(self, key: TileKey) -> bytes:
        """
        Get a tile, making it if need be.

        Parameters
        ----------
        key
            Which tile.

        Returns
        -------
        bytes
            The tile of the layer as it was at that revision, compressed; empty where the layer has nothing.
        """
        kept = self._cache.get(key)
        return self._keep(key, self._encode(key)) if kept is None else kept

    def made_at_once(self, key: TileKey) -> bytes | None:
        """
        Make a tile of a layer that is ready in memory; fast enough for an event loop.

        Parameters
        ----------
        key
            Which tile; it is not remembered.

        Returns
        -------
        bytes or None
            As `make` gives it; None if that has to read or would take long.
        """
        raw = self._ready(key, at_once=True)
        return None if raw is None else self._keep(key, raw)

    async def written(
        self, layer: Layer, place: tuple[int, int, int], *, fields: tuple[str, ...], own: tuple[str, ...] | None
    ) -> tuple[int, bytes | None]:
        """
        Get a tile of the present from a store on a server while the event loop goes on, and remember it.

        Parameters
        ----------
        layer
            Its layer.
        place
            Zoom, row and column.
        fields
            Ids of the fields that become properties.
        own
            Only features in these street offices; all if not given.

        Returns
        -------
        tuple
            The layer's revision, and the tile as `make` gives it; None where `make` is needed.
        """
        if not isinstance(self._store, AwaitedStore):
            return self._store.revision(layer.id), None
        if not _is_left_to_store(layer, place[0]):
            return await self._store.revision_now(layer.id), None
        revision, raw = await self._store.written_tile(layer.id, place, fields=fields, own=own)
        key: TileKey = (layer.id, revision, *place, fields, None, 0, own)
        return revision, None if raw is None else self._keep(key, raw)

    def close(self) -> None:
        """Stop what is going on in the background."""
        self._prepared.close()

    def _keep(self, key: TileKey, raw: bytes) -> bytes:
        # A fifth of the time that zlib takes at its lowest level, a twentieth more bytes; browsers take brotli anyway.
        kept = igzip.compress(raw, 2, mtime=0) if raw else b""
        self._cache.put(key, kept, len(kept))
        return kept

    def repacked(self, key: TileKey, packed: bytes, pack: Callable[[bytes], bytes]) -> bytes:
        """
        Get a tile in another compression, which is worked out when first asked for and then remembered, too.

        Parameters
        ----------
        key
            Which tile.
        packed
            The tile as `make` gave it, not empty.
        pack
            Compresses; always the same one.

        Returns
        -------
        bytes
            The tile in that compression.
        """
        name = ("repacked", key)
        kept = self._cache.get(name)
        if kept is None:
            kept = pack(gzip.decompress(packed))
            self._cache.put(name, kept, len(kept))
        return kept

    def _encode(self, key: TileKey) -> bytes:
        layer_id, revision, z, row, col, fields, day, _, own = key
        if day is not None:
            return encode(self._store, layer_id, z, row, col, revision=None, fields=fields, day=day, own=own)
        layer = self._store.catalogue.layer(layer_id)
        if isinstance(self._store, EncodesTiles) and _is_left_to_store(layer, z):
            seen, encoded = self._store.plain_tile(layer_id, (z, row, col), fields=fields, own=own)
            if seen == revision and encoded is not None:
                return encoded
        ready = self._ready(key)
        if ready is not None:
            return ready
        if revision == self._store.revision(layer_id):
            # The live table answers faster than the history. A write in between would give the wrong state.
            raw = encode(self._store, layer_id, z, row, col, revision=None, fields=fields, own=own)
            if revision == self._store.revision(layer_id):
                return raw
        return encode(self._store, layer_id, z, row, col, revision=revision, fields=fields, own=own)

    def _ready(self, key: TileKey, *, at_once: bool = False) -> bytes | None:
        layer_id, revision, z, row, col, fields, day, known, own = key
        layer = self._store.catalogue.layer(layer_id)
        if day is not None or known or layer.spec.geometry == "none" or _has_labels(layer, z):
            return None
        return self._prepared.tile(layer, revision, (z, row, col), fields=fields, own=own, at_once=at_once)


def encoding_of(layer: Layer, life: str = "") -> str:
    """
    Name how a layer's tiles are made, so that no browser keeps tiles that were made otherwise.

    Parameters
    ----------
    layer
        A layer of the catalogue.
    life
        Tells the store from an earlier one at the same address.

    Returns
    -------
    str
        Eight hexadecimal digits that change with the format of tiles, with the layer's fields, with the zooms that
        have its texts and with those where it is drawn simpler: with everything but the features. They change with the
        life of the store, too.
    """
    labelled = tuple(z for z in range(MIN_ZOOM, MAX_ZOOM + 1) if _has_labels(layer, z))
    treated = tuple(treatment(layer, z) for z in range(MAX_ZOOM + 1))
    parts = (tiles.FORMAT, tuple((field.id, field.access) for field in layer.fields), labelled, treated, life)
    return blake2b(repr(parts).encode(), digest_size=4).hexdigest()


def layer_tile(store: Store, layer: str, z: int, row: int, col: int, *, revision: int | None, role: Role) -> bytes:
    """
    Encode one tile of one layer for a role.

    Parameters
    ----------
    store
        Where the features are.
    layer
        Id of the layer.
    z, row, col
        The tile.
    revision
        Which state, None for the present.
    role
        Role of the one who asks; fields it may not see are left out.

    Returns
    -------
    bytes
        The tile, not compressed; empty if nothing lies in it.
    """
    fields = visible_fields(store.catalogue.layer(layer), role)
    return encode(store, layer, z, row, col, revision=revision, fields=fields)


def encode(
    store: Store,
    layer_id: str,
    z: int,
    row: int,
    col: int,
    *,
    revision: int | None,
    fields: Sequence[str],
    day: date | None = None,
    own: Sequence[str] | None = None,
) -> bytes:
    """
    Encode one tile of one layer with some of its fields.

    Parameters
    ----------
    store
        Where the features are.
    layer_id
        Id of the layer.
    z, row, col
        The tile.
    revision
        Which state, None for the present.
    fields
        Ids of the fields that become properties; ``uid`` always does.
    day
        Show the features registered at the end of this day, with their stages as the ledger knows them today.
    own
        Only features in these street offices; all if not given.

    Returns
    -------
    bytes
        The tile, not compressed; empty if nothing lies in it. Areas that have texts at this zoom come with a second
        layer ``<id>_label``: one point per feature, in one tile only. Points that are gathered at this zoom come with
        a layer ``<id>_cluster``: ``point_count`` tells how many each of its points stands for.
    """
    box = tiles.tile_bounds(z, row, col, buffer=tiles.BUFFER / tiles.EXTENT)
    if day is not None:
        register = register_on(store, store.catalogue.layer(layer_id), day)
        revision, counted = register.revision, () if register.now else fields
    limits = {} if own is None else {"subdistrict": own}
    rows = store.rows(layer_id, Query(bbox=box, revision=revision, equals=limits, own=own), fields=fields)
    if not rows.uids:
        return b""
    shapes = np.asarray(shapely.from_wkb(np.array(rows.wkb, dtype=object)), dtype=object)
    columns: dict[str, Sequence[Value]] = {field: rows.columns[field] for field in fields}
    if day is not None:
        columns |= {
            name: column
            for name, column in told_on(store, store.catalogue.layer(layer_id), rows.uids, day, counted).items()
            if name in columns
        }
    columns["uid"] = rows.uids
    treated = treatment(store.catalogue.layer(layer_id), z)
    if treated.clusters:
        gathered = tiles.gather(shapes, z, row, col)
        alone = np.full(len(shapes), None, dtype=object)
        alone[gathered.alone] = shapes[gathered.alone]
        data = tiles.encode_layer(layer_id, alone, rows.fids, columns, z=z, row=row, col=col)
        return data + tiles.encode_gathered(layer_id + CLUSTER_SUFFIX, gathered, count=CLUSTER_COUNT)
    data = tiles.encode_layer(layer_id, shapes, rows.fids, columns, z=z, row=row, col=col, simplify=treated.simplifies)
    if _has_labels(store.catalogue.layer(layer_id), z):
        points = tiles.label_points(shapes, z, row, col)
        data += tiles.encode_layer(layer_id + LABEL_SUFFIX, points, rows.fids, columns, z=z, row=row, col=col)
    return data


def stages_on(store: Store, layer: Layer, uids: Sequence[str], day: date) -> dict[str, list[Value]]:
    """
    Tell the stages that features had at the end of a day, as the ledger knows them today.

    Parameters
    ----------
    store
        The store.
    layer
        Their layer.
    uids
        The features, length n.
    day
        The day.

    Returns
    -------
    dict
        Columns ``stage`` and ``stage_date`` of length n; empty where the layer has no stages.
    """
    if layer.stage_table is None:
        return {}
    known, initial = store.ledger.stages_on(layer.id, day), stages.machine(layer.stage_table).initial
    found = [known.get(uid) for uid in uids]
    return {
        "stage": [initial if each is None else each.stage for each in found],
        "stage_date": [each.since.isoformat() if each is not None and each.since else None for each in found],
    }


def told_on(
    store: Store, layer: Layer, uids: Sequence[str], day: date, fields: Sequence[str]
) -> dict[str, list[Value]]:
    """
    Tell all that the ledger says of features for the end of a day: their stages and what was reported of them.

    Parameters
    ----------
    store
        The store.
    layer
        Their layer.
    uids
        The features, length n.
    day
        The day.
    fields
        Ids of fields; which of them are reported quantities is for the layer to say.

    Returns
    -------
    dict
        Columns of length n: those of `stages_on`, and the reported quantities among the fields, null where nothing was.
    """
    told = stages_on(store, layer, uids, day)
    reported = [
        each.field for each in (layer.stage_table.measures if layer.stage_table else ()) if each.field in fields
    ]
    if reported:
        known = store.ledger.measures_on(layer.id, day, uids if len(uids) <= _FEW else None)
        for name in reported:
            whole = layer.field(name).type == "integer"
            values = [known.get(uid, {}).get(name) for uid in uids]
            told[name] = [int(value) if whole and value is not None else value for value in values]
    return told


def layer_style(store: Store, layer: Layer, *, tiles_url: str, name: str) -> dict[str, Any]:
    """
    Write the MapLibre style of one layer.

    Parameters
    ----------
    store
        Where the features are.
    layer
        The layer.
    tiles_url
        Absolute address with ``{layer}``, ``{revision}``, ``{encoding}``, ``{z}``, ``{y}`` and ``{x}`` to be filled in.
    name
        Name of the style.

    Returns
    -------
    dict
        MapLibre style, version 8.
    """
    return _style(store, [layer], tiles_url=tiles_url, name=name, hide=False)


def district_style(store: Store, layers: Sequence[Layer], *, tiles_url: str, name: str) -> dict[str, Any]:
    """
    Write one MapLibre style of many layers; those that are off when the map opens are hidden.

    Parameters
    ----------
    store
        Where the features are.
    layers
        The layers, in catalogue order.
    tiles_url
        Absolute address with ``{layer}``, ``{revision}``, ``{encoding}``, ``{z}``, ``{y}`` and ``{x}`` to be filled in.
    name
        Name of the style.

    Returns
    -------
    dict
        MapLibre style, version 8. Every layer has ``metadata["yzgeo:layer"]``.
    """
    return _style(store, layers, tiles_url=tiles_url, name=name, hide=True)


def _style(store: Store, layers: Sequence[Layer], *, tiles_url: str, name: str, hide: bool) -> dict[str, Any]:
    drawn = [layer for layer in layers if layer.spec.geometry != "none"]
    catalogue = store.catalogue
    parts = [
        _draw(part, layer, hidden=hide and not layer.spec.visible)
        for layer in drawn
        for part in (*layer.style.layers, *_clusters(layer))
    ]
    parts.sort(key=lambda part: _DRAWING_RANK.get(part["type"], 1))
    background = {"id": "background", "type": "background", "paint": {"background-color": BACKGROUND}}
    return {
        "version": 8,
        "name": name,
        "center": list(catalogue.district.center),
        "zoom": 12,
        "sources": {layer.id: _source(store, catalogue, layer, tiles_url) for layer in drawn},
        "layers": [background, *parts],
    }


def _draw(part: Mapping[str, Any], layer: Layer, *, hidden: bool) -> dict[str, Any]:
    # An area is cut at the tiles' edges, and a text on it would stand once on every piece.
    source_layer = layer.id + LABEL_SUFFIX if _is_area_label(part, layer) else part.get("source-layer", layer.id)
    told = {**part.get("metadata", {}), "yzgeo:layer": layer.id}
    drawn = {**part, "source": layer.id, "source-layer": source_layer, "metadata": told}
    if hidden:
        drawn["layout"] = {**part.get("layout", {}), "visibility": "none"}
    return drawn


def _clusters(layer: Layer) -> list[dict[str, Any]]:
    """Draw what is gathered at low zooms: a circle with its number, the same for all layers."""
    last = layer.spec.cluster_to
    if last is None:
        return []
    shared = {
        "source-layer": layer.id + CLUSTER_SUFFIX,
        "maxzoom": last + 1,
        "metadata": {"yzgeo:cluster": True},
    }
    number = {
        "text-field": ["to-string", ["get", CLUSTER_COUNT]],
        "text-size": 10.5,
        "text-allow-overlap": True,
        "text-ignore-placement": True,
    }
    return [
        {**shared, "id": f"{layer.id}-cluster", "type": "circle", "paint": _CLUSTER_PAINT},
        {
            **shared,
            "id": f"{layer.id}-cluster-number",
            "type": "symbol",
            "layout": number,
            "paint": {"text-color": "#2d2a22"},
        },
    ]


def _is_area_label(part: Mapping[str, Any], layer: Layer) -> bool:
    return layer.spec.geometry == "polygon" and part["type"] == "symbol"


def _is_left_to_store(layer: Layer, z: int) -> bool:
    return treatment(layer, z).plain and not _has_labels(layer, z)


def _has_labels(layer: Layer, z: int) -> bool:
    """Tell whether texts stand on a layer's areas at a zoom; the last zoom's tiles serve all closer ones too."""
    return any(
        _is_area_label(part, layer)
        and (z >= MAX_ZOOM or int(part.get("minzoom", 0)) <= z)
        and z < part.get("maxzoom", tiles.MAX_ZOOM + 1)
        for part in layer.style.layers
    )


def _source(store: Store, catalogue: Catalogue, layer: Layer, tiles_url: str) -> dict[str, Any]:
    told = {"{layer}": layer.id, "{revision}": str(store.revision(layer.id))}
    told["{encoding}"] = encoding_of(layer, _life_of(store))
    address = tiles_url
    for placeholder, value in told.items():
        address = address.replace(placeholder, value)
    source: dict[str, Any] = {
        "type": "vector",
        "tiles": [address],
        "minzoom": MIN_ZOOM,
        "maxzoom": MAX_ZOOM,
        "attribution": " | ".join(_notice(notice.text, notice.url) for notice in catalogue.district.attributions),
    }
    bounds = store.bounds(layer.id)
    return {**source, "bounds": list(bounds)} if bounds else source


def _life_of(store: Store) -> str:
    """Name one life of a store: a new one, or one from a backup, counts to revisions that browsers have tiles of."""
    return f"{store.meta('created_at')} {store.meta('restored_at')}"


def _notice(text: str, url: str | None) -> str:
    shown = html.escape(text)
    return f'<a href="{html.escape(url)}" rel="noopener">{shown}</a>' if url else shown
