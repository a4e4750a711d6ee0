"""Every route, asked by everyone: what one may not see is absent everywhere, in every field and every count."""

from __future__ import annotations

import gzip
import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import httpx
import pytest
from fastapi import FastAPI

from api.main import create_app
from api.settings import Settings
from tests.api.access_table import ROLES, TABLE, event, routes_of
from tests.api.conftest import Client
from tests.stores import Premises
from yzgeo.store.base import Provenance

STAGED = "shantytown_parcel"
OWN, OTHER = "211202001", "211202002"
SEES_RESTRICTED = {"planner", "bureau", "admin"}
HEADERS = {
    "content-security-policy": "default-src",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "permissions-policy": "camera=()",
}
HEADERS_OF_DATA = {
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
}

HIDDEN = "pipe_segment"
UNKNOWN = "no_such_layer"
LAYER_ROUTES = (
    "/ogc/collections/{layer}",
    "/ogc/collections/{layer}/queryables",
    "/ogc/collections/{layer}/items",
    "/ogc/collections/{layer}/items/{uid}",
    "/ogc/collections/{layer}/tiles/WebMercatorQuad/14/6064/13828",
    "/ogc/collections/{layer}/tiles/WebMercatorQuad/14/6064/13828?revision=1",
    "/ogc/styles/{layer}",
)
OPEN_ROUTES = (
    "/",
    "/ogc",
    "/ogc/conformance",
    "/ogc/collections",
    "/ogc/styles",
    "/ogc/styles/district",
    "/-/layers",
    "/-/versions",
    "/-/errors",
    "/api/targets",
    "/api/search?q=%E7%A7%98%E5%AF%86",
    "/api/search?q=G1",
    "/maps/overview.html",
    "/api/auth/me",
    "/healthz",
    "/readyz",
    "/openapi.json",
)
MAY_SEE = {"anonymous": False, "viewer": False, "field": False, "planner": True, "bureau": True, "admin": True}


@pytest.fixture
def uid(workspace) -> str:
    return str(workspace.store.rows(HIDDEN).uids[0])


@pytest.mark.parametrize("route", LAYER_ROUTES)
@pytest.mark.parametrize("role", MAY_SEE)
def test_a_restricted_layer_is_there_for_some_and_unknown_to_others(connect, uid: str, route: str, role: str) -> None:
    client = connect(role)
    answer = client.get(route.format(layer=HIDDEN, uid=uid))
    if MAY_SEE[role]:
        assert answer.status_code == 200
        return
    unknown = client.get(route.format(layer=UNKNOWN, uid=uid))
    assert answer.status_code == unknown.status_code == 404
    assert answer.text.replace(HIDDEN, UNKNOWN) == unknown.text
    assert dict(answer.headers) | {"content-length": ""} == dict(unknown.headers) | {"content-length": ""}


@pytest.mark.parametrize("route", OPEN_ROUTES)
@pytest.mark.parametrize("role", ["anonymous", "viewer", "planner"])
def test_no_other_route_tells_of_it(connect, uid: str, route: str, role: str) -> None:
    answer = connect(role).get(route)
    assert answer.status_code == 200
    if role == "planner":
        return
    for trace in (uid, "秘密管线", f'"{HIDDEN}"', f"/{HIDDEN}", f"{HIDDEN}-"):
        assert trace not in answer.text, trace


@pytest.mark.parametrize(("role", "sees"), [("anonymous", False), ("viewer", True), ("planner", True)])
def test_an_internal_field_is_there_for_some_only(connect, workspace, role: str, sees: bool) -> None:
    client = connect(role)
    layer = "shantytown_parcel"
    one = workspace.store.rows(layer).uids[0]
    for route in (
        f"/ogc/collections/{layer}/items",
        f"/ogc/collections/{layer}/items/{one}",
        f"/ogc/collections/{layer}/queryables",
        "/-/layers",
        "/api/targets",
        "/maps/overview.html",
    ):
        text = client.get(route).text
        if not sees:
            assert '"households_signed"' not in text, route
            assert '"field":"households' not in text, route
            assert '"households":' not in text, route
    tile = client.get(f"/ogc/collections/{layer}/tiles/WebMercatorQuad/14/6064/13828")
    assert (b"households" in tile.content) is sees


def test_answers_of_two_roles_never_share_a_cache_entry(connect) -> None:
    """The same address asked by the one who sees and then by the one who does not, and the other way round."""
    layer = "shantytown_parcel"
    for route in (
        f"/ogc/collections/{layer}/items",
        f"/ogc/collections/{layer}/tiles/WebMercatorQuad/14/6064/13828?revision=1",
        "/-/layers",
        "/ogc/styles/district",
        "/api/targets",
    ):
        for first, second in (("planner", "anonymous"), ("anonymous", "planner")):
            etags = [connect(role).get(route).headers["etag"] for role in (first, second)]
            assert etags[0] != etags[1], route
        assert "Cookie" in connect().get(route).headers["vary"]


