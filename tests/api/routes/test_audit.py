"""Every entrance, every file that leaves and every change of an account leaves a line."""

from __future__ import annotations

import pytest

from api import models
from api.main import create_app
from tests.api.conftest import PASSWORD, Client
from tests.api.routes.test_attachments import send

OURS = {"X-Requested-With": "x"}


def lines(client, query: str = "") -> list[models.AuditLineTold]:
    return models.Audit.model_validate(client.get(f"/api/audit{query}").json()).lines


def test_coming_and_going(connect) -> None:
    admin, person = connect("admin", address="10.0.0.9"), connect("viewer", address="10.0.0.7")
    person.post("/api/auth/logout", headers=OURS)
    connect(address="10.0.0.8").sign_in("viewer", "wrong")
    connect(address="10.0.0.8").sign_in("my secret password", "x")
    told = [(each.kind, each.actor, each.role, each.address) for each in lines(admin)]
    assert told == [
        ("sign_in_refused", None, None, "10.0.0.8"),
        ("sign_in_refused", "viewer", None, "10.0.0.8"),
        ("sign_out", "viewer", "viewer", "10.0.0.7"),
        ("sign_in", "viewer", "viewer", "10.0.0.7"),
        ("sign_in", "admin", "admin", "10.0.0.9"),
    ]
    whole = admin.get("/api/audit").text
    assert "my secret password" not in whole, "a password typed into the wrong box is not kept"
    assert PASSWORD not in whole


def test_a_locked_account_is_told(workspace, settings) -> None:
    own = Client(create_app(settings.model_copy(update={"sign_in_failures": 2}), workspace.store))
    for password in ("wrong", "wrong", PASSWORD):
        own.sign_in("viewer", password)
    own.sign_in("admin")
    assert [each.kind for each in lines(own, "?actor=viewer")] == ["sign_in_locked", *["sign_in_refused"] * 2]
    own.close()


def test_accounts_and_tokens(connect) -> None:
    admin = connect("admin")
    admin.post("/api/accounts", json={"name": "li", "role": "viewer"}, headers=OURS)
    for what in ({"role": "planner"}, {"disabled": True}, {"disabled": False}, {"password": "long enough"}):
        admin.request("PATCH", "/api/accounts/li", json=what, headers=OURS)
    admin.request("PATCH", "/api/accounts/li", json={"role": "planner"}, headers=OURS)  # changes nothing
    made = admin.post("/api/auth/tokens", json={"name": "QGIS"}, headers=OURS).json()
    admin.request("DELETE", f"/api/auth/tokens/{made['id']}", headers=OURS)
    told = lines(admin)
    assert [(each.kind, each.subject) for each in told[:-1]] == [
        ("token_revoked", "admin"),
        ("token_made", "admin"),
        ("password_changed", "li"),
        ("account_enabled", "li"),
        ("account_disabled", "li"),
        ("account_changed", "li"),
        ("account_made", "li"),
    ]
    assert {each.actor for each in told} == {"admin"}
    changed = next(each for each in told if each.kind == "account_changed")
    assert changed.details == {"role": "planner", "role_before": "viewer", "subdistricts": []}
    text = admin.get("/api/audit").text
    assert made["token"] not in text
    assert "argon2" not in text


def test_a_file_that_is_taken_leaves_a_line(connect) -> None:
    person, admin = connect("planner"), connect("admin")
    kept = send(person).json()
    taken = person.get(kept["address"])
    assert taken.status_code == 200
    [line] = lines(admin, "?kind=download")
    assert (line.actor, line.role, line.subject) == ("planner", "planner", kept["address"])
    assert line.details == {"bytes": kept["bytes"], "file": f"{kept['sha256'][:12]}.pdf"}
    person.request("HEAD", kept["address"])
    person.get(f"/api/attachments/{'0' * 64}")
    person.get("/ogc/collections/road/items")
    assert len(lines(admin, "?kind=download")) == 1, "no file left"


def test_pages_times_and_kinds(connect) -> None:
    admin = connect("admin")
    for _ in range(3):
        connect("viewer")
    first = admin.get("/api/audit?limit=2").json()
    second = admin.get(f"/api/audit?limit=2&before={first['before']}").json()
    numbers = [each["number"] for each in first["lines"] + second["lines"]]
    assert numbers == sorted(numbers, reverse=True)
    assert len(set(numbers)) == 4
    assert len(lines(admin, "?since=2024-01-01")) == 4
    assert lines(admin, "?since=2999-01-01T00:00:00Z") == []
    assert lines(admin, "?actor=") == []
    assert admin.get("/api/audit?kind=nonsense").json()["code"] == "parameter_invalid"


@pytest.mark.parametrize("role", [None, "viewer", "field", "planner", "bureau"])
def test_nobody_else_reads_it(connect, role: str | None) -> None:
    assert connect(role).get("/api/audit").status_code == 403
