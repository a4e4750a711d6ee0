"""A batch taken back: the contract, run on each backend."""

from __future__ import annotations

from datetime import date
from typing import Any

import geopandas as gpd
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from shapely.geometry import Point, box

from tests.yzgeo.store.conftest import BY, Backend, Clock, frame
from tests.yzgeo.store.ledger_samples import admit, event, staged_catalogue
from tests.yzgeo.store.test_ledger import works
from yzgeo.catalogue import Catalogue
from yzgeo.errors import AlreadyUndoneError, BatchUnknownError, ConflictError, UndoRefusedError
from yzgeo.store.base import Query, Store, Undone

A = box(123.0, 42.0, 123.1, 42.1)
B = box(123.2, 42.2, 123.3, 42.3)
C = box(123.4, 42.4, 123.5, 42.5)


@pytest.fixture(scope="session")
def staged(tmp_path_factory: pytest.TempPathFactory) -> Catalogue:
    return staged_catalogue(tmp_path_factory.mktemp("staged") / "layers")


def content(store: Store, layer: str) -> dict[str, Any]:
    """Everything a layer says, without the revisions: by uid its fid, geometry and properties."""
    features = (store.feature(layer, uid) for uid in store.rows(layer).uids)
    return {
        each.uid: (each.fid, None if each.geometry is None else each.geometry.wkb, dict(each.properties))
        for each in features
    }


def undo(store: Store, batch: str) -> Undone:
    return store.undo_batch(batch, actor="li", reason="wrong file")


def test_an_insert_a_change_and_a_deletion_are_taken_back(store: Store) -> None:
    store.write("area", put=frame({"a": A, "b": B}, code=["1", "2"], floors=[1, None]), provenance=BY)
    before = content(store, "area")
    batch = store.write("area", put=frame({"b": C, "c": C}, code=["2", "3"]), delete=["a"], provenance=BY)
    done = undo(store, batch.id)
    assert (list(done.restored), list(done.removed), list(done.brought_back)) == (["b"], ["c"], ["a"])
    assert list(done.later) == []
    assert content(store, "area") == before
    assert (done.batch.inserted, done.batch.updated, done.batch.deleted, done.batch.revision) == (1, 1, 1, 3)
    assert (done.batch.actor, done.batch.reason, done.batch.undoes) == ("li", "wrong file", batch.id)
    assert store.revision("area") == 3
    assert sorted((each.uid, each.kind) for each in store.changes("area", since=2)) == [
        ("a", "insert"),
        ("b", "update"),
        ("c", "delete"),
    ]
    store.check()


def test_the_history_and_the_extent_stay_true(store: Store) -> None:
    store.write("area", put=frame({"a": A}, code=["1"]), provenance=BY)
    batch = store.write("area", put=frame({"a": C, "b": B}, code=["9", "2"]), provenance=BY)
    undo(store, batch.id)
    assert store.bounds("area") == A.bounds
    assert [each.properties["code"] for each in store.history("area", "a")] == ["1", "9", "1"]
    assert list(store.rows("area", Query(revision=2)).uids) == ["a", "b"]
    assert list(store.rows("area", Query(bbox=C.bounds)).uids) == []
    assert list(store.rows("area", Query(bbox=A.bounds)).uids) == ["a"]


def test_what_was_edited_later_stays_and_is_listed(store: Store, clock: Clock) -> None:
    batch = store.write("area", put=frame({"a": A, "b": B}, code=["1", "2"]), provenance=BY)
    clock.advance(hours=1)
    edit = store.write("area", put=gpd.GeoDataFrame({"name": ["甲"]}, index=["a"]), provenance=BY)
    done = undo(store, batch.id)
    assert list(done.removed) == ["b"]
    [later] = done.later
    assert (later.uid, later.kind, later.revision, later.actor, later.batch, later.recorded_at) == (
        "a",
        "update",
        2,
        "tester",
        edit.id,
        clock.now,
    )
    assert store.feature("area", "a").properties["name"] == "甲"
    assert list(content(store, "area")) == ["a"]


def test_nothing_left_to_undo_writes_nothing(store: Store) -> None:
    batch = store.write("area", put=frame({"a": A}, code=["1"]), provenance=BY)
    store.write("area", delete=["a"], provenance=BY)
    done = undo(store, batch.id)
    assert done.batch.id == ""
    assert [(each.uid, each.kind) for each in done.later] == [("a", "delete")]
    assert store.revision("area") == 2
    assert store.batches("area")[1].undone_by is None


def test_undo_twice_and_unknown_are_refused(store: Store) -> None:
    batch = store.write("area", put=frame({"a": A}), provenance=BY)
    first = undo(store, batch.id)
    with pytest.raises(AlreadyUndoneError) as refused:
        undo(store, batch.id)
    assert refused.value.fields["by"] == first.batch.id
    with pytest.raises(BatchUnknownError):
        undo(store, "nothing")
    assert store.revision("area") == 2
    assert [(each.undoes, each.undone_by) for each in store.batches("area")] == [
        (batch.id, None),
        (None, first.batch.id),
    ]


