"""Runs over HTTP on the illustrative district: ask, read, compare, recompute; who sees what."""

from __future__ import annotations

import io
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from fastapi import FastAPI

from api.main import create_app
from api.settings import Settings
from tests.stores import STREET, Premises, let_in
from yzgeo.catalogue import Catalogue

PAGE = {"X-Requested-With": "test"}
ASKED = {"analysis": "coverage", "parameters": {"circle": "fitness_10min"}}
OWN = STREET


@pytest.fixture(scope="module")
def district(
    request: pytest.FixtureRequest,
    store_kind: str,
    demo_workspace: Path,
    tmp_path_factory: pytest.TempPathFactory,
    catalogue: Catalogue,
) -> Premises:
    """A copy of the illustrative district whose accounts have a known password; the tests only add runs to it."""
    target = tmp_path_factory.mktemp("district") / "workspace"
    if store_kind == "postgis":
        shutil.copytree(demo_workspace, target, ignore=shutil.ignore_patterns("yzgeo.gpkg*"))
        return Premises(target, request.getfixturevalue("demo_url"), catalogue)
    shutil.copytree(demo_workspace, target)
    premises = Premises(target, None, catalogue)
    with premises.workspace() as opened:
        let_in(opened.store)
    return premises


@pytest.fixture
def app(district: Premises, tmp_path: Path) -> Iterator[FastAPI]:
    settings = Settings(workspace=district.folder, web_root=tmp_path / "no-page", sign_in_per_minute=1000)
    with district.workspace() as opened:
        made = create_app(settings, opened.store)
        yield made
        made.state.runs.close()


def ask(client: Any, body: dict) -> dict:
    """Ask, and wait for the answer as the page does."""
    run = client.post("/api/runs", json=body, headers=PAGE).json()
    until = time.monotonic() + 120
    while run["state"] in {"queued", "running"} and time.monotonic() < until:
        time.sleep(0.05)
        run = client.get(f"/api/runs/{run['id']}").json()
    return run


def test_a_question_is_answered_and_its_figures_add_up(connect: Callable) -> None:
    client = connect("planner")
    answer = client.post("/api/runs", json=ASKED, headers=PAGE)
    assert answer.status_code in {200, 201, 202}
    run = ask(client, ASKED)
    assert run["state"] == "done"
    assert answer.headers["location"] == f"/api/runs/{run['id']}"
    points = client.get(f"/api/runs/{run['id']}/demand").json()["features"]
    people = sum(point["properties"]["people"] for point in points)
    covered = sum(
        point["properties"]["people"]
        for point in points
        if point["properties"]["distance_m"] is not None and point["properties"]["distance_m"] <= 10 * 5000 / 60
    )
    told = run["summary"]["people"]
    assert told["total"] == people
    assert told["covered"] == covered
    assert told["share"] == pytest.approx(100 * covered / people)
    offices = run["summary"]["by_subdistrict"]
    assert sum(office["people"]["covered"] for office in offices) == covered
    assert all(point["properties"]["straight_m"] <= point["properties"]["distance_m"] + 0.01 for point in points)
    assert run["illustrative"]
    assert set(run["inputs"]) >= {"road", "road_project", "residential_building", "fitness_site"}


def test_the_same_question_is_answered_from_what_is_kept(connect: Callable) -> None:
    client = connect("planner")
    first = ask(client, ASKED)
    again = client.post("/api/runs", json=ASKED, headers=PAGE)
    assert again.status_code == 200
    assert again.json()["id"] == first["id"]
    assert again.json()["finished_at"] == first["finished_at"]
    other = ask(client, {**ASKED, "parameters": {"circle": "fitness_10min", "minutes": 15}})
    assert other["id"] != first["id"]
    assert other["summary"]["people"]["covered"] > first["summary"]["people"]["covered"]
    # The slider decides as a new search would.
    slid = client.get(f"/api/runs/{first['id']}?limit_m=1250").json()
    assert slid["summary"]["people"] == other["summary"]["people"]
    assert slid["summary"]["by_community"] == other["summary"]["by_community"]


def test_a_run_recomputes_to_the_same_digit(connect: Callable) -> None:
    client = connect("planner")
    run = ask(client, ASKED)
    told = client.post(f"/api/runs/{run['id']}/recompute", headers=PAGE).json()
    assert told["same"]
    assert told["largest_difference_m"] == 0
    assert told["inputs_changed"] == []


