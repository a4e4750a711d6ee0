"""Openings in bulk: the ledger and its projection are what one event after the other would have made them."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tests.yzgeo.store.conftest import BY, Backend, Clock
from tests.yzgeo.store.ledger_samples import admit, event, staged_catalogue
from tests.yzgeo.store.test_ledger import works
from yzgeo.catalogue import Catalogue
from yzgeo.errors import StorageError
from yzgeo.store import ledger_openings
from yzgeo.store.sqlite import GeoPackageStore

STAGES = ["planned", "works", "finished", "paused"]
DAYS = [None, "2024-01-05", "2023-02-01"]
COUNT = 1_200


@pytest.fixture
def staged(tmp_path: Path) -> Catalogue:
    return staged_catalogue(tmp_path / "layers")


def table(count: int) -> dict[str, Any]:
    """Every stage with and without a day, with both quantities, one or none, real or not."""
    rows = range(count)
    return {
        "stage": [STAGES[row % 4] for row in rows],
        "stage_date": [DAYS[row // 4 % 3] for row in rows],
        "laid": [[None, 5.5, 0.1 + 0.2][row // 3 % 3] for row in rows],
        "percent": [[None, 40.0][row // 2 % 2] for row in rows],
        "data_status": [["official", "illustrative"][row // 5 % 2] for row in rows],
    }


def stored(path: Path, statement: str) -> list[Any]:
    connection = sqlite3.connect(path)
    try:
        return connection.execute(statement).fetchall()
    finally:
        connection.close()


def test_the_projection_is_what_the_events_say(backend: Backend, staged: Catalogue) -> None:
    store = backend.create(staged)
    store.write("work", put=works(48, **table(48)), provenance=BY)
    said = {each.uid: dict(each.payload) for each in store.ledger.chain()}
    assert len(said) >= 36  # all but those that are planned and say nothing else
    assert said["w18"].pop("batch")
    assert said["w18"] == {"on": "2024-01-05", "stage": "works", "measures": {"laid": 0.1 + 0.2}, "illustrative": True}
    assert store.ledger.measures_on("work", date(2024, 1, 5))["w6"] == {"laid": 5.5}
    assert "w6" not in store.ledger.measures_on("work", date(2024, 1, 4))
    assert store.ledger.stages_on("work", date(2024, 1, 4))["w6"].stage == "planned"
    assert store.ledger.verify().ok


def test_many_at_once_leave_the_tables_as_they_were(tmp_path: Path, clock: Clock) -> None:
    store = GeoPackageStore.create(tmp_path / "w", staged_catalogue(tmp_path / "layers"), clock=clock)
    path = tmp_path / "w" / "yzgeo.gpkg"
    rules = "SELECT type, name, sql FROM sqlite_master WHERE tbl_name LIKE 'yzgeo_ledger%' ORDER BY type, name"
    before = stored(path, rules)
    store.write("work", put=works(COUNT, **table(COUNT)), provenance=BY)
    assert store.ledger.revision() >= COUNT * 3 / 4
    assert store.ledger.verify().ok
    assert stored(path, rules) == before
    assert {name for _, name, _ in before} >= set(ledger_openings._SET_ASIDE)
    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        stored(path, "INSERT OR REPLACE INTO yzgeo_ledger SELECT * FROM yzgeo_ledger LIMIT 1")
    # A second batch finds a longer ledger than itself, and a person's word on top is heard.
    store.write("work", put=works(COUNT + 5, **table(COUNT + 5)), provenance=BY)
    store.ledger.record(event(1, "w2", days=9, to="paused", reason="雨季"), admit)
    assert store.ledger.verify().ok


def test_a_batch_that_fails_leaves_the_rules_in_force(
    tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = GeoPackageStore.create(tmp_path / "w", staged_catalogue(tmp_path / "layers"), clock=clock)
    path = tmp_path / "w" / "yzgeo.gpkg"
    rules = "SELECT type, name, sql FROM sqlite_master ORDER BY type, name"
    before = stored(path, rules)

    def fail(*_: object) -> None:
        raise StorageError(path="", reason="full")

    monkeypatch.setattr(ledger_openings, "store", fail)
    with pytest.raises(StorageError):
        store.write("work", put=works(COUNT, **table(COUNT)), provenance=BY)
    assert stored(path, rules) == before
    assert store.ledger.revision() == 0


@pytest.mark.parametrize("actor", ["王", "o'neil ?1 50%", ""])
def test_who_imports_is_stored_as_named(backend: Backend, staged: Catalogue, actor: str) -> None:
    store = backend.create(staged)
    store.write("work", put=works(stage=["works"] * 3), provenance=replace(BY, actor=actor))
    assert {each.actor for each in store.ledger.chain()} == {actor}
    assert store.ledger.verify().ok
