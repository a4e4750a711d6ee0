"""Signing in through another service by OpenID Connect: off unless configured, with state, nonce and PKCE.

A person who comes this way gets an account of their own that no password opens, bound to the issuer and their subject
there. What it may do follows from a claim, anew at every sign-in.
"""

from __future__ import annotations

import secrets
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx
from authlib.common.errors import AuthlibBaseError
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from yzgeo.errors import LastAdministratorError, ParameterError, SignInRefusedError
from yzgeo.store.base import Account, Store

from .accounts import By, change_account, check_name, check_powers

_ALGORITHMS = ["RS256", "PS256", "ES256", "EdDSA"]
_LEEWAY_S = 60
_PATIENCE_S = 10.0


@dataclass(frozen=True, slots=True)
class Provider:
    """The service that vouches for people, and how its claims are understood."""

    issuer: str
    client_id: str
    client_secret: str = field(repr=False)
    redirect_uri: str
    scope: str = "openid profile"
    name_claim: str = "preferred_username"
    role_claim: str = "role"
    subdistricts_claim: str = "subdistricts"
    roles: Mapping[str, str] = field(default_factory=dict)
    """Role by value of the claim; where empty, the claim names a role itself."""


@dataclass(frozen=True, slots=True)
class Pending:
    """What a browser carries from the start of a sign-in to its end."""

    state: str
    nonce: str
    verifier: str


def begin(provider: Provider) -> tuple[str, Pending]:
    """
    Start a sign-in.

    Parameters
    ----------
    provider
        The service that vouches.

    Returns
    -------
    tuple of str and Pending
        Where to send the browser, and what it must bring back.

    Raises
    ------
    SignInRefusedError
        If the service does not answer as it should.
    """
    pending = Pending(*(secrets.token_urlsafe(32) for _ in range(3)))
    try:
        with _client(provider) as client:
            known = _metadata(client, provider)
            address, _ = client.create_authorization_url(
                known["authorization_endpoint"],
                state=pending.state,
                nonce=pending.nonce,
                code_verifier=pending.verifier,
            )
    except (httpx.HTTPError, AuthlibBaseError, ValueError, KeyError) as error:
        raise SignInRefusedError from error
    return str(address), pending


def finish(provider: Provider, pending: Pending, *, state: str, code: str) -> Mapping[str, Any]:
    """
    End a sign-in: the code is exchanged, and the identity token checked in every respect.

    Parameters
    ----------
    provider
        The service that vouches.
    pending
        What the browser brought back.
    state, code
        What the service sent with it.

    Returns
    -------
    mapping
        Claims about the person.

    Raises
    ------
    SignInRefusedError
        If anything does not fit: state, code, signature, issuer, audience, time or nonce.
    """
    if not secrets.compare_digest(state.encode(), pending.state.encode()):
        raise SignInRefusedError
    try:
        with _client(provider) as client:
            known = _metadata(client, provider)
            token = client.fetch_token(known["token_endpoint"], code=code, code_verifier=pending.verifier)
            found = client.request("GET", known["jwks_uri"], withhold_token=True).raise_for_status().json()
        read = jwt.decode(str(token["id_token"]), KeySet.import_key_set(found), algorithms=_ALGORITHMS)
        wanted = {
            "iss": {"essential": True, "value": provider.issuer},
            "aud": {"essential": True, "value": provider.client_id},
        }
        params = {"nonce": pending.nonce, "client_id": provider.client_id, "access_token": token.get("access_token")}
        from authlib.oidc.core import CodeIDToken  # noqa: PLC0415 - loaded only where it is used

        claims = CodeIDToken(read.claims, read.header, wanted, params)
        claims.validate(leeway=_LEEWAY_S)
    except (httpx.HTTPError, AuthlibBaseError, JoseError, ValueError, KeyError, TypeError) as error:
        raise SignInRefusedError from error
    return dict(read.claims)


def account_for(store: Store, provider: Provider, claims: Mapping[str, Any], *, address: str) -> Account:
    """
    Find or make the account of a person, with the powers that their claims give today.

    Parameters
    ----------
    store
        Where accounts are kept.
    provider
        The service that vouches.
    claims
        What it says of the person.
    address
        Where they come from.

    Returns
    -------
    Account
        Enabled.

    Raises
    ------
    SignInRefusedError
        If no role follows from the claims, the account was disabled here, its name is another account's or cannot be
        one, or nobody could administer any more.
    """
    role, streets = _role(provider, claims), _streets(provider, claims)
    name = str(claims.get(provider.name_claim) or claims["sub"])
    origin = f"{provider.issuer} {claims['sub']}"
    try:
        check_powers(store, role, streets)
        found = store.people.from_origin(origin)
        if found is None:
            check_name(name)
            return _make(store, Account(name, role, streets, "", origin=origin), address)
        if found.disabled:
            raise SignInRefusedError
        by = By(found.name, role, address)
        return change_account(store, found.name, role=role, subdistricts=streets, by=by)
    except (ParameterError, LastAdministratorError) as error:
        raise SignInRefusedError from error


def _make(store: Store, account: Account, address: str) -> Account:
    if store.account(account.name) is not None:
        raise SignInRefusedError  # another account's name, perhaps one that a password opens, is never taken over
    by = By(account.name, account.role, address)
    details = {"role": account.role, "subdistricts": list(account.subdistricts), "origin": account.origin}
    store.people.put_account(account, deed=by.deed("account_made", account.name, **details))
    return account


def _role(provider: Provider, claims: Mapping[str, Any]) -> str:
    """Take the first value of the claim that stands for a role."""
    said = claims.get(provider.role_claim)
    for each in said if isinstance(said, list) else [said]:
        role = provider.roles.get(str(each)) if provider.roles else each
        if role:
            return str(role)
    raise SignInRefusedError


def _streets(provider: Provider, claims: Mapping[str, Any]) -> tuple[str, ...]:
    said = claims.get(provider.subdistricts_claim) or []
    return tuple(str(each) for each in (said if isinstance(said, list) else str(said).replace(",", " ").split()))


def _client(provider: Provider) -> Any:
    # Loaded only where it is used; it tells every operator that it will change over to a successor of httpx.
    with warnings.catch_warnings():
        from authlib import deprecate  # noqa: PLC0415

        warnings.simplefilter("ignore", deprecate.AuthlibDeprecationWarning)
        from authlib.integrations.httpx_client import OAuth2Client  # noqa: PLC0415
    return OAuth2Client(
        client_id=provider.client_id,
        client_secret=provider.client_secret,
        scope=provider.scope,
        redirect_uri=provider.redirect_uri,
        code_challenge_method="S256",
        timeout=_PATIENCE_S,
        trust_env=False,
    )


def _metadata(client: Any, provider: Provider) -> Mapping[str, Any]:
    """Read what the issuer says of itself; one that calls itself otherwise is not the one that was configured."""
    address = f"{provider.issuer.rstrip('/')}/.well-known/openid-configuration"
    known: Mapping[str, Any] = client.request("GET", address, withhold_token=True).raise_for_status().json()
    if known["issuer"] != provider.issuer:
        raise ValueError(known["issuer"])
    return known
