"""What differs between the databases that hold a district: the statements are written once, the pieces below vary."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, Literal, Protocol, TypeVar

from yzgeo.catalogue import FieldType

from .base import BBox, Value
from .identifiers import quote, rtree_table

Answer = TypeVar("Answer")
GeometryForm = Literal["geopackage", "ewkb"]
Bound = list[Value | bytes]

_GLOB = {"%": "*", "_": "?"}


class Cursor(Protocol):
    """What a statement gives."""

    @property
    def rowcount(self) -> int:
        """How many rows were written."""

    def fetchone(self) -> Any:
        """Give the next row as a tuple, None at the end."""

    def fetchall(self) -> list[Any]:
        """Give all rows as tuples."""

    def __iter__(self) -> Iterator[Any]:
        """Give the rows one after the other."""


class Connection(Protocol):
    """A connection to either database; ``?`` and ``?1`` mark the places of values."""

    @property
    def dialect(self) -> Dialect:
        """How this database spells things."""

    def columns(self, table: str, /) -> list[str]:
        """List the columns of a table in their order."""

    def execute(self, statement: str, bound: Sequence[Any] = ..., /) -> Cursor:
        """Run one statement."""

    def fetch(self, statement: str, bound: Sequence[Any] = ..., /) -> list[Any]:
        """Run one statement and give all its rows: the way to ask where there may be many."""

    def executemany(self, statement: str, rows: Iterable[Sequence[Any]], /) -> Cursor:
        """Run one statement for each row of values."""


class Dialect(Protocol):
    """How one database spells what the standard leaves open."""

    form: GeometryForm
    """How geometries are bound."""
    column_types: Mapping[FieldType, str]
    geometry_type: str
    same: str
    """Operator: equal, or both missing."""
    differs: str
    like: str
    """Operator: LIKE that takes upper and lower case of Latin letters for the same."""
    contents: str
    """Table with the extent of every layer and when it changed last."""
    order_of_entry: str
    """Column of ``yzgeo_session`` that grows with every row."""
    locked: str
    """End of a ``SELECT`` whose row nobody else may change before this transaction ends."""
    indexes_by_hand: bool
    """Whether triggers of ours keep the spatial index, so that big writes do better without them."""

    def among(self, kind: FieldType) -> str:
        """Write a statement that selects the values of one JSON array."""

    def text_at(self, column: str, key: str) -> str:
        """Write what stands in a column of JSON text under a key, as text."""

    def number_at(self, column: str, key: str) -> str:
        """Write what stands in a column of JSON text under a key, as a number."""

    def inside(self, layer: str, bbox: BBox) -> tuple[str, Bound]:
        """Write the condition that a feature's box meets another, for the spatial index."""

    def matches(self, pattern: str) -> tuple[str, Bound]:
        """Write operator and pattern of CQL2's LIKE, which tells upper from lower case."""

    def relates(self, relation: str, wkb: bytes) -> tuple[str, Bound]:
        """Write the condition that a shape has a relation to ``geom``."""

    def columns(self, connection: Connection, table: str) -> list[str]:
        """List the columns of a table in their order."""

    def next_fid(self, connection: Connection, layer: str, size: int) -> int:
        """Take as many fids, one after the other, as were never used; give the first."""

    def settle(self, connection: Connection, tables: Sequence[str]) -> None:
        """Get ready to join tables that were just written in bulk."""

    def last_fid(self, connection: Connection, layer: str) -> int:
        """Tell the highest fid that was ever used, 0 if none was."""

    def use_fids_after(self, connection: Connection, layer: str, last: int) -> None:
        """Let new features have fids above this one."""

    def silence(self, connection: Connection, tables: Sequence[str]) -> list[str]:
        """Switch the triggers of tables off; give the statements that switch them on again."""

    def count_on(self, connection: Connection, tables: Sequence[str]) -> None:
        """Let numbers given by the database go on after those that were put in."""


class Reader(Protocol):
    """A connection lent for reading."""

    @property
    def connection(self) -> Connection:
        """What answers."""

    def remember(self, key: Hashable, compute: Callable[[Any], Answer]) -> Answer:
        """Give an answer that may have been found before, if nothing was written since."""


class Access(Protocol):
    """The way to one database: readers at any time, and writers one after the other."""

    @property
    def dialect(self) -> Dialect:
        """How this database spells things."""

    def read(self) -> AbstractContextManager[Reader]:
        """Lend a reader to the calling thread."""

    def write(self, layer: str | None = None) -> AbstractContextManager[Connection]:
        """Open a write transaction: all of it is stored, or nothing. ``layer`` is the only one it writes, if any."""


