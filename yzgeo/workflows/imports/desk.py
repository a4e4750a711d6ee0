"""The import desk: files come in, are judged, looked at, confirmed or dropped, and can be taken back.

Every step is on disk before it is answered. The work itself is done by a process of its own, see `worker`.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, BinaryIO, get_args

from yzgeo.catalogue import DataStatus
from yzgeo.errors import (
    ImportStateError,
    ImportStoppedError,
    NotFoundError,
    ParameterError,
    StorageError,
    UploadRefusedError,
)
from yzgeo.ingest import units
from yzgeo.ingest.crs_guess import systems as guessed
from yzgeo.store.base import Store, Undone
from yzgeo.workflows.workspace import Workspace

from .jobs import CHANGEABLE, WORKING, Job, JobFolder
from .reports import Mode
from .worker import PREVIEW, REJECTED, batch_of, problem

MOST_ATTEMPTS = 3
MOST_WORKING = 12
KEPT_DAYS = 30
_LEAST_FREE_BYTES = 64 * 1024**2
_CHOICES = ("crs", "encoding", "sheet", "columns", "units", "datum", "data_status", "keep_valid")
_STATES = {
    "reading": "读取中",
    "judging": "判断中",
    "needs_confirmation": "待确认",
    "ready": "可以导入",
    "refused": "被拒绝",
    "storing": "写入中",
    "stored": "已导入",
    "undone": "已撤销",
    "failed": "失败",
}
_ENDINGS = (".csv", ".xlsx")


@dataclass(frozen=True)
class TakenBack:
    """An import that was undone, and what the undo did."""

    job: Job
    undone: Undone


def submit(
    workspace: Workspace,
    uploads: Sequence[tuple[str, BinaryIO]],
    *,
    actor: str,
    most_bytes: int,
    layer: str | None = None,
    mode: Mode = "upsert",
    **choices: Any,
) -> Job:
    """
    Take files in and begin to judge them.

    Parameters
    ----------
    workspace
        Where to.
    uploads
        Names and contents.
    actor
        Who uploads.
    most_bytes
        How much all files together may be.
    layer
        Id of the layer; found out or asked if not given.
    mode
        ``upsert`` or ``replace``.
    **choices
        ``crs``, ``encoding``, ``sheet``, ``columns``, ``units``, ``datum``, ``data_status``, ``keep_valid``.

    Returns
    -------
    Job
        In state ``reading``.

    Raises
    ------
    UploadRefusedError
        If the files cannot be kept, or too many imports are waiting.
    InputError
        If a choice cannot be used.
    """
    folder = JobFolder(workspace.path)
    decided = _checked(workspace, layer, mode, {"columns": {}, **_given(choices)})
    _sweep(folder)
    if sum(folder.read(one).working for one in folder.ids()[: MOST_WORKING * 4]) >= MOST_WORKING:
        raise UploadRefusedError(
            reason_zh=f"已有 {MOST_WORKING} 个导入在排队，请稍后再来", reason_en="too many imports are waiting"
        )
    _need_space(workspace.path, most_bytes=_LEAST_FREE_BYTES)
    job = folder.create(uploads, actor=actor, most_bytes=most_bytes, layer=layer, mode=mode, choices=decided)
    with folder.locked(job.id) as lock:
        _start(workspace, job.id, lock)
    return job


def look(workspace: Workspace, job_id: str) -> Job:
    """
    Look at an import; work that was left behind is taken up again.

    Parameters
    ----------
    workspace
        The workspace.
    job_id
        The import.

    Returns
    -------
    Job
        As it is now.

    Raises
    ------
    NotFoundError
        If there is none.
    """
    return _current(workspace, JobFolder(workspace.path).read(job_id))


def listing(workspace: Workspace, *, limit: int) -> list[Job]:
    """
    List imports, newest first.

    Parameters
    ----------
    workspace
        The workspace.
    limit
        How many.

    Returns
    -------
    list of Job
        As they are now.
    """
    folder, found = JobFolder(workspace.path), []
    for job_id in folder.ids()[:limit]:
        with suppress(NotFoundError):  # dropped meanwhile
            found.append(_current(workspace, folder.read(job_id)))
    return found


def change(workspace: Workspace, job_id: str, changes: Mapping[str, Any]) -> Job:
    """
    Decide something else about an import; it is judged again.

    Parameters
    ----------
    workspace
        The workspace.
    job_id
        The import.
    changes
        ``layer``, ``mode`` and choices by name; None takes a decision back.

    Returns
    -------
    Job
        In state ``judging``.

    Raises
    ------
    NotFoundError
        If there is none.
    ImportBusyError, ImportStateError
        If somebody works on it, or it is stored already.
    InputError
        If a choice cannot be used.
    """
    folder = JobFolder(workspace.path)
    folder.read(job_id)
    with folder.locked(job_id) as lock:
        job = _in_state(folder.read(job_id), CHANGEABLE, "更改", "changed")
        layer = changes.get("layer", job.layer)
        mode = changes.get("mode") or job.mode
        decided = {**job.choices, **{name: changes[name] for name in _CHOICES if name in changes}}
        decided = _checked(workspace, layer, mode, {**decided, "columns": decided.get("columns") or {}})
        job = folder.write(
            job.having(
                state="judging",
                layer=layer,
                layer_guessed=job.layer_guessed and "layer" not in changes,
                mode=mode,
                choices=decided,
                report=None,
                seen=None,
                problem=None,
                questions=[],
                attempts=0,
                progress={},
            )
        )
        _start(workspace, job_id, lock)
    return job


def confirm(workspace: Workspace, job_id: str, *, actor: str) -> Job:
    """
    Store what was shown.

    Parameters
    ----------
    workspace
        The workspace.
    job_id
        The import.
    actor
        Who confirms; the batch is theirs.

    Returns
    -------
    Job
        In state ``storing``; confirming again changes nothing.

    Raises
    ------
    NotFoundError
        If there is none.
    ImportBusyError, ImportStateError
        If somebody works on it, or something is still to be decided.
    """
    folder = JobFolder(workspace.path)
    job = folder.read(job_id)
    if job.state in {"storing", "stored"}:
        return _current(workspace, job)
    with folder.locked(job_id) as lock:
        job = _in_state(folder.read(job_id), frozenset({"ready"}), "导入", "stored")
        job = folder.write(job.having(state="storing", confirmed_by=actor, attempts=0, problem=None, progress={}))
        _start(workspace, job_id, lock)
    return job


def undo(workspace: Workspace, job_id: str, *, actor: str) -> TakenBack:
    """
    Take a stored import back.

    Parameters
    ----------
    workspace
        The workspace.
    job_id
        The import.
    actor
        Who takes it back.

    Returns
    -------
    TakenBack
        The import in state ``undone``, and what was done.

    Raises
    ------
    NotFoundError
        If there is none.
    ImportStateError
        If it is not stored.
    AlreadyUndoneError
        If it was taken back before.
    """
    folder = JobFolder(workspace.path)
    folder.read(job_id)
    with folder.locked(job_id):
        job = _in_state(folder.read(job_id), frozenset({"stored"}), "撤销", "undone")
        undone = workspace.store.undo_batch(str(job.batch), actor=actor, reason=f"撤销导入 {job.id}")
        return TakenBack(folder.write(job.having(state="undone")), undone)


def drop(workspace: Workspace, job_id: str) -> None:
    """
    Forget an import and its files; what it stored stays.

    Parameters
    ----------
    workspace
        The workspace.
    job_id
        The import.

    Raises
    ------
    NotFoundError
        If there is none.
    ImportBusyError, ImportStateError
        If somebody works on it, or it is stored: then it is undone instead.
    """
    folder = JobFolder(workspace.path)
    folder.read(job_id)
    with folder.locked(job_id):
        _in_state(folder.read(job_id), CHANGEABLE | WORKING | {"undone"}, "删除", "dropped")
        folder.remove(job_id)


def preview_file(workspace: Workspace, job_id: str) -> Path:
    """
    Find the preview of an import.

    Parameters
    ----------
    workspace
        The workspace.
    job_id
        The import.

    Returns
    -------
    Path
        JSON, see `previews`.

    Raises
    ------
    NotFoundError
        If there is no such import, or nothing to show (yet).
    """
    return _file(workspace, job_id, PREVIEW)


def rejected_file(workspace: Workspace, job_id: str, ending: str) -> Path:
    """
    Find the rejected rows of an import.

    Parameters
    ----------
    workspace
        The workspace.
    job_id
        The import.
    ending
        ``.csv`` or ``.xlsx``.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    NotFoundError
        If there is no such import, or no row was rejected.
    """
    if ending not in _ENDINGS:
        raise NotFoundError(what=f"{job_id}{ending}")
    return _file(workspace, job_id, f"{REJECTED}{ending}")


def has_file(workspace: Workspace, job: Job, name: str) -> bool:
    """
    Tell whether an import has a preview or rejected rows.

    Parameters
    ----------
    workspace
        The workspace.
    job
        The import.
    name
        ``preview`` or ``rejected``.

    Returns
    -------
    bool
        True if the file is there.
    """
    file = PREVIEW if name == "preview" else f"{REJECTED}.csv"
    return not job.working and (JobFolder(workspace.path).path(job.id) / file).is_file()


def _file(workspace: Workspace, job_id: str, name: str) -> Path:
    path = JobFolder(workspace.path).path(job_id) / name
    if not path.is_file():
        raise NotFoundError(what=f"{job_id}/{name}")
    return path


def _current(workspace: Workspace, job: Job) -> Job:
    """Bring an import up to date: abandoned work goes on, and a batch may have been undone elsewhere."""
    if job.working:
        return _take_up(workspace, job)
    if job.state == "stored" and job.batch is not None and _is_undone(workspace.store, job):
        return job.having(state="undone", updated_at=job.updated_at)
    return job


def _take_up(workspace: Workspace, job: Job) -> Job:
    folder = JobFolder(workspace.path)
    lock = folder.try_lock(job.id)
    if lock is None:
        return job
    try:
        job = folder.read(job.id)
        if not job.working:
            return job
        if job.attempts < MOST_ATTEMPTS:
            _start(workspace, job.id, lock)
            return job
        written = batch_of(workspace.store, job.layer, job.id) if job.state == "storing" and job.layer else None
        if written is not None:
            return folder.write(job.having(state="stored", batch=written.id, attempts=0))
        stopped = ImportStoppedError(attempts=job.attempts)
        return folder.write(job.having(state="failed", problem=problem(stopped), attempts=0))
    finally:
        os.close(lock)


def _is_undone(store: Store, job: Job) -> bool:
    return any(batch.id == job.batch and batch.undone_by is not None for batch in store.batches(job.layer))


def _start(workspace: Workspace, job_id: str, lock: int) -> None:
    """Hand an import and its lock to a process of its own, which outlives this one."""
    path = workspace.path.resolve()
    command = [sys.executable, "-m", f"{__package__}.worker", path, workspace.catalogue.root, job_id, lock]
    environment = {**os.environ, "PYTHONWARNINGS": "ignore"}
    with (JobFolder(path).path(job_id) / "log.txt").open("ab") as log:
        process = subprocess.Popen(
            [str(word) for word in command],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            pass_fds=[lock],
            env=environment,
            start_new_session=True,
        )
    # Somebody has to notice its end, or it stays in the table of processes.
    threading.Thread(target=process.wait, name=f"import-{job_id}", daemon=True).start()


def _in_state(job: Job, states: frozenset[Any], action_zh: str, action_en: str) -> Job:
    if job.state not in states:
        raise ImportStateError(
            id=job.id, state=job.state, state_zh=_STATES[job.state], action_zh=action_zh, action_en=action_en
        )
    return job


def _given(choices: Mapping[str, Any]) -> dict[str, Any]:
    return {name: choices[name] for name in _CHOICES if choices.get(name) is not None}


def _checked(workspace: Workspace, layer: str | None, mode: str, choices: Mapping[str, Any]) -> dict[str, Any]:
    """Refuse at once what could never be used."""
    if layer is not None:
        spec = workspace.catalogue.layer(layer)
        for target in choices["columns"].values():
            if target:
                spec.field(target)
    if mode not in get_args(Mode):
        raise ParameterError(name="mode", reason_zh="应为 upsert 或 replace", reason_en="must be upsert or replace")
    for unit in (choices.get("units") or {}).values():
        units.parse(unit)
    if choices.get("crs"):
        guessed.parse(str(choices["crs"]))
    if choices.get("encoding"):
        _check_encoding(str(choices["encoding"]))
    if (choices.get("data_status") or "surveyed") not in get_args(DataStatus):
        known = ", ".join(get_args(DataStatus))
        raise ParameterError(name="data_status", reason_zh=f"应为 {known}", reason_en=f"must be one of {known}")
    return {name: choices.get(name) for name in _CHOICES}


def _check_encoding(name: str) -> None:
    try:
        "".encode(name)
    except LookupError:
        raise ParameterError(
            name="encoding", reason_zh=f"不认识的编码“{name}”", reason_en=f"unknown encoding “{name}”"
        ) from None


def _need_space(path: Path, *, most_bytes: int) -> None:
    if shutil.disk_usage(path).free < most_bytes:
        raise StorageError(path=str(path), reason="磁盘空间不足 / no space left")


def _sweep(folder: JobFolder) -> None:
    """Forget what ended long ago; what was stored stays in the register and in the list of batches."""
    oldest = (datetime.now(UTC) - timedelta(days=KEPT_DAYS)).isoformat()
    for job_id in folder.ids():
        with suppress(NotFoundError):
            job = folder.read(job_id)
            if job.working or job.updated_at > oldest:
                continue
            lock = folder.try_lock(job_id)
            if lock is not None:
                folder.remove(job_id)
                os.close(lock)
