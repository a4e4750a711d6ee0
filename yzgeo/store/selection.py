"""A query turned into SQL with bound parameters, over the present or over an earlier state."""

# ruff: noqa: S608 - names go through identifiers.quote, values are bound

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field

from yzgeo.catalogue import FieldSpec, Layer
from yzgeo.filters import UID

from .base import BBox, Query, Value
from .dialect import Dialect
from .filtering import box_of, compile_where, order_by
from .identifiers import history_table, quote
from .values import encode_one

_ALL = 2**62  # no limit: that many features there are not


@dataclass(slots=True)
class _Conditions:
    """Pieces joined with *and*, and the values for their question marks."""

    pieces: list[str] = field(default_factory=list)
    values: list[Value | bytes] = field(default_factory=list)

    def add(self, piece: str, *values: Value | bytes) -> None:
        self.pieces.append(piece)
        self.values.extend(values)

    def where(self) -> str:
        return f" WHERE {' AND '.join(self.pieces)}" if self.pieces else ""


def select(
    dialect: Dialect, layer: Layer, columns: Sequence[str], query: Query, *, revision: int | None
) -> tuple[str, list[Value | bytes]]:
    """
    Write the statement for a query, in its order, with its limit and offset.

    Parameters
    ----------
    dialect
        How the database spells it.
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
    # The rows of a union can only be ordered by columns it gives.
    given = [*columns, *(name for name, _ in query.sort if name not in columns)] if revision is not None else columns
    statement, values = _states(dialect, layer, ", ".join(quote(name) for name in given), query, revision=revision)
    if given != columns:
        statement = f"SELECT {', '.join(quote(name) for name in columns)} FROM ({statement}) AS found"
    statement += order_by([(layer.field(name).id if name != UID.id else name, down) for name, down in query.sort])
    if query.limit is not None or query.offset:
        statement += " LIMIT ? OFFSET ?"
        values += [_ALL if query.limit is None else query.limit, query.offset]
    return statement, values


def count(dialect: Dialect, layer: Layer, query: Query, *, revision: int | None) -> tuple[str, list[Value | bytes]]:
    """
    Write the statement that counts a query's features, without limit and offset.

    Parameters
    ----------
    dialect, layer, query, revision
        As for `select`.

    Returns
    -------
    tuple
        Statement and values.
    """
    if revision is None:
        statement, values = _states(dialect, layer, "count(*)", query, revision=None)
        return statement, values
    statement, values = _states(dialect, layer, "fid", query, revision=revision)
    return f"SELECT count(*) FROM ({statement}) AS found", values


def still_own(dialect: Dialect, layer: Layer, own: Sequence[str]) -> tuple[str, str, str]:
    """
    Leave out what has moved to others since: whoever may not see a feature now may not see what it was.

    Parameters
    ----------
    dialect
        How the database spells it.
    layer
        The layer, of whose history versions are selected.
    own
        Codes of street offices. Of a feature that was deleted, the last one decides.

    Returns
    -------
    tuple
        Condition on rows of the history, and the values for its question marks.
    """
    table, past = quote(layer.id), quote(history_table(layer.id))
    among, there = f"IN ({dialect.among('text')})", f"SELECT 1 FROM {table} AS present WHERE present.uid = {past}.uid"
    last = f"SELECT subdistrict FROM {past} AS ended WHERE ended.uid = {past}.uid ORDER BY until_revision DESC LIMIT 1"
    piece = f"(EXISTS ({there} AND subdistrict {among}) OR (NOT EXISTS ({there}) AND ({last}) {among}))"
    codes = json.dumps(list(own), ensure_ascii=False)
    return piece, codes, codes


def _states(
    dialect: Dialect, layer: Layer, columns: str, query: Query, *, revision: int | None
) -> tuple[str, list[Value | bytes]]:
    boxes = _boxes(layer, query)
    present = _attributes(dialect, layer, query)
    for box in boxes:
        piece, bound = dialect.inside(layer.id, box)
        present.add(piece, *bound)
    if revision is not None:
        present.add("revision <= ?", revision)
    live = f"SELECT {columns} FROM {quote(layer.id)}{present.where()}"
    if revision is None:
        return live, present.values
    past = _attributes(dialect, layer, query)
    for west, south, east, north in boxes:
        past.add("min_x <= ? AND max_x >= ? AND min_y <= ? AND max_y >= ?", east, west, north, south)
    past.add("revision <= ? AND until_revision > ?", revision, revision)
    if query.own is not None:
        past.add(*still_own(dialect, layer, query.own))
    superseded = f"SELECT {columns} FROM {quote(history_table(layer.id))}{past.where()}"
    return f"{live} UNION ALL {superseded}", present.values + past.values


def _boxes(layer: Layer, query: Query) -> list[BBox]:
    if layer.spec.geometry == "none":
        return []  # a box asked for is answered by `_attributes`
    narrowed = None if query.where is None else box_of(query.where)
    return [box for box in (query.bbox, narrowed) if box is not None]


def _attributes(dialect: Dialect, layer: Layer, query: Query) -> _Conditions:
    conditions = _Conditions()
    if query.bbox is not None and layer.spec.geometry == "none":
        conditions.add("1 = 0")
    if query.after is not None:
        conditions.add("fid > ?", query.after)
    for name, wanted in query.equals.items():
        _equal(dialect, conditions, UID if name == "uid" else layer.field(name), wanted)
    if query.where is not None:
        piece, bound = compile_where(query.where, dialect)
        conditions.add(piece, *bound)
    if "\0" in (query.search or ""):
        conditions.add("1 = 0")  # the file's engine takes a pattern to end there; nothing that is stored holds it
    elif query.search:
        pattern = "%" + query.search.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
        pieces = [f"{quote(name)} {dialect.like} ? ESCAPE '\\'" for name in layer.spec.search_fields]
        conditions.add(f"({' OR '.join(pieces)})", *([pattern] * len(pieces)))
    return conditions


def _equal(dialect: Dialect, conditions: _Conditions, column: FieldSpec, wanted: Value | Sequence[Value]) -> None:
    name = quote(column.id)
    if isinstance(wanted, str) or not isinstance(wanted, Sequence):
        conditions.add(f"{name} {dialect.same} ?", encode_one(wanted, column))
        return
    values = [encode_one(value, column) for value in wanted]
    piece = f"{name} IN ({dialect.among(column.type)})"
    if None in values:
        piece = f"({piece} OR {name} IS NULL)"
    conditions.add(piece, json.dumps([value for value in values if value is not None], ensure_ascii=False))
