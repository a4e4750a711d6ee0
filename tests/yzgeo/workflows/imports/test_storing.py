from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyogrio
import pytest
from shapely.geometry import Point, Polygon, box

from yzgeo.catalogue import Catalogue, feature_uid
from yzgeo.errors import (
    ConflictError,
    FileMissingError,
    FileUnreadableError,
    GeometryTypeError,
    LayerUnknownError,
    LiveFileError,
    ParameterError,
    RowsRejectedError,
)
from yzgeo.store.base import Query
from yzgeo.store.writing import BULK_ROWS
from yzgeo.workflows.exports import export_layer
from yzgeo.workflows.imports import district_outline, import_file
from yzgeo.workflows.workspace import Workspace, create_workspace, open_workspace

LAYER = "shantytown_parcel"
BOWTIE = Polygon([(123.84, 42.28), (123.85, 42.29), (123.85, 42.28), (123.84, 42.29)])
Parcels = Callable[..., Path]


def values(workspace: Workspace, field: str) -> dict[Any, Any]:
    rows = workspace.store.rows(LAYER)
    return dict(zip(rows.columns["code"], rows.columns[field], strict=True))


@pytest.mark.parametrize("name", ["a.gpkg", "a.shp", "a.geojson"])
def test_a_file_goes_in_as_one_batch(workspace: Workspace, parcels: Parcels, name: str) -> None:
    report = import_file(workspace, parcels(name), layer=LAYER, actor="tester")
    told = report.as_dict()
    assert told["verdict"] == "ok"
    assert told["rows"] == {"in": 3, "kept": 3, "rejected": 0}
    assert report.batch is not None
    assert (report.batch.inserted, report.batch.revision, report.batch.actor) == (3, 1, "tester")
    assert report.batch.file_name == name
    assert len(str(report.batch.file_sha256)) == 64
    assert report.batch.choices["columns"] == {"编号": "code", "面积": "area_m2", "阶段": "stage"}
    assert values(workspace, "area_m2") == {"A0": 100.0, "A1": 101.0, "A2": 102.0}
    assert workspace.store.feature(LAYER, feature_uid(LAYER, "A1")).properties["stage"] == "planned"
    json.dumps(told)


def test_the_same_file_twice_changes_nothing(workspace: Workspace, parcels: Parcels) -> None:
    path = parcels()
    import_file(workspace, path, layer=LAYER)
    again = import_file(workspace, path, layer=LAYER)
    assert again.batch is not None
    assert (again.batch.unchanged, again.batch.inserted, again.batch.updated) == (3, 0, 0)
    assert workspace.store.revision(LAYER) == 1


def test_an_update_keeps_what_the_file_does_not_speak_of(workspace: Workspace, parcels: Parcels) -> None:
    import_file(workspace, parcels(名称=["甲", "乙", "丙"], 户数=[10, 20, 30]), layer=LAYER)
    import_file(workspace, parcels("b.gpkg", count=2, 面积=[900.0, 901.0]), layer=LAYER)
    assert values(workspace, "area_m2") == {"A0": 900.0, "A1": 901.0, "A2": 102.0}
    assert values(workspace, "name") == {"A0": "甲", "A1": "乙", "A2": "丙"}
    assert values(workspace, "households") == {"A0": 10, "A1": 20, "A2": 30}


def test_no_invented_value_travels_on_under_a_real_file(workspace: Workspace, parcels: Parcels) -> None:
    import_file(workspace, parcels(户数=[10, 20, 30]), layer=LAYER, data_status="illustrative")
    report = import_file(workspace, parcels("b.gpkg", count=2), layer=LAYER)
    assert values(workspace, "data_status") == {"A0": "surveyed", "A1": "surveyed", "A2": "illustrative"}
    assert values(workspace, "households") == {"A0": None, "A1": None, "A2": 30}
    assert {"illustrative_replaced", "illustrative_left"} <= {issue.code for issue in report.issues}


def test_replace_takes_the_place_of_the_whole_layer(workspace: Workspace, parcels: Parcels) -> None:
    import_file(workspace, parcels(), layer=LAYER, data_status="illustrative")
    real = parcels("real.gpkg", count=2, 编号=["A2", "B9"])
    judged = import_file(workspace, real, layer=LAYER, mode="replace", dry_run=True)
    assert (judged.deleted, judged.batch) == (2, None)
    report = import_file(workspace, real, layer=LAYER, mode="replace")
    assert report.batch is not None
    assert (report.batch.inserted, report.batch.updated, report.batch.deleted) == (1, 1, 2)
    assert set(values(workspace, "code")) == {"A2", "B9"}
    assert dict(workspace.store.tally(LAYER, "data_status")) == {"surveyed": 2}
    assert workspace.store.count(LAYER, Query(revision=1)) == 3


