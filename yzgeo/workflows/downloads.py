"""What leaves over HTTP: a layer as a file, and everything someone may see as one package for QGIS."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType
from typing import Literal, get_args

from yzgeo.access import Caller, Role
from yzgeo.catalogue import Layer
from yzgeo.report import tables
from yzgeo.report.formats import FORMATS
from yzgeo.store import style_table, styles
from yzgeo.store.base import Store

from . import histories
from .outgoing import table_of
from .overview import visible_layers

Kind = Literal["gpkg", "geojson", "fgb", "parquet", "csv", "xlsx"]
PackageKind = Literal["gpkg", "xlsx"]


@dataclass(frozen=True, slots=True)
class FileKind:
    """A kind of file that is offered: its name among the formats, and what HTTP calls it."""

    format: str
    media_type: str


KINDS: Mapping[Kind, FileKind] = MappingProxyType(
    {
        "gpkg": FileKind("gpkg", "application/geopackage+sqlite3"),
        "geojson": FileKind("geojson", "application/geo+json"),
        "fgb": FileKind("flatgeobuf", "application/vnd.flatgeobuf"),
        "parquet": FileKind("geoparquet", "application/vnd.apache.parquet"),
        "csv": FileKind("csv", "text/csv; charset=utf-8"),
        "xlsx": FileKind("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    }
)
PACKAGE_KINDS: tuple[PackageKind, ...] = get_args(PackageKind)


def packed_layers(store: Store, role: Role) -> tuple[Layer, ...]:
    """
    List what a package holds.

    Parameters
    ----------
    store
        Store of the workspace.
    role
        Who gets it.

    Returns
    -------
    tuple of Layer
        The layers that the role may see and that have features; all of them while there are no features at all.
    """
    seen = visible_layers(store.catalogue, role)
    return tuple(layer for layer in seen if store.count(layer.id)) or seen


def qgis_style(layer: Layer, role: Role) -> str:
    """
    Draw a layer as QGIS describes it.

    Parameters
    ----------
    layer
        A layer that the role may see.
    role
        Who gets it: fields that this role may not see are not named.

    Returns
    -------
    str
        A QML document, which QGIS loads for a layer from any source.
    """
    return styles.qml(replace(layer, fields=tables.visible_fields(layer, role)))


def write_file(
    store: Store, layers: Sequence[Layer], path: Path, *, kind: Kind, caller: Caller, history: bool = False
) -> int:
    """
    Write layers into a new file, chunk by chunk, so that memory does not grow with them.

    Parameters
    ----------
    store
        Store of the workspace.
    layers
        Layers that the role may see; only one for a kind of file that holds one.
    path
        File to be made.
    kind
        Kind of file. A GeoPackage comes with the styles that QGIS opens the layers with.
    caller
        Who gets it: fields and features that this caller may not see are absent, from the styles too.
    history
        Write the versions of the features and the entries of the ledger beside them, as `histories.tables_of` says;
        only into a GeoPackage.

    Returns
    -------
    int
        Number of rows in all.

    Raises
    ------
    ParameterError
        If that kind of file has no place for the history.
    """
    if history:
        histories.check_kind(kind)
        going = histories.tables_of(store, layers, caller)
    else:
        going = [table_of(store, layer, caller.role, subdistricts=caller.subdistricts) for layer in layers]
    rows = FORMATS[KINDS[kind].format].write(path, going, store.catalogue.district)
    if kind == "gpkg":
        drawn = {layer.id for layer in layers}
        shown = [replace(table.layer, fields=table.fields) for table in going if table.layer.id in drawn]
        style_table.attach(path, shown, now=datetime.now(UTC))
    return rows