def test_compressed_tiles_hide_fields_too(connect) -> None:
    path = "/ogc/collections/shantytown_parcel/tiles/WebMercatorQuad/14/6064/13828"
    client = connect()
    raw = client.get(path, headers={"Accept-Encoding": "gzip"})
    assert b"households" not in gzip.decompress(gzip.compress(raw.content))


def test_staff_of_the_field_see_their_own_street_offices_only(connect, workspace) -> None:
    """On layers with stages, and everywhere; layers without stages are one and the same for all."""
    layer, own = "shantytown_parcel", "211202001"
    frame = workspace.store.frame(layer)
    frame["subdistrict"] = [own, own, "211202002", "211202002", None, None]
    workspace.store.write(layer, put=frame, provenance=Provenance(actor="test", reason="placed"))
    mine, others = list(frame.index[:2]), list(frame.index[2:])
    client = connect("field")
    found = client.get(f"/ogc/collections/{layer}/items").json()
    assert found["numberMatched"] == 2
    assert [feature["id"] for feature in found["features"]] == mine
    for query, count in ((f"subdistrict={own}", 2), ("subdistrict=211202002", 0), ("datetime=2024-12-31", 2)):
        assert client.get(f"/ogc/collections/{layer}/items?{query}").json()["numberMatched"] == count
    assert connect("viewer").get(f"/ogc/collections/{layer}/items").json()["numberMatched"] == 6
    for uid, status in ((mine[0], 200), (others[0], 404), (others[-1], 404)):
        assert client.get(f"/ogc/collections/{layer}/items/{uid}").status_code == status
        assert client.get(f"/api/layers/{layer}/features/{uid}/events").status_code == status
        assert connect("viewer").get(f"/ogc/collections/{layer}/items/{uid}").status_code == 200
    for query in ("", "?revision=2", "?datetime=2024-12-31"):
        path = f"/ogc/collections/{layer}/tiles/WebMercatorQuad/14/6064/13828{query}"
        tile = client.get(path)
        assert (mine[0].encode() in tile.content, others[0].encode() in tile.content) == (True, False)
        whole = connect("viewer").get(path)
        assert others[0].encode() in whole.content
        assert tile.headers["etag"] != whole.headers["etag"]
        assert tile.headers["cache-control"].startswith("private")
    codes = [hit["code"] for hit in client.get("/api/search?q=P0").json()["results"]]
    assert codes == ["P01", "P02"]
    assert client.get("/ogc/collections/road/items").json()["numberMatched"] == 1


@dataclass
class District:
    """One running application, a client for each role, and the features that decide."""

    app: FastAPI
    clients: dict[str, Client]
    uids: dict[str, str]
    """An own, another's and a restricted feature."""
    others: list[str]

    def ask(self, method: str, template: str, role: str, *, on: str = "own", client: Client | None = None, **more):
        """Ask a route as its row says."""
        row = TABLE[method, template]
        layer = {"restricted": HIDDEN, "unknown": UNKNOWN}.get(on, STAGED)
        values = {"layer_id": layer, "uid": self.uids.get(on, "no-such-feature"), **row.path}
        path = template
        for name, value in values.items():
            path = path.replace(f"{{{name}}}", value)
        body = event() if template.endswith("/events") and method == "POST" else row.json
        sent = {"headers": {"X-Requested-With": "x", **row.headers}, **({} if body is None else {"json": body}), **more}
        if row.file is not None:
            sent["files"] = {"file": ("a.pdf", row.file, "application/pdf")}
        asked = f"{path}?{row.query}" if row.query else path
        return (client or self.clients[role]).request(method, asked, **sent)


@pytest.fixture(scope="module")
def district(own_premises: Callable[[], Premises], tmp_path_factory: pytest.TempPathFactory) -> Iterator[District]:
    """Parcels in two street offices, one of them late; no page has been built; nobody asks from this machine."""
    root, premises = tmp_path_factory.mktemp("access"), own_premises()
    with premises.workspace() as opened, pytest.MonkeyPatch.context() as patch:
        if premises.url is not None:
            patch.setenv("YZGEO_DATABASE_URL", premises.url)
        frame = opened.store.frame(STAGED)
        frame["subdistrict"] = [OWN, OWN, OTHER, OTHER, None, None]
        frame["planned_finish"] = "2022-12-31"
        opened.store.write(STAGED, put=frame, provenance=Provenance(actor="test", reason="placed"))
        settings = Settings(
            workspace=premises.folder, web_root=root / "no-page", sign_in_per_minute=1000, sign_in_failures=100
        )
        app = create_app(settings, opened.store)
        clients = {role: Client(app, address="10.0.0.1") for role in ROLES}
        for role in ROLES[1:]:
            assert clients[role].sign_in(role).status_code == 200
        uids = {"own": frame.index[0], "elsewhere": frame.index[2], "restricted": opened.store.rows(HIDDEN).uids[0]}
        yield District(app, clients, uids, [str(uid) for uid in frame.index[2:]])
        for client in clients.values():
            client.close()
        app.state.runs.close()


