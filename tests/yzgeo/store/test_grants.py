"""Grants in the file; the contract of people tells the rest."""

from __future__ import annotations

import sqlite3
from datetime import timedelta

from tests.yzgeo.store.conftest import Clock
from tests.yzgeo.store.test_people import ADMIN, MADE, token
from yzgeo.store.grants import grant_id
from yzgeo.store.people import Deed
from yzgeo.store.sqlite import GeoPackageStore


def test_a_grant_is_named_by_the_beginning_of_a_hash() -> None:
    assert grant_id("0123456789abcdef" + "f" * 48) == "0123456789abcdef"


def test_run_out_grants_are_forgotten_with_the_next_one(geopackage: GeoPackageStore, clock: Clock) -> None:
    geopackage.people.put_account(ADMIN, deed=MADE)
    for letter in "abc":
        geopackage.people.put_grant(letter * 64, token(clock), deed=Deed("token_made"))
        clock.advance(hours=2)
    connection = sqlite3.connect(geopackage.path)
    assert connection.execute("SELECT token_hash FROM yzgeo_session").fetchall() == [("c" * 64,)]
    connection.close()


def test_a_session_from_before_is_a_grant_too(geopackage: GeoPackageStore, clock: Clock) -> None:
    geopackage.put_account(ADMIN)
    geopackage.put_session("d" * 64, "admin", expires_at=clock.now + timedelta(hours=1))
    [grant] = geopackage.people.grants("admin", now=clock.now)
    assert (grant.kind, grant.created_at, grant.last_used_at) == ("session", None, None)
