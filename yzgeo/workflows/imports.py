"""Taking a file in: read it, judge every row, then write all of it or nothing."""

from __future__ import annotations

import hashlib
import json
import os
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal, get_args

import geopandas as gpd
import pandas as pd
import shapely
from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry

from yzgeo import crs as systems
from yzgeo import store as storage
from yzgeo.catalogue import Catalogue, DataStatus, Layer
from yzgeo.checks import Issue, Progress, silent
from yzgeo.errors import FileMissingError, FileUnreadableError, ParameterError, RowsRejectedError
from yzgeo.ingest import reading, rows
from yzgeo.store.base import Batch, Provenance, Store

from .workspace import Workspace

Mode = Literal["upsert", "replace"]
Verdict = Literal["ok", "needs_confirmation", "refuse"]
SHOWN_ISSUES = 1000
_SIDECARS = (".dbf", ".shx", ".prj", ".cpg")


@dataclass(frozen=True)
class ImportReport:
    """What an import did, or what it would do."""

    layer: str
    file_name: str
    verdict: Verdict
    mode: Mode
    dry_run: bool
    encoding: str | None
    crs: str | None
    crs_candidates: tuple[Mapping[str, str], ...]
    columns: Mapping[str, str | None]
    rows_in: int
    rows_kept: int
    rejected: tuple[int, ...]
    data_status: Mapping[str, int]
    issues: tuple[Issue, ...]
    deleted: int = 0
    batch: Batch | None = None
    choices: Mapping[str, Any] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """
        Give the shape that the command line and the API use.

        Returns
        -------
        dict
            ``rows.in`` always equals ``rows.kept`` + ``rows.rejected``; at most `SHOWN_ISSUES` issues are listed, and
            ``issues_total`` counts them all.
        """
        return {
            "layer": self.layer,
            "file": self.file_name,
            "verdict": self.verdict,
            "mode": self.mode,
            "dry_run": self.dry_run,
            "encoding": self.encoding,
            "crs": {"chosen": self.crs, "candidates": [dict(one) for one in self.crs_candidates]},
            "columns": dict(self.columns),
            "rows": {"in": self.rows_in, "kept": self.rows_kept, "rejected": len(self.rejected)},
            "rejected_rows": list(self.rejected[:SHOWN_ISSUES]),
            "data_status": dict(self.data_status),
            "deleted": self.deleted,
            "issues": [issue.as_dict() for issue in self.issues[:SHOWN_ISSUES]],
            "issues_total": len(self.issues),
            "batch": batch_as_dict(self.batch) if self.batch else None,
        }


