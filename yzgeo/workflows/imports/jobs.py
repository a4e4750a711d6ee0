"""Imports on disk: one folder each in the workspace, so that a restart or another process finds them as they are.

Whoever works on an import holds a lock on its folder. The lock goes with the process, however it ends: an import that
says it is being worked on while nobody holds the lock was left behind and is taken up again.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import re
import secrets
import shutil
import time
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any, BinaryIO, Literal

from yzgeo.errors import ImportBusyError, NotFoundError, StorageError, UploadRefusedError

FOLDER = "imports"
State = Literal["reading", "judging", "needs_confirmation", "ready", "refused", "storing", "stored", "undone", "failed"]
WORKING = frozenset[State]({"reading", "judging", "storing"})
CHANGEABLE = frozenset[State]({"needs_confirmation", "ready", "refused", "failed"})
MOST_FILES = 64
MOST_NAME = 120
_ID = re.compile(r"\d{8}-\d{6}-[0-9a-f]{8}")
_STATE_FILE = "import.json"
_BLOCK = 1024 * 1024
_PATIENCE_S = 5.0
_FORBIDDEN = re.compile(r'[\x00-\x1f\x7f<>:"/\\|?*\u202a-\u202e\u2066-\u2069]')


@dataclass(frozen=True)
class Job:
    """
    One import, from the upload to its end.

    ``choices`` is what people decided, ``report`` the latest judgement, ``seen`` its fingerprint; ``problem`` is a
    refusal's code and facts. ``attempts`` counts how often work on it was begun and not finished.
    """

    id: str
    state: State
    mode: str
    actor: str
    created_at: str
    updated_at: str
    layer: str | None = None
    layer_guessed: bool = False
    layer_candidates: Sequence[Mapping[str, Any]] = ()
    files: Sequence[Mapping[str, Any]] = ()
    choices: Mapping[str, Any] = field(default_factory=dict)
    sheets: Sequence[Mapping[str, Any]] = ()
    questions: Sequence[str] = ()
    progress: Mapping[str, Any] = field(default_factory=dict)
    report: Mapping[str, Any] | None = None
    seen: str | None = None
    batch: str | None = None
    problem: Mapping[str, Any] | None = None
    confirmed_by: str | None = None
    attempts: int = 0

    @property
    def working(self) -> bool:
        """Whether something is being done about it."""
        return self.state in WORKING

    def having(self, **changes: Any) -> Job:
        """
        Make the same job with changes.

        Parameters
        ----------
        **changes
            Fields by name.

        Returns
        -------
        Job
            A new one, changed just now.
        """
        return replace(self, **{"updated_at": _now(), **changes})


class JobFolder:
    """The imports of one workspace.

    Parameters
    ----------
    workspace
        Folder of the workspace.
    """

    def __init__(self, workspace: Path) -> None:
        self.root = workspace / FOLDER

    def path(self, job_id: str) -> Path:
        """
        Tell the folder of an import.

        Parameters
        ----------
        job_id
            Its id.

        Returns
        -------
        Path
            A folder that may not be there.

        Raises
        ------
        NotFoundError
            If that is no id: it would lead out of the folder.
        """
        if not _ID.fullmatch(job_id):
            raise NotFoundError(what=job_id)
        return self.root / job_id

    def create(self, uploads: Sequence[tuple[str, BinaryIO]], *, actor: str, most_bytes: int, **fields: Any) -> Job:
        """
        Keep what was uploaded, whole or not at all.

        Parameters
        ----------
        uploads
            Names as the client told them, and contents.
        actor
            Who uploads.
        most_bytes
            How much all files together may be.
        **fields
            Further fields of the job.

        Returns
        -------
        Job
            In state ``reading``.

        Raises
        ------
        UploadRefusedError
            If there are no files, too many, two of one name, or they are too large.
        StorageError
            If the disk refuses.
        """
        if not uploads:
            raise UploadRefusedError(reason_zh="没有文件", reason_en="there is no file")
        if len(uploads) > MOST_FILES:
            raise UploadRefusedError(
                reason_zh=f"一次最多 {MOST_FILES} 个文件，可打成 zip", reason_en=f"at most {MOST_FILES} files; zip them"
            )
        names = [clean_name(name) for name, _ in uploads]
        if len({name.casefold() for name in names}) < len(names):
            raise UploadRefusedError(reason_zh="有两个同名的文件", reason_en="two files have the same name")
        now = datetime.now(UTC)
        job_id = f"{now:%Y%m%d-%H%M%S}-{secrets.token_hex(4)}"
        unfinished = self.root / f".{job_id}.part"
        try:
            (unfinished / "files").mkdir(parents=True)
            files = []
            for name, (_, content) in zip(names, uploads, strict=True):
                size, sha256 = _keep(content, unfinished / "files" / name, most_bytes)
                most_bytes -= size
                files.append({"name": name, "bytes": size, "sha256": sha256})
            stamp = now.isoformat(timespec="milliseconds")
            job = Job(job_id, "reading", actor=actor, created_at=stamp, updated_at=stamp, files=files, **fields)
            _write_json(unfinished / _STATE_FILE, asdict(job))
            unfinished.rename(self.root / job_id)
        except OSError as error:
            raise StorageError(path=str(self.root), reason=error.strerror or str(error)) from error
        finally:
            shutil.rmtree(unfinished, ignore_errors=True)
        return job

    def read(self, job_id: str) -> Job:
        """
        Read an import as it is now.

        Parameters
        ----------
        job_id
            Its id.

        Returns
        -------
        Job
            The import.

        Raises
        ------
        NotFoundError
            If there is none.
        """
        try:
            content = json.loads((self.path(job_id) / _STATE_FILE).read_text(encoding="utf-8"))
        except (FileNotFoundError, NotADirectoryError):
            raise NotFoundError(what=job_id) from None
        except OSError as error:
            raise StorageError(path=job_id, reason=error.strerror or str(error)) from error
        return Job(**content)

    def write(self, job: Job) -> Job:
        """
        Write an import in one piece; the lock must be held.

        Parameters
        ----------
        job
            The import.

        Returns
        -------
        Job
            The same.

        Raises
        ------
        StorageError
            If the disk refuses.
        """
        self.write_json(job.id, _STATE_FILE, asdict(job))
        return job

    def write_json(self, job_id: str, name: str, content: Any) -> None:
        """
        Write one of an import's files in one piece.

        Parameters
        ----------
        job_id
            The import.
        name
            Name of the file.
        content
            JSON.
        """
        try:
            _write_json(self.path(job_id) / name, content)
        except OSError as error:
            raise StorageError(path=job_id, reason=error.strerror or str(error)) from error

    def ids(self) -> list[str]:
        """
        List the imports.

        Returns
        -------
        list of str
            Ids, newest first.
        """
        if not self.root.is_dir():
            return []
        return sorted((one.name for one in self.root.iterdir() if _ID.fullmatch(one.name)), reverse=True)

    def remove(self, job_id: str) -> None:
        """
        Forget an import; the lock must be held.

        Parameters
        ----------
        job_id
            The import.
        """
        path = self.path(job_id)
        grave = path.with_name(f".{job_id}.gone")
        with suppress(OSError):
            path.rename(grave)
        shutil.rmtree(grave, ignore_errors=True)

    def try_lock(self, job_id: str) -> int | None:
        """
        Take the lock of an import.

        Parameters
        ----------
        job_id
            The import.

        Returns
        -------
        int or None
            A descriptor that holds the lock until every copy of it is closed; None if somebody else has it.
        """
        path = self.path(job_id)
        if not path.is_dir():
            raise NotFoundError(what=job_id)
        handle = os.open(path / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(handle)
            return None
        return handle

    @contextmanager
    def locked(self, job_id: str) -> Iterator[int]:
        """
        Hold the lock of an import.

        Parameters
        ----------
        job_id
            The import.

        Yields
        ------
        int
            The descriptor, which may be handed to the process that goes on with the work.

        Raises
        ------
        ImportBusyError
            If somebody is working on it.
        """
        handle = self.try_lock(job_id)
        ends = time.monotonic() + _PATIENCE_S
        while handle is None:
            # Who has just finished, or is merely looking, lets go in a moment.
            if self.read(job_id).working or time.monotonic() > ends:
                raise ImportBusyError(id=job_id)
            time.sleep(0.01)
            handle = self.try_lock(job_id)
        try:
            yield handle
        finally:
            os.close(handle)

    @contextmanager
    def turn(self) -> Iterator[None]:
        """
        Wait until no other import of the workspace is being worked on: each may need much memory.

        Yields
        ------
        None
            While it is ours.
        """
        handle = os.open(self.root / ".turn", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)


def clean_name(name: str) -> str:
    """
    Take the last part of a client's file name, without anything that could lead elsewhere or deceive.

    Parameters
    ----------
    name
        As the client told it.

    Returns
    -------
    str
        A plain name of at most `MOST_NAME` characters, with its ending.

    Raises
    ------
    UploadRefusedError
        If nothing is left of it.
    """
    text = unicodedata.normalize("NFC", name)
    last = PureWindowsPath(PurePosixPath(text).name).name
    plain = _FORBIDDEN.sub("_", last).strip(" .")
    if not plain or plain.strip("_") == "":
        raise UploadRefusedError(reason_zh="文件没有名称", reason_en="a file has no name")
    stem, suffix = PurePosixPath(plain).stem, PurePosixPath(plain).suffix[:16]
    while len((stem + suffix).encode()) > MOST_NAME:
        stem = stem[:-1]
    return stem + suffix


def _keep(content: BinaryIO, path: Path, most_bytes: int) -> tuple[int, str]:
    total, size = hashlib.sha256(), 0
    with path.open("xb") as out:
        while block := content.read(_BLOCK):
            size += len(block)
            if size > most_bytes:
                raise UploadRefusedError(reason_zh="文件太大", reason_en="the files are too large")
            total.update(block)
            out.write(block)
        out.flush()
        os.fsync(out.fileno())
    return size, total.hexdigest()


def _write_json(path: Path, content: Any) -> None:
    unfinished = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        with unfinished.open("x", encoding="utf-8") as out:
            json.dump(content, out, ensure_ascii=False, default=str)
            out.flush()
            os.fsync(out.fileno())
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
