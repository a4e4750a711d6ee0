"""GeoPackage, FlatGeobuf and GeoParquet, for other geographic programs."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pyogrio
import pyproj
import shapely

from yzgeo.catalogue import DistrictSpec, FieldSpec

from .tables import Columns, Table, shapes

GEOMETRY = "geom"
_ARROW = {
    "text": pa.string(),
    "integer": pa.int64(),
    "number": pa.float64(),
    "boolean": pa.bool_(),
    "date": pa.string(),
    "datetime": pa.timestamp("ms", tz="UTC"),
}
_OGR_KINDS = {"polygon": "MultiPolygon", "line": "MultiLineString", "point": "Point"}
_MULTI: dict[str, tuple[int, Any]] = {"polygon": (3, shapely.multipolygons), "line": (1, shapely.multilinestrings)}


def write_geopackage(path: Path, tables: Sequence[Table], district: DistrictSpec) -> int:
    """
    Write layers into a new GeoPackage 1.3, the version that every QGIS since 3.22 reads without a murmur.

    Parameters
    ----------
    path
        New file; GDAL writes it, so it must not be a store.
    tables
        Tables to be written.
    district
        Whose attributions go along.

    Returns
    -------
    int
        Number of rows in all.
    """
    rows = 0
    attribution = "; ".join(one.text for one in district.attributions)
    for table in tables:
        spec = table.layer.spec
        schema = _schema(table.fields, table)
        description = f"{spec.description.zh}（来源：{spec.source.zh}；许可：{spec.licence}；{attribution}）"
        counted: list[int] = []
        batches = _counting(_batches(table, schema, multi=True), counted)
        pyogrio.write_arrow(
            pa.RecordBatchReader.from_batches(schema, batches),
            path,
            layer=spec.id,
            driver="GPKG",
            append=path.exists(),
            geometry_name=GEOMETRY if table.has_geometry else None,
            geometry_type=_OGR_KINDS.get(spec.geometry),
            crs=table.crs if table.has_geometry else None,
            dataset_options={"VERSION": "1.3"},
            layer_options={"IDENTIFIER": spec.title.zh, "DESCRIPTION": description},
        )
        rows += sum(counted)
    return rows


def write_frames(path: Path, frames: Mapping[str, gpd.GeoDataFrame]) -> None:
    """
    Write results that belong to no layer of the catalogue into a new GeoPackage 1.3.

    Parameters
    ----------
    path
        New file; GDAL writes it, so it must not be a store.
    frames
        Frames by the name of their table; empty ones are left out, since GDAL cannot tell their geometry.
    """
    for name, frame in frames.items():
        if len(frame):
            pyogrio.write_dataframe(
                frame, path, layer=name, driver="GPKG", append=path.exists(), dataset_options={"VERSION": "1.3"}
            )


def write_flatgeobuf(path: Path, tables: Sequence[Table], district: DistrictSpec) -> int:
    """
    Write one layer as FlatGeobuf, with its spatial index where every feature has a place.

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
        Number of rows.
    """
    (table,) = tables
    spec, schema = table.layer.spec, _schema(table.fields, table)
    attribution = "; ".join(one.text for one in district.attributions)
    # GDAL refuses a feature without a place where it builds the index, so the rows are looked at first.
    placed = table.has_geometry and all(blob is not None for chunk in table.chunks() for blob in chunk.wkb)
    counted: list[int] = []
    pyogrio.write_arrow(
        pa.RecordBatchReader.from_batches(schema, _counting(_batches(table, schema, multi=True), counted)),
        path,
        layer=spec.id,
        driver="FlatGeobuf",
        geometry_name=GEOMETRY if table.has_geometry else None,
        geometry_type=_OGR_KINDS.get(spec.geometry),
        crs=table.crs if table.has_geometry else None,
        layer_options={
            "SPATIAL_INDEX": "YES" if placed else "NO",
            "TITLE": spec.title.zh,
            "DESCRIPTION": f"{spec.description.zh}（来源：{spec.source.zh}；许可：{spec.licence}；{attribution}）",
        },
    )
    return sum(counted)


def write_geoparquet(path: Path, tables: Sequence[Table], district: DistrictSpec) -> int:
    """
    Write one layer as GeoParquet 1.1.

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
        Number of rows.
    """
    (table,) = tables
    schema = _schema(table.fields, table)
    about = {"title": table.layer.spec.title.zh, "licence": table.layer.spec.licence}
    about["attribution"] = "; ".join(one.text for one in district.attributions)
    metadata = {b"yzgeo": json.dumps(about, ensure_ascii=False).encode()}
    if table.has_geometry:
        column = {"encoding": "WKB", "geometry_types": [], "crs": pyproj.CRS.from_user_input(table.crs).to_json_dict()}
        geo = {"version": "1.1.0", "primary_column": GEOMETRY, "columns": {GEOMETRY: column}}
        metadata[b"geo"] = json.dumps(geo).encode()
    rows = 0
    with pq.ParquetWriter(path, schema.with_metadata(metadata), compression="zstd") as writer:
        for batch in _batches(table, schema, multi=False):
            writer.write_batch(batch)
            rows += batch.num_rows
    return rows


def _counting(batches: Iterator[Any], counted: list[int]) -> Iterator[Any]:
    for batch in batches:
        counted.append(batch.num_rows)
        yield batch


def _schema(fields: Sequence[FieldSpec], table: Table) -> Any:
    columns = [pa.field("uid", pa.string()), *(pa.field(spec.id, _ARROW[spec.type]) for spec in fields)]
    if table.has_geometry:
        extension = {b"ARROW:extension:name": b"geoarrow.wkb"}
        columns.append(pa.field(GEOMETRY, pa.binary(), metadata=extension))
    return pa.schema(columns)


def _batches(table: Table, schema: Any, *, multi: bool) -> Iterator[Any]:
    for chunk in table.chunks():
        arrays = [pa.array(list(chunk.uids), pa.string())]
        arrays += [_array(chunk, spec) for spec in table.fields]
        if table.has_geometry:
            geometry = shapes(chunk)
            if multi and table.layer.spec.geometry in _MULTI:
                geometry = _as_multi(geometry, table.layer.spec.geometry)
            arrays.append(pa.array(shapely.to_wkb(geometry).tolist(), pa.binary()))
        yield pa.RecordBatch.from_arrays(arrays, schema=schema)


def _array(chunk: Columns, spec: FieldSpec) -> Any:
    values = chunk.columns[spec.id]
    if spec.type == "boolean":
        values = [None if value is None else bool(value) for value in values]
    elif spec.type == "datetime":
        values = [datetime.fromisoformat(value) if isinstance(value, str) else value for value in values]
    return pa.array(list(values), _ARROW[spec.type])


def _as_multi(geometry: Any, kind: str) -> Any:
    """One kind of geometry per table, as GDAL expects."""
    single_type, build = _MULTI[kind]
    result = np.array(geometry, dtype=object)
    for number in np.flatnonzero(shapely.get_type_id(geometry) == single_type):
        result[number] = build([geometry[number]])
    return result
