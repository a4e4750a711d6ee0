"""Accounts on their own; the contract tells the rest."""

from __future__ import annotations

import sqlite3
from datetime import timedelta

from tests.yzgeo.store.conftest import Clock
from yzgeo.store.base import Account
from yzgeo.store.sqlite import GeoPackageStore


def test_run_out_sessions_are_forgotten(geopackage: GeoPackageStore, clock: Clock) -> None:
    geopackage.put_account(Account("admin", "admin"))
    for turn in range(5):
        geopackage.put_session(f"t{turn}", "admin", expires_at=clock.now + timedelta(hours=1))
        clock.advance(hours=2)
    connection = sqlite3.connect(geopackage.path)
    assert connection.execute("SELECT token_hash FROM yzgeo_session").fetchall() == [("t4",)]
    connection.close()


def test_zones_do_not_matter(geopackage: GeoPackageStore, clock: Clock) -> None:
    from datetime import timezone

    china = timezone(timedelta(hours=8))
    geopackage.put_account(Account("admin", "admin"))
    geopackage.put_session("t", "admin", expires_at=(clock.now + timedelta(minutes=1)).astimezone(china))
    assert geopackage.session("t", now=clock.now) is not None
    assert geopackage.session("t", now=(clock.now + timedelta(minutes=2)).astimezone(china)) is None
