"""Reading a foreign file: what it holds, before anybody judges it.

The work happens in `yzgeo.ingest.worker`, a process with limits of memory and time, since GDAL must neither share a
process with the live database nor take the server down with a damaged file.
"""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd
import pyarrow as pa
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from yzgeo.catalogue import Layer
from yzgeo.checks import Issue
from yzgeo.errors import FileLimitError, FileMissingError, FileUnreadableError, leaves

from . import ahead
from .columns import Head, find_coordinates, read_coordinates
from .values.numbers import parse_unit

FORMATS = {
    ".shp": "Shapefile",
    ".gpkg": "GeoPackage",
    ".geojson": "GeoJSON",
    ".json": "GeoJSON",
    ".gdb": "FileGDB",
    ".kml": "KML",
    ".kmz": "KMZ",
    ".gpx": "GPX",
    ".tab": "MapInfo TAB",
    ".mif": "MapInfo MIF",
    ".dxf": "DXF",
    ".parquet": "GeoParquet",
    ".geoparquet": "GeoParquet",
    ".csv": "CSV",
    ".txt": "CSV",
    ".xlsx": "XLSX",
    ".xls": "XLS",
    ".pbf": "OSM PBF",
    ".zip": "ZIP",
    ".dwg": "DWG (save as DXF first)",
}
"""What can be read, by the ending of the name; what a file is, its content decides."""

_WATCH_S = 0.1
# No real column is called so.
_GEOMETRY = "__geometry__"

FORMAT_NAMES = ", ".join(f"{name} ({ending})" for ending, name in FORMATS.items())


@dataclass(frozen=True, slots=True)
class Limits:
    """
    What reading one file may cost.

    ``memory_bytes`` is the memory in use, looked at ten times a second, so that a process may pass it for a moment; the
    address space may be ``reserved_bytes``, since libraries reserve far more than they use. A shape of more than
    ``max_vertices`` is no parcel, and comparing it with others would take minutes.
    """

    memory_bytes: int = 900 * 1024**2
    reserved_bytes: int = 4 * 1024**3
    seconds: int = 300
    max_rows: int = 1_000_000
    max_vertices: int = 250_000


@dataclass(frozen=True)
class Source:
    """
    A file as it was read: nothing renamed, mended or left out.

    ``table`` holds the columns (shape (rows, columns)), ``geometry`` the shapes in the file's own system (shape
    (rows,), None where a row has none) or None where the file has no geometry at all. ``unreadable`` marks rows whose
    geometry is there but of a kind that cannot be used.

    ``declared_by`` tells whether the file itself names ``crs`` or only its format's rule; ``stated`` are titles in
    which people may have named a system. Of a ledger, ``heads`` are the columns with their units, ``where`` the places
    of the rows, ``addresses`` and ``percents`` those of the cells by column, ``sections`` the headings over the rows,
    and ``positions`` the columns that became points. ``parts`` are the sheets or layers of the file, with their rows
    where these are known.
    """

    path: Path
    layer: str
    crs: str | None
    encoding: str | None
    table: pd.DataFrame
    geometry: NDArray[np.object_] | None
    unreadable: NDArray[np.bool_]
    kind: str = ""
    declared_by: Literal["file", "format", "nothing"] = "file"
    stated: tuple[str, ...] = ()
    encoding_guess: Mapping[str, Any] | None = None
    heads: tuple[Head, ...] = ()
    where: tuple[str, ...] = ()
    addresses: Mapping[str, Sequence[str | None]] = field(default_factory=dict)
    percents: Mapping[str, Sequence[bool]] = field(default_factory=dict)
    sections: tuple[str | None, ...] = ()
    positions: tuple[str, ...] = ()
    issues: tuple[Issue, ...] = ()
    epoch_1904: bool = False
    parts: tuple[tuple[str, int | None], ...] = ()

    @property
    def is_ledger(self) -> bool:
        """Whether it is a table without shapes of its own."""
        return bool(self.where)

    @property
    def rows(self) -> int:
        """Number of rows in the file."""
        return len(self.unreadable)