def test_one_bad_row_refuses_the_batch_unless_told_otherwise(workspace: Workspace, parcels: Parcels) -> None:
    path = parcels(面积=[1.0, -2.0, 3.0])
    with pytest.raises(RowsRejectedError) as refusal:
        import_file(workspace, path, layer=LAYER)
    report = refusal.value.fields["report"]
    assert isinstance(report, dict)
    assert report["rows"] == {"in": 3, "kept": 2, "rejected": 1}
    assert (report["verdict"], report["rejected_rows"]) == ("refuse", [2])
    assert "第 2 行·面积" in refusal.value.message("zh")
    assert workspace.store.revision(LAYER) == 0
    judged = import_file(workspace, path, layer=LAYER, dry_run=True)
    assert (judged.verdict, judged.batch, workspace.store.revision(LAYER)) == ("refuse", None, 0)
    kept = import_file(workspace, path, layer=LAYER, keep_valid=True)
    assert kept.as_dict()["rows"] == {"in": 3, "kept": 2, "rejected": 1}
    assert set(values(workspace, "code")) == {"A0", "A2"}


def test_bad_input_is_refused_and_nothing_changes(workspace: Workspace, parcels: Parcels, tmp_path: Path) -> None:
    import_file(workspace, parcels(), layer=LAYER)
    before = workspace.store.frame(LAYER)
    (tmp_path / "empty.geojson").write_text('{"type": "FeatureCollection", "features": []}')
    (tmp_path / "cut.gpkg").write_bytes(parcels("whole.gpkg").read_bytes()[:50_000])
    cases: list[tuple[type[Exception], Path, dict[str, Any]]] = [
        (FileMissingError, tmp_path / "none.gpkg", {"layer": LAYER}),
        (LayerUnknownError, parcels("a.gpkg"), {"layer": "castle"}),
        (GeometryTypeError, parcels("b.gpkg"), {"layer": "road"}),
        (FileUnreadableError, tmp_path / "empty.geojson", {"layer": LAYER, "mode": "replace"}),
        (FileUnreadableError, tmp_path / "cut.gpkg", {"layer": LAYER}),
        (ParameterError, parcels("d.gpkg"), {"layer": LAYER, "columns": {"没有": "code"}}),
        (ParameterError, parcels("e.gpkg"), {"layer": LAYER, "mode": "append"}),
    ]
    if (workspace.path / "yzgeo.gpkg").exists():  # a database has no file that GDAL could open
        cases.append((LiveFileError, workspace.path / "yzgeo.gpkg", {"layer": LAYER}))
    for refusal, path, options in cases:
        with pytest.raises(refusal):
            import_file(workspace, path, **options)
    assert workspace.store.revision(LAYER) == 1
    assert workspace.store.frame(LAYER).equals(before)


def test_a_crossed_outline_is_mended_and_told(workspace: Workspace, tmp_path: Path) -> None:
    properties = {"code": "A1", "area_m2": 1, "stage": "planned"}
    feature = {"type": "Feature", "properties": properties, "geometry": BOWTIE.__geo_interface__}
    path = tmp_path / "a.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}))
    report = import_file(workspace, path, layer=LAYER, crs="EPSG:4326")
    assert report.verdict == "ok"
    assert {"shape_repaired", "area_disagrees"} <= {issue.code for issue in report.issues}
    assert workspace.store.frame(LAYER).geometry.is_valid.all()


def test_a_file_without_system_is_a_question_and_nothing_is_stored(workspace: Workspace, parcels: Parcels) -> None:
    path = parcels("c.shp", crs=None)
    report = import_file(workspace, path, layer=LAYER)
    assert (report.verdict, report.batch, workspace.store.revision(LAYER)) == ("needs_confirmation", None, 0)
    told = report.as_dict()
    assert told["crs"]["chosen"] is None
    assert {"EPSG:4490", "GCJ-02", "BD-09"} <= {one["id"] for one in told["crs"]["candidates"]}
    assert told["rows"] == {"in": 3, "kept": 3, "rejected": 0}
    stored = import_file(workspace, path, layer=LAYER, crs="GCJ-02")
    assert (stored.verdict, stored.choices["crs"]) == ("ok", "GCJ-02")
    # What is registered by now decides the same question for the next file.
    again = import_file(workspace, path, layer=LAYER)
    assert (again.verdict, again.choices["crs"]) == ("ok", "GCJ-02")


