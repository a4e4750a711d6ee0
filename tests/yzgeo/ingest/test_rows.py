from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import LineString, MultiPoint, Point, Polygon, box
from shapely.geometry.base import BaseGeometry

from yzgeo.catalogue import Catalogue, feature_uid, load
from yzgeo.errors import CrsMissingError, FieldUnknownError, GeometryTypeError, ParameterError
from yzgeo.ingest.reading import Source
from yzgeo.ingest.rows import Checked, Choices, check, match_columns

SHIPPED = load()
SQUARE = box(123.84, 42.28, 123.85, 42.29)
BOWTIE = Polygon([(123.84, 42.28), (123.85, 42.29), (123.85, 42.28), (123.84, 42.29)])


def source(shapes: list[BaseGeometry | None] | None, crs: str | None = "EPSG:4490", **columns: list[Any]) -> Source:
    table = pd.DataFrame({name: pd.Series(cells, dtype=object) for name, cells in columns.items()})
    geometry = None if shapes is None else np.array([*shapes, None], dtype=object)[:-1]
    return Source(Path("a.gpkg"), "a", crs, None, table, geometry, np.zeros(len(table), dtype=bool))


def parcels(
    read: Source, layer: str = "shantytown_parcel", district: BaseGeometry | None = None, **more: Any
) -> Checked:
    choices = Choices(source="a.gpkg", **more)
    return check(read, SHIPPED.layer(layer), choices, storage_crs="EPSG:4490", district=district)


def test_columns_by_id_title_and_alias(catalogue: Catalogue) -> None:
    layer = catalogue.layer("shantytown_parcel")
    names = ["CODE", "棚户区 名称", "用地面积", "ＨＯＵＳＥＨＯＬＤＳ", "进展", "别的"]
    found = match_columns(layer, names, {"棚户区 名称": "name"})
    assert found == {
        "CODE": "code",
        "棚户区 名称": "name",
        "用地面积": "area_m2",
        "ＨＯＵＳＥＨＯＬＤＳ": "households",
        "进展": "stage",
        "别的": None,
    }


def test_an_id_beats_an_alias_and_equals_are_not_guessed(catalogue: Catalogue) -> None:
    layer = catalogue.layer("shantytown_parcel")
    assert match_columns(layer, ["面积", "area_m2"], {}) == {"面积": None, "area_m2": "area_m2"}
    with pytest.raises(ParameterError, match="面积, 用地面积"):
        match_columns(layer, ["面积", "用地面积"], {})
    with pytest.raises(ParameterError, match="no column"):
        match_columns(layer, ["面积"], {"没有": "code"})
    with pytest.raises(FieldUnknownError):
        match_columns(layer, ["面积"], {"面积": "nothing"})


def test_a_good_row_becomes_a_feature_in_the_storage_system() -> None:
    read = source([SQUARE], crs="EPSG:4326", 编号=["A1"], 面积=["1,200"], 进展=["签约中"], 别的=[1])
    checked = parcels(read)
    assert checked.rejected == ()
    (uid,) = checked.frame.index
    assert uid == feature_uid("shantytown_parcel", "A1")
    row = checked.frame.iloc[0]
    assert (row["area_m2"], row["stage"], row["data_status"], row["source"]) == (
        1200.0,
        "signing",
        "surveyed",
        "a.gpkg",
    )
    assert row.geometry == SQUARE
    assert checked.frame.crs == "EPSG:4490"
    assert [issue.code for issue in checked.issues] == ["column_unknown"]


def test_every_reason_of_every_row_is_told_at_once() -> None:
    read = source(
        [SQUARE, BOWTIE, None, Point(123.8, 42.3), SQUARE, SQUARE],
        编号=["A1", "A2", "A3", "A4", "A5", "A5"],
        面积=[1.0, "很大", -1, 1, 1, 1],
        阶段=["planned", "planned", "planned", "planned", "建成", None],
    )
    checked = parcels(read)
    assert checked.rejected == (2, 3, 4, 5, 6)
    codes = {(issue.where, issue.code) for issue in checked.issues}
    assert codes == {
        ("第 2 行·面积", "value_invalid"),
        ("第 2 行", "geometry_invalid"),
        ("第 3 行·面积", "value_invalid"),
        ("第 3 行", "geometry_missing"),
        ("第 4 行", "geometry_type_mismatch"),
        ("第 5 行·阶段", "value_invalid"),
        ("第 6 行·阶段", "value_missing"),
        ("第 5 行·编号", "key_duplicate"),
        ("第 6 行·编号", "key_duplicate"),
    }
    invalid = next(issue for issue in checked.issues if issue.code == "geometry_invalid")
    assert "Self-intersection[123.845 42.285" in invalid.en.replace("intersection [", "intersection[")


