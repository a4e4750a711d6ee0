"""Who may come in, asked of every kind of store."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.yzgeo.store.conftest import Clock
from yzgeo.errors import NotFoundError
from yzgeo.store.base import Account, Store
from yzgeo.store.people import Deed, Grant, PeopleStore

ADMIN = Account("admin", "admin", (), "hash")
MADE = Deed("account_made", actor="cli:root", subject="admin")


def token(clock: Clock, *, hours: float = 1, account: str = "admin", label: str = "") -> Grant:
    return Grant("", "token", account, label, "10.0.0.1", clock.now, clock.now + timedelta(hours=hours), None)


def kinds(store: Store) -> list[str]:
    return [line.deed.kind for line in store.people.audit(100)]


def test_a_store_of_people(store: Store) -> None:
    assert isinstance(store.people, PeopleStore)


def test_a_change_of_an_account_is_stored_with_its_line(store: Store) -> None:
    store.people.put_account(ADMIN, deed=MADE)
    assert store.account("admin") == ADMIN
    [line] = store.people.audit(10)
    assert line.deed == MADE


def test_nobody_is_stored_without_a_line_nor_a_line_without_anybody(store: Store) -> None:
    loop: dict[str, object] = {}
    loop["me"] = loop
    with pytest.raises(ValueError, match="Circular"):
        store.people.put_account(ADMIN, deed=Deed("account_made", details=loop))
    assert store.account("admin") is None
    assert kinds(store) == []


def test_an_account_from_elsewhere(store: Store) -> None:
    one = Account("li", "viewer", (), "", origin="https://id.example sub-1")
    store.people.put_account(one, deed=MADE)
    store.people.put_account(ADMIN, deed=MADE)
    assert store.people.from_origin("https://id.example sub-1") == one
    assert store.people.from_origin("https://id.example sub-2") is None
    assert store.people.from_origin("") is None


def test_a_grant_until_it_runs_out(store: Store, clock: Clock) -> None:
    store.people.put_account(ADMIN, deed=MADE)
    store.people.put_grant("a" * 64, token(clock, label="QGIS"), deed=Deed("token_made"))
    found = store.people.holder("a" * 64, now=clock.now)
    assert found is not None
    assert found[0] == ADMIN
    assert (found[1].id, found[1].kind, found[1].label, found[1].address) == ("a" * 16, "token", "QGIS", "10.0.0.1")
    assert found[1].created_at == clock.now
    assert store.people.holder("a" * 64, now=clock.now + timedelta(hours=1)) is None
    assert store.people.holder("b" * 64, now=clock.now) is None
    assert store.people.grants("admin", now=clock.now + timedelta(hours=1)) == []
    with pytest.raises(NotFoundError):
        store.people.put_grant("c" * 64, token(clock, account="nobody"), deed=Deed("token_made"))
    assert kinds(store) == ["token_made", "account_made"]


def test_grants_are_listed_newest_first_and_taken_back(store: Store, clock: Clock) -> None:
    for name in ("admin", "other"):
        store.people.put_account(Account(name, "admin", (), "hash"), deed=MADE)
    for letter, account in (("a", "admin"), ("b", "other"), ("c", "admin"), ("d", "admin")):
        store.people.put_grant(letter * 64, token(clock, account=account), deed=Deed("token_made"))
        clock.advance(minutes=1)
    assert [each.id[0] for each in store.people.grants("admin", now=clock.now)] == ["d", "c", "a"]
    assert [each.id[0] for each in store.people.grants(now=clock.now)] == ["d", "c", "b", "a"]
    gone = Deed("token_revoked", subject="admin")
    assert store.people.drop_grants("admin", ids=["b" * 16], deed=gone) == 0, "another one's"
    assert kinds(store)[0] == "token_made", "what did not happen is not told"
    assert store.people.drop_grants("admin", ids=["c" * 16], deed=gone) == 1
    assert store.people.holder("c" * 64, now=clock.now) is None
    assert store.people.drop_grants("admin", deed=gone) == 2
    assert [each.account for each in store.people.grants(now=clock.now)] == ["other"]
    assert kinds(store)[:2] == ["token_revoked", "token_revoked"]


@pytest.mark.parametrize("changed", [Account("admin", "admin", (), "new"), Account("admin", "admin", (), "hash", True)])
def test_a_new_password_or_disabling_ends_tokens_too(store: Store, clock: Clock, changed: Account) -> None:
    store.people.put_account(ADMIN, deed=MADE)
    store.people.put_grant("a" * 64, token(clock), deed=Deed("token_made"))
    store.people.put_account(Account("admin", "viewer", (), "hash"), deed=Deed("account_changed"))
    found = store.people.holder("a" * 64, now=clock.now)
    assert found is not None
    assert found[0].role == "viewer"
    store.people.put_account(changed, deed=Deed("account_changed"))
    assert store.people.holder("a" * 64, now=clock.now) is None


def test_last_use(store: Store, clock: Clock) -> None:
    store.people.put_account(ADMIN, deed=MADE)
    store.people.put_grant("a" * 64, token(clock), deed=Deed("token_made"))
    store.people.used({"a" * 64: clock.now + timedelta(minutes=5), "unknown": clock.now})
    [grant] = store.people.grants("admin", now=clock.now)
    assert grant.last_used_at == clock.now + timedelta(minutes=5)


def test_the_audit_is_asked_by_time_person_kind_and_page(store: Store, clock: Clock) -> None:
    for number in range(6):
        actor = "a" if number % 2 else "b"
        store.people.note(Deed("download" if number < 4 else "export", actor=actor, details={"n": number}))
        clock.advance(hours=1)

    def numbers(**asked: object) -> list[int]:
        return [line.deed.details["n"] for line in store.people.audit(10, **asked)]  # type: ignore[arg-type]

    assert numbers() == [5, 4, 3, 2, 1, 0]
    assert numbers(kind="export") == [5, 4]
    assert numbers(actor="a") == [5, 3, 1]
    assert numbers(since=clock.now - timedelta(hours=2)) == [5, 4]
    first = store.people.audit(2)
    assert [line.deed.details["n"] for line in store.people.audit(2, before=first[-1].number)] == [3, 2]
