"""Verifying and rebuilding, in the words of the API."""

from __future__ import annotations

from tests.stores import Premises
from tests.yzgeo.workflows.progress.conftest import FIRST, LAYER, clear
from yzgeo.store.base import Store
from yzgeo.workflows import progress


def test_all_is_well(store: Store) -> None:
    clear(store, FIRST, start=1)
    found = progress.verify(store)
    assert (found["ok"], found["events"], found["broken"], found["differences"]) == (True, 8, None, [])
    assert len(found["head"]) == 64


def test_a_broken_chain_is_named(store: Store, premises: Premises) -> None:
    clear(store, FIRST, start=1)
    premises.tamper("UPDATE yzgeo_ledger SET actor = 'somebody' WHERE sequence = 4")
    found = progress.verify(store)
    assert not found["ok"]
    assert (found["broken"]["position"], found["broken"]["reason"]) == (4, "content")
    assert "不同" in found["broken"]["message"]


def test_a_layer_that_says_otherwise_is_put_right(store: Store, premises: Premises) -> None:
    clear(store, FIRST, start=1)
    premises.tamper(f"UPDATE {LAYER} SET stage = 'reused' WHERE code = 'A1'")
    [difference] = progress.verify(store)["differences"]
    assert (difference["stored"], difference["expected"]) == ("reused", "cleared")
    found = progress.rebuild(store)
    assert (found["mended"], found["ok"]) == (1, True)
    assert store.feature(LAYER, FIRST).properties["stage"] == "cleared"


def test_the_illustrative_district_verifies(demo: Store) -> None:
    found = progress.verify(demo)
    assert found["ok"]
    assert found["events"] > 5_000
    assert demo.revision(LAYER) == 1  # features were written with what the ledger already said
