"""Taking a file in: read it, judge every row, then write all of it or nothing."""

from __future__ import annotations

import hashlib
import json
import os
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Literal, get_args

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry

from yzgeo import crs as systems
from yzgeo import store as storage
from yzgeo.catalogue import Catalogue, DataStatus, Layer
from yzgeo.checks import Issue, Progress, silent
from yzgeo.errors import (
    CrsMissingError,
    CrsParametersNeededError,
    CrsUnsupportedError,
    FileMissingError,
    FileUnreadableError,
    ParameterError,
    RowsRejectedError,
)
from yzgeo.ingest import placing, reading, rows
from yzgeo.ingest.columns import Head, suggest
from yzgeo.ingest.crs_guess import systems as guessed
from yzgeo.ingest.crs_guess.datum import DatumShift
from yzgeo.ingest.crs_guess.evidence import District, KnownPlaces
from yzgeo.store.base import Batch, Provenance, Store

from .workspace import Workspace

Mode = Literal["upsert", "replace"]
Verdict = Literal["ok", "needs_confirmation", "refuse"]
SHOWN_ISSUES = 1000
_LEAST_PLACES = 3
_MOST_PLACES = 500
_CUT_BYTES = 9  # a name of the Shapefile's table that may have been longer
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
    crs_candidates: tuple[Mapping[str, Any], ...]
    columns: Mapping[str, str | None]
    rows_in: int
    rows_kept: int
    rejected: tuple[int, ...]
    data_status: Mapping[str, int]
    issues: tuple[Issue, ...]
    deleted: int = 0
    batch: Batch | None = None
    choices: Mapping[str, Any] = field(default_factory=dict)
    crs_reason: Mapping[str, str] = field(default_factory=dict)
    encoding_candidates: tuple[Mapping[str, Any], ...] = ()
    column_candidates: tuple[Mapping[str, Any], ...] = ()
    matching: Mapping[str, int] = field(default_factory=dict)

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
            "encoding_candidates": [dict(one) for one in self.encoding_candidates],
            "crs": {"chosen": self.crs, "candidates": [dict(one) for one in self.crs_candidates], **self.crs_reason},
            "columns": dict(self.columns),
            "column_candidates": [dict(one) for one in self.column_candidates],
            "matching": dict(self.matching),
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
    member: str | None = None,
    shift: DatumShift | None = None,
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
        Which layer of a file that holds several, or which sheet of a workbook.
    member
        Which data set of an archive that holds several.
    shift
        Transformation parameters for Beijing 1954 and Xian 1980.
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
    spec = workspace.catalogue.layer(layer)
    if mode not in get_args(Mode):
        raise ParameterError(name="mode", reason_zh="应为 upsert 或 replace", reason_en="must be upsert or replace")
    file = Path(path)
    storage.guard.refuse_live(file)
    if crs is not None:
        guessed.parse(crs)
    base_revision = workspace.store.revision(layer)
    progress("读取文件", 0.05)
    digest = _digest(file)
    source = reading.read(
        file, encoding=encoding, layer_in_file=layer_in_file, member=member, layer=spec, limits=limits
    )
    if source.rows == 0:
        reason = "文件里没有任何行 / the file has no rows"
        raise FileUnreadableError(path=str(file), reason=reason, formats=reading.FORMAT_NAMES)
    progress("判断坐标系", 0.3)
    district = _district(workspace.catalogue)
    places = _known_places(workspace.store, spec, source, columns or {})
    settled = placing.settle(source, spec.spec.geometry, district=district, chosen=crs, places=places, shift=shift)
    if not settled.placed:
        return _unplaced(spec, source, settled, mode=mode, dry_run=dry_run)
    source = settled.source
    progress("检查每一行", 0.4)
    choices = rows.Choices(source=file.name, columns=columns or {}, data_status=data_status)
    checked = rows.check(source, spec, choices, storage_crs=district.storage_crs, district=district.outline)
    ask = settled.guess is not None and settled.guess.verdict == "ask"
    suggested = _suggestions(spec, source, checked)
    progress("与现有要素合并", 0.7)
    frame, notes = _carry_over(workspace.store, spec, checked)
    checked, frame, homeless = _with_known_shapes(workspace.store, spec, source, checked, frame)
    doomed = _missing_from(workspace.store, layer, frame) if mode == "replace" else []
    notes = (*source.issues, *settled.issues, *checked.issues, *homeless, *notes)
    notes = (*notes, *_told_about_status(checked, data_status), *_neighbours(spec, frame, district))
    if mode == "upsert":
        notes = (*notes, *_illustrative_left(workspace.store, layer, frame))
    decided = {
        "crs": _system(settled, crs),
        "encoding": source.encoding,
        "columns": {name: target for name, target in checked.columns.items() if target},
        "mode": mode,
        "data_status": data_status,
        "keep_valid": keep_valid,
    }
    refused = frame.empty or (bool(checked.rejected) and not keep_valid)
    ask = ask or (refused and bool(suggested) and _column_missing(checked))
    report = ImportReport(
        layer=layer,
        file_name=file.name,
        verdict="needs_confirmation" if ask else "refuse" if refused else "ok",
        mode=mode,
        dry_run=dry_run,
        encoding=source.encoding,
        crs=_system(settled, crs),
        **_evidence(source, settled),
        columns=checked.columns,
        column_candidates=suggested,
        matching=_compared(workspace.store, layer, frame),
        rows_in=source.rows,
        rows_kept=len(checked.frame),
        rejected=checked.rejected,
        data_status=dict(Counter(checked.frame["data_status"])) if "data_status" in checked.frame else {},
        issues=notes,
        deleted=len(doomed),
        choices=decided,
    )
    if dry_run or ask:
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


