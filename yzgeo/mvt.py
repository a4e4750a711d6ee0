"""Features on a tile's grid as Mapbox Vector Tile bytes (specification 2.1).

Tags, lengths and drawing commands are all variable-length integers, so the features of a layer are laid out as one
array of numbers and written in one go.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from operator import add
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

Value = str | int | float | bool | None

EXTENT = 4096

_MOVE_TO, _LINE_TO, _CLOSE = 1, 2, 7
_KIND_OF_DIMENSION = np.array([1, 2, 3])
_ABSENT = -1

Objects = NDArray[np.object_]
Integers = NDArray[np.int64]
Ragged = tuple[Integers, Integers]
"""Numbers of all features end to end, and how many each feature has."""


def write_layer(name: str, shapes: Objects, ids: Sequence[int], columns: Mapping[str, Sequence[Value]]) -> bytes:
    """
    Write one layer of a tile.

    Parameters
    ----------
    name
        Name of the layer.
    shapes
        Points, or lines, or polygons (single or multi) with whole coordinates, y growing south; none is empty; shape
        (n,).
    ids
        Feature ids, length n, not negative.
    columns
        Property values by name, each of length n; ``None`` and what is not finite mean that a feature lacks the
        property.

    Returns
    -------
    bytes
        The layer as a field of the tile.
    """
    values = _Values()
    numbers = {key: values.numbers(column) for key, column in columns.items()}
    keys = [key for key, found in numbers.items() if (found != _ABSENT).any()]
    tags = _tags([numbers[key] for key in keys], len(shapes))
    kinds = _KIND_OF_DIMENSION[shapely.get_dimensions(shapes)]
    layer = b"".join(
        (
            b"\x78\x02",
            _block(0x0A, name.encode()),
            _features(np.asarray(ids, dtype=np.int64), tags, kinds, _commands(shapes)),
            *(_block(0x1A, key.encode()) for key in keys),
            *values.written,
            b"\x28" + _varint(EXTENT),
        )
    )
    return _block(0x1A, layer)


class _Values:
    """The values of a layer, each written once for a property: ``written`` has them in the order of their numbers."""

    def __init__(self) -> None:
        self.written: list[bytes] = []

    def numbers(self, column: Sequence[Value]) -> Integers:
        """Give the number of each value of a column, `_ABSENT` where there is none."""
        kinds = set(map(type, column)) - {type(None)}
        if len(kinds) == 1:
            return self._of_kind(kinds.pop(), column)
        found = np.full(len(column), _ABSENT)
        for kind in sorted(kinds, key=str):  # 1, 1.0 and True are different values, but the same key of a dict
            found = np.maximum(found, self._of_kind(kind, [each if type(each) is kind else None for each in column]))
        return found

    def _of_kind(self, kind: type, column: Sequence[Value]) -> Integers:
        if kind is float:
            column = [each if each is not None and math.isfinite(each) else None for each in column]  # type: ignore[arg-type]
        different: dict[Value, Any] = dict.fromkeys(column)
        different.pop(None, None)
        numbers = range(len(self.written), len(self.written) + len(different))
        self.written += _WRITERS[kind](different)
        if len(different) == len(column):
            return np.array(numbers)
        number_of = dict(zip(different, numbers, strict=True))
        number_of[None] = _ABSENT
        return np.fromiter(map(number_of.__getitem__, column), dtype=np.int64, count=len(column))


def _tags(numbers: Sequence[Integers], count: int) -> Ragged:
    """Pair the number of each key with the number of its value, feature by feature."""
    if not numbers:
        return np.empty(0, dtype=np.int64), np.zeros(count, dtype=np.int64)
    values = np.column_stack(numbers)
    pairs = np.stack([np.broadcast_to(np.arange(len(numbers)), values.shape), values], axis=-1)
    there = values != _ABSENT
    return pairs[there].ravel(), 2 * there.sum(axis=1)


def _features(ids: Integers, tags: Ragged, kinds: Integers, commands: Ragged) -> bytes:
    """Lay out number by number what protobuf wants: every field after its tag, every block after its length."""
    tag_bytes, command_bytes = _bytes_of(tags), _bytes_of(commands)
    body = 5 + _widths(ids) + _widths(tag_bytes) + tag_bytes + _widths(command_bytes) + command_bytes
    pieces = (
        _columns(0x12, body, 0x08, ids, 0x12, tag_bytes),
        tags,
        _columns(0x18, kinds, 0x22, command_bytes),
        commands,
    )
    sizes = np.sum([counts for _, counts in pieces], axis=0)
    starts = np.cumsum(sizes) - sizes
    words = np.empty(int(sizes.sum()), dtype=np.int64)
    for numbers, counts in pieces:
        words[np.repeat(starts - (np.cumsum(counts) - counts), counts) + np.arange(len(numbers))] = numbers
        starts = starts + counts
    return _varints(words)


def _columns(*columns: Integers | int) -> Ragged:
    table = np.column_stack(np.broadcast_arrays(*columns))
    return table.ravel(), np.full(len(table), table.shape[1])


def _commands(shapes: Objects) -> Ragged:
    """Draw every feature: move, line and close commands with zigzag steps."""
    paths, owner, outer = _paths(shapes)
    vertices, path_of = shapely.get_coordinates(paths, return_index=True)
    points, path_of = _without_repeats(vertices.astype(np.int64), path_of)
    surface = shapely.get_dimensions(shapes)[owner] == 2
    lengths = np.bincount(path_of, minlength=len(paths))
    points, lengths = _open_rings(points, lengths, surface)
    points, keep = _oriented(points, lengths, surface, outer)
    return _drawn(points, lengths[keep], owner[keep], surface[keep], len(shapes))


def _paths(shapes: Objects) -> tuple[Objects, Integers, NDArray[np.bool_]]:
    """Take features apart into points, lines and rings: the path, its feature, and whether it is an outer ring."""
    if (shapely.get_type_id(shapes) <= 3).all() and not shapely.get_num_interior_rings(shapes).any():
        return shapes, np.arange(len(shapes)), np.ones(len(shapes), dtype=bool)
    parts, owner = shapely.get_parts(shapes, return_index=True)
    if not (shapely.get_type_id(parts) == 3).all():
        return parts, owner, np.ones(len(parts), dtype=bool)
    rings, part_of = shapely.get_rings(parts, return_index=True)
    outer = np.ones(len(rings), dtype=bool)
    outer[1:] = part_of[1:] != part_of[:-1]
    return rings, owner[part_of], outer


def _without_repeats(points: Integers, path_of: Integers) -> tuple[Integers, Integers]:
    fresh = np.ones(len(points), dtype=bool)
    fresh[1:] = (points[1:, 0] != points[:-1, 0]) | (points[1:, 1] != points[:-1, 1]) | (path_of[1:] != path_of[:-1])
    return points[fresh], path_of[fresh]


def _open_rings(points: Integers, lengths: Integers, surface: NDArray[np.bool_]) -> tuple[Integers, Integers]:
    """Drop the closing vertex of every ring, which the close command implies."""
    closed = surface & (lengths > 1)
    left = np.ones(len(points), dtype=bool)
    left[np.cumsum(lengths)[closed] - 1] = False
    return points[left], lengths - closed


def _oriented(
    points: Integers, lengths: Integers, surface: NDArray[np.bool_], outer: NDArray[np.bool_]
) -> tuple[Integers, NDArray[np.bool_]]:
    """Turn outer rings clockwise on the screen and holes the other way; drop holes and strokes without extent."""
    ends = np.cumsum(lengths)
    starts = ends - lengths
    following = np.arange(1, len(points) + 1)
    following[ends - 1] = starts
    x, y = points.T
    area = np.add.reduceat(x * y[following] - x[following] * y, starts)
    keep = ~surface | ((lengths >= 3) & (area != 0))
    turn = surface & ((area > 0) != outer)
    order = np.arange(len(points))
    turned = np.repeat(turn, lengths)
    order[turned] = (np.repeat(starts + ends - 1, lengths) - order)[turned]
    return points[order[np.repeat(keep, lengths)]], keep


def _drawn(points: Integers, lengths: Integers, owner: Integers, surface: NDArray[np.bool_], count: int) -> Ragged:
    starts = np.cumsum(lengths) - lengths
    steps = np.diff(points, axis=0, prepend=0)
    first = np.ones(len(lengths), dtype=bool)
    first[1:] = owner[1:] != owner[:-1]
    steps[starts[first]] = points[starts[first]]

    draws = lengths > 1
    sizes = 1 + 2 * lengths + draws + surface
    offsets = np.cumsum(sizes) - sizes
    words = np.empty(int(sizes.sum()), dtype=np.int64)
    # Every path begins with its move command; the line command stands between its first point and the others.
    place = np.repeat(offsets + 1 + draws - 2 * starts, lengths) + 2 * np.arange(len(points))
    place[starts] -= draws
    words[place], words[place + 1] = ((steps << 1) ^ (steps >> 63)).T
    words[offsets] = _MOVE_TO | 1 << 3
    words[offsets[draws] + 3] = _LINE_TO | (lengths[draws] - 1) << 3
    words[(offsets + sizes - 1)[surface]] = _CLOSE | 1 << 3
    return words, np.bincount(owner, weights=sizes, minlength=count).astype(np.int64)


def _bytes_of(ragged: Ragged) -> Integers:
    """Tell how many bytes the numbers of each feature take."""
    numbers, counts = ragged
    ends = np.cumsum(counts)
    before = np.concatenate([[0], np.cumsum(_widths(numbers))])
    taken: Integers = before[ends] - before[ends - counts]
    return taken


def _widths(numbers: Integers) -> Integers:
    """Tell how many bytes each variable-length integer takes."""
    widths = np.ones(len(numbers), dtype=np.int64)
    most = int(numbers.max(initial=0))
    for bits in range(7, most.bit_length(), 7):
        widths += numbers >= 1 << bits
    return widths


def _varints(numbers: Integers) -> bytes:
    """Write variable-length integers: seven bits a byte, the lowest first, the eighth tells that more follow."""
    widths = _widths(numbers)
    places = np.cumsum(widths) - widths
    data = np.empty(int(widths.sum()), dtype=np.uint8)
    while len(numbers):
        longer = numbers >= 0x80
        data[places] = (numbers & 0x7F) | longer << 7
        numbers, places = numbers[longer] >> 7, places[longer] + 1
    return data.tobytes()


def _varint(number: int) -> bytes:
    out = bytearray()
    while number >= 0x80:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def _block(tag: int, content: bytes) -> bytes:
    return bytes((tag,)) + _varint(len(content)) + content


@lru_cache(maxsize=512)
def _before_text(length: int) -> bytes:
    text = b"\x0a" + _varint(length)
    return b"\x22" + _varint(len(text) + length) + text


def _texts(values: Iterable[str]) -> Iterable[bytes]:
    # Nothing but functions written in C: most values of a layer are texts, and every feature has some of its own.
    contents = list(map(str.encode, values))
    return map(add, map(_before_text, map(len, contents)), contents)


def _integer(value: int) -> bytes:
    return _block(0x22, b"\x28" + _varint(value) if value >= 0 else b"\x30" + _varint(-2 * value - 1))


_WRITERS: Mapping[type, Callable[[Iterable[Any]], Iterable[bytes]]] = {
    str: _texts,
    bool: lambda values: (b"\x22\x02\x38\x01" if value else b"\x22\x02\x38\x00" for value in values),
    int: lambda values: map(_integer, values),
    float: lambda values: (b"\x22\x09\x19" + struct.pack("<d", value) for value in values),
}
