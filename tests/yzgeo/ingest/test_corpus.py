"""The whole corpus, file by file, against the truth beside it: nothing is ever certain and wrong."""

from __future__ import annotations

import io
import json
import warnings
from pathlib import Path

import geopandas as gpd
import numpy as np
import pyogrio
import pytest
import shapely

from yzgeo import crs as known_systems
from yzgeo.errors import YzgeoError
from yzgeo.ingest import columns, encoding, matching
from yzgeo.ingest.archive import kinds, zips
from yzgeo.ingest.crs_guess import datum, ranking, systems
from yzgeo.ingest.crs_guess.evidence import District, KnownPlaces
from yzgeo.ingest.geometry import relations, repair
from yzgeo.ingest.tables import layout, sheets, subparcels
from yzgeo.ingest.values import dates, numbers, words

CORPUS = Path(__file__).parents[2] / "data" / "import"
TRUTHS = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(CORPUS.glob("*.truth.json"))]
REFUSED = [truth for truth in TRUTHS if truth.get("refuse")]
SHAPES = [
    truth
    for truth in TRUTHS
    if truth.get("crs") and not truth["file"].endswith((".csv", ".xlsx", ".xls", ".dxf")) and not truth.get("refuse")
]
POINTS = [truth for truth in TRUTHS if truth.get("crs") and truth["file"].endswith((".csv", ".xlsx"))]
LEDGERS = [truth for truth in TRUTHS if "values" in truth]
METRES = 111_320.0


def name(truth):
    return truth["file"]


@pytest.fixture(scope="module")
def district(catalogue):
    frame = gpd.read_file(catalogue.root / catalogue.district.boundary_file)
    return District(frame.geometry.iloc[0], catalogue.district.storage_crs, catalogue.district.metric_crs)


def apart_m(one, other):
    east = (one[:, 0] - other[:, 0]) * np.cos(np.radians(42.3))
    return np.hypot(east, one[:, 1] - other[:, 1]) * METRES


def opened(truth, folder):
    """Unpack if it is an archive; give the main file and its parts."""
    path = CORPUS / truth["file"]
    if path.suffix not in {".zip", ".kmz"}:
        return path
    with path.open("rb") as file:
        written = zips.unpack(file, folder / "out", name=path.name)
    (found,) = kinds.data_sets([item.relative_to(folder / "out").as_posix() for item in written])
    assert found.missing == ()
    return folder / "out" / found.main


def read_shapes(truth, folder):
    """Read a file of shapes: frame, what it declares and by what, and the encoding found."""
    path = opened(truth, folder)
    head = path.read_bytes()
    kind = kinds.check_kind(path.name, head[: 64 * 1024], len(head))
    found, options = None, {}
    if kind == "shp":
        table = path.with_suffix(".dbf").read_bytes()
        described = encoding.read_dbf_head(table)
        cpg = path.with_suffix(".cpg")
        claimed = cpg.read_text() if cpg.exists() else described.code_page
        found = encoding.guess(encoding.dbf_samples(table, described), declared=claimed)
        options["encoding"] = found.chosen
        path.with_suffix(".dbf").write_bytes(encoding.mend_dbf_names(table, described, found.chosen))
    if kind in {"tab", "mif"}:
        content = path.with_suffix(".dat" if kind == "tab" else ".mid").read_bytes()
        texts = (
            encoding.dbf_samples(content, encoding.read_dbf_head(content)) if kind == "tab" else content.splitlines()
        )
        found = encoding.guess(texts)
        options["encoding"] = found.chosen
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        frame = pyogrio.read_dataframe(path, **options)
    declared_by = kinds.declared_by(kind, head)
    declared = frame.crs.to_wkt() if frame.crs is not None and declared_by != "nothing" else None
    return frame, declared, "format" if declared_by == "format" else "file", found, path


def rank(frame, declared, declared_by, district, **options):
    points = shapely.get_coordinates(frame.geometry.to_numpy())
    return points, ranking.rank(*points.T, district=district, declared=declared, declared_by=declared_by, **options)


