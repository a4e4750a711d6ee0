"""Pair `Store.write` with ogr2ogr: 200,000 polygons into an indexed GeoPackage.

Run ``python tests/benchmarks/bench_import.py [ROWS] [ROUNDS]``. The two take turns, so that a busy machine slows both.
The store also keeps history, the log of changes, a unique uid and an index on the key; ogr2ogr does not. Two layers:
buildings, which come in such numbers, and shantytown parcels, which keep stages: there each feature that has begun also
enters the ledger, hashed into its chain, with the stages of every day that follow from it. The last line of each tells
the largest memory of the process, the frames included. At the end the whole command ``yzgeo import``, on a GeoPackage
inside the district: its reader in a process of its own, the judgement of system, columns and cells, the comparison with
the register, the report, and the write.
"""

from __future__ import annotations

import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import geopandas as gpd
import numpy as np
import shapely

from yzgeo.catalogue import default_root, load
from yzgeo.store import sqlite
from yzgeo.store.base import Provenance

LAYER = "residential_building"
STAGED = "shantytown_parcel"


def buildings(rows: int) -> gpd.GeoDataFrame:
    """Octagons scattered over the district, with the fields of the layer filled."""
    rng = np.random.default_rng(20211202)
    centres = np.column_stack([123.75 + 0.2 * rng.random(rows), 42.2 + 0.2 * rng.random(rows)])
    angles = np.linspace(0, 2 * np.pi, 9)
    ring = np.column_stack([np.cos(angles), np.sin(angles)]) * 1e-4
    shapes = shapely.polygons(centres[:, None, :] + ring[None, :, :])
    number = np.arange(rows)
    columns = {
        "code": [f"B-{value:06d}" for value in number],
        "name": [f"{value}号楼" for value in number],
        "subdistrict": rng.choice(["211202001", "211202002", "211202003"], rows),
        "community": rng.choice(["211202001001", "211202002001"], rows),
        "data_status": "illustrative",
        "source": "benchmark",
        "note": None,
        "compound": [f"C-{value // 12:05d}" for value in number],
        "floors": rng.integers(1, 30, rows),
        "dwellings": rng.integers(1, 200, rows),
        "residents": rng.random(rows) * 500,
        "footprint_m2": rng.random(rows) * 1e3,
        "built_year": rng.integers(1960, 2020, rows),
        "elevator": rng.random(rows) < 0.3,
        "renewal_state": rng.choice(["none", "ongoing", "finished"], rows),
    }
    uids = [f"{value:08x}-0000-5000-8000-{value:012x}" for value in rng.permutation(rows)]
    return gpd.GeoDataFrame(columns, index=uids, geometry=shapes, crs="EPSG:4490")


def parcels(rows: int) -> gpd.GeoDataFrame:
    """Parcels of which nine in ten have begun, most on a known day, half with households that have signed."""
    rng = np.random.default_rng(20211203)
    frame = buildings(rows)[["code", "name", "subdistrict", "community", "data_status", "source", "note", "geometry"]]
    stages = ["surveyed", "decided", "signing", "vacated", "demolished", "cleared", "reused"]
    days = np.datetime64("2021-01-01") + rng.integers(0, 1_600, rows)
    begun, dated, counted = (rng.random(rows) < share for share in (0.9, 0.7, 0.5))
    return frame.assign(
        data_status="official",
        area_m2=rng.random(rows) * 1e4,
        households=500,
        stage=np.where(begun, rng.choice(stages, rows), "planned"),
        stage_date=[str(day) if known else None for day, known in zip(days, begun & dated, strict=True)],
        households_signed=np.where(begun & counted, rng.integers(1, 500, rows), 0),
    )


def by_store(layer: str, frame: gpd.GeoDataFrame, folder: Path, *, verify: bool = False) -> float:
    """Seconds for one write into a new workspace."""
    store = sqlite.GeoPackageStore.create(folder / "workspace", load())
    started = time.perf_counter()
    store.write(layer, put=frame, provenance=Provenance("benchmark", "import"))
    seconds = time.perf_counter() - started
    if verify:
        assert store.ledger.revision() > 0
        assert store.ledger.verify().ok
    store.close()
    shutil.rmtree(folder / "workspace")
    return seconds