def read(
    path: str | os.PathLike[str],
    *,
    encoding: str | None = None,
    layer_in_file: str | None = None,
    member: str | None = None,
    layer: Layer | None = None,
    limits: Limits | None = None,
) -> Source:
    """
    Read a whole file in a process of its own.

    Parameters
    ----------
    path
        Any file of `FORMATS`, or the folder of a file geodatabase.
    encoding
        Encoding of the texts, where a person knows better than the file.
    layer_in_file
        Which layer of a file that holds several, or which sheet of a workbook.
    member
        Which data set of an archive that holds several.
    layer
        The layer it is for, which helps to find the head of a ledger and the right layer of a GPX or OSM file.
    limits
        Memory, time and rows that reading may take; the defaults if not given.

    Returns
    -------
    Source
        What the file holds, in its own coordinate system.

    Raises
    ------
    FileMissingError
        If there is no such file.
    FileUnreadableError
        If no known format fits, the file is damaged, or it crashed the reader.
    FileLimitError
        If reading took more memory or time, or gave more rows, than allowed.
    """
    file = Path(path)
    allowed = limits or Limits()
    if not (file.is_file() or (file.is_dir() and file.suffix.lower() == ".gdb")):
        raise FileMissingError(path=str(file))
    if file.suffix.lower() not in FORMATS:
        reason = f"不认识的文件类型 {file.suffix or '?'} / unknown kind of file"
        raise FileUnreadableError(path=str(file), reason=reason, formats=FORMAT_NAMES)
    if not os.access(file, os.R_OK):
        raise FileUnreadableError(path=str(file), reason="没有读取权限 / no permission to read", formats=FORMAT_NAMES)
    with tempfile.TemporaryDirectory(prefix="yzgeo-read-") as folder:
        output = Path(folder) / "rows.arrow"
        request: dict[str, object] = {
            "path": str(file.resolve()),
            "output": str(output),
            "geometry_as": _GEOMETRY,
            "layer": layer_in_file,
            "encoding": encoding,
            "member": member,
            "wants": layer.spec.geometry if layer is not None else None,
            "fields": [spec.model_dump(mode="json") for spec in layer.fields] if layer is not None else [],
            "memory_bytes": allowed.reserved_bytes,
            "seconds": allowed.seconds,
            "max_rows": allowed.max_rows,
            "max_vertices": allowed.max_vertices,
        }
        answer = _ask(file, request, allowed)
        if "ledger" in answer:
            return _ledger(file, answer)
        with pa.OSFile(str(output), "rb") as stream:
            table = pa.ipc.open_file(stream).read_all()
    return _source(file, answer, table)


def _ask(file: Path, request: dict[str, object], limits: Limits) -> dict[str, Any]:
    memory = f"{limits.memory_bytes // 1024**2} MiB"
    with ahead.take() as process:
        try:
            output, said = _watched(process, json.dumps(request).encode(), limits)
        except subprocess.TimeoutExpired:
            raise FileLimitError(path=str(file), limit=f"{limits.seconds} s") from None
        except MemoryError:
            raise FileLimitError(path=str(file), limit=memory) from None
        finally:
            process.kill()
    if process.returncode != 0:
        if b"MemoryError" in said or b"bad_alloc" in said or process.returncode == -9:
            raise FileLimitError(path=str(file), limit=memory)
        reason = f"读取程序中止（{process.returncode}）/ the reader stopped ({process.returncode})"
        raise FileUnreadableError(path=str(file), reason=reason, formats=FORMAT_NAMES)
    answer: dict[str, Any] = json.loads(output)
    if answer["ok"]:
        return answer
    if answer["kind"] == "refusal":
        kind = next(one for one in leaves() if one.code == answer["code"])
        raise kind(**answer["fields"])
    if answer["kind"] == "memory":
        raise FileLimitError(path=str(file), limit=memory)
    if answer["kind"] == "vertices":
        limit = f"一个图形 {limits.max_vertices:,} 个顶点 / vertices in one shape"
        raise FileLimitError(path=str(file), limit=limit)
    if answer["kind"] == "rows":
        raise FileLimitError(path=str(file), limit=f"{limits.max_rows} 行 / rows")
    raise FileUnreadableError(path=str(file), reason=answer["reason"], formats=FORMAT_NAMES)


def _watched(process: subprocess.Popen[bytes], request: bytes, limits: Limits) -> tuple[bytes, bytes]:
    """Wait for the answer while watching how much memory is in use and how long it takes."""
    ends = time.monotonic() + limits.seconds
    sent: bytes | None = request
    while True:
        try:
            return process.communicate(sent, timeout=_WATCH_S)
        except subprocess.TimeoutExpired:
            sent = None
            if time.monotonic() > ends:
                raise
            if _resident_bytes(process.pid) > limits.memory_bytes:
                raise MemoryError from None


def _resident_bytes(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, IndexError):  # it has ended, or the system has no such table
        return 0


