"""Runs on disk: their state in one file each, their tables beside it, and a lock that tells who works on them."""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import orjson
import pandas as pd

from yzgeo.errors import RunUnknownError

from .files import read_json, write_json, write_table

FOLDER = "runs"
GOING = frozenset({"queued", "running"})
_RUN = "run.json"
_WAITS_S = 600.0


class Shelf:
    """
    The runs of one workspace.

    Parameters
    ----------
    folder
        The workspace.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder / FOLDER

    def path(self, run_id: str) -> Path:
        """
        Tell where a run is kept.

        Parameters
        ----------
        run_id
            Its id.

        Returns
        -------
        Path
            Its folder.

        Raises
        ------
        RunUnknownError
            If no run can have that id.
        """
        if not re.fullmatch(r"[0-9a-f]{20}", run_id):
            raise RunUnknownError(run=run_id)
        return self._folder / run_id

    def read(self, run_id: str, *, mine: bool = False) -> dict[str, Any] | None:
        """
        Read a run's state.

        Parameters
        ----------
        run_id
            Its id.
        mine
            This process works on it, or will.

        Returns
        -------
        dict or None
            The state; one that nobody works on any more is told as failed. None where there is no such run.
        """
        path = self.path(run_id)
        found = read_json(path / _RUN)
        if found is None or found["state"] not in GOING or mine or not _left_alone(path):
            return found
        again = read_json(path / _RUN)
        if again is None or again["state"] not in GOING:
            return again
        problem = {
            "code": "run_interrupted",
            "detail": "运行它的程序中断了，请重新运行。",
            "detail_en": "The program that worked on it was interrupted; run it again.",
        }
        return {**again, "state": "failed", "problem": problem}

    def write(self, run: Mapping[str, Any]) -> None:
        """
        Write a run's state.

        Parameters
        ----------
        run
            The state.
        """
        write_json(self.path(str(run["id"])) / _RUN, dict(run))

    def ids(self) -> list[str]:
        """
        List the runs there are.

        Returns
        -------
        list of str
            Their ids, in no order.
        """
        return [path.parent.name for path in self._folder.glob(f"*/{_RUN}") if len(path.parent.name) == 20]

    def keep(self, run_id: str, tables: Mapping[str, pd.DataFrame]) -> None:
        """
        Write a run's tables.

        Parameters
        ----------
        run_id
            Its id.
        tables
            Tables by name.
        """
        for name, table in tables.items():
            write_table(self.path(run_id) / f"{name}.parquet", table)

    def table(self, run_id: str, name: str) -> pd.DataFrame | None:
        """
        Read a table.

        Parameters
        ----------
        run_id
            Id of the run.
        name
            Name of the table.

        Returns
        -------
        pandas.DataFrame or None
            The table; None where the run has none of that name.
        """
        path = self.path(run_id) / f"{name}.parquet"
        return pd.read_parquet(path) if path.is_file() else None

    def flag(self, run_id: str) -> None:
        """
        Ask whoever works on a run to stop.

        Parameters
        ----------
        run_id
            Its id.
        """
        path = self.path(run_id)
        if path.is_dir():
            (path / "dismiss").touch()

    def flagged(self, run_id: str) -> bool:
        """
        Tell whether somebody asked for a run to stop.

        Parameters
        ----------
        run_id
            Its id.

        Returns
        -------
        bool
            True if so.
        """
        return (self.path(run_id) / "dismiss").exists()

    def drop(self, run_id: str) -> None:
        """
        Delete a run.

        Parameters
        ----------
        run_id
            Its id.
        """
        shutil.rmtree(self.path(run_id), ignore_errors=True)

    @contextmanager
    def held(self, run_id: str) -> Iterator[bool]:
        """
        Hold a run while working on it; the system lets go of it when the process ends, however it ends.

        Parameters
        ----------
        run_id
            Its id.

        Yields
        ------
        bool
            False where somebody else holds it.
        """
        path = self.path(run_id)
        path.mkdir(parents=True, exist_ok=True)
        handle = os.open(path / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                yield False
                return
            (path / "dismiss").unlink(missing_ok=True)
            yield True
        finally:
            os.close(handle)


def _left_alone(path: Path) -> bool:
    """Tell whether nobody works on a run."""
    try:
        handle = os.open(path / "lock", os.O_RDWR)
    except OSError:
        # A run of another process may wait its turn there, and has no lock before that.
        try:
            return time.time() - (path / _RUN).stat().st_mtime > _WAITS_S
        except OSError:
            return True
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    finally:
        os.close(handle)
    return True


def result_hash(tables: Mapping[str, pd.DataFrame]) -> str:
    """
    Hash a run's results to the last digit.

    Parameters
    ----------
    tables
        Tables by name.

    Returns
    -------
    str
        SHA-256, hexadecimal.
    """
    digest = sha256()
    for name in sorted(tables):
        digest.update(name.encode())
        for column in sorted(tables[name].columns):
            values = tables[name][column]
            digest.update(column.encode())
            if pd.api.types.is_float_dtype(values.dtype):
                digest.update(values.to_numpy(dtype="<f8").tobytes())
            else:
                plain = values.astype(object).where(values.notna(), None).tolist()
                digest.update(orjson.dumps(plain, default=str, option=orjson.OPT_SERIALIZE_NUMPY))
    return digest.hexdigest()


def largest_difference(one: pd.DataFrame | None, other: pd.DataFrame) -> float | None:
    """
    Compare the distances of two answers.

    Parameters
    ----------
    one, other
        Buildings of both.

    Returns
    -------
    float or None
        Metres; None where the buildings, or who has a way, are not the same.
    """
    if one is None:
        return None
    first, second = one.set_index("uid")["distance_m"], other.set_index("uid")["distance_m"]
    if not first.index.equals(second.index) or not first.isna().equals(second.isna()):
        return None
    apart = (first - second).abs().max()
    return 0.0 if pd.isna(apart) else float(apart)


def now_text() -> str:
    """
    Tell the time.

    Returns
    -------
    str
        UTC, ISO 8601 with milliseconds.
    """
    return datetime.now(UTC).isoformat(timespec="milliseconds")
