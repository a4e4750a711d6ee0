"""Features on a tile's grid as Mapbox Vector Tile bytes (specification 2.1).

Tags, lengths and drawing commands are all variable-length integers, so the features of a layer are laid out as one
array of numbers and written in one go.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import compress
from operator import add
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

Value = str | int | float | bool | None

EXTENT = 4096

_MOVE_TO, _LINE_TO, _CLOSE = 1, 2, 7
_KIND_OF_DIMENSION = np.array([1, 2, 3])
ABSENT = -1
"""Number of a value that a feature lacks."""

Objects = NDArray[np.object_]
Integers = NDArray[np.int64]
Flags = NDArray[np.bool_]
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
    numbers = np.array([values.numbers(column) for column in columns.values()], dtype=np.int64)
    return write_paths(
        name,
        paths_of(shapes),
        kinds=_KIND_OF_DIMENSION[shapely.get_dimensions(shapes)],
        ids=np.asarray(ids, dtype=np.int64),
        keys=list(columns),
        numbers=numbers.reshape(len(columns), len(shapes)),
        values=values.written,
    )


@dataclass(frozen=True, slots=True)
class Paths:
    """Points, lines and rings of features, end to end.

    Attributes
    ----------
    points
        Whole coordinates, shape (n, 2); the last point of a ring is its first again.
    lengths
        How many points each path has.
    owner
        Position of the feature that each path is part of, ascending.
    surface
        Whether each path is a ring.
    outer
        Whether each path is anything but a hole.
    """

    points: Integers
    lengths: Integers
    owner: Integers
    surface: Flags
    outer: Flags


def write_paths(
    name: str,
    paths: Paths,
    *,
    kinds: Integers,
    ids: Integers,
    keys: Sequence[str],
    numbers: Integers,
    values: Iterable[bytes],
) -> bytes:
    """
    Write one layer of a tile from what is laid out already.

    Parameters
    ----------
    name
        Name of the layer.
    paths
        What is drawn, some of it for each of n features.
    kinds
        1 for points, 2 for lines, 3 for surfaces, length n.
    ids
        Feature ids, length n.
    keys
        Names of c properties.
    numbers
        Place of each feature's value among ``values`` or `ABSENT`, property by property, shape (c, n).
    values
        As `encoded` gives them.

    Returns
    -------
    bytes
        The layer as a field of the tile.
    """
    used = (numbers != ABSENT).any(axis=1)
    if not used.all():
        keys, numbers = list(compress(keys, used)), numbers[used]
    layer = b"".join(
        (
            b"\x78\x02",
            _block(0x0A, name.encode()),
            _features(ids, _tags(numbers), kinds, _commands(paths, len(ids))),
            *map(_key, keys),
            *values,
            b"\x28" + _varint(EXTENT),
        )
    )
    return _block(0x1A, layer)


def encoded(kind: type, values: Iterable[Value]) -> Iterable[bytes]:
    """
    Write values of one type, each as a field of the layer.

    Parameters
    ----------
    kind
        ``str``, ``bool``, ``int`` or ``float``.
    values
        The values, none of them missing.

    Returns
    -------
    iterable of bytes
        One for each.
    """
    return _WRITERS[kind](values)


class _Values:
    """The values of a layer, each written once for a property: ``written`` has them in the order of their numbers."""

    def __init__(self) -> None:
        self.written: list[bytes] = []

    def numbers(self, column: Sequence[Value]) -> Integers:
        """Give the number of each value of a column, `ABSENT` where there is none."""
        kinds = set(map(type, column)) - {type(None)}
        if len(kinds) == 1:
            return self._of_kind(kinds.pop(), column)
        found = np.full(len(column), ABSENT)
        for kind in sorted(kinds, key=str):  # 1, 1.0 and True are different values, but the same key of a dict
            found = np.maximum(found, self._of_kind(kind, [each if type(each) is kind else None for each in column]))
        return found

    def _of_kind(self, kind: type, column: Sequence[Value]) -> Integers:
        if kind is float:
            column = [each if each is not None and math.isfinite(each) else None for each in column]  # type: ignore[arg-type]
        different: dict[Value, Any] = dict.fromkeys(column)
        different.pop(None, None)
        numbers = range(len(self.written), len(self.written) + len(different))
        self.written += encoded(kind, different)
        if len(different) == len(column):
            return np.array(numbers)
        number_of = dict(zip(different, numbers, strict=True))
        number_of[None] = ABSENT
        return np.fromiter(map(number_of.__getitem__, column), dtype=np.int64, count=len(column))


def spans(starts: NDArray[Any], counts: Integers) -> Integers:
    """
    List the positions of many runs.

    Parameters
    ----------
    starts, counts
        Where each run begins, and how long it is.

    Returns
    -------
    numpy.ndarray
        Position after position, run after run.

    Examples
    --------
    >>> spans(np.array([10, 3]), np.array([2, 3])).tolist()
    [10, 11, 3, 4, 5]
    """
    ends = counts.cumsum()
    spread: Integers = np.repeat(starts - (ends - counts), counts) + np.arange(int(counts.sum()))
    return spread


def _tags(numbers: Integers) -> Ragged:
    """Pair the number of each key with the number of its value, feature by feature."""
    keys, features = numbers.shape
    pairs = np.empty((features, keys, 2), dtype=np.int64)
    pairs[:, :, 0] = np.arange(keys)
    pairs[:, :, 1] = numbers.T
    there = pairs[:, :, 1] != ABSENT
    if there.all():
        return pairs.ravel(), np.full(features, 2 * keys)
    return pairs[there].ravel(), 2 * there.sum(axis=1)


def _features(ids: Integers, tags: Ragged, kinds: Integers, commands: Ragged) -> bytes:
    """Lay out number by number what protobuf wants: every field after its tag, every block after its length."""
    tag_bytes, command_bytes = _bytes_of(tags), _bytes_of(commands)
    body = 5 + _widths(ids) + _widths(tag_bytes) + tag_bytes + _widths(command_bytes) + command_bytes
    before_tags = (0x12, body, 0x08, ids, 0x12, tag_bytes)
    before_commands = (0x18, kinds, 0x22, command_bytes)
    sizes = len(before_tags) + tags[1] + len(before_commands) + commands[1]
    words = np.empty(int(sizes.sum()), dtype=np.int64)
    places = sizes.cumsum() - sizes
    for fields, (numbers, counts) in ((before_tags, tags), (before_commands, commands)):
        for field in fields:
            words[places] = field
            places += 1
        words[spans(places, counts)] = numbers
        places += counts
    return _varints(words)


def paths_of(shapes: Objects) -> Paths:
    """
    Take features apart into points, lines and rings.

    Parameters
    ----------
    shapes
        Geometries with whole coordinates, none of them empty, shape (n,).

    Returns
    -------
    Paths
        In the order of the features.
    """
    paths, owner, outer = _paths(shapes)
    lengths = np.asarray(shapely.get_num_coordinates(paths), dtype=np.int64)
    there = lengths > 0
    if not there.all():  # some parts are empty
        paths, owner, outer, lengths = paths[there], owner[there], outer[there], lengths[there]
    surface = shapely.get_dimensions(shapes)[owner] == 2
    return Paths(shapely.get_coordinates(paths).astype(np.int64), lengths, owner, surface, outer)


def _commands(paths: Paths, count: int) -> Ragged:
    """Draw every feature: move, line and close commands with zigzag steps."""
    surface, owner = paths.surface, paths.owner
    points, lengths = _without_repeats(paths.points, paths.lengths)
    points, lengths = _open_rings(points, lengths, surface)
    points, keep = _oriented(points, lengths, surface, paths.outer)
    return _drawn(points, lengths[keep], owner[keep], surface[keep], count)


def _paths(shapes: Objects) -> tuple[Objects, Integers, Flags]:
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


def _without_repeats(points: Integers, lengths: Integers) -> tuple[Integers, Integers]:
    starts = lengths.cumsum() - lengths
    x, y = points.T
    fresh = np.ones(len(points), dtype=bool)
    fresh[1:] = (x[1:] != x[:-1]) | (y[1:] != y[:-1])
    fresh[starts] = True
    if fresh.all():
        return points, lengths
    return points[fresh], np.add.reduceat(fresh, starts, dtype=np.int64)


def _open_rings(points: Integers, lengths: Integers, surface: Flags) -> tuple[Integers, Integers]:
    """Drop the closing vertex of every ring, which the close command implies."""
    closed = surface & (lengths > 1)
    left = np.ones(len(points), dtype=bool)
    left[lengths.cumsum()[closed] - 1] = False
    return points[left], lengths - closed


def _oriented(points: Integers, lengths: Integers, surface: Flags, outer: Flags) -> tuple[Integers, Flags]:
    """Turn outer rings clockwise on the screen and holes the other way; drop holes and strokes without extent."""
    ends = lengths.cumsum()
    starts = ends - lengths
    following = np.arange(1, len(points) + 1)
    following[ends - 1] = starts
    x, y = points.T
    area = np.add.reduceat(x * y[following] - x[following] * y, starts)
    keep = ~surface | ((lengths >= 3) & (area != 0))
    turn = surface & ((area > 0) != outer)
    if keep.all() and not turn.any():
        return points, keep
    order = np.arange(len(points))
    turned = np.repeat(turn, lengths)
    order[turned] = (np.repeat(starts + ends - 1, lengths) - order)[turned]
    return points[order[np.repeat(keep, lengths)]], keep


def _drawn(points: Integers, lengths: Integers, owner: Integers, surface: Flags, count: int) -> Ragged:
    starts = lengths.cumsum() - lengths
    steps = points.copy()
    steps[1:] -= points[:-1]
    first = np.ones(len(lengths), dtype=bool)
    first[1:] = owner[1:] != owner[:-1]
    steps[starts[first]] = points[starts[first]]

    draws = lengths > 1
    sizes = 1 + 2 * lengths + draws + surface
    offsets = sizes.cumsum() - sizes
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
    ends = counts.cumsum()
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
    # Most numbers fit a byte; the further bytes of the others are worked out for these alone.
    widths = np.ones(len(numbers), dtype=np.int64)
    longer = np.flatnonzero(numbers >= 0x80)
    rest, further = numbers[longer] >> 7, []
    while len(longer):
        widths[longer] += 1
        further.append((longer, rest))
        more = rest >= 0x80
        longer, rest = longer[more], rest[more] >> 7
    places = widths.cumsum() - widths
    data = np.empty(int(widths.sum()), dtype=np.uint8)
    data[places] = numbers
    for step, (longer, rest) in enumerate(further):
        at = places[longer] + step
        data[at] |= 0x80
        data[at + 1] = rest
    return data.tobytes()


def _varint(number: int) -> bytes:
    out = bytearray()
    while number >= 0x80:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


@lru_cache(maxsize=512)
def _key(name: str) -> bytes:
    return _block(0x1A, name.encode())


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
