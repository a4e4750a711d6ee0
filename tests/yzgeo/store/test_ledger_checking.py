"""Layers that say something else than the ledger are found, and put right."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.yzgeo.store.conftest import BY, Backend
from tests.yzgeo.store.ledger_samples import admit, approval, event, staged_catalogue
from tests.yzgeo.store.test_ledger import works
from yzgeo.store.base import Store


@pytest.fixture
def store(backend: Backend, tmp_path: Path) -> Store:
    store = backend.create(staged_catalogue(tmp_path / "layers"))
    store.write("work", put=works(), provenance=BY)
    store.ledger.record(event(1, to="works"), admit)
    store.ledger.record(event(2, kind="measure", laid=4.0), admit)
    store.ledger.record(event(3, days=1, to="finished"), admit)
    store.ledger.record(event(4, "w2", to="works"), admit)
    store.ledger.record(event(5, "w2", to="finished", days=2), admit)
    store.ledger.record(approval(6, 5, "w2", days=2), admit)
    return store


DAMAGE = {
    "UPDATE work SET stage = 'finished' WHERE uid = 'w1'": ("w1", "stage"),
    "UPDATE work SET stage_date = NULL WHERE uid = 'w1'": ("w1", "stage_date"),
    "UPDATE work SET laid = 5 WHERE uid = 'w1'": ("w1", "laid"),
    "UPDATE work SET stage = 'works' WHERE uid = 'w3'": ("w3", "stage"),
    "UPDATE yzgeo_ledger_state SET stage = 'planned' WHERE uid = 'w2'": ("w2", "ledger_state"),
    "UPDATE yzgeo_ledger_interval SET end_day = '2024-01-02' WHERE uid = 'w1' AND stage = 'works'": (
        "w1",
        "ledger_interval",
    ),
    "DELETE FROM yzgeo_ledger_interval WHERE uid = 'w2'": ("w2", "ledger_interval"),
    "UPDATE yzgeo_ledger_measure SET value = 3": ("w1", "ledger_measure"),
    "DELETE FROM yzgeo_ledger_pending": ("w1", "ledger_pending"),
}


@pytest.mark.parametrize("statement", sorted(DAMAGE))
def test_a_difference_is_found_and_rebuilt(store: Store, backend: Backend, statement: str) -> None:
    backend.tamper(statement)
    verdict = store.ledger.verify()
    assert verdict.broken is None
    assert [(each.uid, each.field) for each in verdict.differences] == [DAMAGE[statement]]
    before = store.ledger.revision()
    assert store.ledger.rebuild() == (1 if "UPDATE work " in statement else 0)
    assert store.ledger.verify().ok
    assert store.ledger.revision() == before
    store.check()
