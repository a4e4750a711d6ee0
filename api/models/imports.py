"""The import desk: what was uploaded, what was found out about it, and what became of it."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from yzgeo.catalogue import DataStatus, Label

ImportState = Literal[
    "reading",
    "judging",
    "needs_confirmation",
    "ready",
    "refused",
    "storing",
    "stored",
    "undone",
    "failed",
]
ImportMode = Literal["upsert", "replace"]
ImportQuestion = Literal["layer", "sheet", "crs", "encoding", "columns", "datum"]


class DatumPoint(BaseModel):
    """One control point: east and north in the file's old system and in CGCS2000, metres."""

    model_config = ConfigDict(extra="forbid")

    source: tuple[float, float]
    target: tuple[float, float]
    name: Annotated[str | None, Field(max_length=100)] = None


class Datum(BaseModel):
    """The way from an old datum to CGCS2000: seven parameters, four parameters, or at least three control points."""

    model_config = ConfigDict(extra="forbid")

    kind: Literal["seven", "four", "points"]
    dx_m: float | None = None
    dy_m: float | None = None
    dz_m: float | None = None
    rx_arcsec: float | None = None
    ry_arcsec: float | None = None
    rz_arcsec: float | None = None
    rotation_arcsec: float | None = None
    scale_ppm: float | None = None
    convention: Literal["position_vector", "coordinate_frame"] | None = None
    source_crs: Annotated[str | None, Field(max_length=100)] = None
    target_crs: Annotated[str | None, Field(max_length=100)] = None
    points: Annotated[list[DatumPoint] | None, Field(max_length=1000)] = None


class ImportChange(BaseModel):
    """What a person decides; what is left out stays, null takes a decision back. The file is judged again."""

    model_config = ConfigDict(extra="forbid")

    layer: Annotated[str | None, Field(max_length=100)] = None
    mode: ImportMode | None = None
    crs: Annotated[str | None, Field(max_length=4000)] = None
    encoding: Annotated[str | None, Field(max_length=40)] = None
    sheet: Annotated[str | None, Field(max_length=300)] = None
    columns: Annotated[
        dict[str, str] | None,
        Field(max_length=500, description="Column of the file to field id; an empty id leaves the column out"),
    ] = None
    units: Annotated[
        dict[str, str] | None,
        Field(max_length=500, description="Column of the file to the unit it counts in, such as 亩"),
    ] = None
    datum: Datum | None = None
    data_status: DataStatus | None = None
    keep_valid: Annotated[bool | None, Field(description="Store the good rows, give the others back")] = None


class ImportChoices(BaseModel):
    """What people have decided so far; null where the desk decides by its own evidence."""

    crs: str | None
    encoding: str | None
    sheet: str | None
    columns: dict[str, str]
    units: dict[str, str]
    datum: Datum | None
    data_status: DataStatus
    keep_valid: bool


class ImportFile(BaseModel):
    """One uploaded file, under the name it is kept by."""

    name: str
    bytes: int
    sha256: str


class ImportProgress(BaseModel):
    """How far the work is, of ``total`` steps."""

    done: int
    total: int
    step: str
    step_en: str


class ImportSheet(BaseModel):
    """A sheet, a layer or a data set inside what was uploaded."""

    name: str
    kind: Literal["sheet", "layer", "member"]
    rows: int | None
    chosen: bool


class LayerCandidate(BaseModel):
    """A layer the file could be for."""

    id: str
    title: Label
    score: float
    evidence: list[str]
    evidence_en: list[str]


class CrsCandidate(BaseModel):
    """A coordinate system the file could be in; ``bounds`` are west, south, east, north."""

    id: str
    title: Label
    score: float
    evidence: list[str]
    evidence_en: list[str]
    same_as: list[str]
    needs_parameters: bool
    bounds: list[float]


class CrsFinding(BaseModel):
    """The coordinate system and its rivals."""

    chosen: str | None
    candidates: list[CrsCandidate]
    verdict: Literal["certain", "ask", "refuse"] | None = None
    reason: str | None = None
    reason_en: str | None = None


class EncodingCandidate(BaseModel):
    """An encoding the texts could be in, with some of them as it reads them."""

    id: str
    score: float
    evidence: list[str]
    evidence_en: list[str]
    samples: list[str] = []


class ColumnAlternative(BaseModel):
    """Another field a column could be."""

    field: str
    score: float


class ColumnCandidate(BaseModel):
    """What a column is taken for, how surely and why."""

    column: str
    field: str | None
    score: float
    verdict: Literal["certain", "ask", "none"]
    evidence: list[str]
    evidence_en: list[str]
    alternatives: list[ColumnAlternative]


class UnitOption(BaseModel):
    """A unit a column could count in."""

    id: str
    title: Label


class UnitSample(BaseModel):
    """A cell as the file has it, and the number that is stored."""

    before: str
    after: float


