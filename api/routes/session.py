"""Signing in and out."""

from __future__ import annotations

from datetime import UTC, datetime

from fastapi import APIRouter, Request, Response

from api import models
from api.auth import COOKIE, bearer_token, cookie_token, hash_token, open_session
from api.deps import CallerDep, Context, ContextDep, StrictParameters
from api.responses import header, json_response
from yzgeo.access import Caller
from yzgeo.errors import SignInRefusedError

router = APIRouter(prefix="/api/auth", tags=["session"], dependencies=[StrictParameters])
_FRESH = {"Cache-Control": "no-store"}


@router.post("/login", operation_id="login", response_model=models.SignedIn)
async def login(request: Request, context: ContextDep, credentials: models.Credentials) -> Response:
    """Sign in; the answer carries a cookie for browsers and a token for programs."""
    address = request.client.host if request.client else ""
    context.guard.admit(credentials.name, address)
    account = await context.in_thread(lambda: context.store.account(credentials.name))
    right = await context.in_thread(lambda: context.passwords.check(account, credentials.password))
    context.guard.settle(credentials.name, success=right)
    if account is None or not right:
        raise SignInRefusedError
    hours = context.settings.session_hours
    session = await context.in_thread(lambda: open_session(context.store, account, hours=hours))
    content = {**_me(session.caller), "token": session.token, "expires_at": session.expires_at.isoformat()}
    answer = json_response(request, content, headers=_FRESH)
    lasting = int((session.expires_at - datetime.now(UTC)).total_seconds())
    answer.set_cookie(
        COOKIE, session.token, max_age=lasting, secure=_is_https(request, context), httponly=True, samesite="strict"
    )
    return answer


@router.post("/logout", operation_id="logout", response_model=models.Me)
async def logout(request: Request, context: ContextDep) -> Response:
    """Sign out: the session is revoked, not only forgotten by the browser."""
    token = bearer_token(header(request, b"authorization")) or cookie_token(header(request, b"cookie"))
    if token is not None:
        await context.in_thread(lambda: context.store.drop_session(hash_token(token)))
    answer = json_response(request, _me(Caller("anonymous")), headers=_FRESH)
    answer.delete_cookie(COOKIE, secure=_is_https(request, context), httponly=True, samesite="strict")
    return answer


@router.get("/me", operation_id="me", response_model=models.Me)
async def me(request: Request, caller: CallerDep) -> Response:
    """Who is asking."""
    return json_response(request, _me(caller), headers=_FRESH)


def _me(caller: Caller) -> dict[str, object]:
    return {"name": caller.name or None, "role": caller.role, "subdistricts": list(caller.subdistricts)}


def _is_https(request: Request, context: Context) -> bool:
    public = context.settings.public_url
    return public.startswith("https:") if public else request.url.scheme == "https"
