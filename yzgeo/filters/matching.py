"""Answer a condition on columns in memory, with the three values of SQL: true, false and unknown."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from .expressions import TURNED, And, Column, Compare, Expression, In, IsNull, Like, Literal, Not, Operand, Or, Spatial

Mask = NDArray[np.bool_]
_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "<>": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def matching(expression: Expression, columns: Mapping[str, Sequence[Any]], geometries: NDArray[np.object_]) -> Mask:
    """
    Tell which rows meet a condition.

    Parameters
    ----------
    expression
        The condition.
    columns
        Values by field id, ``uid`` among them, shape (n,) each; None where there is none.
    geometries
        Shapely geometries in the storage system, shape (n,), None where there is none.

    Returns
    -------
    numpy.ndarray
        Shape (n,), dtype bool: True where the condition holds, False where it does not or is unknown.
    """
    holds, _ = _judge(expression, columns, geometries)
    return holds


def _judge(
    expression: Expression, columns: Mapping[str, Sequence[Any]], geometries: NDArray[np.object_]
) -> tuple[Mask, Mask]:
    """Give where it is true and where it is false; elsewhere it is unknown."""
    if isinstance(expression, Not):
        true, false = _judge(expression.part, columns, geometries)
        return false, true
    if isinstance(expression, And | Or):
        judged = [_judge(part, columns, geometries) for part in expression.parts]
        trues, falses = [one for one, _ in judged], [one for _, one in judged]
        if isinstance(expression, And):
            return _all(trues), _any(falses)
        return _any(trues), _all(falses)
    if isinstance(expression, Spatial):
        present = ~shapely.is_missing(geometries)
        met = np.zeros(len(geometries), dtype=bool)
        shapely.prepare(expression.shape)
        # The prepared side comes first, or preparing helps nobody.
        relate: Callable[..., Mask] = getattr(shapely, TURNED.get(expression.relation, expression.relation))
        met[present] = relate(expression.shape, geometries[present])
        return met, present & ~met
    if isinstance(expression, IsNull):
        if expression.column.field.id == "geometry":
            gone = shapely.is_missing(geometries)
        else:
            gone = np.array([value is None for value in columns[expression.column.field.id]], dtype=bool)
        return gone, ~gone
    return _by_value(expression, columns, len(geometries))


def _all(masks: list[Mask]) -> Mask:
    return np.asarray(np.logical_and.reduce(masks), dtype=bool)


def _any(masks: list[Mask]) -> Mask:
    return np.asarray(np.logical_or.reduce(masks), dtype=bool)


def _by_value(expression: Compare | Like | In, columns: Mapping[str, Sequence[Any]], size: int) -> tuple[Mask, Mask]:
    answers: list[bool | None]
    if isinstance(expression, Compare):
        compare = _COMPARE[expression.operator]
        left, right = (_values(side, columns, size) for side in (expression.left, expression.right))
        answers = [None if a is None or b is None else compare(a, b) for a, b in zip(left, right, strict=True)]
    elif isinstance(expression, In):
        wanted = set(expression.values)
        # Nothing is in an empty list, a missing value neither.
        answers = [None if a is None and wanted else a in wanted for a in _values(expression.column, columns, size)]
    else:
        pattern = re.compile(_regular(expression.pattern), re.DOTALL)
        answers = [
            None if a is None else pattern.fullmatch(a) is not None for a in _values(expression.column, columns, size)
        ]
    return (
        np.array([answer is True for answer in answers], dtype=bool),
        np.array([answer is False for answer in answers], dtype=bool),
    )


def _values(side: Operand, columns: Mapping[str, Sequence[Any]], size: int) -> Sequence[Any]:
    if isinstance(side, Literal):
        return [side.value] * size
    values = columns[side.field.id]
    if isinstance(side, Column) and side.fold:
        return [None if value is None else value.casefold() for value in values]
    return values


def _regular(pattern: str) -> str:
    """
    Write a LIKE pattern as a regular expression that never goes back over what it has found.

    What stands between two percent signs is best found as early as possible, so nothing else has to be tried; without
    saying so (``(?>…)``) a pattern of a few dozen wildcards would be tried for years.
    """
    pieces = [""]
    letters = iter(pattern)
    for letter in letters:
        if letter == "%":
            pieces.append("")
        elif letter == "\\":
            pieces[-1] += re.escape(next(letters, "\\"))
        else:
            pieces[-1] += "." if letter == "_" else re.escape(letter)
    if len(pieces) == 1:
        return pieces[0]
    first, *between, last = pieces
    return first + "".join(f"(?>.*?{piece})" for piece in between if piece) + f".*{last}"