def test_the_corpus_is_large_small_and_complete():
    assert len(TRUTHS) >= 25
    for truth in TRUTHS:
        path = CORPUS / truth["file"]
        assert path.exists()
        assert path.stat().st_size < 50_000
    files = {path.name for path in CORPUS.iterdir()} - {"make.py", "README.md", "__pycache__"}
    assert files == {truth["file"] for truth in TRUTHS} | {f"{truth['file']}.truth.json" for truth in TRUTHS}


@pytest.mark.parametrize("truth", SHAPES, ids=name)
def test_shapes_come_to_lie_within_a_centimetre(truth, tmp_path, district):
    frame, declared, declared_by, found, path = read_shapes(truth, tmp_path)
    if truth["encoding"] is not None:
        assert found.verdict == "certain"
        assert found.chosen == truth["encoding"]
    if "members" in truth:
        assert path.name == truth["members"]
    assert len(frame) == truth["rows"]
    points, guess = rank(frame, declared, declared_by, district)
    wanted = truth["crs"]
    assert guess.verdict == wanted["verdict"]
    if guess.verdict == "certain":
        assert guess.chosen.id == wanted["truth"]
    if guess.verdict == "ask":
        listed = [{candidate.id, *candidate.same_as} for candidate in guess.candidates]
        assert any(wanted["truth"] in ids for ids in listed)
        assert wanted["truth"] in listed[0] or "register_decides" in truth
    if "codes" in truth:
        assert list(frame["编号" if "编号" in frame else "code"]) == truth["codes"]
    assert set(truth.get("cut", ())) <= set(frame.columns)
    if "vertices" not in truth:
        return
    expected = np.array([point for outline in truth["vertices"] for point in outline])
    if truth.get("register_decides"):
        places = KnownPlaces(*points[::5].T, *expected[::5].T)
        _, decided = rank(frame, declared, declared_by, district, places=places)
        assert decided.verdict == "certain"
        assert decided.chosen.id == {"EPSG:4326": "EPSG:4490"}.get(wanted["truth"], wanted["truth"]) or (
            decided.chosen.id == wanted["truth"]
        )
    shift = None
    if "seven_parameters" in truth:
        shift = datum.SevenParameters(**truth["seven_parameters"], convention="position_vector")
    if "control_points" in truth:
        control = truth["control_points"]
        fitted = datum.fit_four_parameters(
            np.array(control["source"]),
            np.array(control["target"]),
            source_crs=control["source_crs"],
            target_crs=control["target_crs"],
        )
        assert fitted.rms_m < 0.01
        shift = fitted.parameters
    if shift is not None:
        _, accepted = rank(frame, declared, declared_by, district, shift=shift)
        assert (accepted.verdict, accepted.chosen.id) == ("certain", wanted["truth"])
    lonlat = systems.place(*points.T, systems.parse(wanted["truth"]), storage_crs=district.storage_crs, shift=shift)
    assert apart_m(sorted_rows(np.column_stack(lonlat)), sorted_rows(expected)).max() < 0.01


def sorted_rows(points):
    """Writers turn rings round; the same points in one order."""
    return points[np.lexsort(np.round(points, 6).T)]


