"""GeoJSON and CSV, written row by row."""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import shapely

from yzgeo.catalogue import DistrictSpec

from .tables import Table, headings, positions, readable, shapes

# A spreadsheet takes a text that starts so for a formula.
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")
_PLACE_HEADINGS = ["经度", "纬度", "几何（WKT）"]


def write_geojson(path: Path, tables: Sequence[Table], district: DistrictSpec) -> int:
    """
    Write one layer as GeoJSON (RFC 7946), with field ids as names.

    Parameters
    ----------
    path
        New file.
    tables
        Exactly one table.
    district
        Whose attributions go along.

    Returns
    -------
    int
        Number of features.
    """
    (table,) = tables
    rows = 0
    described = {
        "name": table.layer.id,
        "title": table.layer.spec.title.zh,
        "licence": table.layer.spec.licence,
        "attribution": [one.text for one in district.attributions],
    }
    names = [spec.id for spec in table.fields]
    flags = {spec.id for spec in table.fields if spec.type == "boolean"}
    with path.open("x", encoding="utf-8") as out:
        start = json.dumps({"type": "FeatureCollection", **described}, ensure_ascii=False)
        out.write(start[:-1] + ', "features": [')
        for chunk in table.chunks():
            geometry = shapely.to_geojson(_oriented(shapes(chunk)))
            for number, uid in enumerate(chunk.uids):
                values = {name: chunk.columns[name][number] for name in names}
                properties = {
                    key: bool(one) if key in flags and one is not None else one for key, one in values.items()
                }
                out.write(",\n" if rows else "\n")
                out.write(f'{{"type": "Feature", "id": "{uid}", "properties": ')
                out.write(json.dumps(properties, ensure_ascii=False))
                out.write(f', "geometry": {geometry[number] or "null"}}}')
                rows += 1
        out.write("\n]}\n")
    return rows


def write_csv(path: Path, tables: Sequence[Table], district: DistrictSpec) -> int:  # noqa: ARG001
    """
    Write one layer as CSV that Excel opens with Chinese intact, and without running a cell as a formula.

    Parameters
    ----------
    path
        New file.
    tables
        Exactly one table.
    district
        Not needed here; all writers take the same arguments.

    Returns
    -------
    int
        Number of rows.
    """
    (table,) = tables
    rows = 0
    with path.open("x", encoding="utf-8-sig", newline="") as out:
        writer = csv.writer(out)
        writer.writerow([*headings(table), *(_PLACE_HEADINGS if table.has_geometry else [])])
        for chunk in table.chunks():
            places = _places(table, chunk)
            for values, place in zip(readable(chunk, table), places, strict=True):
                writer.writerow([harmless(value) for value in values] + place)
                rows += 1
    return rows


def _places(table: Table, chunk: Any) -> list[list[Any]]:
    if not table.has_geometry:
        return [[] for _ in chunk.uids]
    geometry = shapes(chunk)
    wkt = shapely.to_wkt(geometry, rounding_precision=8)
    return [
        [*("" if np.isnan(value) else value for value in pair), text or ""]
        for pair, text in zip(positions(geometry).tolist(), wkt, strict=True)
    ]


def harmless(value: Any) -> Any:
    """
    Mark a text that a spreadsheet would take for a formula.

    Parameters
    ----------
    value
        Content of a cell.

    Returns
    -------
    object
        The same, with an apostrophe before a text that starts like a formula.
    """
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA_STARTS) else value


def _oriented(geometry: Any) -> Any:
    """Counter-clockwise shells, as the RFC asks, and coordinates to a millimetre."""
    rounded = shapely.transform(geometry, lambda points: np.round(points, 8))
    return shapely.orient_polygons(rounded, exterior_cw=False)
