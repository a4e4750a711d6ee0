"""A layer laid out in memory so that a tile is cut out of it in a few steps over whole arrays.

Shapes stand projected and end to end, properties as numbers in one table of values that are encoded already. The bytes
are those that `tiles.encode_layer` makes of the same features.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import repeat
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from . import mvt, tiles
from .catalogue import GeometryKind
from .mvt import ABSENT, Flags, Integers, Objects, Paths, Value
from .pieces import Floats, Piece, offsets_of, ragged

_MULTI = {
    "point": shapely.GeometryType.POINT,
    "line": shapely.GeometryType.MULTILINESTRING,
    "polygon": shapely.GeometryType.MULTIPOLYGON,
}
_KIND = {"point": 1, "line": 2, "polygon": 3}
# A column with more values than this has hardly any twice; remembering them all would take more than the layer itself.
_MOST_SEEN = 1 << 15
# Of a bytes object, and of the references to it.
_VALUE_BYTES = 33 + 8 + 4
_UNKNOWN, _SOUND, _BROKEN = 0, 1, 2
# A box is widened by this many degrees, a thousandth of a millimetre, so that no rounding leaves a feature out.
_MARGIN = 1e-11

# Its properties are as much work as these many vertices.
_EFFORT_OF_A_FEATURE = 8

Box = tuple[float, float, float, float]


class Packing:
    """Takes features in, some at a time.

    Parameters
    ----------
    geometry
        What the layer holds; not ``none``.
    names
        Names of the columns that will come.
    """

    def __init__(self, geometry: GeometryKind, names: Sequence[str]) -> None:
        self._geometry = geometry
        self._names = tuple(names)
        self._pieces: list[Piece] = []
        self._values: list[bytes] = []
        self._seen: dict[tuple[str, type], dict[Value, int]] = {}
        self.size = 0
        """What all of it takes so far, bytes."""

    def add(self, wkb: Sequence[bytes | None], fids: Sequence[int], columns: Mapping[str, Sequence[Value]]) -> None:
        """
        Take features in.

        Parameters
        ----------
        wkb
            Their shapes in degrees, single or multi, length n; those without one are left out.
        fids
            Their ids, length n.
        columns
            Their properties, every column of length n.
        """
        shapes = np.asarray(shapely.from_wkb(np.array([*wkb, None], dtype=object)), dtype=object)[:-1]
        kept = np.flatnonzero(~(shapely.is_missing(shapes) | shapely.is_empty(shapes)))
        if not len(kept):
            return
        before = len(self._values)
        numbers = np.column_stack([self._numbers(name, columns[name]) for name in self._names])
        coordinates, offsets = ragged(shapes[kept], self._geometry)
        piece = Piece(
            bounds=shapely.bounds(shapes[kept]),
            fids=np.asarray(fids, dtype=np.int64)[kept],
            places=tiles.on_square(coordinates),
            offsets=offsets,
            numbers=numbers[kept],
        )
        self._pieces.append(piece)
        self.size += piece.size + sum(map(len, self._values[before:])) + _VALUE_BYTES * (len(self._values) - before)

    def packed(self) -> PackedLayer:
        """
        Lay out what was taken in.

        Returns
        -------
        PackedLayer
            The layer.
        """
        piece = Piece.joined(self._pieces, self._geometry, len(self._names))
        self._pieces = [piece]
        values = np.empty(len(self._values), dtype=object)
        values[:] = self._values
        return PackedLayer(self._geometry, self._names, piece.sorted(), values, self.size)

    def _numbers(self, name: str, column: Sequence[Value]) -> NDArray[np.int32]:
        found = np.full(len(column), ABSENT, dtype=np.int32)
        for kind in set(map(type, column)) - {type(None)}:
            seen = self._seen.setdefault((name, kind), {})
            if len(seen) > _MOST_SEEN:
                seen.clear()
            # 1, 1.0 and True are different values, but the same key of a dict
            own: list[Any] = [each if type(each) is kind else None for each in column]
            fresh = [each for each in dict.fromkeys(own) if each is not None and each not in seen]
            if kind is float:
                fresh = [each for each in fresh if math.isfinite(each)]
            seen.update(zip(fresh, range(len(self._values), len(self._values) + len(fresh)), strict=True))
            self._values += mvt.encoded(kind, fresh)
            numbers = np.fromiter(map(seen.get, own, repeat(ABSENT)), dtype=np.int32, count=len(own))
            found = np.maximum(found, numbers)
        return found


class PackedLayer:
    """A layer laid out by `Packing`; its tiles may be asked for by many threads at once.

    Parameters
    ----------
    geometry
        What it holds.
    names
        Names of its columns.
    piece
        Its features, the westernmost first.
    values
        The table of encoded values.
    size
        Bytes that all of it takes.
    """

    def __init__(
        self, geometry: GeometryKind, names: tuple[str, ...], piece: Piece, values: Objects, size: int
    ) -> None:
        self._geometry = geometry
        self._bounds = np.ascontiguousarray(piece.bounds.T)
        self._piece = replace(piece, bounds=self._bounds.T)
        self._columns = {name: number for number, name in enumerate(names)}
        self._widest = float((self._bounds[2] - self._bounds[0]).max(initial=0))
        self._vertices = piece.vertices()
        self._values = values
        self._first = np.zeros(len(values), dtype=np.int32)
        self._numbering = threading.Lock()
        self._soundness: dict[int, NDArray[np.int8]] = {}
        self.size = size

    def tile(
        self,
        name: str,
        place: tuple[int, int, int],
        *,
        fields: Sequence[str],
        only: tuple[str, Collection[str]] | None = None,
        simplify: bool = False,
        most: float = math.inf,
    ) -> bytes | None:
        """
        Encode a tile.

        Parameters
        ----------
        name
            Name of the layer in the tile.
        place
            Zoom, row and column.
        fields
            Names of the columns that become properties, in this order.
        only
            A column of texts, and the ones that a feature must have there; all features if not given.
        simplify
            Whether to leave out vertices that nobody can see; otherwise shapes are only clipped and rounded.
        most
            Most effort, in vertices; without simplifying, about three thousand are written in a thousandth of a second.

        Returns
        -------
        bytes or None
            The tile, not compressed; empty if nothing lies in it; None if that is too much effort.
        """
        box = tiles.tile_bounds(*place, buffer=tiles.BUFFER / tiles.EXTENT)
        rows = self._chosen(box, only, most=most)
        if rows is None:
            return None
        paths, there = self._simplified(rows, place) if simplify else self._paths(rows, place, box)
        return self._written(name, rows[there], paths, fields)

    def gathered(
        self,
        name: str,
        circles: tuple[str, str],
        place: tuple[int, int, int],
        *,
        fields: Sequence[str],
        only: tuple[str, Collection[str]] | None = None,
        most: float = math.inf,
    ) -> bytes | None:
        """
        Encode a tile of points of which those that stand close together become one circle.

        Parameters
        ----------
        name
            Name of the layer in the tile.
        circles
            Name of the layer of circles, and of the property that tells how many points each stands for.
        place, fields, only, most
            As for `tile`.

        Returns
        -------
        bytes or None
            As from `tile`.
        """
        box = tiles.tile_bounds(*place, buffer=tiles.BUFFER / tiles.EXTENT)
        rows = self._chosen(box, only, most=most)
        if rows is None:
            return None
        points = np.rint(tiles.on_tile(self._piece.places[rows], *place)).astype(np.int64)
        found = tiles.gather_places(points, *place)
        alone = self._drawn(points[found.alone], (), len(found.alone))
        data = self._written(name, rows[found.alone], alone, fields)
        return data + tiles.encode_gathered(circles[0], found, count=circles[1])

    def _chosen(self, box: Box, only: tuple[str, Collection[str]] | None, *, most: float) -> Integers | None:
        """Find the features that may meet a box, in their order; None if they are too much effort."""
        rows = self._meeting(box)
        if len(rows) * _EFFORT_OF_A_FEATURE + self._vertices[rows].sum() > most:
            return None
        if only is not None:
            rows = rows[self._has(rows, *only)]
        return rows[np.argsort(self._piece.fids[rows])]

    def _written(self, name: str, rows: Integers, paths: Paths, fields: Sequence[str]) -> bytes:
        if not len(rows):
            return b""
        numbers, values = self._numbered(rows, fields)
        kinds, ids = np.full(len(rows), _KIND[self._geometry]), self._piece.fids[rows]
        return mvt.write_paths(name, paths, kinds=kinds, ids=ids, keys=fields, numbers=numbers, values=values)

    def _meeting(self, box: Box) -> Integers:
        west, south, east, north = box[0] - _MARGIN, box[1] - _MARGIN, box[2] + _MARGIN, box[3] + _MARGIN
        first = np.searchsorted(self._bounds[0], west - self._widest)
        last = np.searchsorted(self._bounds[0], east, side="right")
        _, low, right, high = self._bounds[:, first:last]
        return first + np.flatnonzero((right >= west) & (low <= north) & (high >= south))

    def _has(self, rows: Integers, column: str, wanted: Iterable[str]) -> Flags:
        texts = frozenset(mvt.encoded(str, wanted))
        numbers = self._piece.numbers[rows, self._columns[column]].tolist()
        return np.array([number != ABSENT and self._values[number] in texts for number in numbers], dtype=bool)

    def _simplified(self, rows: Integers, place: tuple[int, int, int]) -> tuple[Paths, Flags]:
        """Draw features on a tile as simple as they look there, and tell which of them it meets."""
        vertices, counts = self._piece.taken(rows)
        placed = tiles.on_tile(self._piece.places[vertices], *place)
        settled, met = tiles.settle(self._shapes(placed, counts, np.arange(len(rows))), simplify=True)
        return mvt.paths_of(settled), met

    def _paths(self, rows: Integers, place: tuple[int, int, int], box: Box) -> tuple[Paths, Flags]:
        """Draw features on a tile, and tell which of them it meets."""
        vertices, counts = self._piece.taken(rows)
        placed = tiles.on_tile(self._piece.places[vertices], *place)
        west, south, east, north = self._bounds[:, rows]
        plain = (west >= box[0]) & (south >= box[1]) & (east <= box[2]) & (north <= box[3])
        rounded = np.rint(placed)
        plain &= self._is_sound(rows, rounded, counts, place[0])
        drawn = self._drawn(rounded.astype(np.int64), counts, len(rows))
        there = plain.copy()
        if plain.all():
            return drawn, there
        # What crosses the edge or would not survive being rounded goes the long way.
        chosen = np.flatnonzero(~plain)
        settled, met = tiles.settle(self._shapes(placed, counts, chosen), simplify=False)
        there[chosen] = met
        return _merged(drawn, plain, mvt.paths_of(settled), chosen[met], there), there

    def _is_sound(self, rows: Integers, rounded: Floats, counts: Sequence[Integers], z: int) -> Flags:
        """Tell which features are valid once rounded, which is the same in every tile of a zoom."""
        if self._geometry == "point":
            return np.ones(len(rows), dtype=bool)
        known = self._soundness.setdefault(z, np.zeros(len(self._piece.fids), dtype=np.int8))
        own = known[rows]
        unknown = np.flatnonzero(own == _UNKNOWN)
        if len(unknown):
            valid = shapely.is_valid(self._shapes(rounded, counts, unknown))
            known[rows[unknown]] = own[unknown] = np.where(valid, _SOUND, _BROKEN)
        sound: Flags = own == _SOUND
        return sound

    def _drawn(self, points: Integers, counts: Sequence[Integers], features: int) -> Paths:
        owner = np.arange(features)
        for many in counts[:-1]:
            owner = np.repeat(owner, many)
        lengths = counts[-1] if counts else np.ones(features, dtype=np.int64)
        surface = self._geometry == "polygon"
        outer = np.full(len(lengths), not surface)
        if surface:
            outer[np.cumsum(counts[1]) - counts[1]] = True
        return Paths(points, lengths, owner, np.full(len(lengths), surface), outer)

    def _shapes(self, points: Floats, counts: Sequence[Integers], chosen: Integers) -> Objects:
        """Make geometries of some of the features whose vertices were taken, single where they have one part."""
        offsets: list[NDArray[np.int32]] = []
        for many in counts:
            offsets.append(offsets_of(many[chosen]))
            chosen = mvt.spans(many.cumsum()[chosen] - many[chosen], many[chosen])
        shapes: Objects = np.asarray(
            shapely.from_ragged_array(_MULTI[self._geometry], points[chosen], tuple(reversed(offsets))), dtype=object
        )
        single = shapely.get_num_geometries(shapes) == 1
        shapes[single] = shapely.get_geometry(shapes[single], 0)
        return shapes

    def _numbered(self, rows: Integers, fields: Sequence[str]) -> tuple[Integers, list[bytes]]:
        """Number the values that occur in the order in which they do, column by column."""
        own = np.ascontiguousarray(self._piece.numbers[rows][:, [self._columns[name] for name in fields]].T)
        there = own != ABSENT
        present = own[there]
        order = np.arange(len(present), dtype=np.int32)
        with self._numbering:
            self._first[present[::-1]] = order[::-1]
            first = self._first[present]
        fresh = first == order
        numbers = np.full(own.shape, ABSENT, dtype=np.int64)
        numbers[there] = (fresh.cumsum() - 1)[first]
        return numbers, self._values[present[fresh]].tolist()


def _merged(drawn: Paths, plain: Flags, settled: Paths, owner: Integers, there: Flags) -> Paths:
    """Take the plain ones of what was drawn and put what was settled in between; features that are gone count no more.

    Parameters
    ----------
    drawn
        Paths of all features.
    plain
        Which features' paths are wanted.
    settled
        Paths of others.
    owner
        Whose these are.
    there
        Which features are left.
    """
    wanted = plain[drawn.owner]
    owners = np.concatenate([drawn.owner[wanted], owner[settled.owner]])
    order = np.argsort(owners, kind="stable")
    lengths = np.concatenate([drawn.lengths[wanted], settled.lengths])
    points = np.concatenate([drawn.points[np.repeat(wanted, drawn.lengths)], settled.points])
    return Paths(
        points[mvt.spans((lengths.cumsum() - lengths)[order], lengths[order])],
        lengths[order],
        (np.cumsum(there) - 1)[owners[order]],
        np.concatenate([drawn.surface[wanted], settled.surface])[order],
        np.concatenate([drawn.outer[wanted], settled.outer])[order],
    )
