"""Every kind of store offers what phones need."""

from __future__ import annotations

from yzgeo.store.base import Store
from yzgeo.store.phones import CONFLICT_KINDS, ConflictStore


def test_a_store_keeps_conflicts(store: Store) -> None:
    assert isinstance(store.conflicts, ConflictStore)
    assert len(set(CONFLICT_KINDS)) == len(CONFLICT_KINDS) == 7
