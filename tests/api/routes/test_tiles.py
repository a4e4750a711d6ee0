"""Vector tiles over HTTP: contents, caching, revisions."""

from __future__ import annotations

import gzip
from typing import Any

import mapbox_vector_tile
import pytest

from api.main import create_app
from tests.api.conftest import Client
from yzgeo.store.base import Provenance

# Column: (123.84 + 180) / 360 × 2^14 = 13828.1; row by the Mercator formula at 42.29 N: 6064.5.
TILE = (14, 6064, 13828)


def address(layer: str, tile: tuple[int, int, int] = TILE, query: str = "") -> str:
    z, row, col = tile
    return f"/ogc/collections/{layer}/tiles/WebMercatorQuad/{z}/{row}/{col}{query}"


def read(answer) -> dict[str, Any]:
    assert answer.status_code == 200, answer.text
    return mapbox_vector_tile.decode(answer.content)


def test_a_tile_holds_the_layer_under_its_id(client) -> None:
    answer = client.get(address("shantytown_parcel"))
    layer = read(answer)["shantytown_parcel"]
    assert answer.headers["content-type"] == "application/vnd.mapbox-vector-tile"
    assert [feature["id"] for feature in layer["features"]] == sorted(f["id"] for f in layer["features"])
    properties = layer["features"][0]["properties"]
    assert properties["code"] == "P01"
    assert properties["area_m2"] == 1000.5
    assert properties["stage"] == "planned"
    assert len(properties["uid"]) == 36


def test_fields_follow_the_role(connect) -> None:
    def fields(role: str) -> set[str]:
        return set(
            read(connect(role).get(address("shantytown_parcel")))["shantytown_parcel"]["features"][0]["properties"]
        )

    assert "households" not in fields("anonymous")
    assert "households" in fields("viewer")


def pinned(client, layer: str) -> str:
    """The address that the service itself gives for the tile."""
    z, row, col = TILE
    links = {entry["id"]: entry["links"] for entry in client.get("/-/layers").json()["layers"]}
    return links[layer]["tiles"].replace("{z}", str(z)).replace("{y}", str(row)).replace("{x}", str(col))


def test_its_full_address_may_be_kept_for_ever(client, connect) -> None:
    answer = client.get(pinned(client, "road"))
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert client.get(address("road")).headers["cache-control"] == "public, no-cache"
    # Internal fields make even a public layer's tile private.
    seen = connect("viewer").get(pinned(client, "shantytown_parcel"))
    assert seen.headers["cache-control"] == "private, max-age=31536000, immutable"
    planner = connect("planner")
    pipes = planner.get(pinned(planner, "pipe_segment"))
    assert pipes.headers["cache-control"] == "private, max-age=31536000, immutable"
    assert "Cookie" in answer.headers["vary"]


@pytest.mark.parametrize("query", ["?revision=1", "?revision=1&encoding=00000000", "?encoding=00000000"])
def test_what_may_have_been_made_otherwise_is_revalidated(client, query: str) -> None:
    """Whoever holds tiles of an older format asks for new ones; an address without the format promises nothing."""
    kept = client.get(pinned(client, "road"))
    answer = client.get(address("road", query=query))
    assert answer.headers["cache-control"] == "public, no-cache"
    assert (answer.content, answer.headers["etag"]) == (kept.content, kept.headers["etag"])


def test_another_format_is_another_address_and_tag(client, settings, workspace, monkeypatch) -> None:
    before, tag = pinned(client, "road"), client.get(address("road")).headers["etag"]
    monkeypatch.setattr("yzgeo.tiles.FORMAT", 10**6)
    later = Client(create_app(settings, workspace.store))
    assert pinned(later, "road") != before
    assert later.get(address("road"), headers={"If-None-Match": tag}).status_code == 200
    later.close()


def test_revalidation(client, connect) -> None:
    etag = client.get(address("shantytown_parcel")).headers["etag"]
    again = client.get(address("shantytown_parcel"), headers={"If-None-Match": etag})
    assert again.status_code == 304
    assert again.content == b""
    assert again.headers["etag"] == etag
    richer = connect("viewer").get(address("shantytown_parcel"), headers={"If-None-Match": etag})
    assert richer.status_code == 200


def test_compressed_once_for_those_who_take_it(client) -> None:
    packed = client.get(address("road"), headers={"Accept-Encoding": "gzip"})
    plain = client.get(address("road"), headers={"Accept-Encoding": "identity"})
    assert packed.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in plain.headers
    assert packed.content == plain.content
    assert int(plain.headers["content-length"]) == len(plain.content)


