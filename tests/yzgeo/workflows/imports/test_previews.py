"""What is drawn before anything is stored."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np
from shapely.geometry import shape

from yzgeo.workflows.imports import import_file, previews, register
from yzgeo.workflows.imports.judging import Order, judge
from yzgeo.workflows.workspace import Workspace

LAYER = "shantytown_parcel"
CORPUS = Path(__file__).parents[3] / "data" / "import"


def drawn(workspace: Workspace, path: Path, **order: object) -> dict:
    judged = judge(workspace, path, Order(LAYER, **order))
    known = register.load(workspace.store, workspace.catalogue.layer(LAYER))
    made = previews.preview(judged, workspace.catalogue, known)
    json.dumps(made)
    return made


def test_every_candidate_is_drawn_where_it_would_put_the_file(workspace: Workspace) -> None:
    made = drawn(workspace, CORPUS / "plain_gbk_undeclared.zip")
    truth = json.loads((CORPUS / "plain_gbk_undeclared.zip.truth.json").read_text())
    expected = np.array(truth["vertices"][0]).mean(axis=0)
    by_id = {one["id"]: one["geojson"]["features"] for one in made["candidates"]}
    first = shape(by_id[truth["crs"]["truth"]][0]["geometry"])
    assert np.hypot(*(np.array(first.centroid.coords[0]) - expected)) < 2e-4
    assert all(len(features) == 6 for features in by_id.values())
    # Xian 1980 lies tens of metres away, and that can be seen.
    other = shape(by_id["EPSG:2386"][0]["geometry"])
    assert 1e-5 < first.centroid.distance(other.centroid) < 5e-3
    assert made["samples"]["编号"] == [f"PH-0{n}" for n in range(1, 6)]


def test_rows_are_drawn_by_what_they_change(workspace: Workspace, parcels: Callable[..., Path]) -> None:
    import_file(workspace, parcels(), layer=LAYER)
    made = drawn(workspace, parcels("b.gpkg", 编号=["A0", "A1", "N1"], 面积=[100.0, 5.0, 6.0]))
    statuses = Counter(one["properties"]["status"] for one in made["features"]["features"])
    assert statuses == {"unchanged": 1, "changed": 1, "new": 1, "missing": 1}
    assert all(one["geometry"]["type"] == "Polygon" for one in made["features"]["features"])
    assert [match["status"] for match in made["matches"]] == ["changed", "new", "missing", "unchanged"]
    assert (made["matches_total"], made["truncated"]) == (4, False)


def test_problems_are_put_in_place(workspace: Workspace, parcels: Callable[..., Path]) -> None:
    made = drawn(workspace, parcels(面积=[1.0, -2.0, 3.0]))
    found = {(one["properties"]["row"], one["properties"]["code"]) for one in made["problems"]["features"]}
    assert (2, "value_invalid") in found
    (invalid,) = [one for one in made["problems"]["features"] if one["properties"]["code"] == "value_invalid"]
    assert invalid["geometry"]["type"] == "Point"
    assert invalid["properties"]["message"]["zh"] != invalid["properties"]["message"]["en"]


def test_what_cannot_be_placed_shows_its_candidates(workspace: Workspace) -> None:
    made = drawn(workspace, CORPUS / "xian80.zip")
    assert made["features"]["features"] == []
    assert len(made["candidates"]) > 0


def test_many_rows_are_cut(workspace: Workspace, parcels: Callable[..., Path]) -> None:
    made = drawn(workspace, parcels(count=previews.MOST_MATCHES + 1))
    assert len(made["features"]["features"]) == previews.MOST_FEATURES
    assert (len(made["matches"]), made["matches_total"]) == (previews.MOST_MATCHES, previews.MOST_MATCHES + 1)
    assert made["truncated"]
