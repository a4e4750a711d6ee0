"""Every entrance, every file that leaves and every change of an account leaves a line."""

from __future__ import annotations

from pathlib import Path

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


def test_what_the_page_takes_out_of_itself_leaves_a_line(connect) -> None:
    person, admin = connect("planner", address="10.0.0.7"), connect("admin")
    told = {"file": "进展 2024-06-30.xlsx", "format": "XLSX", "rows": 12}
    assert person.post("/api/exports", json=told, headers=OURS).status_code == 204
    [line] = lines(admin, "?kind=export")
    assert (line.actor, line.role, line.address) == ("planner", "planner", "10.0.0.7")
    assert (line.subject, line.details) == ("page", told)
    for wrong in ({"file": ""}, {"file": "a\nb"}, {"format": "EXE"}, {"rows": -1}, {"actor": "li"}):
        assert person.post("/api/exports", json={**told, **wrong}, headers=OURS).status_code == 422, wrong
    assert len(lines(admin, "?kind=export")) == 1


def test_nobody_fills_the_disk_with_lines(workspace, settings) -> None:
    stranger = Client(create_app(settings.model_copy(update={"sign_in_per_minute": 3}), workspace.store))
    told = {"file": "a.csv", "format": "CSV", "rows": 1}
    answers = [stranger.post("/api/exports", json=told, headers=OURS).status_code for _ in range(5)]
    assert answers == [204] * 3 + [429] * 2
    assert stranger.sign_in("viewer").status_code == 200, "signing in is counted apart"
    assert stranger.post("/api/exports", json=told, headers=OURS).status_code == 204
    stranger.close()


def test_a_phone_that_takes_everything_leaves_a_line(connect) -> None:
    field, admin = connect("field"), connect("admin")
    first = field.get("/api/sync").json()
    assert field.get("/api/sync", params={"since": first["token"]}).status_code == 200
    assert connect("viewer").get("/api/sync").status_code == 403
    assert [(each.actor, each.subject) for each in lines(admin, "?kind=download")] == [("field", "/api/sync")]


# Files that OpenAPI promises, and the test that finds their line of the audit; pages, tiles and figures are reading.
FILES = {
    "/api/layers/{layer_id}/download": "test_downloads.py",
    "/api/download": "test_downloads.py",
    "/api/attachments/{sha256}": "test_audit.py",
    "/api/imports/{import_id}/rejected.{ending}": "test_imports.py",
    "/api/runs/{run_id}/uncovered.xlsx": "test_runs.py",
}
READING = {"html", "json", "mapbox-vector-tile", "text/plain", "x-protobuf", "style", "qgis"}


def test_every_file_that_is_promised_has_a_test_of_its_line(client) -> None:
    promised = {
        path
        for path, methods in client.get("/openapi.json").json()["paths"].items()
        for kind in methods.get("get", {}).get("responses", {}).get("200", {}).get("content", {})
        if not any(word in kind for word in READING)
    }
    assert promised == set(FILES)
    for test in set(FILES.values()):
        assert "kind=download" in (Path(__file__).parent / test).read_text(encoding="utf-8"), test


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
