"""Small files of a workspace that appear whole or not at all."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import orjson
import pandas as pd

from yzgeo.errors import StorageError


def read_json(path: Path) -> dict[str, Any] | None:
    """
    Read a file.

    Parameters
    ----------
    path
        The file.

    Returns
    -------
    dict or None
        Its content; None where there is none or it is broken.
    """
    try:
        content = orjson.loads(path.read_bytes())
    except (OSError, orjson.JSONDecodeError):
        return None
    return content if isinstance(content, dict) else None


def write_json(path: Path, content: dict[str, Any]) -> None:
    """
    Write a file in one step.

    Parameters
    ----------
    path
        The file; its folder is made.
    content
        What to write.

    Raises
    ------
    StorageError
        If the disk refuses.
    """
    with in_one_step(path) as unfinished:
        unfinished.write_bytes(orjson.dumps(content, option=orjson.OPT_SERIALIZE_NUMPY | orjson.OPT_INDENT_2))


def write_table(path: Path, table: pd.DataFrame) -> None:
    """
    Write a table in one step.

    Parameters
    ----------
    path
        The file, Parquet.
    table
        The table, without an index.

    Raises
    ------
    StorageError
        If the disk refuses.
    """
    with in_one_step(path) as unfinished:
        table.to_parquet(unfinished, index=False)


@contextmanager
def in_one_step(path: Path) -> Iterator[Path]:
    """
    Give a name beside a file that takes its place when all went well.

    Parameters
    ----------
    path
        The file; its folder is made.

    Yields
    ------
    Path
        Where to write, with the same ending.

    Raises
    ------
    StorageError
        If the disk refuses.
    """
    unfinished = path.with_name(f".{secrets.token_hex(4)}.part{path.suffix}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield unfinished
        os.replace(unfinished, path)  # noqa: PTH105 - the same, and atomic on every system
    except OSError as error:
        raise StorageError(path=str(path), reason=error.strerror or str(error)) from error
    finally:
        with suppress(OSError):
            unfinished.unlink(missing_ok=True)