def import_file(
    workspace: Workspace,
    path: str | os.PathLike[str],
    *,
    layer: str,
    crs: str | None = None,
    encoding: str | None = None,
    columns: Mapping[str, str] | None = None,
    mode: Mode = "upsert",
    dry_run: bool = False,
    keep_valid: bool = False,
    data_status: DataStatus = "surveyed",
    layer_in_file: str | None = None,
    actor: str = "cli",
    progress: Progress = silent,
    limits: reading.Limits | None = None,
) -> ImportReport:
    """
    Import a file into a layer, in one transaction.

    Parameters
    ----------
    workspace
        Where to.
    path
        GeoJSON, GeoPackage, Shapefile or GeoParquet file.
    layer
        Id of the layer.
    crs
        Coordinate system of the file, where the file does not tell it or tells it wrongly.
    encoding
        Encoding of a Shapefile's texts.
    columns
        Column of the file to field id, where the names do not tell it.
    mode
        ``upsert`` adds and updates by key; ``replace`` also deletes what is not in the file.
    dry_run
        Judge only.
    keep_valid
        Store the good rows even if others are rejected.
    data_status
        Status of features for which the file gives none.
    layer_in_file
        Which layer of a file that holds several.
    actor
        Who imports.
    progress
        Told what is being done.
    limits
        What reading may cost.

    Returns
    -------
    ImportReport
        Report; with ``dry_run`` a refusal is its verdict.

    Raises
    ------
    RowsRejectedError
        If a row is rejected, unless ``keep_valid`` or ``dry_run``; its ``report`` holds the report.
    ConflictError
        If somebody else changed the layer meanwhile.
    """
    spec = workspace.catalogue.layer(layer)
    if mode not in get_args(Mode):
        raise ParameterError(name="mode", reason_zh="应为 upsert 或 replace", reason_en="must be upsert or replace")
    file = Path(path)
    storage.guard.refuse_live(file)
    if crs is not None:
        systems.parse(crs)
    base_revision = workspace.store.revision(layer)
    progress("读取文件", 0.05)
    digest = _digest(file)
    source = reading.read(file, encoding=encoding, layer_in_file=layer_in_file, limits=limits)
    if source.rows == 0:
        reason = "文件里没有任何行 / the file has no rows"
        raise FileUnreadableError(path=str(file), reason=reason, formats=reading.FORMAT_NAMES)
    progress("检查每一行", 0.4)
    choices = rows.Choices(source=file.name, crs=crs, columns=columns or {}, data_status=data_status)
    district = workspace.catalogue.district
    checked = rows.check(
        source,
        spec,
        choices,
        storage_crs=district.storage_crs,
        district=district_outline(workspace.catalogue),
    )
    progress("与现有要素合并", 0.7)
    frame, notes = _carry_over(workspace.store, spec, checked)
    doomed = _missing_from(workspace.store, layer, frame) if mode == "replace" else []
    notes = (*checked.issues, *notes, *_told_about_status(checked, data_status))
    if mode == "upsert":
        notes = (*notes, *_illustrative_left(workspace.store, layer, frame))
    decided = {
        "crs": checked.crs,
        "encoding": source.encoding,
        "columns": {name: target for name, target in checked.columns.items() if target},
        "mode": mode,
        "data_status": data_status,
        "keep_valid": keep_valid,
    }
    refused = frame.empty or (bool(checked.rejected) and not keep_valid)
    report = ImportReport(
        layer=layer,
        file_name=file.name,
        verdict="refuse" if refused else "ok",
        mode=mode,
        dry_run=dry_run,
        encoding=source.encoding,
        crs=checked.crs,
        crs_candidates=_candidates(source, crs),
        columns=checked.columns,
        rows_in=source.rows,
        rows_kept=len(checked.frame),
        rejected=checked.rejected,
        data_status=dict(Counter(checked.frame["data_status"])) if "data_status" in checked.frame else {},
        issues=notes,
        deleted=len(doomed),
        choices=decided,
    )
    if dry_run:
        return report
    if refused:
        raise refusal(report)
    progress("写入", 0.8)
    provenance = Provenance(
        actor=actor, reason=f"导入 {file.name}", file_name=file.name, file_sha256=digest, choices=decided
    )
    batch = workspace.store.write(layer, put=frame, delete=doomed, provenance=provenance, base_revision=base_revision)
    progress("完成", 1.0)
    return ImportReport(**{**_shallow(report), "batch": batch})


def refusal(report: ImportReport) -> RowsRejectedError:
    """
    Make the refusal of a batch, with its report attached.

    Parameters
    ----------
    report
        Report with rejected rows.

    Returns
    -------
    RowsRejectedError
        Refusal; ``fields["report"]`` is the report as a dict.
    """
    first = next(issue for issue in report.issues if issue.level == "error")
    text = f"{first.where}：{first.zh} / {first.en}"
    error = RowsRejectedError(rejected=len(report.rejected), layer=report.layer, first=text)
    error.fields["report"] = report.as_dict()
    return error


def batch_as_dict(batch: Batch) -> dict[str, Any]:
    """
    Give a batch in plain values.

    Parameters
    ----------
    batch
        One write.

    Returns
    -------
    dict
        Its fields; the time as ISO 8601 text.
    """
    plain = asdict(batch)
    plain["recorded_at"] = batch.recorded_at.isoformat()
    plain["choices"] = dict(batch.choices)
    return plain


