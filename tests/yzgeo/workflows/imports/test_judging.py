"""Judging as a whole: what is asked, what is told, and that nothing is stored."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import pyogrio
import pytest
from shapely.geometry import box

from yzgeo.errors import CrsParametersNeededError
from yzgeo.workflows.imports.judging import Order, judge
from yzgeo.workflows.workspace import Workspace

LAYER = "shantytown_parcel"
CORPUS = Path(__file__).parents[3] / "data" / "import"


def test_an_encoding_that_is_not_certain_is_asked(workspace: Workspace) -> None:
    """A real file of another house, in an encoding that is neither Chinese nor UTF-8."""
    world = Path(pyogrio.__file__).parent / "tests/fixtures/naturalearth_lowres/naturalearth_lowres.shp"
    told: dict[str, Any] = {"crs": "EPSG:4326", "columns": {"iso_a3": "code"}, "keep_valid": True}
    asked = judge(workspace, world, Order("admin_district", **told)).report
    assert (asked.verdict, asked.questions) == ("needs_confirmation", ("encoding",))
    assert "encoding_undecided" in {issue.code for issue in asked.issues}
    decided = judge(workspace, world, Order("admin_district", encoding="ISO-8859-1", **told)).report
    assert (decided.verdict, decided.questions) == ("ok", ())


def test_old_datums_say_what_they_need(workspace: Workspace) -> None:
    found = judge(workspace, CORPUS / "xian80.zip", Order(LAYER))
    assert (found.report.verdict, found.report.questions) == ("refuse", ("datum",))
    assert isinstance(found.refusal, CrsParametersNeededError)
    truth = json.loads((CORPUS / "xian80.zip.truth.json").read_text())["seven_parameters"]
    datum = {"kind": "seven", "convention": "position_vector", **truth}
    settled = judge(workspace, CORPUS / "xian80.zip", Order(LAYER, datum=datum))
    assert settled.report.verdict == "ok"
    assert settled.report.choices["datum"] == datum


def test_neighbours_are_told(workspace: Workspace, tmp_path: Path) -> None:
    """Overlap, gap, twice the same, outside altogether, outside in part, and an area in another unit."""
    step = 0.001
    shapes = [
        box(123.84, 42.28, 123.84 + step, 42.281),
        box(123.84 + 0.8 * step, 42.28, 123.84 + 2 * step, 42.281),  # overlaps the first by a fifth
        box(123.84 + 2 * step + 5e-6, 42.28, 123.84 + 3 * step, 42.281),  # 0.4 m from the second
        box(123.84 + 5 * step, 42.28, 123.84 + 6 * step, 42.281),
        box(123.84 + 5 * step, 42.28, 123.84 + 6 * step, 42.281),  # the same again
        box(125.0, 43.0, 125.0 + step, 43.0 + step),
    ]
    metric = gpd.GeoSeries(shapes, crs="EPSG:4490").to_crs("EPSG:4550")
    areas = list(metric.area)
    areas[3] *= 15 / 10_000  # written in 亩
    path = tmp_path / "a.gpkg"
    table = {"编号": [f"P{n}" for n in range(6)], "面积": areas, "阶段": ["未启动"] * 6}
    gpd.GeoDataFrame(table, geometry=shapes, crs="EPSG:4490").to_file(path)
    found = judge(workspace, path, Order(LAYER, crs="EPSG:4490")).report
    told = {
        (issue.where, issue.code) for issue in found.issues if issue.code not in {"crs_chosen", "status_assumed", "gap"}
    }
    assert told == {
        ("P1", "overlap"),
        ("P4", "shape_twice"),
        ("P3", "area_disagrees"),
        ("第 6 行", "outside_district"),
    }
    (gap,) = [issue for issue in found.issues if issue.code == "gap"]
    assert "P1、P2" in gap.zh
    (unit,) = [issue for issue in found.issues if issue.code == "area_disagrees"]
    assert "亩" in unit.zh


def test_what_lies_partly_outside_is_told_with_its_share(workspace: Workspace, tmp_path: Path) -> None:
    from yzgeo.workflows.imports import district_outline

    west, south, east, north = district_outline(workspace.catalogue).bounds
    shape = box(west - 0.01, (south + north) / 2, (west + east) / 2, (south + north) / 2 + 0.01)
    path = tmp_path / "a.gpkg"
    table = {"编号": ["P1"], "面积": [1e6], "阶段": ["未启动"]}
    gpd.GeoDataFrame(table, geometry=[shape], crs="EPSG:4490").to_file(path)
    found = judge(workspace, path, Order(LAYER, crs="EPSG:4490")).report
    (issue,) = [issue for issue in found.issues if issue.code == "outside_district"]
    assert issue.where == "P1"
    assert "% 在辖区轮廓之外" in issue.zh


@pytest.mark.parametrize("mode", ["upsert", "replace"])
def test_judging_tells_what_storing_would_delete(workspace: Workspace, parcels: Callable[..., Path], mode: str) -> None:
    from yzgeo.workflows.imports import import_file

    import_file(workspace, parcels(), layer=LAYER)
    order = Order(LAYER, mode="replace" if mode == "replace" else "upsert")
    found = judge(workspace, parcels("b.gpkg", count=2), order)
    assert (found.report.deleted, len(found.doomed)) == ((1, 1) if mode == "replace" else (0, 0))
    assert found.report.matching == {"new": 0, "changed": 0, "unchanged": 2, "ambiguous": 0, "missing": 1}
