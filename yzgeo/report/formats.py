"""The formats a layer can leave in: one registry, asked by the command line, the documentation and the tests."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from yzgeo.catalogue import DistrictSpec
from yzgeo.errors import ParameterError

from . import geofiles, sheets, texts
from .tables import Table

Writer = Callable[[Path, Sequence[Table], DistrictSpec], int]


@dataclass(frozen=True, slots=True)
class Format:
    """One format; ``write`` makes a new file and returns the number of rows."""

    title: str
    endings: tuple[str, ...]
    many: bool
    write: Writer


FORMATS: Mapping[str, Format] = MappingProxyType(
    {
        "gpkg": Format("GeoPackage 1.3", (".gpkg",), many=True, write=geofiles.write_geopackage),
        "geojson": Format("GeoJSON", (".geojson", ".json"), many=False, write=texts.write_geojson),
        "flatgeobuf": Format("FlatGeobuf", (".fgb",), many=False, write=geofiles.write_flatgeobuf),
        "csv": Format("CSV (UTF-8, BOM)", (".csv",), many=False, write=texts.write_csv),
        "xlsx": Format("Excel", (".xlsx",), many=True, write=sheets.write_workbook),
        "geoparquet": Format(
            "GeoParquet 1.1", (".parquet", ".geoparquet"), many=False, write=geofiles.write_geoparquet
        ),
    }
)


def choose(path: Path, name: str | None, *, many: bool) -> Format:
    """
    Find the format for a file.

    Parameters
    ----------
    path
        File to be made; its ending decides unless a name is given.
    name
        Name of the format.
    many
        Whether several layers go into the file.

    Returns
    -------
    Format
        The format.

    Raises
    ------
    ParameterError
        If there is no such format, or it cannot hold several layers.
    """
    found = FORMATS.get(name) if name else _by_ending(path)
    known = ", ".join(FORMATS)
    if found is None:
        wanted = name or path.suffix or "?"
        raise ParameterError(
            name="--format",
            reason_zh=f"没有格式“{wanted}”，可用：{known}",
            reason_en=f"no format “{wanted}”; use {known}",
        )
    if many and not found.many:
        able = ", ".join(key for key, one in FORMATS.items() if one.many)
        raise ParameterError(
            name="--all",
            reason_zh=f"{found.title} 只能放一个图层，请用 {able}",
            reason_en=f"{found.title} holds one layer only; use {able}",
        )
    return found


def _by_ending(path: Path) -> Format | None:
    return next((one for one in FORMATS.values() if path.suffix.lower() in one.endings), None)
