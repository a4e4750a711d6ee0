from __future__ import annotations

import numpy as np
import pytest
from affine import Affine
from shapely.geometry import LineString, MultiPolygon, Polygon, box

from yzgeo.catalogue import Catalogue
from yzgeo.illustrative import Illustration, IllustrativePlan, Raster
from yzgeo.illustrative.ground import build_ground, largest, rounded


def test_sampling_is_bilinear_between_cell_centres() -> None:
    raster = Raster(np.array([[0, 10], [20, 30]], dtype=np.float32), Affine(30, 0, 0, 0, -30, 60), "EPSG:4529")
    # Cell centres are at (15, 45), (45, 45), (15, 15), (45, 15).
    values = raster.sample(np.array([[15.0, 45.0], [30.0, 45.0], [30.0, 30.0], [45.0, 15.0]]))
    assert values.tolist() == pytest.approx([0, 5, 15, 30])


def test_rounding_keeps_the_ends() -> None:
    line = np.array([[0.0, 0.0], [10.0, 0.0], [10.0, 10.0]])
    smooth = rounded(line, times=1)
    assert smooth.tolist() == [[0, 0], [7.5, 0], [10, 2.5], [10, 10]]
    assert rounded(line[:2], times=3).tolist() == line[:2].tolist()


def test_largest_of_nothing_is_empty() -> None:
    assert largest(LineString([(0, 0), (1, 1)])).is_empty
    assert largest(MultiPolygon([box(0, 0, 1, 1), box(5, 5, 8, 8)])).area == 9


def test_terrain_falls_to_the_river_and_rises_to_the_hill(
    catalogue: Catalogue, plan: IllustrativePlan, district: Illustration
) -> None:
    ground = build_ground(catalogue, plan)
    terrain = district.rasters["terrain"]
    assert terrain.crs == "EPSG:4529"
    assert terrain.array.dtype == np.float32
    assert (terrain.transform.a, terrain.transform.e) == (30, -30)
    assert np.isfinite(terrain.array).all()
    assert ground.hill is not None
    for river in ground.rivers:
        points = np.array(river.line.intersection(ground.boundary).coords)
        assert terrain.sample(points).max() < 70
        # The water never runs uphill: levels along the centre line fall downstream to within the grid's roughness.
        middle = np.array([river.line.interpolate(at, normalized=True).coords[0] for at in (0.25, 0.5, 0.9)])
        assert (np.diff(terrain.sample(middle)) < 0.6).all()
    top = terrain.sample(np.array(ground.hill.centroid.coords))
    assert top[0] > 130


def test_rivers_do_not_overlap_each_other(catalogue: Catalogue, plan: IllustrativePlan) -> None:
    first, second = build_ground(catalogue, plan).rivers
    assert first.surface.intersection(second.surface).area < 1e-3
    assert isinstance(first.surface, Polygon | MultiPolygon)
