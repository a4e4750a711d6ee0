"""The process in which GDAL reads one foreign file: ``python -m yzgeo.ingest.worker``.

A damaged or hostile file can crash GDAL or fill the memory; here it takes nothing along. The request comes as JSON on
standard input, the rows leave as an Arrow file and the answer as one line of JSON on standard output.
"""

from __future__ import annotations

import json
import re
import resource
import sys
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pyogrio

from yzgeo.errors import FileAmbiguousError, YzgeoError

from . import opening

_TOO_MANY_ROWS = "rows"
_LEDGERS = frozenset({"xlsx", "xls", "csv"})
# Which of a format's fixed layers holds what a layer of the district wants.
_FIXED_LAYERS = {
    ("gpx", "point"): "waypoints",
    ("gpx", "line"): "tracks",
    ("osm.pbf", "point"): "points",
    ("osm.pbf", "line"): "lines",
    ("osm.pbf", "polygon"): "multipolygons",
}
_CODE_PAGES = {"GBK": "CP936", "GB18030": "CP936"}
_FILTERS = {("osm.pbf", "line"): "highway IS NOT NULL"}


class RefusedError(Exception):
    """The file cannot be read, with the sentence to show."""


class _TooDetailedError(Exception):
    """A shape has more vertices than anything real."""


def main() -> int:
    """
    Answer one request.

    Returns
    -------
    int
        0 when an answer was written, also if the answer is a refusal.
    """
    request = json.load(sys.stdin)
    _limit(memory_bytes=int(request["memory_bytes"]), seconds=int(request["seconds"]))
    try:
        answer = {"ok": True, **read(request)}
    except RefusedError as refusal:
        answer = {"ok": False, "kind": "unreadable", "reason": str(refusal)}
    except YzgeoError as refusal:
        fields = {name: value if isinstance(value, list) else str(value) for name, value in refusal.fields.items()}
        answer = {"ok": False, "kind": "refusal", "code": refusal.code, "fields": fields, "reason": str(refusal)}
    except (MemoryError, pa.ArrowMemoryError):
        answer = {"ok": False, "kind": "memory", "reason": ""}
    except _TooDetailedError:
        answer = {"ok": False, "kind": "vertices", "reason": ""}
    except OverflowError:
        answer = {"ok": False, "kind": _TOO_MANY_ROWS, "reason": ""}
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError, pa.ArrowException, OSError) as error:
        # GDAL, SQLite and the system each say in their own words that the memory is used up.
        kind = "memory" if re.search(r"out of memory|cannot allocate", str(error), re.IGNORECASE) else "unreadable"
        answer = {"ok": False, "kind": kind, "reason": _plain(str(error), request["path"])}
    sys.stdout.write(json.dumps(answer))
    return 0


def read(request: Mapping[str, Any]) -> dict[str, Any]:
    """
    Copy the rows of a file into an Arrow file.

    Parameters
    ----------
    request
        ``path``, ``output``, ``layer`` and ``encoding`` (both may be null), ``max_rows``, and ``geometry_as``, the name
        under which the geometry leaves as WKB. Optional: ``member`` of an archive, ``wants`` (kind of geometry) and
        ``fields`` of the layer it is for.

    Returns
    -------
    dict
        ``rows``, ``layer``, ``layers``, ``crs`` (text or None), ``encoding`` (text or None), ``geometry`` (bool),
        ``kind`` and what `opening` found out; for a ledger all its cells under ``ledger``.

    Raises
    ------
    RefusedError
        If the file has no layer, or none of that name.
    YzgeoError
        If it cannot be opened, or holds several layers of which none was named.
    """
    path = Path(request["path"])
    with tempfile.TemporaryDirectory(prefix="yzgeo-open-", dir=Path(request["output"]).parent) as folder:
        opened = opening.open_file(path, Path(folder), member=request.get("member"), part=request["layer"])
        if opened.named:
            request = {**request, "layer": None}
        found: dict[str, Any] = {"kind": opened.kind, "declared_by": opened.declared_by, "stated": list(opened.stated)}
        if opened.encoding is not None:
            found["encoding_guess"] = opened.encoding.as_dict()
        if opened.kind in _LEDGERS:
            return _read_ledger(opened, request) | found
        if opened.kind == "parquet":
            return _read_parquet(opened.path, request) | found
        return _read_gdal(opened, request) | found