class ColumnUnit(BaseModel):
    """In which unit a column is read (null: its numbers are taken as they stand) and who said so."""

    column: str
    field: str
    unit: str | None
    to: str
    by: Literal["chosen", "head", "nobody"]
    options: list[UnitOption]
    samples: list[UnitSample]


class DatumFinding(BaseModel):
    """The transformation that was used and how well it fits, metres."""

    kind: Literal["seven", "four", "points"]
    parameters: dict[str, float | str]
    residuals_m: list[tuple[float, float]]
    names: list[str]
    rms_m: float | None
    against: Literal["control_points", "register", "nothing"]


class RowCounts(BaseModel):
    """Rows in = kept + rejected."""

    rows_in: int = Field(serialization_alias="in", validation_alias="in")
    kept: int
    rejected: int


class MatchCounts(BaseModel):
    """What the rows are to the register."""

    new: int
    changed: int
    unchanged: int
    ambiguous: int
    missing: int


class ImportIssue(BaseModel):
    """One thing that was found."""

    level: Literal["error", "warning", "info"]
    code: str
    where: str
    message: str
    message_en: str


class ImportBatch(BaseModel):
    """What was written, in one transaction."""

    id: str
    layer: str
    revision: int
    recorded_at: str
    actor: str
    reason: str
    inserted: int
    updated: int
    unchanged: int
    deleted: int
    file_name: str | None
    file_sha256: str | None
    choices: dict[str, Any]
    undoes: str | None
    undone_by: str | None


class ImportJudgement(BaseModel):
    """The report, the same as ``yzgeo import --json`` prints."""

    layer: str
    file: str
    verdict: Literal["ok", "needs_confirmation", "refuse"]
    questions: list[ImportQuestion]
    mode: ImportMode
    dry_run: bool
    encoding: str | None
    encoding_candidates: list[EncodingCandidate]
    crs: CrsFinding
    datum: DatumFinding | None
    columns: dict[str, str | None]
    column_candidates: list[ColumnCandidate]
    units: list[ColumnUnit] = []
    matching: MatchCounts
    rows: RowCounts
    rejected_rows: list[int]
    data_status: dict[str, int]
    deleted: int
    issues: list[ImportIssue]
    issues_total: int
    batch: ImportBatch | None


class ImportLinks(BaseModel):
    """Where to go on; null where there is nothing (yet)."""

    self: str
    preview: str | None
    confirm: str | None
    undo: str | None
    rejected_csv: str | None
    rejected_xlsx: str | None


class Import(BaseModel):
    """One import: uploaded, judged without storing anything, then confirmed or dropped."""

    id: str
    state: ImportState
    progress: ImportProgress
    layer: str | None
    layer_candidates: list[LayerCandidate]
    mode: ImportMode
    files: list[ImportFile]
    choices: ImportChoices
    sheets: list[ImportSheet]
    questions: list[ImportQuestion]
    report: ImportJudgement | None
    batch: str | None
    problem: dict[str, Any] | None
    actor: str
    created_at: str
    updated_at: str
    links: ImportLinks


class Imports(BaseModel):
    """Imports, newest first."""

    imports: list[Import]


class DrawnFeature(BaseModel):
    """A shape for the map (GeoJSON), WGS 84."""

    type: Literal["Feature"]
    geometry: dict[str, Any] | None
    properties: dict[str, Any]


class DrawnFeatures(BaseModel):
    """Shapes for the map (GeoJSON)."""

    type: Literal["FeatureCollection"]
    features: list[DrawnFeature]


class DrawnCandidate(BaseModel):
    """Where the file would lie under one coordinate system, WGS 84."""

    id: str
    title: Label
    geojson: DrawnFeatures


class RowMatch(BaseModel):
    """What one row is to the register; ``row`` is null for features that the file does not have."""

    row: int | None
    uid: str | None
    title: str | None
    status: Literal["new", "changed", "unchanged", "ambiguous", "missing"]
    by: Literal["code", "name", "geometry"] | None
    changed: list[str]


class ImportPreview(BaseModel):
    """What to show on the map and in tables before anything is stored; long lists are cut, the report counts all."""

    candidates: list[DrawnCandidate]
    features: DrawnFeatures
    problems: DrawnFeatures
    samples: dict[str, list[Any]]
    matches: list[RowMatch]
    matches_total: int
    truncated: bool


class Undone(BaseModel):
    """How many features an undo put back."""

    restored: int
    removed: int
    brought_back: int


class LaterEdit(BaseModel):
    """A change made after the import, which stays as it is."""

    uid: str
    revision: int
    at: str
    actor: str
    kept: bool


class ImportUndone(BaseModel):
    """What an undo did, and what it left alone."""

    undone: Undone
    later_edits: list[LaterEdit]
