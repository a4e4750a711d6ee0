"""Features laid out end to end in arrays, and taken out again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from . import mvt, tiles
from .catalogue import GeometryKind
from .mvt import Integers, Objects

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Piece:
    """Features laid out.

    Attributes
    ----------
    bounds
        West, south, east, north in degrees, shape (n, 4).
    fids
        Their ids, length n.
    places
        All vertices as shares of Web Mercator's square, shape (v, 2).
    offsets
        Where each path's vertices begin, each part's paths, each feature's parts, and where the last ones end; as many
        of these levels as the kind of geometry has.
    numbers
        Number of each value, column by column, shape (n, c).
    """

    bounds: Floats
    fids: Integers
    places: Floats
    offsets: tuple[NDArray[np.int32], ...]
    numbers: NDArray[np.int32]

    @property
    def size(self) -> int:
        """Bytes that it takes, with what is noted of each feature and of each at every zoom."""
        arrays: tuple[NDArray[Any], ...] = (self.bounds, self.fids, self.places, self.numbers, *self.offsets)
        return sum(each.nbytes for each in arrays) + len(self.fids) * (tiles.MAX_ZOOM + 5)

    @staticmethod
    def joined(pieces: Sequence[Piece], geometry: GeometryKind, columns: int) -> Piece:
        """
        Put pieces end to end.

        Parameters
        ----------
        pieces
            Any number of them.
        geometry
            What the layer holds.
        columns
            How many columns it has.

        Returns
        -------
        Piece
            All features.
        """
        if not pieces:
            levels = len(ragged(np.empty(0, dtype=object), geometry)[1])
            return Piece(
                np.empty((0, 4)),
                np.empty(0, dtype=np.int64),
                np.empty((0, 2)),
                (np.zeros(1, dtype=np.int32),) * levels,
                np.empty((0, columns), dtype=np.int32),
            )
        return Piece(
            np.concatenate([piece.bounds for piece in pieces]),
            np.concatenate([piece.fids for piece in pieces]),
            np.concatenate([piece.places for piece in pieces]),
            tuple(
                offsets_of(np.concatenate([np.diff(level) for level in levels]))
                for levels in zip(*(piece.offsets for piece in pieces), strict=True)
            ),
            np.concatenate([piece.numbers for piece in pieces]),
        )

    def sorted(self) -> Piece:
        """
        Put the westernmost first.

        Returns
        -------
        Piece
            The same features.
        """
        order = np.argsort(self.bounds[:, 0], kind="stable")
        vertices, counts = self.taken(order)
        return Piece(
            self.bounds[order],
            self.fids[order],
            self.places[vertices],
            tuple(offsets_of(each) for each in reversed(counts)),
            self.numbers[order],
        )

    def taken(self, rows: Integers) -> tuple[Integers, list[Integers]]:
        """
        Find the vertices of features.

        Parameters
        ----------
        rows
            Positions of k features.

        Returns
        -------
        tuple
            Positions of their vertices, feature after feature, and how many members each has on every level: parts of
            each feature, paths of each part, vertices of each path; as many of these levels as there are.
        """
        counts = []
        for level in reversed(self.offsets):
            many = (level[rows + 1] - level[rows]).astype(np.int64)
            counts.append(many)
            rows = mvt.spans(level[rows], many)
        return rows, counts

    def vertices(self) -> NDArray[np.int32]:
        """
        Count the vertices of every feature.

        Returns
        -------
        numpy.ndarray
            Length n.
        """
        ends = np.arange(len(self.fids) + 1, dtype=np.int32)
        for level in reversed(self.offsets):
            ends = level[ends]
        return np.diff(ends)


def ragged(shapes: Objects, geometry: GeometryKind) -> tuple[Floats, tuple[NDArray[np.int32], ...]]:
    """
    Lay shapes of one kind end to end as if all of them had several parts.

    Parameters
    ----------
    shapes
        None of them missing or empty, shape (n,).
    geometry
        What the layer holds.

    Returns
    -------
    tuple
        The vertices, and the offsets as a `Piece` has them.
    """
    if geometry == "point":
        return shapely.get_coordinates(shapes), ()
    parts, owner = _filled(*shapely.get_parts(shapes, return_index=True))
    levels: list[NDArray[Any]] = [np.bincount(owner, minlength=len(shapes))]
    if geometry == "polygon":
        rings, part_of = _filled(*shapely.get_rings(parts, return_index=True))
        levels.append(np.bincount(part_of, minlength=len(parts)))
        parts = rings
    levels.append(shapely.get_num_coordinates(parts))
    return shapely.get_coordinates(parts), tuple(offsets_of(many) for many in reversed(levels))


def offsets_of(counts: NDArray[Any]) -> NDArray[np.int32]:
    """
    Tell where runs begin that follow each other.

    Parameters
    ----------
    counts
        How long each of n runs is.

    Returns
    -------
    numpy.ndarray
        Where each begins, and where the last one ends, length n + 1.
    """
    return np.concatenate([[0], np.cumsum(counts)]).astype(np.int32)


def _filled(paths: Objects, owner: Integers) -> tuple[Objects, Integers]:
    """Leave out empty parts and holes: to put a polygon without rings together again crashes shapely."""
    there = ~shapely.is_empty(paths)
    return paths[there], owner[there]
