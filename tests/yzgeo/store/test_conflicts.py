"""Conflicts in both kinds of store: kept before anyone hears of them, decided once, never changed."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

import pytest
from shapely.geometry import Point

from tests.yzgeo.store.conftest import Backend, frame
from tests.yzgeo.store.ledger_samples import event as sample
from tests.yzgeo.store.ledger_samples import staged_catalogue
from yzgeo.catalogue import Catalogue
from yzgeo.errors import ConflictDecidedError, ConflictError, ConflictMovedError, NotFoundError, StorageError
from yzgeo.ledger import Event
from yzgeo.store.base import Provenance, Store
from yzgeo.store.people import Deed
from yzgeo.store.phones import KeptConflict, Standing
from yzgeo.store.tables import TableStore

BY = Provenance("tester", "test")
AT = datetime(2024, 5, 1, 8, 0, tzinfo=UTC)
DEED = Deed("conflict_decided", "li")


def kept(number: int, **more: object) -> KeptConflict:
    found = KeptConflict(
        id=str(UUID(int=number)),
        layer="work",
        uid="w1",
        title="点",
        kind="measure",
        home="999999001",
        actor="wang",
        role="field",
        device="d1",
        record={"payload": {"evidence": ["a" * 64], "attachment": "b" * 64}},
        facts={"before": {"measures": {"x": 1.5}}},
        received_at=AT,
    )
    return replace(found, **more)


@pytest.fixture(scope="session")
def staged(tmp_path_factory: pytest.TempPathFactory) -> Catalogue:
    return staged_catalogue(tmp_path_factory.mktemp("staged") / "layers")


@pytest.fixture
def store(backend: Backend, staged: Catalogue) -> Store:
    return backend.create(staged)


@pytest.fixture
def placed(store: Store) -> Store:
    """A piece of work at revision 1."""
    columns = {"code": ["1"], "length": [10.0], "stage": ["planned"], "data_status": ["official"]}
    store.write("work", put=frame({"w1": Point(123, 42)}, **columns), provenance=BY)
    return store


def note(conflict: KeptConflict, number: int) -> Event:
    return sample(number, conflict.uid, kind="note", text="裁定")


def decide(store: Store, conflict: KeptConflict, number: int = 100, *, revision: int = 1) -> KeptConflict:
    def judge(standing: Standing) -> tuple[str, list[Event]]:
        made = note(conflict, number)
        return made.id, [made]

    return store.conflicts.decide(
        conflict.id, judge, keep="office", reason="核实", by="li", office_revision=revision, deed=DEED
    )


def test_what_is_kept_stays_across_a_restart(store: Store, backend: Backend, staged: Catalogue) -> None:
    assert store.conflicts.put(kept(1)) == kept(1)
    assert store.conflicts.put(kept(1, title="other")) == kept(1)  # the first word stays
    store.close()
    again = backend.reopen(staged)
    assert again.conflicts.get(kept(1).id) == kept(1)
    assert again.conflicts.get("nothing") is None
    assert [each.id for each in again.conflicts.citing("a" * 64)] == [kept(1).id]
    assert [each.id for each in again.conflicts.citing("b" * 64)] == [kept(1).id]
    assert again.conflicts.citing("c" * 64) == []


def test_lists_newest_first_in_pages(store: Store) -> None:
    for number in (1, 2, 3):
        store.conflicts.put(kept(number, layer="note" if number == 2 else "work"))
    found = store.conflicts.find(2)
    assert [each.id for _, each in found] == [kept(3).id, kept(2).id]
    assert [each.id for _, each in store.conflicts.find(9, before=found[-1][0])] == [kept(1).id]
    assert [each.id for _, each in store.conflicts.find(9, layers=["note"])] == [kept(2).id]
    assert store.conflicts.find(9, layers=[]) == []
    assert store.conflicts.find(9, decided=True) == []
    assert len(store.conflicts.find(9, decided=False)) == 3


def test_a_decision_is_one_transaction_with_ledger_and_audit(placed: Store) -> None:
    placed.conflicts.put(kept(1))
    with pytest.raises(ConflictMovedError):
        decide(placed, kept(1), revision=2)
    with pytest.raises(NotFoundError):
        decide(placed, kept(2))
    assert placed.ledger.revision() == 0
    done = decide(placed, kept(1))
    assert done.ruling is not None
    assert (done.ruling.keep, done.ruling.reason, done.ruling.by, done.ruling.position) == ("office", "核实", "li", 1)
    assert done.ruling.event == str(UUID(int=100))
    assert [line.deed.kind for line in placed.people.audit(9)] == ["conflict_decided"]
    with pytest.raises(ConflictDecidedError):
        decide(placed, kept(1), 101)
    assert placed.ledger.revision() == 1
    assert [each.id for each in placed.conflicts.decided_for("wang", 0)] == [kept(1).id]
    assert placed.conflicts.decided_for("wang", 1) == []
    assert placed.conflicts.decided_for("li", 0) == []


def test_a_decision_that_fails_leaves_nothing(placed: Store) -> None:
    placed.conflicts.put(kept(1))

    def judge(standing: Standing) -> tuple[str, list[Event]]:
        assert (standing.revision, standing.events) == (1, [])
        raise StorageError(path="x", reason="full")

    with pytest.raises(StorageError):
        placed.conflicts.decide(kept(1).id, judge, keep="phone", reason="r", by="li", office_revision=1, deed=DEED)
    found = placed.conflicts.get(kept(1).id)
    assert found is not None
    assert found.ruling is None
    assert (placed.ledger.revision(), placed.people.audit(9)) == (0, [])


def test_tells_what_is_known_of_many_features_at_once(placed: Store) -> None:
    columns = {"code": ["2", "3"], "length": [1.0, 2.5], "stage": ["planned"] * 2, "data_status": ["official"] * 2}
    placed.write("work", put=frame({"w2": Point(123, 42), "w3": Point(123, 42)}, **columns), provenance=BY)
    placed.ledger.record(sample(1, "w2", kind="note", text="x"), lambda *_: None)
    placed.write("work", delete=["w2"], provenance=BY)
    found = placed.conflicts.offices("work", {"w1", "w2", "w3", "w4"}, fields=["code", "length"])
    told = {uid: (each.properties, each.revision, each.deleted_at, len(each.events)) for uid, each in found.items()}
    assert told == {
        "w1": ({"code": "1", "length": 10.0}, 1, None, 0),
        "w2": ({"code": "2", "length": 1.0}, 2, 3, 1),
        "w3": ({"code": "3", "length": 2.5}, 2, None, 0),
    }
    assert placed.conflicts.offices("work", [], fields=[]) == {}


def test_a_deleted_feature_can_still_be_decided_on(placed: Store) -> None:
    placed.conflicts.put(kept(1))
    placed.write("work", delete=["w1"], provenance=BY)
    assert [(step.revision, step.actor) for step in placed.conflicts.steps("work", "w1", since=1)] == [(2, "tester")]
    assert placed.conflicts.steps("work", "w1", since=2) == []
    assert decide(placed, kept(1), revision=2).ruling is not None


def test_nobody_changes_or_removes_what_was_kept(placed: TableStore) -> None:
    placed.conflicts.put(kept(1))
    decide(placed, kept(1))
    for statement in (
        "DELETE FROM yzgeo_conflict",
        "UPDATE yzgeo_conflict SET reason = 'other'",
        "UPDATE yzgeo_conflict SET keep = NULL",
    ):
        with pytest.raises(Exception, match="conflicts are kept"), placed.access.write() as connection:
            connection.execute(statement)


def test_the_ledger_does_not_take_what_waits_for_a_decision(placed: Store) -> None:
    """Nor is anything kept that stands in the ledger."""
    held = sample(1, kind="note", text="x")
    recorded = replace(held, id=str(UUID(int=2)))
    placed.conflicts.put(kept(1))
    assert placed.conflicts.put(kept(3)) == kept(3)
    with pytest.raises(ConflictError) as refusal:
        placed.ledger.record(held, lambda *_: None)
    assert refusal.value.fields["held"] is True
    placed.ledger.record(recorded, lambda *_: None)
    found = placed.conflicts.put(kept(2))
    assert isinstance(found, Event)
    assert placed.conflicts.get(kept(2).id) is None


def test_what_was_spoken_of_since_a_place_is_looked_up_and_not_searched_for(placed: TableStore) -> None:
    placed.ledger.record(sample(1, kind="note", text="x"), lambda *_: None)
    assert placed.ledger.spoken_since("work", 0) == ["w1"]
    assert placed.ledger.spoken_since("work", 1) == []
    assert placed.ledger.spoken_since("note", 0) == []
    rows = [replace(sample(number, kind="note", text="x"), recorded_at=AT) for number in range(2, 400)]
    placed.ledger.record_many(rows, actor="test", reason="many")
    statement = "SELECT uid FROM yzgeo_ledger WHERE layer = 'work' AND sequence > 390"
    with placed.access.write() as connection:
        connection.execute("ANALYZE")
        told = "EXPLAIN" if connection.dialect.form == "ewkb" else "EXPLAIN QUERY PLAN"
        plan = str(connection.execute(f"{told} {statement}").fetchall())
    assert any(name in plan for name in ("yzgeo_ledger_layer", "yzgeo_ledger_pkey", "INTEGER PRIMARY KEY")), plan