def test_an_undo_is_undone_and_done_again(store: Store) -> None:
    store.write("area", put=frame({"a": A, "b": B}, code=["1", "2"]), provenance=BY)
    before = content(store, "area")
    batch = store.write("area", put=frame({"b": C, "c": C}, code=["5", "3"]), delete=["a"], provenance=BY)
    after = content(store, "area")
    back = undo(store, batch.id)
    again = undo(store, back.batch.id)
    assert content(store, "area") == after
    assert store.batches("area")[2].undone_by is None
    once_more = undo(store, batch.id)
    assert content(store, "area") == before
    assert list(once_more.later) == []
    with pytest.raises(AlreadyUndoneError):
        undo(store, batch.id)
    assert undo(store, again.batch.id).batch.id == ""
    store.check()


def test_two_imports_are_undone_one_after_the_other(store: Store) -> None:
    empty = content(store, "area")
    first = store.write("area", put=frame({"a": A, "b": B}, code=["1", "2"]), provenance=BY)
    second = store.write("area", put=frame({"a": A, "b": C}, code=["7", "8"]), provenance=BY)
    undo(store, second.id)
    done = undo(store, first.id)
    assert list(done.later) == []
    assert content(store, "area") == empty


def test_an_undo_seen_from_another_process_and_after_reopening(backend: Backend, tiny: Catalogue) -> None:
    store = backend.create(tiny)
    batch = store.write("note", put=gpd.GeoDataFrame({"code": ["x"]}, index=["n"]), provenance=BY)
    store.close()
    opened = backend.reopen(tiny)
    undo(opened, batch.id)
    assert opened.count("note") == 0


def test_a_concurrent_base_revision_sees_the_undo(store: Store) -> None:
    batch = store.write("area", put=frame({"a": A}), provenance=BY)
    undo(store, batch.id)
    with pytest.raises(ConflictError):
        store.write("area", put=frame({"b": B}), provenance=BY, base_revision=1)


def test_many_features_are_taken_back_with_their_index(store: Store) -> None:
    points = {f"p{n:05}": Point(123 + n / 10_000, 42) for n in range(3_000)}
    codes = list(points)
    store.write("spot", put=frame(points, code=codes), provenance=BY)
    before = content(store, "spot")
    moved = frame({uid: Point(point.x, 43) for uid, point in points.items()}, code=codes)
    batch = store.write("spot", put=moved, provenance=BY)
    undo(store, batch.id)
    assert content(store, "spot") == before
    assert store.count("spot", Query(bbox=(123.0, 41.9, 123.1, 42.1))) == 1_001
    assert store.count("spot", Query(bbox=(123.0, 42.9, 124.0, 43.1))) == 0
    store.check()


def test_what_an_import_said_of_stages_is_withdrawn(backend: Backend, staged: Catalogue, clock: Clock) -> None:
    store = backend.create(staged)
    store.write("work", put=works(), provenance=BY)
    before = content(store, "work")
    clock.advance(days=1)
    batch = store.write("work", put=works(stage=["works", "planned", "finished"], laid=[5, 0, 30]), provenance=BY)
    assert store.ledger.revision() == 2
    clock.advance(days=1)
    undo(store, batch.id)
    assert content(store, "work") == before
    assert store.ledger.revision() == 4
    assert {each.stage for each in store.ledger.stages_on("work", date(2030, 1, 1)).values()} == {"planned"}
    assert [each.kind for each in store.ledger.events("work", "w1")] == ["opening", "withdrawal"]
    assert store.ledger.verify().ok


def test_redoing_brings_the_stages_back(backend: Backend, staged: Catalogue, clock: Clock) -> None:
    store = backend.create(staged)
    batch = store.write("work", put=works(stage=["works"] * 3), provenance=BY)
    after = content(store, "work")
    clock.advance(days=1)
    back = undo(store, batch.id)
    assert content(store, "work") == {}
    undo(store, back.batch.id)
    assert content(store, "work") == after
    assert store.ledger.stages_on("work", date(2030, 1, 1))["w1"].stage == "works"
    assert store.ledger.verify().ok
    assert store.ledger.rebuild() == 0
    assert content(store, "work") == after


def test_the_illustrative_story_comes_back_with_its_features(backend: Backend, staged: Catalogue, clock: Clock) -> None:
    store = backend.create(staged)
    invented = works(data_status=["illustrative"] * 3, stage=["works"] * 3)
    store.write("work", put=invented, provenance=BY)
    store.ledger.record(event(1, days=1, to="paused", reason="试"), admit)
    before = content(store, "work")
    clock.advance(days=1)
    batch = store.write("work", put=works(stage=["finished", "works", "planned"]), provenance=BY)
    assert store.feature("work", "w1").properties["stage"] == "finished"
    done = undo(store, batch.id)
    assert sorted(done.restored) == ["w1", "w2", "w3"]
    assert content(store, "work") == before
    assert store.ledger.stages_on("work", date(2030, 1, 1))["w1"].stage == "paused"
    assert store.ledger.verify().ok


