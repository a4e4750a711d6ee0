"""What is remembered of a feature holds for one end of the chain, and no longer."""

from __future__ import annotations

import threading

import pytest

from tests.yzgeo.store.conftest import BY, Backend, Clock
from tests.yzgeo.store.ledger_samples import admit, event, staged_catalogue
from tests.yzgeo.store.test_ledger import works
from yzgeo.catalogue import Catalogue, StageTable
from yzgeo.ledger import Event, Story
from yzgeo.store.base import Feature
from yzgeo.store.ledger_memory import End, Known, Memory
from yzgeo.store.ledger_projection import project


@pytest.fixture(scope="session")
def staged(tmp_path_factory: pytest.TempPathFactory) -> Catalogue:
    return staged_catalogue(tmp_path_factory.mktemp("staged") / "layers")


@pytest.fixture
def table(staged: Catalogue) -> StageTable:
    found = staged.layer("work").stage_table
    assert found is not None
    return found


def known(table: StageTable, *events: Event) -> Known:
    return Known(Feature("work", events[0].uid, 1, 1, {}, None), Story(events), project(events, table))


def _anything(*_: object) -> None:
    """Judge nothing."""


def test_only_the_state_that_was_left_opens_it(table: StageTable) -> None:
    memory, one, two = Memory(), known(table, event(1, to="works")), known(table, event(2, to="works"))
    assert memory.recall(End("", 1), "work", "w1") is None
    memory.keep(End("", 1), End("a", 2), "work", "w1", one)
    memory.keep(End("a", 2), End("b", 3), "work", "w2", two)
    assert memory.recall(End("b", 3), "work", "w1") is one
    assert memory.recall(End("b", 3), "work", "w2") is two
    assert memory.recall(End("a", 3), "work", "w1") is None
    assert memory.recall(End("b", 3), "other", "w1") is None
    # An import changes the layer and may not add to the chain.
    assert memory.recall(End("b", 4), "work", "w1") is None


def test_layers_have_revisions_of_their_own(table: StageTable) -> None:
    memory, one, two = Memory(), known(table, event(1, to="works")), known(table, event(2, to="works"))
    memory.keep(End("", 7), End("a", 8), "work", "w1", one)
    memory.keep(End("a", 1), End("b", 2), "other", "w1", two)
    assert memory.recall(End("b", 8), "work", "w1") is one
    assert memory.recall(End("b", 2), "other", "w1") is two


def test_what_others_wrote_in_between_empties_it(table: StageTable) -> None:
    memory, one, two = Memory(), known(table, event(1, to="works")), known(table, event(2, to="works"))
    memory.keep(End("", 1), End("a", 1), "work", "w1", one)
    memory.keep(End("x", 1), End("y", 1), "work", "w2", two)
    assert memory.recall(End("y", 1), "work", "w1") is None
    assert memory.recall(End("y", 1), "work", "w2") is two
    # Two threads whose transactions ended in the other order: neither entry may be taken for the other's end.
    memory.keep(End("a", 1), End("x", 1), "work", "w1", one)
    assert memory.recall(End("y", 1), "work", "w2") is None
    assert memory.recall(End("x", 1), "work", "w1") is one
    memory.keep(End("x", 2), End("z", 3), "work", "w2", two)
    assert memory.recall(End("z", 3), "work", "w1") is None


def test_a_feature_may_be_written_and_not_remembered(table: StageTable) -> None:
    memory, one = Memory(), known(table, event(1, to="works"))
    memory.keep(End("", 1), End("a", 1), "work", "w1", one)
    memory.keep(End("a", 1), End("b", 1), "work", "w2", None)
    assert memory.recall(End("b", 1), "work", "w1") is one
    memory.keep(End("b", 1), End("c", 1), "work", "w1", None)
    assert memory.recall(End("c", 1), "work", "w1") is None


def test_those_spoken_of_longest_ago_are_forgotten(table: StageTable) -> None:
    one, two = known(table, event(1, to="works")), known(table, event(1, to="works"), event(2, to="works"))
    for memory in (Memory(most_events=3), Memory(most_features=2)):
        for number, (uid, each) in enumerate([("w1", one), ("w2", one), ("w1", two), ("w3", one)]):
            memory.keep(End(str(number), 1), End(str(number + 1), 1), "work", uid, each)
        assert memory.recall(End("4", 1), "work", "w2") is None
        assert memory.recall(End("4", 1), "work", "w1") is two
        assert memory.recall(End("4", 1), "work", "w3") is one


def test_two_services_on_one_district_write_what_one_would(backend: Backend, staged: Catalogue, clock: Clock) -> None:
    """Each remembers what it wrote, and the other's entries, imports and a rebuild come in between."""
    one = backend.create(staged)
    one.write("work", put=works(), provenance=BY)
    two = backend.reopen(staged)
    number = 0
    for turn in range(4):
        for store in (one, two, two, one):
            number += 1
            uid = f"w{number % 3 + 1}"
            store.ledger.record(event(number, uid=uid, days=number, kind="measure", laid=float(number)), admit)
            store.ledger.record(event(1000 + number, uid=uid, kind="note", text="好"), admit)
        if turn == 1:
            one.ledger.record_many([event(100, uid="w1", days=50, to="works")], actor="b", reason="b")
        if turn == 2:
            two.write("work", put=works(length=[11.0, 21.0, 31.0]), provenance=BY)
            two.ledger.rebuild()
    assert one.ledger.verify().ok
    assert two.ledger.revision() == 33


def test_threads_that_write_at_once_leave_a_ledger_that_holds(backend: Backend, staged: Catalogue) -> None:
    store = backend.create(staged)
    store.write("work", put=works(), provenance=BY)

    def write(first: int) -> None:
        for number in range(first, first + 12):
            uid = f"w{number % 3 + 1}"
            told = event(number, uid=uid, days=number, kind="measure", laid=1.0)
            store.ledger.record(event(number, uid=uid, kind="note", text="好") if number % 5 == 0 else told, _anything)

    threads = [threading.Thread(target=write, args=(100 * (n + 1),)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert store.ledger.revision() == 48
    assert store.ledger.verify().ok
