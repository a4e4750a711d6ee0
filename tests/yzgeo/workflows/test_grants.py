"""Sessions and tokens without HTTP."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from yzgeo.errors import NotFoundError, ParameterError
from yzgeo.store.base import Account
from yzgeo.workflows import grants
from yzgeo.workflows.accounts import By, add_account
from yzgeo.workflows.workspace import Workspace

BY = By("li", "viewer", "10.0.0.1")


@pytest.fixture
def account(workspace: Workspace) -> Account:
    return add_account(workspace.store, "li", role="viewer", password="long enough")


def test_a_hash_is_not_the_token() -> None:
    assert grants.hash_token("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def test_a_role_of_a_newer_program_opens_nothing() -> None:
    assert grants.caller_from(Account("x", "king")).role == "anonymous"


def test_sessions_and_tokens_are_listed_apart(workspace: Workspace, account: Account) -> None:
    session = grants.open_session(workspace.store, account, hours=2, by=BY)
    token = grants.make_token(workspace.store, account, label=" QGIS ", days=3, by=BY)
    assert grants.list_grants(workspace.store, "session", "li") == [session.grant]
    assert grants.list_grants(workspace.store, "token", None) == [token.grant]
    assert (session.grant.expires_at - datetime.now(UTC)) < timedelta(hours=2)
    assert (token.grant.label, session.caller.name) == ("QGIS", "li")
    held = workspace.store.people.holder(grants.hash_token(token.token), now=datetime.now(UTC))
    assert held == (account, token.grant)
    assert session.token != token.token
    [told] = grants.describe_grants([token.grant])
    assert token.token not in str(told)
    lines = workspace.store.people.audit(2)
    assert [(line.deed.kind, line.deed.actor, line.deed.address) for line in lines] == [
        ("token_made", "li", "10.0.0.1"),
        ("sign_in", "li", "10.0.0.1"),
    ]
    assert lines[0].deed.details == {"id": token.grant.id, "label": "QGIS", "days": 3}


@pytest.mark.parametrize(("label", "days"), [("", 3), ("  ", 3), ("x" * 101, 3), ("x", 0), ("x", 367)])
def test_what_cannot_be_a_token(workspace: Workspace, account: Account, label: str, days: float) -> None:
    with pytest.raises(ParameterError):
        grants.make_token(workspace.store, account, label=label, days=days, by=BY)
    assert grants.list_grants(workspace.store, "token", None) == []


def test_taking_back_is_for_the_right_kind_and_holder(workspace: Workspace, account: Account) -> None:
    made = grants.make_token(workspace.store, account, label="x", days=1, by=BY).grant
    for kind, of in (("session", "li"), ("token", "chen")):
        with pytest.raises(NotFoundError):
            grants.revoke(workspace.store, kind, made.id, account=of, by=BY)  # type: ignore[arg-type]
    assert grants.revoke(workspace.store, "token", made.id, account="li", by=BY) == made
    with pytest.raises(NotFoundError):
        grants.revoke(workspace.store, "token", made.id, account="li", by=BY)


def test_signing_out_twice_is_told_once(workspace: Workspace, account: Account) -> None:
    token = grants.open_session(workspace.store, account, hours=1, by=BY).token
    for _ in range(2):
        grants.sign_out(workspace.store, token, address="10.0.0.2")
    grants.sign_out(workspace.store, "unknown")
    lines = [line.deed for line in workspace.store.people.audit(10) if line.deed.kind == "sign_out"]
    assert [(deed.actor, deed.address) for deed in lines] == [("li", "10.0.0.2")]
