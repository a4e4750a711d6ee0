"""What moved since the last meeting."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest

from tests.yzgeo.workflows.progress.conftest import DAY, FIRST, LAYER, SECOND, clear, draft
from yzgeo.errors import LayerUnknownError, ParameterError
from yzgeo.ledger import Event
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


def entry(
    number: int, *, told: float, recorded: float, kind: str = "transition", uid: str = FIRST, **payload: object
) -> Event:
    """Something about one day that the office learned on another; both counted from the first of January, noon."""
    sent = draft(number, kind, uid=uid, days=told, **payload)
    return Event(
        sent.id, LAYER, uid, sent.kind, sent.valid_at, "chen", "planner", sent.payload, DAY + timedelta(days=recorded)
    )


def told_late(store: Store, start: int, end: int) -> list[tuple[str, str, str, str | None]]:
    days = {"start": date(2023, 1, start), "end": date(2023, 1, end)}
    late = progress.changes_between(store, "admin", **days)["late"]
    return [(each["uid"], each["from_stage"], each["to_stage"], each["on"]) for each in late]


def test_what_was_reported_late_is_told_apart_from_what_moved(store: Store) -> None:
    """The meeting of the 5th heard nothing of the 3rd: it was recorded on the 7th. What came on its day is not late."""
    store.ledger.record_many(
        [
            entry(1, told=1, recorded=1, to="surveyed"),
            entry(2, told=2, recorded=6, to="decided"),
            entry(3, told=8, recorded=8, to="signing"),
        ],
        actor="chen",
        reason="test",
    )
    assert told_late(store, 5, 10) == [(FIRST, "surveyed", "decided", "2023-01-03")]
    found = progress.changes_between(store, "admin", start=date(2023, 1, 5), end=date(2023, 1, 10))
    assert [(each["from_stage"], each["to_stage"]) for each in found["moved"]] == [("decided", "signing")]
    assert found["late"][0]["actor"] == "chen"
    assert datetime.fromisoformat(found["late"][0]["recorded_at"]) == DAY + timedelta(days=8), "the last word on it"
    assert told_late(store, 5, 6) == [], "not known yet at the end of the sixth"
    assert told_late(store, 7, 10) == [], "known to the meeting of the 7th"
    field = {"start": date(2023, 1, 5), "end": date(2023, 1, 10)}
    assert progress.changes_between(store, "field", subdistricts=["211202002"], **field)["late"] == []


def test_a_correction_of_what_was_told_before_is_late_too(store: Store) -> None:
    store.ledger.record_many(
        [
            entry(1, told=1, recorded=1, uid=SECOND, to="surveyed"),
            entry(2, told=6, recorded=6, uid=SECOND, kind="correction", cancels=draft(1).id, reason="记错地块"),
            entry(3, told=1, recorded=1, kind="note", text="与进度无关"),
            entry(4, told=2, recorded=6, kind="note", text="与进度无关"),
        ],
        actor="chen",
        reason="test",
    )
    assert told_late(store, 5, 10) == [(SECOND, "surveyed", "planned", None)]
