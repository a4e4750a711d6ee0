from __future__ import annotations

import geopandas as gpd
import networkx as nx
import numpy as np
import pytest
import shapely

from yzgeo.illustrative import Illustration, IllustrativePlan

SIZES = {200, 300, 400, 500, 600, 800, 1000, 1200, 1500, 1800, 2000}


@pytest.mark.parametrize(
    ("kind", "length_m"), [("culvert", 1500), ("storm", 27_870), ("sewage", 23_940), ("combined", 6200)]
)
def test_each_kind_has_its_length_to_the_centimetre(
    frames: dict[str, gpd.GeoDataFrame], stored: dict[str, gpd.GeoDataFrame], kind: str, length_m: float
) -> None:
    pipes = frames["pipe_segment"]
    mine = (pipes["kind"] == kind) & (pipes["action"] == "new")
    assert abs(pipes.loc[mine, "length_m"].sum() - length_m) < 0.01
    back = stored["pipe_segment"]
    assert abs(back[mine].length.sum() - length_m) < 0.01
    assert (back.length - pipes["length_m"]).abs().max() < 1e-6


def test_old_pipes_are_repaired_for_each_of_the_plans_four_reasons(
    plan: IllustrativePlan, frames: dict[str, gpd.GeoDataFrame]
) -> None:
    pipes = frames["pipe_segment"]
    old = pipes[pipes["action"] == "repair"]
    assert old.groupby("kind")["length_m"].sum().to_dict() == pytest.approx(plan.pipes.repairs_m, abs=0.01)
    assert (old.groupby("defect")["length_m"].sum() > 500).all()
    assert set(old["defect"]) == {"misconnected", "missing_connection", "aged", "broken"}
    assert set(pipes.loc[pipes["action"] == "new", "defect"]) == {"none"}
    # New pipes never drain into old ones, and none drains into the shortened end of the new ones.
    action = pipes.set_index("from_node")["action"]
    below = pipes["to_node"].map(action)
    assert not ((pipes["action"] == "new") & (below == "repair")).any()


def test_each_network_is_a_forest_to_its_outfalls(
    plan: IllustrativePlan, frames: dict[str, gpd.GeoDataFrame], water: shapely.Geometry
) -> None:
    pipes, nodes = frames["pipe_segment"], frames["pipe_node"].set_index("code")
    assert set(pipes["from_node"]) | set(pipes["to_node"]) == set(nodes.index)
    outfalls = {"storm": len(plan.pipes.storm_at), "culvert": 1, "combined": 1, "sewage": 1}
    for kind, group in pipes.groupby("kind"):
        graph = nx.DiGraph(zip(group["from_node"], group["to_node"], strict=True))
        assert nx.is_forest(graph.to_undirected())
        ends = [node for node in graph if graph.out_degree(node) == 0]
        assert len(ends) == outfalls[str(kind)] == nx.number_weakly_connected_components(graph)
        assert (nodes.loc[ends, "kind"] == "outfall").all()
        assert all(graph.out_degree(node) <= 1 for node in graph)
        if kind != "sewage":
            assert shapely.distance(nodes.loc[ends].geometry.to_numpy(), water).max() < 2
        else:
            assert len(ends) == 1


def test_pipes_start_and_end_at_their_nodes(frames: dict[str, gpd.GeoDataFrame]) -> None:
    pipes, nodes = frames["pipe_segment"], frames["pipe_node"].set_index("code").geometry
    first = shapely.get_point(pipes.geometry.to_numpy(), 0)
    last = shapely.get_point(pipes.geometry.to_numpy(), -1)
    assert shapely.distance(first, nodes.loc[pipes["from_node"]].to_numpy()).max() < 1e-6
    assert shapely.distance(last, nodes.loc[pipes["to_node"]].to_numpy()).max() < 1e-6
    assert pipes["length_m"].max() < 60


def test_water_runs_downhill_in_pipes_that_never_narrow(
    district: Illustration, frames: dict[str, gpd.GeoDataFrame]
) -> None:
    pipes, nodes = frames["pipe_segment"], frames["pipe_node"].set_index("code")
    assert (pipes["invert_from_m"] > pipes["invert_to_m"]).all()
    fall = (pipes["invert_from_m"] - pipes["invert_to_m"]) / pipes["length_m"] * 1000
    assert (fall - pipes["slope_permille"]).abs().max() < 1.0
    outlet = pipes["to_node"].map(nodes["kind"]) == "outfall"
    assert pipes.loc[~outlet, "slope_permille"].between(0.3, 31).all()
    assert pipes.loc[outlet, "slope_permille"].between(0.3, 101).all()
    assert set(pipes["diameter_mm"]) <= SIZES
    size = pipes.set_index("from_node")["diameter_mm"]
    below = pipes["to_node"].map(size)
    assert (below.isna() | (below >= pipes["diameter_mm"])).all()
    # What arrives is never below what leaves.
    leaves = pipes["to_node"].map(pipes.set_index("from_node")["invert_from_m"])
    assert (leaves.isna() | (pipes["invert_to_m"] >= leaves - 1e-3)).all()
    assert np.allclose(
        nodes["ground_m"],
        district.rasters["terrain"].sample(shapely.get_coordinates(nodes.geometry.to_numpy())),
        atol=1e-3,
    )


def test_pipes_lie_deep_enough_and_not_absurdly_deep(frames: dict[str, gpd.GeoDataFrame]) -> None:
    nodes = frames["pipe_node"]
    depth = nodes["ground_m"] - nodes["invert_m"]
    inland = nodes["kind"] != "outfall"
    assert depth[inland].min() > 1.3
    assert depth.max() < 8
    assert depth[~inland].min() >= 0
    assert depth.median() < 5


def test_pipes_follow_streets(frames: dict[str, gpd.GeoDataFrame], water: shapely.Geometry) -> None:
    pipes = frames["pipe_segment"]
    streets = shapely.STRtree(frames["road"].geometry.to_numpy())
    away = streets.query_nearest(
        shapely.line_interpolate_point(pipes.geometry.to_numpy(), 0.5, normalized=True), return_distance=True
    )[1]
    assert np.quantile(away, 0.97) < 9
    assert not pipes.intersects(water).any()
    railway = frames["railway"].geometry.iloc[0]
    assert not pipes.intersects(railway).any()
