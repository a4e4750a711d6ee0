"""Pair `Store.write` with ogr2ogr: 200,000 polygons into an indexed GeoPackage.

Run ``python tests/benchmarks/bench_import.py [ROWS] [ROUNDS]``. The two take turns, so that a busy machine slows both.
The store also keeps history, the log of changes, a unique uid and an index on the key; ogr2ogr does not. Buildings are
the layer that comes in such numbers; layers with stages also write an opening entry of the ledger for each feature.
"""

from __future__ import annotations

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

from yzgeo.catalogue import load
from yzgeo.store import sqlite
from yzgeo.store.base import Provenance

LAYER = "residential_building"


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


def by_store(frame: gpd.GeoDataFrame, folder: Path) -> float:
    """Seconds for one write into a new workspace."""
    store = sqlite.GeoPackageStore.create(folder / "workspace", load())
    started = time.perf_counter()
    store.write(LAYER, put=frame, provenance=Provenance("benchmark", "import"))
    seconds = time.perf_counter() - started
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


def main() -> None:
    """Print both times and their ratio."""
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 200_000
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 3
    frame = buildings(rows)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        source = folder / "source.fgb"
        frame.rename_axis("uid").reset_index().to_file(source, driver="FlatGeobuf", SPATIAL_INDEX="NO")
        pairs = [(by_store(frame, folder), by_ogr2ogr(source, folder)) for _ in range(rounds)]
    for ours, theirs in pairs:
        print(f"store {ours:6.2f} s   ogr2ogr {theirs:6.2f} s   ratio {ours / theirs:5.2f}")
    print(f"median ratio over {rounds} rounds of {rows} polygons: {statistics.median(a / b for a, b in pairs):.2f}")


if __name__ == "__main__":
    main()
