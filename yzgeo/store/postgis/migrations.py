"""Numbered steps that bring an older schema forward; a step is a file ``sql/NNNN_name.sql`` of this folder."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache
from pathlib import Path

from yzgeo.errors import WorkspaceNewerError
from yzgeo.store import timestamps

from .connections import ServerConnection

_FOLDER = Path(__file__).parent / "sql"


@lru_cache(maxsize=1)
def known() -> tuple[tuple[int, str, str], ...]:
    """
    List the steps this program knows.

    Returns
    -------
    tuple
        Number, name and script, by number, starting at 1 without gaps.
    """
    steps = []
    for path in sorted(_FOLDER.glob("[0-9]*_*.sql")):
        number, _, name = path.stem.partition("_")
        steps.append((int(number), name, path.read_text(encoding="utf-8")))
    return tuple(steps)


def version(connection: ServerConnection) -> int:
    """
    Tell how far a schema has come.

    Parameters
    ----------
    connection
        Any connection.

    Returns
    -------
    int
        Number of the last step, 0 for a schema that is not ours.
    """
    ours = "SELECT 1 FROM pg_tables WHERE schemaname = current_schema() AND tablename = 'yzgeo_migration'"
    if connection.execute(ours).fetchone() is None:
        return 0
    latest = connection.execute("SELECT coalesce(max(number), 0) FROM yzgeo_migration").fetchone()
    return 0 if latest is None else int(latest[0])


def apply(connection: ServerConnection, *, now: datetime) -> int:
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
        If the schema has taken steps that this program does not know.
    """
    found, latest = version(connection), known()[-1][0]
    if found > latest:
        raise WorkspaceNewerError(found=found, known=latest)
    connection.execute(
        "CREATE TABLE IF NOT EXISTS yzgeo_migration "
        '(number BIGINT NOT NULL PRIMARY KEY, name TEXT COLLATE "C" NOT NULL, applied_at TEXT COLLATE "C" NOT NULL)'
    )
    missing = [step for step in known() if step[0] > found]
    for number, name, script in missing:
        connection.raw.execute(script.encode())
        connection.execute(
            "INSERT INTO yzgeo_migration (number, name, applied_at) VALUES (?, ?, ?)",
            (number, name, timestamps.precise(now)),
        )
    return len(missing)
