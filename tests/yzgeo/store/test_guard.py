"""GDAL never opens the live database in our process: by refusal, by reading the code, and by counting rows."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from affine import Affine
from shapely.geometry import Point

from tests.yzgeo.store.conftest import BY, frame
from yzgeo.catalogue import Catalogue
from yzgeo.errors import LiveFileError
from yzgeo.store import guard, rasters
from yzgeo.store.connections import Connections
from yzgeo.store.sqlite import GeoPackageStore

ROOT = Path(__file__).parents[3]

# Whoever else wants GDAL asks these: a process of its own, a writer of new files, the rasters.
MAY_USE_GDAL = {"yzgeo/ingest/worker.py", "yzgeo/report/geofiles.py", "yzgeo/store/rasters.py"}
GDAL_PACKAGES = {"pyogrio", "rasterio", "fiona", "osgeo", "duckdb"}
GDAL_METHODS = {"read_file", "to_file", "from_file", "read_dataframe", "write_dataframe", "read_postgis", "list_layers"}


def test_the_live_file_is_refused_by_every_name(geopackage: GeoPackageStore, tmp_path: Path) -> None:
    linked = tmp_path / "linked.gpkg"
    linked.symlink_to(geopackage.path)
    hard = tmp_path / "hard.gpkg"
    hard.hardlink_to(geopackage.path)
    relative = os.path.relpath(geopackage.path)
    for name in (
        geopackage.path,
        str(geopackage.path),
        linked,
        hard,
        relative,
        geopackage.path.parent / "." / "yzgeo.gpkg",
    ):
        with pytest.raises(LiveFileError):
            guard.refuse_live(name)


def test_other_files_pass(geopackage: GeoPackageStore, tmp_path: Path) -> None:
    guard.refuse_live(tmp_path / "missing.gpkg")
    guard.refuse_live(geopackage.backup(tmp_path / "copy.gpkg"))
    guard.refuse_live(tmp_path)


def test_a_closed_store_is_no_longer_live(geopackage: GeoPackageStore, tiny: Catalogue) -> None:
    second = GeoPackageStore.open(geopackage.path.parent, tiny)
    second.close()
    second.close()
    with pytest.raises(LiveFileError):
        guard.refuse_live(geopackage.path)
    geopackage.close()
    guard.refuse_live(geopackage.path)


def test_a_refused_opening_leaves_nothing_live(tmp_path: Path, tiny: Catalogue) -> None:
    path = tmp_path / "yzgeo.gpkg"
    path.write_bytes(b"no database" * 100)
    with pytest.raises(Exception, match="damaged"):
        GeoPackageStore.open(tmp_path, tiny)
    guard.refuse_live(path)


def test_rasters_are_not_read_from_the_live_file(geopackage: GeoPackageStore) -> None:
    with pytest.raises(LiveFileError):
        rasters.read(geopackage.path)


def test_only_three_modules_know_gdal() -> None:
    offenders = []
    for path in sorted([*(ROOT / "yzgeo").rglob("*.py"), *(ROOT / "api").rglob("*.py")]):
        name = path.relative_to(ROOT).as_posix()
        if name in MAY_USE_GDAL or "node_modules" in name:
            continue
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            imported = []
            if isinstance(node, ast.Import):
                imported = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and node.level == 0:
                imported = [node.module or ""]
            offenders += [f"{name}: import {one}" for one in imported if one.split(".")[0] in GDAL_PACKAGES]
            if isinstance(node, ast.Attribute) and node.attr in GDAL_METHODS:
                offenders.append(f"{name}:{node.lineno}: .{node.attr}")
    assert offenders == []


def gdal_work(folder: Path, copy: Path) -> None:
    """What the product does with GDAL in its own process: other files only."""
    import pyogrio

    guard.refuse_live(copy)
    pyogrio.read_dataframe(copy, layer="spot")
    rasters.write_cog(folder / "r.tif", np.zeros((4, 4)), Affine(30, 0, 0, 0, -30, 0), "EPSG:4529")
    rasters.read(folder / "r.tif")


def test_gdal_work_leaves_our_lock_alone(geopackage: GeoPackageStore, tmp_path: Path) -> None:
    copy = geopackage.backup(tmp_path / "copy.gpkg")
    connections = Connections(geopackage.path, busy_timeout_s=1)
    with connections.write():
        gdal_work(tmp_path, copy)
        assert ask_for_the_lock(geopackage.path) == "busy"
    connections.close()
    assert ask_for_the_lock(geopackage.path) == "free"


def test_gdal_on_the_live_file_would_lose_our_lock(geopackage: GeoPackageStore) -> None:
    """The reason for the rule, shown in a process that may be harmed; if this fails, the test above proves nothing."""
    run = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", HARM, str(geopackage.path), ASK],
        check=True,
        capture_output=True,
        text=True,
    )
    assert run.stdout.split() == ["busy", "free"]


def test_two_writers_and_gdal_work_lose_no_rows(geopackage: GeoPackageStore, tmp_path: Path, tiny_root: Path) -> None:
    turns = 40
    with subprocess.Popen(
        [sys.executable, "-c", OTHER_WRITER, str(geopackage.path.parent), str(tiny_root), str(turns)],
        stdout=subprocess.PIPE,
        text=True,
    ) as other:
        for turn in range(turns):
            geopackage.write("spot", put=frame({f"here-{turn}": Point(123, turn / 10)}), provenance=BY)
            if turn % 5 == 0:
                gdal_work(tmp_path, geopackage.backup(tmp_path / f"copy-{turn}.gpkg"))
        out, _ = other.communicate(timeout=120)
    assert out.strip() == str(turns)
    assert geopackage.count("spot") == 2 * turns
    assert len(geopackage.changes("spot")) == 2 * turns
    geopackage.check()


def ask_for_the_lock(path: Path) -> str:
    """Try to write from another process."""
    run = subprocess.run([sys.executable, "-c", ASK, str(path)], check=True, capture_output=True, text=True)
    return run.stdout.strip()


ASK = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], timeout=0, isolation_level=None)
try:
    connection.execute("BEGIN IMMEDIATE")
    print("free")
except sqlite3.OperationalError:
    print("busy")
"""
HARM = """
import sqlite3, subprocess, sys
import pyogrio
path, ask = sys.argv[1:]
connection = sqlite3.connect(path, isolation_level=None)
connection.execute("BEGIN IMMEDIATE")
subprocess.run([sys.executable, "-c", ask, path], check=True)
pyogrio.read_dataframe(path, layer="spot")
subprocess.run([sys.executable, "-c", ask, path], check=True)
"""
OTHER_WRITER = """
import sys
import geopandas as gpd
from shapely.geometry import Point
from yzgeo.catalogue import load
from yzgeo.store.base import Provenance
from yzgeo.store.sqlite import GeoPackageStore

workspace, layers, turns = sys.argv[1], sys.argv[2], int(sys.argv[3])
store = GeoPackageStore.open(workspace, load(layers), busy_timeout_s=60)
done = 0
for turn in range(turns):
    put = gpd.GeoDataFrame(index=[f"there-{turn}"], geometry=[Point(124, turn / 10)], crs=4490)
    done += store.write("spot", put=put, provenance=Provenance("other", "test")).inserted
store.close()
print(done)
"""
