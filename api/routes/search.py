"""Finding features by code or name."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from api import models
from api.deps import CallerDep, ContextDep, StrictParameters
from api.responses import json_response
from yzgeo.workflows import overview

router = APIRouter(prefix="/api", tags=["search"], dependencies=[StrictParameters])


@router.get("/search", operation_id="search", response_model=models.SearchResults)
async def search(
    request: Request,
    context: ContextDep,
    caller: CallerDep,
    q: Annotated[str, Query(min_length=1, max_length=100, description="Piece of a code or a name")],
    limit: Annotated[int, Query(ge=1, le=overview.SEARCH_MOST)] = 20,
) -> Response:
    """Features whose code or name holds the text, exact matches first."""
    hits = await context.in_thread(
        lambda: overview.search(context.store, caller.role, q, limit, subdistricts=caller.subdistricts)
    )
    return json_response(request, {"results": hits})
