"""The audit, for administrators."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from api import models
from api.deps import CallerDep, ContextDep, StrictParameters
from api.responses import json_response
from api.routes.session import FRESH
from yzgeo import ledger
from yzgeo.access import may_administer
from yzgeo.errors import ForbiddenError
from yzgeo.workflows.audit import MOST_LINES, audit_lines

router = APIRouter(prefix="/api/audit", tags=["accounts"], dependencies=[StrictParameters])


@router.get("", operation_id="audit", response_model=models.Audit)
async def audit(
    request: Request,
    *,
    context: ContextDep,
    caller: CallerDep,
    since: Annotated[datetime | None, Query(description="Only lines from this moment on")] = None,
    actor: Annotated[str | None, Query(max_length=100, description="Only what this account did")] = None,
    kind: Annotated[str | None, Query(max_length=40, description="Only this kind")] = None,
    limit: Annotated[int, Query(ge=1, le=MOST_LINES)] = 100,
    before: Annotated[int | None, Query(ge=1, description="Only lines below this number")] = None,
) -> Response:
    """Who came in, what was taken out, who was let in; newest first."""
    if not may_administer(caller.role):
        raise ForbiddenError
    moment = since if since is None or since.tzinfo is not None else since.replace(tzinfo=ledger.ZONE)
    found = await context.in_thread(
        lambda: audit_lines(context.store, limit=limit, before=before, since=moment, actor=actor, kind=kind)
    )
    content = {"lines": found, "before": found[-1]["number"] if len(found) == limit else None}
    return json_response(request, content, headers=FRESH)
