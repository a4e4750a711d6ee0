"""Numbers reconcile: streets add up to the district, and the board says what the ledger says."""

from __future__ import annotations

from datetime import date

import pytest

from tests.yzgeo.workflows.progress.conftest import FIRST, LAYER, SECOND, clear
from yzgeo.errors import LayerUnknownError
from yzgeo.ledger import fold
from yzgeo.stages import machine
from yzgeo.store.base import Store
from yzgeo.workflows import overview, progress

DAYS = [date(2020, 12, 31), date(2022, 3, 15), date(2023, 9, 1), date(2024, 6, 30), date(2026, 1, 1)]


def target(found: dict, target_id: str) -> dict:
    return next(each for each in found["targets"] if each["id"] == target_id)


def test_two_parcels_by_hand(store: Store) -> None:
    clear(store, FIRST, start=1)  # cleared on 6 January 2023
    before = progress.progress_on(store, "admin", at=date(2023, 1, 5), layer=LAYER, by="subdistrict")
    after = progress.progress_on(store, "admin", at=date(2023, 1, 6), layer=LAYER, by="subdistrict")
    assert (target(before, "shantytown_parcels")["done"], target(after, "shantytown_parcels")["done"]) == (0, 1)
    assert target(after, "shantytown_area")["done"] == pytest.approx(1.0)  # 万平方米
    assert target(after, "shantytown_parcels")["light"] == "red"
    assert after["district"][LAYER]["stages"]["cleared"] == 1
    assert [(group["code"], group["layers"][LAYER]["done"]) for group in after["groups"]] == [
        ("211202001", 1),
        ("211202002", 0),
    ]
    assert after["late"] == []
    late = progress.progress_on(store, "admin", at=date(2024, 1, 10), layer=LAYER)["late"]
    assert [(each["uid"], each["days_late"], each["stage"]) for each in late] == [(SECOND, 10, "planned")]


def test_late_entry_changes_the_past_as_known_today(store: Store) -> None:
    clear(store, SECOND, start=1, days=30)
    assert target(progress.progress_on(store, "admin", at=date(2023, 2, 4)), "shantytown_parcels")["done"] == 0
    assert target(progress.progress_on(store, "admin", at=date(2023, 2, 5)), "shantytown_parcels")["done"] == 1


@pytest.mark.parametrize("by", ["subdistrict", "community"])
@pytest.mark.parametrize("day", DAYS)
def test_units_add_up_to_the_district(demo: Store, day: date, by: progress.By) -> None:
    found = progress.progress_on(demo, "admin", at=day, by=by)
    for layer, whole in found["district"].items():
        parts = [group["layers"][layer] for group in found["groups"] if layer in group["layers"]]
        for name in ("count", "done", "late"):
            assert sum(part[name] for part in parts) == whole[name], (layer, name)
        for name in ("amount", "amount_done"):
            assert sum(part[name] for part in parts) == pytest.approx(whole[name]), (layer, name)
        for name in ("stages", "measures"):
            for key, value in whole[name].items():
                assert sum(part[name][key] for part in parts) == pytest.approx(value), (layer, key)
        assert sum(whole["stages"].values()) == whole["count"]


def test_the_board_says_what_the_ledger_says(demo: Store) -> None:
    """The board measures the layers' own columns; progress measures what the ledger says. At the end they are one."""
    board = {each["id"]: each for each in overview.target_board(demo, "admin")["targets"]}
    found = progress.progress_on(demo, "admin", at=date(2030, 1, 1))
    assert len(found["targets"]) > 30
    for each in found["targets"]:
        for name in ("registered", "done", "share"):
            assert each[name] == pytest.approx(board[each["id"]][name]), (each["id"], name)


@pytest.mark.parametrize("day", DAYS)
def test_a_day_is_what_folding_every_event_gives(demo: Store, day: date) -> None:
    layer = demo.catalogue.layer("old_compound")
    table = layer.stage_table
    assert table is not None
    expected: dict[str, int] = {}
    for uid in demo.rows("old_compound").uids:
        stage = fold(demo.ledger.events("old_compound", uid), machine(table), on=day).stage
        expected[stage] = expected.get(stage, 0) + 1
    tally = progress.progress_on(demo, "admin", at=day, layer="old_compound")["district"]["old_compound"]["stages"]
    assert {stage: count for stage, count in tally.items() if count} == expected


def test_roles_see_their_layers_and_fields(demo: Store) -> None:
    public = progress.progress_on(demo, "anonymous", at=date(2024, 6, 30), by="subdistrict")
    assert "pipe_segment" not in public["district"]
    assert "storm_sewers" not in {each["id"] for each in public["targets"]}
    assert "households_signed" not in public["district"][LAYER]["measures"]
    assert "households_signed" in progress.progress_on(demo, "viewer")["district"][LAYER]["measures"]
    with pytest.raises(LayerUnknownError):
        progress.progress_on(demo, "anonymous", layer="pipe_segment")
    with pytest.raises(LayerUnknownError):
        progress.progress_on(demo, "admin", layer="road")


def test_everything_names_its_rule_method_and_source(demo: Store) -> None:
    found = progress.progress_on(demo, "admin")
    assert set(found["rule"]) == {"zh", "en"}
    for each in found["targets"]:
        assert each["forecast"]["method_label"]["zh"]
        assert "规划" in each["source"]
        assert each["denominator"]["zh"]
    assert any(each["illustrative"] for each in found["targets"])


def test_staff_of_the_field_get_the_board_of_their_own_street_office(store: Store) -> None:
    """The first parcel lies in 001 and is cleared, the second in 002 and is late since 2023."""
    clear(store, FIRST, start=1)
    asked = {"at": date(2024, 2, 1), "layer": LAYER, "by": "subdistrict"}
    one = progress.progress_on(store, "field", subdistricts=["211202001"], **asked)
    two = progress.progress_on(store, "field", subdistricts=["211202002"], **asked)
    none = progress.progress_on(store, "field", **asked)
    assert [one["district"][LAYER][name] for name in ("count", "done", "late")] == [1, 1, 0]
    assert [two["district"][LAYER][name] for name in ("count", "done", "late")] == [1, 0, 1]
    assert [none["district"][LAYER][name] for name in ("count", "done", "late")] == [0, 0, 0]
    assert [[group["code"] for group in each["groups"]] for each in (one, two, none)] == [
        ["211202001"],
        ["211202002"],
        [],
    ]
    assert [[entry["uid"] for entry in each["late"]] for each in (one, two, none)] == [[], [SECOND], []]
    mine, theirs = target(one, "shantytown_parcels"), target(two, "shantytown_parcels")
    assert [(each["registered"], each["done"], each["share"], each["value"]) for each in (mine, theirs)] == [
        (1, 1, 1.0, None),
        (1, 0, 0.0, None),
    ]
    assert (mine["light"], theirs["light"], mine["own_part"]) == ("green", "red", True)
    assert "本街道" in mine["denominator"]["zh"]
    whole = target(progress.progress_on(store, "planner", **asked), "shantytown_parcels")
    assert (whole["registered"], whole["value"], whole["own_part"]) == (2, 63, False)
