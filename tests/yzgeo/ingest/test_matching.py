"""Incoming rows and the register: one status each, and nothing is matched twice."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from shapely import LineString, Point, box

from yzgeo.ingest.matching import Records, known_pairs, match


def records(*rows, **values):
    """Rows of (code, name, shape)."""
    shapes = np.empty(len(rows), dtype=object)
    shapes[:] = [row[2] for row in rows]
    return Records([row[0] for row in rows], [row[1] for row in rows], shapes, values)


def square(x, size=100.0):
    return box(x, 0, x + size, size)


REGISTER = records(
    ("P-01", "南关地块", square(0)),
    ("P-02", "北关地块", square(1000)),
    ("P-03", "铁西地块", square(2000)),
    ("P-04", "岭东地块", square(3000)),
    households=[10, 20, 30, 40],
)


def statuses(matching):
    return [(row.status, row.by, row.registered) for row in matching.rows]


def test_code_then_name_then_place():
    incoming = records(
        ("p01", "改过的名字", square(0)),
        (None, "北关 地块", square(1000)),
        (None, None, square(2001)),
        ("P-99", "新地块", square(9000)),
        households=[10, 21, 30, 5],
    )
    found = match(incoming, REGISTER)
    assert statuses(found) == [
        ("unchanged", "code", 0),
        ("changed", "name", 1),
        ("changed", "geometry", 2),
        ("new", None, None),
    ]
    assert found.rows[1].changed == ("households",)
    assert found.rows[2].changed == ("geometry",)
    assert found.missing == (3,)
    assert found.counts() == {"new": 1, "changed": 2, "unchanged": 1, "ambiguous": 0, "missing": 1}


def test_codes_that_stand_twice_are_a_question():
    found = match(records(("P-01", "a", None), ("P-01", "b", None), ("P-50", "c", None), ("P-50", "d", None)), REGISTER)
    assert [row.status for row in found.rows] == ["ambiguous"] * 4
    assert "2 次" in found.rows[0].zh
    assert found.missing == (0, 1, 2, 3)


def test_one_name_in_two_places_is_a_question():
    found = match(records((None, "南关地块", square(7000))), REGISTER)
    assert found.rows[0].status == "ambiguous"
    assert "6,900 米" in found.rows[0].zh


def test_two_codes_on_one_place_are_two_features():
    found = match(records(("P-77", None, square(0))), REGISTER)
    assert statuses(found) == [("new", None, None)]


def test_points_and_lines_match_within_metres():
    register = records((None, None, Point(0, 0)), (None, None, LineString([(50, 0), (90, 0)])))
    incoming = records(
        (None, None, Point(3, 0)), (None, None, LineString([(50, 2), (90, 2)])), (None, None, Point(30, 0))
    )
    assert statuses(match(incoming, register)) == [
        ("changed", "geometry", 0),
        ("changed", "geometry", 1),
        ("new", None, None),
    ]


def test_two_registered_features_at_one_place_are_a_question():
    register = records((None, None, Point(0, 0)), (None, None, Point(1, 0)))
    assert match(records((None, None, Point(0.5, 0))), register).rows[0].status == "ambiguous"


@pytest.mark.parametrize(
    ("one", "other", "changed"),
    [(1, 1.0, ()), (0.1 + 0.2, 0.3, ()), (None, float("nan"), ()), ("a ", "a", ()), (1, 2, ("v",)), (None, 0, ("v",))],
)
def test_what_counts_as_a_change(one, other, changed):
    found = match(records(("A", None, None), v=[one]), records(("A", None, None), v=[other]))
    assert found.rows[0].changed == changed


def test_a_missing_shape_does_not_erase_one():
    found = match(records(("P-01", None, None)), REGISTER)
    assert found.rows[0].status == "unchanged"


def test_empty_sides():
    empty = records()
    assert match(empty, REGISTER).missing == (0, 1, 2, 3)
    assert [row.status for row in match(REGISTER, empty).rows] == ["new"] * 4


def test_pairs_by_key_alone():
    incoming = records(("P-02", None, None), (None, "岭东地块", None), ("P-88", "谁", None))
    assert known_pairs(incoming, REGISTER) == ((0, 1), (1, 3))


codes = st.one_of(st.none(), st.sampled_from(["A", "B", "C", "D"]))
places = st.one_of(st.none(), st.integers(0, 6).map(lambda value: square(value * 50.0)))
rows = st.lists(st.tuples(codes, codes, places), max_size=8)


@given(rows, rows)
def test_every_row_has_one_status_and_nothing_is_matched_twice(ours, theirs):
    incoming, register = records(*ours), records(*theirs)
    found = match(incoming, register)
    assert [row.row for row in found.rows] == list(range(len(ours)))
    used = [row.registered for row in found.rows if row.registered is not None]
    assert len(used) == len(set(used))
    assert set(used) | set(found.missing) == set(range(len(theirs)))
    assert not set(used) & set(found.missing)
    assert sum(found.counts().values()) - len(found.missing) == len(ours)


def test_a_file_against_itself_is_unchanged():
    found = match(REGISTER, REGISTER)
    assert [row.status for row in found.rows] == ["unchanged"] * 4
    assert found.missing == ()
    assert all(shapely.equals(a, b) for a, b in zip(REGISTER.shapes, REGISTER.shapes, strict=True))
