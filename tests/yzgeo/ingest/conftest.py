"""Small foreign files, written by another program than ours."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import pyogrio
import pytest
from shapely.geometry import box


@pytest.fixture(scope="session")
def world() -> Path:
    """A real Shapefile of another house: Natural Earth, which pyogrio ships with its tests."""
    return Path(pyogrio.__file__).parent / "tests/fixtures/naturalearth_lowres/naturalearth_lowres.shp"


@pytest.fixture(scope="session")
def curves() -> Path:
    """A real GeoPackage with a circular arc."""
    return Path(pyogrio.__file__).parent / "tests/fixtures/curve.gpkg"


@pytest.fixture
def parcels(tmp_path: Path) -> Callable[..., Path]:
    """Write three squares in the district; the ending of the name decides the format."""

    def write(name: str, *, crs: str | None = "EPSG:4490", **columns: Any) -> Path:
        shapes = [box(123.84 + 0.01 * n, 42.28, 123.845 + 0.01 * n, 42.285) for n in range(3)]
        table: dict[str, Any] = {"编号": ["A1", "A2", "A3"], "面积": [1.5, 2.5, 3.5]} | columns
        path = tmp_path / name
        gpd.GeoDataFrame(table, geometry=shapes, crs=crs).to_file(path)
        return path

    return write
