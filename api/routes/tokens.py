"""Tokens for programs such as QGIS: made by a person, shown once, taken back at any time."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from api import models
from api.auth import entrant_of
from api.deps import ContextDep, StrictParameters
from api.responses import json_response
from api.routes.session import FRESH, GrantId, Whose, require_person, told, whose
from yzgeo.access import may_administer
from yzgeo.workflows import grants

router = APIRouter(prefix="/api/auth/tokens", tags=["session"], dependencies=[StrictParameters])


@router.get("", operation_id="tokens", response_model=models.Tokens)
async def tokens(request: Request, context: ContextDep, account: Whose = None) -> Response:
    """One's own tokens in force; an administrator may ask for those of others."""
    entrant = entrant_of(request, context.store)
    of = whose(entrant, account)
    found = await context.in_thread(lambda: grants.list_grants(context.store, "token", of))
    return json_response(request, {"tokens": told(grants.describe_grants(found), entrant)}, headers=FRESH)


@router.post("", operation_id="make_token", response_model=models.TokenMade, status_code=201)
async def make_token(request: Request, context: ContextDep, body: models.TokenWanted) -> Response:
    """Make a token with all that one's account may do; it is shown this once."""
    entrant = require_person(request, context)
    made = await context.in_thread(
        lambda: grants.make_token(
            context.store, entrant.account, label=body.name, days=body.expires_in_days, by=entrant.by
        )
    )
    [described] = told(grants.describe_grants([made.grant]), entrant)
    return json_response(request, {**described, "token": made.token}, status=201, headers=FRESH)


@router.delete("/{grant_id}", operation_id="revoke_token", status_code=204, response_class=Response)
async def revoke_token(request: Request, context: ContextDep, grant_id: GrantId) -> Response:
    """Take a token back: one's own, or anybody's for an administrator."""
    entrant = require_person(request, context)
    of = None if may_administer(entrant.caller.role) else entrant.account.name
    await context.in_thread(lambda: grants.revoke(context.store, "token", grant_id, account=of, by=entrant.by))
    return Response(status_code=204, headers=FRESH)
