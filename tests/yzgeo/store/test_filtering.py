"""Conditions and orders in the store: what it answers is what the same condition means in memory."""

from __future__ import annotations

from datetime import date
from typing import Any

import hypothesis.strategies as st
import numpy as np
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from shapely.geometry import Point, box

from tests.yzgeo.store.conftest import BY, Clock, frame
from yzgeo.catalogue import Catalogue
from yzgeo.filters import (
    GEOMETRY,
    UID,
    And,
    Column,
    Compare,
    Expression,
    In,
    IsNull,
    Like,
    Literal,
    Not,
    Or,
    Spatial,
    matching,
    parse,
)
from yzgeo.store.base import Query, Store
from yzgeo.store.filtering import box_of, compile_where

TEXTS = ["银州", "Ab%c", "ab_c", "a*b", "[x]", "", "Straße"]
NUMBERS = [-1.5, 0.0, 1.0, 2.0, 3.5]
DAYS = ["2001-02-03", "2010-01-01"]
SHAPES = [box(123.0, 42.0, 123.1, 42.1), box(123.05, 42.05, 123.2, 42.2), box(123.4, 42.4, 123.5, 42.5), None]
PATTERNS = [
    "%",
    "a%",
    "_b%",
    r"Ab\%c",
    "a*b",
    "[x]",
    "%c",
    "",
    r"ab\_c",
    "ss%",
    "%ß%",
    "%\0",
    "a\0%",
    "%_",
    "%_%b%_",
    "a%%c",
    "%a%a%",
    "_%_%_%c",
]


def fill(store: Store) -> None:
    size = 24
    store.write(
        "area",
        put=frame(
            {f"u{at}": SHAPES[at % 4] for at in range(size)},
            code=[TEXTS[at % 7] if at % 5 else None for at in range(size)],
            name=[f"n{at:02}" for at in range(size)],
            floors=[at % 4 if at % 3 else None for at in range(size)],
            height=[NUMBERS[at % 5] if at % 4 else np.nan for at in range(size)],
            listed=[[True, False, None][at % 3] for at in range(size)],
            built_on=[[DAYS[0], DAYS[1], None][at % 3] for at in range(size)],
        ),
        provenance=BY,
    )


def test_a_search_for_nul_finds_nothing(store: Store) -> None:
    """The file's engine ends a pattern there, so that it would match everything."""
    fill(store)
    assert len(store.rows("area", Query(search="n0")).uids) > 1
    for text in ("\0", "n0\0", "\0n0", "n\0 0"):
        assert list(store.rows("area", Query(search=text)).uids) == []
        assert store.count("area", Query(search=text)) == 0


def conditions(catalogue: Catalogue) -> st.SearchStrategy[Expression]:
    layer = catalogue.layer("area")
    code, floors, height, listed, built_on = (
        layer.field(name) for name in ("code", "floors", "height", "listed", "built_on")
    )
    operators = st.sampled_from(["=", "<>", "<", "<=", ">", ">="])
    values = {
        "code": st.sampled_from(TEXTS),
        "floors": st.sampled_from([0, 1, 2, 1.5]),
        "height": st.sampled_from(NUMBERS),
        "listed": st.booleans(),
        "built_on": st.sampled_from(DAYS),
    }
    fields = [code, floors, height, listed, built_on]
    compare = st.sampled_from(fields).flatmap(
        lambda one: st.builds(Compare, operators, st.just(Column(one)), st.builds(Literal, values[one.id]))
    )
    pair = st.builds(Compare, operators, st.just(Column(floors)), st.just(Column(height)))
    like = st.builds(Like, st.sampled_from([Column(code), Column(code, fold=True)]), st.sampled_from(PATTERNS))
    within = st.sampled_from(fields).flatmap(
        lambda one: st.builds(In, st.just(Column(one)), st.lists(values[one.id], max_size=3).map(tuple))
    )
    missing = st.builds(IsNull, st.sampled_from([*map(Column, fields), Column(GEOMETRY)]))
    relation = st.sampled_from(
        ["intersects", "disjoint", "within", "contains", "touches", "crosses", "overlaps", "equals"]
    )
    shape = st.sampled_from([*SHAPES[:3], Point(123.05, 42.05), box(120, 40, 125, 45), box(123.1, 42.0, 123.3, 42.1)])
    leaf = st.one_of(compare, pair, like, within, missing, st.builds(Spatial, relation, shape))
    return st.recursive(
        leaf,
        lambda inner: st.one_of(
            st.builds(Not, inner),
            st.lists(inner, min_size=1, max_size=3).map(lambda parts: And(tuple(parts))),
            st.lists(inner, min_size=1, max_size=3).map(lambda parts: Or(tuple(parts))),
        ),
        max_leaves=6,
    )