def test_anonymous_reads_public_results_without_people(connect: Callable) -> None:
    run = ask(connect("planner"), ASKED)
    client = connect()
    assert client.post("/api/runs", json=ASKED, headers=PAGE).status_code == 403
    told = client.get(f"/api/runs/{run['id']}").json()
    assert told["actor"] is None
    assert told["summary"]["withheld"] == ["dwellings", "people"]
    assert told["summary"]["people"] == {"covered": None, "total": None, "share": None}
    assert told["summary"]["buildings"]["total"] == 4456
    assert all(unit["dwellings"]["total"] is None for unit in told["summary"]["by_compound"])
    points = client.get(f"/api/runs/{run['id']}/demand").json()["features"]
    assert {point["properties"]["people"] for point in points} == {None}
    assert {point["properties"]["dwellings"] for point in points} == {None}
    assert client.get("/api/runs").json()["runs"]
    assert client.request("DELETE", f"/api/runs/{run['id']}", headers=PAGE).status_code == 403
    assert client.post(f"/api/runs/{run['id']}/recompute", headers=PAGE).status_code == 403


def test_the_field_sees_people_of_its_own_street_offices_only(connect: Callable) -> None:
    run = ask(connect("planner"), ASKED)
    client = connect("field")
    points = client.get(f"/api/runs/{run['id']}/demand").json()["features"]
    known = {point["properties"]["subdistrict"] for point in points if point["properties"]["people"] is not None}
    assert known == {OWN}
    units = client.get(f"/api/runs/{run['id']}").json()["summary"]["by_community"]
    assert {unit["subdistrict"] for unit in units if unit["people"]["total"] is not None} == {OWN}


def test_a_run_over_a_restricted_layer_does_not_exist_for_others(connect: Callable) -> None:
    asked = {
        "analysis": "siting",
        "parameters": {"circle": "fitness_10min", "sites": 1, "candidates": "layer:base_station_5g"},
    }
    assert connect("viewer").post("/api/runs", json=asked, headers=PAGE).status_code == 404
    run = ask(connect("planner"), asked)
    assert run["access"] == "restricted"
    for role in ("anonymous", "viewer", "field"):
        client = connect(role)
        for address in ("", "/demand", "/facilities", "/uncovered.xlsx", "/reach"):
            assert client.get(f"/api/runs/{run['id']}{address}").status_code == 404
        assert run["id"] not in {one["id"] for one in client.get("/api/runs").json()["runs"]}
        assert client.get(f"/ogc/jobs/{run['id']}").status_code == 404


def test_the_route_is_as_long_as_the_distance(connect: Callable) -> None:
    client = connect("viewer")
    run = ask(client, ASKED)
    points = client.get(f"/api/runs/{run['id']}/demand").json()["features"]
    for point in points[::900]:
        told = point["properties"]
        line = client.get(f"/api/runs/{run['id']}/route?uid={told['uid']}").json()["features"][0]
        assert line["properties"]["metres"] == pytest.approx(told["distance_m"], abs=0.02)
        assert line["properties"]["facility_uid"] == told["facility_uid"]
        assert line["geometry"]["type"] == "LineString"
    assert client.get(f"/api/runs/{run['id']}/route?uid=nothing").status_code == 404


def test_reach_grows_with_the_limit(connect: Callable) -> None:
    client = connect("viewer")
    run = ask(client, ASKED)
    near, far = (client.get(f"/api/runs/{run['id']}/reach?limit_m={limit}").json()["features"] for limit in (200, 2000))
    whole = [sum(one["properties"]["whole"] for one in found) for found in (near, far)]
    assert 0 < whole[0] < whole[1]
    assert client.get(f"/api/runs/{run['id']}/reach?limit_m=-1").status_code == 400


def test_the_list_of_the_uncovered_names_source_denominator_and_status(connect: Callable) -> None:
    client = connect("planner")
    run = ask(client, ASKED)
    answer = client.get(f"/api/runs/{run['id']}/uncovered.xlsx")
    assert answer.headers["content-type"].startswith("application/vnd.openxmlformats")
    book = openpyxl.load_workbook(io.BytesIO(answer.content))
    about = dict(book["说明"].iter_rows(values_only=True))
    assert {"限值来源", "分母", "计算日期", "数据状态", "注意"} <= set(about)
    assert "示意" in about["数据状态"]
    head, *rows = book["未覆盖名单"].iter_rows(values_only=True)
    told = run["summary"]["buildings"]
    assert len(rows) == told["total"] - told["covered"]
    gap, metres, limit = head.index("差多少米"), head.index("沿路距离（米）"), head.index("限值（米）")
    assert all(row[gap] == pytest.approx(row[metres] - row[limit], abs=0.11) for row in rows)
    offices = [row[0] for row in rows]
    assert offices == sorted(offices, key=offices.index)
    taken = connect("admin").get("/api/audit?kind=download").json()["lines"]
    told = [(line["actor"], line["subject"]) for line in taken]
    assert told == [("planner", f"/api/runs/{run['id']}/uncovered.xlsx")]


