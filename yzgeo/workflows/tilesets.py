"""What there is to draw as tiles: the scheme, the layers of a tileset, and one tile of many layers."""

from __future__ import annotations

import gzip
import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from yzgeo import tiles
from yzgeo.catalogue import FieldSpec, Layer
from yzgeo.generalising import CLUSTER_COUNT, CLUSTER_SUFFIX
from yzgeo.store.base import BBox, Store

from .tiles import MAX_ZOOM, MIN_ZOOM, TileMaker

SCHEME = "WebMercatorQuad"
SCHEME_URI = f"http://www.opengis.net/def/tilematrixset/OGC/1.0/{SCHEME}"
CRS_URI = "http://www.opengis.net/def/crs/EPSG/0/3857"
# Half the width of Web Mercator's square in metres: half the circumference of its sphere of 6,378,137 m.
_EDGE_M = math.pi * 6_378_137
_TILE_PIXELS = 256
# The standard takes a pixel of 0.28 mm.
_PIXEL_M = 0.00028
_JSON_TYPES = {"text": "string", "integer": "integer", "number": "number", "boolean": "boolean"}
_DIMENSIONS = {"point": 0, "line": 1, "polygon": 2}


@dataclass(frozen=True, slots=True)
class Part:
    """One layer of a tile: the fields and the street offices that someone may see of it."""

    layer: Layer
    fields: tuple[str, ...]
    own: tuple[str, ...] | None


def matrix_set() -> dict[str, Any]:
    """
    Describe the scheme in which tiles lie.

    Returns
    -------
    dict
        WebMercatorQuad as OGC's Two Dimensional Tile Matrix Set 2.0 writes it, zooms 0 to 22.
    """
    return {
        "id": SCHEME,
        "title": "Google Maps Compatible for the World",
        "uri": SCHEME_URI,
        "crs": CRS_URI,
        "orderedAxes": ["E", "N"],
        "wellKnownScaleSet": "http://www.opengis.net/def/wkss/OGC/1.0/GoogleMapsCompatible",
        "tileMatrices": [_matrix(z) for z in range(tiles.MAX_ZOOM + 1)],
    }


def limits(bounds: BBox | None) -> list[dict[str, Any]]:
    """
    Tell which tiles can hold something.

    Parameters
    ----------
    bounds
        West, south, east, north in degrees; None where there is nothing.

    Returns
    -------
    list of dict
        Rows and columns for every zoom that is drawn.
    """
    if bounds is None:
        return []
    west, south, east, north = bounds
    found = []
    for z in range(MIN_ZOOM, MAX_ZOOM + 1):
        (left, top), (right, bottom) = (tiles.tile_at(z, *corner) for corner in ((west, north), (east, south)))
        found.append(
            {
                "tileMatrix": str(z),
                "minTileRow": top,
                "maxTileRow": bottom,
                "minTileCol": left,
                "maxTileCol": right,
            }
        )
    return found


def describe_layer(layer: Layer, fields: Sequence[str], *, lang: Literal["zh", "en"]) -> dict[str, Any]:
    """
    Describe a layer as it stands in tiles.

    Parameters
    ----------
    layer
        A layer with geometry.
    fields
        Ids of the fields that are shown.
    lang
        Language of the titles.

    Returns
    -------
    dict
        Entry of a tileset's ``layers``.
    """
    shown = [layer.field(field) for field in fields]
    return {
        "id": layer.id,
        "title": getattr(layer.spec.title, lang),
        "description": getattr(layer.spec.description, lang),
        "dataType": "vector",
        "geometryDimension": _DIMENSIONS[layer.spec.geometry],
        "minTileMatrix": str(MIN_ZOOM),
        "maxTileMatrix": str(MAX_ZOOM),
        "propertiesSchema": {
            "type": "object",
            "properties": {"uid": {"type": "string"}, **{field.id: _schema(field, lang) for field in shown}},
        },
    }


def describe_layers(layer: Layer, fields: Sequence[str], *, lang: Literal["zh", "en"]) -> list[dict[str, Any]]:
    """
    Describe all that a layer's tiles hold for drawing: the features, and the circles that stand for many of them.

    Parameters
    ----------
    layer
        A layer with geometry.
    fields
        Ids of the fields that are shown.
    lang
        Language of the titles.

    Returns
    -------
    list of dict
        Entries of a tileset's ``layers``.
    """
    told = describe_layer(layer, fields, lang=lang)
    last = layer.spec.cluster_to
    if last is None:
        return [told]
    title = {"zh": f"{told['title']}（聚合）", "en": f"{told['title']} (gathered)"}[lang]
    text = {
        "zh": "缩小时彼此靠近的点合为一个，并标出个数；各瓦片个数与单点之和等于要素总数",
        "en": "Points close together become one with their number; numbers and single points add up to all of them",
    }[lang]
    counted = {"type": "object", "properties": {CLUSTER_COUNT: {"type": "integer", "minimum": 2}}}
    gathered = {
        **told,
        "id": layer.id + CLUSTER_SUFFIX,
        "title": title,
        "description": text,
        "maxTileMatrix": str(last),
        "propertiesSchema": counted,
    }
    return [told, gathered]


def whole_tile(
    store: Store, maker: TileMaker, parts: Sequence[Part], place: tuple[int, int, int], *, day: date | None = None
) -> bytes:
    """
    Make one tile of many layers, from those of the single layers.

    Parameters
    ----------
    store
        Where the features are.
    maker
        Makes and remembers the tiles of single layers.
    parts
        The layers, those below first.
    place
        Zoom, row and column.
    day
        Show the stages of the end of this day.

    Returns
    -------
    bytes
        The tile, not compressed, with a layer for each that has something there; empty if none has.
    """
    z, row, col = place
    found = []
    for part in parts:
        then = day if part.layer.stages else None
        ledger = store.ledger.revision() if then else 0
        revision = store.revision(part.layer.id)
        packed = maker.make((part.layer.id, revision, z, row, col, part.fields, then, ledger, part.own))
        if packed:
            found.append(gzip.decompress(packed))
    # A tile is a list of layers: what stands one after the other is one tile (Protocol Buffers, repeated fields).
    return b"".join(found)


def _matrix(z: int) -> dict[str, Any]:
    cell = 2 * _EDGE_M / _TILE_PIXELS / (1 << z)
    return {
        "id": str(z),
        "scaleDenominator": cell / _PIXEL_M,
        "cellSize": cell,
        "pointOfOrigin": [-_EDGE_M, _EDGE_M],
        "tileWidth": _TILE_PIXELS,
        "tileHeight": _TILE_PIXELS,
        "matrixWidth": 1 << z,
        "matrixHeight": 1 << z,
    }


def _schema(field: FieldSpec, lang: Literal["zh", "en"]) -> dict[str, Any]:
    return {"title": getattr(field.title, lang), "type": _JSON_TYPES.get(field.type, "string")}
