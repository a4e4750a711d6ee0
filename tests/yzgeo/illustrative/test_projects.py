from __future__ import annotations

import geopandas as gpd
import shapely

from yzgeo.illustrative import IllustrativePlan


def test_projects_are_those_of_the_plan(plan: IllustrativePlan, frames: dict[str, gpd.GeoDataFrame]) -> None:
    tally = frames["road_project"]["kind"].value_counts().to_dict()
    assert tally.pop("rural") > 5
    assert tally == {
        "rebuild": 52, "new": 13, "dead_end": 4, "planned_road": 9, "overpass": 1, "exit_road": 1, "reroute": 1,
    }  # fmt: skip
    names = "".join(frames["road_project"]["name"])
    for name in (*plan.streets.gaps, *plan.roads.planned):
        assert name in names


def test_rural_roads_are_40_km_to_the_centimetre(
    frames: dict[str, gpd.GeoDataFrame], stored: dict[str, gpd.GeoDataFrame]
) -> None:
    rural = frames["road_project"]["kind"] == "rural"
    assert abs(frames["road_project"].loc[rural, "length_m"].sum() - 40_000) < 0.01
    assert abs(stored["road_project"][rural].length.sum() - 40_000) < 0.01


def test_dead_ends_close_gaps_of_the_street_they_name(
    plan: IllustrativePlan, frames: dict[str, gpd.GeoDataFrame]
) -> None:
    roads, projects = frames["road"], frames["road_project"]
    for name in plan.streets.gaps:
        (project,) = projects[(projects["kind"] == "dead_end") & projects["name"].str.contains(name)].itertuples()
        street = roads[roads["name"] == name]
        ends = shapely.get_point(project.geometry, [0, -1])
        assert len(street) > 0
        assert shapely.distance(roads.union_all(), ends).max() < 1e-3
        assert not roads.covered_by(project.geometry.buffer(0.5)).any()


def test_the_overpass_crosses_the_railway_between_two_streets(frames: dict[str, gpd.GeoDataFrame]) -> None:
    projects = frames["road_project"]
    (overpass,) = projects[projects["kind"] == "overpass"].geometry
    assert overpass.intersects(frames["railway"].geometry.iloc[0])
    assert shapely.distance(frames["road"].union_all(), shapely.get_point(overpass, [0, -1])).max() < 1e-3


def test_routes_begin_at_a_street(frames: dict[str, gpd.GeoDataFrame]) -> None:
    projects = frames["road_project"]
    routes = projects[projects["kind"].isin(["exit_road", "reroute"])].geometry.to_numpy()
    assert len(routes) == 2
    assert shapely.distance(frames["road"].union_all(), shapely.get_point(routes, 0)).max() < 1e-3


def test_new_roads_run_over_open_ground(frames: dict[str, gpd.GeoDataFrame], water: shapely.Geometry) -> None:
    projects = frames["road_project"]
    fresh = projects[projects["kind"].isin(["new", "planned_road", "dead_end"])]
    assert not fresh.intersects(water).any()
    for layer in ("residential_building", "old_compound", "shantytown_parcel", "park_green"):
        hits = shapely.STRtree(frames[layer].geometry.to_numpy()).query(
            fresh.geometry.to_numpy(), predicate="intersects"
        )
        assert hits.shape[1] == 0, layer
