"""Networks come back from the cache as they went in."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import shapely

from yzgeo import network
from yzgeo.workflows.runs.graphs import GraphCache, Memory, read_graph, write_graph


def graph() -> network.Graph:
    lines = [shapely.LineString([(0, 0), (50, 10), (100, 0)]), shapely.LineString([(100, 0), (100, 80)])]
    roads = gpd.GeoDataFrame({"oneway": ["forward", "both"]}, geometry=lines, index=["a", "b"], crs="EPSG:4529")
    wall = gpd.GeoDataFrame(geometry=[shapely.LineString([(60, -20), (60, 5)])], crs="EPSG:4529")
    return network.build(roads, barriers=wall)


def test_a_graph_survives_the_disk(tmp_path: Path) -> None:
    made = graph()
    write_graph(tmp_path / "cache" / "g.npz", made)
    back = read_graph(tmp_path / "cache" / "g.npz")
    assert back is not None
    assert back.content_hash == made.content_hash
    assert back.directed


def test_a_broken_cache_is_built_again(tmp_path: Path) -> None:
    made, built = graph(), []

    def make() -> network.Graph:
        built.append(1)
        return made

    assert GraphCache(tmp_path).get("key", make) is made
    # Another process finds it on disk.
    assert GraphCache(tmp_path).get("key", make).content_hash == made.content_hash
    assert len(built) == 1
    (tmp_path / "graphs" / "key.npz").write_bytes(b"PK\x03\x04 broken")
    assert read_graph(tmp_path / "graphs" / "key.npz") is None
    assert GraphCache(tmp_path).get("key", make) is made
    assert len(built) == 2


def test_memory_keeps_the_last_used() -> None:
    memory: Memory[int] = Memory(2)
    assert [memory.get(key, lambda key=key: key) for key in (1, 2, 1, 3)] == [1, 2, 1, 3]
    assert memory.get(1, lambda: -1) == 1
    assert memory.get(2, lambda: -2) == -2
