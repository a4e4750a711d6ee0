"""Rows and the register: who they are by code, name and place, and what they change, field by field."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import pytest
import shapely
from shapely.geometry import box

from yzgeo.workflows.imports import import_file
from yzgeo.workflows.workspace import Workspace

LAYER = "shantytown_parcel"
SHAPES = [box(123.84 + 0.002 * n, 42.28, 123.841 + 0.002 * n, 42.281) for n in range(4)]


def write(path: Path, shapes: list[Any], **columns: Any) -> Path:
    gpd.GeoDataFrame(columns, geometry=shapes, crs="EPSG:4490").to_file(path)
    return path


@pytest.fixture
def registered(workspace: Workspace, tmp_path: Path) -> Workspace:
    """Four parcels A-01 to A-04."""
    path = write(
        tmp_path / "first.gpkg",
        SHAPES,
        编号=[f"A-0{n}" for n in range(1, 5)],
        名称=["南关", "北关", "铁西", "岭东"],
        面积=[10.0, 20.0, 30.0, 40.0],
        阶段=["未启动"] * 4,
    )
    import_file(workspace, path, layer=LAYER)
    return workspace


def told(report: Any) -> list[tuple[Any, ...]]:
    return [(match.row, match.title, match.status, match.by, match.changed) for match in report.matches]


def test_the_full_difference(registered: Workspace, tmp_path: Path) -> None:
    moved = shapely.affinity.translate(SHAPES[1], 1e-4, 0)
    turned = shapely.Polygon([*SHAPES[2].exterior.coords][::-1])  # the same outline, written the other way round
    path = write(
        tmp_path / "second.gpkg",
        [SHAPES[0], moved, turned, box(123.86, 42.29, 123.861, 42.291)],
        编号=["A-01", "A-02", "A-03", "A-09"],
        名称=["南关", "北关", "铁西", "新区"],
        面积=[11.0, 20.0, 30.0, 5.0],
        阶段=["签约", "未启动", "未启动", "未启动"],
    )
    report = import_file(registered, path, layer=LAYER)
    assert told(report) == [
        (1, "南关", "changed", "code", ("stage", "area_m2")),
        (2, "北关", "changed", "code", ("geometry",)),
        (3, "铁西", "unchanged", "code", ()),
        (4, "新区", "new", None, ()),
        (None, "岭东", "missing", None, ()),
    ]
    assert report.matching == {"new": 1, "changed": 2, "unchanged": 1, "ambiguous": 0, "missing": 1}
    assert report.batch is not None
    # The report and the batch say the same; what did not change has no new version and keeps where it came from.
    assert (report.batch.inserted, report.batch.updated, report.batch.unchanged) == (1, 2, 1)
    sources = registered.store.frame(LAYER).set_index("code")["source"]
    assert dict(sources) == {"A-01": "second.gpkg", "A-02": "second.gpkg", "A-03": "first.gpkg", "A-04": "first.gpkg",
                             "A-09": "second.gpkg"}  # fmt: skip


def test_rows_without_code_are_known_by_name_then_by_place(registered: Workspace, tmp_path: Path) -> None:
    path = write(
        tmp_path / "bare.gpkg",
        [SHAPES[0], shapely.affinity.translate(SHAPES[1], 1e-6, 0), box(123.87, 42.29, 123.871, 42.291)],
        编号=["Ａ０１", None, None],
        名称=["改名", None, "没人认识"],
        面积=[1.0, 2.0, 3.0],
        阶段=["未启动"] * 3,
    )
    report = import_file(registered, path, layer=LAYER, keep_valid=True)
    assert report.rejected == (3,)
    assert [(match.row, match.by) for match in report.matches if match.row] == [(1, "code"), (2, "geometry")]
    recognised = {issue.where: issue.zh for issue in report.issues if issue.code == "row_recognised"}
    assert recognised == {"第 1 行": "按编号写法不同认出是登记的“A-01”", "第 2 行": "按位置认出是登记的“A-02”"}
    areas = registered.store.frame(LAYER).set_index("code")["area_m2"]
    assert (areas["A-01"], areas["A-02"], len(areas)) == (1.0, 2.0, 4)


def test_a_ledger_of_names_alone_updates_the_register(registered: Workspace, tmp_path: Path) -> None:
    path = tmp_path / "names.csv"
    path.write_text("名称,占地面积,阶段\n北关,21,签约\n岭东,41,签约\n", encoding="utf-8")
    report = import_file(registered, path, layer=LAYER)
    assert [match.by for match in report.matches if match.row] == ["name", "name"]
    areas = registered.store.frame(LAYER).set_index("code")["area_m2"]
    assert dict(areas) == {"A-01": 10.0, "A-02": 21.0, "A-03": 30.0, "A-04": 41.0}


def test_what_could_be_two_is_rejected_with_the_reason(registered: Workspace, tmp_path: Path) -> None:
    again = write(
        tmp_path / "twin.gpkg",
        [box(123.88, 42.29, 123.881, 42.291)],
        编号=["B-1"],
        名称=["南关"],
        面积=[1.0],
        阶段=["签约"],
    )
    import_file(registered, again, layer=LAYER)
    path = tmp_path / "names.csv"
    path.write_text("名称,占地面积,阶段\n北关,21,签约\n北关,22,签约\n", encoding="utf-8")
    report = import_file(registered, path, layer=LAYER, dry_run=True)
    assert (report.verdict, report.rejected, report.matching["ambiguous"]) == ("refuse", (1, 2), 2)
    assert {issue.code for issue in report.issues if issue.level == "error"} >= {"match_ambiguous"}


def test_another_code_is_another_feature_whatever_its_name_and_place(registered: Workspace, tmp_path: Path) -> None:
    path = write(tmp_path / "x.gpkg", [SHAPES[0]], 编号=["Z-1"], 名称=["南关"], 面积=[10.0], 阶段=["未启动"])
    report = import_file(registered, path, layer=LAYER, dry_run=True)
    assert told(report)[0][2:4] == ("new", None)


def test_the_same_parcels_from_another_system_change_nothing(
    registered: Workspace, tmp_path: Path, parcels: Callable[..., Path]
) -> None:
    frame = gpd.read_file(tmp_path / "first.gpkg").to_crs("EPSG:4529")
    frame.to_file(tmp_path / "metric.gpkg")
    report = import_file(registered, tmp_path / "metric.gpkg", layer=LAYER)
    assert report.matching["unchanged"] == 4
    assert registered.store.revision(LAYER) == 1
