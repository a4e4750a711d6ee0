"""OGC landing page, conformance, collections, queryables."""

from __future__ import annotations

import html
import re
from pathlib import Path

import mapbox_vector_tile
import pytest
from jsonschema import Draft202012Validator

from api import models
from api.routes.collections import claims
from yzgeo.workflows.imports import import_file

ROOT = Path(__file__).parents[3]


def test_the_landing_page_leads_to_everything(client) -> None:
    landing = models.Landing.model_validate(client.get("/ogc").json())
    by_rel = {link.rel: link.href for link in landing.links}
    for rel in ("self", "service-desc", "conformance", "data"):
        assert client.get(by_rel[rel].removeprefix("http://test")).status_code == 200
    assert landing.title == "银州城市更新一张图"
    assert client.get("/ogc?lang=en").json()["title"] == "Yinzhou urban renewal on one map"


def test_every_claim_names_an_existing_proof(client) -> None:
    assert client.get("/ogc/conformance").json()["conformsTo"] == [claim["uri"] for claim in claims()]
    assert all((ROOT / claim["proof"]).is_file() for claim in claims())


def test_collections_fit_their_model(client) -> None:
    found = models.Collections.model_validate(client.get("/ogc/collections").json())
    by_id = {collection.id: collection for collection in found.collections}
    parcels = by_id["shantytown_parcel"]
    assert parcels.title == "棚户区改造地块"
    assert parcels.item_type == "feature"
    assert parcels.number_of_features == 6
    assert parcels.data_status == {"illustrative": 6}
    assert parcels.extent.spatial is not None
    assert parcels.extent.spatial.bbox[0] == pytest.approx((123.84, 42.29, 123.8458, 42.2908), abs=1e-6)
    assert by_id["indicator"].item_type == "record"
    assert by_id["indicator"].extent.spatial is None
    assert "pipe_segment" not in by_id


@pytest.mark.parametrize(
    ("headers", "query", "title"),
    [
        ({"Accept-Language": "en-GB,en;q=0.9"}, "", "Shantytown parcels"),
        ({"Accept-Language": "en"}, "?lang=zh", "棚户区改造地块"),
        ({"Accept-Language": "fr, zh-CN;q=0.5"}, "", "棚户区改造地块"),
        ({}, "", "棚户区改造地块"),
    ],
)
def test_the_title_speaks_the_callers_language(client, headers: dict[str, str], query: str, title: str) -> None:
    assert client.get(f"/ogc/collections/shantytown_parcel{query}", headers=headers).json()["title"] == title


def test_links_of_a_collection_work(client) -> None:
    collection = client.get("/ogc/collections/shantytown_parcel").json()
    assert [link["rel"] for link in collection["links"]][:2] == ["self", "items"]
    for link in collection["links"]:
        address = link["href"].removeprefix("http://test").format(z=14, row=6064, col=13828)
        assert client.get(address).status_code == 200, link


def test_queryables_list_what_may_be_filtered(client, connect) -> None:
    address = "/ogc/collections/shantytown_parcel/queryables"
    answer = client.get(address)
    assert answer.headers["content-type"] == "application/schema+json"
    schema = answer.json()
    assert schema["properties"]["area_m2"]["type"] == "number"
    assert schema["properties"]["stage_date"] == {"title": "阶段日期", "type": "string", "format": "date"}
    assert "cleared" in schema["properties"]["stage"]["enum"]
    assert schema["properties"]["geometry"]["format"] == "geometry-polygon-or-multipolygon"
    assert "households" not in schema["properties"]
    assert "households" in connect("viewer").get(address).json()["properties"]
    assert "geometry" not in client.get("/ogc/collections/indicator/queryables").json()["properties"]


def test_addresses_follow_the_configured_public_one(workspace, settings) -> None:
    from api.main import create_app
    from tests.api.conftest import Client

    own = Client(create_app(settings.model_copy(update={"public_url": "https://map.example"}), workspace.store))
    assert own.get("/ogc").json()["links"][0]["href"] == "https://map.example/ogc"
    own.close()


def test_a_strange_host_is_refused(client) -> None:
    assert client.get("/ogc", headers={"Host": "a b/c"}).status_code == 400


def test_a_real_file_that_is_imported_is_served_at_once(client, workspace, catalogue) -> None:
    boundary = catalogue.root / catalogue.district.boundary_file
    assert client.get("/ogc/collections/admin_district/items").json()["numberMatched"] == 0
    import_file(workspace, boundary, layer="admin_district", columns={"adcode": "code"}, data_status="derived")
    page = client.get("/ogc/collections/admin_district/items").json()
    assert [feature["properties"]["code"] for feature in page["features"]] == [catalogue.district.code]
    source = client.get("/ogc/styles/admin_district").json()["sources"]["admin_district"]
    assert "revision=1" in source["tiles"][0]
    tile = client.get("/ogc/collections/admin_district/tiles/WebMercatorQuad/9/189/432?revision=1")
    assert len(mapbox_vector_tile.decode(tile.content)["admin_district"]["features"]) == 1


