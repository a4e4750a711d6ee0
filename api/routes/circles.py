"""The circles that coverage is asked by."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from api import models
from api.deps import StrictParameters
from api.responses import etag_of, json_response
from yzgeo.workflows import runs

from .runs import DeskDep

router = APIRouter(prefix="/api", tags=["runs"], dependencies=[StrictParameters])


@router.get("/circles", operation_id="circles", response_model=models.Circles)
async def circles(request: Request, desk: DeskDep) -> Response:
    """Every circle with its limit, its facilities and the source of its figure; and what a scenario can change."""
    content = {
        "circles": runs.describe_circles(desk.circles, desk.catalogue, desk.sources),
        "choices": runs.describe_choices(desk.sources),
    }
    return json_response(request, content, etag=etag_of(content))
