"""The invented ledger leads exactly to the stages of the illustrative district, and says in every entry that it is."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from datetime import UTC

import geopandas as gpd
import pytest

from yzgeo.catalogue import Catalogue, feature_uid
from yzgeo.illustrative import History, IllustrativePlan, write_history
from yzgeo.ledger import Event, check, day_of, fold
from yzgeo.stages import limits, machine


@pytest.fixture(scope="module")
def past(catalogue: Catalogue, frames: dict[str, gpd.GeoDataFrame], plan: IllustrativePlan) -> History:
    return write_history(catalogue, frames, as_of=plan.as_of, seed=plan.seed)


@pytest.fixture(scope="module")
def by_feature(past: History) -> dict[tuple[str, str], list[Event]]:
    found: dict[tuple[str, str], list[Event]] = defaultdict(list)
    for event in past.events:
        found[event.layer, event.uid].append(event)
    return found


def test_the_columns_that_follow_are_those_generated(past: History, frames: dict[str, gpd.GeoDataFrame]) -> None:
    for layer_id, columns in past.columns.items():
        frame = frames[layer_id]
        assert columns["stage"].tolist() == frame["stage"].tolist()
        assert columns["stage_date"].tolist() == frame["stage_date"].where(frame["stage_date"].notna(), None).tolist()
        for field in ("households_signed", "households_relocated"):
            if field in columns:
                assert columns[field].fillna(0).astype(int).tolist() == frame[field].astype(int).tolist()


def test_no_move_conflicts_and_every_layer_with_stages_has_a_past(
    catalogue: Catalogue, past: History, frames: dict[str, gpd.GeoDataFrame], by_feature
) -> None:
    assert set(past.columns) == {layer for layer in frames if catalogue.layer(layer).stage_table is not None}
    for (layer_id, _), events in by_feature.items():
        table = catalogue.layer(layer_id).stage_table
        assert table is not None
        assert fold(events, machine(table)).conflicts == ()


def test_every_entry_says_that_it_is_invented(past: History) -> None:
    assert all(event.payload["illustrative"] is True for event in past.events)
    assert all(event.actor.startswith("示意") for event in past.events)
    assert hashlib.sha256(past.picture).hexdigest() in {
        sha for event in past.events for sha in event.payload.get("evidence", ())
    }


def test_time_runs_forward_inside_the_plan(past: History, plan: IllustrativePlan, catalogue: Catalogue) -> None:
    recorded = [event.recorded_at for event in past.events]
    assert recorded == sorted(recorded)
    assert all(event.recorded_at and event.recorded_at.astimezone(UTC) >= event.valid_at for event in past.events)
    first = catalogue.district.plan_period[0]
    assert {day_of(event).year for event in past.events if event.kind != "opening"} >= set(range(first.year, 2025))
    assert max(map(day_of, past.events)) <= plan.as_of


def test_sensitive_moves_have_a_second_person_or_wait(past: History, catalogue: Catalogue, by_feature) -> None:
    actors = {event.id: event.actor for event in past.events}
    words = [event for event in past.events if event.kind == "approval"]
    assert len(words) > 100
    assert all(event.actor != actors[event.payload["event"]] for event in words)
    waiting = sum(
        len(fold(events, machine(catalogue.layer(layer).stage_table)).pending)  # type: ignore[arg-type]
        for (layer, _), events in by_feature.items()
    )
    assert 5 < waiting < 200


def test_the_same_seed_tells_the_same_story(
    past: History, catalogue: Catalogue, frames: dict[str, gpd.GeoDataFrame], plan: IllustrativePlan
) -> None:
    assert write_history(catalogue, frames, as_of=plan.as_of, seed=plan.seed).events == past.events
    assert len({event.id for event in past.events}) == len(past.events)


def test_the_door_would_have_admitted_the_parcels_stories(
    catalogue: Catalogue, frames: dict[str, gpd.GeoDataFrame], by_feature
) -> None:
    """In the order of what they speak of; openings and approvals aside, which have doors of their own."""
    layer = catalogue.layer("shantytown_parcel")
    table = layer.stage_table
    assert table is not None
    for row in frames[layer.id].to_dict("records"):
        told = by_feature.get((layer.id, feature_uid(layer.id, row["code"])), [])
        cancelled = {event.payload["cancels"] for event in told if event.kind == "correction"}
        admitted = [event for event in told if event.kind == "approval"]
        for event in sorted(told, key=lambda each: each.valid_at):
            if event.kind != "transition" or event.id in cancelled:
                continue
            bounds = limits(table, row)
            assert event.recorded_at is not None
            plain = {key: value for key, value in event.payload.items() if key != "illustrative"}
            issues = check(event, admitted, machine(table), now=event.recorded_at, limits=bounds)
            assert issues == [], (plain, issues)
            admitted.append(event)
