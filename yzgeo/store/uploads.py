"""Uploads in pieces: what has arrived lies in the workspace, so that it outlives the service and broken lines."""

from __future__ import annotations

import fcntl
import hashlib
import os
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from uuid import uuid4

import orjson

from yzgeo.errors import NotFoundError, StorageError, UploadBusyError

FOLDER = "uploads"


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that is to come: whose, how long and what its sender says of it; ``kept`` names it once it is whole."""

    id: str
    actor: str
    length: int
    metadata: Mapping[str, str]
    begun_at: datetime
    kept: str | None = None


class Writing:
    """An upload that nobody else writes to; what is written is not promised before `sync`."""

    def __init__(self, descriptor: int, path: Path) -> None:
        self._descriptor = descriptor
        self._path = path

    @property
    def offset(self) -> int:
        """How many bytes are there: the file's own length, so that no count can disagree with it."""
        return os.fstat(self._descriptor).st_size

    def append(self, piece: bytes) -> None:
        """
        Add bytes at the end.

        Parameters
        ----------
        piece
            The bytes.

        Raises
        ------
        StorageError
            If the disk refuses.
        """
        with _translated(self._path):
            left = memoryview(piece)
            while left:
                left = left[os.write(self._descriptor, left) :]

    def cut(self, offset: int) -> None:
        """
        Forget what came after a place.

        Parameters
        ----------
        offset
            Bytes to keep.
        """
        with _translated(self._path):
            os.ftruncate(self._descriptor, offset)
            os.fsync(self._descriptor)

    def sync(self) -> None:
        """Wait until the bytes are on the disk."""
        with _translated(self._path):
            os.fsync(self._descriptor)

    def content(self) -> bytes:
        """
        Read everything.

        Returns
        -------
        bytes
            What is there.
        """
        with _translated(self._path):
            return self._path.read_bytes()


class UploadFolder:
    """What one account has begun to send; others cannot even name it."""

    def __init__(self, workspace: Path, actor: str) -> None:
        self._actor = actor
        self._root = workspace / FOLDER / hashlib.sha256(actor.encode()).hexdigest()[:32]

    def begin(self, length: int, metadata: Mapping[str, str], *, now: datetime) -> Upload:
        """
        Make room for a file.

        Parameters
        ----------
        length
            Its bytes.
        metadata
            What the sender says of it.
        now
            The time, with zone.

        Returns
        -------
        Upload
            Under an id that nobody can guess.
        """
        made = Upload(uuid4().hex, self._actor, length, dict(metadata), now)
        with _translated(self._root):
            self._root.mkdir(parents=True, exist_ok=True)
            (self._root / f"{made.id}.part").touch(exist_ok=False)
        self._write(made)
        return made

    def find(self, upload_id: str) -> Upload:
        """
        Look an upload up.

        Parameters
        ----------
        upload_id
            Its id.

        Returns
        -------
        Upload
            What is known of it.

        Raises
        ------
        NotFoundError
            If there is none.
        """
        try:
            told = orjson.loads(self._path(upload_id, "json").read_bytes())
        except (FileNotFoundError, orjson.JSONDecodeError):
            raise NotFoundError(what=upload_id) from None
        return Upload(**{**told, "begun_at": datetime.fromisoformat(told["begun_at"])})

    def offset(self, upload: Upload) -> int:
        """
        Tell how much of an upload has arrived.

        Parameters
        ----------
        upload
            The upload.

        Returns
        -------
        int
            Bytes; all of them once it is kept.
        """
        if upload.kept is not None:
            return upload.length
        try:
            return self._path(upload.id, "part").stat().st_size
        except FileNotFoundError:
            return 0

    @contextmanager
    def writing(self, upload: Upload) -> Iterator[Writing]:
        """
        Open an upload for one writer, in whichever process.

        Parameters
        ----------
        upload
            The upload.

        Yields
        ------
        Writing
            Its end.

        Raises
        ------
        UploadBusyError
            If someone else writes to it.
        NotFoundError
            If it was removed.
        """
        path = self._path(upload.id, "part")
        try:
            descriptor = os.open(path, os.O_RDWR | os.O_APPEND)
        except FileNotFoundError:
            raise NotFoundError(what=upload.id) from None
        try:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                raise UploadBusyError(id=upload.id) from None
            yield Writing(descriptor, path)
        finally:
            os.close(descriptor)

    def keep(self, upload: Upload, name: str) -> Upload:
        """
        Note under which name a whole file was kept, and let its pieces go.

        Parameters
        ----------
        upload
            The upload.
        name
            Hash of what was kept.

        Returns
        -------
        Upload
            With the name.
        """
        kept = replace(upload, kept=name)
        self._write(kept)
        with suppress(OSError):
            self._path(upload.id, "part").unlink(missing_ok=True)
        return kept

    def remove(self, upload: Upload) -> None:
        """
        Forget an upload.

        Parameters
        ----------
        upload
            The upload.
        """
        for ending in ("json", "part"):
            with suppress(OSError):
                self._path(upload.id, ending).unlink(missing_ok=True)

    def unfinished(self) -> int:
        """
        Count what was begun and not finished.

        Returns
        -------
        int
            Number of uploads.
        """
        return sum(1 for _ in self._root.glob("*.part"))

    def _path(self, upload_id: str, ending: str) -> Path:
        if len(upload_id) != 32 or not set(upload_id) <= set("0123456789abcdef"):
            raise NotFoundError(what=upload_id)  # it would lead out of the folder
        return self._root / f"{upload_id}.{ending}"

    def _write(self, upload: Upload) -> None:
        told = {
            "id": upload.id,
            "actor": upload.actor,
            "length": upload.length,
            "metadata": dict(upload.metadata),
            "begun_at": upload.begun_at.isoformat(),
            "kept": upload.kept,
        }
        target = self._path(upload.id, "json")
        unfinished = target.with_suffix(f".{uuid4().hex}.new")
        with _translated(target):
            with unfinished.open("xb") as file:
                file.write(orjson.dumps(told))
                file.flush()
                os.fsync(file.fileno())
            unfinished.replace(target)


def sweep(workspace: Path, before: datetime, *, pause: timedelta = timedelta(0)) -> int:
    """
    Forget what nobody has touched for long, finished or not.

    Parameters
    ----------
    workspace
        Folder of the workspace.
    before
        Only what was touched before this moment, with zone.
    pause
        Not again within this time of the last one, by whichever process.

    Returns
    -------
    int
        How many uploads there were.
    """
    marker = workspace / FOLDER / ".swept"
    if pause and time.time() - _touched(marker) < pause.total_seconds():
        return 0
    found: dict[Path, list[Path]] = defaultdict(list)
    for path in (workspace / FOLDER).glob("*/*"):
        found[path.with_name(path.name.partition(".")[0])].append(path)
    swept = 0
    for paths in found.values():
        if max(map(_touched, paths)) < before.timestamp():
            swept += 1
            for path in paths:
                with suppress(OSError):
                    path.unlink(missing_ok=True)
    with suppress(OSError):  # there is no folder before the first upload
        marker.touch()
    return swept


@contextmanager
def _translated(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StorageError(path=str(path), reason=error.strerror or str(error)) from error


def _touched(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except FileNotFoundError:
        return 0.0
