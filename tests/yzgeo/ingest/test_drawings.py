"""What is read off a drawing: classes, codes and areas, each told."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path

import ezdxf
import geopandas as gpd
import pytest

from yzgeo.ingest import drawings, placing, reading
from yzgeo.ingest.crs_guess.evidence import District

CORPUS = Path(__file__).parents[2] / "data" / "import"
LABELS = ["签约", "拆除", "净地", "未启动", "调查摸底", "再利用"]


@pytest.fixture(scope="module")
def district(catalogue):
    frame = gpd.read_file(catalogue.root / catalogue.district.boundary_file)
    return District(frame.geometry.iloc[0], catalogue.district.storage_crs, catalogue.district.metric_crs)


def test_a_drawing_becomes_a_table_of_areas(catalogue, district):
    layer = catalogue.layer("shantytown_parcel")
    truth = json.loads((CORPUS / "drawing.dxf.truth.json").read_text(encoding="utf-8"))
    source = drawings.as_table(reading.read(CORPUS / "drawing.dxf"), layer)
    assert list(source.table["编号"]) == truth["codes"]
    assert list(source.table["阶段"]) == LABELS
    assert [(issue.code, issue.where) for issue in source.issues] == [
        ("drawing_class", f"棚户区-{label}") for label in LABELS
    ]
    settled = placing.settle(source, "polygon", district=district, chosen="EPSG:4550")
    assert {shape.geom_type for shape in settled.source.geometry} == {"Polygon"}
    table, told = drawings.measured(settled.source, layer, district)
    assert [issue.code for issue in told] == ["area_measured"]
    # The corpus draws the parcels with these areas in the zone that measures.
    assert list(table.table["占地面积"]) == pytest.approx([4800.0, 3000.0, 6000.0, 1500.0, 7500.0, 2400.0], abs=0.02)


@pytest.mark.parametrize(("version", "page", "codec"), [("R2010", "ANSI_936", "utf-8"), ("R2000", "ANSI_1252", "gbk")])
def test_what_a_drawing_does_not_say_is_not_guessed(catalogue, tmp_path, version, page, codec):
    document = ezdxf.new(version, setup=False)
    space = document.modelspace()
    for number, layer in enumerate(["拆除", "拆除-净地", "红线"]):
        document.layers.add(layer)
        corners = [(570_000 + 100 * number + x, 4_684_000 + y) for x, y in ((0, 0), (50, 0), (50, 50), (0, 50))]
        space.add_lwpolyline(corners, close=True, dxfattribs={"layer": layer})
    space.add_text("A1", height=5).set_placement((570_025, 4_684_025))
    stream = io.StringIO()
    document.write(stream)
    path = tmp_path / "a.dxf"
    # The code page that the head names is not the one of the texts, as programs do it.
    path.write_bytes(re.sub(r"ANSI_\d+", page, stream.getvalue(), count=1).encode(codec))
    table = drawings.as_table(reading.read(path), catalogue.layer("shantytown_parcel")).table
    assert list(table["阶段"]) == ["拆除", "拆除-净地", "红线"]  # two stages in one name are no answer
    assert list(table["编号"]) == ["A1", None, None]
    points = drawings.as_table(reading.read(path), catalogue.layer("base_station_5g"))
    assert list(points.table["编号"]) == ["A1"]


def test_other_files_are_left_as_they_are(catalogue, district):
    layer = catalogue.layer("shantytown_parcel")
    source = reading.read(CORPUS / "declared.geojson")
    assert drawings.as_table(source, layer) is source
    assert drawings.measured(source, layer, district) == (source, ())
