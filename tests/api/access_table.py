"""Every route of the service, and what it answers to whom. A new route needs a row here (tests/api/test_access.py)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from fastapi.routing import APIRoute
from starlette.routing import BaseRoute

ROLES = ("anonymous", "viewer", "field", "planner", "bureau", "admin")
PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
NOWHERE = "00000000000000000000000000000000"


@dataclass(frozen=True)
class Row:
    """
    What a route answers.

    ``to`` has a status for each of `ROLES`, in that order; one status stands for all. ``elsewhere`` is the answer on a
    feature in another street office, ``restricted`` on a restricted layer; both are asked where the path names a
    feature or a layer. ``{layer}``, ``{uid}`` and ``{street}`` stand for those in paths and queries.
    """

    to: str
    elsewhere: str = ""
    restricted: str = ""
    query: str = ""
    path: dict[str, str] = field(default_factory=dict)
    json: dict[str, Any] | None = None
    headers: dict[str, str] = field(default_factory=dict)
    file: bytes | None = None
    alone: bool = False
    """Ends or begins sessions: asked by clients of its own."""
    csrf: bool = True
    """Needs our own page: everything but signing in, which has no cookie to misuse."""

    def statuses(self, which: str = "to") -> dict[str, int]:
        """Status by role."""
        told = (getattr(self, which) or self.to).split()
        return dict(zip(ROLES, map(int, told * len(ROLES) if len(told) == 1 else told), strict=False))


def routes_of(routes: list[BaseRoute]) -> list[tuple[str, str]]:
    """List every method and path that an application answers to, also inside included routers."""
    found: list[tuple[str, str]] = []
    for route in routes:
        included = getattr(route, "original_router", None)
        if included is not None:
            found += routes_of(included.routes)
        elif isinstance(route, APIRoute):
            found += [(method, route.path) for method in route.methods or () if method != "HEAD"]
        else:
            found += [(method, str(getattr(route, "path", route))) for method in ("GET",)]
    return sorted(set(found))


LAYER = "200"
HIDDEN = "404 404 404 200 200 200"
SIGNED = "403 200 200 200 200 200"
WRITERS = "403 403 403 {} {} {}"
ADMIN = "403 403 403 403 403 200"
UNKNOWN = "403 404 404 404 404 404"


def event() -> dict[str, Any]:
    """A note, which any who may record may write at any stage."""
    return {"id": str(uuid4()), "kind": "note", "valid_at": "2024-07-01T09:00:00+08:00", "payload": {"text": "看过"}}


def writers(status: int) -> str:
    """Only those who may import get further."""
    return WRITERS.format(*[status] * 3)


TUS = {"Tus-Resumable": "1.0.0"}
TILE = {"z": "14", "row": "6064", "col": "13828"}
BETWEEN = "from=2020-01-01&to=2026-01-01"

TABLE: dict[tuple[str, str], Row] = {
    # OGC
    ("GET", "/ogc"): Row("200"),
    ("GET", "/ogc/conformance"): Row("200"),
    ("GET", "/ogc/collections"): Row("200"),
    ("GET", "/ogc/collections/{layer_id}"): Row(LAYER, restricted=HIDDEN),
    ("GET", "/ogc/collections/{layer_id}/queryables"): Row(LAYER, restricted=HIDDEN),
    ("GET", "/ogc/collections/{layer_id}/schema"): Row(LAYER, restricted=HIDDEN),
    ("GET", "/ogc/collections/{layer_id}/sortables"): Row(LAYER, restricted=HIDDEN),
    ("GET", "/ogc/collections/{layer_id}/items"): Row(LAYER, restricted=HIDDEN),
    ("GET", "/ogc/collections/{layer_id}/items/{uid}"): Row(
        LAYER, elsewhere="200 200 404 200 200 200", restricted=HIDDEN
    ),
    ("OPTIONS", "/ogc/collections/{layer_id}/items"): Row("204", restricted="404 404 404 204 204 204"),
    ("OPTIONS", "/ogc/collections/{layer_id}/items/{uid}"): Row("204", restricted="404 404 404 204 204 204"),
    ("POST", "/ogc/collections/{layer_id}/items"): Row(
        writers(422), restricted="404 404 404 422 422 422", json={"type": "Feature", "properties": {}}
    ),
    ("PUT", "/ogc/collections/{layer_id}/items/{uid}"): Row(
        writers(422), restricted="404 404 404 422 422 422", json={"type": "Feature", "geometry": None}
    ),
    ("PATCH", "/ogc/collections/{layer_id}/items/{uid}"): Row(
        writers(400), restricted="404 404 404 400 400 400", json={"type": "Feature", "properties": {"nothing": 1}}
    ),
    ("DELETE", "/ogc/collections/{layer_id}/items/{uid}"): Row(
        writers(412), restricted="404 404 404 412 412 412", headers={"If-Match": '"999999"'}
    ),
    ("GET", "/ogc/collections/{layer_id}/tiles/WebMercatorQuad/{z}/{row}/{col}"): Row(
        LAYER, restricted=HIDDEN, path=TILE
    ),
    ("GET", "/ogc/collections/{layer_id}/tiles"): Row(LAYER, restricted=HIDDEN),
    ("GET", "/ogc/collections/{layer_id}/tiles/WebMercatorQuad"): Row(LAYER, restricted=HIDDEN),
    ("GET", "/ogc/tiles"): Row("200"),
    ("GET", "/ogc/tiles/WebMercatorQuad"): Row("200"),
    ("GET", "/ogc/tiles/WebMercatorQuad/{z}/{row}/{col}"): Row("200", path=TILE),
    ("GET", "/ogc/tileMatrixSets"): Row("200"),
    ("GET", "/ogc/tileMatrixSets/WebMercatorQuad"): Row("200"),
    ("GET", "/ogc/styles"): Row("200"),
    ("GET", "/ogc/styles/district"): Row("200"),
    ("GET", "/ogc/styles/{layer_id}"): Row(LAYER, restricted=HIDDEN),
    ("GET", "/ogc/processes"): Row("200"),
    ("GET", "/ogc/processes/{process_id}"): Row("200", path={"process_id": "coverage"}),
    ("POST", "/ogc/processes/{process_id}/execution"): Row(
        "403 400 400 400 400 400", path={"process_id": "coverage"}, json={"inputs": {}}
    ),
    ("GET", "/ogc/jobs"): Row("200"),
    ("GET", "/ogc/jobs/{job_id}"): Row("404", path={"job_id": NOWHERE}),
    ("GET", "/ogc/jobs/{job_id}/results"): Row("404", path={"job_id": NOWHERE}),
    ("DELETE", "/ogc/jobs/{job_id}"): Row("404", path={"job_id": NOWHERE}),
    # The service about itself
    ("GET", "/healthz"): Row("200"),
    ("GET", "/readyz"): Row("200"),
    ("GET", "/metrics"): Row(ADMIN),
    ("GET", "/openapi.json"): Row("200"),
    ("GET", "/api"): Row("200"),
    ("GET", "/-/versions"): Row("200"),
    ("GET", "/-/settings"): Row(ADMIN),
    ("GET", "/-/errors"): Row("200"),
    ("GET", "/-/layers"): Row("200"),
    # Pages
    ("GET", "/"): Row("200"),
    ("GET", "/field"): Row("200"),
    ("GET", "/assets/{path:path}"): Row("404", path={"path:path": "nothing.js"}),
    ("GET", "/{name}"): Row("404", path={"name": "nothing.svg"}),
    ("GET", "/maps/overview.html"): Row("200"),
    ("GET", "/maps/assets/{path:path}"): Row("200", path={"path:path": "leaflet.js"}),
    # Figures and search
    ("GET", "/api/targets"): Row("200"),
    ("GET", "/api/progress"): Row("200", query="by=subdistrict"),
    ("GET", "/api/progress/days"): Row("200"),
    ("GET", "/api/progress/stages"): Row("200", query="at=2024-12-31"),
    ("GET", "/api/progress/curve"): Row("200", query="layer=shantytown_parcel"),
    ("GET", "/api/progress/changes"): Row("200", query=BETWEEN),
    ("GET", "/api/search"): Row("200", query="q=P0"),
    # The ledger
    ("GET", "/api/layers/{layer_id}/features/{uid}/events"): Row(
        LAYER, elsewhere="200 200 404 200 200 200", restricted=HIDDEN
    ),
    ("POST", "/api/layers/{layer_id}/features/{uid}/events"): Row(
        "403 403 201 201 201 201",
        elsewhere="403 403 404 201 201 201",
        restricted="404 404 404 201 201 201",
    ),
    ("GET", "/api/events"): Row("200", query="limit=500"),
    ("GET", "/api/events/{event_id}"): Row("404", path={"event_id": "nothing"}),
    ("GET", "/api/approvals"): Row("200"),
    ("POST", "/api/attachments"): Row("403 403 201 201 201 201", file=PDF),
    ("GET", "/api/attachments/{sha256}"): Row(UNKNOWN, path={"sha256": NOWHERE}),
    ("OPTIONS", "/api/uploads"): Row("204"),
    ("POST", "/api/uploads"): Row("403 403 201 201 201 201", headers={"Tus-Resumable": "1.0.0", "Upload-Length": "10"}),
    ("GET", "/api/uploads/{upload_id}"): Row("403 403 404 404 404 404", path={"upload_id": NOWHERE}, headers=TUS),
    ("PATCH", "/api/uploads/{upload_id}"): Row(
        "403 403 404 404 404 404",
        path={"upload_id": NOWHERE},
        headers={**TUS, "Upload-Offset": "0", "Content-Type": "application/offset+octet-stream"},
    ),
    ("DELETE", "/api/uploads/{upload_id}"): Row("403 403 404 404 404 404", path={"upload_id": NOWHERE}, headers=TUS),
    # Phones in the field
    ("GET", "/api/sync"): Row("403 403 200 200 200 200"),
    ("GET", "/api/sync/size"): Row("403 403 200 200 200 200"),
    ("POST", "/api/sync"): Row("403 403 200 200 200 200", json={"events": []}),
    ("POST", "/api/sync/unsent"): Row("403 403 400 400 400 400", file=PDF),
    # The conflict desk
    ("GET", "/api/conflicts"): Row("403 403 200 200 200 200"),
    ("GET", "/api/conflicts/{conflict_id}"): Row("403 403 404 404 404 404", path={"conflict_id": NOWHERE}),
    ("POST", "/api/conflicts/{conflict_id}/decision"): Row(
        writers(404),
        path={"conflict_id": NOWHERE},
        json={"keep": "office", "reason": "试", "office_revision": 1},
    ),
    # Phones
    ("GET", "/api/devices"): Row(SIGNED),
    ("DELETE", "/api/devices/{device_id}"): Row(UNKNOWN, path={"device_id": NOWHERE}),
    # Files to take away
    ("GET", "/api/layers/{layer_id}/download"): Row(LAYER, restricted=HIDDEN, query="f=geojson"),
    ("GET", "/api/download"): Row("200"),
    # The import desk
    ("POST", "/api/imports"): Row(writers(422)),
    ("GET", "/api/imports"): Row(writers(200)),
    ("GET", "/api/imports/{import_id}"): Row(writers(404), path={"import_id": NOWHERE}),
    ("PATCH", "/api/imports/{import_id}"): Row(writers(404), path={"import_id": NOWHERE}, json={}),
    ("DELETE", "/api/imports/{import_id}"): Row(writers(404), path={"import_id": NOWHERE}),
    ("GET", "/api/imports/{import_id}/preview"): Row(writers(404), path={"import_id": NOWHERE}),
    ("POST", "/api/imports/{import_id}/confirm"): Row(writers(404), path={"import_id": NOWHERE}),
    ("POST", "/api/imports/{import_id}/undo"): Row(writers(404), path={"import_id": NOWHERE}),
    ("GET", "/api/imports/{import_id}/rejected.{ending}"): Row(
        writers(404), path={"import_id": NOWHERE, "ending": "csv"}
    ),
    # Coverage and siting
    ("GET", "/api/circles"): Row("200"),
    ("POST", "/api/runs"): Row(
        "403 404 404 404 404 404", json={"analysis": "coverage", "parameters": {"circle": "none"}}
    ),
    ("GET", "/api/runs"): Row("200"),
    ("GET", "/api/runs/{run_id}"): Row("404", path={"run_id": NOWHERE}),
    ("DELETE", "/api/runs/{run_id}"): Row("404", path={"run_id": NOWHERE}),
    ("POST", "/api/runs/{run_id}/recompute"): Row(UNKNOWN, path={"run_id": NOWHERE}),
    ("GET", "/api/runs/{run_id}/demand"): Row("404", path={"run_id": NOWHERE}),
    ("GET", "/api/runs/{run_id}/facilities"): Row("404", path={"run_id": NOWHERE}),
    ("GET", "/api/runs/{run_id}/route"): Row("404", path={"run_id": NOWHERE}, query="uid=x"),
    ("GET", "/api/runs/{run_id}/reach"): Row("404", path={"run_id": NOWHERE}),
    ("GET", "/api/runs/{run_id}/tiles"): Row("404", path={"run_id": NOWHERE}),
    ("GET", "/api/runs/{run_id}/tiles/{z}/{x}/{y}"): Row(
        "404", path={"run_id": NOWHERE, "z": "14", "x": "13828", "y": "6064"}
    ),
    ("GET", "/api/runs/{run_id}/uncovered.xlsx"): Row("404", path={"run_id": NOWHERE}),
    ("GET", "/api/runs/{run_id}/compare/{other}"): Row("404", path={"run_id": NOWHERE, "other": NOWHERE}),
    ("GET", "/api/scenarios"): Row(SIGNED),
    ("POST", "/api/scenarios"): Row("403 201 201 201 201 201", json={"title": "试", "changes": []}),
    ("GET", "/api/scenarios/{scenario_id}"): Row(UNKNOWN, path={"scenario_id": NOWHERE}),
    ("PUT", "/api/scenarios/{scenario_id}"): Row(UNKNOWN, path={"scenario_id": NOWHERE}, json={"title": "试"}),
    ("DELETE", "/api/scenarios/{scenario_id}"): Row(UNKNOWN, path={"scenario_id": NOWHERE}),
    ("POST", "/api/scenarios/{scenario_id}/accept"): Row(UNKNOWN, path={"scenario_id": NOWHERE}, json={"run": NOWHERE}),
    # Who comes in
    ("POST", "/api/auth/login"): Row("401", json={"name": "nobody", "password": "x"}, alone=True, csrf=False),
    ("POST", "/api/auth/logout"): Row("200", alone=True),
    ("GET", "/api/auth/me"): Row("200"),
    ("POST", "/api/auth/password"): Row("403 401 401 401 401 401", json={"current": "wrong", "new": "long enough"}),
    ("GET", "/api/auth/oidc"): Row("404"),
    ("GET", "/api/auth/oidc/callback"): Row("404", query="state=x&code=y"),
    ("GET", "/api/auth/sessions"): Row(SIGNED),
    ("DELETE", "/api/auth/sessions/{grant_id}"): Row(UNKNOWN, path={"grant_id": NOWHERE}),
    ("GET", "/api/auth/tokens"): Row(SIGNED),
    ("POST", "/api/auth/tokens"): Row("403 201 201 201 201 201", json={"name": "QGIS"}),
    ("DELETE", "/api/auth/tokens/{grant_id}"): Row(UNKNOWN, path={"grant_id": NOWHERE}),
    ("GET", "/api/accounts"): Row(ADMIN),
    ("POST", "/api/accounts"): Row("403 403 403 403 403 400", json={"name": "x", "role": "king"}),
    ("PATCH", "/api/accounts/{name}"): Row("403 403 403 403 403 404", path={"name": "nobody"}, json={}),
    ("GET", "/api/audit"): Row(ADMIN),
    ("POST", "/api/exports"): Row("204", json={"file": "a.csv", "format": "CSV", "rows": 1}),
}
