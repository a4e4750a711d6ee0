"""What a run reads is what the register held, hashed the same everywhere."""

from __future__ import annotations

from datetime import date

import geopandas as gpd
import pytest
import shapely

from yzgeo.errors import ParameterError
from yzgeo.workflows.runs.inputs import candidate_layer, frame_hash

from .conftest import layers, write


def test_equal_features_share_a_hash_and_others_do_not() -> None:
    frame = gpd.GeoDataFrame({"a": [1, None]}, geometry=[shapely.Point(0, 0), None], index=["x", "y"])
    assert frame_hash(frame) == frame_hash(frame.copy())
    moved = frame.set_geometry([shapely.Point(0, 1e-9), None])
    assert len({frame_hash(frame), frame_hash(moved), frame_hash(frame.assign(a=[1, 2])), frame_hash(frame[::-1])}) == 4


def test_a_layer_can_be_read_as_it_was(desk, bare) -> None:
    before = desk.register.state("fitness_site")
    write(bare, "fitness_site", layers()["fitness_site"] | {"stage": ["completed", "completed"]})
    now = desk.register.state("fitness_site")
    assert now.revision == before.revision + 1
    assert now.sha256 != before.sha256
    again = type(desk.register)(bare.store, bare.path, desk.sources).state("fitness_site", revision=before.revision)
    assert again.sha256 == before.sha256


def test_a_road_counts_from_its_opening_date(bare, uids, desk) -> None:
    roads = layers()["road"] | {"open_from": [None, "2024-07-01", None, None]}
    write(bare, "road", roads)
    early = desk.preparer.prepare("coverage", {"circle": "fitness_10min", "at": "2024-06-30"}, actor="", role="admin")
    late = desk.preparer.prepare("coverage", {"circle": "fitness_10min", "at": "2024-07-01"}, actor="", role="admin")
    assert uids["R2"] not in early.inputs.roads.index
    assert uids["R2"] in late.inputs.roads.index
    assert early.inputs.day == date(2024, 6, 30)
    assert early.inputs.network_key != late.inputs.network_key


def test_barriers_close_the_ground_or_the_street(bare, ask, metres, uids) -> None:
    import shapely as sh

    from .conftest import EAST, NORTH

    # A railway crosses R1 at x=700 at ground level.
    rail = sh.LineString([(EAST + 700, NORTH - 300), (EAST + 700, NORTH + 300)])
    write(bare, "railway", {"code": ["T1"], "kind": ["conventional"], "geometry": [rail]})
    assert metres(ask())["H2"] == pytest.approx(1010, abs=0.01)
    strict = metres(ask(barriers="strict"))
    assert strict["H2"] != strict["H2"]


def test_candidates_are_named_or_a_layer(desk) -> None:
    assert candidate_layer(desk.sources, "cleared_parcels") == "shantytown_parcel"
    assert candidate_layer(desk.sources, "layer:water") == "water"
    with pytest.raises(ParameterError):
        candidate_layer(desk.sources, "water")
