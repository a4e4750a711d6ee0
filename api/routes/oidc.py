"""Signing in through another service; unknown unless it is configured."""

from __future__ import annotations

from dataclasses import astuple
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from starlette.responses import RedirectResponse

from api.auth import address_of
from api.deps import BaseUrlDep, Context, ContextDep, StrictParameters
from api.routes.session import FRESH, is_https, new_session, set_cookie
from yzgeo.errors import NotFoundError, SignInRefusedError
from yzgeo.store.base import Account
from yzgeo.workflows import oidc
from yzgeo.workflows.accounts import By

router = APIRouter(prefix="/api/auth/oidc", tags=["session"])
PENDING = "yzgeo_oidc"
_PATH = "/api/auth/oidc"
_LASTING_S = 600
_TEXT = Annotated[str | None, Query(max_length=4000)]


@router.get("", operation_id="oidc_begin", response_class=Response, status_code=302, dependencies=[StrictParameters])
async def begin(request: Request, context: ContextDep, base: BaseUrlDep) -> Response:
    """Send the browser to the service that vouches."""
    provider = _provider(context, base)
    address, pending = await context.in_thread(lambda: oidc.begin(provider))
    answer = RedirectResponse(address, status_code=302, headers=FRESH)
    answer.set_cookie(
        PENDING,
        ".".join(astuple(pending)),
        max_age=_LASTING_S,
        path=_PATH,
        secure=is_https(request, context),
        httponly=True,
        samesite="lax",  # strict would stay behind when the other service sends the browser back
    )
    return answer


@router.get("/callback", operation_id="oidc_finish", response_class=Response, status_code=302)
async def finish(
    request: Request, *, context: ContextDep, base: BaseUrlDep, state: _TEXT = None, code: _TEXT = None
) -> Response:
    """Take the browser back, signed in; what else the service sends with it is not looked at."""
    provider, address = _provider(context, base), address_of(request)
    carried = request.cookies.get(PENDING, "").split(".")

    def enter() -> Account:
        if len(carried) != 3 or not state or not code:
            raise SignInRefusedError
        claims = oidc.finish(provider, oidc.Pending(*carried), state=state, code=code)
        return oidc.account_for(context.store, provider, claims, address=address)

    try:
        account = await context.in_thread(enter)
    except SignInRefusedError:
        await context.in_thread(
            lambda: context.store.people.note(By("", "", address).deed("sign_in_refused", how="oidc"))
        )
        raise
    session = await new_session(request, context, account, how="oidc")
    answer = RedirectResponse("/", status_code=302, headers=FRESH)
    set_cookie(request, context, answer, session)
    answer.delete_cookie(PENDING, path=_PATH, httponly=True, samesite="lax")
    return answer


def _provider(context: Context, base: str) -> oidc.Provider:
    settings = context.settings
    secret = settings.oidc_client_secret
    if settings.oidc_issuer is None or settings.oidc_client_id is None or secret is None:
        raise NotFoundError(what=_PATH)
    return oidc.Provider(
        issuer=settings.oidc_issuer,
        client_id=settings.oidc_client_id,
        client_secret=secret.get_secret_value(),
        redirect_uri=f"{base}{_PATH}/callback",
        scope=settings.oidc_scope,
        name_claim=settings.oidc_name_claim,
        role_claim=settings.oidc_role_claim,
        subdistricts_claim=settings.oidc_subdistricts_claim,
        roles=settings.oidc_roles,
    )
