"""A condition turned into SQL, with every value bound."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from functools import lru_cache
from threading import get_ident

import shapely
from shapely.geometry.base import BaseGeometry

from yzgeo.filters import (
    GEOMETRY,
    TURNED,
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
    relates_of,
)

from . import blobs
from .base import BBox
from .dialect import FILE, Bound, Dialect
from .identifiers import quote


def compile_where(expression: Expression, dialect: Dialect = FILE) -> tuple[str, Bound]:
    """
    Write a condition.

    Parameters
    ----------
    expression
        The condition.
    dialect
        How the database spells it.

    Returns
    -------
    tuple
        A piece for ``WHERE``, in brackets where it has to be, and the values for its question marks.
    """
    values: Bound = []
    return _piece(expression, values, dialect), values


def box_of(expression: Expression) -> BBox | None:
    """
    Find a box that every match must meet, for the spatial index.

    Parameters
    ----------
    expression
        The condition.

    Returns
    -------
    tuple of float or None
        West, south, east, north; None if any place is possible. It is turned inside out if none is.
    """
    boxes = [part.shape.bounds for part in relates_of(expression)]
    if not boxes:
        return None
    west, south, east, north = zip(*boxes, strict=True)
    return max(west), max(south), min(east), min(north)


def register_functions(connection: sqlite3.Connection) -> None:
    """
    Teach a connection the functions that conditions call.

    Parameters
    ----------
    connection
        Any connection to the database.
    """
    connection.create_function("yzgeo_fold", 1, _fold, deterministic=True)
    connection.create_function("yzgeo_relates", 3, _relates, deterministic=True)


def _piece(expression: Expression, values: Bound, dialect: Dialect) -> str:
    if isinstance(expression, And | Or):
        joint = " AND " if isinstance(expression, And) else " OR "
        pieces = [_piece(part, values, dialect) for part in expression.parts]
        return f"({joint.join(pieces)})"
    if isinstance(expression, Not):
        return f"(NOT {_piece(expression.part, values, dialect)})"
    return _test(expression, values, dialect)


def _test(expression: Compare | Like | In | IsNull | Spatial, values: Bound, dialect: Dialect) -> str:
    if isinstance(expression, Compare):
        left, right = _operand(expression.left, values), _operand(expression.right, values)
        return f"({left} {expression.operator} {right})"
    if isinstance(expression, IsNull):
        name = "geom" if expression.column.field.id == GEOMETRY.id else expression.column.field.id
        return f"({quote(name)} IS NULL)"
    if isinstance(expression, Like):
        column = _operand(expression.column, values)
        test, bound = dialect.matches(expression.pattern)
        values += bound
        return f"({column} {test})"
    if isinstance(expression, In):
        column = _operand(expression.column, values)
        values.append(json.dumps(expression.values, ensure_ascii=False))
        kind = expression.column.field.type
        if kind == "integer" and any(isinstance(value, float) for value in expression.values):
            kind = "number"
        return f"({column} IN ({dialect.among(kind)}))"
    relation = TURNED.get(expression.relation, expression.relation)
    piece, bound = dialect.relates(relation, shapely.to_wkb(expression.shape))
    values += bound
    return piece


def _operand(side: Column | Literal, values: Bound) -> str:
    if isinstance(side, Column):
        name = quote(side.field.id)
        return f"yzgeo_fold({name})" if side.fold else name
    values.append(int(side.value) if isinstance(side.value, bool) else side.value)
    return "?"


def _fold(text: str | None) -> str | None:
    return None if text is None else text.casefold()


def _relates(relation: str, blob: bytes | None, wkb: bytes) -> int | None:
    if blob is None:
        return None
    (own,) = blobs.wkb_of([blob])
    if own is None:
        return None
    # The prepared side comes first, or preparing helps nobody.
    return int(getattr(shapely, relation)(_prepared(wkb, get_ident()), shapely.from_wkb(own)))


@lru_cache(maxsize=128)
def _prepared(wkb: bytes, _thread: int) -> BaseGeometry:
    """Prepare a filter's shape once for all rows; each thread has its own, as preparing goes on while it is asked."""
    shape = shapely.from_wkb(wkb)
    shapely.prepare(shape)
    return shape


def order_by(sort: Sequence[tuple[str, bool]]) -> str:
    """
    Write the order of an answer; the order of entry decides where the rest is equal.

    Parameters
    ----------
    sort
        Pairs of a field's id and whether it is descending; missing values come last.

    Returns
    -------
    str
        A piece that begins with ``ORDER BY``.
    """
    keys = [f"{quote(name)} {'DESC' if down else 'ASC'} NULLS LAST" for name, down in sort]
    return f" ORDER BY {', '.join([*keys, 'fid'])}"
