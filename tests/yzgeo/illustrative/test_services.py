from __future__ import annotations

import geopandas as gpd
import pytest

from yzgeo.illustrative import IllustrativePlan


def test_102_squares_hold_930_pieces_of_equipment(frames: dict[str, gpd.GeoDataFrame]) -> None:
    squares = frames["fitness_site"]
    assert len(squares) == 102
    assert squares["equipment"].sum() == 930
    assert squares["equipment"].min() >= 3
    assert set(squares["community"]) == set(frames["community"]["code"]) or squares["community"].nunique() > 90


@pytest.mark.parametrize(
    ("kind", "count", "new"),
    [("kindergarten", 127, 3), ("primary_school", 26, 2), ("community_service", 101, 0), ("hospital", 6, 1)],
)
def test_facilities_are_counted(frames: dict[str, gpd.GeoDataFrame], kind: str, count: int, new: int) -> None:
    mine = frames["public_facility"].query("kind == @kind")
    assert len(mine) == count
    assert mine["plan_new"].sum() == new
    assert (mine.loc[~mine["plan_new"], "stage"] == "completed").all()


def test_elder_care_reaches_every_urban_and_four_fifths_of_the_rural_communities(
    frames: dict[str, gpd.GeoDataFrame],
) -> None:
    villages = (frames["community"]["kind"] == "village").sum()
    care = frames["public_facility"].query("kind == 'elder_care'")
    assert len(care) == 101 - villages + round(0.8 * villages)


def test_shelters_hold_what_their_area_allows(frames: dict[str, gpd.GeoDataFrame]) -> None:
    shelters = frames["shelter"]
    assert (shelters["capacity"] == (shelters["area_m2"] / shelters["area_per_head_m2"]).astype(int)).all()
    assert set(shelters["level"]) == {"district", "subdistrict"}


def test_sanitation_is_that_of_the_plan(plan: IllustrativePlan, frames: dict[str, gpd.GeoDataFrame]) -> None:
    sites = frames["sanitation_facility"]
    tally = sites["kind"].value_counts()
    assert (tally["transfer_station"], tally["public_toilet"], tally["waste_site"]) == (5, 21, 1)
    assert (sites.query("kind == 'transfer_station'")["capacity_t_per_day"] == 80).all()
    assert sites.query("kind == 'vehicle_depot'")["units"].sum() == 50
    assert sites.query("kind == 'rural_toilet_cluster'")["units"].sum() == 500


def test_water_projects_are_those_of_the_plan(plan: IllustrativePlan, frames: dict[str, gpd.GeoDataFrame]) -> None:
    projects = frames["water_project"]
    assert projects["kind"].value_counts().to_dict() == {"well": 32, "drinking_water": 8, "gully": 1}
    assert projects["length_m"].sum() == 4000
    wells = projects[projects["kind"] == "well"]
    assert (wells["subdistrict"] == plan.services.rural_township).all()


def test_each_street_office_has_a_management_station(frames: dict[str, gpd.GeoDataFrame]) -> None:
    stations = frames["management_station"]
    offices = frames["admin_subdistrict"].query("kind == 'subdistrict'")
    assert sorted(stations["subdistrict"]) == sorted(offices["code"])
    served = "、".join(stations["serves_communities"]).split("、")
    assert len(served) == len(set(served)) == frames["community"]["subdistrict"].isin(offices["code"]).sum()
