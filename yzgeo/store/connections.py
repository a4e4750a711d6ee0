"""Connections to the database: one writer, a pool of readers, and every driver error as a refusal of ours."""

from __future__ import annotations

import sqlite3
from collections import deque
from collections.abc import Callable, Hashable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import Any, TypeVar, cast

from yzgeo.errors import StorageBusyError, StorageError, WorkspaceBrokenError, YzgeoError

from . import blobs, filtering, guard
from .dialect import FILE

Answer = TypeVar("Answer")

_BUSY = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}
_BROKEN = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
_REFUSED = {
    sqlite3.SQLITE_READONLY: "只读 (read-only)",
    sqlite3.SQLITE_FULL: "磁盘已满 (disk full)",
    sqlite3.SQLITE_CANTOPEN: "无法打开 (cannot be opened)",
    sqlite3.SQLITE_PERM: "没有权限 (no permission)",
    sqlite3.SQLITE_AUTH: "没有权限 (no permission)",
    sqlite3.SQLITE_IOERR: "读写错误 (input/output error)",
}
_WRITER_CACHE_KIB = 131_072
# One turn for all files of the process. Whoever has waited this long goes without: the other's statement may be slow.
_turn = Lock()
_PATIENCE_S = 0.05


class FileConnection(sqlite3.Connection):
    """A connection that knows what database it leads to, and remembers the columns of its tables."""

    dialect = FILE

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._schema = -1
        self._columns: dict[str, list[str]] = {}

    def columns(self, table: str) -> list[str]:
        """
        List the columns of a table, asking again once anyone has changed any table.

        Parameters
        ----------
        table
            Its name.

        Returns
        -------
        list of str
            In the order of the table.
        """
        version = self.execute("PRAGMA schema_version").fetchone()[0]
        if version != self._schema:
            self._schema, self._columns = version, {}
        if table not in self._columns:
            self._columns[table] = FILE.columns(self, table)
        return self._columns[table]

    def fetch(self, statement: str, bound: Sequence[Any] = (), /) -> list[Any]:
        """
        Run one statement and give all its rows.

        The driver lets go of the interpreter at every row. Threads that fetch at the same time hand it to and fro,
        which takes longer than the rows; one after the other they are done sooner.

        Parameters
        ----------
        statement
            With ``?`` or ``?1`` for values.
        bound
            The values.

        Returns
        -------
        list of tuple
            The rows.
        """
        own = _turn.acquire(timeout=_PATIENCE_S)
        try:
            return self.execute(statement, bound).fetchall()
        finally:
            if own:
                _turn.release()

    @contextmanager
    def steady(self) -> Iterator[None]:
        """
        Let several questions see one state of the file.

        Yields
        ------
        None
            Inside a transaction that only reads.
        """
        self.execute("BEGIN")
        try:
            yield
        finally:
            if self.in_transaction:
                self.execute("ROLLBACK")


class Reader:
    """A read-only connection that remembers answers until anyone, in any process, commits."""

    def __init__(self, connection: FileConnection) -> None:
        self.connection = connection
        self._version = -1
        self._answers: dict[Hashable, object] = {}

    def remember(self, key: Hashable, compute: Callable[[FileConnection], Answer]) -> Answer:
        """
        Give a stored answer if the database has not changed since, compute it otherwise.

        Parameters
        ----------
        key
            What is asked.
        compute
            How to find out, given the connection.

        Returns
        -------
        object
            The answer.
        """
        version = self.connection.execute("PRAGMA data_version").fetchone()[0]
        if version != self._version:
            self._answers.clear()
            self._version = version
        if key not in self._answers:
            self._answers[key] = compute(self.connection)
        return cast("Answer", self._answers[key])


