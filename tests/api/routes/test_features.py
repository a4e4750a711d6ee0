"""Items over HTTP: GeoJSON, paging, filters, time, revalidation."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pyproj
import pytest

from api import asking, models
from yzgeo.store.base import Provenance
from yzgeo.store.sqlite import GeoPackageStore

LAYER = "shantytown_parcel"
ITEMS = f"/ogc/collections/{LAYER}/items"


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


@pytest.mark.parametrize("query", ["limit=2", "limit=2&bbox=123,42,124,43&sortby=-code", "limit=2&filter=area_m2>0"])
def test_following_next_while_others_edit_gives_the_features_of_the_first_page(client, workspace, query: str) -> None:
    """With pages counted in the present state one feature would be passed over, and one would come twice."""
    store = workspace.store
    by = Provenance("test", "test")
    uids = dict(zip(store.rows(LAYER).columns["code"], store.rows(LAYER).uids, strict=True))
    before, seen, address, edits = client.get(f"{ITEMS}?{query}").json()["numberMatched"], [], f"{ITEMS}?{query}", 0
    while address:
        answer = client.get(address)
        assert answer.json()["numberMatched"] == before == 6
        seen += [
            (feature["properties"]["code"], feature["properties"]["area_m2"]) for feature in answer.json()["features"]
        ]
        address = links(answer).get("next")
        edits += 1
        if edits == 1:
            store.write(LAYER, delete=[uids["P01"], uids["P06"]], provenance=by)
        if edits == 2:
            changed = store.frame(LAYER).loc[[uids["P02"], uids["P05"]]].assign(area_m2=[1.0, 2.0])
            store.write(LAYER, put=changed, provenance=by)
    assert sorted(seen) == [("P01", 1000.5), *((f"P0{number}", number * 1000.0) for number in range(2, 7))]
    assert client.get(ITEMS).json()["numberMatched"] == 4


@pytest.mark.parametrize("query", ["revision=0", "revision=99", "revision=x", "revision=1&datetime=2024-06-30"])
def test_a_state_that_there_is_not_is_refused(client, query: str) -> None:
    assert client.get(f"{ITEMS}?{query}").status_code == 400


def test_links_of_a_middle_page(client) -> None:
    answer = client.get(f"{ITEMS}?limit=2&offset=2&stage=planned&f=json")
    assert "next" not in links(answer)
    answer = client.get(f"{ITEMS}?limit=2&offset=2")
    assert links(answer)["next"] == f"http://test{ITEMS}?revision=1&limit=2&offset=4"
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


def test_a_page_that_was_asked_for_before_shows_what_was_edited_since(client, connect, workspace) -> None:
    """Features that were written are kept: only the edited one may differ, and nobody sees another's fields."""
    store = workspace.store
    plain = client.get(f"{ITEMS}?limit=5")
    seen = [[feature["properties"].get("households") for feature in connect("viewer").get(ITEMS).json()["features"]]
            for _ in range(2)]  # fmt: skip
    assert seen == [[10, 20, 30, 40, 50, 60]] * 2
    again = client.get(f"{ITEMS}?limit=5").json()
    assert again["features"] == plain.json()["features"]
    assert all("households" not in feature["properties"] for feature in again["features"])
    moved = client.get(f"{ITEMS}?limit=5&crs=http://www.opengis.net/def/crs/EPSG/0/4490").json()["features"]
    assert (
        moved[0]["geometry"]["coordinates"][0][0] == plain.json()["features"][0]["geometry"]["coordinates"][0][0][::-1]
    )
    assert set(client.get(f"{ITEMS}?limit=5&properties=code").json()["features"][0]["properties"]) == {"code"}
    changed = store.frame(LAYER).iloc[[1]].assign(name=["改名"])
    store.write(LAYER, put=changed, provenance=Provenance("t", "t"))
    after = client.get(f"{ITEMS}?limit=5", headers={"If-None-Match": plain.headers["etag"]})
    assert after.status_code == 200
    names = [feature["properties"]["name"] for feature in after.json()["features"]]
    assert names == ["河东地块", "改名", None, "南环地块", "<b>地块</b>"]
    store.write(LAYER, delete=[changed.index[0]], provenance=Provenance("t", "t"))
    left = [feature["properties"]["code"] for feature in client.get(ITEMS).json()["features"]]
    assert left == ["P01", "P03", "P04", "P05", "P06"]


