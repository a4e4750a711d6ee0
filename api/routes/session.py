"""Signing in and out, one's own password, and the sessions in force."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request, Response

from api import models
from api.auth import COOKIE, Entrant, address_of, entrant_of, token_of
from api.deps import CallerDep, Context, ContextDep, StrictParameters
from api.devices import KnownDevice
from api.responses import json_response
from yzgeo.access import Caller, may_administer
from yzgeo.errors import ForbiddenError, SignInRefusedError
from yzgeo.store.base import Account
from yzgeo.workflows import accounts, grants
from yzgeo.workflows.accounts import By
from yzgeo.workflows.grants import Opened

router = APIRouter(prefix="/api/auth", tags=["session"], dependencies=[StrictParameters])
FRESH = {"Cache-Control": "no-store"}

Whose = Annotated[str | None, Query(max_length=100, description="Of this account, `*` for all; for an administrator")]
GrantId = Annotated[str, Path(max_length=64, description="Id in the list")]


@router.post("/login", operation_id="login", response_model=models.SignedIn)
async def login(request: Request, context: ContextDep, credentials: models.Credentials) -> Response:
    """Sign in; the answer carries a cookie for browsers and a token for programs."""
    address, name = address_of(request), credentials.name
    try:
        context.guard.admit(name, address)
    except SignInRefusedError:
        await context.in_thread(lambda: _note_refusal(context, name, address, locked=True))
        raise
    account = await context.in_thread(lambda: context.store.account(name))
    async with context.passwords.turn():
        right = await context.in_thread(lambda: context.passwords.check(account, credentials.password))
    context.guard.settle(name, address, success=right)
    if account is None or not right:
        await context.in_thread(lambda: _note_refusal(context, name, address, locked=False))
        raise SignInRefusedError
    return await signed_in(request, context, account)


@router.post("/logout", operation_id="logout", response_model=models.Me)
async def logout(request: Request, context: ContextDep) -> Response:
    """Sign out: the session is revoked, not only forgotten by the browser."""
    token = token_of(request)
    if token is not None:
        await context.in_thread(lambda: grants.sign_out(context.store, token, address=address_of(request)))
    answer = json_response(request, _me(Caller("anonymous")), headers=FRESH)
    answer.delete_cookie(COOKIE, secure=is_https(request, context), httponly=True, samesite="strict")
    return answer


@router.get("/me", operation_id="me", response_model=models.Me, dependencies=[KnownDevice])
async def me(request: Request, caller: CallerDep) -> Response:
    """Who is asking; a phone asks this first, and hears it here that it was shut out."""
    return json_response(request, _me(caller), headers=FRESH)


@router.post("/password", operation_id="change_password", response_model=models.SignedIn)
async def change_password(request: Request, context: ContextDep, body: models.PasswordChange) -> Response:
    """Change one's own password: every other session and every token of the account ends."""
    entrant = require_person(request, context)
    address, name = entrant.address, entrant.account.name
    context.guard.admit(name, address)
    async with context.passwords.turn():
        right = await context.in_thread(lambda: context.passwords.check(entrant.account, body.current))
    context.guard.settle(name, address, success=right)
    if not right:
        await context.in_thread(lambda: _note_refusal(context, name, address, locked=False))
        raise SignInRefusedError
    account = await context.in_thread(lambda: accounts.set_password(context.store, name, body.new, by=entrant.by))
    return await signed_in(request, context, account)


@router.get("/sessions", operation_id="sessions", response_model=models.Sessions)
async def sessions(request: Request, context: ContextDep, account: Whose = None) -> Response:
    """One's own sessions in force; an administrator may ask for those of others."""
    entrant = entrant_of(request, context.store)
    of = whose(entrant, account)
    found = await context.in_thread(lambda: grants.list_grants(context.store, "session", of))
    return json_response(request, {"sessions": told(grants.describe_grants(found), entrant)}, headers=FRESH)


@router.delete("/sessions/{grant_id}", operation_id="revoke_session", status_code=204, response_class=Response)
async def revoke_session(request: Request, context: ContextDep, grant_id: GrantId) -> Response:
    """End a session: one's own, or anybody's for an administrator."""
    entrant = require_person(request, context)
    of = None if may_administer(entrant.caller.role) else entrant.account.name
    await context.in_thread(lambda: grants.revoke(context.store, "session", grant_id, account=of, by=entrant.by))
    return Response(status_code=204, headers=FRESH)