CORPUS = Path(__file__).parents[3] / "data" / "import"


@pytest.mark.parametrize(
    ("name", "verdict"),
    [
        ("zone_gbk.zip", "ok"),
        ("utf8_without_cpg.zip", "needs_confirmation"),
        ("contradicted_prj.zip", "needs_confirmation"),
        ("bare.geojson", "needs_confirmation"),
        ("gcj02.geojson", "ok"),  # its name says so
        ("another_city.zip", "needs_confirmation"),
        ("xian80.zip", "refuse"),
    ],
)
def test_verdicts_on_the_corpus(workspace: Workspace, name: str, verdict: str) -> None:
    report = import_file(workspace, CORPUS / name, layer=LAYER, dry_run=True)
    assert report.verdict == verdict
    assert report.rows_in == report.rows_kept + len(report.rejected)
    assert workspace.store.revision(LAYER) == 0


def test_a_ledger_without_shapes_updates_what_is_registered(workspace: Workspace) -> None:
    import_file(workspace, CORPUS / "zone_gbk.zip", layer=LAYER)
    before = workspace.store.frame(LAYER)
    report = import_file(workspace, CORPUS / "ledger_streets.xlsx", layer=LAYER)
    assert report.verdict == "ok"
    assert report.as_dict()["rows"] == {"in": 6, "kept": 6, "rejected": 0}
    after = workspace.store.frame(LAYER)
    assert after.geometry.geom_equals(before.geometry).all()
    assert values(workspace, "area_m2") == {
        "PH-01": 4800.0,
        "PH-02": 3000.0,
        "PH-03": 6000.0,
        "PH-04": 1500.0,
        "PH-05": 7500.0,
        "PH-06": 2400.0,
    }


def test_a_ledger_row_that_nobody_knows_is_rejected(workspace: Workspace) -> None:
    report = import_file(workspace, CORPUS / "ledger_plain.xlsx", layer=LAYER, dry_run=True)
    assert report.as_dict()["rows"] == {"in": 6, "kept": 0, "rejected": 6}
    assert report.verdict == "refuse"


