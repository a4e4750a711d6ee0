"""Vector tiles: where a tile lies, and how features come on to its grid.

Everything works on whole arrays of features: clipping, simplifying and rounding; `mvt` writes the bytes. Nothing
vanishes because it is small: what would collapse at a low zoom is kept as the smallest square or stroke the grid can
hold.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import shapely
from numpy.typing import NDArray

from . import mvt, thinning
from .mvt import Value

# Goes up with every change of the bytes that the same features become: addresses carry it, and old ones die out.
FORMAT = 4
EXTENT = mvt.EXTENT
BUFFER = 64
MAX_ZOOM = 22
# Points in one square of the grid, an eighth of a tile wide (64 pixels on a map), become one circle.
_GATHER_UNITS = 512
_GATHERED_ID = 1 << 40
# Where Web Mercator's square ends, degrees.
_MAX_LATITUDE = 85.0511287798066

_COLLECTION = 7

Objects = NDArray[np.object_]
Integers = NDArray[np.int64]


def exists(z: int, row: int, col: int) -> bool:
    """
    Tell whether a tile is part of the WebMercatorQuad scheme.

    Parameters
    ----------
    z
        Zoom, 0 to `MAX_ZOOM`.
    row, col
        Counted from the north-west corner.

    Returns
    -------
    bool
        True if it is.
    """
    return 0 <= z <= MAX_ZOOM and 0 <= row < 1 << z and 0 <= col < 1 << z


def tile_at(z: int, lon: float, lat: float) -> tuple[int, int]:
    """
    Find the tile in which a place lies.

    Parameters
    ----------
    z
        Zoom.
    lon, lat
        The place, degrees; beyond the scheme's edge it lies in the outermost tile.

    Returns
    -------
    tuple of int
        Column and row, counted from the north-west corner.

    Examples
    --------
    >>> tile_at(1, 123.84, 42.29)
    (1, 0)
    """
    count = 1 << z
    latitude = math.radians(min(max(lat, -_MAX_LATITUDE), _MAX_LATITUDE))
    x = (lon + 180.0) / 360.0
    y = (1.0 - math.asinh(math.tan(latitude)) / math.pi) / 2.0
    return min(max(int(x * count), 0), count - 1), min(max(int(y * count), 0), count - 1)


def tile_bounds(z: int, row: int, col: int, *, buffer: float = 0.0) -> tuple[float, float, float, float]:
    """
    Tell where a tile lies.

    Parameters
    ----------
    z, row, col
        The tile.
    buffer
        Margin on every side as a share of the tile's width.

    Returns
    -------
    tuple of float
        West, south, east, north in degrees.

    Examples
    --------
    >>> tile_bounds(0, 0, 0)[::2]
    (-180.0, 180.0)
    """
    count = 1 << z
    west, east = ((col + side) / count * 360.0 - 180.0 for side in (-buffer, 1 + buffer))
    north, south = (_latitude((row + side) / count) for side in (-buffer, 1 + buffer))
    return max(west, -180.0), south, min(east, 180.0), north


def project(geometries: Objects, z: int, row: int, col: int, *, whole: bool = False) -> Objects:
    """
    Bring geometries into the coordinates of a tile.

    Parameters
    ----------
    geometries
        Shapely geometries in degrees, shape (n,).
    z, row, col
        The tile.
    whole
        Whether to round to whole units.

    Returns
    -------
    numpy.ndarray
        Geometries whose x grows east and y south, 0 to `EXTENT` across the tile, shape (n,).
    """

    def move(points: NDArray[np.float64]) -> NDArray[np.float64]:
        points = on_tile(on_square(points), z, row, col)
        return np.rint(points) if whole else points

    moved: Objects = shapely.transform(np.asarray(geometries, dtype=object), move)
    return moved


def on_square(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """
    Bring places on to Web Mercator's square.

    Parameters
    ----------
    points
        Longitude and latitude, degrees, shape (n, 2).

    Returns
    -------
    numpy.ndarray
        Shares of the square's side, x growing east and y south, shape (n, 2).
    """
    latitude = np.radians(np.clip(points[:, 1], -_MAX_LATITUDE, _MAX_LATITUDE))
    x = (points[:, 0] + 180.0) / 360.0
    y = (1.0 - np.arcsinh(np.tan(latitude)) / math.pi) / 2.0
    return np.column_stack([x, y])


def on_tile(points: NDArray[np.float64], z: int, row: int, col: int) -> NDArray[np.float64]:
    """
    Bring places of the square into the coordinates of a tile.

    Parameters
    ----------
    points
        As `on_square` gives them, shape (n, 2).
    z, row, col
        The tile.

    Returns
    -------
    numpy.ndarray
        Tile units, shape (n, 2).
    """
    moved: NDArray[np.float64] = points * (EXTENT * (1 << z)) - (col * EXTENT, row * EXTENT)
    return moved


def clip(geometries: Objects, *, buffer: float = BUFFER) -> Objects:
    """
    Cut geometries to a tile and a margin around it.

    Parameters
    ----------
    geometries
        Geometries in tile coordinates, shape (n,).
    buffer
        Width of the margin, tile units.

    Returns
    -------
    numpy.ndarray
        Geometries of the same dimension as before, or empty ones, shape (n,).
    """
    low, high = -buffer, EXTENT + buffer
    bounds = shapely.bounds(geometries)
    crossing = ~((bounds[:, :2] >= low).all(axis=1) & (bounds[:, 2:] <= high).all(axis=1))
    if not crossing.any():
        return geometries
    cut = geometries.copy()
    cut[crossing] = shapely.clip_by_rect(geometries[crossing], low, low, high, high)
    dimensions = shapely.get_dimensions(geometries)
    mixed = np.flatnonzero((shapely.get_type_id(cut) == _COLLECTION) | (shapely.get_dimensions(cut) != dimensions))
    for index in mixed:
        parts = shapely.get_parts(cut[index])
        cut[index] = shapely.union_all(parts[shapely.get_dimensions(parts) == dimensions[index]])
    return cut


def quantise(geometries: Objects, *, simplify: bool = True) -> Objects:
    """
    Round geometries to whole tile units, leaving out vertices nobody can see.

    Parameters
    ----------
    geometries
        Geometries in tile coordinates, none of them empty, shape (n,).
    simplify
        Whether to leave vertices out; otherwise all are rounded.

    Returns
    -------
    numpy.ndarray
        Geometries on the grid, shape (n,); polygons are valid; none is empty.
    """
    dimensions = shapely.get_dimensions(geometries)
    thinned = thinning.simplify(geometries) if simplify else geometries
    rounded: Objects = shapely.transform(thinned, np.rint)
    surfaces = dimensions == 2
    broken = surfaces & ~shapely.is_valid(rounded)
    if broken.any():
        rounded[broken] = shapely.set_precision(shapely.make_valid(thinned[broken], method="structure"), 1.0)
    lost = (surfaces & (shapely.area(rounded) == 0)) | ((dimensions == 1) & (shapely.length(rounded) == 0))
    if lost.any():
        corner = np.floor(shapely.bounds(geometries[lost])[:, :2])
        x, y = corner[:, 0], corner[:, 1]
        strokes = shapely.linestrings(np.stack([corner, corner + np.array([1.0, 0.0])], axis=1))
        squares = np.asarray(shapely.box(x, y, x + 1, y + 1), dtype=object)
        rounded[lost] = np.where(dimensions[lost] == 2, squares, np.asarray(strokes, dtype=object))
    return rounded


def settle(geometries: Objects, *, simplify: bool) -> tuple[Objects, NDArray[np.bool_]]:
    """
    Cut geometries to a tile and its margin, and round what is left of them.

    Parameters
    ----------
    geometries
        Geometries in tile coordinates, shape (n,).
    simplify
        Whether to leave vertices out.

    Returns
    -------
    tuple of numpy.ndarray
        The geometries on the grid of which anything is left, and which of the n these are.
    """
    cut = clip(geometries)
    met: NDArray[np.bool_] = ~shapely.is_empty(cut)
    return quantise(cut[met], simplify=simplify), met


def label_points(geometries: Objects, z: int, row: int, col: int) -> Objects:
    """
    Find the points that carry labels, so that every feature has its label in one tile only.

    Parameters
    ----------
    geometries
        Whole features in degrees, shape (n,); ``None`` and empty ones have no point.
    z, row, col
        The tile.

    Returns
    -------
    numpy.ndarray
        A point on each feature in degrees, ``None`` where it belongs to another tile, shape (n,).
    """
    points: Objects = np.asarray(shapely.point_on_surface(geometries), dtype=object)
    found: Objects = np.full(len(points), None, dtype=object)
    there = np.flatnonzero(~(shapely.is_missing(points) | shapely.is_empty(points)))
    # After rounding, as a map leaves out what lies on a tile's far edge: the next tile has it at 0.
    places = np.rint(shapely.get_coordinates(project(points[there], z, row, col)))
    own = there[((places >= 0) & (places < EXTENT)).all(axis=1)]
    found[own] = points[own]
    return found


@dataclass(frozen=True, slots=True)
class Gathered:
    """Points of one tile, those that stand close together as one.

    Attributes
    ----------
    alone
        Positions of the points that stand alone in their square, ascending.
    places
        A point on the grid for each of the others' squares, amid those it stands for.
    counts
        How many points each stands for, two or more.
    ids
        A number for each, the same whenever the tile is made.
    """

    alone: Integers
    places: Objects
    counts: Sequence[int]
    ids: Sequence[int]


def gather(geometries: Objects, z: int, row: int, col: int) -> Gathered:
    """
    Gather points that stand close together. Every point is counted in one tile of a zoom and in no other.

    Parameters
    ----------
    geometries
        Points in degrees, shape (n,), of the tile and of its surroundings; ``None`` and empty ones are left out.
    z, row, col
        The tile.

    Returns
    -------
    Gathered
        The points of the tile. The squares are parts of it, so that none reaches over its edge.
    """
    shapes = np.asarray(geometries, dtype=object)
    there = np.flatnonzero(~(shapely.is_missing(shapes) | shapely.is_empty(shapes)))
    places = np.rint(shapely.get_coordinates(project(shapely.centroid(shapes[there]), z, row, col))).astype(np.int64)
    found = gather_places(places, z, row, col)
    return replace(found, alone=there[found.alone])


def gather_places(places: Integers, z: int, row: int, col: int) -> Gathered:
    """
    Gather points on a tile's grid; see `gather`.

    Parameters
    ----------
    places
        Whole coordinates, shape (n, 2).
    z, row, col
        The tile.

    Returns
    -------
    Gathered
        The points of the tile.
    """
    own = ((places >= 0) & (places < EXTENT)).all(axis=1)
    there, places = np.flatnonzero(own), places[own]
    per_side = EXTENT // _GATHER_UNITS
    column, line = (places // _GATHER_UNITS).T
    squares = (row * per_side + line) * (per_side << z) + col * per_side + column
    numbers, square_of, counts = np.unique(squares, return_inverse=True, return_counts=True)
    many = counts > 1
    middles = [np.bincount(square_of, weights=axis, minlength=len(numbers)) / counts for axis in places.T]
    points = np.asarray(shapely.points(np.rint(np.column_stack(middles)[many])), dtype=object)
    ids = (_GATHERED_ID + numbers[many]).tolist()
    return Gathered(there[~many[square_of]], points.reshape(-1), counts[many].tolist(), ids)


def encode_layer(
    name: str,
    geometries: Objects,
    fids: Sequence[int],
    columns: Mapping[str, Sequence[Value]],
    *,
    z: int,
    row: int,
    col: int,
    simplify: bool = True,
) -> bytes:
    """
    Encode one layer of one tile.

    Parameters
    ----------
    name
        Name of the layer in the tile.
    geometries
        Points, lines or polygons (single or multi) in degrees, shape (n,); ``None`` and empty ones are left out.
    fids
        Feature ids, length n, not negative.
    columns
        Property values by name, each of length n; ``None`` and not-a-number mean that a feature lacks the property.
    z, row, col
        The tile.
    simplify
        Whether to leave out vertices that nobody can see.

    Returns
    -------
    bytes
        The tile, not compressed; empty if nothing lies in it.
    """
    shapes = np.asarray(geometries, dtype=object)
    kept = np.flatnonzero(~(shapely.is_missing(shapes) | shapely.is_empty(shapes)))
    placed, there = _placed(shapes[kept], z, row, col, simplify=simplify)
    kept, placed = kept[there], placed[there]
    if not len(kept):
        return b""
    if len(kept) < len(shapes):
        chosen = kept.tolist()
        fids = [fids[index] for index in chosen]
        columns = {key: [column[index] for index in chosen] for key, column in columns.items()}
    return mvt.write_layer(name, placed, fids, columns)


def encode_gathered(name: str, gathered: Gathered, *, count: str) -> bytes:
    """
    Encode the circles with a number of one tile.

    Parameters
    ----------
    name
        Name of the layer in the tile.
    gathered
        What `gather` found.
    count
        Name of the property that tells how many points each stands for.

    Returns
    -------
    bytes
        The tile, not compressed; empty if all points stand alone.
    """
    if not len(gathered.places):
        return b""
    return mvt.write_layer(name, gathered.places, gathered.ids, {count: gathered.counts})


def _placed(shapes: Objects, z: int, row: int, col: int, *, simplify: bool) -> tuple[Objects, NDArray[np.bool_]]:
    """Bring shapes on to the grid, and tell which of them the tile meets."""
    placed = shapes.copy()
    left = np.ones(len(shapes), dtype=bool)
    if not simplify:
        # What lies within the margin and survives being rounded needs nothing else.
        west, south, east, north = tile_bounds(z, row, col, buffer=BUFFER / EXTENT)
        bounds = shapely.bounds(shapes)
        inside = np.flatnonzero(
            (bounds[:, :2] >= (west, south)).all(axis=1) & (bounds[:, 2:] <= (east, north)).all(axis=1)
        )
        rounded = project(shapes[inside], z, row, col, whole=True)
        sound = shapely.is_valid(rounded)
        placed[inside[sound]] = rounded[sound]
        left[inside[sound]] = False
    settled, met = settle(project(shapes[left], z, row, col), simplify=simplify)
    there = ~left
    there[left] = met
    placed[left & there] = settled
    return placed, there


def _latitude(share: float) -> float:
    return math.degrees(math.atan(math.sinh(math.pi * (1 - 2 * min(max(share, 0.0), 1.0)))))
