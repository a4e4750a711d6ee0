"""New database files: made under a name nobody looks at, shown only when complete."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from uuid import uuid4

from yzgeo.catalogue import Catalogue
from yzgeo.errors import StorageError, WorkspaceExistsError

from . import migrations, schema, timestamps
from .connections import connect, translated

# File systems that know no hard links say so in one of these ways.
_NO_LINKS = {errno.EPERM, errno.ENOTSUP, errno.ENOSYS, errno.EMLINK, errno.EXDEV, errno.EACCES}


@contextmanager
def new_file(target: Path, *, named: str) -> Iterator[Path]:
    """
    Make a file completely or not at all, and never over another.

    Parameters
    ----------
    target
        File to be made; its folder is made if it is not there.
    named
        How to call it in a refusal.

    Yields
    ------
    Path
        Where to write it; shown as ``target`` at the end.

    Raises
    ------
    WorkspaceExistsError
        If ``target`` is there already.
    StorageError
        If the disk refuses; nothing is left behind.
    """
    unfinished = target.with_name(f".{target.name}.{uuid4().hex}")
    try:
        if target.exists():
            raise WorkspaceExistsError(path=named)
        target.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StorageError(path=str(target), reason=error.strerror or str(error)) from error
    try:
        yield unfinished
        _show(unfinished, target)
    except FileExistsError:
        raise WorkspaceExistsError(path=named) from None
    except OSError as error:
        raise StorageError(path=str(target), reason=error.strerror or str(error)) from error
    finally:
        _discard(unfinished)


def build(path: Path, catalogue: Catalogue, *, now: datetime) -> None:
    """
    Make an empty database with every layer of the catalogue.

    Parameters
    ----------
    path
        File that is not there yet.
    catalogue
        The layers to keep.
    now
        Time to record, with zone.
    """
    with translated(path):
        connection = connect(path, mode="rwc", busy_timeout_s=1.0)
        try:
            connection.execute(f"PRAGMA application_id = {schema.APPLICATION_ID}")
            connection.execute(f"PRAGMA user_version = {schema.USER_VERSION}")
            connection.execute("BEGIN IMMEDIATE")
            migrations.apply(connection, now=now)
            schema.synchronise(connection, catalogue, now=now)
            connection.executemany(
                "INSERT INTO yzgeo_meta (key, value) VALUES (?, ?)",
                [
                    ("catalogue_digest", schema.digest(catalogue)),
                    ("district", catalogue.district.id),
                    ("created_at", timestamps.precise(now)),
                ],
            )
            connection.execute("COMMIT")
            connection.execute("PRAGMA journal_mode = WAL")
        finally:
            connection.close()


def _show(unfinished: Path, target: Path) -> None:
    try:
        # A link, unlike a rename, never replaces a file that someone else made meanwhile.
        target.hardlink_to(unfinished)
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        if target.exists():
            raise FileExistsError from None
        unfinished.rename(target)


def _discard(unfinished: Path) -> None:
    for ending in ("", "-journal", "-wal", "-shm"):
        unfinished.with_name(unfinished.name + ending).unlink(missing_ok=True)
