"""Signing in and out over HTTP."""

from __future__ import annotations

import pytest

from api import models
from api.auth import COOKIE, Passwords
from api.main import create_app
from tests.api.conftest import PASSWORD, Client
from tests.stores import Premises
from yzgeo.workflows import grants


def test_nobody_is_anonymous(client) -> None:
    assert client.get("/api/auth/me").json() == {"name": None, "role": "anonymous", "subdistricts": []}


def test_signing_in_and_out(client) -> None:
    answer = client.sign_in("field")
    models.SignedIn.model_validate(answer.json())
    cookie = answer.headers["set-cookie"]
    for part in ("HttpOnly", "SameSite=strict", "Path=/"):
        assert part in cookie
    assert "Secure" not in cookie
    assert answer.headers["cache-control"] == "no-store"
    assert client.get("/api/auth/me").json() == {"name": "field", "role": "field", "subdistricts": ["211202001"]}
    token = client.cookies[COOKIE]
    out = client.post("/api/auth/logout", headers={"Origin": "http://test"})
    assert out.json()["role"] == "anonymous"
    assert client.get("/api/auth/me").json()["role"] == "anonymous"
    # Revoked, not only forgotten.
    assert client.get("/api/auth/me", headers={"Cookie": f"{COOKIE}={token}"}).json()["role"] == "anonymous"


def test_the_cookie_is_secure_over_https(app) -> None:
    client = Client(app, base_url="https://test")
    assert "Secure" in client.sign_in("viewer").headers["set-cookie"]
    client.close()


def test_a_program_uses_the_token(connect) -> None:
    token = connect().sign_in("planner").json()["token"]
    program = connect()
    assert program.get("/api/auth/me", headers={"Authorization": f"Bearer {token}"}).json()["role"] == "planner"
    assert program.post("/api/auth/logout", headers={"Authorization": f"Bearer {token}"}).status_code == 200
    refused = program.get("/api/auth/me", headers={"Authorization": f"Bearer {token}"})
    assert refused.status_code == 401
    assert refused.headers["www-authenticate"] == "Bearer"


def test_the_store_keeps_no_token(client, premises: Premises) -> None:
    token = client.sign_in("viewer").json()["token"]
    assert premises.holds(grants.hash_token(token))
    assert not premises.holds(token)


@pytest.mark.parametrize(
    ("name", "password"), [("viewer", "wrong"), ("nobody", PASSWORD), ("gone", PASSWORD), ("viewer", PASSWORD + " ")]
)
def test_every_refusal_is_the_same(client, name: str, password: str) -> None:
    answer = client.sign_in(name, password)
    assert answer.status_code == 401
    assert "set-cookie" not in answer.headers
    assert answer.json() == client.sign_in("other", "x").json()


def test_failures_lock_the_name_and_not_others(workspace, settings) -> None:
    own = Client(create_app(settings.model_copy(update={"sign_in_failures": 2}), workspace.store))
    assert [own.sign_in("viewer", "wrong").status_code for _ in range(2)] == [401, 401]
    assert own.sign_in("viewer").status_code == 401
    assert own.sign_in("planner").status_code == 200
    own.close()


def test_one_address_may_not_try_without_end(workspace, settings) -> None:
    own = Client(create_app(settings.model_copy(update={"sign_in_per_minute": 2}), workspace.store))
    assert [own.sign_in(name, "x").status_code for name in ("a", "b", "c")] == [401, 401, 429]
    assert int(own.sign_in("d", "x").headers["retry-after"]) > 0
    own.close()


def test_where_too_many_sign_in_at_once_one_is_told_to_come_again(app, connect) -> None:
    here = connect("viewer")
    app.state.context.passwords = Passwords(at_a_time=0, patience_s=0.01)
    ours = {"X-Requested-With": "x"}
    changing = here.post("/api/auth/password", json={"current": PASSWORD, "new": "another one"}, headers=ours)
    for answer in (connect().sign_in("viewer"), connect().sign_in("viewer", "wrong"), changing):
        assert (answer.status_code, answer.json()["code"]) == (429, "too_many_requests")
        assert int(answer.headers["retry-after"]) > 0
    app.state.context.passwords = Passwords()
    assert connect().sign_in("viewer").status_code == 200


@pytest.mark.parametrize(
    ("headers", "allowed"),
    [
        ({}, False),
        ({"Origin": "http://evil.example"}, False),
        ({"Origin": "null"}, False),
        ({"Origin": "http://test"}, True),
        ({"X-Requested-With": "yzgeo"}, True),
    ],
)
def test_another_site_cannot_act_in_the_callers_name(connect, headers: dict[str, str], allowed: bool) -> None:
    client = connect("viewer")
    answer = client.post("/api/auth/logout", headers=headers)
    assert (answer.status_code == 200) is allowed
    if not allowed:
        assert answer.json()["code"] == "cross_site"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert client.get("/api/auth/me").json()["role"] == "viewer"


@pytest.mark.parametrize(
    "body", [b"{", b"[]", b"{}", b'{"name": "a"}', b'{"name": "a", "password": "b", "role": "admin"}']
)
def test_a_bad_body_is_told(client, body: bytes) -> None:
    answer = client.post("/api/auth/login", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 422
    assert answer.json()["code"] == "body_invalid"


def test_the_password_is_never_echoed(client) -> None:
    answer = client.post("/api/auth/login", json={"name": "", "password": "hush-hush"})
    assert answer.status_code == 422
    assert "hush-hush" not in answer.text


def test_sessions_are_listed_and_ended(connect) -> None:
    here, there = connect("viewer", address="10.0.0.1"), connect("viewer", address="10.0.0.2")
    listed = models.Sessions.model_validate(here.get("/api/auth/sessions").json()).sessions
    assert [(each.address, each.current) for each in listed] == [("10.0.0.2", False), ("10.0.0.1", True)]
    ours = {"X-Requested-With": "x"}
    assert here.request("DELETE", f"/api/auth/sessions/{listed[0].id}", headers=ours).status_code == 204
    assert there.get("/api/auth/me").json()["role"] == "anonymous"
    assert here.get("/api/auth/me").json()["role"] == "viewer"
    other = connect("planner")
    assert other.request("DELETE", f"/api/auth/sessions/{listed[1].id}", headers=ours).status_code == 404
    assert other.get("/api/auth/sessions?account=viewer").status_code == 403
    admin = connect("admin")
    assert [each["account"] for each in admin.get("/api/auth/sessions?account=viewer").json()["sessions"]] == ["viewer"]
    assert admin.request("DELETE", f"/api/auth/sessions/{listed[1].id}", headers=ours).status_code == 204
    assert here.get("/api/auth/me").json()["role"] == "anonymous"
    assert connect().get("/api/auth/sessions").status_code == 403


def test_ones_own_password(connect) -> None:
    here, there = connect("viewer"), connect("viewer")
    ours = {"X-Requested-With": "x"}
    wrong = here.post("/api/auth/password", json={"current": "guess", "new": "another one"}, headers=ours)
    assert wrong.status_code == 401
    short = here.post("/api/auth/password", json={"current": PASSWORD, "new": "short"}, headers=ours)
    assert short.json()["code"] == "parameter_invalid"
    done = here.post("/api/auth/password", json={"current": PASSWORD, "new": "another one"}, headers=ours)
    assert done.status_code == 200
    assert here.get("/api/auth/me").json()["role"] == "viewer", "with a session of its own"
    assert there.get("/api/auth/me").json()["role"] == "anonymous"
    assert connect().sign_in("viewer").status_code == 401
    assert connect().sign_in("viewer", "another one").status_code == 200
