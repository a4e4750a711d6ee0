"""A query turned into SQL with bound parameters, over the present or over an earlier state."""

# ruff: noqa: S608 - names go through identifiers.quote, values are bound

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field

from yzgeo.catalogue import FieldSpec, Label, Layer

from .base import BBox, Query, Value
from .identifiers import history_table, quote, rtree_table
from .values import encode_one

_UID = FieldSpec(id="uid", title=Label(zh="标识", en="Identifier"), type="text")


@dataclass(slots=True)
class _Conditions:
    """Pieces joined with *and*, and the values for their question marks."""

    pieces: list[str] = field(default_factory=list)
    values: list[Value] = field(default_factory=list)

    def add(self, piece: str, *values: Value) -> None:
        self.pieces.append(piece)
        self.values.extend(values)

    def where(self) -> str:
        return f" WHERE {' AND '.join(self.pieces)}" if self.pieces else ""


def select(layer: Layer, columns: Sequence[str], query: Query, *, revision: int | None) -> tuple[str, list[Value]]:
    """
    Write the statement for a query, ordered by fid, with its limit and offset.

    Parameters
    ----------
    layer
        The layer asked.
    columns
        Columns wanted, by name.
    query
        Which features; its ``revision`` and ``on`` are ignored here.
    revision
        State wanted, None for the present.

    Returns
    -------
    tuple
        Statement and values.
    """
    statement, values = _states(layer, ", ".join(quote(name) for name in columns), query, revision=revision)
    statement += " ORDER BY fid"
    if query.limit is not None or query.offset:
        statement += " LIMIT ? OFFSET ?"
        values += [-1 if query.limit is None else query.limit, query.offset]
    return statement, values


def count(layer: Layer, query: Query, *, revision: int | None) -> tuple[str, list[Value]]:
    """
    Write the statement that counts a query's features, without limit and offset.

    Parameters
    ----------
    layer, query, revision
        As for `select`.

    Returns
    -------
    tuple
        Statement and values.
    """
    if revision is None:
        statement, values = _states(layer, "count(*)", query, revision=None)
        return statement, values
    statement, values = _states(layer, "fid", query, revision=revision)
    return f"SELECT count(*) FROM ({statement})", values


def _states(layer: Layer, columns: str, query: Query, *, revision: int | None) -> tuple[str, list[Value]]:
    present = _attributes(layer, query)
    if query.bbox is not None:
        _inside_index(layer, query.bbox, present)
    if revision is not None:
        present.add("revision <= ?", revision)
    live = f"SELECT {columns} FROM {quote(layer.id)}{present.where()}"
    if revision is None:
        return live, present.values
    past = _attributes(layer, query)
    if query.bbox is not None:
        west, south, east, north = query.bbox
        past.add("min_x <= ? AND max_x >= ? AND min_y <= ? AND max_y >= ?", east, west, north, south)
    past.add("revision <= ? AND until_revision > ?", revision, revision)
    superseded = f"SELECT {columns} FROM {quote(history_table(layer.id))}{past.where()}"
    return f"{live} UNION ALL {superseded}", present.values + past.values


def _inside_index(layer: Layer, bbox: BBox, conditions: _Conditions) -> None:
    west, south, east, north = bbox
    conditions.add(
        f"fid IN (SELECT id FROM {quote(rtree_table(layer.id))} "
        "WHERE minx <= ? AND maxx >= ? AND miny <= ? AND maxy >= ?)",
        east,
        west,
        north,
        south,
    )


def _attributes(layer: Layer, query: Query) -> _Conditions:
    conditions = _Conditions()
    if query.bbox is not None and layer.spec.geometry == "none":
        conditions.add("0")
    for name, wanted in query.equals.items():
        _equal(conditions, _UID if name == "uid" else layer.field(name), wanted)
    if query.search:
        pattern = "%" + query.search.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
        pieces = [f"{quote(name)} LIKE ? ESCAPE '\\'" for name in layer.spec.search_fields]
        conditions.add(f"({' OR '.join(pieces)})", *([pattern] * len(pieces)))
    return conditions


def _equal(conditions: _Conditions, column: FieldSpec, wanted: Value | Sequence[Value]) -> None:
    name = quote(column.id)
    if isinstance(wanted, str) or not isinstance(wanted, Sequence):
        conditions.add(f"{name} IS ?", encode_one(wanted, column))
        return
    values = [encode_one(value, column) for value in wanted]
    # json_each has no limit on the number of values, question marks have one.
    piece = f"{name} IN (SELECT value FROM json_each(?))"
    if None in values:
        piece = f"({piece} OR {name} IS NULL)"
    conditions.add(piece, json.dumps([value for value in values if value is not None], ensure_ascii=False))