def _source(file: Path, answer: dict[str, Any], table: pa.Table) -> Source:
    geometry: NDArray[np.object_] | None = None
    unreadable = np.zeros(table.num_rows, dtype=bool)
    if _GEOMETRY in table.column_names:
        wkb = table.column(_GEOMETRY).to_numpy(zero_copy_only=False)
        present = np.array([value is not None for value in wkb], dtype=bool)
        geometry = _shapes(wkb)
        unreadable = present & shapely.is_missing(geometry)
        table = table.drop_columns([_GEOMETRY])
    crs, encoding = answer["crs"], answer["encoding"]
    return Source(
        path=file,
        layer=str(answer["layer"]),
        crs=str(crs) if crs else None,
        encoding=str(encoding) if encoding else None,
        table=_columns(table),
        geometry=geometry,
        unreadable=unreadable,
        **_found(answer),
    )


def _found(answer: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "kind": answer["kind"],
        "declared_by": answer["declared_by"],
        "stated": tuple(answer["stated"]),
        "encoding_guess": answer.get("encoding_guess"),
        "parts": tuple((one, None) if isinstance(one, str) else (one[0], one[1]) for one in answer["layers"]),
    }


def _ledger(file: Path, answer: dict[str, Any]) -> Source:
    """Make a source of a ledger's cells, with points where two of its columns are positions."""
    cells = answer["ledger"]
    heads = tuple(Head(name, leaf, parse_unit(unit) if unit else None) for name, leaf, unit in cells["heads"])
    table = pd.DataFrame({head.name: pd.Series(cells["values"][head.name], dtype=object) for head in heads})
    rows = len(cells["where"])
    geometry, unreadable, positions, issues = _positions(heads, table, cells["where"])
    found = _found(answer)
    found["stated"] = (*found["stated"], *cells["titles"], *(head.name for head in heads))
    return Source(
        path=file,
        layer=str(answer["layer"]),
        crs=None,
        encoding=answer["encoding"],
        table=table,
        geometry=geometry,
        unreadable=unreadable if unreadable is not None else np.zeros(rows, dtype=bool),
        heads=heads,
        where=tuple(cells["where"]),
        addresses=cells["addresses"],
        percents=cells["percents"],
        sections=tuple(cells["sections"]),
        positions=positions,
        issues=(*(Issue(*issue) for issue in cells["issues"]), *issues),
        epoch_1904=cells["epoch_1904"],
        **found,
    )


def _positions(
    heads: Sequence[Head], table: pd.DataFrame, where: Sequence[str]
) -> tuple[NDArray[np.object_] | None, NDArray[np.bool_] | None, tuple[str, ...], list[Issue]]:
    found = find_coordinates(heads)
    if found is None:
        return None, None, (), []
    if found.kind == "wkt":
        texts = table[found.first].to_numpy()
        shapes = np.asarray(shapely.from_wkt([str(text) if text else None for text in texts], on_invalid="ignore"))
        bad = np.array([bool(text) for text in texts], dtype=bool) & shapely.is_missing(shapes)
        return shapes.astype(object), bad, (found.first,), []
    names = tuple(name for name in (found.first, found.second) if name is not None)
    second = list(table[found.second]) if found.second is not None else None
    x, y, problems = read_coordinates(list(table[found.first]), second)
    unreadable = np.zeros(len(table), dtype=bool)
    unreadable[[row for row, _, _ in problems]] = True
    there = np.isfinite(x) & np.isfinite(y)
    if found.kind == "pair" and not there.any():
        return None, None, (), []
    points = np.full(len(table), None, dtype=object)
    points[there] = shapely.points(x[there], y[there])
    return (
        points,
        unreadable,
        names,
        [Issue("warning", "position_unreadable", where[r], zh, en) for r, zh, en in problems],
    )


def _shapes(wkb: NDArray[np.object_]) -> NDArray[np.object_]:
    try:
        return np.asarray(shapely.from_wkb(wkb, on_invalid="ignore"), dtype=object)
    except NotImplementedError:  # circular arcs somewhere: find out where, one by one
        return np.array([_shape(value) for value in wkb], dtype=object)


def _shape(wkb: bytes | None) -> BaseGeometry | None:
    try:
        return shapely.from_wkb(wkb, on_invalid="ignore")
    except NotImplementedError:
        return None


def _columns(table: pa.Table) -> pd.DataFrame:
    """Keep whole numbers whole: pandas alone would turn an integer column with a gap into decimals."""
    columns = {name: pd.Series(table.column(name).to_pylist(), dtype=object) for name in table.column_names}
    return pd.DataFrame(columns, index=pd.RangeIndex(table.num_rows))
