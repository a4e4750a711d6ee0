"""Storing what was judged: one batch in one transaction, with everything that was decided."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from yzgeo.catalogue import DataStatus
from yzgeo.checks import Progress, silent
from yzgeo.ingest import reading
from yzgeo.store.base import Provenance
from yzgeo.workflows.accounts import By
from yzgeo.workflows.workspace import Workspace

from .judging import Judged, Order, judge
from .rejects import write_rejects
from .reports import ImportReport, Mode, refusal


def import_file(
    workspace: Workspace,
    path: str | os.PathLike[str],
    *,
    layer: str,
    crs: str | None = None,
    encoding: str | None = None,
    columns: Mapping[str, str] | None = None,
    units: Mapping[str, str] | None = None,
    mode: Mode = "upsert",
    dry_run: bool = False,
    keep_valid: bool = False,
    data_status: DataStatus = "surveyed",
    sheet: str | None = None,
    member: str | None = None,
    datum: str | Mapping[str, Any] | None = None,
    rejected_to: str | os.PathLike[str] | None = None,
    actor: str = "cli",
    progress: Progress = silent,
    limits: reading.Limits | None = None,
) -> ImportReport:
    """
    Import a file into a layer, in one transaction, or say what a person has to decide first.

    Parameters
    ----------
    workspace
        Where to.
    path
        Any file of `reading.FORMATS`.
    layer
        Id of the layer.
    crs
        Coordinate system that a person chose: ``EPSG:4529``, ``EPSG:4550+swapped``, ``GCJ-02``, ``BD-09`` or WKT.
    encoding
        Encoding of the texts that a person chose.
    columns
        Column of the file to field id, where the names do not tell it; an empty id leaves the column out.
    units
        Column of the file to its unit, such as ``亩``, where the head does not tell it or tells it wrongly.
    mode
        ``upsert`` adds and updates by key; ``replace`` also deletes what is not in the file.
    dry_run
        Judge only.
    keep_valid
        Store the good rows even if others are rejected.
    data_status
        Status of features for which the file gives none.
    sheet
        Which layer of a file that holds several, which sheet of a workbook, which data set of an archive.
    member
        Which data set of an archive, where ``sheet`` names a layer inside it.
    datum
        Parameters or control points for Beijing 1954 and Xian 1980, see `yzgeo.ingest.crs_guess.given.from_text`.
    rejected_to
        New CSV or XLSX file for the rejected rows with their reasons; not made if there are none.
    actor
        Who imports.
    progress
        Told what is being done.
    limits
        What reading may cost.

    Returns
    -------
    ImportReport
        Report; with ``dry_run`` a refusal is its verdict. With ``needs_confirmation`` nothing was stored.

    Raises
    ------
    RowsRejectedError
        If a row is rejected, unless ``keep_valid`` or ``dry_run``; its ``report`` holds the report.
    ConflictError
        If somebody else changed the layer meanwhile.
    """
    order = Order(layer, crs, encoding, columns or {}, mode, keep_valid, data_status, sheet, member, datum, units or {})
    judged = judge(workspace, Path(path), order, dry_run=dry_run, progress=progress, limits=limits)
    if rejected_to is not None and judged.reasons:
        write_rejects(judged, Path(rejected_to))
        told = {
            "file": Path(rejected_to).name,
            "format": "rejected rows",
            "rows": judged.report.as_dict()["rows"]["rejected"],
        }
        workspace.store.people.note(By(actor).deed("export", layer, **told))
    report = judged.report
    if dry_run or report.verdict == "needs_confirmation":
        return report
    if report.verdict == "refuse":
        raise judged.refusal or refusal(report)
    progress("写入", 0.8)
    stored = store(workspace, judged, actor=actor, file_name=Path(path).name)
    progress("完成", 1.0)
    return stored


def store(
    workspace: Workspace,
    judged: Judged,
    *,
    actor: str,
    file_name: str,
    more: Mapping[str, Any] | None = None,
) -> ImportReport:
    """
    Write what was judged good.

    Parameters
    ----------
    workspace
        Where to.
    judged
        A judgement whose verdict is ``ok``.
    actor
        Who imports.
    file_name
        What the file was called.
    more
        Kept with the batch beside the decisions.

    Returns
    -------
    ImportReport
        The report with its batch.

    Raises
    ------
    ConflictError
        If somebody else changed the layer since it was judged.
    """
    report = judged.report
    provenance = Provenance(
        actor=actor,
        reason=f"导入 {file_name}",
        file_name=file_name,
        file_sha256=judged.digest,
        choices={**report.choices, **(more or {})},
    )
    batch = workspace.store.write(
        report.layer,
        put=judged.frame,
        delete=judged.doomed,
        provenance=provenance,
        base_revision=judged.base_revision,
    )
    return replace(report, batch=batch, dry_run=False)