class FileDialect:
    """The `Dialect` of SQLite."""

    form: GeometryForm = "geopackage"
    column_types: Mapping[FieldType, str] = {
        "text": "TEXT",
        "integer": "INTEGER",
        "number": "REAL",
        "boolean": "BOOLEAN",
        "date": "DATE",
        "datetime": "DATETIME",
    }
    geometry_type = "BLOB"
    same = "IS"
    differs = "IS NOT"
    like = "LIKE"
    contents = "gpkg_contents"
    order_of_entry = "rowid"
    locked = ""
    indexes_by_hand = True

    def among(self, kind: FieldType) -> str:  # noqa: ARG002 - values of JSON have a type of their own here
        """
        Write a statement that selects the values of one JSON array.

        Parameters
        ----------
        kind
            Type of the values.

        Returns
        -------
        str
            The statement, with one place for the array.
        """
        # json_each has no limit on the number of values, question marks have one.
        return "SELECT value FROM json_each(?)"

    def text_at(self, column: str, key: str) -> str:
        """
        Write what stands in a column of JSON text under a key.

        Parameters
        ----------
        column
            The column.
        key
            The key, a name of ours.

        Returns
        -------
        str
            An expression that gives text or nothing.
        """
        return f"json_extract({column}, '$.{key}')"

    def number_at(self, column: str, key: str) -> str:
        """
        Write what stands in a column of JSON text under a key.

        Parameters
        ----------
        column
            The column.
        key
            The key, a name of ours.

        Returns
        -------
        str
            An expression that gives a number or nothing.
        """
        return self.text_at(column, key)

    def inside(self, layer: str, bbox: BBox) -> tuple[str, Bound]:
        """
        Write the condition that a feature's box meets another.

        Parameters
        ----------
        layer
            Id of the layer.
        bbox
            West, south, east, north.

        Returns
        -------
        tuple
            Piece and values.
        """
        west, south, east, north = bbox
        rtree = quote(rtree_table(layer))
        piece = f"fid IN (SELECT id FROM {rtree} WHERE minx <= ? AND maxx >= ? AND miny <= ? AND maxy >= ?)"  # noqa: S608
        return piece, [east, west, north, south]

    def matches(self, pattern: str) -> tuple[str, Bound]:
        r"""
        Write a LIKE pattern for GLOB, which tells upper from lower case as the language asks; LIKE here does not.

        Parameters
        ----------
        pattern
            The pattern, with ``\`` before what stands for itself.

        Returns
        -------
        tuple
            Operator with a place for the pattern, and the pattern.
        """
        if "\0" in pattern:  # where the engine takes a pattern to end; nothing stored is equal to one that holds it
            return "= ?", [pattern]
        pieces: list[str] = []
        letters = iter(pattern)
        for letter in letters:
            plain = next(letters, "\\") if letter == "\\" else letter
            if plain is letter and letter in _GLOB:
                pieces.append(_GLOB[letter])
            else:
                pieces.append(f"[{plain}]" if plain in "*?[" else plain)
        return "GLOB ?", ["".join(pieces)]

    def relates(self, relation: str, wkb: bytes) -> tuple[str, Bound]:
        """
        Write the condition that a shape has a relation to ``geom``.

        Parameters
        ----------
        relation
            Name of shapely's predicate; the shape comes first.
        wkb
            The shape.

        Returns
        -------
        tuple
            Piece and values.
        """
        return "yzgeo_relates(?, geom, ?)", [relation, wkb]

    def columns(self, connection: Connection, table: str) -> list[str]:
        """
        List the columns of a table.

        Parameters
        ----------
        connection
            Any connection.
        table
            Its name.

        Returns
        -------
        list of str
            In the order of the table.
        """
        return [row[1] for row in connection.execute(f"PRAGMA table_info({quote(table)})")]

    def next_fid(self, connection: Connection, layer: str, size: int) -> int:  # noqa: ARG002 - the insert takes them
        """
        Tell the next fid.

        Parameters
        ----------
        connection
            The writer, inside a transaction.
        layer
            Id of the layer.
        size
            How many are wanted.

        Returns
        -------
        int
            The first of them; fids are never used twice, so a tile cannot show a new feature under the number of a
            deleted one.
        """
        found = connection.execute("SELECT seq FROM sqlite_sequence WHERE name = ?", (layer,)).fetchone()
        return int(found[0]) + 1 if found else 1

    def settle(self, connection: Connection, tables: Sequence[str]) -> None:
        """
        Do nothing: SQLite joins by its indexes.

        Parameters
        ----------
        connection
            The writer, inside a transaction.
        tables
            Their names.
        """

    def last_fid(self, connection: Connection, layer: str) -> int:
        """
        Tell the highest fid that was ever used.

        Parameters
        ----------
        connection
            Any connection.
        layer
            Id of the layer.

        Returns
        -------
        int
            0 if none was.
        """
        return self.next_fid(connection, layer, 1) - 1

    def use_fids_after(self, connection: Connection, layer: str, last: int) -> None:
        """
        Let new features have fids above this one.

        Parameters
        ----------
        connection
            The writer, inside a transaction.
        layer
            Id of the layer.
        last
            The highest fid used.
        """
        connection.execute("DELETE FROM sqlite_sequence WHERE name = ?", (layer,))
        if last:
            connection.execute("INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)", (layer, last))

    def silence(self, connection: Connection, tables: Sequence[str]) -> list[str]:
        """
        Take the triggers of tables away.

        Parameters
        ----------
        connection
            The writer, inside a transaction: nobody else ever sees the tables without them.
        tables
            Their names.

        Returns
        -------
        list of str
            Statements that make them again.
        """
        found = connection.execute("SELECT name, tbl_name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
        chosen = [(name, sql) for name, table, sql in found if table in tables]
        for name, _ in chosen:
            connection.execute(f"DROP TRIGGER {quote(name)}")
        return [sql for _, sql in chosen]

    def count_on(self, connection: Connection, tables: Sequence[str]) -> None:
        """
        Do nothing: SQLite looks at the numbers that are there.

        Parameters
        ----------
        connection
            The writer, inside a transaction.
        tables
            Their names.
        """


FILE = FileDialect()