def _system(settled: placing.Settled, told: str | None) -> str | None:
    if told:
        return guessed.parse(told).id
    return settled.guess.chosen.id if settled.guess is not None and settled.guess.chosen is not None else None


def _evidence(source: reading.Source, settled: placing.Settled) -> dict[str, Any]:
    encodings = source.encoding_guess or {"candidates": ()}
    found: dict[str, Any] = {"encoding_candidates": tuple(encodings["candidates"]), "crs_candidates": ()}
    if settled.guess is not None:
        told = settled.guess.as_dict()
        found["crs_candidates"] = tuple(told["candidates"])
        found["crs_reason"] = {name: told[name] for name in ("verdict", "reason", "reason_en")}
    return found


def _unplaced(
    spec: Layer, source: reading.Source, settled: placing.Settled, *, mode: Mode, dry_run: bool
) -> ImportReport:
    """Report a file whose shapes cannot be placed: it lies elsewhere, or stands on an old datum without parameters."""
    guess = settled.guess
    if guess is None:  # pragma: no cover - a source without shapes is always placed
        raise CrsMissingError(path=source.path.name)
    old = next((item.system for item in guess.candidates if item.system.needs_parameters), None)
    elsewhere = not guess.candidates and source.crs is not None
    verdict: Verdict = "needs_confirmation" if elsewhere or guess.verdict == "ask" else "refuse"
    if verdict == "refuse" and not dry_run:
        if old is not None:
            raise CrsParametersNeededError(crs=old.zh, crs_en=old.en, target="CGCS2000")
        if source.crs is None and not guess.candidates:
            raise CrsMissingError(path=source.path.name)
        raise CrsUnsupportedError(crs=source.path.name, reason_zh=guess.reason.zh, reason_en=guess.reason.en)
    return ImportReport(
        layer=spec.id,
        file_name=source.path.name,
        verdict=verdict,
        mode=mode,
        dry_run=dry_run,
        encoding=source.encoding,
        crs=None,
        **_evidence(source, settled),
        columns={},
        rows_in=source.rows,
        rows_kept=0,
        rejected=tuple(range(1, source.rows + 1)),
        data_status={},
        issues=(*source.issues, Issue("error", "crs_undecided", "文件", guess.reason.zh, guess.reason.en)),
    )


def _district(catalogue: Catalogue) -> District:
    spec = catalogue.district
    return District(district_outline(catalogue), spec.storage_crs, spec.metric_crs)