def test_brotli_where_the_client_takes_it(client) -> None:
    sent = {
        name: client.get(address("shantytown_parcel"), headers={"Accept-Encoding": name}) for name in ("br", "gzip")
    }
    again = client.get(address("shantytown_parcel"), headers={"Accept-Encoding": "gzip, br"})
    assert [sent[name].headers["content-encoding"] for name in sent] == ["br", "gzip"]
    assert again.headers["content-encoding"] == "br"
    assert sent["br"].content == sent["gzip"].content == again.content
    assert sent["br"].headers["etag"].startswith("W/"), "the same tile, not the same bytes"
    assert again.headers["content-length"] == sent["br"].headers["content-length"]
    assert "Accept-Encoding" in again.headers["vary"]


def test_nothing_there_is_no_content(client) -> None:
    answer = client.get(address("road", (14, 0, 0)))
    assert answer.status_code == 204
    assert answer.content == b""
    assert client.get(address("park_green")).status_code == 204


@pytest.mark.parametrize(
    "path",
    [
        address("road", (14, 16384, 0)),
        address("road", (30, 0, 0)),
        address("road", query="?revision=99"),
        address("nowhere"),
        "/ogc/collections/road/tiles/WebMercatorQuad/a/0/0",
        "/ogc/collections/road/tiles/WebMercatorQuad/-1/0/0",
        "/ogc/collections/road/tiles/OtherQuad/0/0/0",
    ],
)
def test_what_is_no_tile_is_not_found(client, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("query", ["?revision=x", "?revision=-1", "?revision=1&revision=1", "?style=a"])
def test_bad_parameters(client, query: str) -> None:
    assert client.get(address("road", query=query)).status_code == 400


def test_a_write_shows_at_once_and_the_old_state_stays(client, workspace) -> None:
    before = client.get(address("shantytown_parcel"))
    frame = workspace.store.frame("shantytown_parcel")
    frame = frame[frame["code"] == "P01"].copy()
    frame["stage"] = "cleared"
    workspace.store.write("shantytown_parcel", put=frame, provenance=Provenance(actor="test", reason="moved"))

    after = client.get(address("shantytown_parcel"), headers={"If-None-Match": before.headers["etag"]})
    assert read(after)["shantytown_parcel"]["features"][0]["properties"]["stage"] == "cleared"
    old = client.get(address("shantytown_parcel", query="?revision=1"))
    stages = {f["properties"]["code"]: f["properties"]["stage"] for f in read(old)["shantytown_parcel"]["features"]}
    assert stages["P01"] == "planned"
    assert len(stages) == 6
    now = client.get(address("shantytown_parcel", query="?revision=2"))
    assert gzip.decompress(gzip.compress(now.content)) == after.content


def test_what_has_moved_to_others_is_not_in_a_tile_that_was_made_before(connect, workspace) -> None:
    """Of a state the field has seen, made and revalidated, nothing is left that is not theirs any more."""
    field, store = connect("field"), workspace.store
    frame = store.frame("shantytown_parcel").sort_values("code").iloc[:2]

    def move(rows, street: str) -> int:
        put = rows.assign(subdistrict=street)
        store.write("shantytown_parcel", put=put, provenance=Provenance(actor="test", reason="moved"))
        return store.revision("shantytown_parcel")

    def seen(query: str) -> list[str]:
        found = read(field.get(address("shantytown_parcel", query=query)))["shantytown_parcel"]["features"]
        return sorted(feature["properties"]["code"] for feature in found)

    theirs = move(frame, "211202001")
    state = f"?revision={theirs}"
    move(store.frame("shantytown_parcel").query("code == 'P06'"), "211202003")
    assert [seen(state), seen(state)] == [["P01", "P02"]] * 2
    tag = field.get(address("shantytown_parcel", query=state)).headers["etag"]
    move(frame.iloc[:1], "211202002")
    assert seen(state) == ["P02"]
    encoding = pinned(field, "shantytown_parcel").partition("encoding=")[2]
    again = field.get(
        address("shantytown_parcel", query=f"{state}&encoding={encoding}"), headers={"If-None-Match": tag}
    )
    assert (again.status_code, again.headers["cache-control"]) == (200, "private, no-cache")
    assert field.get(pinned(field, "shantytown_parcel")).headers["cache-control"].endswith("immutable")
