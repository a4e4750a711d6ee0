from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from shapely.geometry import Polygon, shape

from yzgeo.report import texts


def test_geojson_is_as_the_rfc_wants_it(table, catalogue, tmp_path: Path) -> None:
    clockwise = Polygon([(123.84, 42.28), (123.84, 42.29), (123.850000000001, 42.29), (123.85, 42.28)])
    made = table("residential_building", shapes=[clockwise, clockwise], elevator=[1, None], floors=[6, None])
    path = tmp_path / "a.geojson"
    assert texts.write_geojson(path, [made], catalogue.district) == 2
    content = json.loads(path.read_text(encoding="utf-8"))
    first, second = content["features"]
    assert first["id"] == "uid-0"
    assert first["properties"]["elevator"] is True
    assert (second["properties"]["elevator"], second["properties"]["floors"]) == (None, None)
    assert shape(first["geometry"]).exterior.is_ccw
    assert first["geometry"]["coordinates"][0][1][0] in {123.84, 123.85}
    assert "OpenStreetMap" in content["attribution"][0]
    assert "crs" not in content


def test_csv_opens_in_excel_with_its_chinese(table, catalogue, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    texts.write_csv(
        path, [table("shantytown_parcel", stage=["planned", "cleared"], area_m2=[-1.5, 2.0])], catalogue.district
    )
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    with path.open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert [row["阶段"] for row in rows] == ["未启动", "净地"]
    assert [row["数据状态"] for row in rows] == ["测绘数据", "示意数据"]
    assert rows[0]["占地面积（㎡）"] == "-1.5"
    assert rows[0]["几何（WKT）"].startswith("POLYGON")
    assert float(rows[0]["经度"]) == pytest.approx(123.845)


@pytest.mark.parametrize("text", ["=1+1", "+86 24", "-lot", "@SUM(A1)", "\t=1", "\r=1", '=HYPERLINK("x")'])
def test_no_cell_runs_as_a_formula(table, catalogue, tmp_path: Path, text: str) -> None:
    path = tmp_path / "a.csv"
    texts.write_csv(path, [table("shantytown_parcel", name=[text, "普通"])], catalogue.district)
    with path.open(encoding="utf-8-sig", newline="") as stream:
        names = [row["名称"] for row in csv.DictReader(stream)]
    assert names[0][0] == "'"
    assert names[1] == "普通"


def test_a_table_without_geometry_has_no_place(table, catalogue, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    texts.write_csv(path, [table("compound_item")], catalogue.district)
    assert "经度" not in path.read_text(encoding="utf-8-sig").splitlines()[0]
