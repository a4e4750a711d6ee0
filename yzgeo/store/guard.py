"""The rule that GDAL never opens a database which this process has open (docs/adr/0002).

GDAL brings its own SQLite. Two SQLites in one process do not know of each other's locks: when one closes the file,
POSIX drops the locks of both, and rows written by other programs vanish without an error.
"""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path
from threading import Lock

from yzgeo.errors import LiveFileError

_open_files: Counter[tuple[int, int]] = Counter()
_lock = Lock()


def refuse_live(path: str | os.PathLike[str]) -> None:
    """
    Refuse a file that is an open store of this process. Call it before GDAL is given any path.

    Parameters
    ----------
    path
        File about to be opened, by any name, also through links.

    Raises
    ------
    LiveFileError
        If it is the live database.
    """
    identity = _identity(path)
    with _lock:
        live = identity is not None and _open_files[identity] > 0
    if live:
        raise LiveFileError(path=str(path))


def enter(path: Path) -> tuple[int, int] | None:
    """
    Note that this process has opened a database.

    Parameters
    ----------
    path
        The database file.

    Returns
    -------
    tuple or None
        What to hand to `leave`.
    """
    identity = _identity(path)
    if identity is not None:
        with _lock:
            _open_files[identity] += 1
    return identity


def leave(identity: tuple[int, int] | None) -> None:
    """
    Note that a database was closed.

    Parameters
    ----------
    identity
        What `enter` gave.
    """
    if identity is not None:
        with _lock:
            _open_files[identity] -= 1
            if _open_files[identity] <= 0:
                del _open_files[identity]


def _identity(path: str | os.PathLike[str]) -> tuple[int, int] | None:
    """Device and inode: the same for every name of a file, and found without opening it."""
    try:
        found = Path(path).stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino
