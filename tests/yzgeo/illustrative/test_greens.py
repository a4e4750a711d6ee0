from __future__ import annotations

import geopandas as gpd
import pytest
import shapely

from yzgeo.catalogue import Catalogue
from yzgeo.errors import CatalogueError
from yzgeo.illustrative import IllustrativePlan, greens


def test_parks_carry_the_plans_names(plan: IllustrativePlan, frames: dict[str, gpd.GeoDataFrame]) -> None:
    parks = frames["park_green"].set_index("name")
    for park in plan.parks:
        assert parks.loc[park.name, "kind"] == park.kind
    assert plan.hill_park is not None
    assert plan.hill_park.name in parks.index


def test_two_green_streets_for_each_year(plan: IllustrativePlan, frames: dict[str, gpd.GeoDataFrame]) -> None:
    streets = frames["park_green"].query("kind == 'green_street'")
    assert len(streets) == plan.green_street_count == 10
    assert set(streets["name"]) <= set(plan.green_streets)


def test_residents_have_the_public_green_that_the_plan_promises(
    catalogue: Catalogue, plan: IllustrativePlan, frames: dict[str, gpd.GeoDataFrame]
) -> None:
    parks = frames["park_green"]
    public = parks[parks["kind"].isin(["park", "green_street", "pocket"])]
    residents = frames["residential_building"]["residents"].sum()
    assert residents == catalogue.district.population.value
    assert 8.8 <= public.area.sum() / residents < 8.81
    country = parks[parks["name"].isin([park.name for park in plan.country_parks])]
    assert len(country) == 2
    assert country.area.max() / country.area.min() < 1.01
    buildings = frames["residential_building"].geometry.to_numpy()
    assert not shapely.STRtree(buildings).query(country.geometry.to_numpy(), predicate="intersects").size


def test_a_country_park_without_room_is_refused(catalogue: Catalogue, plan: IllustrativePlan) -> None:
    with pytest.raises(CatalogueError, match="no room"):
        greens.country_parks(catalogue, plan, shapely.box(0, 0, 10, 10), [], 375_292)
    assert greens.country_parks(catalogue, plan, shapely.box(0, 0, 10, 10), [], 0) == []


def test_green_space_keeps_off_carriageways_and_has_its_area(frames: dict[str, gpd.GeoDataFrame]) -> None:
    parks, roads = frames["park_green"], frames["road"]
    assert (parks.area - parks["area_m2"]).abs().max() < 0.1
    ways = roads.buffer(roads["width_m"] / 2 - 1).to_numpy()
    shapes = parks.geometry.to_numpy()
    which, way = shapely.STRtree(ways).query(shapes, predicate="intersects")
    assert shapely.area(shapely.intersection(shapes[which], ways[way])).sum() == pytest.approx(0, abs=1)
