"""The conditions themselves: a small tree of the catalogue's fields and of values, never the text of a query."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal as OneOf

from shapely.geometry.base import BaseGeometry

from yzgeo.catalogue import FieldSpec, Label

Operator = OneOf["=", "<>", "<", "<=", ">", ">="]
Relation = OneOf["intersects", "disjoint", "within", "contains", "touches", "crosses", "overlaps", "equals"]

TURNED: dict[Relation, Relation] = {"within": "contains", "contains": "within"}
"""What a relation is called when its two sides change places; the others are the same from both sides."""

UID = FieldSpec(id="uid", title=Label(zh="标识", en="Identifier"), type="text")
"""The feature's own identifier, which every layer has beside its fields."""

GEOMETRY = FieldSpec(id="geometry", title=Label(zh="几何", en="Geometry"), type="text")
"""Stands for the geometry where only its presence matters."""


@dataclass(frozen=True, slots=True)
class Column:
    """A field's value; with ``fold`` upper and lower case are the same."""

    field: FieldSpec
    fold: bool = False


@dataclass(frozen=True, slots=True)
class Literal:
    """A value in the type of the field it is compared with: dates are ISO 8601 text."""

    value: str | int | float | bool


Operand = Column | Literal


@dataclass(frozen=True, slots=True)
class And:
    """All parts hold."""

    parts: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Or:
    """At least one part holds."""

    parts: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """The part does not hold; what is unknown stays unknown."""

    part: Expression


@dataclass(frozen=True, slots=True)
class Compare:
    """Two values in an order; unknown where one is missing."""

    operator: Operator
    left: Operand
    right: Operand


@dataclass(frozen=True, slots=True)
class Like:
    """Text that fits a pattern: ``%`` is any text, ``_`` one character, a backslash takes their meaning away."""

    column: Column
    pattern: str


@dataclass(frozen=True, slots=True)
class In:
    """A value out of a list without gaps."""

    column: Column
    values: tuple[str | int | float | bool, ...]


@dataclass(frozen=True, slots=True)
class IsNull:
    """The value is missing."""

    column: Column


@dataclass(frozen=True, slots=True)
class Spatial:
    """The feature's geometry stands in a relation to a shape in the storage system."""

    relation: Relation
    shape: BaseGeometry


Expression = And | Or | Not | Compare | Like | In | IsNull | Spatial


def walk(expression: Expression) -> Iterator[Expression]:
    """
    Visit every condition of an expression.

    Parameters
    ----------
    expression
        The expression.

    Yields
    ------
    Expression
        It and everything below it.
    """
    waiting: list[Expression] = [expression]
    while waiting:
        one = waiting.pop()
        yield one
        if isinstance(one, And | Or):
            waiting.extend(one.parts)
        elif isinstance(one, Not):
            waiting.append(one.part)


def columns_of(expression: Expression) -> frozenset[str]:
    """
    List the fields an expression speaks of.

    Parameters
    ----------
    expression
        The expression.

    Returns
    -------
    frozenset of str
        Ids of fields, ``uid`` and ``geometry`` among them.
    """
    found: set[str] = set()
    for one in walk(expression):
        if isinstance(one, Compare):
            found |= {side.field.id for side in (one.left, one.right) if isinstance(side, Column)}
        elif isinstance(one, Like | In | IsNull):
            found.add(one.column.field.id)
        elif isinstance(one, Spatial):
            found.add(GEOMETRY.id)
    return frozenset(found)


def relates_of(expression: Expression) -> tuple[Spatial, ...]:
    """
    List the spatial conditions that every match must meet, for an index to narrow the search.

    Parameters
    ----------
    expression
        The expression.

    Returns
    -------
    tuple of Spatial
        Conditions joined by *and* at the top; ``disjoint``, which no index helps, left out.
    """
    parts = expression.parts if isinstance(expression, And) else (expression,)
    return tuple(part for part in parts if isinstance(part, Spatial) and part.relation != "disjoint")
