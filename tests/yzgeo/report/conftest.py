"""A layer on its way out, without a store."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pytest
import shapely
from shapely.geometry import LineString, Point, box
from shapely.geometry.base import BaseGeometry

from yzgeo.access import Role
from yzgeo.catalogue import Catalogue
from yzgeo.report.tables import Columns, Table, visible_fields

SHAPES = {
    "polygon": [box(123.84, 42.28, 123.85, 42.29), box(123.86, 42.28, 123.87, 42.29)],
    "line": [LineString([(123.84, 42.28), (123.85, 42.29)]), LineString([(123.8, 42.2), (123.9, 42.2)])],
    "point": [Point(123.84, 42.28), Point(123.85, 42.29)],
}


@dataclass(frozen=True)
class Chunk:
    """Rows in columns."""

    uids: Sequence[str]
    wkb: Sequence[bytes | None]
    columns: dict[str, Sequence[Any]]


@pytest.fixture
def table(catalogue: Catalogue) -> Callable[..., Table]:
    """Make a table of two rows; values of fields may be given."""

    def make(
        layer_id: str, *, role: Role = "admin", shapes: Sequence[BaseGeometry] | None = None, **values: Any
    ) -> Table:
        layer = catalogue.layer(layer_id)
        fields = visible_fields(layer, role)
        geometry = shapes or SHAPES.get(layer.spec.geometry, [None, None])
        columns: dict[str, Sequence[Any]] = {spec.id: values.get(spec.id, [None, None]) for spec in fields}
        columns |= {"code": values.get("code", ["A1", "A2"]), "source": ["测试", "测试"]}
        columns["data_status"] = values.get("data_status", ["surveyed", "illustrative"])
        wkb = [None if one is None else shapely.to_wkb(one) for one in geometry]

        def chunks() -> Iterator[Columns]:
            for row in range(2):
                one = {name: [cells[row]] for name, cells in columns.items()}
                yield Chunk([f"uid-{row}"], [wkb[row]], one)

        return Table(layer, fields, catalogue.district.storage_crs, chunks)

    return make