@pytest.mark.parametrize("truth", POINTS, ids=name)
def test_tables_with_positions(truth, district, catalogue):
    table, found = read_table(truth, catalogue)
    if truth["encoding"]:
        assert found.chosen == truth["encoding"]
    assert mapped(table, catalogue) == truth["columns"]
    heads = [columns.Head(column.name, column.leaf, column.unit) for column in table.columns]
    where = columns.find_coordinates(heads)
    index = {column.name: column.index for column in table.columns}
    x, y, problems = columns.read_coordinates(
        [row.cells[index[where.first]].value for row in table.rows],
        [row.cells[index[where.second]].value for row in table.rows],
    )
    assert problems == ()
    stated = [*table.titles, where.first, where.second, *(column.name for column in table.columns)]
    guess = ranking.rank(x, y, district=district, stated=stated, axes="columns")
    wanted = truth["crs"]
    assert guess.verdict == wanted["verdict"]
    expected = np.array([outline[0] for outline in truth["vertices"]])
    if guess.verdict == "ask":
        assert wanted["truth"] in {candidate.id for candidate in guess.candidates}
        if "register_decides" in truth:
            places = KnownPlaces(x, y, *expected.T)
            guess = ranking.rank(x, y, district=district, stated=stated, axes="columns", places=places)
            assert guess.verdict == "certain"
        else:
            assert guess.candidates[0].id == wanted["truth"]
    chosen = guess.chosen or systems.parse(wanted["truth"])
    assert chosen.id == wanted["truth"]
    lonlat = np.column_stack(systems.place(x, y, chosen, storage_crs=district.storage_crs))
    assert apart_m(lonlat, expected).max() < 0.01


@pytest.mark.parametrize("truth", LEDGERS, ids=name)
def test_ledgers_are_read_row_by_row(truth, catalogue):
    layer = catalogue.layer("shantytown_parcel")
    tables = read_tables(truth, catalogue)
    if "sheets" in truth:
        assert [table.sheet for table in tables] == truth["sheets"]
    assert sum(len(table.rows) for table in tables) == truth["rows"]
    got = {}
    sections = []
    for table in tables:
        mapping = mapped(table, catalogue)
        assert mapping == truth["columns"]
        by_field = {mapping[column.name]: column for column in table.columns if column.name in mapping}
        rows, _ = subparcels.split(table, keys={by_field["code"].index, by_field["name"].index})
        for row in rows:
            cells = {field: row.cells.get(column.index) for field, column in by_field.items()}
            sections.append(row.section)
            read = {
                "area_m2": numbers.convert(
                    numbers.read(cells["area_m2"].value), to="m2", column=by_field["area_m2"].unit
                ),
                "households": numbers.convert(numbers.read(cells["households"].value), to="households"),
                "stage": words.choice(str(cells["stage"].value), layer.fields_by_id["stage"].values).id,
            }
            if "planned_finish" in cells:
                read["planned_finish"] = dates.read(cells["planned_finish"].value).last.isoformat()
            got[words.text(cells["code"].value)] = read
    if "sections" in truth:
        assert sections == truth["sections"]
    assert sorted(got) == truth["codes"]
    for field, values in truth["values"].items():
        assert [got[code][field] for code in truth["codes"]] == values, field


@pytest.mark.parametrize("truth", REFUSED, ids=name)
def test_hostile_files_are_refused(truth, tmp_path, district, catalogue):
    path = CORPUS / truth["file"]
    if path.suffix == ".csv":
        table, _ = read_table(truth, catalogue)
        index = {column.leaf: column.index for column in table.columns}
        x, y, _ = columns.read_coordinates(
            [row.cells[index["经度"]].value for row in table.rows],
            [row.cells[index["纬度"]].value for row in table.rows],
        )
        assert ranking.rank(x, y, district=district).verdict == "refuse"
        return
    content = path.read_bytes()

    def open_it():
        kinds.check_kind(path.name, content[: 64 * 1024], len(content))
        zips.unpack(io.BytesIO(content), tmp_path / "out", name=path.name)

    with pytest.raises(YzgeoError):
        open_it()
    assert not any(item.is_file() and item.stat().st_size > 5000 for item in tmp_path.rglob("*"))


def test_injections_are_refused_cell_by_cell(catalogue):
    (truth,) = [truth for truth in TRUTHS if "unsafe" in truth]
    table, _ = read_table(truth, catalogue)
    unsafe = []
    for row in table.rows:
        for cell in row.cells.values():
            try:
                words.text(cell.value)
            except YzgeoError:
                unsafe.append(cell.address)
    assert unsafe == truth["unsafe"]


