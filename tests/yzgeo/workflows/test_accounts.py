from __future__ import annotations

import pytest
from argon2 import PasswordHasher

from yzgeo.errors import ParameterError
from yzgeo.workflows.accounts import add_account, generate_password
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