def test_every_route_has_its_row(district: District) -> None:
    """A new route says here what it answers to whom, or it does not get in."""
    there = set(routes_of(district.app.router.routes))
    assert sorted(there - set(TABLE)) == [], "routes without a row in tests/api/access_table.py"
    assert sorted(set(TABLE) - there) == [], "rows without a route"


@pytest.mark.parametrize(("method", "path"), list(TABLE), ids=[" ".join(key) for key in TABLE])
def test_the_table(district: District, method: str, path: str) -> None:
    """Statuses as the table says; nobody learns of what they may not see; every answer is sealed."""
    row = TABLE[method, path]
    cases = ["own", *(["elsewhere"] if "{uid}" in path else []), *(["restricted"] if "{layer_id}" in path else [])]
    for on in cases:
        wanted = row.statuses("to" if on == "own" else on)
        for role in ROLES:
            client = _fresh(district, role) if row.alone else None
            answer = district.ask(method, path, role, on=on, client=client)
            told = (method, path, on, role, answer.text[:300])
            assert answer.status_code == wanted[role], told
            _require_nothing_hidden(district, answer, role, on, told)
            _require_sealed(answer, told)
            if wanted[role] == 404 and (on == "restricted" or (on == "elsewhere" and role == "field")):
                _require_the_same_as_unknown(district, answer, (method, path), role, on)
            if client is not None:
                client.close()


@pytest.mark.parametrize(
    ("method", "path"),
    [key for key, row in TABLE.items() if key[0] not in {"GET", "OPTIONS"} and row.csrf],
    ids=" ".join,
)
def test_no_other_site_changes_anything_in_the_callers_name(district: District, method: str, path: str) -> None:
    """A foreign page sends its own ``Origin``; an old browser sends none, and our cookie."""
    for headers in ({"Origin": "http://evil.example"}, {"Origin": "null"}, {}):
        answer = district.ask(method, path, "admin", headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (403, "cross_site"), headers
        _require_sealed(answer, (method, path))


def test_nobody_signs_someone_in_from_another_site(district: District) -> None:
    """Signing in has no cookie to misuse, and still another site may not sign a browser in as somebody else."""
    client = Client(district.app)
    answer = client.request(
        "POST",
        "/api/auth/login",
        json={"name": "viewer", "password": "correct horse"},
        headers={"Origin": "http://evil.example"},
    )
    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers
    client.close()


def test_not_even_the_time_tells(district: District) -> None:
    """Asked in turns, a hidden layer takes as long as one that never was; the margin is the machine's."""
    for route in LAYER_ROUTES:
        taken: dict[str, list[float]] = {HIDDEN: [], UNKNOWN: []}
        for _ in range(15):
            for layer, times in taken.items():
                started = time.process_time()
                answer = district.clients["viewer"].get(route.format(layer=layer, uid=district.uids["restricted"]))
                times.append(time.process_time() - started)
                assert answer.status_code == 404
        hidden, unknown = (statistics.median(times) + 1e-4 for times in taken.values())
        assert hidden / unknown < 5, route
        assert unknown / hidden < 5, route


def _fresh(district: District, role: str) -> Client:
    client = Client(district.app, address="10.0.0.2")
    if role != "anonymous":
        assert client.sign_in(role).status_code == 200
    return client


def _require_nothing_hidden(district: District, answer: httpx.Response, role: str, on: str, told: object) -> None:
    body = answer.content
    if role not in SEES_RESTRICTED and on != "restricted":
        for trace in (district.uids["restricted"], "秘密管线", f'"{HIDDEN}"', f"/{HIDDEN}", f"{HIDDEN}-"):
            assert trace.encode() not in body, (trace, told)
    if role == "field":
        asked = district.uids["elsewhere"] if on == "elsewhere" else None
        for uid in district.others:
            assert uid == asked or uid.encode() not in body, (uid, told)
        for name in ("P03", "P04", "P05", "P06", "南环地块", "地块六"):
            assert name.encode() not in body, (name, told)


def _require_sealed(answer: httpx.Response, told: object) -> None:
    path = answer.request.url.path
    tile = path.startswith("/ogc/collections/") and "/tiles/WebMercatorQuad/" in path and answer.is_success
    for name, beginning in (HEADERS_OF_DATA if tile else HEADERS).items():
        assert answer.headers.get(name, "").startswith(beginning), (name, told)


def _require_the_same_as_unknown(
    district: District, answer: httpx.Response, route: tuple[str, str], role: str, on: str
) -> None:
    """Not even the wording tells that there is something."""
    unknown = district.ask(*route, role, on="unknown" if on == "restricted" else "no-such-feature")
    texts = []
    for each, names in ((answer, (HIDDEN, district.uids[on])), (unknown, (UNKNOWN, "no-such-feature"))):
        text = each.text
        for name, stands_for in zip(names, ("LAYER", "UID"), strict=True):
            text = text.replace(name, stands_for)
        texts.append(text)
    assert texts[0] == texts[1], (route, role)
    varying = {"content-length", "date", "etag"}
    told = [{k: v for k, v in each.headers.items() if k not in varying} for each in (answer, unknown)]
    assert told[0] == told[1], (route, role)