def test_broken_shapes_are_mended_and_told(tmp_path, district):
    (truth,) = [truth for truth in TRUTHS if "repairs" in truth]
    frame, *_ = read_shapes(truth, tmp_path)
    result = repair.repair(frame.geometry.to_numpy(), kind="polygon", where=list(frame["编号"]))
    told = [[issue.where, issue.code] for issue in result.issues]
    assert [item for item in told if item[1] != "heights_dropped"] == truth["repairs"]
    outline = known_systems.transform(
        np.array([district.outline], dtype=object), district.storage_crs, district.metric_crs
    )[0]
    issues = relations.report(
        result.geometries, district=outline, stated_m2=frame["占地面积"].to_numpy(), where=list(frame["编号"])
    )
    assert [[issue.where, issue.code] for issue in issues] == truth["relations"]


def test_a_drawing_is_a_question_of_its_system(district):
    (truth,) = [truth for truth in TRUTHS if truth["file"].endswith(".dxf")]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        frame = pyogrio.read_dataframe(CORPUS / truth["file"])
    lines = frame[frame.geometry.geom_type != "Point"]
    assert list(dict.fromkeys(lines["Layer"])) == truth["layers"]
    result = repair.repair(lines.geometry.to_numpy(), kind="polygon")
    assert not result.rejected.any()
    points, guess = rank(lines, None, "file", district)
    assert guess.verdict == "ask"
    assert guess.candidates[0].id == truth["crs"]["truth"]
    lonlat = systems.place(*points.T, guess.candidates[0].system, storage_crs=district.storage_crs)
    expected = np.array([point for outline in truth["vertices"] for point in outline])
    assert apart_m(sorted_rows(np.column_stack(lonlat)), sorted_rows(expected)).max() < 0.01


def test_the_same_parcels_in_another_guise_match_themselves(tmp_path, district):
    by_file = {truth["file"]: truth for truth in SHAPES}
    sides = []
    for file in ("zone_gbk.zip", "declared.geojson"):
        frame, declared, declared_by, _, _ = read_shapes(by_file[file], tmp_path / file)
        points, guess = rank(frame, declared, declared_by, district)
        lonlat = np.column_stack(systems.place(*points.T, guess.chosen, storage_crs=district.storage_crs))
        shapes = shapely.set_coordinates(frame.geometry.to_numpy().copy(), lonlat)
        plane = known_systems.transform(shapes, district.storage_crs, district.metric_crs)
        sides.append(matching.Records(list(frame["编号"]), list(frame["名称"]), plane, {"户": list(frame["涉及户数"])}))
    assert matching.match(*sides).counts() == {"new": 0, "changed": 0, "unchanged": 6, "ambiguous": 0, "missing": 0}


def read_tables(truth, catalogue):
    path = CORPUS / truth["file"]
    content = path.read_bytes()
    layer = catalogue.layer("shantytown_parcel")
    vocabulary = [name for field in layer.fields for name in (field.title.zh, *field.aliases)]
    if path.suffix == ".xlsx":
        grids = sheets.read_xlsx(content)
    elif path.suffix == ".xls":
        grids = sheets.read_xls(content)
    else:
        grids = (sheets.read_csv(content, path=path.name)[0],)
    found = [layout.find_table(sheet, known=vocabulary) for sheet in grids]
    return [table for table in found if table is not None]


def read_table(truth, catalogue):
    (table,) = read_tables(truth, catalogue)
    content = (CORPUS / truth["file"]).read_bytes()
    return table, sheets.read_csv(content)[1] if truth["file"].endswith(".csv") else None


def mapped(table, catalogue):
    layer = catalogue.layer("shantytown_parcel")
    heads = [columns.Head(column.name, column.leaf, column.unit) for column in table.columns]
    samples = {
        column.name: [row.cells[column.index].value for row in table.rows if column.index in row.cells]
        for column in table.columns
    }
    wanted = {"code", "name", "area_m2", "households", "stage", "planned_finish"}
    return {
        match.column: match.field
        for match in columns.suggest(heads, layer.fields, samples=samples)
        if match.verdict == "certain" and match.field in wanted
    }
