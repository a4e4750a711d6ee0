"""Who may come in, for administrators."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Request, Response

from api import models
from api.deps import ContextDep, StrictParameters
from api.responses import json_response
from api.routes.session import FRESH, require_administrator
from yzgeo.store.base import Account
from yzgeo.workflows import accounts

router = APIRouter(prefix="/api/accounts", tags=["accounts"], dependencies=[StrictParameters])


@router.get("", operation_id="accounts", response_model=models.Accounts)
async def list_accounts(request: Request, context: ContextDep) -> Response:
    """Every account."""
    require_administrator(request, context)
    found = await context.in_thread(context.store.accounts)
    content = {"accounts": [accounts.describe_account(each) for each in found]}
    return json_response(request, content, headers=FRESH)


@router.post("", operation_id="make_account", response_model=models.AccountMade, status_code=201)
async def make_account(request: Request, context: ContextDep, body: models.AccountWanted) -> Response:
    """Make an account; a password that is made here is shown this once."""
    entrant = require_administrator(request, context)
    password = body.password or accounts.generate_password()
    made = await context.in_thread(
        lambda: accounts.add_account(
            context.store,
            body.name,
            role=body.role,
            password=password,
            subdistricts=tuple(body.subdistricts),
            by=entrant.by,
            fresh=True,
        )
    )
    content = {**accounts.describe_account(made), "password": None if body.password else password}
    return json_response(request, content, status=201, headers=FRESH)


@router.patch("/{name}", operation_id="change_account", response_model=models.AccountTold)
async def change_account(
    request: Request,
    context: ContextDep,
    name: Annotated[str, Path(max_length=64, description="Name of the account")],
    body: models.AccountChange,
) -> Response:
    """Change what an account may do; disabling it or giving it a password ends its sessions and tokens."""
    entrant = require_administrator(request, context)

    def change() -> Account:
        changed = accounts.change_account(
            context.store,
            name,
            role=body.role,
            subdistricts=body.subdistricts,
            disabled=body.disabled,
            by=entrant.by,
        )
        if body.password is None:
            return changed
        return accounts.set_password(context.store, name, body.password, by=entrant.by)

    changed = await context.in_thread(change)
    return json_response(request, accounts.describe_account(changed), headers=FRESH)