def by_ogr2ogr(source: Path, folder: Path) -> float:
    """Seconds for ogr2ogr from FlatGeobuf, its quickest source, into a GeoPackage with a spatial index."""
    target = folder / "ogr.gpkg"
    started = time.perf_counter()
    subprocess.run(
        ["ogr2ogr", "-f", "GPKG", "-lco", "SPATIAL_INDEX=YES", "-nlt", "MULTIPOLYGON", target, source], check=True
    )
    seconds = time.perf_counter() - started
    target.unlink()
    return seconds


def inside(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """The same rows as octagons beside each other, all within the district."""
    catalogue = load()
    outline = shapely.from_geojson((default_root() / catalogue.district.boundary_file).read_text())
    area = shapely.union_all(outline).buffer(-3e-4)
    west, south, east, north = area.bounds
    step = (0.9 * area.area / len(frame)) ** 0.5
    grid = np.stack(np.meshgrid(np.arange(west, east, step), np.arange(south, north, step)), axis=-1).reshape(-1, 2)
    centres = grid[shapely.contains_xy(area, grid[:, 0], grid[:, 1])][: len(frame)]
    angles = np.linspace(0, 2 * np.pi, 9)
    ring = np.column_stack([np.cos(angles), np.sin(angles)]) * step * 0.35
    shapes = gpd.GeoSeries(shapely.polygons(centres[:, None, :] + ring), index=frame.index, crs="EPSG:4490")
    return frame.set_geometry(shapes).drop(columns=["data_status", "source"]).reset_index(drop=True)


def by_command(source: Path, folder: Path) -> float:
    """Seconds for the command, from its start to its end, into a new workspace."""
    workspace = folder / "workspace"
    sqlite.GeoPackageStore.create(workspace, load()).close()
    command = [sys.executable, "-m", "yzgeo", "import", source, "--layer", LAYER, "--workspace", workspace]
    started = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    seconds = time.perf_counter() - started
    shutil.rmtree(workspace)
    return seconds


def main() -> None:
    """Print both times and their ratio, layer by layer, and those of the whole command."""
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 200_000
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 3
    for layer, frame in ((LAYER, buildings(rows)), (STAGED, parcels(rows))):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            source = folder / "source.fgb"
            frame.rename_axis("uid").reset_index().to_file(source, driver="FlatGeobuf", SPATIAL_INDEX="NO")
            pairs = [(by_store(layer, frame, folder), by_ogr2ogr(source, folder)) for _ in range(rounds)]
            memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
            if layer == STAGED:
                by_store(layer, frame, folder, verify=True)
        for ours, theirs in pairs:
            print(f"{layer}: store {ours:6.2f} s   ogr2ogr {theirs:6.2f} s   ratio {ours / theirs:5.2f}")
        ratio = statistics.median(a / b for a, b in pairs)
        print(f"{layer}: median ratio over {rounds} rounds of {rows} polygons {ratio:.2f}; {memory:.0f} MiB at most")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        source = folder / "source.gpkg"
        inside(buildings(rows)).to_file(source, driver="GPKG")
        pairs = [(by_command(source, folder), by_ogr2ogr(source, folder)) for _ in range(rounds)]
    for ours, theirs in pairs:
        print(f"yzgeo import: {ours:6.2f} s   ogr2ogr {theirs:6.2f} s   ratio {ours / theirs:5.2f}")
    # The largest of all processes that were waited for; the reader, which the command itself waits for, is smaller.
    memory = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    ratio = statistics.median(a / b for a, b in pairs)
    print(f"yzgeo import: median ratio over {rounds} rounds {ratio:.2f}; {memory:.0f} MiB at most")


if __name__ == "__main__":
    main()
