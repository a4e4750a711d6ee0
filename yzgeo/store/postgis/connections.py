"""Connections to the server: a pool, locks for writers, and every driver error as a refusal of ours."""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

import psycopg
from psycopg import pq
from psycopg.abc import Buffer
from psycopg.adapt import Loader
from psycopg.rows import TupleRow
from psycopg.types import TypeInfo
from psycopg_pool import ConnectionPool, PoolClosed, PoolTimeout

from yzgeo.errors import InputError, StorageBusyError, StorageError, YzgeoError
from yzgeo.store.blobs import wkb_of_ewkb

from .address import Address
from .dialect import ServerDialect, numbered

Answer = TypeVar("Answer")
_BUSY = (
    PoolTimeout,
    psycopg.errors.LockNotAvailable,
    psycopg.errors.DeadlockDetected,
    psycopg.errors.QueryCanceled,
    psycopg.errors.TooManyConnections,
)
# No text here may hold NUL, so nothing stored is equal to one that does; where only a question is asked, a letter that
# nobody writes stands for it.
_NOBODY_WRITES = "\uffff"
_PLAIN_INSERT = re.compile(r"INSERT INTO (\S+)(?: (\([^()]*\)))? VALUES \((?:\?, )*\?\)")


class GeometryLoader(Loader):
    """Gives geometries as WKB, one-part multi geometries as their part."""

    format = pq.Format.BINARY

    def load(self, data: Buffer) -> bytes | None:
        """
        Take the WKB out of what the server sends.

        Parameters
        ----------
        data
            EWKB.

        Returns
        -------
        bytes or None
            None for an empty geometry.
        """
        return wkb_of_ewkb(bytes(data))


class ServerConnection:
    """A connection of the pool that takes the statements both stores share."""

    def __init__(self, raw: psycopg.Connection[TupleRow], dialect: ServerDialect, *, only_asks: bool = False) -> None:
        self.raw = raw
        self.dialect = dialect
        self._only_asks = only_asks

    def columns(self, table: str) -> list[str]:
        """
        List the columns of a table.

        Parameters
        ----------
        table
            Its name.

        Returns
        -------
        list of str
            In the order of the table.
        """
        return self.dialect.columns(self, table)

    def execute(self, statement: str, bound: Sequence[Any] = (), /) -> psycopg.RawCursor[TupleRow]:
        """
        Run one statement.

        Parameters
        ----------
        statement
            With ``?`` or ``?1`` for values.
        bound
            The values.

        Returns
        -------
        psycopg.RawCursor
            All rows are here already.
        """
        cursor = psycopg.RawCursor(self.raw)
        query = numbered(statement).encode()
        try:
            return cursor.execute(query, bound, binary=True)
        except psycopg.DataError as error:
            if not self._only_asks or "NUL" not in str(error):
                raise
        plain = [value.replace("\0", _NOBODY_WRITES) if isinstance(value, str) else value for value in bound]
        return cursor.execute(query, plain, binary=True)

    def fetch(self, statement: str, bound: Sequence[Any] = (), /) -> list[Any]:
        """
        Run one statement and give all its rows.

        Parameters
        ----------
        statement, bound
            As for `execute`.

        Returns
        -------
        list of tuple
            The rows.
        """
        return self.execute(statement, bound).fetchall()

    def executemany(self, statement: str, rows: Iterable[Sequence[Any]], /) -> psycopg.RawCursor[TupleRow]:
        """
        Run one statement for each row; a plain insert becomes one ``COPY``, which is many times quicker.

        Parameters
        ----------
        statement
            With ``?`` for values.
        rows
            Their values.

        Returns
        -------
        psycopg.RawCursor
            What the statement left.
        """
        cursor = psycopg.RawCursor(self.raw)
        plain = _PLAIN_INSERT.fullmatch(statement)
        if plain is None:
            cursor.executemany(numbered(statement).encode(), rows)
            return cursor
        with cursor.copy(f"COPY {plain[1]} {plain[2] or ''} FROM STDIN".encode()) as copy:
            for row in rows:
                copy.write_row([value.hex() if isinstance(value, bytes) else value for value in row])
        return cursor


