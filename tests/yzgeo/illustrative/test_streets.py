from __future__ import annotations

import geopandas as gpd
import networkx as nx
import numpy as np
import pytest
import shapely

from yzgeo.catalogue import Catalogue
from yzgeo.illustrative import IllustrativePlan
from yzgeo.illustrative.streets import numeral


def as_graph(roads: gpd.GeoDataFrame) -> nx.Graph:
    """Join edges at equal end points, as any user of the layer would."""
    graph = nx.Graph()
    for code, line in zip(roads["code"], roads.geometry, strict=True):
        ends = (tuple(np.round(line.coords[0], 3)), tuple(np.round(line.coords[-1], 3)))
        graph.add_edge(*ends, code=code)
    return graph


@pytest.mark.parametrize(("number", "text"), [(3, "三"), (10, "十"), (14, "十四"), (20, "二十"), (45, "四十五")])
def test_numerals(number: int, text: str) -> None:
    assert numeral(number) == text


def test_the_network_is_in_one_piece_and_split_at_crossings(frames: dict[str, gpd.GeoDataFrame]) -> None:
    roads = frames["road"]
    graph = as_graph(roads)
    assert nx.is_connected(graph)
    lines = roads.geometry.to_numpy()
    assert shapely.is_simple(lines).all()
    one, other = shapely.STRtree(lines).query(lines, predicate="crosses")
    flat = ~(roads["bridge"].to_numpy()[one] | roads["bridge"].to_numpy()[other])
    assert not flat.any(), "two streets cross without a shared node"


def test_one_crossing_joins_what_lies_beyond_the_railway(
    plan: IllustrativePlan, frames: dict[str, gpd.GeoDataFrame]
) -> None:
    roads, railway = frames["road"], frames["railway"].geometry.iloc[0]
    over = roads[roads.intersects(railway)]
    assert list(over["name"]) == [plan.railway.crossing.name]
    graph = as_graph(roads.drop(over.index))
    parts = sorted(nx.connected_components(graph), key=len)
    assert len(parts) == 2
    (beyond,) = (code for code, entry in plan.subdistricts.items() if entry.beyond_railway)
    area = frames["admin_subdistrict"].set_index("code").geometry[beyond].buffer(1)
    side = shapely.contains_xy(area, *np.array(sorted(parts[0])).T)
    assert side.all(), "what is cut off is not the subdistrict beyond the railway"
    cut_off = roads[(roads["subdistrict"] == beyond) & ~roads.index.isin(over.index)]
    assert {data["code"] for *_, data in graph.subgraph(parts[0]).edges(data=True)} >= set(cut_off["code"]) - {
        data["code"] for *_, data in graph.subgraph(parts[1]).edges(data=True)
    }


def test_only_the_named_bridges_cross_water(
    plan: IllustrativePlan, frames: dict[str, gpd.GeoDataFrame], water: shapely.Geometry
) -> None:
    roads = frames["road"]
    wet = roads[roads.intersects(water)]
    assert sorted(wet["name"]) == sorted(bridge.name for bridge in plan.bridges)
    assert wet["bridge"].all()
    assert roads["bridge"].sum() == len(plan.bridges)
    assert (roads["level"] == roads["bridge"].astype(int)).all()


def test_the_core_is_denser_than_the_works_and_the_villages(
    catalogue: Catalogue, plan: IllustrativePlan, frames: dict[str, gpd.GeoDataFrame]
) -> None:
    from yzgeo.illustrative.ground import project

    roads = frames["road"]
    density = {}
    for zone in plan.streets.zones:
        ring = shapely.Polygon(project(zone.ring, catalogue))
        density[zone.id] = roads.intersection(ring).length.sum() / ring.area * 1000
    assert density["core"] > 8 > density["works"] > 2
    whole = frames["admin_district"].geometry.iloc[0]
    assert roads.length.sum() / whole.area * 1000 < 4


def test_streets_keep_their_names_and_classes(plan: IllustrativePlan, frames: dict[str, gpd.GeoDataFrame]) -> None:
    roads = frames["road"]
    assert {entry.name for entry in plan.streets.names} <= set(roads["name"])
    assert set(roads["road_class"]) == {"arterial", "secondary", "branch", "lane", "rural"}
    assert roads.length.min() > 5