class Connections:
    """All connections of one open database."""

    def __init__(self, path: Path, *, busy_timeout_s: float) -> None:
        self.path = path
        self.dialect = FILE
        self._busy_timeout_s = busy_timeout_s
        self._writing = Lock()
        self._writer: FileConnection | None = None
        self._idle: deque[Reader] = deque()
        self._closed = False
        self._identity = guard.enter(path)

    @contextmanager
    def read(self) -> Iterator[Reader]:
        """
        Lend a reader to the calling thread.

        Yields
        ------
        Reader
            Given back to the pool afterwards.
        """
        with translated(self.path):
            try:
                reader = self._idle.pop()
            except IndexError:
                reader = Reader(self._connect(read_only=True))
            try:
                yield reader
            finally:
                if self._closed:
                    reader.connection.close()
                else:
                    self._idle.append(reader)

    @contextmanager
    def write(self, layer: str | None = None) -> Iterator[FileConnection]:  # noqa: ARG002 - a file has one writer
        """
        Open the one write transaction: all of it is stored, or nothing.

        Parameters
        ----------
        layer
            The only layer that will be written, if it is only one: a file doesn't care.

        Yields
        ------
        FileConnection
            The writer, inside ``BEGIN IMMEDIATE``.

        Raises
        ------
        StorageBusyError
            If another thread or another program keeps writing for too long.
        """
        if not self._writing.acquire(timeout=self._busy_timeout_s):
            raise StorageBusyError
        try:
            with translated(self.path):
                if self._writer is None:
                    self._writer = self._connect(read_only=False)
                self._writer.execute("BEGIN IMMEDIATE")
                try:
                    yield self._writer
                    self._writer.execute("COMMIT")
                finally:
                    if self._writer.in_transaction:
                        self._writer.execute("ROLLBACK")
        finally:
            self._writing.release()

    def use_log(self) -> None:
        """Switch to the write-ahead log, which lets everyone read while one writes; a restored copy needs it."""
        with self._writing, translated(self.path):
            connection = self._connect(read_only=False)
            try:
                connection.execute("PRAGMA journal_mode = WAL")
            finally:
                connection.close()

    def copy_into(self, target: Path) -> None:
        """
        Write a consistent copy; others go on reading and writing.

        Parameters
        ----------
        target
            File to be made.
        """
        with translated(target):
            # A connection of its own: query_only forbids readers even this, and the writer may be busy.
            connection = self._connect(read_only=False)
            try:
                connection.execute("VACUUM INTO ?", (str(target),))
            finally:
                connection.close()

    def close(self) -> None:
        """Close every connection; a second call does nothing."""
        if self._closed:
            return
        self._closed = True
        while self._idle:
            self._idle.pop().connection.close()
        with self._writing:
            if self._writer is not None:
                self._writer.close()
                self._writer = None
        guard.leave(self._identity)

    def _connect(self, *, read_only: bool) -> FileConnection:
        if self._closed:
            raise StorageError(path=str(self.path), reason="已关闭 (closed)")
        # A reader needs the shared-memory file of the log, so it opens read-write and is held back by query_only.
        connection = connect(self.path, mode="rw", busy_timeout_s=self._busy_timeout_s)
        if read_only:
            connection.execute("PRAGMA query_only = ON")
        else:
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute(f"PRAGMA cache_size = -{_WRITER_CACHE_KIB}")
            connection.execute("PRAGMA secure_delete = OFF")
        return connection


def connect(path: Path, *, mode: str, busy_timeout_s: float) -> FileConnection:
    """
    Open one connection.

    Parameters
    ----------
    path
        The database file.
    mode
        ``rw``, or ``rwc`` to create it.
    busy_timeout_s
        How long a statement waits for another writer, in seconds.

    Returns
    -------
    FileConnection
        In autocommit mode, foreign keys on, usable from any thread (one at a time).
    """
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode={mode}",
        uri=True,
        isolation_level=None,
        timeout=busy_timeout_s,
        check_same_thread=False,
        factory=FileConnection,
    )
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA temp_store = MEMORY")
    blobs.register_functions(connection)
    filtering.register_functions(connection)
    return connection


@contextmanager
def translated(path: Path) -> Iterator[None]:
    """
    Turn the driver's errors into refusals.

    Parameters
    ----------
    path
        The database file, for the sentence.

    Yields
    ------
    None

    Raises
    ------
    StorageBusyError, StorageError, WorkspaceBrokenError
        By the primary result code; an error of our own making passes as it is.
    """
    try:
        yield
    except sqlite3.Error as error:
        refusal = _refusal(error, path)
        if refusal is None:
            raise
        raise refusal from error


def _refusal(error: sqlite3.Error, path: Path) -> YzgeoError | None:
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code in _BUSY:
        return StorageBusyError()
    if code in _BROKEN:
        return WorkspaceBrokenError(path=str(path.parent), reason=str(error))
    if code in _REFUSED:
        return StorageError(path=str(path), reason=_REFUSED[code])
    return None