def test_a_missing_required_column_rejects_everything_and_says_how_to_name_it() -> None:
    checked = parcels(source([SQUARE], 编号=["A1"], 阶段=["planned"]))
    assert checked.rejected == (1,)
    assert "--column 列名=area_m2" in checked.issues[0].zh


def test_wrong_kind_no_geometry_no_system() -> None:
    with pytest.raises(GeometryTypeError, match="line"):
        parcels(source([LineString([(123, 42), (124, 42)])], 编号=["A1"]))
    with pytest.raises(GeometryTypeError, match="no geometry"):
        parcels(source(None, 编号=["A1"]))
    with pytest.raises(CrsMissingError):
        parcels(source([SQUARE], crs=None, 编号=["A1"]))
    with pytest.raises(CrsMissingError):
        parcels(source([SQUARE], crs='LOCAL_CS["Undefined Cartesian SRS",UNIT["Meter",1]]', 编号=["A1"]))


def test_metres_said_to_be_degrees_are_refused_row_by_row() -> None:
    read = source([box(5e5, 4e6, 5e5 + 10, 4e6 + 10)], 编号=["A1"], 面积=[1], 阶段=["planned"])
    assert "coordinates_impossible" in {issue.code for issue in parcels(read).issues}


def test_what_the_person_says_beats_the_file_and_is_recorded() -> None:
    moved = shapely.transform(SQUARE, lambda points: points)
    read = source([moved], crs="EPSG:3857", 编号=["A1"], 面积=[1], 阶段=["planned"])
    checked = parcels(read, crs="EPSG:4490")
    assert checked.frame.geometry.iloc[0] == SQUARE
    assert {issue.code for issue in checked.issues} == {"crs_overridden"}


def test_outside_the_district_is_kept_with_a_warning() -> None:
    read = source([SQUARE, box(10, 10, 11, 11)], 编号=["A1", "A2"], 面积=[1, 1], 阶段=["planned", "planned"])
    checked = parcels(read, district=box(123, 42, 124, 43))
    assert checked.rejected == ()
    assert [(issue.level, issue.where) for issue in checked.issues] == [("warning", "第 2 行")]


def test_heights_are_dropped_and_one_part_of_a_multi_point_is_a_point() -> None:
    columns = {"编号": ["A1", "A2"], "kind": ["square", "square"], "equipment": [1, 1], "stage": ["planned", "planned"]}
    checked = parcels(source([Point(123.8, 42.3, 55), MultiPoint([(123.8, 42.3)])], **columns), "fitness_site")
    assert list(checked.frame.geometry) == [Point(123.8, 42.3), Point(123.8, 42.3)]
    assert not checked.frame.geometry.has_z.any()


cells = st.one_of(st.none(), st.text(max_size=3), st.integers(-3, 3), st.floats(allow_nan=True), st.booleans())
shapes = st.sampled_from([SQUARE, BOWTIE, None, Point(1, 2), box(500, 0, 501, 1), Polygon()])


@settings(deadline=None, max_examples=150)
@given(
    st.lists(st.tuples(shapes, st.sampled_from(["A", "B", "C", "D", None, ""]), cells, cells), min_size=1, max_size=8)
)
def test_rows_in_are_rows_kept_plus_rows_rejected(rows: list[tuple[Any, Any, Any, Any]]) -> None:
    shown, keys, areas, stages = (list(column) for column in zip(*rows, strict=True))
    read = source([SQUARE, *shown], code=["first", *keys], area_m2=[1, *areas], stage=["planned", *stages])
    checked = parcels(read)
    assert len(checked.frame) + len(checked.rejected) == read.rows
    assert checked.frame.index.is_unique
    told = {int(issue.where.split()[1]) for issue in checked.issues if issue.level == "error"}
    assert told == set(checked.rejected)