def _read_gdal(opened: opening.Opened, request: Mapping[str, Any]) -> dict[str, Any]:
    name = str(opened.path)
    listed = [str(row[0]) for row in pyogrio.list_layers(name)]
    fixed = _FIXED_LAYERS.get((opened.kind, request.get("wants") or ""))
    layer = _choose(opened.path.name, listed, request["layer"] or (fixed if fixed in listed else None))
    # What is not certain is left to the format's own mark, which GDAL reads.
    encoding = request["encoding"] or (opened.encoding.chosen if opened.encoding is not None else None)
    if opened.kind == "dxf" and encoding is not None:
        pyogrio.set_gdal_config_options({"DXF_ENCODING": _CODE_PAGES.get(encoding.upper(), encoding)})
    where = _FILTERS.get((opened.kind, request.get("wants") or "")) if fixed == layer else None
    with pyogrio.open_arrow(
        name,
        layer=layer,
        encoding=encoding if opened.kind == "shp" else None,
        use_pyarrow=True,
        datetime_as_string=True,
        where=where,
    ) as (meta, reader):
        has_geometry = bool(meta["geometry_type"])
        geometry = meta["geometry_name"] or "wkb_geometry"
        rows = _copy(reader, reader.schema, geometry if has_geometry else None, request)
        return {
            "rows": rows,
            "layer": layer,
            "layers": listed,
            "crs": meta["crs"],
            "encoding": encoding or meta["encoding"],
            "geometry": has_geometry,
        }


def _read_ledger(opened: opening.Opened, request: Mapping[str, Any]) -> dict[str, Any]:
    from yzgeo.catalogue import FieldSpec  # noqa: PLC0415 - loads what other files, which wait for it, do not need

    from . import ledgers  # noqa: PLC0415

    fields = [FieldSpec.model_validate(field) for field in request.get("fields") or ()]
    found = ledgers.read(opened.path, opened.kind, fields=fields, encoding=request["encoding"], sheet=request["layer"])
    if len(found.where) > request["max_rows"]:
        raise OverflowError
    decided = found.encoding
    return {
        "rows": len(found.where),
        "layer": opened.path.stem,
        "layers": [list(sheet) for sheet in found.sheets],
        "crs": None,
        "encoding": request["encoding"] or (decided.chosen if decided is not None else None),
        "geometry": False,
        "ledger": ledgers.as_json(found),
    } | ({"encoding_guess": decided.as_dict()} if decided is not None else {})


def _read_parquet(path: Path, request: Mapping[str, Any]) -> dict[str, Any]:
    source = pq.ParquetFile(path)
    described = (source.schema_arrow.metadata or {}).get(b"geo")
    geo = json.loads(described) if described else {}
    column = geo.get("primary_column")
    if column and geo["columns"][column]["encoding"] != "WKB":
        raise RefusedError("GeoParquet 的几何不是 WKB 编码 / its geometry is not encoded as WKB")
    stated = geo["columns"][column].get("crs", "OGC:CRS84") if column else None
    crs = json.dumps(stated) if isinstance(stated, dict) else stated
    rows = _copy(source.iter_batches(), source.schema_arrow, column, request)
    layers = [path.stem]
    return {
        "rows": rows,
        "layer": path.stem,
        "layers": layers,
        "crs": crs,
        "encoding": "UTF-8",
        "geometry": bool(column),
    }


def _copy(batches: Iterable[Any], schema: Any, geometry: str | None, request: Mapping[str, Any]) -> int:
    names = [request["geometry_as"] if field.name == geometry else field.name for field in schema]
    rows = 0
    with pa.OSFile(request["output"], "wb") as sink:
        fields = [pa.field(name, field.type) for name, field in zip(names, schema, strict=True)]
        with pa.ipc.new_file(sink, pa.schema(fields)) as writer:
            for batch in batches:
                _check_vertices(batch, names, request)
                rows += batch.num_rows
                if rows > request["max_rows"]:
                    raise OverflowError
                writer.write_batch(pa.RecordBatch.from_arrays(batch.columns, schema=pa.schema(fields)))
    return rows


def _check_vertices(batch: Any, names: list[str], request: Mapping[str, Any]) -> None:
    """Tell by the length of the WKB, 16 bytes a vertex, before anybody has to read it."""
    if request["geometry_as"] in names and batch.num_rows:
        longest = pc.max(pc.binary_length(batch.column(names.index(request["geometry_as"])))).as_py()
        if longest is not None and longest > 16 * request.get("max_vertices", sys.maxsize):
            raise _TooDetailedError


def _choose(name: str, listed: list[str], wanted: str | None) -> str:
    if wanted is not None and wanted not in listed:
        raise RefusedError(f"没有图层“{wanted}”，现有：{', '.join(listed)} / there is no layer of that name")
    if not listed:
        raise RefusedError("文件里没有图层 / the file has no layer")
    if wanted is None and len(listed) > 1:
        raise FileAmbiguousError(path=name, names=listed, listed="、".join(listed), kind="layer")
    return wanted or listed[0]


def _limit(*, memory_bytes: int, seconds: int) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 5))


def _plain(text: str, path: str) -> str:
    """Shorten GDAL's sentence; the folders are the user's own business."""
    cleaned = re.sub(r"\s+", " ", text.replace(path, Path(path).name))
    return re.sub(r"/\S*/(?=[^/\s]+)", "", cleaned)[:300]


if __name__ == "__main__":
    sys.exit(main())
