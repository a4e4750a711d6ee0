"""Tilesets over HTTP: lists, descriptions, tiles of everything one may see."""

from __future__ import annotations

import mapbox_vector_tile
import pytest

from yzgeo.store.base import Provenance

TILE = "/ogc/tiles/WebMercatorQuad/14/6064/13828"


def test_everything_is_reached_from_the_landing_page(client) -> None:
    links = {link["rel"]: link["href"] for link in client.get("/ogc").json()["links"]}
    rel = "http://www.opengis.net/def/rel/ogc/1.0/"
    (entry,) = client.get(links[f"{rel}tilesets-vector"].removeprefix("http://test")).json()["tilesets"]
    (address,) = [link["href"] for link in entry["links"] if link["rel"] == "self"]
    told = client.get(address.removeprefix("http://test")).json()
    (template,) = [link["href"] for link in told["links"] if link["rel"] == "item"]
    limit = next(one for one in told["tileMatrixSetLimits"] if one["tileMatrix"] == "14")
    assert (limit["minTileRow"], limit["minTileCol"]) == (6064, 13828)
    address = template.format(tileMatrix=14, tileRow=6064, tileCol=13828).removeprefix("http://test")
    tile = mapbox_vector_tile.decode(client.get(address).content)
    drawn = {name.removesuffix("_label") for name in tile}
    assert drawn <= {layer["id"] for layer in told["layers"]}
    scheme = client.get(links[f"{rel}tiling-schemes"].removeprefix("http://test")).json()["tileMatrixSets"][0]
    assert scheme["uri"] == told["tileMatrixSetURI"]


def test_a_layers_tileset_tells_its_fields_and_limits(client, connect) -> None:
    address = "/ogc/collections/shantytown_parcel/tiles/WebMercatorQuad"
    told = client.get(address).json()
    (layer,) = told["layers"]
    assert (layer["id"], layer["geometryDimension"]) == ("shantytown_parcel", 2)
    assert "households" not in layer["propertiesSchema"]["properties"]
    signed_in = connect("viewer").get(address).json()["layers"][0]
    assert "households" in signed_in["propertiesSchema"]["properties"]
    assert told["boundingBox"]["lowerLeft"] == pytest.approx([123.84, 42.29], abs=1e-6)
    empty = client.get("/ogc/collections/park_green/tiles/WebMercatorQuad").json()
    assert "boundingBox" not in empty
    assert empty["tileMatrixSetLimits"] == []


def test_a_tile_of_all_layers_holds_what_the_caller_may_see(client, connect) -> None:
    seen = {}
    for role in ("anonymous", "viewer", "planner"):
        answer = connect(role).get(TILE)
        assert answer.headers["content-type"] == "application/vnd.mapbox-vector-tile"
        seen[role] = (mapbox_vector_tile.decode(answer.content), answer.headers["etag"])
    public = {name for name in seen["anonymous"][0] if not name.endswith("_label")}
    assert public == {"shantytown_parcel", "road", "fitness_site"}
    assert set(seen["planner"][0]) - set(seen["anonymous"][0]) == {"pipe_segment"}
    fields = {role: tile["shantytown_parcel"]["features"][0]["properties"] for role, (tile, _) in seen.items()}
    assert "households" not in fields["anonymous"]
    assert "households" in fields["viewer"]
    assert len({tag.removeprefix("W/") for _, tag in seen.values()}) == 3
    # The same features as in the tiles of the single layers.
    for name in public:
        single = client.get(f"/ogc/collections/{name}{TILE.removeprefix('/ogc')}")
        assert mapbox_vector_tile.decode(single.content)[name] == seen["anonymous"][0][name]


def test_a_write_to_any_layer_changes_the_tag(client, workspace) -> None:
    tag = client.get(TILE).headers["etag"]
    assert client.get(TILE, headers={"If-None-Match": tag}).status_code == 304
    uid = workspace.store.rows("fitness_site").uids[0]
    workspace.store.write("fitness_site", delete=[uid], provenance=Provenance(actor="test", reason="gone"))
    answer = client.get(TILE, headers={"If-None-Match": tag})
    assert answer.status_code == 200
    assert len(mapbox_vector_tile.decode(answer.content)["fitness_site"]["features"]) == 1


def test_nothing_there_is_no_content_and_no_tile_is_not_found(client) -> None:
    empty = client.get("/ogc/tiles/WebMercatorQuad/14/0/0")
    assert (empty.status_code, empty.content) == (204, b"")
    for path in ("14/16384/0", "30/0/0", "a/0/0", "-1/0/0"):
        answer = client.get(f"/ogc/tiles/WebMercatorQuad/{path}")
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    for path in ("", "/WebMercatorQuad", "/WebMercatorQuad/8/94/216"):
        assert client.get(f"/ogc/collections/indicator/tiles{path}").status_code == 404, "a table has no tiles"
    assert client.get(f"{TILE}?datetime=2024").status_code == 400


def test_a_past_day_shows_its_stages(client) -> None:
    def stages(query: str) -> list[str]:
        tile = mapbox_vector_tile.decode(client.get(TILE + query).content)
        return sorted(each["properties"]["stage"] for each in tile["shantytown_parcel"]["features"])

    assert stages("") == ["cleared", "cleared", "planned", "planned", "reused", "signing"]
    assert stages("?datetime=2020-01-01") == ["planned"] * 6
