"""Streets from a real OpenStreetMap file, and the rules tag by tag."""

from __future__ import annotations

from pathlib import Path

import pytest

from yzgeo import network
from yzgeo.errors import FileMissingError, FileUnreadableError, NetworkError
from yzgeo.network.osm import RULES, allowed

HELSINKI = Path(__file__).parent / "data" / "helsinki_streets.osm.pbf"


@pytest.mark.parametrize(
    ("tags", "walk", "drive"),
    [
        ({"highway": "residential"}, True, True),
        ({"highway": "footway"}, True, False),
        ({"highway": "motorway"}, False, True),
        ({"highway": "trunk", "motorroad": "yes"}, False, True),
        ({"highway": "trunk"}, True, True),
        ({"highway": "cycleway"}, False, False),
        ({"highway": "cycleway", "foot": "designated"}, True, False),
        ({"highway": "residential", "access": "private"}, False, False),
        ({"highway": "service", "access": "no", "foot": "yes"}, True, False),
        ({"highway": "residential", "foot": "no"}, False, True),
        ({"highway": "pedestrian", "motor_vehicle": "destination"}, True, True),
        ({"highway": "residential", "vehicle": "no"}, True, False),
        ({"highway": "construction"}, False, False),
        ({"highway": "proposed", "access": "yes"}, False, False),
    ],
)
def test_the_rules(tags, walk, drive):
    assert (allowed(tags, RULES["walk"]), allowed(tags, RULES["drive"])) == (walk, drive)


def test_a_real_city_becomes_one_walking_network():
    edges = network.read_pbf(HELSINKI, mode="walk", target="EPSG:3067")
    assert edges.crs.to_epsg() == 3067
    assert set(edges["oneway"]) == {"both"}
    graph = network.build(edges, nodes=("from_node", "to_node"))
    parts = network.components(graph)
    assert parts["share"].iloc[0] > 0.98
    assert not graph.directed


def test_driving_knows_one_way_streets_and_no_stairs():
    edges = network.read_pbf(HELSINKI, mode="drive", target="EPSG:3067")
    assert "steps" not in set(edges["road_class"])
    assert set(edges["oneway"]) >= {"both", "forward"}
    assert network.build(edges, nodes=("from_node", "to_node")).directed


def test_edges_meet_where_the_file_shares_a_node():
    edges = network.read_pbf(HELSINKI, mode="walk", target="EPSG:3067")
    by_id, by_place = network.build(edges, nodes=("from_node", "to_node")), network.build(edges)
    assert by_id.nodes == by_place.nodes


def test_what_is_no_street_file_is_refused(tmp_path):
    with pytest.raises(FileMissingError):
        network.read_pbf(tmp_path / "none.osm.pbf", mode="walk")
    fake = tmp_path / "fake.osm.pbf"
    fake.write_bytes(b"this is a text, and not short: " * 50)
    with pytest.raises(FileUnreadableError):
        network.read_pbf(fake, mode="walk")
    empty = tmp_path / "empty.osm"
    empty.write_text('<osm version="0.6"></osm>')
    with pytest.raises(NetworkError, match="no street for walk"):
        network.read_pbf(empty, mode="walk")