def test_two_runs_are_compared(connect: Callable) -> None:
    client = connect("planner")
    less = ask(client, ASKED)
    more = ask(client, {**ASKED, "parameters": {"circle": "fitness_10min", "minutes": 12}})
    told = client.get(f"/api/runs/{less['id']}/compare/{more['id']}").json()
    gain = more["summary"]["people"]["covered"] - less["summary"]["people"]["covered"]
    assert told["gained"]["people"] == gain > 0
    assert told["lost"]["people"] == 0
    assert told["uids_out"] == []
    back = client.get(f"/api/runs/{more['id']}/compare/{less['id']}").json()
    assert back["uids_out"] == told["uids_in"]


def test_siting_tells_before_and_after(connect: Callable) -> None:
    client = connect("planner")
    asked = {"analysis": "siting", "parameters": {"circle": "fitness_10min", "sites": 2}}
    run = ask(client, asked)
    found = run["summary"]["siting"]
    assert found["optimal"]
    assert found["share_after"] > found["share_before"]
    assert run["summary"]["people"]["share"] == pytest.approx(found["share_after"])
    assert run["summary"]["before"]["people"]["share"] == pytest.approx(found["share_before"])
    proposed = [
        one["properties"]["uid"]
        for one in client.get(f"/api/runs/{run['id']}/facilities").json()["features"]
        if one["properties"]["proposed"]
    ]
    assert sorted(proposed) == sorted(site["uid"] for site in found["sites"])
    assert len(proposed) == 2
    anonymous = connect().get(f"/api/runs/{run['id']}").json()["summary"]["siting"]
    assert anonymous["share_after"] is None
    assert {site["demand"] for site in anonymous["sites"]} == {None}


@pytest.mark.parametrize(
    ("parameters", "status", "code"),
    [
        ({"circle": "no_such"}, 404, "circle_unknown"),
        ({}, 400, "parameter_invalid"),
        ({"circle": "fitness_10min", "minutes": -1}, 400, "parameter_invalid"),
        ({"circle": "fitness_10min", "minutes": 1e9}, 400, "parameter_invalid"),
        ({"circle": "fitness_10min", "metres": 5, "minutes": 5}, 400, "parameter_invalid"),
        ({"circle": "fitness_10min", "colour": "red"}, 400, "parameter_invalid"),
        ({"circle": "fitness_10min", "network": "../../etc/passwd"}, 400, "parameter_invalid"),
        ({"circle": "fitness_10min", "network": "missing.osm.pbf"}, 400, "parameter_invalid"),
        ({"circle": "park_500m", "minutes": 10}, 400, "parameter_invalid"),
        ({"circle": "fitness_10min", "scenario": "0123456789ab"}, 404, "scenario_unknown"),
    ],
)
def test_absurd_parameters_are_refused(connect: Callable, parameters: dict, status: int, code: str) -> None:
    answer = connect("planner").post("/api/runs", json={"analysis": "coverage", "parameters": parameters}, headers=PAGE)
    assert answer.status_code == status
    assert answer.json()["code"] == code
    assert answer.json()["detail"]
    assert answer.json()["detail_en"]


def test_a_file_that_is_no_network_is_refused(connect: Callable, district: Premises) -> None:
    folder = district.folder / "networks"
    folder.mkdir(exist_ok=True)
    (folder / "broken.osm.pbf").write_bytes(b"this is not a map")
    asked = {"analysis": "coverage", "parameters": {"circle": "fitness_10min", "network": "broken.osm.pbf"}}
    answer = connect("planner").post("/api/runs", json=asked, headers=PAGE)
    assert answer.status_code == 422
    assert answer.json()["code"] == "file_unreadable"


def test_unknown_and_deleted_runs(connect: Callable) -> None:
    client = connect("planner")
    assert client.get("/api/runs/nothing").status_code == 404
    run = ask(client, {**ASKED, "parameters": {"circle": "fitness_10min", "metres": 777}})
    assert connect("viewer").request("DELETE", f"/api/runs/{run['id']}", headers=PAGE).status_code == 403
    assert client.request("DELETE", f"/api/runs/{run['id']}", headers=PAGE).json()["state"] == "dismissed"
    assert client.get(f"/api/runs/{run['id']}").status_code == 404
