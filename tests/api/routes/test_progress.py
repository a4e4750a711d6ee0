"""Progress over HTTP: what is asked wrongly, and that parts add up to the whole."""

from __future__ import annotations

import pytest


@pytest.mark.parametrize(
    "query",
    [
        "/api/progress?at=tomorrow",
        "/api/progress?at=2024-13-01",
        "/api/progress?by=planet",
        "/api/progress?colour=red",
        "/api/progress/curve?step=second",
        "/api/progress/changes?from=2024-01-01&to=never",
    ],
)
def test_a_bad_parameter_is_a_refusal_in_words(client, query: str) -> None:
    answer = client.get(query)
    assert answer.status_code == 400
    assert answer.headers["content-type"].startswith("application/problem+json")
    assert answer.json()["detail"] != answer.json()["detail_en"]


def test_an_unknown_layer_is_not_found(client) -> None:
    assert client.get("/api/progress?layer=moon").status_code == 404


def test_streets_add_up_to_the_district(client) -> None:
    report = client.get("/api/progress?by=subdistrict").json()
    for layer, whole in report["district"].items():
        parts = [unit["layers"][layer]["count"] for unit in report["groups"] if layer in unit["layers"]]
        assert sum(parts) == whole["count"], layer


def test_every_figure_names_its_denominator_and_rule(client) -> None:
    report = client.get("/api/progress").json()
    assert report["rule"]["zh"]
    assert report["rule"]["en"]
    assert [target["id"] for target in report["targets"] if not target["denominator"]] == []


def test_days_run_from_the_plan_to_the_day_of_the_board(client) -> None:
    days = client.get("/api/progress/days").json()
    assert days["first"] == "2021-01-01"
    assert days["last"] == client.get("/api/progress").json()["at"]


@pytest.mark.parametrize("query", ["", "?at=2022-03-15"])
def test_a_legend_counts_what_the_board_counts(client, query: str) -> None:
    counted = client.get(f"/api/progress/stages{query}").json()
    board = client.get(f"/api/progress{query}").json()
    assert counted["at"] == board["at"]
    assert counted["layers"] == {layer: whole["stages"] for layer, whole in board["district"].items()}


def test_staff_of_the_field_count_their_own_streets(connect) -> None:
    everyone = connect("planner").get("/api/progress/stages").json()["layers"]["shantytown_parcel"]
    client = connect("field")
    own = client.get("/api/progress/stages").json()["layers"]["shantytown_parcel"]
    listed = client.get("/ogc/collections/shantytown_parcel/items?limit=100").json()["features"]
    assert sum(own.values()) == len(listed) < sum(everyone.values())
