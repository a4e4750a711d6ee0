from __future__ import annotations

import pytest
from argon2 import PasswordHasher

from yzgeo.errors import AccountExistsError, LastAdministratorError, NotFoundError, ParameterError
from yzgeo.workflows.accounts import (
    By,
    add_account,
    change_account,
    describe_account,
    generate_password,
    set_password,
)
from yzgeo.workflows.workspace import Workspace


def test_an_account_is_stored_with_a_hash_only(workspace: Workspace) -> None:
    add_account(workspace.store, "张工", role="field", password="correct horse", subdistricts=("211202001",))
    account = workspace.store.account("张工")
    assert account is not None
    assert (account.role, account.subdistricts) == ("field", ("211202001",))
    assert "correct horse" not in account.password_hash
    assert PasswordHasher().verify(account.password_hash, "correct horse")


@pytest.mark.parametrize(
    ("name", "role", "password", "wrong"),
    [
        ("a b", "viewer", "long enough", "name"),
        ("", "viewer", "long enough", "name"),
        ("a\n", "viewer", "long enough", "name"),
        ("yzgeo", "viewer", "long enough", "name"),
        ("a", "anonymous", "long enough", "role"),
        ("a", "king", "long enough", "role"),
        ("a", "viewer", "short", "password"),
        ("a", "field", "long enough", "subdistrict"),
    ],
)
def test_what_cannot_be_an_account(workspace: Workspace, name: str, role: str, password: str, wrong: str) -> None:
    with pytest.raises(ParameterError) as refusal:
        add_account(workspace.store, name, role=role, password=password)
    assert refusal.value.fields["name"] == wrong
    assert workspace.store.accounts() == []


def test_generated_passwords_differ_and_are_long() -> None:
    made = {generate_password() for _ in range(100)}
    assert len(made) == 100
    assert min(map(len, made)) >= 16


def test_the_audit_tells_each_change_once_and_what_it_was_before(workspace: Workspace) -> None:
    store, by = workspace.store, By("chen", "admin", "10.0.0.1")
    add_account(store, "li", role="viewer", password="long enough", by=by)
    change_account(store, "li", role="field", subdistricts=["211202001"], by=by)
    change_account(store, "li", role="field", by=by)  # nothing changes, nothing is told
    set_password(store, "li", "another one", by=by)
    change_account(store, "li", disabled=True, by=by)
    found = [(line.deed.kind, dict(line.deed.details)) for line in reversed(store.people.audit(10))]
    field = {"role": "field", "subdistricts": ["211202001"]}
    assert found == [
        ("account_made", {"role": "viewer", "subdistricts": []}),
        ("account_changed", {**field, "role_before": "viewer", "subdistricts_before": []}),
        ("password_changed", field),
        ("account_disabled", field),
    ]
    assert {(line.deed.actor, line.deed.role, line.deed.address) for line in store.people.audit(10)} == {
        ("chen", "admin", "10.0.0.1")
    }


def test_one_administrator_stays(workspace: Workspace) -> None:
    store = workspace.store
    add_account(store, "one", role="admin", password="long enough")
    for change in ({"disabled": True}, {"role": "viewer"}):
        with pytest.raises(LastAdministratorError):
            change_account(store, "one", **change)
    with pytest.raises(LastAdministratorError):
        add_account(store, "one", role="viewer", password="long enough")
    add_account(store, "two", role="admin", password="long enough")
    change_account(store, "one", disabled=True)
    with pytest.raises(LastAdministratorError):
        change_account(store, "two", role="planner")


def test_a_fresh_account_replaces_none(workspace: Workspace) -> None:
    add_account(workspace.store, "li", role="viewer", password="long enough")
    with pytest.raises(AccountExistsError):
        add_account(workspace.store, "li", role="admin", password="long enough", fresh=True)
    assert [describe_account(each)["role"] for each in workspace.store.accounts()] == ["viewer"]


def test_what_is_not_there_cannot_be_changed(workspace: Workspace) -> None:
    with pytest.raises(NotFoundError):
        change_account(workspace.store, "nobody", role="viewer")
    with pytest.raises(NotFoundError):
        set_password(workspace.store, "nobody", "long enough")