def test_a_later_table_can_speak_again_after_an_undo(backend: Backend, staged: Catalogue, clock: Clock) -> None:
    store = backend.create(staged)
    store.write("work", put=works(), provenance=BY)
    undo(store, store.write("work", put=works(stage=["works"] * 3), provenance=BY).id)
    clock.advance(days=1)
    store.write("work", put=works(stage=["finished"] * 3), provenance=BY)
    assert store.feature("work", "w1").properties["stage"] == "finished"
    assert store.ledger.verify().ok


def test_what_people_have_said_since_holds_an_undo_back(backend: Backend, staged: Catalogue) -> None:
    store = backend.create(staged)
    batch = store.write("work", put=works(4, stage=["works"] * 4), provenance=BY)
    store.ledger.record(event(1, "w1", to="paused", reason="雨"), admit)
    store.ledger.record(event(2, "w2", days=1, to="finished"), admit)
    store.ledger.record(event(3, "w3", kind="note", text="好"), admit)
    done = undo(store, batch.id)
    assert list(done.removed) == ["w4"]
    assert [(each.uid, each.kind, each.event) for each in done.later] == [
        ("w1", "update", event(1).id),
        ("w2", "transition", event(2).id),
        ("w3", "note", event(3).id),
    ]
    assert sorted(content(store, "work")) == ["w1", "w2", "w3"]
    assert store.ledger.verify().ok


def test_a_note_does_not_hold_back_an_undone_change(backend: Backend, staged: Catalogue) -> None:
    store = backend.create(staged)
    store.write("work", put=works(name=["甲", "乙", "丙"]), provenance=BY)
    batch = store.write("work", put=works(name=["丁", "乙", "丙"]), provenance=BY)
    store.ledger.record(event(1, kind="note", text="好"), admit)
    assert list(undo(store, batch.id).restored) == ["w1"]
    assert store.feature("work", "w1").properties["name"] == "甲"


def test_batches_of_the_ledger_are_corrected_and_not_undone(backend: Backend, staged: Catalogue) -> None:
    store = backend.create(staged)
    store.write("work", put=works(), provenance=BY)
    store.ledger.record(event(1, to="works"), admit)
    store.ledger.record_many([event(2, "w2", to="works")], actor="li", reason="bulk")
    for batch in store.batches("work")[:2]:
        with pytest.raises(UndoRefusedError):
            undo(store, batch.id)
    assert store.feature("work", "w1").properties["stage"] == "works"


UIDS = ["w1", "w2", "w3", "w4"]
WRITE = st.fixed_dictionaries(
    {
        "put": st.dictionaries(
            st.sampled_from(UIDS),
            st.tuples(
                st.sampled_from(["planned", "works", "paused", None]),
                st.sampled_from(["2023-05-01", "2024-02-01", None]),
                st.sampled_from(["official", "illustrative"]),
                st.integers(0, 3),
            ),
        ),
        "delete": st.sets(st.sampled_from(UIDS), max_size=2),
    }
)


def write(store: Store, given_write: dict[str, Any]) -> str:
    put, there = given_write["put"], set(store.rows("work").uids)
    table = pd.DataFrame(
        [(uid, *values) for uid, values in put.items()],
        columns=["uid", "stage", "stage_date", "data_status", "laid"],
    ).set_index("uid")
    shapes = gpd.GeoSeries([Point(123 + n, 42) for n in table["laid"]], index=table.index, crs=4490)
    wanted = gpd.GeoDataFrame(table.astype({"laid": float}), geometry=shapes)
    deleted = sorted((given_write["delete"] & there) - set(put))
    return store.write("work", put=wanted if put else None, delete=deleted, provenance=BY).id


def told(store: Store) -> dict[str, Any]:
    days = (date(2023, 1, 1), date(2023, 12, 31), date(2024, 3, 1), date(2030, 1, 1))
    there = set(store.rows("work").uids)
    return {
        "content": content(store, "work"),
        "stages": {
            day: {
                uid: (each.stage, each.since)
                for uid, each in store.ledger.stages_on("work", day).items()
                # a feature with everything withdrawn is at the first stage, as one nobody ever spoke of
                if uid in there and (each.stage, each.since) != ("planned", None)
            }
            for day in days
        },
    }


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(writes=st.lists(WRITE, min_size=1, max_size=5), data=st.data())
def test_undoing_all_writes_leads_back_to_every_state(
    writes: list[dict[str, Any]],
    data: st.DataObject,
    staged: Catalogue,
    backend: Backend,
    clock: Clock,
) -> None:
    store = backend.sibling().create(staged)
    course: list[tuple[str, dict[str, Any]]] = []
    for each in writes:
        before = told(store)
        clock.advance(days=data.draw(st.integers(0, 40)))
        if batch := write(store, each):
            course.append((batch, before))
    for batch, before in reversed(course):
        after = told(store)
        clock.advance(hours=1)
        done = undo(store, batch)
        assert list(done.later) == []
        assert told(store) == before
        if data.draw(st.booleans()):
            undo(store, done.batch.id)
            assert told(store) == after
            undo(store, batch)
            assert told(store) == before
    assert store.ledger.verify().ok
    store.check()
    store.close()
