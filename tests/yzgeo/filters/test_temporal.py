"""Relations between intervals, held against what James Allen proved of them in 1983."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from yzgeo.catalogue import FieldSpec, Label
from yzgeo.filters import And, Column, Compare, Expression, IsNull, Literal, Not, columns_of, matching
from yzgeo.filters.expressions import UID
from yzgeo.filters.temporal import NAMES, Span, constant, fits, relation

FROM, TO = (Column(FieldSpec(id=name, title=Label(zh=name, en=name), type="date")) for name in ("from_day", "to_day"))
# Drawn by hand: the first interval, the second, and what the one is to the other.
DRAWN = {
    ((1, 2), (3, 4)): "t_before",
    ((3, 4), (1, 2)): "t_after",
    ((1, 2), (2, 3)): "t_meets",
    ((2, 3), (1, 2)): "t_metby",
    ((1, 3), (2, 4)): "t_overlaps",
    ((2, 4), (1, 3)): "t_overlappedby",
    ((1, 2), (1, 3)): "t_starts",
    ((1, 3), (1, 2)): "t_startedby",
    ((2, 3), (1, 3)): "t_finishes",
    ((1, 3), (2, 3)): "t_finishedby",
    ((2, 3), (1, 4)): "t_during",
    ((1, 4), (2, 3)): "t_contains",
    ((1, 2), (1, 2)): "t_equals",
}
ALLEN = sorted(DRAWN.values())
Ends = tuple[int, int]


def day(number: int) -> str:
    return f"2024-01-0{number}"


def holds(name: str, first: Ends, second: Ends) -> bool:
    """Ask it of a feature whose two fields hold the first interval."""
    span = Span(Literal(day(second[0])), Literal(day(second[1])), interval=True)
    columns = {"from_day": [day(first[0])], "to_day": [day(first[1])], "uid": ["u"]}
    return bool(matching(relation(name, Span(FROM, TO, interval=True), span), columns, np.array([None]))[0])


def test_exactly_one_of_the_thirteen_relations_holds_of_any_two_intervals() -> None:
    intervals = [(start, end) for start, end in product(range(1, 6), repeat=2) if start < end]
    for first, second in product(intervals, repeat=2):
        (found,) = [name for name in ALLEN if holds(name, first, second)]
        # Only the order of the ends decides, so every pair is one of the drawn ones.
        order = sorted({*first, *second})
        ranks = tuple(tuple(order.index(end) + 1 for end in ends) for ends in (first, second))
        assert found == DRAWN[ranks], (first, second)  # type: ignore[index]
        apart = found in {"t_before", "t_after"}
        assert (holds("t_disjoint", first, second), holds("t_intersects", first, second)) == (apart, not apart)


def test_every_function_of_the_language_is_known() -> None:
    assert {*ALLEN, "t_disjoint", "t_intersects"} == NAMES


@pytest.mark.parametrize("name", sorted(NAMES))
def test_only_five_relations_take_two_instants(name: str) -> None:
    instant, interval = Span(FROM, FROM, interval=False), Span(FROM, TO, interval=True)
    assert fits(name, interval, interval)
    takes = name in {"t_after", "t_before", "t_disjoint", "t_equals", "t_intersects"}
    assert fits(name, instant, instant) == fits(name, interval, instant) == takes
    assert fits(name, instant, interval) == (takes or name == "t_during")


def test_a_field_stands_first_and_days_are_compared_at_once() -> None:
    open_end = Span(Literal(day(1)), TO, interval=True)
    wanted = Span(Literal(day(1)), Literal(day(3)), interval=True)
    found = relation("t_starts", open_end, wanted)
    assert found == And((Not(IsNull(Column(UID))), Compare("<", TO, Literal(day(3)))))
    assert relation("t_before", wanted, Span(FROM, FROM, interval=False)) == Compare(">", FROM, Literal(day(3)))


def test_a_missing_end_is_neither_true_nor_false() -> None:
    asked: Expression = relation("t_meets", Span(FROM, TO, interval=True), Span(FROM, FROM, interval=False))
    columns = {"from_day": [day(1)], "to_day": [None], "uid": ["u"]}
    for condition in (asked, Not(asked)):
        assert not matching(condition, columns, np.array([None]))[0]


def test_constants_speak_of_what_no_feature_lacks() -> None:
    assert columns_of(constant(holds=True)) == {"uid"}
    for value in (True, False):
        assert matching(constant(holds=value), {"uid": ["u"]}, np.array([None]))[0] == value
