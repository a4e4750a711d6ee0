"""Part 4 over HTTP: features come, change and go, under conditions, and everything is recorded."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pyproj
import pytest

from tests.api.conftest import Client, X, Y

LAYER = "fitness_site"
ITEMS = f"/ogc/collections/{LAYER}/items"
PARCELS = "/ogc/collections/shantytown_parcel/items"
EPSG = "http://www.opengis.net/def/crs/EPSG/0/"


class Program:
    """A client that sends what foreign pages cannot."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def request(self, method: str, path: str, **options: Any) -> httpx.Response:
        headers = {"x-requested-with": "test", **options.pop("headers", {})}
        return self._client.request(method, path, headers=headers, **options)

    def get(self, path: str, **options: Any) -> httpx.Response:
        return self.request("GET", path, **options)

    def post(self, path: str, **options: Any) -> httpx.Response:
        return self.request("POST", path, **options)


@pytest.fixture
def program(connect) -> Callable[[str], Program]:
    return lambda role: Program(connect(role))


def site(code: str, x: float = X, y: float = Y, **more: object) -> dict[str, object]:
    properties = {"code": code, "name": "新广场", "kind": "square", **more}
    return {"type": "Feature", "geometry": {"type": "Point", "coordinates": [x, y]}, "properties": properties}


def named(client, items: str, code: str) -> dict:
    (found,) = client.get(items, params={"code": code}).json()["features"]
    return found


def test_a_feature_is_created_read_changed_and_deleted(program, workspace) -> None:
    planner = program("planner")
    made = planner.post(ITEMS, json=site("F9"), headers={"content-type": "application/geo+json"})
    assert made.status_code == 201, made.text
    address = made.headers["location"]
    one = planner.get(address)
    assert one.headers["etag"].removeprefix("W/") == made.headers["etag"].removeprefix("W/")
    assert one.json()["properties"]["name"] == "新广场"
    assert one.json()["properties"]["data_status"] == "surveyed"
    assert one.json()["properties"]["source"].startswith("planner")
    changed = planner.request("PATCH", address, json={"type": "Feature", "properties": {"name": "改名广场"}})
    assert changed.status_code == 204
    assert planner.get(address).json()["properties"]["name"] == "改名广场"
    assert planner.get(address).json()["geometry"]["coordinates"] == [X, Y]
    moved = planner.request("PUT", address, json=site("F9", X + 0.25, name=None))
    assert moved.status_code == 204, moved.text
    after = planner.get(address).json()
    assert (after["properties"]["name"], after["geometry"]["coordinates"]) == (None, [X + 0.25, Y])
    assert planner.request("DELETE", address).status_code == 204
    assert planner.get(address).status_code == 404
    uid = address.rpartition("/")[2]
    assert [change.kind for change in workspace.store.changes(LAYER) if change.uid == uid] == [
        "insert",
        "update",
        "update",
        "delete",
    ]
    assert [batch.actor for batch in workspace.store.batches(LAYER)[:4]] == ["planner"] * 4
    told = workspace.store.ledger.verify()
    assert told.broken is None
    assert uid not in {difference.uid for difference in told.differences}


def test_a_table_without_geometry_can_be_edited(program) -> None:
    planner = program("planner")
    address = "/ogc/collections/indicator/items"
    body = {"type": "Feature", "geometry": None, "properties": {"code": "I2", "name": "x", "number": 2, "year": 2025}}
    made = planner.post(address, json=body)
    assert made.status_code == 201, made.text
    assert named(planner, address, "I2")["geometry"] is None


def test_coordinates_may_be_sent_in_another_system(program) -> None:
    planner = program("planner")
    north, east = pyproj.Transformer.from_crs("EPSG:4490", "EPSG:4529").transform(Y, X)
    made = planner.post(ITEMS, json=site("F9", north, east), headers={"content-crs": f"<{EPSG}4529>"})
    assert made.status_code == 201
    assert named(planner, ITEMS, "F9")["geometry"]["coordinates"] == pytest.approx([X, Y], abs=1e-8)


def test_a_creation_sent_again_is_the_first_one(program, workspace) -> None:
    planner = program("planner")
    key = {"idempotency-key": "5d1f"}
    first = planner.post(ITEMS, json=site("F9"), headers=key)
    again = planner.post(ITEMS, json=site("F9"), headers=key)
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.headers["location"] == again.headers["location"]
    other = planner.post(ITEMS, json=site("F9"), headers={"idempotency-key": "else"})
    assert (other.status_code, other.json()["code"]) == (409, "feature_exists")
    for changed in (site("F9", X + 0.001, Y), site("F9", name="另一个"), site("F10")):
        answer = planner.post(ITEMS, json=changed, headers=key)
        assert (answer.status_code, answer.json()["code"]) == (409, "feature_exists")
    assert workspace.store.count(LAYER) == 3
    assert planner.request("DELETE", first.headers["location"]).status_code == 204
    gone = planner.post(ITEMS, json=site("F9"), headers=key)
    assert (gone.status_code, gone.headers["location"]) == (201, first.headers["location"])
    assert planner.post(ITEMS, json=site("F10"), headers=key).status_code == 409
    assert workspace.store.count(LAYER) == 2


