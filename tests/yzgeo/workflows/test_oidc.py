"""Claims and accounts; the whole way with a real provider is in tests/api/routes/test_oidc.py."""

from __future__ import annotations

from typing import Any

import pytest

from yzgeo.errors import SignInRefusedError
from yzgeo.workflows import oidc
from yzgeo.workflows.accounts import change_account
from yzgeo.workflows.oidc import Pending, Provider
from yzgeo.workflows.workspace import Workspace

NOWHERE = Provider("http://127.0.0.1:9", "yzgeo", "secret", "http://test/back")
WU: dict[str, Any] = {"sub": "u-2", "preferred_username": "wu", "role": "viewer"}


def test_a_provider_that_does_not_answer_is_a_refusal() -> None:
    with pytest.raises(SignInRefusedError):
        oidc.begin(NOWHERE)
    pending = Pending("state", "nonce", "verifier")
    for state in ("state", "other", "状态"):
        with pytest.raises(SignInRefusedError):
            oidc.finish(NOWHERE, pending, state=state, code="code")


def test_the_secret_is_not_shown() -> None:
    assert "secret" not in repr(NOWHERE)


def test_without_a_table_the_claim_names_the_role(workspace: Workspace) -> None:
    made = oidc.account_for(workspace.store, NOWHERE, WU, address="10.0.0.1")
    assert (made.name, made.role, made.origin) == ("wu", "viewer", "http://127.0.0.1:9 u-2")
    again = oidc.account_for(workspace.store, NOWHERE, {**WU, "role": "bureau"}, address="10.0.0.1")
    assert (again.name, again.role) == ("wu", "bureau")
    assert [line.deed.kind for line in workspace.store.people.audit(9)] == ["account_changed", "account_made"]


def test_who_was_disabled_here_stays_out(workspace: Workspace) -> None:
    oidc.account_for(workspace.store, NOWHERE, WU, address="")
    change_account(workspace.store, "wu", disabled=True)
    with pytest.raises(SignInRefusedError):
        oidc.account_for(workspace.store, NOWHERE, WU, address="")


@pytest.mark.parametrize("streets", [["1", "2"], "1,2", "1 2"])
def test_street_offices_in_every_spelling(workspace: Workspace, streets: object) -> None:
    claims = {**WU, "role": "field", "subdistricts": streets}
    assert oidc.account_for(workspace.store, NOWHERE, claims, address="").subdistricts == ("1", "2")


@pytest.mark.parametrize("name", ["a/b", "*", "wu li", "wu\n", "yzgeo", "w" * 65])
def test_a_name_that_no_account_can_have_makes_none(workspace: Workspace, name: str) -> None:
    """Its holder chooses it there, and could not be managed here, or would act under the program's name."""
    with pytest.raises(SignInRefusedError):
        oidc.account_for(workspace.store, NOWHERE, {**WU, "preferred_username": name}, address="")
    assert workspace.store.accounts() == []


def test_the_last_administrator_is_not_lowered_from_outside(workspace: Workspace) -> None:
    oidc.account_for(workspace.store, NOWHERE, {**WU, "role": "admin"}, address="")
    with pytest.raises(SignInRefusedError):
        oidc.account_for(workspace.store, NOWHERE, WU, address="")
    found = workspace.store.account("wu")
    assert found is not None
    assert found.role == "admin"
