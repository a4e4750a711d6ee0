"""The process in which GDAL reads one foreign file: ``python -m yzgeo.ingest.worker``.

A damaged or hostile file can crash GDAL or fill the memory; here it takes nothing along. The request comes as JSON on
standard input, the rows leave as an Arrow file and the answer as one line of JSON on standard output.
"""

from __future__ import annotations

import json
import re
import resource
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pyogrio

_TOO_MANY_ROWS = "rows"
_SHAPE_PARTS = (".shx", ".dbf")


class RefusedError(Exception):
    """The file cannot be read, with the sentence to show."""


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
    except (MemoryError, pa.ArrowMemoryError):
        answer = {"ok": False, "kind": "memory", "reason": ""}
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
        under which the geometry leaves as WKB.

    Returns
    -------
    dict
        ``rows``, ``layer``, ``layers``, ``crs`` (text or None), ``encoding`` (text or None), ``geometry`` (bool).

    Raises
    ------
    RefusedError
        If the file is cut short, lacks a part or holds several layers of which none was named.
    """
    path = Path(request["path"])
    if path.suffix.lower() in {".parquet", ".geoparquet"}:
        return _read_parquet(path, request)
    name = _gdal_name(path)
    listed = [str(row[0]) for row in pyogrio.list_layers(name)]
    layer = _choose(listed, request["layer"])
    with pyogrio.open_arrow(
        name, layer=layer, encoding=request["encoding"], use_pyarrow=True, datetime_as_string=True
    ) as (meta, reader):
        has_geometry = bool(meta["geometry_type"])
        geometry = meta["geometry_name"] or "wkb_geometry"
        rows = _copy(reader, reader.schema, geometry if has_geometry else None, request)
        return {
            "rows": rows,
            "layer": layer,
            "layers": listed,
            "crs": meta["crs"],
            "encoding": meta["encoding"],
            "geometry": has_geometry,
        }


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
                rows += batch.num_rows
                if rows > request["max_rows"]:
                    raise OverflowError
                writer.write_batch(pa.RecordBatch.from_arrays(batch.columns, schema=pa.schema(fields)))
    return rows


def _gdal_name(path: Path) -> str:
    """Check that the file is whole, which GDAL does not always do, and name it as GDAL wants it named."""
    suffix = path.suffix.lower()
    if suffix == ".zip":
        return _zipped(path)
    with path.open("rb") as file:
        head = file.read(100)
    size = path.stat().st_size
    if suffix == ".shp":
        for part in _SHAPE_PARTS:
            if not any(path.with_suffix(end).is_file() for end in (part, part.upper())):
                raise RefusedError(f"缺少同名的 {part} 文件 / the {part} file beside it is missing")
        if len(head) < 100 or head[:4] != b"\x00\x00\x27\x0a":
            raise RefusedError("不是 Shapefile / this is not a Shapefile")
        if size < 2 * int.from_bytes(head[24:28], "big"):
            raise RefusedError("文件不完整，后部缺失 / the file is cut short")
    if suffix == ".gpkg":
        if not head.startswith(b"SQLite format 3\x00"):
            raise RefusedError("不是 GeoPackage / this is not a GeoPackage")
        page = int.from_bytes(head[16:18], "big")
        if size < (65536 if page == 1 else page) * int.from_bytes(head[28:32], "big"):
            raise RefusedError("文件不完整，后部缺失 / the file is cut short")
    if suffix in {".geojson", ".json"} and not head.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"{"):
        raise RefusedError("不是 GeoJSON / this is not GeoJSON")
    return str(path)


def _zipped(path: Path) -> str:
    with path.open("rb") as file:
        if file.read(4) != b"PK\x03\x04":
            raise RefusedError("不是 ZIP 压缩包 / this is not a ZIP archive")
    inside = [str(name) for name in pyogrio.vsi_listtree(f"/vsizip/{path}")]
    shapes = [name for name in inside if name.lower().endswith(".shp")]
    if len(shapes) != 1:
        found = ", ".join(Path(name).name for name in shapes) or "0"
        raise RefusedError(
            f"压缩包里应恰好有一个 .shp（现有：{found}）/ the archive must hold exactly one .shp ({found})"
        )
    base = shapes[0][:-4].lower()
    for part in _SHAPE_PARTS:
        if not any(name.lower() == base + part for name in inside):
            raise RefusedError(f"缺少同名的 {part} 文件 / the {part} file beside it is missing")
    return shapes[0]


def _choose(listed: list[str], wanted: str | None) -> str:
    if wanted is not None and wanted not in listed:
        raise RefusedError(f"没有图层“{wanted}”，现有：{', '.join(listed)} / there is no layer of that name")
    if not listed:
        raise RefusedError("文件里没有图层 / the file has no layer")
    if wanted is None and len(listed) > 1:
        names = ", ".join(listed)
        raise RefusedError(
            f"文件里有多个图层，请用 --source-layer 指定：{names} / name one of its layers with --source-layer"
        )
    return wanted or listed[0]


def _limit(*, memory_bytes: int, seconds: int) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 5))


def _plain(text: str, path: str) -> str:
    """Shorten GDAL's sentence; the folder is the user's own business."""
    cleaned = re.sub(r"\s+", " ", text.replace(f"/vsizip/{path}", Path(path).name).replace(path, Path(path).name))
    return cleaned[:300]


if __name__ == "__main__":
    sys.exit(main())
