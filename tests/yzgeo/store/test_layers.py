"""The part of the store that speaks of layers; the contract tests are in test_contract.py."""

from __future__ import annotations

from tests.yzgeo.store.conftest import BY, frame
from yzgeo.store.base import Store
from yzgeo.store.layers import GeoPackageLayers


def test_answers_that_are_remembered_follow_a_write(store: Store) -> None:
    assert isinstance(store, GeoPackageLayers)
    assert (store.count("note"), store.bounds("spot"), store.revision("note")) == (0, None, 0)
    store.write("note", put=frame({"n": None}, code=["1"]).drop(columns="geometry"), provenance=BY)
    assert (store.count("note"), store.revision("note")) == (1, 1)
    assert store.tally("note", "code") == {"1": 1}
