"""What moved since the last meeting."""

from __future__ import annotations

from datetime import date

import pytest

from tests.yzgeo.workflows.progress.conftest import FIRST, LAYER, clear
from yzgeo.errors import LayerUnknownError, ParameterError
from yzgeo.store.base import Store
from yzgeo.workflows import progress


def test_moves_between_two_days(store: Store) -> None:
    clear(store, FIRST, start=1)
    found = progress.changes_between(store, "admin", start=date(2023, 1, 2), end=date(2023, 1, 4))
    [moved] = found["moved"]
    assert (moved["from_stage"], moved["to_stage"], moved["on"]) == ("decided", "vacated", "2023-01-04")
    assert (moved["code"], moved["name"], moved["actor"]) == ("A1", "甲地块", "chen")
    assert moved["to_label"]["zh"] == "搬迁腾空"
    assert found["totals"] == {LAYER: 1}
    assert (
        progress.changes_between(store, "anonymous", start=date(2023, 1, 2), end=date(2023, 1, 4))["moved"][0]["actor"]
        is None
    )


def test_between_a_day_and_itself_nothing_moves(store: Store) -> None:
    clear(store, FIRST, start=1)
    assert progress.changes_between(store, "admin", start=date(2023, 1, 3), end=date(2023, 1, 3))["moved"] == []
    with pytest.raises(ParameterError):
        progress.changes_between(store, "admin", start=date(2023, 1, 4), end=date(2023, 1, 3))


def test_stages_then_and_moves_since_make_stages_now(demo: Store) -> None:
    start, end = date(2022, 12, 31), date(2024, 3, 31)
    found = progress.changes_between(demo, "admin", start=start, end=end)
    then = progress.progress_on(demo, "admin", at=start)["district"]
    now = progress.progress_on(demo, "admin", at=end)["district"]
    for layer, figures in then.items():
        stages = dict(figures["stages"])
        for moved in found["moved"]:
            if moved["layer"] == layer:
                stages[moved["from_stage"]] -= 1
                stages[moved["to_stage"]] += 1
        assert stages == now[layer]["stages"]
    assert sum(found["totals"].values()) == len(found["moved"]) > 100


def test_hidden_layers_stay_hidden(demo: Store) -> None:
    start, end = date(2021, 1, 1), date(2024, 3, 31)
    assert "pipe_segment" not in progress.changes_between(demo, "anonymous", start=start, end=end)["totals"]
    with pytest.raises(LayerUnknownError):
        progress.changes_between(demo, "anonymous", start=start, end=end, layer="pipe_segment")


def test_staff_of_the_field_see_what_moved_in_their_own_street_office(store: Store) -> None:
    clear(store, FIRST, start=1)
    asked = {"start": date(2023, 1, 2), "end": date(2023, 1, 4)}
    for streets, moved in ((["211202001"], [FIRST]), (["211202002"], []), ([], [])):
        found = progress.changes_between(store, "field", subdistricts=streets, **asked)
        assert [entry["uid"] for entry in found["moved"]] == moved
        assert found["totals"] == ({LAYER: 1} if moved else {})
