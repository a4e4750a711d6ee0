"""Judging a file: what it is in, what each row is, and what storing it would do. Stores nothing itself."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, get_args

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry

from yzgeo import crs as systems
from yzgeo import store as storage
from yzgeo.catalogue import Catalogue, DataStatus, Layer
from yzgeo.checks import Issue, Level, Progress, silent
from yzgeo.errors import (
    CrsMissingError,
    CrsParametersNeededError,
    CrsUnsupportedError,
    FileMissingError,
    FileUnreadableError,
    ParameterError,
    YzgeoError,
)
from yzgeo.ingest import drawings, placing, reading, rows, units
from yzgeo.ingest.columns import Head, suggest
from yzgeo.ingest.crs_guess import given
from yzgeo.ingest.crs_guess import systems as guessed
from yzgeo.ingest.crs_guess.evidence import District, KnownPlaces
from yzgeo.workflows.workspace import Workspace

from . import memory, register
from .reports import ImportReport, Mode, Question, Verdict

_CUT_BYTES = 9  # a name of the Shapefile's table that may have been longer
_SIDECARS = (".dbf", ".shx", ".prj", ".cpg")
_POOR_FIT_M = 0.5


@dataclass(frozen=True)
class Order:
    """
    What the person who imports has decided; None where the desk decides by its evidence.

    ``columns`` maps columns of the file to field ids, an empty id leaves a column out; ``units`` are the units that
    columns count in. ``datum`` is text as for ``--datum`` or plain values, see `given`. ``sheet`` names a sheet, a
    layer in the file or a data set of an archive.
    """

    layer: str
    crs: str | None = None
    encoding: str | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    mode: Mode = "upsert"
    keep_valid: bool = False
    data_status: DataStatus = "surveyed"
    sheet: str | None = None
    member: str | None = None
    datum: str | Mapping[str, Any] | None = None
    units: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Judged:
    """
    A file that was judged.

    ``frame`` and ``doomed`` are what storing would write and delete; ``source`` is the file as it was read and
    ``placed`` the same in the storage system (None where it could not be placed). ``refusal`` is the reason where the
    file as a whole cannot be taken.
    """

    report: ImportReport
    digest: str
    base_revision: int
    frame: gpd.GeoDataFrame | None
    doomed: tuple[str, ...]
    source: reading.Source
    placed: reading.Source | None
    reasons: tuple[rows.Reason, ...] = ()
    numbers: tuple[int, ...] = ()
    settled: placing.Settled | None = None
    refusal: YzgeoError | None = None

    @property
    def rejects(self) -> reading.Source:
        """The source whose row numbers the reasons speak of."""
        return self.placed if self.placed is not None else self.source


def judge(
    workspace: Workspace,
    path: Path,
    order: Order,
    *,
    dry_run: bool = True,
    progress: Progress = silent,
    limits: reading.Limits | None = None,
) -> Judged:
    """
    Judge a file without storing anything.

    Parameters
    ----------
    workspace
        With the register to compare with.
    path
        Any file of `reading.FORMATS`.
    order
        What the person decided.
    dry_run
        Noted in the report.
    progress
        Told what is being done.
    limits
        What reading may cost.

    Returns
    -------
    Judged
        The report and what storing would do.

    Raises
    ------
    YzgeoError
        If the file cannot be read, or the order does not fit it.
    """
    spec = workspace.catalogue.layer(order.layer)
    if order.mode not in get_args(Mode):
        raise ParameterError(name="mode", reason_zh="应为 upsert 或 replace", reason_en="must be upsert or replace")
    storage.guard.refuse_live(path)
    if order.crs is not None:
        guessed.parse(order.crs)
    base_revision = workspace.store.revision(spec.id)
    progress("读取文件", 0.05)
    digest = _digest(path)
    source = reading.read(
        path, encoding=order.encoding, layer_in_file=order.sheet, member=order.member, layer=spec, limits=limits
    )
    source = drawings.as_table(source, spec)
    if source.rows == 0:
        reason = "文件里没有任何行 / the file has no rows"
        raise FileUnreadableError(path=str(path), reason=reason, formats=reading.FORMAT_NAMES)
    work = _Work(workspace, spec, order, source, dry_run=dry_run)
    progress("判断坐标系", 0.3)
    work.settle()
    if not work.settled.placed:
        report, refusal = _unplaced(work)
        return Judged(report, digest, base_revision, None, (), source, None, settled=work.settled, refusal=refusal)
    progress("检查每一行", 0.4)
    work.check()
    progress("与登记比对", 0.7)
    work.compare()
    progress("检查相邻关系", 0.75)
    report = work.report()
    return Judged(
        report,
        digest,
        base_revision,
        work.frame,
        work.doomed,
        source,
        work.settled.source,
        work.checked.reasons,
        work.checked.rows,
        work.settled,
    )


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


class _Work:
    """One judgement in the making: each step leaves what the next one needs."""

    settled: placing.Settled
    checked: rows.Checked
    frame: gpd.GeoDataFrame
    compared: register.Compared
    doomed: tuple[str, ...] = ()

    def __init__(
        self, workspace: Workspace, spec: Layer, order: Order, source: reading.Source, *, dry_run: bool
    ) -> None:
        catalogue = workspace.catalogue
        self.spec, self.order, self.source, self.dry_run = spec, order, source, dry_run
        self.register = register.load(workspace.store, spec)
        self.district = District(
            district_outline(catalogue), catalogue.district.storage_crs, catalogue.district.metric_crs
        )
        self.remembered = memory.recall(workspace.store, spec, list(source.table.columns), order.columns)
        self.counted_in: dict[str, str] = {}
        self.units = {**memory.recall_units(workspace.store, spec, list(source.table.columns)), **order.units}
        self.columns = {**{name: one.field for name, one in self.remembered.items()}, **order.columns}
        self.shift: given.GivenShift | None = None
        self.places: KnownPlaces | None = None
        self.recognised = register.Recognised()
        self.notes: list[Issue] = []

    def settle(self) -> None:
        """Find the coordinate system and bring the shapes to the storage system."""
        order, source = self.order, self.source
        if order.datum is not None:
            old, target = order.crs or source.crs, self.district.metric_crs
            read = given.from_text if isinstance(order.datum, str) else given.from_plain
            self.shift = read(order.datum, crs_chosen=old, target=target)  # type: ignore[arg-type]
        matched = rows.match_columns(self.spec, list(source.table.columns), self.columns)
        self.places = register.known_places(self.register, source, matched)
        self.settled = placing.settle(
            source,
            self.spec.spec.geometry,
            district=self.district,
            chosen=order.crs,
            places=self.places,
            shift=self.shift.shift if self.shift is not None else None,
        )
        if self.settled.placed:
            placed, told = drawings.measured(self.settled.source, self.spec, self.district)
            self.settled = replace(self.settled, source=placed, issues=(*self.settled.issues, *told))

    def check(self) -> None:
        """Turn rows into features, and say why not."""
        placed = self.settled.source
        matched = rows.match_columns(self.spec, list(placed.table.columns), self._columns_of(placed))
        self.recognised = register.recognise(self.register, placed, matched, district=self.district)
        self.counted_in = self._units_of(placed)
        choices = rows.Choices(
            source=self.source.path.name,
            columns=self._columns_of(placed),
            data_status=self.order.data_status,
            units=self.counted_in,
            keys=self.recognised.keys,
        )
        checked = rows.check(
            placed, self.spec, choices, storage_crs=self.district.storage_crs, district=self.district.outline
        )
        self.checked = _without_doubtful(placed, checked, self.recognised.doubtful)

    def compare(self) -> None:
        """Complete the rows from the register and tell what they change."""
        frame, notes = register.carry_over(self.register, self.checked)
        self._give_known_shapes(frame)
        self.compared = register.compare(
            self.register, self.frame, self.checked.rows, given=self.checked.given, by=self.recognised.by
        )
        self.frame = self.compared.frame
        if self.order.mode == "replace":
            self.doomed = self.compared.missing
        else:
            notes = (*notes, *register.illustrative_left(self.register, self.compared))
        self.notes += [*notes, *self._told_about_status(), *self._told_about_recognised()]
        self.notes += [*self._told_about_memory(), *self._told_about_datum(), *self._neighbours()]

    def report(self) -> ImportReport:
        """Put everything together."""
        order, checked, source = self.order, self.checked, self.source
        suggested = self._suggestions()
        refused = self.frame.empty or (bool(checked.rejected) and not order.keep_valid)
        questions: list[Question] = []
        guess = self.settled.guess
        if guess is not None and guess.verdict == "ask":
            questions.append("crs")
        if self._encoding_undecided():
            questions.append("encoding")
            zh = "文字编码不能确定，请指定，例如 gb18030 或 UTF-8（命令行 --encoding）"
            en = "the encoding of the texts is not certain; name it, such as gb18030 or UTF-8 (--encoding)"
            self.notes.append(Issue("warning", "encoding_undecided", "文件", zh, en))
        if refused and suggested and any(issue.code == "column_missing" for issue in checked.issues):
            questions.append("columns")
        verdict: Verdict = "needs_confirmation" if questions else "refuse" if refused else "ok"
        status = Counter(checked.frame["data_status"]) if "data_status" in checked.frame else {}
        missing = register.missing_matches(self.register, self.compared)
        doubtful = register.doubtful_matches(self.recognised)
        return ImportReport(
            layer=self.spec.id,
            file_name=source.path.name,
            verdict=verdict,
            mode=order.mode,
            dry_run=self.dry_run,
            encoding=source.encoding,
            crs=self._system(),
            **_evidence(source, self.settled),
            columns=checked.columns,
            units=tuple(
                one.as_dict()
                for one in units.readings(self.settled.source, self.spec, checked.columns, self.counted_in)
            ),
            column_candidates=suggested,
            matching=self.compared.counts(len(doubtful)),
            matches=(*self.compared.matches, *doubtful, *missing),
            rows_in=self.settled.source.rows,
            rows_kept=len(checked.frame),
            rejected=checked.rejected,
            data_status=dict(status),
            issues=(*source.issues, *self.settled.issues, *checked.issues, *self.notes),
            deleted=len(self.doomed),
            choices=self._decided(),
            datum=self.datum_finding(),
            questions=tuple(questions),
        )

    def _decided(self) -> dict[str, Any]:
        """Tell what was decided, by whom or what, to be kept with the batch."""
        return {
            "crs": self._system(),
            "encoding": self.source.encoding,
            "columns": {name: target for name, target in self.checked.columns.items() if target},
            "chosen": {
                "crs": self.order.crs,
                "encoding": self.order.encoding,
                "columns": dict(self.columns),
                "units": dict(self.counted_in),
                "sheet": self.order.sheet,
            },
            "datum": dict(self.shift.plain) if self.shift is not None else None,
            "mode": self.order.mode,
            "data_status": self.order.data_status,
            "keep_valid": self.order.keep_valid,
        }

    def datum_finding(self) -> dict[str, Any] | None:
        """Tell the transformation and its residuals: at the control points, or at known places of the register."""
        if self.shift is None:
            return None
        residuals, rms = list(self.shift.residuals_m), self.shift.rms_m
        against = "control_points" if residuals else "nothing"
        chosen = self._chosen_system()
        if not residuals and self.places is not None and chosen is not None and chosen.needs_parameters:
            residuals = placing.misfits_m(self.places, chosen, district=self.district, shift=self.shift.shift)
            rms = float(np.sqrt(np.mean(np.sum(np.square(residuals), axis=1)))) if residuals else None
            against = "register" if residuals else "nothing"
        return {
            "kind": self.shift.kind,
            "parameters": self.shift.parameters,
            "residuals_m": [(round(east, 4), round(north, 4)) for east, north in residuals],
            "names": list(self.shift.names),
            "rms_m": None if rms is None else round(rms, 4),
            "against": against,
        }

    def _chosen_system(self) -> guessed.System | None:
        if self.order.crs:
            return guessed.parse(self.order.crs)
        return self.settled.guess.chosen if self.settled.guess is not None else None

    def _system(self) -> str | None:
        found = self._chosen_system()
        return found.id if found is not None else None

    def _columns_of(self, placed: reading.Source) -> dict[str, str]:
        return {name: target for name, target in self.columns.items() if name in placed.table.columns}

    def _units_of(self, placed: reading.Source) -> dict[str, str]:
        """Drop what was remembered of columns that go elsewhere this time; what was ordered is checked."""
        matched = rows.match_columns(self.spec, list(placed.table.columns), self._columns_of(placed))
        return {
            name: unit
            for name, unit in self.units.items()
            if name in self.order.units or units.fits(unit, self.spec, matched.get(name))
        }

    def _encoding_undecided(self) -> bool:
        found = self.source.encoding_guess
        return self.order.encoding is None and found is not None and found["verdict"] == "ask"

    def _give_known_shapes(self, frame: gpd.GeoDataFrame) -> None:
        """Give the rows of a ledger without positions the shapes of the register; others are rejected."""
        checked, placed = self.checked, self.settled.source
        self.frame = frame
        if self.spec.spec.geometry == "none" or placed.geometry is not None or frame.empty:
            return
        shapes = self.register.shapes(frame.index)
        there = ~shapely.is_missing(shapes)
        self.frame = frame[there].set_geometry(
            gpd.GeoSeries(shapes[there], index=frame.index[there], crs=self.district.storage_crs)
        )
        lost = [row for row, known in zip(checked.rows, there, strict=True) if not known]
        zh = "登记中没有这个编号，台账也没有图形，无法登记"
        en = "the register does not know the code, and the ledger has no shape for it"
        self.notes += [Issue("error", "geometry_missing", placed.where[row - 1], zh, en) for row in lost]
        self.checked = replace(
            checked,
            frame=checked.frame[there],
            rows=tuple(row for row, known in zip(checked.rows, there, strict=True) if known),
            rejected=tuple(sorted({*checked.rejected, *lost})),
            reasons=(*checked.reasons, *(rows.Reason(row, "", "geometry_missing", zh, en) for row in lost)),
        )

    def _neighbours(self) -> tuple[Issue, ...]:
        frame = self.frame
        if self.spec.spec.geometry != "polygon" or frame.empty:
            return ()
        stated = pd.to_numeric(frame["area_m2"], errors="coerce").to_numpy(float) if "area_m2" in frame else None
        names = [str(name) for name in frame[self.spec.spec.key]]
        return placing.neighbours(frame.geometry.to_numpy(), district=self.district, stated_m2=stated, where=names)

    def _suggestions(self) -> tuple[Mapping[str, Any], ...]:
        """Tell what each open or remembered column is taken for; only what was decided before is taken by itself."""
        placed, checked = self.settled.source, self.checked
        known = {name for name, one in self.remembered.items() if name not in self.order.columns and one.field}
        free = [
            name
            for name, target in checked.columns.items()
            if target is None and name not in {*placed.positions, *rows.OWN_COLUMNS, *self.columns}
        ]
        taken = {target for name, target in checked.columns.items() if name not in known}
        fields = [one for one in self.spec.fields if one.id not in taken]
        cut = placed.kind == "shp"
        heads = [
            Head(name, cut=cut and len(name.encode("utf-8")) >= _CUT_BYTES)
            for name in placed.table.columns
            if name in {*free, *known}
        ]
        samples = {head.name: list(placed.table[head.name][:50]) for head in heads}
        found = suggest(heads, fields, memory={name: self.remembered[name].field for name in known}, samples=samples)
        return tuple(memory.cited(match, self.remembered) for match in found if match.field is not None)

    def _told_about_status(self) -> list[Issue]:
        if "data_status" in self.checked.columns.values():
            return []
        zh = f"文件没有数据状态，按 {self.order.data_status} 登记（--status 可改）"
        en = f"the file gives no data status; {self.order.data_status} was recorded"
        return [Issue("info", "status_assumed", "文件", zh, en)]

    def _told_about_recognised(self) -> list[Issue]:
        placed, issues = self.settled.source, []
        words = {"code": ("编号写法不同", "its code, written otherwise"), "name": ("名称", "its name")}
        for row, code in self.recognised.keys.items():
            zh, en = words.get(self.recognised.by[row], ("位置", "where it lies"))
            where = placed.where[row] if placed.where else f"第 {row + 1} 行"
            text = f"按{zh}认出是登记的“{code}”"
            issues.append(Issue("info", "row_recognised", where, text, f"recognised as “{code}” by {en}"))
        return issues

    def _told_about_memory(self) -> list[Issue]:
        return [
            Issue("info", "column_remembered", name, *one.words)
            for name, one in self.remembered.items()
            if name not in self.order.columns
        ] + [
            Issue("info", "unit_remembered", name, f"单位按以前的导入：{unit}", f"in {unit}, as in an earlier import")
            for name, unit in self.counted_in.items()
            if name not in self.order.units
        ]

    def _told_about_datum(self) -> list[Issue]:
        found = self.datum_finding()
        if found is None or found["rms_m"] is None:
            return []
        worst = max(float(np.hypot(*pair)) for pair in found["residuals_m"])
        count = len(found["residuals_m"])
        level: Level = "warning" if found["rms_m"] > _POOR_FIT_M else "info"
        zh = f"坐标转换的残差：{count} 个点，中误差 {found['rms_m']:.3f} 米，最大 {worst:.3f} 米"
        en = f"residuals of the transformation at {count} points: {found['rms_m']:.3f} m rms, at most {worst:.3f} m"
        return [Issue(level, "datum_fitted", "文件", zh, en)]


def _without_doubtful(
    placed: reading.Source, checked: rows.Checked, doubtful: Mapping[int, tuple[str, str]]
) -> rows.Checked:
    """Reject the rows that could be more than one registered feature."""
    if not doubtful:
        return checked
    reasons, issues = [], []
    for row, (zh, en) in doubtful.items():
        where = placed.where[row] if placed.where else f"第 {row + 1} 行"
        issues.append(Issue("error", "match_ambiguous", where, zh, en))
        reasons.append(rows.Reason(row + 1, "", "match_ambiguous", zh, en))
    good = np.array([row - 1 not in doubtful for row in checked.rows], dtype=bool)
    return replace(
        checked,
        frame=checked.frame[good],
        rows=tuple(row for row in checked.rows if row - 1 not in doubtful),
        rejected=tuple(sorted({*checked.rejected, *(row + 1 for row in doubtful)})),
        reasons=(*checked.reasons, *reasons),
        issues=(*checked.issues, *issues),
    )


def _evidence(source: reading.Source, settled: placing.Settled) -> dict[str, Any]:
    encodings = source.encoding_guess or {"candidates": ()}
    found: dict[str, Any] = {"encoding_candidates": tuple(encodings["candidates"]), "crs_candidates": ()}
    if settled.guess is not None:
        told = settled.guess.as_dict()
        found["crs_candidates"] = tuple(told["candidates"])
        found["crs_reason"] = {name: told[name] for name in ("verdict", "reason", "reason_en")}
    return found


def _unplaced(work: _Work) -> tuple[ImportReport, YzgeoError | None]:
    """Report a file whose shapes cannot be placed: it lies elsewhere, or stands on an old datum without parameters."""
    source, settled = work.source, work.settled
    guess = settled.guess
    if guess is None:  # pragma: no cover - a source without shapes is always placed
        raise CrsMissingError(path=source.path.name)
    old = next((item.system for item in guess.candidates if item.system.needs_parameters), None)
    elsewhere = not guess.candidates and source.crs is not None
    verdict: Verdict = "needs_confirmation" if elsewhere or guess.verdict == "ask" else "refuse"
    refusal: YzgeoError | None = None
    questions: tuple[Question, ...] = ("crs",) if verdict == "needs_confirmation" else ()
    if verdict == "refuse":
        if old is not None:
            refusal = CrsParametersNeededError(crs=old.zh, crs_en=old.en, target="CGCS2000")
            questions = ("datum",)
        elif source.crs is None and not guess.candidates:
            refusal = CrsMissingError(path=source.path.name)
        else:
            refusal = CrsUnsupportedError(crs=source.path.name, reason_zh=guess.reason.zh, reason_en=guess.reason.en)
    report = ImportReport(
        layer=work.spec.id,
        file_name=source.path.name,
        verdict=verdict,
        mode=work.order.mode,
        dry_run=work.dry_run,
        encoding=source.encoding,
        crs=None,
        **_evidence(source, settled),
        columns={},
        rows_in=source.rows,
        rows_kept=0,
        rejected=tuple(range(1, source.rows + 1)),
        data_status={},
        matching={"new": 0, "changed": 0, "unchanged": 0, "ambiguous": 0, "missing": 0},
        issues=(*source.issues, Issue("error", "crs_undecided", "文件", guess.reason.zh, guess.reason.en)),
        questions=questions,
        datum=work.datum_finding(),
    )
    return report, refusal


def _digest(file: Path) -> str:
    """Hash the file; a Shapefile's texts and system are part of what was imported, and a geodatabase is a folder."""
    if not file.exists():
        raise FileMissingError(path=str(file))
    parts = sorted(part for part in file.rglob("*") if part.is_file()) if file.is_dir() else [file]
    if file.suffix.lower() == ".shp":
        parts += [found for end in _SIDECARS if (found := file.with_suffix(end)).is_file()]
    total = hashlib.sha256()
    for part in parts:
        with part.open("rb") as stream:
            while block := stream.read(1024 * 1024):
                total.update(block)
    return total.hexdigest()