def test_pages_asked_for_while_all_is_edited_are_each_of_one_state(client, workspace) -> None:
    store, seen = workspace.store, []
    area = store.frame(LAYER)["area_m2"]

    def edit() -> None:
        for number in range(1, 13):
            store.write(LAYER, put=area.to_frame().assign(area_m2=float(number)), provenance=Provenance("t", "t"))

    with ThreadPoolExecutor(1) as other:
        editing = other.submit(edit)
        while not editing.done():
            seen.append(client.get(ITEMS))
        editing.result()
    seen.append(client.get(ITEMS))
    areas = [[feature["properties"]["area_m2"] for feature in answer.json()["features"]] for answer in seen]
    states = [values[0] if len(set(values)) == 1 else 0.0 for values in areas if values != area.tolist()]
    assert all(states)
    assert states == sorted(states)
    assert states[-1] == 12.0
    tags: dict[str, list[float]] = {}
    for answer, values in zip(seen, areas, strict=True):
        assert tags.setdefault(answer.headers["etag"], values) == values


def test_a_named_state_is_shown_though_someone_edits_while_the_question_is_read(client, workspace, monkeypatch) -> None:
    """Read as the present state, which it was a moment ago."""
    monkeypatch.setattr(asking, "_state", lambda *_, **__: None)
    store = workspace.store
    store.write(LAYER, delete=[store.rows(LAYER).uids[0]], provenance=Provenance("t", "t"))
    assert client.get(f"{ITEMS}?revision=1").json()["numberMatched"] == 6
    assert client.get(f"{ITEMS}?revision=2").json()["numberMatched"] == 5
    if not isinstance(store, GeoPackageStore):
        return
    present = GeoPackageStore.page

    def late(*asked, **more):
        store.write(LAYER, delete=[store.rows(LAYER).uids[-1]], provenance=Provenance("t", "t"))
        return present(*asked, **more)

    monkeypatch.setattr(GeoPackageStore, "page", late)
    assert client.get(f"{ITEMS}?revision=2&limit=3").json()["numberMatched"] == 5
    assert store.revision(LAYER) == 3


def test_one_item(client, workspace) -> None:
    uid = workspace.store.rows("shantytown_parcel").uids[1]
    answer = client.get(f"{ITEMS}/{uid}")
    models.FeatureItem.model_validate(answer.json())
    assert answer.json()["properties"]["code"] == "P02"
    assert answer.headers["etag"].removeprefix("W/").startswith('"1.')
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
    assert changed.headers["etag"].removeprefix("W/").startswith('"2.')
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


EPSG = "http://www.opengis.net/def/crs/EPSG/0/"


def codes_of(answer) -> list[str]:
    return [feature["properties"]["code"] for feature in answer.json()["features"]]


@pytest.mark.parametrize(
    ("condition", "codes"),
    [
        ("area_m2 > 4000", ["P05", "P06"]),
        ("stage = 'cleared' AND NOT (code = 'P03')", ["P04"]),
        ("name LIKE '%地块' AND area_m2 BETWEEN 1000 AND 2000", ["P01", "P02"]),
        ("name IS NULL", ["P03"]),
        ("code IN ('P06','P02')", ["P02", "P06"]),
        ("CASEI(code) = CASEI('p01')", ["P01"]),
        ("S_INTERSECTS(geometry, POINT(123.8424 42.2904))", ["P03"]),
        ("S_WITHIN(geometry, BBOX(123.8395,42.28,123.8419,42.30))", ["P01", "P02"]),
        ("T_AFTER(stage_date, DATE('2025-01-01'))", []),
    ],
)
def test_conditions_in_cql2(client, condition: str, codes: list[str]) -> None:
    answer = client.get(ITEMS, params={"filter": condition})
    assert codes_of(answer) == codes
    assert answer.json()["numberMatched"] == len(codes)


