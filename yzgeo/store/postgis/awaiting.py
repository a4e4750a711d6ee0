"""Reading while the event loop goes on: connections that a coroutine waits for, beside those that threads use."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence
from itertools import count
from typing import Any

from psycopg import AsyncConnection
from psycopg.adapt import PyFormat, Transformer
from psycopg.errors import error_from_result
from psycopg.generators import execute
from psycopg.pq import ExecStatus, Format, TransactionStatus
from psycopg.pq.abc import PGresult
from psycopg.rows import TupleRow
from psycopg.types.string import ByteaBinaryLoader

from yzgeo.errors import StorageError

from .address import Address
from .connections import translated
from .dialect import numbered

# More at a time take the processors from each other, and from us: no tile comes sooner, and some come late.
MOST = 5
_NOBODY_WRITES = "\uffff"
_PREPARED_FROM, _MOST_PREPARED, _MOST_COUNTED = 3, 100, 1_000
_Key = tuple[bytes, tuple[int, ...]]
"""A statement and the types of its values."""


class AwaitedConnections:
    """A few connections for questions of a few rows, made when first needed and kept.

    psycopg's own `AsyncConnectionPool` belongs to one event loop, from ``await open()`` to ``await close()``. A store
    is opened and closed outside any loop, and an idle connection belongs to none, so it is simply put aside here.

    Parameters
    ----------
    address
        The database.
    most
        Limit of connections; who comes later waits in line.
    """

    def __init__(self, address: Address, *, most: int = MOST) -> None:
        self._address = address
        self._most = most
        self._made = 0
        self._idle: list[_Line] = []
        self._waiting: deque[asyncio.Future[_Line | None]] = deque()
        self._closed = False

    async def row(self, statement: str, bound: Sequence[Any]) -> TupleRow | None:
        """
        Ask for one row.

        Parameters
        ----------
        statement, bound
            As for `rows`.

        Returns
        -------
        tuple or None
            The first row; None if there is none.
        """
        rows = await self.rows(statement, bound)
        return rows[0] if rows else None

    async def rows(self, statement: str, bound: Sequence[Any]) -> list[TupleRow]:
        """
        Ask for a few rows.

        Parameters
        ----------
        statement
            A ``SELECT`` with ``?`` or ``?1`` for values; it sees one state of the database.
        bound
            The values.

        Returns
        -------
        list of tuple
            The rows, texts as UTF-8.

        Raises
        ------
        YzgeoError
            What the driver says, as of every other question.
        """
        plain = [value.replace("\0", _NOBODY_WRITES) if isinstance(value, str) else value for value in bound]
        with translated(self._address):
            line = await self._take()
            try:
                return await line.rows(numbered(statement).encode(), plain)
            finally:
                self._put_back(line)

    def close(self) -> None:
        """Close what is idle now and what comes back later; a second call does nothing."""
        self._closed = True
        self._let_go(self._idle)
        self._idle = []
        while self._waiting:
            self._pass_on(None)

    async def _take(self) -> _Line:
        while not self._closed:
            if self._idle:
                return self._idle.pop()
            if self._made < self._most:
                return await self._make()
            place: asyncio.Future[_Line | None] = asyncio.get_running_loop().create_future()
            self._waiting.append(place)
            try:
                line = await place
            except asyncio.CancelledError:
                if place.done() and not place.cancelled():
                    self._pass_on(place.result())
                raise
            if line is not None:
                return line
        raise StorageError(path=self._address.shown, reason="已关闭 (closed)")

    async def _make(self) -> _Line:
        self._made += 1
        try:
            connection = await AsyncConnection.connect(self._address.conninfo, autocommit=True)
            # For the reason that `ServerConnections` gives.
            await connection.execute("SET jit = off")
        except BaseException:
            self._made -= 1
            self._pass_on(None)
            raise
        connection.adapters.register_loader("text", ByteaBinaryLoader)
        return _Line(connection)

    def _put_back(self, line: _Line) -> None:
        if line.broken:
            # The server went away, and the lines that are idle went with it.
            self._let_go([line, *self._idle])
            self._idle = []
        elif self._closed or not line.idle:
            self._let_go([line])
        else:
            self._pass_on(line)
            return
        self._pass_on(None)

    def _pass_on(self, line: _Line | None) -> None:
        """Give a line to who waits longest, before anybody who comes now; without one he may make one."""
        while self._waiting:
            place = self._waiting.popleft()
            if not place.done():
                place.set_result(line)
                return
        if line is not None:
            self._idle.append(line)

    def _let_go(self, lines: Sequence[_Line]) -> None:
        for each in lines:
            each.close()
        self._made -= len(lines)


class _Line:
    """One connection, and what the server has prepared on it.

    A cursor of psycopg would do the same, but for one short row it costs as much as all the rest of a request.
    """

    def __init__(self, connection: AsyncConnection[TupleRow]) -> None:
        self._connection = connection
        self._server = connection.pgconn
        self._uses: dict[_Key, int] = {}
        self._names: dict[_Key, bytes] = {}
        self._numbers = count()  # never the same again, should a preparation be given up half-way

    @property
    def broken(self) -> bool:
        return self._connection.closed

    @property
    def idle(self) -> bool:
        return self._server.transaction_status == TransactionStatus.IDLE

    def close(self) -> None:
        self._server.finish()

    async def rows(self, query: bytes, bound: Sequence[Any]) -> list[TupleRow]:
        adapting = Transformer(self._connection)
        values = adapting.dump_sequence(bound, [PyFormat.AUTO] * len(bound))
        types, formats = adapting.types or (), adapting.formats
        name = await self._prepared((query, types))
        if name is None:
            self._server.send_query_params(query, values, types, formats, Format.BINARY)
        else:
            self._server.send_query_prepared(name, values, formats, Format.BINARY)
        result = await self._result()
        if result.status != ExecStatus.TUPLES_OK:
            raise error_from_result(result)
        adapting.set_pgresult(result)
        return adapting.load_rows(0, result.ntuples, tuple)

    async def _prepared(self, key: _Key) -> bytes | None:
        """Give the name of a statement that comes again and again."""
        name = self._names.get(key)
        if name is not None:
            return name
        uses = self._uses[key] = self._uses.get(key, 0) + 1
        if uses < _PREPARED_FROM:
            if len(self._uses) > _MOST_COUNTED:
                self._uses.clear()
            return None
        if len(self._names) >= _MOST_PREPARED:
            # The filters of some days ago must not keep what is asked today from being prepared.
            self._names.clear()
            self._server.send_query_params(b"DEALLOCATE ALL", None)
            await self._done()
        name = b"yzgeo_%d" % next(self._numbers)
        self._server.send_prepare(name, *key)
        await self._done()
        self._names[key] = name
        return name

    async def _done(self) -> None:
        result = await self._result()
        if result.status != ExecStatus.COMMAND_OK:
            raise error_from_result(result)

    async def _result(self) -> PGresult:
        result: PGresult = (await self._connection.wait(execute(self._server)))[-1]
        return result
