"""Numbered steps that bring an older database forward. There is no way back: that is what backups are for."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path

from yzgeo.errors import WorkspaceNewerError

from . import timestamps

_FOLDER = Path(__file__).parent / "sql"


@dataclass(frozen=True, slots=True)
class Migration:
    """One step: a file ``sql/NNNN_name.sql``."""

    number: int
    name: str
    statements: tuple[str, ...]


@lru_cache(maxsize=1)
def known() -> tuple[Migration, ...]:
    """
    List the steps this program knows.

    Returns
    -------
    tuple of Migration
        By number, starting at 1 without gaps.
    """
    steps = []
    for path in sorted(_FOLDER.glob("[0-9]*_*.sql")):
        number, _, name = path.stem.partition("_")
        steps.append(Migration(int(number), name, _split(path.read_text(encoding="utf-8"))))
    return tuple(steps)


def version(connection: sqlite3.Connection) -> int:
    """
    Tell how far a database has come.

    Parameters
    ----------
    connection
        Any connection.

    Returns
    -------
    int
        Number of the last step, 0 for a database that is not ours.
    """
    present = connection.execute("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'yzgeo_migration'")
    if present.fetchone() is None:
        return 0
    latest = connection.execute("SELECT coalesce(max(number), 0) FROM yzgeo_migration").fetchone()
    return int(latest[0])


def apply(connection: sqlite3.Connection, *, now: datetime) -> int:
    """
    Take every step that is missing.

    Parameters
    ----------
    connection
        The writer, inside a transaction.
    now
        Time to record, with zone.

    Returns
    -------
    int
        How many steps were taken.

    Raises
    ------
    WorkspaceNewerError
        If the database has taken steps that this program does not know.
    """
    latest = known()[-1].number
    found = version(connection)
    if found > latest:
        raise WorkspaceNewerError(found=found, known=latest)
    connection.execute(
        "CREATE TABLE IF NOT EXISTS yzgeo_migration "
        "(number INTEGER NOT NULL PRIMARY KEY, name TEXT NOT NULL, applied_at TEXT NOT NULL)"
    )
    missing = [step for step in known() if step.number > found]
    for step in missing:
        for statement in step.statements:
            connection.execute(statement)
        connection.execute(
            "INSERT INTO yzgeo_migration (number, name, applied_at) VALUES (?, ?, ?)",
            (step.number, step.name, timestamps.precise(now)),
        )
    return len(missing)


def _split(script: str) -> tuple[str, ...]:
    """Cut a script into statements; ``executescript`` would commit the transaction around it."""
    statements: list[str] = []
    waiting = ""
    for line in script.splitlines(keepends=True):
        waiting += line
        if line.rstrip().endswith(";") and sqlite3.complete_statement(waiting):
            statements.append(waiting.strip())
            waiting = ""
    if waiting.strip():
        statements.append(waiting.strip())
    return tuple(statements)