def test_systems_are_listed_and_the_stored_one_named(client) -> None:
    content = client.get("/ogc/collections/shantytown_parcel").json()
    epsg = "http://www.opengis.net/def/crs/EPSG/0/"
    assert content["crs"][0] == "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
    assert [uri.removeprefix(epsg) for uri in content["crs"][1:]] == ["4326", "4490", "4529", "4550", "3857"]
    assert content["storageCrs"] == f"{epsg}4490"
    for uri in content["crs"]:
        assert client.get("/ogc/collections/shantytown_parcel/items", params={"crs": uri}).status_code == 200


@pytest.mark.parametrize("kind", ["queryables", "sortables", "schema"])
def test_fields_are_told_as_json_schema(client, connect, kind: str) -> None:
    answer = client.get(f"/ogc/collections/shantytown_parcel/{kind}?lang=zh")
    assert answer.headers["content-type"] == "application/schema+json"
    content = answer.json()
    assert content["properties"]["area_m2"]["title"] == "占地面积"
    assert ("geometry" in content["properties"]) is (kind != "sortables")
    assert content["properties"]["uid"]["x-ogc-role"] == "id"
    assert "households" not in content["properties"]
    assert "households" in connect("planner").get(f"/ogc/collections/shantytown_parcel/{kind}").json()["properties"]
    assert client.get(f"/ogc/collections/pipe_segment/{kind}").status_code == 404


def test_features_fit_the_schema_of_their_layer(connect) -> None:
    chief = connect("admin")
    listed = chief.get("/ogc/collections").json()
    assert [link["rel"] for link in listed["links"]] == ["self", "alternate"]
    looked = 0
    for collection in listed["collections"]:
        links = {
            link["rel"].rpartition("/")[2]: link["href"].removeprefix("http://test") for link in collection["links"]
        }
        schemas = {kind: chief.get(links[kind]).json() for kind in ("schema", "queryables", "sortables")}
        for kind, schema in schemas.items():
            Draft202012Validator.check_schema(schema)
            assert schema["$id"] == f"http://test{links[kind]}"
        fits = Draft202012Validator(schemas["schema"], format_checker=Draft202012Validator.FORMAT_CHECKER)
        for feature in chief.get(links["items"]).json()["features"]:
            assert feature["properties"].keys() == schemas["schema"]["properties"].keys() - {"geometry", "uid"}
            known = {name: value for name, value in feature["properties"].items() if value is not None}
            assert list(fits.iter_errors({**known, "uid": feature["id"]})) == [], feature
            looked += 1
    assert looked == 12


@pytest.mark.parametrize(
    "path",
    [
        "/ogc",
        "/ogc/conformance",
        "/ogc/collections",
        "/ogc/collections/shantytown_parcel",
        "/ogc/collections/shantytown_parcel/queryables",
        "/ogc/collections/shantytown_parcel/schema",
        "/ogc/collections/indicator",
        "/ogc/tiles",
        "/ogc/tiles/WebMercatorQuad",
        "/ogc/collections/road/tiles",
        "/ogc/collections/road/tiles/WebMercatorQuad",
        "/ogc/tileMatrixSets",
        "/ogc/tileMatrixSets/WebMercatorQuad",
        "/ogc/styles",
    ],
)
def test_everything_can_be_read_by_people(client, path: str) -> None:
    for lang, title in (("zh", "zh-CN"), ("en", "en")):
        page = client.get(f"{path}?f=html&lang={lang}")
        assert page.status_code == 200
        assert page.headers["content-type"] == "text/html; charset=utf-8"
        assert f'<html lang="{title}">' in page.text
        assert "pipe_segment" not in page.text
    assert client.get(path, headers={"accept": "text/html"}).headers["content-type"].startswith("text/html")


def test_the_pages_lead_to_pages_that_are_there(client) -> None:
    """Every link of every page that one comes to from the landing page, as a person would click them."""
    seen, waiting = set(), ["/ogc?f=html"]
    while waiting:
        address = waiting.pop()
        answer = client.get(address)
        assert answer.status_code == 200, address
        seen.add(address)
        if answer.headers["content-type"].startswith("text/html"):
            links = {html.unescape(link) for link in re.findall(r'href="http://test(/ogc[^"]*)"', answer.text)}
            waiting += sorted(link for link in links - seen - set(waiting) if "/items/" not in link)
    assert len(seen) > 40
