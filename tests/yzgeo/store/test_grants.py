"""Grants in the tables; the contract of people tells the rest."""

from __future__ import annotations

from datetime import timedelta

from tests.yzgeo.store.conftest import Backend, Clock
from tests.yzgeo.store.test_people import ADMIN, MADE, token
from yzgeo.store.base import Store
from yzgeo.store.grants import grant_id
from yzgeo.store.people import Deed


def test_a_grant_is_named_by_the_beginning_of_a_hash() -> None:
    assert grant_id("0123456789abcdef" + "f" * 48) == "0123456789abcdef"


def test_run_out_grants_are_forgotten_with_the_next_one(store: Store, backend: Backend, clock: Clock) -> None:
    store.people.put_account(ADMIN, deed=MADE)
    for letter in "abc":
        store.people.put_grant(letter * 64, token(clock), deed=Deed("token_made"))
        clock.advance(hours=2)
    assert backend.look("SELECT token_hash FROM yzgeo_session") == [("c" * 64,)]


def test_a_session_from_before_is_a_grant_too(store: Store, clock: Clock) -> None:
    store.put_account(ADMIN)
    store.put_session("d" * 64, "admin", expires_at=clock.now + timedelta(hours=1))
    [grant] = store.people.grants("admin", now=clock.now)
    assert (grant.kind, grant.created_at, grant.last_used_at) == ("session", None, None)
