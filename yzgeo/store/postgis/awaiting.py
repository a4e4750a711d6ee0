"""Reading while the event loop goes on: connections that a coroutine waits for, beside those that threads use."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence
from typing import Any

from psycopg import AsyncConnection, AsyncRawCursor
from psycopg.pq import TransactionStatus
from psycopg.rows import TupleRow
from psycopg.types.string import ByteaBinaryLoader

from yzgeo.errors import StorageError

from .address import Address
from .connections import translated
from .dialect import numbered

MOST = 8
_NOBODY_WRITES = "\uffff"


class AwaitedConnections:
    """A few connections for questions of one row, made when first needed and kept.

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
        self._idle: list[AsyncConnection[TupleRow]] = []
        self._line: deque[asyncio.Future[None]] = deque()
        self._closed = False

    async def row(self, statement: str, bound: Sequence[Any]) -> TupleRow | None:
        """
        Ask for one row.

        Parameters
        ----------
        statement
            A ``SELECT`` of at most one row with ``?`` or ``?1`` for values; it sees one state of the database.
        bound
            The values.

        Returns
        -------
        tuple or None
            The row, texts as UTF-8; None if there is none.

        Raises
        ------
        YzgeoError
            What the driver says, as of every other question.
        """
        plain = [value.replace("\0", _NOBODY_WRITES) if isinstance(value, str) else value for value in bound]
        with translated(self._address):
            connection = await self._take()
            try:
                cursor = AsyncRawCursor(connection)
                await cursor.execute(numbered(statement).encode(), plain, binary=True)
                return await cursor.fetchone()
            finally:
                self._put_back(connection)

    def close(self) -> None:
        """Close what is idle now and what comes back later; a second call does nothing."""
        self._closed = True
        self._let_go(self._idle)
        self._idle = []

    async def _take(self) -> AsyncConnection[TupleRow]:
        while not self._closed:
            if self._idle:
                return self._idle.pop()
            if self._made < self._most:
                return await self._make()
            place = asyncio.get_running_loop().create_future()
            self._line.append(place)
            try:
                await place
            except asyncio.CancelledError:
                if place.done() and not place.cancelled():
                    self._call_next()
                raise
        raise StorageError(path=self._address.shown, reason="已关闭 (closed)")

    async def _make(self) -> AsyncConnection[TupleRow]:
        self._made += 1
        try:
            connection = await AsyncConnection.connect(self._address.conninfo, autocommit=True)
            # For the reason that `ServerConnections` gives.
            await connection.execute("SET jit = off")
        except BaseException:
            self._made -= 1
            self._call_next()
            raise
        connection.adapters.register_loader("text", ByteaBinaryLoader)
        return connection

    def _put_back(self, connection: AsyncConnection[TupleRow]) -> None:
        if connection.closed:
            # The server went away, and the lines that are idle went with it.
            self._let_go([connection, *self._idle])
            self._idle = []
        elif self._closed or connection.pgconn.transaction_status != TransactionStatus.IDLE:
            self._let_go([connection])
        else:
            self._idle.append(connection)
        self._call_next()

    def _let_go(self, connections: Sequence[AsyncConnection[TupleRow]]) -> None:
        for each in connections:
            each.pgconn.finish()
        self._made -= len(connections)

    def _call_next(self) -> None:
        while self._line:
            place = self._line.popleft()
            if not place.done():
                place.set_result(None)
                return
