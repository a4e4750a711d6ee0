"""How PostgreSQL and PostGIS spell what the standard leaves open."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache

from yzgeo.catalogue import FieldType, Layer
from yzgeo.store.base import BBox
from yzgeo.store.dialect import Bound, Connection, GeometryForm
from yzgeo.store.identifiers import quote

_TEXT = 'TEXT COLLATE "C"'
_MARK = re.compile(r"""'(?:[^']|'')*'|"(?:[^"]|"")*"|\?(\d*)""")


class ServerDialect:
    """The `Dialect` of PostGIS, for geometries in one coordinate system."""

    form: GeometryForm = "ewkb"
    # Days and times stay ISO text and truth values 0 and 1, as in the file: one spelling, so that a copy is equal byte
    # by byte and nothing depends on the server's time zone.
    column_types: Mapping[FieldType, str] = {
        "text": _TEXT,
        "integer": "BIGINT",
        "number": "DOUBLE PRECISION",
        "boolean": "SMALLINT",
        "date": _TEXT,
        "datetime": _TEXT,
    }
    geometry_type = "geometry"
    same = "IS NOT DISTINCT FROM"
    differs = "IS DISTINCT FROM"
    like = "ILIKE"
    contents = "yzgeo_contents"
    order_of_entry = "number"
    locked = " FOR UPDATE"
    indexes_by_hand = False

    def __init__(self, srs_id: int) -> None:
        self.srs_id = srs_id

    def among(self, kind: FieldType) -> str:
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
        spelt = "BOOLEAN::INTEGER" if kind == "boolean" else self.column_types[kind].split(" COLLATE")[0]
        return f"SELECT jsonb_array_elements_text(?::jsonb)::{spelt}"

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
        return f"({column}::jsonb ->> '{key}')"

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
        return f"{self.text_at(column, key)}::double precision"

    def inside(self, layer: str, bbox: BBox) -> tuple[str, Bound]:  # noqa: ARG002 - the index belongs to the column
        """
        Write the condition that a feature's box meets another.

        Parameters
        ----------
        layer
            Id of the layer.
        bbox
            West, south, east, north; turned inside out, it meets nothing.

        Returns
        -------
        tuple
            Piece and values.
        """
        west, south, east, north = bbox
        if west > east or south > north:
            return "1 = 0", []
        return f"geom && ST_MakeEnvelope(?, ?, ?, ?, {self.srs_id})", [west, south, east, north]

    def matches(self, pattern: str) -> tuple[str, Bound]:
        r"""
        Write CQL2's LIKE, which is PostgreSQL's but for a ``\`` at the end.

        Parameters
        ----------
        pattern
            The pattern, with ``\`` before what stands for itself.

        Returns
        -------
        tuple
            Operator with a place for the pattern, and the pattern.
        """
        ending = len(pattern) - len(pattern.rstrip("\\"))
        return "LIKE ? ESCAPE '\\'", [pattern + "\\" if ending % 2 else pattern]

    def relates(self, relation: str, wkb: bytes) -> tuple[str, Bound]:
        """
        Write the condition that a shape has a relation to ``geom``.

        Parameters
        ----------
        relation
            Name of shapely's predicate, which GEOS gives both; the shape comes first.
        wkb
            The shape.

        Returns
        -------
        tuple
            Piece and values.
        """
        return f"ST_{relation.capitalize()}(ST_GeomFromWKB(?, {self.srs_id}), geom)", [wkb]

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
        found = connection.execute(
            "SELECT attname::text FROM pg_attribute WHERE attrelid = to_regclass(?) AND attnum > 0 "
            "AND NOT attisdropped ORDER BY attnum",
            (quote(table),),
        )
        return [row[0] for row in found]

    def next_fid(self, connection: Connection, layer: str, size: int) -> int:
        """
        Take as many fids, one after the other, as were never used.

        Parameters
        ----------
        connection
            The writer, inside a transaction.
        layer
            Id of the layer.
        size
            How many, at least one.

        Returns
        -------
        int
            The first of them.
        """
        last = connection.execute(
            "SELECT setval(s, nextval(s) + ?) FROM (SELECT pg_get_serial_sequence(?, 'fid')::regclass AS s) AS found",
            (size - 1, quote(layer)),
        ).fetchone()
        return int(last[0]) - size + 1

    def settle(self, connection: Connection, tables: Sequence[str]) -> None:
        """
        Let the planner see what was just written in bulk, or it joins row by row.

        Parameters
        ----------
        connection
            The writer, inside a transaction.
        tables
            Their names.
        """
        for table in tables:
            connection.execute(f"ANALYZE {quote(table)}")

    def last_fid(self, connection: Connection, layer: str) -> int:
        """
        Tell the highest fid that was ever given out.

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
        found = connection.execute(
            "SELECT coalesce(pg_sequence_last_value(pg_get_serial_sequence(?, 'fid')::regclass), 0)", (quote(layer),)
        ).fetchone()
        return int(found[0])

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
        if last:
            connection.execute("SELECT setval(pg_get_serial_sequence(?, 'fid')::regclass, ?)", (quote(layer), last))

    def silence(self, connection: Connection, tables: Sequence[str]) -> list[str]:
        """
        Switch the triggers of tables off.

        Parameters
        ----------
        connection
            The writer, inside a transaction: nobody else ever sees the tables without them.
        tables
            Their names.

        Returns
        -------
        list of str
            Statements that switch them on again.
        """
        for table in tables:
            connection.execute(f"ALTER TABLE {quote(table)} DISABLE TRIGGER USER")
        return [f"ALTER TABLE {quote(table)} ENABLE TRIGGER USER" for table in tables]

    def count_on(self, connection: Connection, tables: Sequence[str]) -> None:
        """
        Let numbers given by the database go on after those that were put in.

        Parameters
        ----------
        connection
            The writer, inside a transaction.
        tables
            Their names.
        """
        for table in tables:
            found = connection.execute(
                "SELECT attname::text FROM pg_attribute WHERE attrelid = to_regclass(?) AND attidentity != ''",
                (quote(table),),
            ).fetchall()
            for (column,) in found:
                connection.execute(
                    "SELECT setval(pg_get_serial_sequence(?, ?)::regclass, "  # noqa: S608 - names are quoted
                    f"coalesce((SELECT max({quote(column)}) FROM {quote(table)}), 0) + 1, false)",
                    (quote(table), column),
                )


def column(layer: Layer, field: str) -> str:
    """
    Write how a field is read where PostGIS itself writes the answer.

    Parameters
    ----------
    layer
        The layer.
    field
        Id of the field.

    Returns
    -------
    str
        The column under its own name; a yes or no, kept as a number, as what it is.
    """
    name = quote(field)
    return f"({name} <> 0) AS {name}" if layer.field(field).type == "boolean" else name


@lru_cache(maxsize=2_048)
def numbered(statement: str) -> str:
    """
    Write the places of values as PostgreSQL does.

    Parameters
    ----------
    statement
        With ``?``, or ``?1`` where a value stands in several places.

    Returns
    -------
    str
        With ``$1`` and so on; what is quoted stays as it is.
    """
    count = 0

    def place(found: re.Match[str]) -> str:
        nonlocal count
        if not found[0].startswith("?"):
            return found[0]
        count += 1
        return f"${found[1] or count}"

    return _MARK.sub(place, statement)