def test_any_condition_means_the_same_in_the_store_and_in_memory(store: Store, tiny: Catalogue) -> None:
    fill(store)
    rows = store.rows("area")
    columns: dict[str, Any] = {**rows.columns, "uid": rows.uids}
    shapes = np.asarray(shapely.from_wkb(np.array(rows.wkb, dtype=object)), dtype=object)

    @settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(conditions(tiny))
    def same(condition: Expression) -> None:
        expected = [rows.uids[at] for at in np.flatnonzero(matching(condition, columns, shapes))]
        assert list(store.rows("area", Query(where=condition)).uids) == expected
        assert store.count("area", Query(where=condition)) == len(expected)

    same()


def test_conditions_see_an_earlier_state(store: Store, clock: Clock, tiny: Catalogue) -> None:
    fill(store)
    clock.advance(days=1)
    store.write("area", put=frame({"u1": SHAPES[0]}, floors=[9]), provenance=BY)
    layer = tiny.layer("area")
    high = Compare("=", Column(layer.field("floors")), Literal(9))
    there = And((high, Spatial("intersects", box(123.0, 42.0, 123.1, 42.1))))
    assert list(store.rows("area", Query(where=there)).uids) == ["u1"]
    assert list(store.rows("area", Query(where=there, revision=1)).uids) == []
    moved = And((Compare("=", Column(UID), Literal("u1")), Spatial("within", box(123.04, 42.04, 123.3, 42.3))))
    assert store.count("area", Query(where=moved)) == 0
    assert store.count("area", Query(where=moved, on=date(2024, 5, 1))) == 1


@pytest.mark.parametrize("revision", [None, 1])
def test_an_order_puts_gaps_last_and_keeps_entry_order(store: Store, revision: int | None) -> None:
    fill(store)
    rows = store.rows("area", Query(sort=(("floors", True), ("name", False)), revision=revision), fields=("floors",))
    found = list(zip(rows.columns["floors"], rows.uids, strict=True))
    numbers = [number for number, _ in found if number is not None]
    assert numbers == sorted(numbers, reverse=True)
    assert [number for number, _ in found][len(numbers) :] == [None] * 8
    by_name = sorted((uid for number, uid in found if number == 2), key=lambda uid: int(uid[1:]))
    assert [uid for number, uid in found if number == 2] == by_name
    page = store.rows("area", Query(sort=(("floors", True), ("name", False)), limit=5, offset=3, revision=revision))
    assert list(page.uids) == [uid for _, uid in found[3:8]]


def test_a_filter_from_outside_reaches_the_store_as_values(store: Store, tiny: Catalogue) -> None:
    fill(store)
    layer = tiny.layer("area")
    condition = parse(r"code = 'a''; DROP TABLE area; --'", layer, fields=list(layer.fields_by_id))
    assert store.count("area", Query(where=condition)) == 0
    assert store.count("area") == 24
    piece, values = compile_where(condition)
    assert "DROP" not in piece
    assert values == ["a'; DROP TABLE area; --"]


def test_the_index_is_asked_for_what_every_match_must_meet(tiny: Catalogue) -> None:
    one, other = Spatial("within", box(0, 0, 4, 4)), Spatial("intersects", box(2, 1, 6, 3))
    assert box_of(And((one, other))) == (2, 1, 4, 3)
    assert box_of(Or((one, other))) is None
    assert box_of(Not(one)) is None