class ServerReader:
    """A connection lent for reading; any process may write at any time, so nothing is remembered."""

    def __init__(self, connection: ServerConnection) -> None:
        self.connection = connection

    def remember(self, key: Hashable, compute: Callable[[Any], Answer]) -> Answer:  # noqa: ARG002 - see the class
        """
        Give an answer.

        Parameters
        ----------
        key
            What is asked.
        compute
            How to find out, given the connection.

        Returns
        -------
        object
            The answer, found now.
        """
        return compute(self.connection)


class ServerConnections:
    """All connections of one open store."""

    def __init__(self, address: Address, srs_id: int, *, busy_timeout_s: float) -> None:
        self.dialect = ServerDialect(srs_id)
        self._address = address
        self._lock_timeout = f"{int(busy_timeout_s * 1000)}ms"
        self._pool = ConnectionPool(
            address.conninfo,
            kwargs={"autocommit": True},
            min_size=1,
            max_size=16,
            timeout=busy_timeout_s,
            configure=self._configure,
            open=True,
            name=f"yzgeo-{address.schema}",
        )

    @contextmanager
    def read(self) -> Iterator[ServerReader]:
        """
        Lend a reader to the calling thread; each statement sees the latest state.

        Yields
        ------
        ServerReader
            Given back to the pool afterwards.
        """
        with translated(self._address), self._pool.connection() as raw:
            yield ServerReader(ServerConnection(raw, self.dialect, only_asks=True))

    @contextmanager
    def write(self, layer: str | None = None) -> Iterator[ServerConnection]:
        """
        Open a write transaction: all of it is stored, or nothing.

        Writers of one layer wait for each other, writers of different layers don't, and one that names no layer has
        the store for itself. The locks are of the transaction, so a process that dies leaves none.

        Parameters
        ----------
        layer
            The only layer that will be written, if it is only one.

        Yields
        ------
        ServerConnection
            Inside the transaction, holding the locks.
        """
        with translated(self._address), self._pool.connection() as raw:
            # Statements on temporary tables must not be prepared: the tables are made anew with other columns.
            raw.prepare_threshold = None
            try:
                with raw.transaction():
                    connection = ServerConnection(raw, self.dialect)
                    connection.execute("SELECT set_config('lock_timeout', ?, true)", (self._lock_timeout,))
                    store = f"yzgeo:{self._address.schema}"
                    kind = "" if layer is None else "_shared"
                    connection.execute(f"SELECT pg_advisory_xact_lock{kind}(hashtextextended(?, 0))", (store,))
                    if layer is not None:
                        key = f"{store}:{layer}"
                        connection.execute("SELECT pg_advisory_xact_lock(hashtextextended(?, 0))", (key,))
                    yield connection
            finally:
                raw.prepare_threshold = 5

    def close(self) -> None:
        """Close every connection; a second call does nothing."""
        self._pool.close()

    @staticmethod
    def _configure(raw: psycopg.Connection[TupleRow]) -> None:
        # Geometry functions are rated dear, so the server would compile small questions for longer than they take.
        raw.execute("SET jit = off")
        found = TypeInfo.fetch(raw, "geometry")
        if found is not None:
            raw.adapters.register_loader(found.oid, GeometryLoader)


@contextmanager
def translated(address: Address) -> Iterator[None]:
    """
    Turn the driver's errors into refusals.

    Parameters
    ----------
    address
        The database, for the sentence.

    Yields
    ------
    None

    Raises
    ------
    StorageBusyError, StorageError, InputError
        By kind; an error of our own making passes as it is.
    """
    try:
        yield
    except psycopg.Error as error:
        refusal = _refusal(error, address)
        if refusal is None:
            raise
        raise refusal from error


def _refusal(error: psycopg.Error, address: Address) -> YzgeoError | None:
    if isinstance(error, PoolClosed):
        return StorageError(path=address.shown, reason="已关闭 (closed)")
    if isinstance(error, _BUSY):
        return StorageBusyError()
    if isinstance(error, psycopg.errors.UntranslatableCharacter | psycopg.errors.CharacterNotInRepertoire) or (
        isinstance(error, psycopg.DataError) and "NUL" in str(error)
    ):
        return InputError(
            what=address.shown,
            reason_zh="文字含有数据库不能保存的字符（NUL）。",
            reason_en="a text holds a character that the database cannot keep (NUL).",
        )
    if isinstance(error, psycopg.OperationalError):
        return StorageError(path=address.shown, reason=str(error).strip().splitlines()[0] if str(error) else "offline")
    return None
