"""Administering accounts over HTTP."""

from __future__ import annotations

import pytest

from api import models
from tests.api.conftest import PASSWORD

OURS = {"X-Requested-With": "x"}


def make(client, name: str, role: str = "viewer", **more):
    return client.post("/api/accounts", json={"name": name, "role": role, **more}, headers=OURS)


def change(client, name: str, **what):
    return client.request("PATCH", f"/api/accounts/{name}", json=what, headers=OURS)


def test_an_administrator_lets_someone_in(connect) -> None:
    admin, person = connect("admin"), connect()
    answer = make(admin, "王五")
    made = models.AccountMade.model_validate(answer.json())
    assert (answer.status_code, made.role, made.disabled, made.external) == (201, "viewer", False, False)
    assert made.password is not None
    assert person.sign_in("王五", made.password).status_code == 200
    listed = admin.get("/api/accounts")
    assert made.password not in listed.text
    assert "argon2" not in listed.text
    assert "王五" in [each.name for each in models.Accounts.model_validate(listed.json()).accounts]
    given = make(admin, "zhao", "field", subdistricts=["211202001"], password="long enough").json()
    assert given["password"] is None
    assert given["subdistricts"] == ["211202001"]


def test_disabling_ends_sessions_and_tokens_at_once(connect) -> None:
    admin, person = connect("admin"), connect("planner")
    token = person.post("/api/auth/tokens", json={"name": "QGIS"}, headers=OURS).json()["token"]
    bearer = {"Authorization": f"Bearer {token}"}
    assert change(admin, "planner", disabled=True).json()["disabled"] is True
    assert person.get("/api/auth/me").json()["role"] == "anonymous"
    assert connect().get("/api/auth/me", headers=bearer).status_code == 401
    assert connect().sign_in("planner").status_code == 401
    change(admin, "planner", disabled=False)
    assert person.get("/api/auth/me").json()["role"] == "anonymous", "what was ended stays ended"
    assert connect().sign_in("planner").status_code == 200


def test_a_new_password_ends_sessions_too(connect) -> None:
    admin, person = connect("admin"), connect("planner")
    assert change(admin, "planner", password="something else").status_code == 200
    assert person.get("/api/auth/me").json()["role"] == "anonymous"
    assert connect().sign_in("planner", PASSWORD).status_code == 401
    assert connect().sign_in("planner", "something else").status_code == 200


def test_another_role_counts_from_the_next_request_on(connect) -> None:
    admin, person = connect("admin"), connect("planner")
    assert person.get("/ogc/collections/pipe_segment").status_code == 200
    assert change(admin, "planner", role="field", subdistricts=["211202002"]).status_code == 200
    assert person.get("/ogc/collections/pipe_segment").status_code == 404
    assert person.get("/api/auth/me").json()["subdistricts"] == ["211202002"]


def test_the_last_administrator_stays(connect) -> None:
    admin = connect("admin")
    for what in ({"disabled": True}, {"role": "viewer"}):
        answer = change(admin, "admin", **what)
        assert (answer.status_code, answer.json()["code"]) == (409, "last_administrator")
    assert make(admin, "second", "admin", password="long enough").status_code == 201
    assert change(admin, "admin", role="viewer").status_code == 200


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"name": "a b", "role": "viewer"}, "parameter_invalid"),
        ({"name": "a", "role": "anonymous"}, "parameter_invalid"),
        ({"name": "a", "role": "field"}, "parameter_invalid"),
        ({"name": "a", "role": "viewer", "password": "short"}, "parameter_invalid"),
        ({"name": "viewer", "role": "admin"}, "account_exists"),
        ({"name": "a", "role": "viewer", "disabled": False}, "body_invalid"),
    ],
)
def test_what_cannot_be_made(connect, workspace, body: dict[str, object], code: str) -> None:
    before = list(workspace.store.accounts())
    assert connect("admin").post("/api/accounts", json=body, headers=OURS).json()["code"] == code
    assert list(workspace.store.accounts()) == before


def test_an_unknown_account(connect) -> None:
    assert change(connect("admin"), "nobody", role="viewer").status_code == 404


@pytest.mark.parametrize("role", [None, "viewer", "field", "planner", "bureau"])
def test_nobody_else_administers(connect, workspace, role: str | None) -> None:
    client, before = connect(role), list(workspace.store.accounts())
    for answer in (client.get("/api/accounts"), make(client, "x"), change(client, role or "viewer", role="admin")):
        assert answer.status_code == 403
    assert list(workspace.store.accounts()) == before
