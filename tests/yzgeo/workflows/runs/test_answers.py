"""Answers show each role what it may see, and nothing else."""

from __future__ import annotations

import json

import pytest

from yzgeo.errors import FeatureUnknownError, ParameterError
from yzgeo.workflows.runs import Viewer, briefly, compared, demand_geojson, describe, reach_geojson, route_geojson

from .conftest import STREET_A


def properties(desk, run, viewer) -> dict[str, dict]:
    features = json.loads(demand_geojson(desk, run["id"], viewer))["features"]
    return {feature["properties"]["code"]: feature["properties"] for feature in features}


def test_people_are_shown_by_role_and_street_office(desk, ask) -> None:
    run = ask(metres=1500)
    seen = {
        viewer.key: {code: one["people"] for code, one in properties(desk, run, viewer).items()}
        for viewer in (Viewer("planner"), Viewer("field", (STREET_A,)), Viewer("anonymous"))
    }
    assert seen["planner:"] == {"H1": 10, "H2": 20, "H3": 30, "H4": 40}
    assert seen[f"field:{STREET_A}"] == {"H1": 10, "H2": 20, "H3": None, "H4": None}
    assert set(seen["anonymous:"].values()) == {None}


def test_figures_are_withheld_with_what_they_are_made_of(desk, ask) -> None:
    run = ask(metres=1500)
    told = describe(desk, run, Viewer("anonymous"))
    text = json.dumps(told["summary"])
    assert told["summary"]["withheld"] == ["dwellings", "people"]
    assert told["summary"]["least_served"] is None
    assert '"total": 100.0' not in text
    assert told["summary"]["buildings"]["total"] == 4
    planner = describe(desk, run, Viewer("planner"))["summary"]
    assert planner["people"]["total"] == 100
    assert not any(name.startswith("by_") for name in briefly(told)["summary"])


def test_another_limit_needs_no_search(desk, ask) -> None:
    run = ask(metres=1500)
    assert describe(desk, run, Viewer("planner"), limit_m=2000.1)["summary"]["people"]["covered"] == 30
    assert describe(desk, run, Viewer("planner"), limit_m=1009)["summary"]["people"]["covered"] == 0
    for absurd in (0, -1, 1e9, float("nan")):
        with pytest.raises(ParameterError):
            describe(desk, run, Viewer("planner"), limit_m=absurd)


def test_the_route_is_the_distance(desk, ask, uids) -> None:
    run = ask()
    (line,) = json.loads(route_geojson(desk, run, uids["H1"]))["features"]
    assert line["properties"]["metres"] == pytest.approx(2000, abs=0.01)
    assert line["properties"]["facility_uid"] == uids["F1"]
    assert len(line["geometry"]["coordinates"]) == 4
    assert json.loads(route_geojson(desk, run, uids["H3"]))["features"] == []
    with pytest.raises(FeatureUnknownError):
        route_geojson(desk, run, "nobody")


def test_reach_is_cut_at_the_limit(desk, ask) -> None:
    def length(limit: float) -> float:
        import geopandas as gpd

        found = json.loads(reach_geojson(desk, run, limit_m=limit))
        lines = gpd.GeoDataFrame.from_features(found["features"], crs=desk.catalogue.district.storage_crs)
        return float(lines.to_crs(desk.catalogue.district.metric_crs).length.sum())

    run = ask()
    assert length(300) == pytest.approx(300, abs=0.1)
    assert length(1700) == pytest.approx(1700, abs=0.1)
    assert length(50_000) == pytest.approx(2000, abs=0.1)


def test_runs_are_compared_for_a_viewer(desk, ask, uids) -> None:
    made = desk.scenarios.create("打通", [{"kind": "open_road", "uid": uids["P1"]}], actor="planner")
    today, then = ask(metres=1200), ask(metres=1200, scenario=made.id)
    told = compared(desk, today["id"], then["id"], Viewer("viewer"))
    assert told["uids_in"] == [uids["H1"]]
    assert told["gained"] == {"people": 10.0, "dwellings": 4.0, "buildings": 1.0}
    assert compared(desk, today["id"], then["id"], Viewer("anonymous"))["gained"]["people"] is None
