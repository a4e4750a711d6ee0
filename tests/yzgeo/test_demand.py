"""Demand points and their weights."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from yzgeo import demand
from yzgeo.errors import CrsNotProjectedError, InputError, ParameterError


def frame(*wkt, **columns):
    return gpd.GeoDataFrame(columns, geometry=shapely.from_wkt(np.array(wkt)), crs="EPSG:4529")


HOUSE = "POLYGON ((0 0, 10 0, 10 10, 0 10, 0 0))"
BIG = "POLYGON ((100 0, 160 0, 160 50, 100 50, 100 0))"


def test_one_point_inside_each_building():
    made = demand.from_buildings(frame(HOUSE, BIG, dwellings=[12, None], residents=[30, 0], compound=["A", "B"]))
    assert shapely.contains(frame(HOUSE, BIG).geometry.to_numpy(), made.geometry.to_numpy()).all()
    assert made["buildings"].tolist() == [1, 1]
    assert made["people"].tolist() == [30, 0]
    assert made["compound"].tolist() == ["A", "B"]
    # A weight that nobody knows is not nought.
    assert np.isnan(made["dwellings"].iloc[1])


def test_weights_that_no_column_gives_are_missing():
    assert demand.from_buildings(frame(HOUSE))["people"].isna().all()


def test_land_is_sampled_and_adds_up():
    made = demand.from_land(frame(BIG, "POLYGON ((300 3, 302 3, 302 5, 300 5, 300 3))", code=["a", "b"]), spacing_m=10)
    assert made["land_m2"].sum() == pytest.approx(3000 + 4)
    # 5 by 4 grid points lie strictly inside; the tiny area still has its point.
    assert made["code"].value_counts().to_dict() == {"a": 20, "b": 1}


def test_totals_are_shared_by_weight():
    points = demand.from_buildings(frame(HOUSE, BIG, BIG, dwellings=[10, 30, 5], subdistrict=["1", "1", "2"]))
    made = demand.share_out(points, pd.Series({"1": 100.0}), by="subdistrict")
    assert made["people"].tolist()[:2] == [25, 75]
    assert np.isnan(made["people"].iloc[2])
    with pytest.raises(InputError, match="no point to share it among"):
        demand.share_out(points, pd.Series({"9": 5.0}), by="subdistrict")
    with pytest.raises(InputError, match="lack this column"):
        demand.share_out(points, pd.Series({"1": 5.0}), by="nowhere")


def test_bad_input_is_refused():
    with pytest.raises(InputError, match="there are no buildings"):
        demand.from_buildings(frame(HOUSE).iloc[:0])
    with pytest.raises(InputError, match="negative values, the first is 1"):
        demand.from_buildings(frame(HOUSE, BIG, dwellings=[1, -1]))
    with pytest.raises(InputError, match="1 buildings have no geometry"):
        demand.from_buildings(frame(HOUSE, "POLYGON EMPTY"))
    with pytest.raises(CrsNotProjectedError):
        demand.from_buildings(frame(HOUSE).to_crs(4490))
    for spacing in (0, -1, 0.001):
        with pytest.raises(ParameterError):
            demand.from_land(frame(BIG, "POLYGON ((0 0, 900 0, 900 900, 0 900, 0 0))"), spacing_m=spacing)