def _known_places(store: Store, spec: Layer, source: reading.Source, chosen: Mapping[str, str]) -> KnownPlaces | None:
    """
    Pair features of the file with registered ones by code.

    Invented positions prove nothing about the ground; but a file that repeats them to the centimetre was made from
    this register, so they count when there are no others, with that accuracy.
    """
    if source.geometry is None or not store.revision(spec.id):
        return None
    columns = rows.match_columns(spec, list(source.table.columns), chosen)
    column = next((name for name, target in columns.items() if target == spec.spec.key), None)
    if column is None:
        return None
    present = store.rows(spec.id, fields=(spec.spec.key, "data_status"))
    real = [status != "illustrative" for status in present.columns["data_status"]]
    only_real = sum(real) >= _LEAST_PLACES
    known = {
        str(code): wkb
        for code, wkb, is_real in zip(present.columns[spec.spec.key], present.wkb, real, strict=True)
        if wkb is not None and (is_real or not only_real)
    }
    pairs = [
        (shape, known[str(code)])
        for code, shape in zip(source.table[column], source.geometry, strict=True)
        if shape is not None and not shape.is_empty and str(code) in known
    ][:_MOST_PLACES]
    if len(pairs) < _LEAST_PLACES:
        return None
    ours = shapely.get_coordinates(shapely.centroid([shape for shape, _ in pairs]))
    theirs = shapely.get_coordinates(shapely.centroid(shapely.from_wkb([wkb for _, wkb in pairs])))
    if len(ours) != len(pairs) or len(theirs) != len(pairs):
        return None
    (x, y), (lon, lat) = ours.T, theirs.T
    return KnownPlaces(x, y, lon, lat, 5.0 if only_real else 0.05)


def _suggestions(spec: Layer, source: reading.Source, checked: rows.Checked) -> tuple[Mapping[str, Any], ...]:
    """Suggest fields for columns that no exact name placed; they are never taken without a person."""
    free = [name for name, target in checked.columns.items() if target is None and name not in source.positions]
    taken = set(checked.columns.values())
    fields = [one for one in spec.fields if one.id not in taken]
    cut = source.kind == "shp"
    heads = [Head(name, cut=cut and len(name.encode("utf-8")) >= _CUT_BYTES) for name in free]
    samples = {name: list(source.table[name][:50]) for name in free}
    found = suggest(heads, fields, samples=samples)
    return tuple(match.as_dict() for match in found if match.field is not None)


def _column_missing(checked: rows.Checked) -> bool:
    return any(issue.code == "column_missing" for issue in checked.issues)


def _with_known_shapes(
    store: Store, spec: Layer, source: reading.Source, checked: rows.Checked, frame: gpd.GeoDataFrame
) -> tuple[rows.Checked, gpd.GeoDataFrame, tuple[Issue, ...]]:
    """Give the rows of a ledger without positions the shapes of the register; a new row without shape is rejected."""
    if spec.spec.geometry == "none" or source.geometry is not None or frame.empty:
        return checked, frame, ()
    present = store.rows(spec.id, fields=()) if store.revision(spec.id) else None
    shapes = dict(zip(present.uids, present.wkb, strict=True)) if present is not None else {}
    there = np.array([shapes.get(uid) is not None for uid in frame.index], dtype=bool)
    found = shapely.from_wkb([shapes[uid] for uid in frame.index[there]])
    kept = frame[there].set_geometry(gpd.GeoSeries(found, index=frame.index[there], crs=frame.crs))
    good = [row for row in range(1, source.rows + 1) if row not in set(checked.rejected)]
    lost = [row for row, known in zip(good, there, strict=True) if not known]
    zh = "登记中没有这个编号，台账也没有图形，无法登记"
    en = "the register does not know the code, and the ledger has no shape for it"
    issues = tuple(Issue("error", "geometry_missing", source.where[row - 1], zh, en) for row in lost)
    rejected = tuple(sorted({*checked.rejected, *lost}))
    return replace(checked, frame=checked.frame[there], rejected=rejected), kept, issues


def _neighbours(spec: Layer, frame: gpd.GeoDataFrame, district: District) -> tuple[Issue, ...]:
    if spec.spec.geometry != "polygon" or frame.empty:
        return ()
    stated = pd.to_numeric(frame["area_m2"], errors="coerce").to_numpy(float) if "area_m2" in frame else None
    names = [str(name) for name in frame[spec.spec.key]]
    return placing.neighbours(frame.geometry.to_numpy(), district=district, stated_m2=stated, where=names)


def _compared(store: Store, layer: str, frame: gpd.GeoDataFrame) -> dict[str, int]:
    """Count what is new, known and missing, by key."""
    known = set(store.rows(layer, fields=()).uids) if store.revision(layer) else set()
    coming = set(frame.index)
    return {"new": len(coming - known), "known": len(coming & known), "missing": len(known - coming)}


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
