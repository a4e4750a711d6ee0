from __future__ import annotations

import geopandas as gpd
import pytest
import shapely


def test_63_parcels_sum_to_463400_square_metres_after_storage(
    frames: dict[str, gpd.GeoDataFrame], stored: dict[str, gpd.GeoDataFrame]
) -> None:
    parcels = frames["shantytown_parcel"]
    assert len(parcels) == 63
    assert parcels["area_m2"].sum() == 463_400
    assert abs(stored["shantytown_parcel"].area.sum() - 463_400) < 0.01
    assert (stored["shantytown_parcel"].area - parcels["area_m2"]).abs().max() < 0.001


def test_areas_vary_as_real_ones_do(frames: dict[str, gpd.GeoDataFrame]) -> None:
    area = frames["shantytown_parcel"]["area_m2"]
    assert area.mean() == pytest.approx(7356, abs=1)
    assert area.min() > 1500
    assert area.max() < 30_000
    assert area.std() / area.mean() > 0.3
    assert area.nunique() > 55


def test_parcels_are_compact_single_polygons(frames: dict[str, gpd.GeoDataFrame]) -> None:
    shapes = frames["shantytown_parcel"].geometry.to_numpy()
    assert set(shapely.get_type_id(shapes)) == {3}
    assert (4 * 3.14159 * shapely.area(shapes) / shapely.length(shapes) ** 2).min() > 0.25


def test_households_agree_with_the_stage(frames: dict[str, gpd.GeoDataFrame]) -> None:
    parcels = frames["shantytown_parcel"]
    assert (parcels["households_signed"] <= parcels["households"]).all()
    assert (parcels["households_relocated"] <= parcels["households_signed"]).all()
    empty = parcels["stage"].isin(["vacated", "demolished", "cleared", "reused"])
    assert (parcels["households_relocated"] == parcels["households"])[empty].all()
    assert (parcels.loc[parcels["stage"].isin(["planned", "surveyed", "decided"]), "households_signed"] == 0).all()
    assert set(parcels["stage"]) >= {"planned", "signing", "demolished", "cleared"}
