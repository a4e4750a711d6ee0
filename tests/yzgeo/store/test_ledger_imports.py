"""Imports and the ledger: whose word counts."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from tests.yzgeo.store.conftest import BY, Backend, Clock
from tests.yzgeo.store.ledger_samples import admit, event, staged_catalogue
from tests.yzgeo.store.test_ledger import works
from yzgeo.store.base import Store


@pytest.fixture
def store(backend: Backend, tmp_path: Path) -> Store:
    return backend.create(staged_catalogue(tmp_path / "layers"))


def stage(store: Store, uid: str = "w1") -> tuple[object, object]:
    properties = store.feature("work", uid).properties
    return properties["stage"], properties["stage_date"]


def test_what_people_recorded_outlasts_an_old_table(store: Store) -> None:
    store.write("work", put=works(), provenance=BY)
    store.ledger.record(event(1, to="works"), admit)
    store.write("work", put=works(name=["甲", "乙", "丙"]), provenance=BY)
    assert stage(store) == ("works", "2024-01-01")
    assert store.feature("work", "w1").properties["name"] == "甲"
    assert store.ledger.revision() == 1
    assert store.ledger.verify().ok


def test_a_later_table_moves_what_only_tables_have_told(store: Store, clock: Clock) -> None:
    store.write("work", put=works(stage=["works", "planned", "planned"]), provenance=BY)
    clock.advance(days=30)
    store.write("work", put=works(stage=["finished", "planned", "planned"]), provenance=BY)
    assert stage(store) == ("finished", "2024-05-31")
    assert store.ledger.stages_on("work", date(2024, 5, 30))["w1"].stage == "works"
    assert store.ledger.verify().ok


def test_a_table_that_puts_a_date_right_replaces_the_earlier_one(store: Store) -> None:
    for day in ("2024-03-01", "2024-02-01"):
        put = works(stage=["works", "planned", "planned"], stage_date=[day, None, None])
        store.write("work", put=put, provenance=BY)
    assert stage(store) == ("works", "2024-02-01")
    assert store.ledger.revision() == 2
    assert store.ledger.stages_on("work", date(2024, 2, 15))["w1"].since == date(2024, 2, 1)
    assert store.ledger.verify().ok


def test_facts_replace_the_illustrative_story(store: Store) -> None:
    invented = works(data_status=["illustrative"] * 3, stage=["works", "works", "planned"])
    store.write("work", put=invented, provenance=BY)
    assert all(each.payload["illustrative"] for each in store.ledger.chain())
    store.ledger.record(event(1, days=1, to="paused", reason="试"), admit)
    store.write("work", put=works(stage=["planned", "works", "planned"]), provenance=BY)
    assert stage(store) == ("planned", None)
    assert stage(store, "w2")[0] == "works"
    assert store.ledger.stages_on("work", date(2024, 3, 1))["w1"].stage == "planned"
    assert len(store.ledger.events("work", "w1")) == 3
    assert store.ledger.verify().ok


def test_the_same_table_again_says_nothing_new(store: Store) -> None:
    put = works(stage=["works", "planned", "planned"])
    store.write("work", put=put, provenance=BY)
    assert store.write("work", put=put, provenance=BY).id == ""
    assert store.ledger.revision() == 1


def test_going_on_from_what_a_table_said(store: Store) -> None:
    put = works(stage=["paused", "works", "planned"], stage_date=[None, "2023-01-01", None])
    store.write("work", put=put, provenance=BY)
    store.ledger.record(event(1, to="works"), admit)
    assert stage(store) == ("works", "2024-01-01")
    store.ledger.record(event(2, "w2", to="paused", reason="雨"), admit)
    assert stage(store, "w2") == ("paused", "2024-01-01")
    assert store.ledger.verify().ok


def test_an_unknown_stage_is_left_to_the_import_desk(store: Store) -> None:
    store.write("work", put=works(stage=["elsewhere", None, "planned"]), provenance=BY)
    assert store.ledger.revision() == 0
    assert [each.field for each in store.ledger.verify().differences] == ["stage"]


def test_an_empty_cell_leaves_what_the_ledger_says(store: Store) -> None:
    store.write("work", put=works(stage=["works", "works", None]), provenance=BY)
    store.write("work", put=works(stage=[None, "works", None], name=["甲", "乙", "丙"]), provenance=BY)
    assert stage(store)[0] == "works"
    assert stage(store, "w3") == (None, None)
    assert store.ledger.verify().ok


def test_a_fact_without_a_stage_still_ends_the_illustrative_story(store: Store) -> None:
    store.write("work", put=works(data_status=["illustrative"] * 3, stage=["works"] * 3), provenance=BY)
    store.write("work", put=works(stage=[None] * 3), provenance=BY)
    assert stage(store) == ("planned", None)
    assert store.ledger.verify().ok