def district_outline(catalogue: Catalogue) -> BaseGeometry:
    """
    Read the outline of the district.

    Parameters
    ----------
    catalogue
        Catalogue whose district names a boundary file, GeoJSON in longitude and latitude.

    Returns
    -------
    shapely.geometry.base.BaseGeometry
        Outline in the storage system.
    """
    path = catalogue.root / catalogue.district.boundary_file
    content = json.loads(path.read_text(encoding="utf-8"))
    parts = gpd.GeoSeries([shape(one["geometry"]) for one in content["features"]], crs=systems.WGS84)
    moved = systems.transform(parts.to_numpy(), systems.WGS84, catalogue.district.storage_crs)
    return shapely.union_all(moved)


def _carry_over(store: Store, layer: Layer, checked: rows.Checked) -> tuple[gpd.GeoDataFrame, tuple[Issue, ...]]:
    """
    Complete the rows with what the file does not speak of.

    Known features keep those values, except illustrative ones: an invented number must not travel on under the
    status of a real file.
    """
    frame = checked.frame
    absent = [spec.id for spec in layer.fields if spec.id not in checked.given]
    kept: dict[str, Mapping[str, Any]] = {}
    dropped = 0
    if absent and len(frame) and store.revision(layer.id):
        present = store.rows(layer.id)
        wanted = set(frame.index)
        for number, uid in enumerate(present.uids):
            if uid in wanted and present.columns["data_status"][number] == "illustrative":
                dropped += 1
            elif uid in wanted:
                kept[uid] = {name: present.columns[name][number] for name in absent}
    filled = {name: [kept.get(uid, {}).get(name) for uid in frame.index] for name in absent}
    columns = {spec.id: filled[spec.id] if spec.id in filled else list(frame[spec.id]) for spec in layer.fields}
    table = pd.DataFrame(columns, index=frame.index, dtype=object)
    notes: tuple[Issue, ...] = ()
    if dropped:
        zh = f"{dropped} 个示意要素被文件中的要素取代，其余示意取值不保留"
        en = f"{dropped} illustrative features give way to the file's; their other values are not kept"
        notes = (Issue("info", "illustrative_replaced", "文件", zh, en),)
    return gpd.GeoDataFrame(table, geometry=frame.geometry), notes


def _missing_from(store: Store, layer: str, frame: gpd.GeoDataFrame) -> list[str]:
    staying = set(frame.index)
    return [uid for uid in store.rows(layer, fields=()).uids if uid not in staying]


def _illustrative_left(store: Store, layer: str, frame: gpd.GeoDataFrame) -> tuple[Issue, ...]:
    if not store.tally(layer, "data_status").get("illustrative"):
        return ()
    present = store.rows(layer, fields=("data_status",))
    coming = set(frame.index)
    pairs = zip(present.uids, present.columns["data_status"], strict=True)
    left = sum(status == "illustrative" and uid not in coming for uid, status in pairs)
    if not left:
        return ()
    zh = f"图层中还有 {left} 个示意要素；用 --mode replace 可用文件取代整个图层"
    en = f"{left} illustrative features stay in the layer; --mode replace lets the file take their place"
    return (Issue("warning", "illustrative_left", "文件", zh, en),)


def _told_about_status(checked: rows.Checked, status: str) -> tuple[Issue, ...]:
    if "data_status" in checked.columns.values():
        return ()
    zh = f"文件没有数据状态，按 {status} 登记（--status 可改）"
    return (Issue("info", "status_assumed", "文件", zh, f"the file gives no data status; {status} was recorded"),)


def _candidates(source: reading.Source, told: str | None) -> tuple[Mapping[str, str], ...]:
    found = []
    if told:
        found.append({"crs": told, "evidence": "option"})
    if source.crs:
        found.append({"crs": systems.parse(source.crs).name, "evidence": "declared"})
    return tuple(found)


def _digest(file: Path) -> str:
    """Hash the file; a Shapefile's texts and system are part of what was imported."""
    if not file.is_file():
        raise FileMissingError(path=str(file))
    parts = [file]
    if file.suffix.lower() == ".shp":
        parts += [found for end in _SIDECARS if (found := file.with_suffix(end)).is_file()]
    total = hashlib.sha256()
    for part in parts:
        with part.open("rb") as stream:
            while block := stream.read(1024 * 1024):
                total.update(block)
    return total.hexdigest()


def _shallow(report: ImportReport) -> dict[str, Any]:
    return {name: getattr(report, name) for name in report.__dataclass_fields__}
