"""One feature's story, as each role may hear it."""

from __future__ import annotations

from uuid import UUID

import pytest

from tests.yzgeo.workflows.progress.conftest import CHEN, FIRST, LAYER, LI, NOBODY, PHOTO, SECOND, WANG, draft, here
from yzgeo.errors import EventRefusedError, LayerUnknownError, NotFoundError
from yzgeo.store.base import Store
from yzgeo.workflows import progress


@pytest.fixture
def told(store: Store) -> Store:
    """A parcel whose demolition waits for a second person, with signed households and a mistake put right."""
    for step, stage in enumerate(["surveyed", "decided", "signing", "vacated"]):
        progress.record_event(store, here(draft(step + 1, days=step, to=stage), 123.84, 42.28), WANG)
    progress.record_event(store, draft(5, "measure", days=2, households_signed=12), WANG)
    progress.record_event(store, draft(6, "measure", days=3, households_signed=19), WANG)
    progress.record_event(store, draft(7, "correction", days=4, cancels=draft(6).id, reason="多报"), WANG)
    progress.record_event(store, draft(8, days=5, to="demolished", evidence=[PHOTO]), WANG)
    return store


def test_the_whole_story(told: Store) -> None:
    story = progress.feature_events(told, LAYER, FIRST, WANG)
    assert story["stage"]["id"] == "vacated"
    assert story["stage"]["label"]["zh"] == "搬迁腾空"
    assert story["stage"]["on"] == "2023-01-04"
    assert [step["stage"] for step in story["track"]] == ["surveyed", "decided", "signing", "vacated"]
    assert {step["actor"] for step in story["track"]} == {"wang"}
    assert story["measures"]["households_signed"]["value"] == 12
    assert story["measures"]["households_signed"]["limit"] == 20
    assert [event["id"] for event in story["pending"]] == [draft(8).id]
    assert story["may_write"]
    assert [move["to"] for move in story["offered"]] == ["demolished"]
    assert (story["data_status"], story["illustrative"]) == ("official", False)
    events = {event["id"]: event for event in story["events"]}
    assert len(events) == 8
    assert [event["valid_at"] for event in story["events"]] == sorted(
        (event["valid_at"] for event in story["events"]), reverse=True
    )
    assert events[draft(6).id]["cancelled"]
    assert events[draft(1).id]["place"]["lon"] == 123.84
    assert events[draft(8).id]["approval"] is None


def test_a_decision_is_shown_with_its_event(told: Store) -> None:
    word = draft(9, "approval", days=6, event=draft(8).id, granted=False, reason="照片不清")
    progress.record_event(told, word, LI)
    events = {event["id"]: event for event in progress.feature_events(told, LAYER, FIRST, CHEN)["events"]}
    assert events[draft(8).id]["approval"] == {
        "granted": False,
        "actor": "li",
        "at": word.valid_at.isoformat(),
        "reason": "照片不清",
    }


def test_the_public_learns_what_happened_and_not_who_stood_where(told: Store) -> None:
    story = progress.feature_events(told, LAYER, FIRST, NOBODY)
    assert not story["may_write"]
    assert story["offered"] == story["measures_offered"] == []
    assert set(story["measures"]) == {"cleared_m2"}  # households are internal
    assert {step["actor"] for step in story["track"]} == {None}
    for event in story["events"]:
        assert (event["actor"], event["role"], event["place"]) == (None, None, None)
        assert set(event["payload"]) <= {"to"}


def test_what_waits_and_who_may_decide(told: Store) -> None:
    [waiting] = progress.approvals(told, LI)
    assert (waiting["move"]["from"], waiting["move"]["to"]) == ("vacated", "demolished")
    assert (waiting["code"], waiting["name"], waiting["evidence"]) == ("A1", "甲地块", [PHOTO])
    assert waiting["may_decide"]
    assert [each["may_decide"] for each in progress.approvals(told, WANG)] == [False]
    other = type(WANG)("field", "zhao", ("211202002",))
    assert progress.approvals(told, other) == []


def test_a_receipt_can_be_looked_up(told: Store) -> None:
    found = progress.event_receipt(told, draft(3).id, WANG)
    assert (found["position"], found["verified"]) == (3, True)
    assert found["receipt"]["hash"] == found["event"]["hash"]
    with pytest.raises(NotFoundError):
        progress.event_receipt(told, str(UUID(int=99)), WANG)


def test_recent_events_of_a_street_or_a_layer(told: Store) -> None:
    progress.record_event(told, draft(20, uid=SECOND, to="surveyed"), CHEN)
    newest = progress.recent_events(told, CHEN, limit=3)
    assert [event["position"] for event in newest] == [9, 8, 7]
    assert (newest[0]["code"], newest[0]["subdistrict"]) == ("A2", "211202002")
    assert [event["id"] for event in progress.recent_events(told, CHEN, limit=9, subdistrict="211202002")] == [
        draft(20).id
    ]
    assert len(progress.recent_events(told, WANG, limit=99)) == 8
    assert progress.recent_events(told, WANG, limit=9, subdistrict="211202002") == []
    assert progress.recent_events(told, CHEN, limit=9, layer="old_compound") == []
    assert [event["position"] for event in progress.recent_events(told, CHEN, limit=2, before=8)] == [7, 6]


def test_layers_without_stages_or_out_of_sight(store: Store) -> None:
    with pytest.raises(EventRefusedError):
        progress.feature_stage(store, "road", "x", CHEN)
    with pytest.raises(LayerUnknownError):
        progress.feature_events(store, "pipe_segment", "x", NOBODY)
