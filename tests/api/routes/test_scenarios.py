"""Scenarios over HTTP: kept beside the register, compared with today, filled from a proposal."""

from __future__ import annotations

from collections.abc import Callable

from .test_runs import ASKED, PAGE, app, ask, district  # noqa: F401 - fixtures


def projects(client, kind: str) -> list[str]:
    found = client.get(f"/ogc/collections/road_project/items?kind={kind}").json()["features"]
    return [feature["id"] for feature in found]


def test_a_scenario_lives_beside_the_register(connect: Callable) -> None:
    client = connect("planner")
    revision = client.get("/ogc/collections/road_project").json()
    opened = [{"kind": "open_road", "uid": uid} for kind in ("overpass", "dead_end") for uid in projects(client, kind)]
    assert len(opened) == 5
    answer = client.post("/api/scenarios", json={"title": "打通", "changes": opened}, headers=PAGE)
    assert answer.status_code == 201
    made = answer.json()
    address = answer.headers["location"]
    assert client.get(address).json() == made
    today = ask(client, ASKED)
    then = ask(client, {**ASKED, "parameters": {"circle": "fitness_10min", "scenario": made["id"]}})
    told = client.get(f"/api/runs/{today['id']}/compare/{then['id']}").json()
    assert told["lost"]["people"] == 0
    assert told["gained"]["people"] == then["summary"]["people"]["covered"] - today["summary"]["people"]["covered"]
    assert told["shorter"]["people"] > 0
    assert connect().get(f"/api/runs/{then['id']}").status_code == 404
    changed = client.request("PUT", address, json={"title": "只改名", "version": 1}, headers=PAGE).json()
    assert (changed["title"], len(changed["changes"]), changed["version"]) == ("只改名", 5, 2)
    assert client.request("PUT", address, json={"title": "x", "version": 1}, headers=PAGE).status_code == 409
    assert connect("viewer").request("DELETE", address, headers=PAGE).status_code == 403
    assert client.request("DELETE", address, headers=PAGE).status_code == 204
    assert client.get(address).status_code == 404
    assert client.get("/ogc/collections/road_project").json() == revision


def test_a_proposal_is_taken_in(connect: Callable) -> None:
    client = connect("planner")
    made = client.post("/api/scenarios", json={"title": "采纳"}, headers=PAGE).json()
    run = ask(client, {"analysis": "siting", "parameters": {"circle": "fitness_10min", "sites": 2}})
    taken = client.post(f"/api/scenarios/{made['id']}/accept", json={"run": run["id"]}, headers=PAGE).json()
    sites = {site["uid"] for site in run["summary"]["siting"]["sites"]}
    assert {change["uid"] for change in taken["changes"]} == sites
    then = ask(client, {**ASKED, "parameters": {"circle": "fitness_10min", "scenario": made["id"]}})
    assert then["summary"]["people"] == run["summary"]["people"]


def test_anonymous_has_no_scenarios_and_nonsense_is_refused(connect: Callable) -> None:
    assert connect().get("/api/scenarios").status_code == 403
    client = connect("viewer")
    wrong = {"title": "错", "changes": [{"kind": "open_road", "uid": "nothing"}]}
    answer = client.post("/api/scenarios", json=wrong, headers=PAGE)
    assert (answer.status_code, answer.json()["code"]) == (400, "input_invalid")
    assert client.post("/api/scenarios", json={"title": ""}, headers=PAGE).status_code == 422
