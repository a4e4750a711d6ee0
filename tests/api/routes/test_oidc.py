"""Signing in through a real OpenID provider that runs beside the test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from api.main import create_app
from tests.api.conftest import Client
from tests.yzgeo.workflows.oidc_provider import CLIENT_ID, SECRET, running

START = "/api/auth/oidc"
LI = {"sub": "u-1", "preferred_username": "li", "role": ["staff", "planning"]}


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    with running(f"http://test{START}/callback") as found:
        yield found


@pytest.fixture
def browser(settings, workspace, issuer: str) -> Iterator[Callable[[], Client]]:
    configured = settings.model_validate(
        {
            **settings.model_dump(),
            "oidc_issuer": issuer,
            "oidc_client_id": CLIENT_ID,
            "oidc_client_secret": SECRET,
            "oidc_roles": {"planning": "planner", "street": "field"},
        }
    )
    app, opened = create_app(configured, workspace.store), []

    def make() -> Client:
        opened.append(Client(app))
        return opened[-1]

    yield make
    for client in opened:
        client.close()


def vouch(issuer: str, claims: dict[str, Any], fault: str | None = None) -> None:
    httpx.post(f"{issuer}/person", json={"claims": claims, "fault": fault}).raise_for_status()


def go(client: Client) -> str:
    """Follow the browser to the provider and as far as the way back."""
    there = client.get(START)
    assert there.status_code == 302
    back = httpx.get(there.headers["location"])
    assert back.status_code == 302, back.text
    return back.headers["location"]


def test_a_person_comes_in_with_the_powers_that_the_claims_give(browser, issuer: str, workspace) -> None:
    vouch(issuer, LI)
    client = browser()
    asked = parse_qs(urlsplit(client.get(START).headers["location"]).query)
    assert asked["code_challenge_method"] == ["S256"]
    assert {"state", "nonce", "code_challenge"} <= set(asked)
    done = client.get(go(client))
    assert (done.status_code, done.headers["location"]) == (302, "/")
    assert "SameSite=strict" in done.headers["set-cookie"]
    assert client.get("/api/auth/me").json() == {"name": "li", "role": "planner", "subdistricts": []}
    account = workspace.store.account("li")
    assert (account.origin, account.password_hash) == (f"{issuer} u-1", "")
    assert browser().sign_in("li", "").status_code == 422
    assert browser().sign_in("li", "x").status_code == 401, "no password opens it"
    kinds = [(line.deed.kind, line.deed.details.get("how")) for line in reversed(workspace.store.people.audit(2))]
    assert kinds == [("sign_in", "oidc"), ("sign_in_refused", None)]
    vouch(issuer, {**LI, "role": "street", "subdistricts": ["211202001"], "preferred_username": "renamed"})
    again = browser()
    again.get(go(again))
    assert again.get("/api/auth/me").json() == {"name": "li", "role": "field", "subdistricts": ["211202001"]}


@pytest.mark.parametrize("fault", ["nonce", "audience", "key", "issuer", "expired"])
def test_what_must_not_be_believed_is_not(browser, issuer: str, workspace, fault: str) -> None:
    vouch(issuer, LI, fault)
    client = browser()
    answer = client.get(go(client))
    assert answer.status_code == 401
    assert client.get("/api/auth/me").json()["role"] == "anonymous"
    assert workspace.store.account("li") is None
    [line] = workspace.store.people.audit(10)
    assert (line.deed.kind, line.deed.details) == ("sign_in_refused", {"how": "oidc"})


def test_a_way_back_that_another_browser_began_leads_nowhere(browser, issuer: str) -> None:
    """Otherwise somebody could sign a victim's browser in as themselves."""
    vouch(issuer, LI)
    stranger, victim = browser(), browser()
    way = go(stranger)
    assert victim.get(way).status_code == 401
    victim.get(START)
    assert victim.get(way).status_code == 401, "another state"
    assert stranger.get(way).status_code == 302
    assert browser().get(f"{START}/callback").status_code == 401
    stranger.get(START)
    assert stranger.get(way).status_code == 401, "a code is good once"


@pytest.mark.parametrize(
    "claims",
    [
        {"sub": "u-2", "preferred_username": "planner", "role": "planning"},  # a local account's name
        {"sub": "u-2", "preferred_username": "wu", "role": "cleaning"},
        {"sub": "u-2", "preferred_username": "wu"},
        {"sub": "u-2", "preferred_username": "wu", "role": "street"},  # without a street office
        {"sub": "u-2", "preferred_username": "wu", "role": "admin"},  # only through the mapping
    ],
)
def test_who_gets_no_account(browser, issuer: str, workspace, claims: dict[str, Any]) -> None:
    before = list(workspace.store.accounts())
    vouch(issuer, claims)
    client = browser()
    assert client.get(go(client)).status_code == 401
    assert list(workspace.store.accounts()) == before


def test_it_is_not_there_unless_it_is_configured(client) -> None:
    for path in (START, f"{START}/callback?state=a&code=b"):
        assert client.get(path).status_code == 404
