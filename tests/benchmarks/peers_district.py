"""A district of a hundred times the size, the same every time: what `bench_peers.py` serves."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import shapely

from yzgeo.catalogue import Catalogue
from yzgeo.store.base import Provenance
from yzgeo.workflows.workspace import create_workspace, open_workspace, prepare_frame

SEED = 20_261_124
# Degrees; the district's own rectangle and a bit around it.
WEST, SOUTH, EAST, NORTH = 123.72, 42.15, 124.02, 42.37
METRE = np.array([1 / 82_400, 1 / 111_100])
BUILDINGS, SITES, EDGES = 100_000, 60_000, 400_000


def make(folder: Path, catalogue: Catalogue, *, times: int) -> None:
    """
    Make a workspace.

    Parameters
    ----------
    folder
        Where.
    catalogue
        Layers.
    times
        1 for the illustrative district, 100 for 100,000 buildings, 60,000 sites and 400,000 road edges.
    """
    create_workspace(folder, catalogue, demo=times == 1)
    if times == 1:
        return
    share = times / 100
    rng = np.random.default_rng(SEED)
    frames = {
        "residential_building": _buildings(rng, int(BUILDINGS * share)),
        "base_station_5g": _sites(rng, int(SITES * share)),
        "road": _edges(rng, int(EDGES * share)),
    }
    with open_workspace(folder, catalogue) as opened:
        for layer_id, frame in frames.items():
            put = prepare_frame(catalogue.layer(layer_id), frame, catalogue.district.storage_crs)
            opened.store.write(layer_id, put=put, provenance=Provenance("bench", "a hundred times the size"))


def _grid(rng: np.random.Generator, count: int) -> np.ndarray[Any, Any]:
    """Spread places over the rectangle, none on another."""
    across = int(np.ceil(np.sqrt(count * (EAST - WEST) / (NORTH - SOUTH) * 82.4 / 111.1)))
    up = int(np.ceil(count / across))
    steps = np.array([(EAST - WEST) / across, (NORTH - SOUTH) / up])
    cells = np.stack(np.meshgrid(np.arange(across), np.arange(up)), axis=-1).reshape(-1, 2)[:count]
    return np.array([WEST, SOUTH]) + (cells + 0.5 + rng.uniform(-0.1, 0.1, (count, 2))) * steps


def _common(rng: np.random.Generator, count: int, prefix: str) -> Mapping[str, Any]:
    return {
        "code": [f"{prefix}{number:06d}" for number in range(count)],
        "name": [f"{prefix}号{number}" for number in range(count)],
        "subdistrict": np.array([f"2112020{number:02d}" for number in range(1, 9)])[rng.integers(0, 8, count)],
        "data_status": "illustrative",
        "source": "基准测试生成的示意数据",
    }


def _buildings(rng: np.random.Generator, count: int) -> gpd.GeoDataFrame:
    centres = _grid(rng, count)
    long, wide = rng.uniform(14, 34, count), rng.uniform(8, 14, count)
    # An oblong, and an L for every third: 5 or 7 vertices.
    oblong = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]], dtype=float)
    angle = np.array([[-1, -1], [1, -1], [1, 0], [0, 0], [0, 1], [-1, 1]], dtype=float)
    turn = rng.uniform(0, np.pi, count)
    cos, sin = np.cos(turn), np.sin(turn)
    shapes = np.empty(count, dtype=object)
    for shape, chosen in ((oblong, np.arange(count) % 3 != 0), (angle, np.arange(count) % 3 == 0)):
        x = shape[:, 0] * long[chosen, None] / 2
        y = shape[:, 1] * wide[chosen, None] / 2
        c, s = cos[chosen, None], sin[chosen, None]
        corners = np.stack([x * c - y * s, x * s + y * c], axis=-1) * METRE + centres[chosen, None]
        shapes[chosen] = shapely.polygons(corners)
    values = {
        "compound": [f"C{number % 700:04d}" if number % 4 else None for number in range(count)],
        "floors": rng.integers(1, 19, count),
        "dwellings": rng.integers(4, 120, count),
        "residents": np.round(rng.uniform(4, 300, count), 1),
        "footprint_m2": np.round(long * wide, 1),
        "built_year": rng.integers(1965, 2021, count),
        "elevator": rng.integers(0, 2, count).astype(bool),
        "renewal_state": np.array(["none", "ongoing", "finished"])[rng.integers(0, 3, count)],
    }
    return gpd.GeoDataFrame({**_common(rng, count, "B"), **values}, geometry=shapes, crs="EPSG:4490")


def _sites(rng: np.random.Generator, count: int) -> gpd.GeoDataFrame:
    values = {
        "operator": np.array(["mobile", "telecom", "unicom"])[rng.integers(0, 3, count)],
        "height_m": np.round(rng.uniform(15, 60, count), 1),
        "band_mhz": np.array([700.0, 2100.0, 2600.0, 3500.0])[rng.integers(0, 4, count)],
        "co_built": rng.integers(0, 2, count).astype(bool),
        "stage": "planned",
    }
    shapes = shapely.points(_grid(rng, count))
    return gpd.GeoDataFrame({**_common(rng, count, "S"), **values}, geometry=shapes, crs="EPSG:4490")


def _edges(rng: np.random.Generator, count: int) -> gpd.GeoDataFrame:
    starts = _grid(rng, count)
    heading = rng.integers(0, 4, count) * np.pi / 2 + rng.normal(0, 0.1, count)
    along = np.linspace(0, 1, 4) * rng.uniform(25, 60, count)[:, None]
    bend = rng.normal(0, 1.5, (count, 4))
    x = along * np.cos(heading)[:, None] - bend * np.sin(heading)[:, None]
    y = along * np.sin(heading)[:, None] + bend * np.cos(heading)[:, None]
    shapes = shapely.linestrings(np.stack([x, y], axis=-1) * METRE + starts[:, None])
    classes = np.array(["arterial", "secondary", "branch", "lane", "rural"])
    values = {
        "road_class": classes[rng.integers(0, 5, count)],
        "level": 0,
        "bridge": False,
        "width_m": np.round(rng.uniform(3, 30, count), 1),
        "sidewalk": rng.integers(0, 2, count).astype(bool),
        "open_from": "2010-06-30",
    }
    return gpd.GeoDataFrame({**_common(rng, count, "R"), **values}, geometry=shapes, crs="EPSG:4490")
