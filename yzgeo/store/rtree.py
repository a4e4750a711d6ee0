"""A spatial index built whole: nodes packed by sort-tile-recursive, written where SQLite keeps its R-tree.

Inserting 200,000 boxes one by one costs more than writing the features. SQLite documents the three tables behind an
R-tree and the form of a node (https://www.sqlite.org/rtree.html, "Shadow Tables"); the packing is that of Leutenegger,
Lopez and Edgington, "STR: a simple and efficient algorithm for R-tree packing" (1997).
"""

# ruff: noqa: S608 - names go through identifiers.quote, values are bound

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .dialect import Connection
from .identifiers import quote, rtree_table

# A number of 8 bytes and four of 4, all with the high byte first.
_CELL = np.dtype([("number", ">i8"), ("box", ">f4", (4,))])
_HEAD_BYTES = 4
_ROOT = 1
# A node filled to the brim would be split by the first feature that is added.
_FILL = 0.8


@dataclass(frozen=True, slots=True)
class Packed:
    """The rows of the tables behind one R-tree.

    ``nodes`` holds the bytes of nodes 1, 2, 3 and so on; ``homes`` the leaf of each entry, in the order given;
    ``parents`` the parent of nodes 2, 3 and so on.
    """

    nodes: list[bytes]
    homes: NDArray[np.int64]
    parents: NDArray[np.int64]


def fill(connection: Connection, layer: str, fids: NDArray[np.int64], bounds: NDArray[np.float64]) -> None:
    """
    Fill the spatial index of a layer that has none of its features in it.

    Parameters
    ----------
    connection
        The writer, inside a transaction.
    layer
        Id of the layer.
    fids
        Row numbers of the features, shape (n,).
    bounds
        Their minx, miny, maxx, maxy in the storage system, shape (n, 4), without NaN.
    """
    node, rowid, parent = (quote(f"{rtree_table(layer)}_{part}") for part in ("node", "rowid", "parent"))
    size = connection.execute(f"SELECT length(data) FROM {node} WHERE nodeno = ?", (_ROOT,)).fetchone()[0]
    packed = pack(fids, bounds, node_bytes=int(size))
    for table in (node, rowid, parent):
        connection.execute(f"DELETE FROM {table}")
    connection.executemany(f"INSERT INTO {node} VALUES (?, ?)", enumerate(packed.nodes, start=_ROOT))
    connection.executemany(f"INSERT INTO {rowid} VALUES (?, ?)", zip(fids.tolist(), packed.homes.tolist(), strict=True))
    connection.executemany(f"INSERT INTO {parent} VALUES (?, ?)", enumerate(packed.parents.tolist(), start=_ROOT + 1))


def pack(fids: NDArray[np.int64], bounds: NDArray[np.float64], *, node_bytes: int) -> Packed:
    """
    Pack boxes into the nodes of an R-tree.

    Parameters
    ----------
    fids
        Numbers of the entries, shape (n,).
    bounds
        Their minx, miny, maxx, maxy, shape (n, 4), without NaN.
    node_bytes
        Bytes of one node.

    Returns
    -------
    Packed
        The nodes. Boxes are in single precision, rounded outwards as SQLite rounds them.
    """
    room = max(2, int(_capacity(node_bytes) * _FILL))
    numbers, boxes = np.asarray(fids, dtype=np.int64), _outward(bounds)
    levels = [_Level(numbers, boxes, _tiles(boxes, room))]
    while (below := levels[-1]).count > 1:
        boxes = _covers(below)
        levels.append(_Level(np.arange(below.count), boxes, _tiles(boxes, room)))
    # The topmost level has one node, number 1; each level below goes on counting.
    starts = [_ROOT + sum(level.count for level in levels[above + 1 :]) for above in range(len(levels))]
    nodes: list[bytes] = []
    parents = [np.empty(0, dtype=np.int64)]
    for height in reversed(range(len(levels))):
        level = levels[height]
        nodes += _bytes(level, starts[height - 1] if height else 0, node_bytes)
        if height:
            parents.append(level.group + starts[height])
    # The root alone tells how deep the tree is.
    nodes[0] = (len(levels) - 1).to_bytes(2, "big") + nodes[0][2:]
    return Packed(nodes, levels[0].group + starts[0], np.concatenate(parents))


@dataclass(frozen=True, slots=True)
class _Level:
    """Entries of one height, and the node of that height each belongs to, counted from 0."""

    numbers: NDArray[np.int64]
    boxes: NDArray[np.float32]
    group: NDArray[np.int64]

    @property
    def count(self) -> int:
        return int(self.group.max(initial=0)) + 1


def _capacity(node_bytes: int) -> int:
    return (node_bytes - _HEAD_BYTES) // _CELL.itemsize


def _bytes(level: _Level, first_number: int, node_bytes: int) -> list[bytes]:
    """Write the nodes of one height; ``first_number`` is what the entries' numbers are counted from."""
    order = np.argsort(level.group, kind="stable")
    sizes = np.bincount(level.group, minlength=level.count)
    places = level.group[order], np.arange(len(order)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    cells = np.zeros((level.count, _capacity(node_bytes)), dtype=_CELL)
    cells["number"][places] = level.numbers[order] + first_number
    cells["box"][places] = level.boxes[order]
    raw = np.zeros((level.count, node_bytes), dtype=np.uint8)
    raw[:, 2:_HEAD_BYTES] = sizes.astype(">u2").view(np.uint8).reshape(-1, 2)
    body = cells.view(np.uint8).reshape(level.count, -1)
    raw[:, _HEAD_BYTES : _HEAD_BYTES + body.shape[1]] = body
    return [row.tobytes() for row in raw]


def _tiles(boxes: NDArray[np.float32], room: int) -> NDArray[np.int64]:
    """Sort entries into tiles of nearly equal size: slices by x, each cut by y; give each entry's tile."""
    size = len(boxes)
    count = max(1, -(-size // room))
    if count == 1:
        return np.zeros(size, dtype=np.int64)
    centres = boxes.reshape(-1, 2, 2).astype(np.float64).mean(axis=2)
    slices = int(np.ceil(np.sqrt(count)))
    by_x = np.argsort(centres[:, 0], kind="stable")
    slice_of = np.empty(size, dtype=np.int64)
    slice_of[by_x] = np.arange(size) * slices // size
    order = np.lexsort((centres[:, 1], slice_of))
    tile = np.empty(size, dtype=np.int64)
    tile[order] = np.arange(size) * count // size
    return tile


def _covers(level: _Level) -> NDArray[np.float32]:
    order = np.argsort(level.group, kind="stable")
    starts = np.searchsorted(level.group[order], np.arange(level.count))
    inner = level.boxes[order]
    low = np.minimum.reduceat(inner[:, (0, 2)], starts)
    high = np.maximum.reduceat(inner[:, (1, 3)], starts)
    return np.column_stack([low[:, 0], high[:, 0], low[:, 1], high[:, 1]])


def _outward(bounds: NDArray[np.float64]) -> NDArray[np.float32]:
    """Give minx, maxx, miny, maxy in single precision, never smaller than the box."""
    low, high = bounds[:, (0, 1)], bounds[:, (2, 3)]
    low32, high32 = low.astype(np.float32), high.astype(np.float32)
    low32 = np.where(low32 > low, np.nextafter(low32, np.float32(-np.inf)), low32)
    high32 = np.where(high32 < high, np.nextafter(high32, np.float32(np.inf)), high32)
    return np.column_stack([low32[:, 0], high32[:, 0], low32[:, 1], high32[:, 1]])
