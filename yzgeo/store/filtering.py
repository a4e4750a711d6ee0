"""A condition turned into SQL of the file database, with every value bound."""

# ruff: noqa: S608 - names go through identifiers.quote, values are bound

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
from .base import BBox, Value
from .identifiers import quote

_WILD = {"%": "*", "_": "?"}


def compile_where(expression: Expression) -> tuple[str, list[Value | bytes]]:
    """
    Write a condition.

    Parameters
    ----------
    expression
        The condition.

    Returns
    -------
    tuple
        A piece for ``WHERE``, in brackets where it has to be, and the values for its question marks.
    """
    values: list[Value | bytes] = []
    return _piece(expression, values), values


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


def _piece(expression: Expression, values: list[Value | bytes]) -> str:
    if isinstance(expression, And | Or):
        joint = " AND " if isinstance(expression, And) else " OR "
        pieces = [_piece(part, values) for part in expression.parts]
        return f"({joint.join(pieces)})"
    if isinstance(expression, Not):
        return f"(NOT {_piece(expression.part, values)})"
    return _test(expression, values)


def _test(expression: Compare | Like | In | IsNull | Spatial, values: list[Value | bytes]) -> str:
    if isinstance(expression, Compare):
        left, right = _operand(expression.left, values), _operand(expression.right, values)
        return f"({left} {expression.operator} {right})"
    if isinstance(expression, IsNull):
        name = "geom" if expression.column.field.id == GEOMETRY.id else expression.column.field.id
        return f"({quote(name)} IS NULL)"
    if isinstance(expression, Like):
        column = _operand(expression.column, values)
        values.append(_glob(expression.pattern))
        return f"({column} GLOB ?)"
    if isinstance(expression, In):
        column = _operand(expression.column, values)
        values.append(json.dumps(expression.values, ensure_ascii=False))
        return f"({column} IN (SELECT value FROM json_each(?)))"
    values += [TURNED.get(expression.relation, expression.relation), shapely.to_wkb(expression.shape)]
    return "yzgeo_relates(?, geom, ?)"


def _operand(side: Column | Literal, values: list[Value | bytes]) -> str:
    if isinstance(side, Column):
        name = quote(side.field.id)
        return f"yzgeo_fold({name})" if side.fold else name
    values.append(int(side.value) if isinstance(side.value, bool) else side.value)
    return "?"


def _glob(pattern: str) -> str:
    """Write a LIKE pattern for GLOB, which tells upper from lower case as the language asks; LIKE here does not."""
    pieces: list[str] = []
    letters = iter(pattern)
    for letter in letters:
        plain = next(letters, "\\") if letter == "\\" else letter
        if plain is letter and letter in _WILD:
            pieces.append(_WILD[letter])
        else:
            pieces.append(f"[{plain}]" if plain in "*?[" else plain)
    return "".join(pieces)


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


@lru_cache(maxsize=16)
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
