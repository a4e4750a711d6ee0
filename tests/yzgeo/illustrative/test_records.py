from __future__ import annotations

import geopandas as gpd

from yzgeo.catalogue import Catalogue
from yzgeo.illustrative import IllustrativePlan


def test_indicators_wait_for_their_values(plan: IllustrativePlan, frames: dict[str, gpd.GeoDataFrame]) -> None:
    table = frames["indicator"]
    assert table["number"].tolist() == list(range(1, 20))
    assert table["value"].isna().all()
    assert table["value_text"].isna().all()
    assert table.loc[table["number"] == 15, "target_text"].tolist() == ["37.5"]
    assert (table["kind"] == "binding").sum() == 5


def test_the_spatial_layout_speaks_in_the_plans_words(
    plan: IllustrativePlan, frames: dict[str, gpd.GeoDataFrame]
) -> None:
    zones = frames["spatial_structure"]
    assert zones["role"].tolist() == ["core", "belt_west", "belt_east", "corridor", "zone"]
    assert zones["plan_text"].tolist() == [zone.text for zone in plan.structure]


def test_the_district_is_the_real_outline(catalogue: Catalogue, frames: dict[str, gpd.GeoDataFrame]) -> None:
    whole = frames["admin_district"]
    assert whole["code"].tolist() == [catalogue.district.code]
    stated = {area.value for area in catalogue.district.areas}
    assert min(abs(whole["area_km2"].iloc[0] - value) for value in stated) < 0.5
