"""Results of a run as files: the list of the uncovered, every building, or all of it as layers."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import geopandas as gpd
import orjson
import pandas as pd

from yzgeo.errors import FileMissingError, ParameterError, StorageError, WorkspaceExistsError
from yzgeo.report import geofiles
from yzgeo.workflows.accounts import PROGRAM, By

from .answers import Viewer, demand_geojson, hidden_weights, masked_homes, reach_geojson, tables_of
from .desk import RunDesk
from .files import in_one_step
from .inputs import NETWORKS
from .sheets import uncovered_workbook

Writer = Callable[[RunDesk, Mapping[str, Any], Path, Viewer], None]


def export_run(
    desk: RunDesk,
    run: Mapping[str, Any],
    path: Path,
    *,
    viewer: Viewer | None = None,
    overwrite: bool = False,
    by: By = PROGRAM,
) -> Path:
    """
    Write a run's results into a new file.

    Parameters
    ----------
    desk
        The desk.
    run
        A run that is done.
    path
        File to be made: ``.xlsx`` (the list of the uncovered), ``.geojson`` (every building), ``.gpkg`` (buildings,
        facilities and reached streets as layers).
    viewer
        Who will read it; an administrator without it.
    overwrite
        Replace a file that is there.
    by
        Who takes it away, for the audit.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    ParameterError
        If the ending is another, or the file lies in the workspace.
    WorkspaceExistsError
        If the file exists.
    """
    writer = _WRITERS.get(path.suffix.lower())
    if writer is None:
        known = ", ".join(_WRITERS)
        raise ParameterError(name="-o", reason_zh=f"扩展名可用：{known}", reason_en=f"the ending should be {known}")
    if desk.folder.resolve() in path.resolve().parents:
        raise ParameterError(
            name="-o", reason_zh="不能导出到工作区目录里面", reason_en="the file must not lie inside the workspace"
        )
    if path.exists() and not overwrite:
        raise WorkspaceExistsError(path=str(path))
    with in_one_step(path) as unfinished:
        writer(desk, run, unfinished, viewer or Viewer("admin"))
        told = {"file": path.name, "format": path.suffix[1:].upper()}
        desk.store.people.note(by.deed("export", f"run {run['id']}", **told))
    return path


def take_network(desk: RunDesk, file: Path) -> str:
    """
    Copy an OpenStreetMap file into the workspace, where runs find it.

    Parameters
    ----------
    desk
        The desk.
    file
        The file.

    Returns
    -------
    str
        Its name there.

    Raises
    ------
    FileMissingError
        If there is no such file.
    StorageError
        If the disk refuses.
    """
    if not file.is_file():
        raise FileMissingError(path=str(file))
    target = desk.folder / NETWORKS / file.name
    if file.resolve() != target.resolve():
        try:
            with in_one_step(target) as unfinished:
                shutil.copyfile(file, unfinished)
        except OSError as error:
            raise StorageError(path=str(target), reason=error.strerror or str(error)) from error
    return file.name


def _workbook(desk: RunDesk, run: Mapping[str, Any], path: Path, viewer: Viewer) -> None:
    path.write_bytes(uncovered_workbook(desk, run, viewer))


def _geojson(desk: RunDesk, run: Mapping[str, Any], path: Path, viewer: Viewer) -> None:
    path.write_bytes(demand_geojson(desk, run["id"], viewer))


def _geopackage(desk: RunDesk, run: Mapping[str, Any], path: Path, viewer: Viewer) -> None:
    tables = tables_of(desk, run["id"])
    system = desk.catalogue.district.storage_crs
    homes = masked_homes(tables["demand"], hidden_weights(desk, viewer), viewer)
    reached = orjson.loads(reach_geojson(desk, run))["features"]
    layers = {"demand": _points(homes, system), "facilities": _points(tables["facilities"], system)}
    if reached:
        layers["reach"] = gpd.GeoDataFrame.from_features(reached, crs=system)
    geofiles.write_frames(path, layers)


def _points(table: pd.DataFrame, system: str) -> gpd.GeoDataFrame:
    places = gpd.points_from_xy(table["lon"], table["lat"])
    return gpd.GeoDataFrame(table.drop(columns=["lon", "lat"]), geometry=places, crs=system)


_WRITERS: Mapping[str, Writer] = {".xlsx": _workbook, ".geojson": _geojson, ".gpkg": _geopackage}
