"""Small networks with answers worked out by hand."""

from __future__ import annotations

from collections.abc import Callable

import geopandas as gpd
import numpy as np
import pytest
import shapely

Frame = Callable[..., gpd.GeoDataFrame]


@pytest.fixture
def frame() -> Frame:
    """Make a frame in EPSG:4529 from WKT, numbered from 0, with any columns."""

    def make(*wkt: str, **columns: object) -> gpd.GeoDataFrame:
        return gpd.GeoDataFrame(columns, geometry=shapely.from_wkt(np.array(wkt)), crs="EPSG:4529")

    return make


@pytest.fixture
def square(frame: Frame) -> gpd.GeoDataFrame:
    """Four streets of 100 m round a block, numbered anticlockwise from the south."""
    return frame(
        "LINESTRING (0 0, 100 0)",
        "LINESTRING (100 0, 100 100)",
        "LINESTRING (100 100, 0 100)",
        "LINESTRING (0 100, 0 0)",
    )