async def signed_in(request: Request, context: Context, account: Account, *, how: str = "password") -> Response:
    """
    Start a session and answer with it.

    Parameters
    ----------
    request
        The request.
    context
        Parts of the service.
    account
        Who has proved to be whom.
    how
        What proved it, for the audit.

    Returns
    -------
    Response
        With the cookie, and the token for programs.
    """
    session = await new_session(request, context, account, how=how)
    lasting = {"token": session.token, "expires_at": session.grant.expires_at.isoformat()}
    answer = json_response(request, {**_me(session.caller), **lasting}, headers=FRESH)
    set_cookie(request, context, answer, session)
    return answer


async def new_session(request: Request, context: Context, account: Account, *, how: str) -> Opened:
    """
    Start a session.

    Parameters
    ----------
    request
        The request.
    context
        Parts of the service.
    account
        Who has proved to be whom.
    how
        What proved it, for the audit.

    Returns
    -------
    Opened
        With the only copy of the token.
    """
    by, hours = By(account.name, account.role, address_of(request)), context.settings.session_hours
    return await context.in_thread(lambda: grants.open_session(context.store, account, hours=hours, by=by, how=how))


def set_cookie(request: Request, context: Context, answer: Response, session: Opened) -> None:
    """
    Hand a session's token to a browser, where no script can read it and no other site's page can send it.

    Parameters
    ----------
    request
        The request.
    context
        Parts of the service.
    answer
        What the cookie goes with.
    session
        The session.
    """
    lasting = int((session.grant.expires_at - datetime.now(UTC)).total_seconds())
    secure = is_https(request, context)
    answer.set_cookie(COOKIE, session.token, max_age=lasting, secure=secure, httponly=True, samesite="strict")


def require_person(request: Request, context: Context) -> Entrant:
    """
    Refuse tokens of programs where only a person may act: one that leaks must not outlive itself or let others in.

    Parameters
    ----------
    request
        The request.
    context
        Parts of the service.

    Returns
    -------
    Entrant
        Who is signed in with a session.

    Raises
    ------
    ForbiddenError
        If nobody is, or a program's token was sent.
    """
    entrant = entrant_of(request, context.store)
    if entrant.grant.kind != "session":
        raise ForbiddenError
    return entrant


def require_administrator(request: Request, context: Context) -> Entrant:
    """
    Refuse everyone but a signed-in administrator.

    Parameters
    ----------
    request
        The request.
    context
        Parts of the service.

    Returns
    -------
    Entrant
        The administrator.

    Raises
    ------
    ForbiddenError
        If it is not one.
    """
    entrant = require_person(request, context)
    if not may_administer(entrant.caller.role):
        raise ForbiddenError
    return entrant


def whose(entrant: Entrant, account: str | None) -> str | None:
    """
    Decide whose sessions or tokens are listed.

    Parameters
    ----------
    entrant
        Who asks.
    account
        What was asked for.

    Returns
    -------
    str or None
        Name of an account; None for all.

    Raises
    ------
    ForbiddenError
        If they are others', and it is no administrator who asks.
    """
    if account in {None, entrant.account.name}:
        return entrant.account.name
    if not may_administer(entrant.caller.role):
        raise ForbiddenError
    return None if account == "*" else account


def told(described: list[dict[str, Any]], entrant: Entrant) -> list[dict[str, Any]]:
    """
    Mark the grant that the request came with.

    Parameters
    ----------
    described
        Sessions or tokens.
    entrant
        Who asks.

    Returns
    -------
    list of dict
        The same, with ``current``.
    """
    return [{**each, "current": each["id"] == entrant.grant.id} for each in described]


def is_https(request: Request, context: Context) -> bool:
    """
    Tell whether the browser reaches the service over https.

    Parameters
    ----------
    request
        The request.
    context
        Parts of the service.

    Returns
    -------
    bool
        By the configured address, else by the request.
    """
    public = context.settings.public_url
    return public.startswith("https:") if public else request.url.scheme == "https"


def _note_refusal(context: Context, name: str, address: str, *, locked: bool) -> None:
    """Note who could not come in; a name that is no account's is not kept, for it may be a mistyped password."""
    known = context.store.account(name) is not None
    by = By(name if known else "", "", address)
    context.store.people.note(by.deed("sign_in_locked" if locked else "sign_in_refused", name if known else ""))


def _me(caller: Caller) -> dict[str, object]:
    return {"name": caller.name or None, "role": caller.role, "subdistricts": list(caller.subdistricts)}