def test_a_condition_as_json_and_with_other_parameters(client) -> None:
    tree = '{"op": ">=", "args": [{"property": "area_m2"}, 3000]}'
    query = {"filter": tree, "filter-lang": "cql2-json", "stage": "cleared", "limit": 1}
    answer = client.get(ITEMS, params=query)
    assert (codes_of(answer), answer.json()["numberMatched"]) == (["P03"], 2)
    assert codes_of(client.get(links(answer)["next"])) == ["P04"]


def test_coordinates_in_a_condition_follow_their_system(client) -> None:
    north, east = pyproj.Transformer.from_crs("EPSG:4490", "EPSG:4529").transform(42.2904, 123.8424)
    for system, place in (("4326", "42.2904 123.8424"), ("4529", f"{north} {east}")):
        query = {"filter": f"S_INTERSECTS(geometry, POINT({place}))", "filter-crs": EPSG + system}
        assert codes_of(client.get(ITEMS, params=query)) == ["P03"]


@pytest.mark.parametrize(
    "query",
    [
        {"filter": "nothing = 1"},
        {"filter": "area_m2 = 'wide'"},
        {"filter": "("},
        {"filter": "(" * 20_000},
        {"filter": "NOT " * 4_000 + "code = 'x'"},
        {"filter": "code = 'x'", "filter-lang": "cql"},
        {"filter": "S_INTERSECTS(geometry, POINT(1 2))", "filter-crs": "EPSG:2385"},
        {"crs": "EPSG:2385"},
        {"bbox": "1,2,3,4", "bbox-crs": "here"},
        {"bbox": "nan,42,124,43"},
        {"sortby": "nothing"},
        {"properties": "code,nothing"},
    ],
)
def test_what_cannot_be_meant_is_a_bad_request(client, query: dict[str, str]) -> None:
    answer = client.get(ITEMS, params=query)
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["code"] == "parameter_invalid"


def test_a_field_one_may_not_see_is_unknown_in_a_condition(connect) -> None:
    anonymous, planner = connect(), connect("planner")
    for query in ({"filter": "households > 1"}, {"sortby": "households"}, {"properties": "households"}):
        assert anonymous.get(ITEMS, params=query).status_code == 400
        assert planner.get(ITEMS, params=query).status_code == 200


def test_items_in_an_order_and_in_part(client) -> None:
    answer = client.get(ITEMS, params={"sortby": "-stage,code", "properties": "code,stage"})
    found = [(one["properties"]["stage"], one["properties"]["code"]) for one in answer.json()["features"]]
    assert found == [
        ("signing", "P02"),
        ("reused", "P05"),
        ("planned", "P01"),
        ("planned", "P06"),
        ("cleared", "P03"),
        ("cleared", "P04"),
    ]
    assert set(answer.json()["features"][0]["properties"]) == {"code", "stage"}


@pytest.mark.parametrize("code", ["4326", "4490", "4529", "4550", "3857"])
def test_coordinates_in_another_system_have_the_axes_of_its_authority(client, code: str) -> None:
    """PROJ without always_xy follows the authority; GeoJSON of Part 2 does, too."""
    plain = client.get(f"{ITEMS}?code=P01")
    assert plain.headers["content-crs"] == "<http://www.opengis.net/def/crs/OGC/1.3/CRS84>"
    asked = client.get(f"{ITEMS}?code=P01", params={"crs": EPSG + code, "code": "P01"})
    assert asked.headers["content-crs"] == f"<{EPSG}{code}>"
    moved = asked.json()["features"][0]["geometry"]["coordinates"][0]
    to = pyproj.Transformer.from_crs("EPSG:4490", f"EPSG:{code}")
    for (x, y), found in zip(plain.json()["features"][0]["geometry"]["coordinates"][0], moved, strict=True):
        assert found == pytest.approx(to.transform(y, x), abs=2e-3 if code not in {"4326", "4490"} else 1e-7)
    one = client.get(f"{ITEMS}/{asked.json()['features'][0]['id']}", params={"crs": EPSG + code})
    assert one.json()["geometry"]["coordinates"][0] == moved
    assert one.headers["content-crs"] == f"<{EPSG}{code}>"


