"""Conditions answered in memory: hand-made tables with the gaps that make SQL's third value matter."""

from __future__ import annotations

import re
from time import process_time

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings
from shapely.geometry import Point, box

from yzgeo.catalogue import FieldSpec, Label
from yzgeo.filters import And, Column, Compare, In, IsNull, Like, Literal, Not, Or, Spatial, matching
from yzgeo.filters.expressions import GEOMETRY, Expression

NAME = FieldSpec(id="name", title=Label(zh="名称", en="Name"), type="text")
FLOORS = FieldSpec(id="floors", title=Label(zh="层数", en="Floors"), type="integer")
COLUMNS = {"name": ["Ab%c", "ab_c", None, "xyz"], "floors": [1, None, 3, 4]}
SHAPES = np.array([Point(0, 0), Point(5, 5), None, box(0, 0, 1, 1)], dtype=object)
BIG = Compare(">", Column(FLOORS), Literal(2))


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        (BIG, [False, False, True, True]),
        (Not(BIG), [True, False, False, False]),
        (Or((BIG, IsNull(Column(FLOORS)))), [False, True, True, True]),
        (And((BIG, Like(Column(NAME), "%"))), [False, False, False, True]),
        (Not(And((BIG, Like(Column(NAME), "q%")))), [True, True, False, True]),
        (Like(Column(NAME), "ab%"), [False, True, False, False]),
        (Like(Column(NAME, fold=True), "ab%"), [True, True, False, False]),
        (Like(Column(NAME), r"Ab\%c"), [True, False, False, False]),
        (Like(Column(NAME), r"ab\_c"), [False, True, False, False]),
        (Like(Column(NAME), "__z"), [False, False, False, True]),
        (In(Column(FLOORS), (1, 4)), [True, False, False, True]),
        (Not(In(Column(FLOORS), (1, 4))), [False, False, True, False]),
        (Spatial("intersects", box(0, 0, 2, 2)), [True, False, False, True]),
        (Not(Spatial("intersects", box(0, 0, 2, 2))), [False, True, False, False]),
        (Spatial("within", box(-1, -1, 2, 2)), [True, False, False, True]),
        (Spatial("contains", Point(0.5, 0.5)), [False, False, False, True]),
        (Spatial("disjoint", box(0, 0, 2, 2)), [False, True, False, False]),
        (IsNull(Column(GEOMETRY)), [False, False, True, False]),
        (Not(In(Column(FLOORS), ())), [True, True, True, True]),
    ],
)
def test_three_values(condition: Expression, expected: list[bool]) -> None:
    assert matching(condition, COLUMNS, SHAPES).tolist() == expected


@settings(max_examples=300, deadline=None)
@given(st.text("ab\n", max_size=7), st.text("ab%_", max_size=7))
def test_a_pattern_means_what_a_plain_regular_expression_does(text: str, pattern: str) -> None:
    plain = re.compile(pattern.replace("%", ".*").replace("_", "."), re.DOTALL)
    found = matching(Like(Column(NAME), pattern), {"name": [text]}, np.array([None]))
    assert found[0] == bool(plain.fullmatch(text))


@pytest.mark.parametrize("pattern", ["%_" * 30 + "%b", "%a" * 200 + "%b", "%aa%" * 50 + "b", "_%" * 300 + "b"])
def test_a_pattern_of_many_wildcards_does_not_take_years(pattern: str) -> None:
    began = process_time()
    assert not matching(Like(Column(NAME), pattern), {"name": ["a" * 500] * 10}, np.array([None] * 10)).any()
    assert process_time() - began < 10
