"""How two moments or intervals stand to each other, as comparisons of their ends.

Source: OGC 21-065r2, Common Query Language (CQL2) 1.0, clause 7.8, which takes the relations from the Time Ontology in
OWL. A field holds an instant; two fields, or a field and a day, may be the ends of an interval.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal as OneOf

from .expressions import UID, And, Column, Compare, Expression, IsNull, Not, Operand, Operator

End = OneOf["start", "end"]
Condition = tuple[End, Operator, End]
"""An end of the first, how it compares, and an end of the second."""

MIRRORED: Mapping[Operator, Operator] = {"=": "=", "<>": "<>", "<": ">", "<=": ">=", ">": "<", ">=": "<="}
"""What a comparison is called when its two sides change places."""

_OF_ANY: Mapping[str, tuple[Condition, ...]] = {
    "t_after": (("start", ">", "end"),),
    "t_before": (("end", "<", "start"),),
    "t_equals": (("start", "=", "start"), ("end", "=", "end")),
    "t_intersects": (("end", ">=", "start"), ("start", "<=", "end")),
    "t_disjoint": (("end", ">=", "start"), ("start", "<=", "end")),
}
_OF_INTERVALS: Mapping[str, tuple[Condition, ...]] = {
    "t_contains": (("start", "<", "start"), ("end", ">", "end")),
    "t_during": (("start", ">", "start"), ("end", "<", "end")),
    "t_finishedby": (("start", "<", "start"), ("end", "=", "end")),
    "t_finishes": (("start", ">", "start"), ("end", "=", "end")),
    "t_meets": (("end", "=", "start"),),
    "t_metby": (("start", "=", "end"),),
    "t_overlappedby": (("start", ">", "start"), ("start", "<", "end"), ("end", ">", "end")),
    "t_overlaps": (("start", "<", "start"), ("end", ">", "start"), ("end", "<", "end")),
    "t_startedby": (("start", "=", "start"), ("end", ">", "end")),
    "t_starts": (("start", "=", "start"), ("end", "<", "end")),
}
NAMES = frozenset({*_OF_ANY, *_OF_INTERVALS})
_COMPARE: Mapping[Operator, Callable[[str, str], bool]] = {
    "=": operator.eq,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


@dataclass(frozen=True, slots=True)
class Span:
    """An instant, whose ends are the same, or an interval; literals are ISO 8601 text of one and the same form."""

    start: Operand
    end: Operand
    interval: bool


def fits(name: str, one: Span, other: Span) -> bool:
    """
    Tell whether a relation may be asked of two spans.

    Parameters
    ----------
    name
        One of `NAMES`.
    one, other
        The first and the second.

    Returns
    -------
    bool
        Whether both are intervals where they have to be; an instant may be during an interval.
    """
    return name in _OF_ANY or (other.interval and (one.interval or name == "t_during"))


def relation(name: str, one: Span, other: Span) -> Expression:
    """
    Write a relation as comparisons.

    Parameters
    ----------
    name
        One of `NAMES`.
    one, other
        The first and the second.

    Returns
    -------
    Expression
        Unknown where an end that decides is missing.
    """
    conditions = _OF_ANY.get(name) or _OF_INTERVALS[name]
    parts = tuple(_compare(getattr(one, own), sign, getattr(other, others)) for own, sign, others in conditions)
    all_of_them = parts[0] if len(parts) == 1 else And(parts)
    return Not(all_of_them) if name == "t_disjoint" else all_of_them


def constant(*, holds: bool) -> Expression:
    """
    Write what is true, or false, of every feature.

    Parameters
    ----------
    holds
        Which of them.

    Returns
    -------
    Expression
        A condition on the identifier, which no feature lacks.
    """
    missing = IsNull(Column(UID))
    return Not(missing) if holds else missing


def _compare(left: Operand, sign: Operator, right: Operand) -> Expression:
    if isinstance(left, Column):
        return Compare(sign, left, right)
    if isinstance(right, Column):
        return Compare(MIRRORED[sign], right, left)
    return constant(holds=_COMPARE[sign](str(left.value), str(right.value)))