def test_a_box_in_another_system(client) -> None:
    to = pyproj.Transformer.from_crs("EPSG:4490", "EPSG:4529")
    south, west = to.transform(42.2899, 123.8395)
    north, east = to.transform(42.2905, 123.8405)
    query = {"bbox": f"{south},{west},{north},{east}", "bbox-crs": EPSG + "4529"}
    assert codes_of(client.get(ITEMS, params=query)) == ["P01"]
    assert codes_of(
        client.get(ITEMS, params={"bbox": "42.2895,123.8395,42.2905,123.8405", "bbox-crs": EPSG + "4326"})
    ) == ["P01"]


def test_a_box_across_the_antimeridian(client) -> None:
    assert codes_of(client.get(ITEMS, params={"bbox": "170,-10,-170,10"})) == []
    assert codes_of(client.get(ITEMS, params={"bbox": "170,-90,123.8405,90"})) == ["P01"]


def test_items_and_one_item_as_pages_for_people(client) -> None:
    page = client.get(ITEMS, headers={"accept": "text/html,application/xhtml+xml;q=0.9"})
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert "Accept" in page.headers["vary"]
    assert "示意数据" in page.text
    assert "&lt;b&gt;地块&lt;/b&gt;" in page.text
    assert "<b>地块" not in page.text
    assert "面积" in page.text
    english = client.get(f"{ITEMS}?f=html&lang=en&limit=2&sortby=-code")
    assert "1–2 of 6" in english.text
    assert "Next page" in english.text
    uid = client.get(ITEMS).json()["features"][0]["id"]
    one = client.get(f"{ITEMS}/{uid}?f=html")
    assert "河东地块" in one.text
    assert client.get(f"{ITEMS}/{uid}").headers["content-type"] == "application/geo+json"
    assert client.get(f"{ITEMS}/{uid}?f=html&lang=fr").status_code == 400


def test_programs_that_take_anything_get_json(client) -> None:
    for accept in ("*/*", "application/json", "application/geo+json;q=1, text/html;q=0.1", ""):
        assert client.get(ITEMS, headers={"accept": accept}).headers["content-type"] == "application/geo+json"
    assert (
        client.get(f"{ITEMS}?f=json", headers={"accept": "text/html"}).headers["content-type"] == "application/geo+json"
    )


HOSTILE = {
    "reversed interval": {"datetime": "2024-12-31/2024-01-01"},
    "reversed interval in a filter": {"filter": "T_DURING(stage_date,INTERVAL('2024-12-31','2024-01-01'))"},
    "no numbers": {"bbox": "nan,nan,nan,nan"},
    "no end": {"bbox": "123,42,inf,43"},
    "crossing itself": {"filter": "S_INTERSECTS(geometry,POLYGON((0 0,1 1,0 1,1 0,0 0)))"},
    "not closed": {"filter": "S_INTERSECTS(geometry,POLYGON((0 0,1 1)))"},
    "no number in a geometry": {"filter": "S_INTERSECTS(geometry,POINT(NaN 1))"},
    "deep": {"filter": "(" * 5000 + "code='a'" + ")" * 5000},
    "a list without end": {"filter": "code IN (" + ",".join(["'a'"] * 4100) + ")"},
    "many conditions": {"filter": " OR ".join(["code='a'"] * 1200)},
}


@pytest.mark.parametrize("params", HOSTILE.values(), ids=HOSTILE)
def test_what_is_meant_to_hurt_is_refused_before_it_does(client, params: dict[str, str]) -> None:
    started = time.process_time()
    answer = client.get("/ogc/collections/shantytown_parcel/items", params=params)
    assert (answer.status_code, answer.headers["content-type"]) == (400, "application/problem+json"), answer.text[:200]
    assert {"detail", "detail_en", "code"} <= answer.json().keys()
    assert time.process_time() - started < 5
