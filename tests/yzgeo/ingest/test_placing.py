"""Shapes come to where they belong, or wait for a person; drawings become areas with codes."""

from __future__ import annotations

import json
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely

from yzgeo.errors import CrsParametersNeededError
from yzgeo.ingest import placing, reading
from yzgeo.ingest.crs_guess.datum import SevenParameters
from yzgeo.ingest.crs_guess.evidence import District

CORPUS = Path(__file__).parents[2] / "data" / "import"


@pytest.fixture(scope="module")
def district(catalogue):
    frame = gpd.read_file(catalogue.root / catalogue.district.boundary_file)
    return District(frame.geometry.iloc[0], catalogue.district.storage_crs, catalogue.district.metric_crs)


def truth(name):
    return json.loads((CORPUS / f"{name}.truth.json").read_text(encoding="utf-8"))


def furthest_m(source, name):
    """Distance of each shape's outline from the truth, over all shapes."""
    found = source.geometry
    expected = [shapely.Polygon(outline) for outline in truth(name)["vertices"]]
    areas = [shapely.convex_hull(shape) for shape in found]
    return max(shapely.hausdorff_distance(a, b) for a, b in zip(areas, expected, strict=True)) * 111_320.0


@pytest.mark.parametrize("name", ["zone_gbk.zip", "six_degree.zip", "declared.geojson", "mapinfo_tab.zip"])
def test_certain_files_are_moved(name, district):
    settled = placing.settle(reading.read(CORPUS / name), "polygon", district=district)
    assert (settled.guess.verdict, settled.placed) == ("certain", True)
    assert furthest_m(settled.source, name) < 0.01
    assert settled.source.crs == district.storage_crs


def test_a_choice_is_followed(district):
    name = "gcj02_undeclared.zip"
    source = reading.read(CORPUS / name)
    settled = placing.settle(source, "polygon", district=district, chosen="GCJ-02")
    # It was a person who said so; the file is not made to have said it.
    assert (settled.guess.verdict, settled.guess.reason.zh) == ("certain", "这是人选定的坐标系")
    first = settled.guess.candidates[0].evidence[0]
    assert (first.zh, first.en) == ("这是人选定的坐标系", "a person chose this system")
    assert furthest_m(settled.source, name) < 0.01


def test_old_datums_wait_for_parameters(district):
    source = reading.read(CORPUS / "xian80.zip")
    settled = placing.settle(source, "polygon", district=district)
    assert (settled.guess.verdict, settled.placed) == ("refuse", False)
    with pytest.raises(CrsParametersNeededError):
        placing.settle(source, "polygon", district=district, chosen="EPSG:2386")
    shift = SevenParameters(**truth("xian80.zip")["seven_parameters"], convention="position_vector")
    settled = placing.settle(source, "polygon", district=district, shift=shift)
    assert settled.guess.verdict == "certain"
    assert furthest_m(settled.source, "xian80.zip") < 0.01


def test_sound_shapes_keep_their_coordinates_to_the_last_digit(district):
    source = reading.read(CORPUS / "declared.geojson")
    settled = placing.settle(source, "polygon", district=district)
    assert all(a.equals_exact(b, 0.0) for a, b in zip(source.geometry, settled.source.geometry, strict=True))


def test_broken_shapes_are_mended_and_their_neighbours_told(district):
    settled = placing.settle(reading.read(CORPUS / "broken_shapes.zip"), "polygon", district=district)
    assert "shape_repaired" in {issue.code for issue in settled.issues}
    shapes = settled.source.geometry
    assert shapely.is_valid(shapes).all()
    issues = placing.neighbours(
        shapes, district=district, stated_m2=None, where=[str(number) for number in range(len(shapes))]
    )
    assert {"overlap", "shape_twice", "gap"} <= {issue.code for issue in issues}


def test_too_many_shapes_are_not_compared_and_it_is_said(district):
    shapes = np.full(50_001, None, dtype=object)
    issues = placing.neighbours(shapes, district=district, stated_m2=None, where=[""] * 50_001)
    assert [issue.code for issue in issues] == ["relations_skipped"]
