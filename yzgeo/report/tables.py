"""A layer on its way out: the columns that a role may see, and the rows in chunks."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import shapely
from numpy.typing import NDArray

from yzgeo.access import Role, may_see
from yzgeo.catalogue import FieldSpec, Layer

ALWAYS = ("data_status", "source")
"""Fields that never stay behind: a figure does not travel without its source."""


UNITS = {
    "m2": "㎡",
    "km2": "km²",
    "percent": "%",
    "permille": "‰",
    "deg": "°",
    "persons": "人",
    "households": "户",
    "count": "个",
    "t/d": "吨/日",
}
"""Units as people write them; the others are written as they are."""


class Columns(Protocol):
    """Rows in columns, as a store gives them."""

    @property
    def uids(self) -> Sequence[str]:
        """Names of the features."""

    @property
    def wkb(self) -> Sequence[bytes | None]:
        """Geometries in the storage system."""

    @property
    def columns(self) -> Mapping[str, Sequence[Any]]:
        """Values by field id."""


@dataclass(frozen=True)
class Table:
    """
    One layer to be written.

    ``chunks`` starts the rows anew at each call; a format that needs two passes calls it twice.
    """

    layer: Layer
    fields: tuple[FieldSpec, ...]
    crs: str
    chunks: Callable[[], Iterator[Columns]]

    @property
    def has_geometry(self) -> bool:
        """Whether the layer has geometries at all."""
        return self.layer.spec.geometry != "none"


def visible_fields(layer: Layer, role: Role) -> tuple[FieldSpec, ...]:
    """
    List the fields of a layer that a role may see.

    Parameters
    ----------
    layer
        Layer that the role may see.
    role
        Who will read the file.

    Returns
    -------
    tuple of FieldSpec
        In the layer's order.
    """
    return tuple(spec for spec in layer.fields if spec.access is None or may_see(role, spec.access))


def shapes(chunk: Columns) -> NDArray[np.object_]:
    """
    Read the geometries of a chunk.

    Parameters
    ----------
    chunk
        Rows.

    Returns
    -------
    numpy.ndarray
        Shapely geometries, shape (rows,), None where there is none.
    """
    return np.asarray(shapely.from_wkb(np.array(chunk.wkb, dtype=object)), dtype=object).reshape(len(chunk.uids))


def headings(table: Table) -> list[str]:
    """
    Name the columns for people.

    Parameters
    ----------
    table
        Table to be written.

    Returns
    -------
    list of str
        Chinese titles with their unit; the id is added where two would be the same.
    """
    plain = [
        f"{spec.title.zh}（{UNITS.get(spec.unit, spec.unit)}）" if spec.unit else spec.title.zh for spec in table.fields
    ]
    return [
        text if plain.count(text) == 1 else f"{text} [{spec.id}]"
        for text, spec in zip(plain, table.fields, strict=True)
    ]


def readable(chunk: Columns, table: Table) -> Iterator[list[Any]]:
    """
    Give the rows as people read them: labels instead of ids, 是 and 否 instead of true and false.

    Parameters
    ----------
    chunk
        Rows.
    table
        Table they belong to.

    Yields
    ------
    list
        One value per field.
    """
    shown = [_shown(chunk.columns[spec.id], spec) for spec in table.fields]
    for values in zip(*shown, strict=True):
        yield list(values)


def positions(geometries: NDArray[np.object_]) -> NDArray[np.float64]:
    """
    Find a point to write down for each geometry: itself, or a point inside.

    Parameters
    ----------
    geometries
        Shape (n,), None allowed.

    Returns
    -------
    numpy.ndarray
        Longitude and latitude, shape (n, 2), rounded to a tenth of a metre or so; NaN where there is no geometry.
    """
    points = shapely.point_on_surface(geometries)
    pairs = np.column_stack([shapely.get_x(points), shapely.get_y(points)]).astype(float)
    return np.asarray(np.round(pairs, 6), dtype=float)


def _shown(values: Sequence[Any], spec: FieldSpec) -> Sequence[Any]:
    if spec.values:
        labels = {value.id: value.label.zh for value in spec.values}
        return [labels.get(value, value) for value in values]
    if spec.type == "boolean":
        return [None if value is None else ("是" if value else "否") for value in values]
    return values
