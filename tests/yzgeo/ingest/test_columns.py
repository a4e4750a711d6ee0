"""Columns to fields: certain by name or memory, a question where it only resembles."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from yzgeo.catalogue import load
from yzgeo.ingest import columns
from yzgeo.ingest.columns import Head
from yzgeo.ingest.values.numbers import parse_unit

FIELDS = load().layer("shantytown_parcel").fields


def by_column(heads, **options):
    return {match.column: match for match in columns.suggest(heads, FIELDS, **options)}


@pytest.mark.parametrize("name", ["占地面积", "占地面积（㎡）", "面积", " 征收 面积 ", "area_m2", "AREA_M2"])
def test_names_of_the_catalogue_are_certain(name):
    match = by_column([Head("编号"), Head(name), Head("名称")])[name]
    assert (match.field, match.verdict) == ("area_m2", "certain")


def test_resembling_names_are_a_question():
    match = by_column([Head("编号"), Head("涉及总户数")])["涉及总户数"]
    assert (match.field, match.verdict) == ("households", "ask")
    assert "相似" in match.zh


def test_names_without_likeness_are_left_out():
    match = by_column([Head("编号"), Head("领导批示")])["领导批示"]
    assert (match.field, match.verdict) == (None, "none")


def test_the_last_level_of_a_head_counts():
    found = by_column([Head("规模/面积", "面积"), Head("进度/阶段", "阶段")])
    assert (found["规模/面积"].field, found["规模/面积"].verdict) == ("area_m2", "certain")
    assert found["进度/阶段"].field == "stage"


def test_two_columns_for_one_field_are_a_question():
    found = by_column([Head("规划/面积", "面积"), Head("实测/面积", "面积")])
    (taken,) = [match for match in found.values() if match.field == "area_m2"]
    (other,) = [match for match in found.values() if match is not taken]
    # The other column may be proposed for a field of a similar name, never given to it without asking.
    assert other.verdict in ("ask", "none")
    assert "ask" in {taken.verdict, other.verdict}


def test_memory_wins_and_may_leave_out():
    found = by_column([Head("亩数"), Head("名称")], memory={"亩 数": "area_m2", "名称": ""})
    assert (found["亩数"].field, found["亩数"].score, found["亩数"].verdict) == ("area_m2", 1.0, "certain")
    assert (found["名称"].field, found["名称"].verdict) == (None, "certain")


def test_names_cut_by_a_table_format():
    found = by_column([Head("占地面", cut=True), Head("已签约", cut=True), Head("占地")])
    assert (found["占地面"].field, found["占地面"].verdict) == ("area_m2", "ask")
    assert found["已签约"].field == "households_signed"
    assert found["占地"].verdict != "certain"


def test_samples_and_units_can_speak_against():
    good = by_column([Head("面积")], samples={"面积": ["1200㎡", "15亩", None]})["面积"]
    assert good.verdict == "certain"
    bad = by_column([Head("面积")], samples={"面积": ["大", "小", "中等", "不明确"]})["面积"]
    assert bad.verdict != "certain"
    wrong_kind = by_column([Head("面积", unit=parse_unit("米"))])["面积"]
    assert wrong_kind.field is None
    stages = by_column([Head("状态")], samples={"状态": ["签约", "净地"]})["状态"]
    assert (stages.field, stages.verdict) == ("stage", "certain")


@given(st.lists(st.text(max_size=8), max_size=12))
def test_no_field_is_given_twice(names):
    matches = columns.suggest([Head(name) for name in names], FIELDS)
    given_fields = [match.field for match in matches if match.field]
    assert len(matches) == len(names)
    assert len(given_fields) == len(set(given_fields))


def test_every_alias_of_every_layer_is_found_alone(catalogue):
    for layer in catalogue.layers.values():
        for field in layer.fields:
            for name in (field.title.zh, *field.aliases):
                (match,) = columns.suggest([Head(name)], layer.fields)
                assert match.score > 0.9, (layer.id, name)


def test_the_answer_can_be_reported():
    answer = by_column([Head("涉及总户数")])["涉及总户数"].as_dict()
    assert answer["field"] == "households"
    assert {"households_signed"} <= {item["field"] for item in answer["alternatives"]} or answer["alternatives"] == []


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["编号", "经度", "纬度"], ("经度", "纬度", "degrees")),
        (["纬度(WGS84)", "经度(WGS84)"], ("经度(WGS84)", "纬度(WGS84)", "degrees")),
        (["lat", "lng"], ("lng", "lat", "degrees")),
        (["X坐标", "Y坐标"], ("X坐标", "Y坐标", "unknown")),
        (["X", "Y"], ("X", "Y", "unknown")),
        (["东坐标（m）", "北坐标（m）"], ("东坐标（m）", "北坐标（m）", "plane")),
        (["纵坐标", "横坐标"], ("横坐标", "纵坐标", "plane")),
        (["编号", "中心坐标"], ("中心坐标", None, "pair")),
        (["WKT", "name"], ("WKT", None, "wkt")),
    ],
)
def test_columns_of_positions(names, expected):
    found = columns.find_coordinates([Head(name) for name in names])
    assert (found.first, found.second, found.kind) == expected


def test_tables_without_positions():
    assert columns.find_coordinates([Head("编号"), Head("面积")]) is None


def test_positions_are_read_in_every_writing():
    x, y, problems = columns.read_coordinates(
        ["123°50′45.6″", 123.9, "569277.993", None, "123°75′"], ["42°17′31.2″", "42.3", 4684190.675, 42.0, "42"]
    )
    assert np.allclose(x[:3], [123.846, 123.9, 569277.993])
    assert np.allclose(y[:3], [42.292, 42.3, 4684190.675])
    assert np.isnan(x[3:]).all()
    assert [row for row, _, _ in problems] == [4]


def test_positions_in_one_cell_and_named_the_other_way_round():
    x, y, problems = columns.read_coordinates(["123.846,42.292", "N42°17′31.2″ E123°50′45.6″", "暂缺", ""], None)
    assert np.allclose(x[:2], 123.846)
    assert np.allclose(y[:2], 42.292)
    assert [row for row, _, _ in problems] == [2]
    x, y, _ = columns.read_coordinates(["北纬42°"], ["东经123°"])
    assert (x[0], y[0]) == (123, 42)
