"""What a run reads is what the register held, hashed the same everywhere."""

from __future__ import annotations

from datetime import date

import geopandas as gpd
import numpy as np
import osmium
import pytest
import shapely
from affine import Affine
from pyproj import Transformer

from yzgeo.errors import ParameterError
from yzgeo.store.rasters import write_cog
from yzgeo.workflows.runs import take_network
from yzgeo.workflows.runs.inputs import candidate_layer, frame_hash

from .conftest import EAST, NORTH, layers, write


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


def test_an_earlier_day_has_the_quantities_reported_by_then(desk, bare) -> None:
    parcel, store = "shantytown_parcel", bare.store
    write(bare, parcel, layers()[parcel] | {"cleared_m2": [100.0, None], "stage_date": ["2024-06-30"] * 2})
    day = date(2024, 7, 1)
    before, then, now = (desk.register.state(parcel, day=at) for at in (date(2020, 1, 1), day, None))
    known = store.ledger.measures_on(parcel, day)
    assert known
    assert then.frame["cleared_m2"].dtype == now.frame["cleared_m2"].dtype
    assert then.frame["cleared_m2"].dropna().to_dict() == {uid: each["cleared_m2"] for uid, each in known.items()}
    assert before.frame["cleared_m2"].isna().all()
    assert now.frame["cleared_m2"].max() == 100.0


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


def test_uphill_costs_what_the_walking_function_says(bare, desk, ask, metres) -> None:
    with pytest.raises(ParameterError):
        ask(slope=True)  # there is no terrain yet
    # The ground rises by 10 % to the east: R1 is climbed towards F1, R2 and R3 run along the contours.
    columns, rows = 80, 30
    heights = np.tile(0.1 * (np.arange(columns) * 100.0 + 50.0), (rows, 1))
    corner = Affine(100, 0, EAST - 1000, 0, -100, NORTH + 1500)
    write_cog(bare.path / "rasters" / "terrain.tif", heights, corner, desk.catalogue.district.metric_crs)
    run = ask(slope=True)
    # Tobler: level ground at exp(-3.5 x 0.05), uphill at exp(-3.5 x 0.15), so a metre feels like exp(0.35).
    climb = np.exp(0.35)
    found = metres(run)
    assert found["H2"] == pytest.approx(10 + 500 * climb + 500, abs=0.1)
    assert found["H1"] == pytest.approx(500 + 1000 * climb + 500, abs=0.1)
    assert run["summary"]["network"]["slope"]
    assert set(run["inputs"]) >= {"terrain.tif"}
    assert desk.recompute(run["id"])["same"]
    assert metres(ask())["H2"] == pytest.approx(1010, abs=0.01)


def test_a_map_file_of_the_same_streets_gives_the_same_distances(desk, ask, metres, uids, tmp_path) -> None:
    places = [(0, 500), (0, 0), (1000, 0), (1000, 500), (5000, 0), (5100, 0)]
    towards = Transformer.from_crs(desk.catalogue.district.metric_crs, "EPSG:4326", always_xy=True)
    file = tmp_path / "streets.osm.pbf"
    with osmium.SimpleWriter(str(file)) as writer:
        for number, (x, y) in enumerate(places, 1):
            writer.add_node(osmium.osm.mutable.Node(id=number, location=towards.transform(EAST + x, NORTH + y)))
        for number, nodes in enumerate(([1, 2, 3, 4], [5, 6]), 1):
            writer.add_way(osmium.osm.mutable.Way(id=number, nodes=nodes, tags={"highway": "residential"}))
    run = ask(network=take_network(desk, file))
    found = metres(run)
    # The file holds a ten-millionth of a degree, about a centimetre.
    assert found["H1"] == pytest.approx(2000, abs=0.1)
    assert found["H2"] == pytest.approx(1010, abs=0.1)
    assert np.isnan(found["H4"])
    assert "streets.osm.pbf" in run["inputs"]
    assert desk.recompute(run["id"])["same"]
    opened = desk.scenarios.create("打通", [{"kind": "open_road", "uid": uids["P1"]}], actor="planner")
    with pytest.raises(ParameterError):
        ask(network="streets.osm.pbf", scenario=opened.id)
