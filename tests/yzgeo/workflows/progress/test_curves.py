"""S-curves: they meet the board on every day."""

from __future__ import annotations

from datetime import date

import pytest

from tests.yzgeo.workflows.progress.conftest import FIRST, LAYER, clear
from yzgeo.errors import LayerUnknownError, ParameterError
from yzgeo.store.base import Store
from yzgeo.workflows import progress


def test_one_parcel_by_hand(store: Store) -> None:
    clear(store, FIRST, start=1)
    made = progress.curve_of(store, "admin", target="shantytown_area", start=date(2022, 12, 1), end=date(2023, 3, 1))
    assert made["days"] == ["2022-12-01", "2022-12-31", "2023-01-31", "2023-02-28", "2023-03-01"]
    assert made["delivered"] == [0, 0, 1, 1, 1]
    assert made["total"] == 46.34
    assert made["schedule_method"] == "straight_line"  # one of two parcels has no planned date


@pytest.mark.parametrize("target", ["shantytown_area", "old_compound_buildings", "storm_sewers", "base_stations"])
def test_the_curve_meets_the_board(demo: Store, target: str) -> None:
    made = progress.curve_of(demo, "admin", target=target, step="quarter")
    assert made["illustrative"]
    checked = 0
    for day, value in zip(made["days"], made["delivered"], strict=True):
        if value is None or checked >= 8:
            continue
        layer = made["layer"]
        found = progress.progress_on(demo, "admin", at=date.fromisoformat(day), layer=layer)
        [same] = [each for each in found["targets"] if each["id"] == target]
        assert value == pytest.approx(same["done"])
        checked += 1
    assert checked
    assert made["line"][-1] == pytest.approx(made["total"])
    assert made["scheduled"] == sorted(made["scheduled"])


def test_a_layer_counts_its_features(demo: Store) -> None:
    made = progress.curve_of(demo, "viewer", layer=LAYER)
    assert made["total"] == 63
    assert made["target"] is None
    done = [value for value in made["delivered"] if value is not None]
    assert done[-1] == progress.progress_on(demo, "viewer", layer=LAYER)["district"][LAYER]["done"]
    assert made["delivered"][-1] is None  # nobody knows the future


def test_refusals(demo: Store) -> None:
    with pytest.raises(ParameterError):
        progress.curve_of(demo, "admin", target="no_such_promise")
    with pytest.raises(ParameterError):
        progress.curve_of(demo, "admin")
    with pytest.raises(ParameterError):
        progress.curve_of(demo, "anonymous", target="storm_sewers")
    with pytest.raises(LayerUnknownError):
        progress.curve_of(demo, "anonymous", layer="pipe_segment")
    with pytest.raises(ParameterError):
        progress.curve_of(demo, "admin", layer=LAYER, start=date(2024, 1, 1), end=date(2024, 1, 1))


def test_the_curve_of_a_street_office_is_of_its_own_part(store: Store) -> None:
    clear(store, FIRST, start=1)
    asked = {"target": "shantytown_area", "start": date(2022, 12, 1), "end": date(2023, 3, 1)}
    mine = progress.curve_of(store, "field", subdistricts=["211202001"], **asked)
    theirs = progress.curve_of(store, "field", subdistricts=["211202002"], **asked)
    assert (mine["total"], mine["delivered"]) == (1.0, [0, 0, 1, 1, 1])
    assert (theirs["total"], theirs["delivered"]) == (1.0, [0, 0, 0, 0, 0])
