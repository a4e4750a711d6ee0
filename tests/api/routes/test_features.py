"""Items over HTTP: GeoJSON, paging, filters, time, revalidation."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from api import models
from yzgeo.store.base import Provenance

ITEMS = "/ogc/collections/shantytown_parcel/items"


def links(answer) -> dict[str, str]:
    return {link["rel"]: link["href"] for link in answer.json()["links"]}


def test_a_page_is_geojson_and_fits_its_model(client) -> None:
    answer = client.get(ITEMS)
    page = models.FeatureItems.model_validate(answer.json())
    assert answer.headers["content-type"] == "application/geo+json"
    assert (page.number_matched, page.number_returned) == (6, 6)
    assert page.time_stamp.endswith("Z")
    first = answer.json()["features"][0]
    assert first["geometry"]["type"] == "Polygon"
    assert first["properties"]["code"] == "P01"
    assert first["properties"]["name"] == "河东地块"
    assert first["properties"]["area_m2"] == 1000.5
    assert first["properties"]["planned_finish"] is None
    assert len(first["id"]) == 36


def test_coordinates_have_at_most_eight_decimals(client) -> None:
    ring = client.get(ITEMS).json()["features"][3]["geometry"]["coordinates"][0]
    assert all(len(str(number).partition(".")[2]) <= 8 for point in ring for number in point)
    assert [123.843, 42.29] in ring


def test_following_next_gives_every_feature_once(client) -> None:
    seen, address = [], f"{ITEMS}?limit=4"
    while address:
        answer = client.get(address)
        seen += [feature["properties"]["code"] for feature in answer.json()["features"]]
        address = links(answer).get("next")
    assert seen == ["P01", "P02", "P03", "P04", "P05", "P06"]


def test_links_of_a_middle_page(client) -> None:
    answer = client.get(f"{ITEMS}?limit=2&offset=2&stage=planned&f=json")
    assert "next" not in links(answer)
    answer = client.get(f"{ITEMS}?limit=2&offset=2")
    assert links(answer)["next"] == f"http://test{ITEMS}?limit=2&offset=4"
    assert links(answer)["prev"] == f"http://test{ITEMS}?limit=2&offset=0"
    assert links(answer)["collection"] == "http://test/ogc/collections/shantytown_parcel"


def test_a_limit_above_the_greatest_is_the_greatest(client) -> None:
    assert client.get(f"{ITEMS}?limit=99999999").json()["numberReturned"] == 6


@pytest.mark.parametrize(
    ("query", "codes"),
    [
        ("bbox=123.8395,42.2895,123.8405,42.2905", ["P01"]),
        ("bbox=123.8395,42.2895,0,123.8415,42.2905,9", ["P01", "P02"]),
        ("bbox=0,0,1,1", []),
        ("stage=cleared", ["P03", "P04"]),
        ("stage=cleared&area_m2=4000", ["P04"]),
        ("code=P05", ["P05"]),
        ("code=P05%27%20OR%201=1", []),
        ("name=%3Cb%3E%E5%9C%B0%E5%9D%97%3C/b%3E", ["P05"]),
    ],
)
def test_filters(client, query: str, codes: list[str]) -> None:
    answer = client.get(f"{ITEMS}?{query}").json()
    assert [feature["properties"]["code"] for feature in answer["features"]] == codes
    assert answer["numberMatched"] == len(codes)


def test_a_box_must_meet_the_geometry_not_only_its_own_box(client) -> None:
    # The road runs from (123.84, 42.29) to (123.843, 42.293); this box lies beside it, inside the road's own box.
    beside = "/ogc/collections/road/items?bbox=123.842,42.2901,123.8425,42.2905"
    across = "/ogc/collections/road/items?bbox=123.8405,42.2904,123.8415,42.2916"
    assert client.get(beside).json()["numberMatched"] == 0
    assert client.get(across).json()["numberMatched"] == 1
    page = client.get(f"{ITEMS}?bbox=123.8395,42.2895,123.8435,42.2905&limit=2&offset=1").json()
    assert [feature["properties"]["code"] for feature in page["features"]] == ["P02", "P03"]
    assert (page["numberMatched"], page["numberReturned"]) == (4, 2)


def test_booleans_and_layers_without_geometry(client) -> None:
    road = client.get("/ogc/collections/road/items?bridge=true").json()
    assert road["features"][0]["properties"]["bridge"] is True
    assert client.get("/ogc/collections/road/items?bridge=false").json()["numberMatched"] == 0
    number = client.get("/ogc/collections/indicator/items").json()["features"][0]
    assert number["geometry"] is None
    assert number["properties"]["value"] == 80.5


@pytest.mark.parametrize(
    "query",
    [
        "bbox=1,2,3",
        "bbox=a,b,c,d",
        "bbox=10,10,0,0",
        "bbox=nan,0,1,1",
        "bbox=0,0,999,1",
        "limit=0",
        "limit=-1",
        "limit=x",
        "limit=1.5",
        "offset=-1",
        "datetime=yesterday",
        "datetime=2024-13-01",
        "datetime=",
        "datetime=a/b/c",
        "datetime=2024-02-01/2024-01-01",
        "nothing=1",
        "area_m2=wide",
        "f=xml",
        "limit=1&limit=2",
        "limit=%D9%A1",
    ],
)
def test_bad_parameters_are_told_in_both_languages(client, query: str) -> None:
    answer = client.get(f"{ITEMS}?{query}")
    assert answer.status_code == 400
    problem = models.Problem.model_validate(answer.json())
    assert problem.code == "parameter_invalid"
    assert query.split("=", maxsplit=1)[0] in problem.detail_en


def test_a_field_one_may_not_see_cannot_be_asked_for(client, connect) -> None:
    hidden = client.get(f"{ITEMS}?households=10")
    unknown = client.get(f"{ITEMS}?nothing=10")
    assert hidden.status_code == unknown.status_code == 400
    assert "households" not in unknown.text
    assert connect("viewer").get(f"{ITEMS}?households=10").json()["numberMatched"] == 1


def test_the_layer_on_another_day(client) -> None:
    today = datetime.now(UTC).date()
    before, after = today - timedelta(days=2), today + timedelta(days=2)
    count = {
        text: client.get(f"{ITEMS}?datetime={text}").json()["numberMatched"]
        for text in (f"{before}", f"{after}", f"{before}/{after}", f"../{before}", f"{before}/..", f"{after}T12:00:00Z")
    }
    # A layer with stages shows the features as they are known today, with the stages of that day.
    assert list(count.values()) == [6, 6, 6, 6, 6, 6]


def test_a_page_is_revalidated_until_the_layer_changes(client, workspace) -> None:
    etag = client.get(ITEMS).headers["etag"].removeprefix("W/")
    assert client.get(ITEMS, headers={"If-None-Match": f"W/{etag}"}).status_code == 304
    assert client.get(f"{ITEMS}?limit=1", headers={"If-None-Match": etag}).status_code == 200
    uid = workspace.store.rows("shantytown_parcel").uids[0]
    workspace.store.write("shantytown_parcel", delete=[uid], provenance=Provenance(actor="t", reason="t"))
    assert client.get(ITEMS, headers={"If-None-Match": etag}).json()["numberMatched"] == 5


def test_one_item(client, workspace) -> None:
    uid = workspace.store.rows("shantytown_parcel").uids[1]
    answer = client.get(f"{ITEMS}/{uid}")
    models.FeatureItem.model_validate(answer.json())
    assert answer.json()["properties"]["code"] == "P02"
    assert answer.headers["etag"].startswith('"1.')
    assert answer.headers["content-type"] == "application/geo+json"
    assert links(answer)["self"] == f"http://test{ITEMS}/{uid}"
    again = client.get(f"{ITEMS}/{uid}", headers={"If-None-Match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_an_item_changes_with_its_feature_only(client, workspace) -> None:
    uids = workspace.store.rows("shantytown_parcel").uids
    etags = [client.get(f"{ITEMS}/{uid}").headers["etag"] for uid in uids[:2]]
    frame = workspace.store.frame("shantytown_parcel").loc[[uids[0]]].copy()
    frame["stage"] = "decided"
    workspace.store.write("shantytown_parcel", put=frame, provenance=Provenance(actor="t", reason="t"))
    changed, kept = (client.get(f"{ITEMS}/{uid}") for uid in uids[:2])
    assert changed.json()["properties"]["stage"] == "decided"
    assert changed.headers["etag"].startswith('"2.')
    assert kept.headers["etag"] == etags[1]


def test_signing_in_does_not_revalidate_the_poorer_item(client, connect, workspace) -> None:
    uid = workspace.store.rows("shantytown_parcel").uids[0]
    anonymous = client.get(f"{ITEMS}/{uid}")
    assert "households" not in anonymous.json()["properties"]
    seen = connect("viewer").get(f"{ITEMS}/{uid}", headers={"If-None-Match": anonymous.headers["etag"]})
    assert seen.json()["properties"]["households"] == 10


@pytest.mark.parametrize("uid", ["nothing", "%00", "a%27b", "0"])
def test_an_unknown_item_is_not_found(client, uid: str) -> None:
    answer = client.get(f"{ITEMS}/{uid}")
    assert answer.status_code == 404
    assert answer.json()["code"] == "feature_unknown"
