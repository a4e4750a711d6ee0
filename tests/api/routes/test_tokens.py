"""Tokens for programs: shown once, listed, used, taken back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from api import models
from tests.api.conftest import PASSWORD, Client

OURS = {"X-Requested-With": "x"}
TOKENS = "/api/auth/tokens"


def make(client, name: str = "QGIS", **more):
    return client.post(TOKENS, json={"name": name, **more}, headers=OURS)


def test_a_token_is_shown_once_and_opens_what_its_account_may_see(connect) -> None:
    person, program = connect("planner"), connect()
    answer = make(person, expires_in_days=30)
    made = models.TokenMade.model_validate(answer.json())
    assert answer.status_code == 201
    assert answer.headers["cache-control"] == "no-store"
    lasting = datetime.fromisoformat(made.expires_at) - datetime.now(UTC)
    assert timedelta(days=29, hours=23) < lasting < timedelta(days=30)
    bearer = {"Authorization": f"Bearer {made.token}"}
    assert program.get("/api/auth/me", headers=bearer).json()["name"] == "planner"
    assert program.get("/ogc/collections/pipe_segment", headers=bearer).status_code == 200
    listed = person.get(TOKENS)
    assert made.token not in listed.text
    [one] = models.Tokens.model_validate(listed.json()).tokens
    assert (one.id, one.name, one.account, one.current) == (made.id, "QGIS", "planner", False)
    revoked = person.request("DELETE", f"{TOKENS}/{made.id}", headers=OURS)
    assert revoked.status_code == 204
    assert program.get("/api/auth/me", headers=bearer).status_code == 401
    assert person.get(TOKENS).json() == {"tokens": []}


def test_the_last_use_is_noted(connect, app) -> None:
    person, program = connect("planner"), Client(app)
    made = make(person).json()
    assert person.get(TOKENS).json()["tokens"][0]["last_used_at"] is None
    assert program.get("/api/auth/me", headers={"Authorization": f"Bearer {made['token']}"}).status_code == 200
    program.close()  # waits for what goes on beside the requests
    used = datetime.fromisoformat(person.get(TOKENS).json()["tokens"][0]["last_used_at"])
    assert abs(datetime.now(UTC) - used) < timedelta(minutes=1)


def test_a_program_makes_no_tokens_and_ends_no_sessions(connect) -> None:
    """A token that leaks must not outlive itself."""
    person, program = connect("admin"), connect()
    made = make(person).json()
    bearer = {"Authorization": f"Bearer {made['token']}"}
    session = person.get("/api/auth/sessions").json()["sessions"][0]["id"]
    for method, path, body in (
        ("POST", TOKENS, {"name": "more"}),
        ("DELETE", f"{TOKENS}/{made['id']}", None),
        ("DELETE", f"/api/auth/sessions/{session}", None),
        ("POST", "/api/auth/password", {"current": PASSWORD, "new": "another password"}),
        ("GET", "/api/accounts", None),
        ("POST", "/api/accounts", {"name": "x", "role": "admin"}),
        ("PATCH", "/api/accounts/viewer", {"role": "admin"}),
    ):
        assert program.request(method, path, json=body, headers=bearer).status_code == 403, path
    assert [each["current"] for each in program.get(TOKENS, headers=bearer).json()["tokens"]] == [True]
    assert program.post("/api/auth/logout", headers=bearer).status_code == 200, "it may give itself up"
    assert program.get(TOKENS, headers=bearer).status_code == 401


def test_others_tokens_are_unknown_except_to_an_administrator(connect) -> None:
    mine = make(connect("planner")).json()["id"]
    other, admin = connect("bureau"), connect("admin")
    unknown = other.request("DELETE", f"{TOKENS}/{'0' * 16}", headers=OURS)
    refused = other.request("DELETE", f"{TOKENS}/{mine}", headers=OURS)
    assert refused.status_code == unknown.status_code == 404
    assert refused.json()["code"] == unknown.json()["code"]
    assert other.get(f"{TOKENS}?account=planner").status_code == 403
    assert [each["id"] for each in admin.get(f"{TOKENS}?account=planner").json()["tokens"]] == [mine]
    assert [each["account"] for each in admin.get(f"{TOKENS}?account=*").json()["tokens"]] == ["planner"]
    assert admin.request("DELETE", f"{TOKENS}/{mine}", headers=OURS).status_code == 204


@pytest.mark.parametrize("body", [{"name": ""}, {"name": "x", "expires_in_days": 0}, {"name": "x", "role": "admin"}])
def test_what_cannot_be_made(connect, body: dict[str, object]) -> None:
    assert connect("viewer").post(TOKENS, json=body, headers=OURS).status_code == 422


def test_a_blank_name_is_told(connect) -> None:
    assert make(connect("viewer"), " ").json()["code"] == "parameter_invalid"


def test_nobody_has_no_tokens(client) -> None:
    assert client.get(TOKENS).status_code == 403
    assert make(client).status_code == 403