def test_what_is_not_there_is_not_what_if_match_names(program) -> None:
    planner = program("planner")
    for named, status in ((None, 404), ("*", 412), ('"1"', 412)):
        headers = {} if named is None else {"if-match": named}
        assert planner.request("PUT", f"{ITEMS}/nobody", json=site("F9"), headers=headers).status_code == status


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"properties": {"code": "F9", "nothing": 1}}, "field_unknown"),
        ({"properties": {"name": "x"}}, "feature_invalid"),
        ({"properties": {"code": "F9", "kind": "castle"}}, "feature_invalid"),
        ({"geometry": None}, "feature_invalid"),
        (
            {"geometry": {"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1], [0, 0]]]}},
            "geometry_type_mismatch",
        ),
        ({"geometry": {"type": "Point", "coordinates": [1000, 4000]}}, "feature_invalid"),
        ({"geometry": {"type": "Dot"}}, "parameter_invalid"),
        ({"type": "FeatureCollection"}, "body_invalid"),
    ],
)
def test_what_does_not_fit_is_refused_and_nothing_stored(program, workspace, body: dict, code: str) -> None:
    before = workspace.store.revision(LAYER)
    answer = program("planner").post(ITEMS, json={**site("F9"), **body})
    assert 400 <= answer.status_code < 500, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["code"] == code
    assert answer.json()["detail_en"]
    assert workspace.store.revision(LAYER) == before


def test_the_key_and_what_the_ledger_keeps_are_not_overwritten(program) -> None:
    planner = program("planner")
    parcel = named(planner, PARCELS, "P02")
    address = f"{PARCELS}/{parcel['id']}"
    for properties in ({"code": "P77"}, {"stage": "cleared"}, {"households_signed": 9}):
        refused = planner.request("PATCH", address, json={"type": "Feature", "properties": properties})
        assert (refused.status_code, refused.json()["code"]) == (422, "feature_invalid"), properties
        assert refused.json()["reasons"][0]["field"] == next(iter(properties))
    whole = planner.request("PUT", address, json={**parcel, "properties": {**parcel["properties"], "area_m2": 2100.0}})
    assert whole.status_code == 204, whole.text
    after = named(planner, PARCELS, "P02")["properties"]
    assert (after["stage"], after["households_signed"], after["area_m2"]) == ("signing", 2, 2100.0)


@pytest.mark.parametrize("role", [None, "viewer", "field"])
def test_only_those_who_may_write_edit(connect, workspace, role: str | None) -> None:
    client = Program(connect(role) if role else connect())
    address = f"{ITEMS}/{named(Program(connect('planner')), ITEMS, 'F1')['id']}"
    before = workspace.store.revision(LAYER)
    answers = [
        client.post(ITEMS, json=site("F9")),
        client.request("PUT", address, json=site("F1")),
        client.request("PATCH", address, json=site("F1")),
        client.request("DELETE", address),
    ]
    assert [answer.status_code for answer in answers] == [403] * 4
    assert workspace.store.revision(LAYER) == before
    assert client.request("OPTIONS", ITEMS).headers["allow"] == "GET, HEAD, OPTIONS"
    assert client.request("OPTIONS", "/ogc/collections/pipe_segment/items").status_code == 404
    assert client.request("DELETE", "/ogc/collections/pipe_segment/items/x").status_code == 404


def test_those_who_may_write_are_told_what_is_possible(program) -> None:
    planner = program("planner")
    assert "POST" in planner.request("OPTIONS", ITEMS).headers["allow"]
    assert "PATCH" in planner.request("OPTIONS", f"{ITEMS}/x").headers["allow"]


def test_of_many_conditional_edits_exactly_one_wins_each_revision(program) -> None:
    planner = program("planner")
    address = f"{ITEMS}/{named(planner, ITEMS, 'F1')['id']}"
    clients = [program("planner") for _ in range(4)]
    ready = threading.Barrier(len(clients))
    for _ in range(5):
        tag = planner.get(address).headers["etag"]

        def edit(number: int, tag: str = tag) -> int:
            ready.wait()
            body = {"type": "Feature", "properties": {"name": f"{tag} {number}"}}
            return clients[number].request("PATCH", address, json=body, headers={"if-match": tag}).status_code

        with ThreadPoolExecutor(len(clients)) as pool:
            answers = sorted(pool.map(edit, range(len(clients))))
        assert answers == [204, 412, 412, 412]
    late = planner.request("DELETE", address, headers={"if-match": tag})
    assert (late.status_code, late.json()["code"]) == (412, "revision_moved")
    assert planner.request("PATCH", address, json={"type": "Feature"}, headers={"if-match": "x"}).status_code == 400
