"""Every route, asked by everyone: what one may not see is absent everywhere, in every field and every count."""

from __future__ import annotations

import gzip

import pytest

from yzgeo.store.base import Provenance

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
