"""The shipped circles, and what a wrong file is told."""

from __future__ import annotations

import shutil

import geopandas as gpd
import pytest
import shapely
import yaml

from yzgeo import catalogue as catalogues
from yzgeo import coverage
from yzgeo.errors import CatalogueError, CircleUnknownError


@pytest.fixture(scope="module")
def circles(catalogue):
    return coverage.load_circles(catalogue)


def test_the_fitness_circle_has_its_three_readings(circles):
    assert circles["fitness_10min"].radius_m == pytest.approx(833.33, abs=0.01)
    assert circles["fitness_10min_500m"].radius_m == 500
    assert circles["fitness_10min_1000m"].radius_m == 1000


def test_every_circle_says_where_its_figure_comes_from(circles):
    for circle in circles.values():
        assert len(circle.source_text) >= 10, circle.id
        assert circle.title.zh
        assert circle.title.en
        # What was not read must say so in its own words, wherever the sentence is printed.
        if circle.evidence == "unverified":
            assert "未核对" in circle.source_text
            assert "未核对" in circle.title.zh
        if circle.evidence == "transcription":
            assert "转述" in circle.source_text or "转录" in circle.source_text or "未读原文" in circle.source_text


def test_all_kinds_the_issue_names_have_a_circle(circles):
    wanted = {"park_300m", "park_500m", "shelter", "living_5min", "living_10min", "living_15min"}
    wanted |= {
        f"living_10min_{kind}"
        for kind in ("kindergarten", "primary_school", "clinic", "elder_care", "market", "toilet")
    }
    assert wanted <= set(circles)
    assert circles["shelter"].limit_field == "service_radius_m"
    assert circles["shelter"].capacity is not None


def test_an_unknown_circle_is_refused_with_the_known_ones(circles):
    assert coverage.circle(circles, "shelter").id == "shelter"
    with pytest.raises(CircleUnknownError) as refusal:
        coverage.circle(circles, "fitness")
    assert "fitness_10min" in refusal.value.remedy("en")


def sites(stage, kinds):
    points = gpd.points_from_xy(range(len(kinds)), [0] * len(kinds))
    return gpd.GeoDataFrame(
        {"code": [f"S{number}" for number in range(len(kinds))], "kind": kinds, "stage": stage},
        geometry=points,
        crs="EPSG:4529",
    )


def test_facilities_are_filtered_by_kind_and_by_stage(circles, catalogue):
    frames = {"public_facility": sites(["completed", "planned", "completed"], ["clinic", "clinic", "market"])}
    clinic = circles["living_10min_clinic"]
    assert coverage.facilities_of(clinic, frames, catalogue)["facility"].tolist() == ["S0"]
    assert coverage.facilities_of(clinic, frames, catalogue, planned=True)["facility"].tolist() == ["S0", "S1"]
    assert coverage.facilities_of(circles["living_10min_elder_care"], frames, catalogue) is None


def test_parks_are_entered_along_their_edge(circles, catalogue):
    park = gpd.GeoDataFrame(
        {"code": ["P"], "kind": ["park"], "stage": ["completed"]},
        geometry=[shapely.box(0, 0, 100, 100)],
        crs="EPSG:4529",
    )
    found = coverage.facilities_of(circles["park_500m"], {"park_green": park}, catalogue)
    assert len(found) >= 20
    assert set(found["facility"]) == {"P"}


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"source": "nowhere"}, "there is no source 'nowhere'"),
        ({"minutes": 10}, "exactly one of minutes, limit_m and limit_field"),
        ({"limit_m": None, "minutes": 10, "speed_kmh": None}, "minutes need speed_kmh"),
        ({"members": ["living_5min"]}, "either facilities or members"),
        ({"target_share": 80}, "a target needs its source"),
        ({"facilities": [{"layer": "nowhere"}]}, "there is no layer 'nowhere'"),
        ({"facilities": [{"layer": "park_green", "where": {"colour": ["green"]}}]}, "has no field 'colour'"),
        ({"facilities": [{"layer": "park_green", "where": {"kind": ["desert"]}}]}, "park_green.kind never is 'desert'"),
        ({"facilities": [], "members": ["nobody"]}, "member 'nobody'"),
        ({"limit_m": -5}, "greater than 0"),
        ({"colour": "red"}, "Extra inputs"),
    ],
)
def test_a_wrong_circle_is_told_what_is_wrong(catalogue, tmp_path, change, complaint):
    root = tmp_path / "layers"
    shutil.copytree(catalogue.root, root)
    content = yaml.safe_load((root / "circles.yaml").read_text(encoding="utf-8"))
    spec = next(circle for circle in content["circles"] if circle["id"] == "living_10min_clinic")
    spec.update(change)
    (root / "circles.yaml").write_text(
        yaml.safe_dump({**content, "circles": [spec]}, allow_unicode=True), encoding="utf-8"
    )
    with pytest.raises(CatalogueError) as refusal:
        coverage.load_circles(catalogues.load(root))
    assert complaint in str(refusal.value)
