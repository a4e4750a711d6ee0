"""The process that works on one import: ``python -m yzgeo.workflows.imports.worker WORKSPACE LAYERS ID LOCK``.

It holds the import's lock, which it was handed, until it ends; everything it finds out is on disk by then. A server
that is stopped meanwhile loses nothing, and a person's other requests are not held up.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import sys
import traceback
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from yzgeo import catalogue
from yzgeo.errors import FileAmbiguousError, ImportMovedError, YzgeoError
from yzgeo.ingest import reading
from yzgeo.ingest.archive import kinds
from yzgeo.store.base import Batch, Store
from yzgeo.workflows.workspace import Workspace, open_workspace

from . import guessing, previews, register
from .jobs import Job, JobFolder, State
from .judging import Judged, Order, judge
from .rejects import write_rejects
from .reports import ImportReport, refusal
from .storing import store

PREVIEW = "preview.json"
REJECTED = "rejected"
_STEPS = 100
_SEPARATOR = "|"
_ENGLISH = {
    "排队": "waiting for its turn",
    "读取文件": "reading the file",
    "判断图层": "finding the layer",
    "判断坐标系": "finding the coordinate system",
    "检查每一行": "checking every row",
    "与登记比对": "comparing with the register",
    "检查相邻关系": "checking how shapes lie to each other",
    "准备预览": "drawing the preview",
    "写入": "storing",
    "完成": "done",
}


def main(arguments: Sequence[str]) -> int:
    """
    Work on one import.

    Parameters
    ----------
    arguments
        Folder of the workspace, folder of the layers, id of the import, and the descriptor that holds its lock.

    Returns
    -------
    int
        0 whatever came out of it: the import itself tells.
    """
    path, layers, job_id, lock = arguments
    # Read here and not handed over: the words of a process can be seen by everyone on the machine.
    url = os.environ.get("YZGEO_DATABASE_URL")
    with open_workspace(path, catalogue.load(layers), database_url=url) as workspace:
        work(workspace, job_id)
        os.close(int(lock))
    return 0


def work(workspace: Workspace, job_id: str) -> Job:
    """
    Do what is next for an import; its lock must be held.

    Parameters
    ----------
    workspace
        The workspace.
    job_id
        The import.

    Returns
    -------
    Job
        The import in a state in which nobody works on it.
    """
    folder = JobFolder(workspace.path)
    job = folder.read(job_id)
    if not job.working:
        return job
    told = _Told(folder, job.having(attempts=job.attempts + 1, problem=None))
    told("排队", 0.0)
    try:
        with folder.turn():
            job = _store(workspace, folder, told) if job.state == "storing" else _judge(workspace, folder, told)
    except YzgeoError as error:
        job = told.job.having(state="refused", problem=problem(error), report=None)
    except Exception:  # noqa: BLE001  # a person gets a sentence, the log gets the rest
        reference = secrets.token_hex(4)
        with (folder.path(job_id) / "log.txt").open("a", encoding="utf-8") as log:
            log.write(f"{reference}\n{traceback.format_exc()}\n")
        job = told.job.having(state="failed", problem={"code": "unexpected", "fields": {"reference": reference}})
    return folder.write(job.having(progress=_progress("完成", 1.0), attempts=0))


def problem(error: YzgeoError) -> dict[str, Any]:
    """
    Keep a refusal as plain values.

    Parameters
    ----------
    error
        The refusal.

    Returns
    -------
    dict
        ``code`` and ``fields``.
    """
    fields = {name: value for name, value in error.fields.items() if name != "report"}
    if "path" in fields:  # where the workspace lies is nobody's business
        fields["path"] = Path(str(fields["path"])).name
    return {"code": error.code, "fields": json.loads(json.dumps(fields, ensure_ascii=False, default=str))}


def batch_of(store: Store, layer: str, job_id: str) -> Batch | None:
    """
    Find the batch that an import wrote.

    Parameters
    ----------
    store
        With the batches.
    layer
        Where it wrote.
    job_id
        The import.

    Returns
    -------
    Batch or None
        None if it has not written.
    """
    return next((batch for batch in store.batches(layer) if batch.choices.get("import") == job_id), None)


class _Told:
    """Keeps on disk how far the work is."""

    def __init__(self, folder: JobFolder, job: Job) -> None:
        self.folder, self.job = folder, job

    def __call__(self, what: str, fraction: float) -> None:
        self.job = self.folder.write(self.job.having(progress=_progress(what, fraction)))

    def having(self, **changes: Any) -> None:
        self.job = self.folder.write(self.job.having(**changes))


def _progress(what: str, fraction: float) -> dict[str, Any]:
    return {"done": round(fraction * _STEPS), "total": _STEPS, "step": what, "step_en": _ENGLISH.get(what, what)}


def _judge(workspace: Workspace, folder: JobFolder, told: _Told) -> Job:
    _clear(folder, told.job.id)
    try:
        main_file = _main_file(folder, told.job)
        if told.job.layer is None or told.job.layer_guessed:
            _guess_layer(workspace, told, main_file)
        if told.job.layer is None:
            return told.job.having(state="needs_confirmation", questions=["layer"], report=None)
        told.having(state="judging")
        judged = judge(workspace, main_file, _order(told.job), progress=told)
    except FileAmbiguousError as error:
        return _asked_for_part(told.job, error)
    told("准备预览", 0.85)
    _draw(workspace, folder, told.job, judged)
    return _judged(told.job, judged)


def _store(workspace: Workspace, folder: JobFolder, told: _Told) -> Job:
    """Store exactly what was shown, once: a batch that is there already was written by a process that died."""
    job = told.job
    layer = str(job.layer)
    written = batch_of(workspace.store, layer, job.id)
    if written is not None:
        return job.having(state="stored", batch=written.id, questions=[])
    judged = judge(workspace, _main_file(folder, job), _order(job), progress=told)
    if judged.report.verdict != "ok" or fingerprint(judged.report) != job.seen:
        _draw(workspace, folder, job, judged)
        return _judged(job, judged).having(problem=problem(ImportMovedError(layer=layer)))
    told("写入", 0.9)
    names = "、".join(str(one["name"]) for one in job.files)
    report = store(
        workspace,
        judged,
        actor=job.confirmed_by or job.actor,
        file_name=str(job.files[0]["name"]) if len(job.files) == 1 else names[:200],
        more={"import": job.id, "files": [dict(one) for one in job.files]},
    )
    batch = (report.batch.id or None) if report.batch is not None else None
    return job.having(state="stored", batch=batch, report=_slim(report), questions=[])


def _judged(job: Job, judged: Judged) -> Job:
    report = judged.report
    states: dict[str, State] = {"ok": "ready", "needs_confirmation": "needs_confirmation", "refuse": "refused"}
    refused: YzgeoError | None = None
    if report.verdict == "refuse":
        refused = judged.refusal or refusal(report)
    chosen = job.choices.get("sheet")
    kind = "sheet" if judged.source.is_ledger else "layer"
    read = {place.rpartition("!")[0] for place in judged.source.where}
    sheets = [
        {
            "name": name,
            "kind": kind,
            "rows": count,
            "chosen": name in read if kind == "sheet" else name == (chosen or judged.source.layer),
        }
        for name, count in judged.source.parts
    ]
    members = [one for one in job.sheets if one["kind"] == "member"]
    return job.having(
        state=states[report.verdict],
        report=_slim(report),
        seen=fingerprint(report),
        questions=list(report.questions),
        sheets=[*({**one, "chosen": one["name"] == chosen} for one in members), *sheets],
        problem=problem(refused) if refused is not None else None,
    )


def fingerprint(report: ImportReport) -> str:
    """
    Sum up what a judgement would do, to see later whether it still is the same.

    Parameters
    ----------
    report
        The report.

    Returns
    -------
    str
        A hash of the verdict, of every row's fate and of the decisions.
    """
    told: list[Any] = [report.verdict, report.rows_in, report.rejected, report.deleted, report.choices]
    told += [[match.row, match.uid, match.status, match.changed] for match in report.matches]
    return hashlib.sha256(json.dumps(told, default=str, sort_keys=True).encode()).hexdigest()


def _slim(report: ImportReport) -> dict[str, Any]:
    told = report.as_dict()
    told.pop("matches")  # they are in the preview
    plain: dict[str, Any] = json.loads(json.dumps(told, ensure_ascii=False, default=str))
    return plain


def _draw(workspace: Workspace, folder: JobFolder, job: Job, judged: Judged) -> None:
    spec = workspace.catalogue.layer(str(job.layer))
    known = register.load(workspace.store, spec)
    folder.write_json(job.id, PREVIEW, previews.preview(judged, workspace.catalogue, known))
    _clear(folder, job.id, only=REJECTED)
    if judged.reasons:
        for ending in (".csv", ".xlsx"):
            write_rejects(judged, folder.path(job.id) / f"{REJECTED}{ending}")


def _clear(folder: JobFolder, job_id: str, *, only: str = "") -> None:
    names = [f"{REJECTED}.csv", f"{REJECTED}.xlsx", *([] if only else [PREVIEW])]
    for name in names:
        (folder.path(job_id) / name).unlink(missing_ok=True)


def _main_file(folder: JobFolder, job: Job) -> Path:
    """Find the file that stands for the upload; the others belong to it."""
    files = folder.path(job.id) / "files"
    names = [str(one["name"]) for one in job.files]
    if len(names) == 1:
        return files / names[0]
    found = kinds.data_sets(names)
    wanted = str(job.choices.get("sheet") or "").partition(_SEPARATOR)[0]
    chosen = [one for one in found if one.main == wanted] or list(found)
    if len(chosen) == 1:
        return files / chosen[0].main
    if not chosen:
        return files / names[0]
    mains = [one.main for one in found]
    raise FileAmbiguousError(path="、".join(mains), names=mains, listed="、".join(mains), kind="member")


def _order(job: Job) -> Order:
    choices = job.choices
    member, sheet = _parts(job)
    return Order(
        layer=str(job.layer),
        crs=choices.get("crs"),
        encoding=choices.get("encoding"),
        columns=choices.get("columns") or {},
        mode="replace" if job.mode == "replace" else "upsert",
        keep_valid=bool(choices.get("keep_valid")),
        data_status=choices.get("data_status") or "surveyed",
        sheet=sheet,
        member=member,
        datum=choices.get("datum"),
        units=choices.get("units") or {},
    )


def _parts(job: Job) -> tuple[str | None, str | None]:
    """Split a choice into the data set and the layer inside it: ``member``, ``layer`` or ``member|layer``."""
    text = job.choices.get("sheet")
    if not text:
        return None, None
    head, separator, rest = str(text).partition(_SEPARATOR)
    names = {str(one["name"]) for one in job.files}
    if head in names:  # it chose among the uploaded files, see _main_file
        return None, rest or None
    return (head, rest) if separator else (None, head)


def _guess_layer(workspace: Workspace, told: _Told, path: Path) -> None:
    told("判断图层", 0.05)
    member, sheet = _parts(told.job)
    source = reading.read(
        path, encoding=told.job.choices.get("encoding"), layer_in_file=sheet, member=member, layer=None
    )
    names = [Path(str(one["name"])).stem for one in told.job.files]
    guesses = guessing.guess_layer(workspace.catalogue, source, titles=names)
    clear = guessing.is_clear(guesses)
    told.having(
        layer=guesses[0].layer.id if clear else None,
        layer_guessed=clear,
        layer_candidates=[one.as_dict() for one in guesses],
    )


def _asked_for_part(job: Job, error: FileAmbiguousError) -> Job:
    names = error.fields["names"]
    chosen = str(job.choices.get("sheet") or "")
    kind = str(error.fields["kind"])
    members: list[Mapping[str, Any]] = [one for one in job.sheets if one["kind"] == "member" and kind == "layer"]
    prefix = f"{chosen}{_SEPARATOR}" if chosen and kind == "layer" else ""
    found = [
        {"name": f"{prefix}{name}", "kind": kind, "rows": None, "chosen": False}
        for name in (names if isinstance(names, list) else [])
    ]
    questions = ["sheet"] if job.layer else ["layer", "sheet"]
    return job.having(
        state="needs_confirmation",
        questions=questions,
        sheets=[*({**one, "chosen": one["name"] == chosen} for one in members), *found],
        problem=problem(error),
        report=None,
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
