"""Accounts on their own; the contract tells the rest."""

from __future__ import annotations

from datetime import timedelta

from tests.yzgeo.store.conftest import Backend, Clock
from yzgeo.store.base import Account, Store


def test_run_out_sessions_are_forgotten(store: Store, backend: Backend, clock: Clock) -> None:
    store.put_account(Account("admin", "admin"))
    for turn in range(5):
        store.put_session(f"t{turn}", "admin", expires_at=clock.now + timedelta(hours=1))
        clock.advance(hours=2)
    assert backend.look("SELECT token_hash FROM yzgeo_session") == [("t4",)]


def test_zones_do_not_matter(store: Store, clock: Clock) -> None:
    from datetime import timezone

    china = timezone(timedelta(hours=8))
    store.put_account(Account("admin", "admin"))
    store.put_session("t", "admin", expires_at=(clock.now + timedelta(minutes=1)).astimezone(china))
    assert store.session("t", now=clock.now) is not None
    assert store.session("t", now=(clock.now + timedelta(minutes=2)).astimezone(china)) is None
