"""Reading a foreign file: what it holds, before anybody judges it.

The work happens in `yzgeo.ingest.worker`, a process with limits of memory and time, since GDAL must neither share a
process with the live database nor take the server down with a damaged file.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from yzgeo.errors import FileLimitError, FileMissingError, FileUnreadableError

FORMATS = {
    ".geojson": "GeoJSON",
    ".json": "GeoJSON",
    ".gpkg": "GeoPackage",
    ".shp": "Shapefile",
    ".zip": "Shapefile (ZIP)",
    ".parquet": "GeoParquet",
    ".geoparquet": "GeoParquet",
}
"""What can be read, by the ending of the name."""

# No real column is called so.
_GEOMETRY = "__geometry__"

FORMAT_NAMES = ", ".join(f"{name} ({ending})" for ending, name in FORMATS.items())


@dataclass(frozen=True, slots=True)
class Limits:
    """What reading one file may cost."""

    memory_bytes: int = 4 * 1024**3
    seconds: int = 300
    max_rows: int = 1_000_000


@dataclass(frozen=True)
class Source:
    """
    A file as it was read: nothing renamed, mended or left out.

    ``table`` holds the columns (shape (rows, columns)), ``geometry`` the shapes in the file's own system (shape
    (rows,), None where a row has none) or None where the file has no geometry at all. ``unreadable`` marks rows whose
    geometry is there but of a kind that cannot be used.
    """

    path: Path
    layer: str
    crs: str | None
    encoding: str | None
    table: pd.DataFrame
    geometry: NDArray[np.object_] | None
    unreadable: NDArray[np.bool_]

    @property
    def rows(self) -> int:
        """Number of rows in the file."""
        return len(self.unreadable)


def read(
    path: str | os.PathLike[str],
    *,
    encoding: str | None = None,
    layer_in_file: str | None = None,
    limits: Limits | None = None,
) -> Source:
    """
    Read a whole file in a process of its own.

    Parameters
    ----------
    path
        GeoJSON, GeoPackage, Shapefile (plain or in a ZIP) or GeoParquet.
    encoding
        Encoding of a Shapefile's texts, where the file does not tell it.
    layer_in_file
        Which layer of a file that holds several.
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
    if not file.is_file():
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
            "memory_bytes": allowed.memory_bytes,
            "seconds": allowed.seconds,
            "max_rows": allowed.max_rows,
        }
        answer = _ask(file, request, allowed)
        with pa.OSFile(str(output), "rb") as stream:
            table = pa.ipc.open_file(stream).read_all()
    return _source(file, answer, table)


def _ask(file: Path, request: dict[str, object], limits: Limits) -> dict[str, object]:
    # Arrow's own allocator reserves far more address space than it uses, which RLIMIT_AS would count.
    environment = {**os.environ, "ARROW_DEFAULT_MEMORY_POOL": "system", "PYTHONWARNINGS": "ignore"}
    try:
        done = subprocess.run(
            [sys.executable, "-m", "yzgeo.ingest.worker"],
            input=json.dumps(request).encode(),
            capture_output=True,
            timeout=limits.seconds,
            env=environment,
            check=False,
            start_new_session=True,
        )
    except subprocess.TimeoutExpired:
        raise FileLimitError(path=str(file), limit=f"{limits.seconds} s") from None
    memory = f"{limits.memory_bytes // 1024**2} MiB"
    if done.returncode != 0:
        if b"MemoryError" in done.stderr or b"bad_alloc" in done.stderr or done.returncode == -9:
            raise FileLimitError(path=str(file), limit=memory)
        reason = f"读取程序中止（{done.returncode}）/ the reader stopped ({done.returncode})"
        raise FileUnreadableError(path=str(file), reason=reason, formats=FORMAT_NAMES)
    answer: dict[str, object] = json.loads(done.stdout)
    if answer["ok"]:
        return answer
    if answer["kind"] == "memory":
        raise FileLimitError(path=str(file), limit=memory)
    if answer["kind"] == "rows":
        raise FileLimitError(path=str(file), limit=f"{limits.max_rows} 行 / rows")
    raise FileUnreadableError(path=str(file), reason=answer["reason"], formats=FORMAT_NAMES)


def _source(file: Path, answer: dict[str, object], table: pa.Table) -> Source:
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
