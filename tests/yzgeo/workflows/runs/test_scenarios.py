"""Scenarios change what a run sees and never the register."""

from __future__ import annotations

import math

import pytest

from yzgeo import crs
from yzgeo.errors import (
    ConflictError,
    ForbiddenError,
    InputError,
    LayerUnknownError,
    ParameterError,
    ScenarioUnknownError,
)
from yzgeo.workflows.runs import RunDesk
from yzgeo.workflows.workspace import backup_workspace, open_workspace, restore_workspace

from .conftest import point


def degrees(desk, x: float, y: float) -> dict[str, float]:
    import geopandas as gpd

    district = desk.catalogue.district
    frame = gpd.GeoDataFrame(geometry=[point(x, y)], crs=district.metric_crs)
    place = crs.to_crs(frame, district.storage_crs).geometry.iloc[0]
    return {"lon": place.x, "lat": place.y}


def state(desk) -> dict[str, tuple[int, int]]:
    store = desk.store
    return {layer: (store.revision(layer), store.count(layer)) for layer in desk.catalogue.layers}


def test_an_opened_road_shortens_the_way(desk, ask, metres, uids) -> None:
    before = state(desk)
    made = desk.scenarios.create("打通", [{"kind": "open_road", "uid": uids["P1"]}], actor="planner")
    assert metres(ask())["H1"] == pytest.approx(2000, abs=0.01)
    run = ask(scenario=made.id)
    assert metres(run)["H1"] == pytest.approx(1000, abs=0.01)
    assert metres(run)["H2"] == pytest.approx(1010, abs=0.01)
    assert run["access"] == "internal"
    assert made.base == {"road": 1, "road_project": 1}
    assert state(desk) == before


def test_a_closed_road_cuts_off(desk, ask, metres, uids) -> None:
    made = desk.scenarios.create("封闭", [{"kind": "close_road", "uid": uids["R1"]}], actor="planner")
    found = metres(ask(scenario=made.id))
    assert math.isnan(found["H1"])


def test_a_new_facility_and_a_reused_parcel_count(desk, ask, metres, uids) -> None:
    changes = [{"kind": "add_facility", "layer": "fitness_site", **degrees(desk, 0, 0)}]
    made = desk.scenarios.create("新广场", changes, actor="planner")
    found = metres(ask(scenario=made.id))
    assert found["H1"] == pytest.approx(500, abs=0.02)
    assert found["H2"] == pytest.approx(510, abs=0.02)
    reuse = [{"kind": "reuse_parcel", "uid": uids["C1"], "as_layer": "fitness_site"}]
    desk.scenarios.change(made.id, actor="planner", role="planner", changes=reuse)
    assert metres(ask(scenario=made.id))["H1"] == pytest.approx(20, abs=0.02)
    assert metres(ask())["H1"] == pytest.approx(2000, abs=0.01)


def test_a_facility_of_the_wrong_kind_does_not_count(desk, bare) -> None:
    changes = [
        {"kind": "add_facility", "layer": "public_facility", **degrees(desk, 0, 0), "properties": {"kind": "clinic"}}
    ]
    made = desk.scenarios.create("诊所", changes, actor="planner")
    run = desk.ask("coverage", {"circle": "living_10min_clinic", "metres": 600, "scenario": made.id})
    assert run["summary"]["people"]["covered"] == 30
    with pytest.raises(InputError, match="no facility"):
        desk.ask("coverage", {"circle": "living_10min_market", "metres": 600, "scenario": made.id})


@pytest.mark.parametrize(
    "change",
    [
        {"kind": "open_road", "uid": "nothing"},
        {"kind": "reuse_parcel", "uid": "nothing", "as_layer": "fitness_site"},
        {"kind": "add_facility", "layer": "road", "lon": 123.8, "lat": 42.2},
        {"kind": "add_facility", "layer": "fitness_site", "lon": 123.8, "lat": 42.2, "properties": {"kind": "moon"}},
        {"kind": "add_facility", "layer": "fitness_site", "lon": 123.8, "lat": 42.2, "properties": {"colour": 1}},
    ],
)
def test_changes_of_what_does_not_exist_are_refused(desk, change) -> None:
    with pytest.raises(InputError):
        desk.scenarios.create("错", [change], actor="planner")
    assert desk.scenarios.listed() == []


def test_shapeless_changes_and_titles_are_refused(desk) -> None:
    for changes in ([{"kind": "fly"}], [{"kind": "add_facility", "layer": "road", "lon": 999, "lat": 0}]):
        with pytest.raises(ParameterError):
            desk.scenarios.create("错", changes, actor="planner")
    with pytest.raises(ParameterError):
        desk.scenarios.create("  ", [], actor="planner")


def test_only_its_maker_or_a_planner_changes_it(desk) -> None:
    made = desk.scenarios.create("甲", [], actor="viewer")
    with pytest.raises(ForbiddenError):
        desk.scenarios.change(made.id, actor="field", role="field", title="乙")
    changed = desk.scenarios.change(made.id, actor="bureau", role="bureau", title="乙", version=1)
    assert (changed.title, changed.version) == ("乙", 2)
    with pytest.raises(ConflictError):
        desk.scenarios.change(made.id, actor="viewer", role="viewer", title="丙", version=1)
    desk.scenarios.drop(made.id, actor="viewer", role="viewer")
    with pytest.raises(ScenarioUnknownError):
        desk.scenarios.get(made.id)


def test_a_layer_that_may_not_be_seen_is_unknown(desk, uids) -> None:
    changes = [{"kind": "reuse_parcel", "uid": uids["B1"], "layer": "base_station_5g", "as_layer": "fitness_site"}]
    with pytest.raises(LayerUnknownError):
        desk.scenarios.create("甲", changes, actor="viewer", role="viewer")
    made = desk.scenarios.create("甲", changes, actor="planner", role="planner")
    with pytest.raises(ScenarioUnknownError):
        desk.scenarios.get(made.id, "viewer")
    assert desk.scenarios.listed("viewer") == []
    assert [one.id for one in desk.scenarios.listed("planner")] == [made.id]


@pytest.mark.parametrize("odd", ["../x", "0123456789ab", ""])
def test_no_id_reaches_another_file(desk, odd) -> None:
    with pytest.raises(ScenarioUnknownError):
        desk.scenarios.get(odd)


def test_a_backup_holds_the_scenarios(desk, bare, tmp_path) -> None:
    made = desk.scenarios.create("留存", [], actor="planner")
    file = backup_workspace(bare, tmp_path / "backup.zip")
    with open_workspace(restore_workspace(file, tmp_path / "again", bare.catalogue), bare.catalogue) as again:
        assert RunDesk(again.store, again.path).scenarios.get(made.id) == made