def test_somebody_else_was_faster(workspace: Workspace, parcels: Parcels, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = parcels("a.gpkg"), parcels("b.gpkg", count=2, 面积=[7.0, 8.0])
    import_file(workspace, first, layer=LAYER)
    monkeypatch.setattr(workspace.store, "revision", lambda layer: 0)
    with pytest.raises(ConflictError):
        import_file(workspace, second, layer=LAYER)
    monkeypatch.undo()
    assert values(workspace, "area_m2")["A0"] == 100.0


def test_the_real_boundary_and_a_real_shapefile(workspace: Workspace, catalogue: Catalogue, tmp_path: Path) -> None:
    boundary = catalogue.root / catalogue.district.boundary_file
    import_file(workspace, boundary, layer="admin_district", columns={"adcode": "code"}, data_status="derived")
    world = Path(pyogrio.__file__).parent / "tests/fixtures/naturalearth_lowres/naturalearth_lowres.shp"
    told: dict[str, Any] = {"layer": "admin_district", "columns": {"iso_a3": "code"}, "crs": "EPSG:4326"}
    # “Côte d'Ivoire” is neither Chinese nor UTF-8: the file's own word is offered, and not taken unasked.
    asked = import_file(workspace, world, **told)
    assert (asked.verdict, asked.questions) == ("needs_confirmation", ("encoding",))
    assert asked.encoding_candidates[0]["id"] == "ISO-8859-1"
    told["encoding"] = "ISO-8859-1"
    with pytest.raises(RowsRejectedError):  # five countries of it share the code -99
        import_file(workspace, world, **told)
    report = import_file(workspace, world, **told, keep_valid=True)
    assert (report.rows_in, report.rows_kept, len(report.rejected)) == (177, 172, 5)
    assert "outside_district" in {issue.code for issue in report.issues}
    outline = district_outline(catalogue)
    inside = workspace.store.frame("admin_district").set_index("code").geometry[catalogue.district.code]
    assert inside.symmetric_difference(outline).area == pytest.approx(0, abs=1e-12)
    # Another program reads it back.
    exported = tmp_path / "out.gpkg"
    export_layer(workspace, "admin_district", exported)
    told = subprocess.run(
        ["ogrinfo", "-so", str(exported), "admin_district"], capture_output=True, check=True, text=True
    )
    assert f"Feature Count: {report.rows_kept + 1}" in told.stdout
    assert 'EPSG",4490' in told.stdout


def test_every_point_of_a_projected_file_lands_where_it_belongs(workspace: Workspace, tmp_path: Path) -> None:
    import geopandas as gpd

    from yzgeo import crs

    place = Point(123.85, 42.29)
    (moved,) = crs.transform(gpd.GeoSeries([place.buffer(0.001)]).to_numpy(), "EPSG:4490", "EPSG:4529")
    path = tmp_path / "metric.gpkg"
    table = {"code": ["A1"], "area_m2": [1.0], "stage": ["planned"]}
    gpd.GeoDataFrame(table, geometry=[moved], crs="EPSG:4529").to_file(path)
    import_file(workspace, path, layer=LAYER)
    stored = workspace.store.frame(LAYER).geometry.iloc[0]
    assert stored.hausdorff_distance(place.buffer(0.001)) < 1e-9


KILLED = """
import json, os, signal, sys
from pathlib import Path
from yzgeo.store import connections, ledger_imports, rtree, writing
from yzgeo.workflows.imports.judging import Order, judge
from yzgeo.workflows.imports.storing import store
from yzgeo.workflows.workspace import open_workspace

workspace, file = map(Path, sys.argv[1:])
layer = "shantytown_parcel"


def die(*_):
    os.kill(os.getpid(), signal.SIGKILL)


def before(module, name):
    setattr(module, name, die)


def after(module, name):
    real = getattr(module, name)
    setattr(module, name, lambda *given, **named: die(real(*given, **named)))


def half_way(connection, name):
    real = getattr(connection, name)

    def some(rows):
        rows = list(rows)
        yield from rows[: len(rows) // 2]
        die()

    setattr(connection, name, lambda self, text, rows: real(self, text, some(rows) if layer in text else rows))


points = {
    "the transaction has begun": lambda: before(writing, "record_batch"),
    "the batch is noted": lambda: after(writing, "record_batch"),
    "half of the features are in": lambda: half_way(connections.FileConnection, "executemany"),
    "all features are in": lambda: before(rtree, "fill"),
    "the spatial index is in": lambda: after(rtree, "fill"),
    "the features are written": lambda: after(writing, "write"),
    "the ledger has taken them in": lambda: after(ledger_imports, "take_in"),
    "everything is committed": lambda: after(connections.Connections, "close"),
}
with open_workspace(workspace) as opened:
    judged = judge(opened, file, Order(layer, mode="replace"), dry_run=False)
told = []
for point, arm in points.items():
    child = os.fork()
    if not child:
        arm()
        with open_workspace(workspace) as opened:
            store(opened, judged, actor="t", file_name=file.name)
        os._exit(3)
    ended = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    with open_workspace(workspace) as opened:
        opened.store.check()
        found = opened.store.count(layer), opened.store.revision(layer), len(opened.store.batches(layer))
    told.append([point, ended, *found])
print(json.dumps(told))
"""


@pytest.mark.slow
def test_killed_in_the_middle_of_an_import_all_or_none_is_there(
    tmp_path: Path, catalogue: Catalogue, parcels: Parcels
) -> None:
    """SIGKILL at chosen points of the write, each in a process of its own with the same judgement."""
    path = tmp_path / "workspace"
    create_workspace(path, catalogue)
    file = parcels("many.gpkg", count=BULK_ROWS)
    told = subprocess.run([sys.executable, "-c", KILLED, path, file], capture_output=True, text=True, check=True)
    *early, (last, ended, *found) = json.loads(told.stdout)
    assert len(early) == 7
    for point, signalled, *nothing in early:
        assert (signalled, nothing) == (-signal.SIGKILL, [0, 0, 0]), point
    assert (ended, found) == (-signal.SIGKILL, [BULK_ROWS, 1, 1]), last
    with open_workspace(path, catalogue) as opened:
        assert opened.store.ledger.verify().ok
        assert import_file(opened, file, layer=LAYER).matching["unchanged"] == BULK_ROWS


def test_the_outline_is_one_shape_in_the_storage_system(catalogue: Catalogue) -> None:
    outline = district_outline(catalogue)
    longitude, latitude = catalogue.district.center
    assert outline.is_valid
    assert outline.intersects(box(longitude - 0.05, latitude - 0.05, longitude + 0.05, latitude + 0.05))
