"""Coordinate systems: right candidate first, certain only where one place is left, never a wrong silent answer."""

from __future__ import annotations

import json

import numpy as np
import pyproj
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from yzgeo.errors import CrsParametersNeededError
from yzgeo.ingest import offsets
from yzgeo.ingest.crs_guess import ranking, systems
from yzgeo.ingest.crs_guess.evidence import KnownPlaces

STORAGE = "EPSG:4490"


@pytest.mark.parametrize("code", [4490, 4326, 4529, 4550, 4499, 4510, 3857, 32651])
def test_a_true_declaration_is_followed(district, truth, code, project, metres):
    numbers = project(truth, code)
    guess = ranking.rank(*numbers.T, district=district, declared=f"EPSG:{code}")
    assert guess.verdict == "certain"
    assert guess.chosen.id == f"EPSG:{code}"
    lonlat = np.column_stack(systems.place(*numbers.T, guess.chosen, storage_crs=STORAGE))
    assert metres(lonlat, truth).max() < 0.01


@pytest.mark.parametrize("code", [4529, 4550, 4499, 4510, 4490])
def test_a_declaration_in_esri_spelling_is_understood(district, truth, code, project):
    wkt = pyproj.CRS.from_epsg(code).to_wkt("WKT1_ESRI")
    guess = ranking.rank(*project(truth, code).T, district=district, declared=wkt)
    assert (guess.verdict, guess.chosen.id) == ("certain", f"EPSG:{code}")


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        (4490, "EPSG:4490"),
        (4529, "EPSG:4529"),
        (4550, "EPSG:4550"),
        (4510, "EPSG:4550"),
        (4499, "EPSG:4499"),
        (3857, "EPSG:3857"),
    ],
)
@pytest.mark.parametrize("swapped", [False, True])
def test_without_declaration_the_right_one_leads_and_a_person_decides(  # noqa: PLR0917
    district, truth, code, expected, swapped, project, metres
):
    numbers = project(truth, code)[:, ::-1] if swapped else project(truth, code)
    guess = ranking.rank(*numbers.T, district=district)
    assert guess.verdict == "ask"
    assert guess.chosen is None
    assert guess.candidates[0].id == expected + ("+swapped" if swapped else "")
    lonlat = np.column_stack(systems.place(*numbers.T, guess.candidates[0].system, storage_crs=STORAGE))
    assert metres(lonlat, truth).max() < 0.01


@pytest.mark.parametrize(
    ("forward", "expected"), [(offsets.gcj02_from_wgs84, "GCJ-02"), (offsets.bd09_from_wgs84, "BD-09")]
)
def test_shifted_degrees_are_a_question_with_the_right_answer_in_the_list(district, truth, forward, expected, metres):
    numbers = np.column_stack(forward(*truth.T))
    for declared_by, declared in (("file", None), ("format", "EPSG:4326")):
        guess = ranking.rank(*numbers.T, district=district, declared=declared, declared_by=declared_by)
        assert guess.verdict == "ask"
        assert expected in {candidate.id for candidate in guess.candidates}
    lonlat = np.column_stack(systems.place(*numbers.T, systems.parse(expected), storage_crs=STORAGE))
    assert metres(lonlat, truth).max() < 0.01


def test_the_register_decides_between_shifted_and_true(district, truth):
    numbers = np.column_stack(offsets.gcj02_from_wgs84(*truth.T))
    places = KnownPlaces(*numbers[:5].T, *truth[:5].T)
    guess = ranking.rank(*numbers.T, district=district, places=places)
    assert (guess.verdict, guess.chosen.id) == ("certain", "GCJ-02")
    contradicted = ranking.rank(*numbers.T, district=district, declared="EPSG:4326", places=places)
    assert contradicted.verdict == "ask"


def test_the_register_decides_between_datums_only_when_it_is_exact(district, truth, project):
    numbers = project(truth, 4550)
    exact = ranking.rank(*numbers.T, district=district, places=KnownPlaces(*numbers[:4].T, *truth[:4].T))
    assert (exact.verdict, exact.chosen.id) == ("certain", "EPSG:4550")
    vague = KnownPlaces(*numbers[:4].T, *truth[:4].T, accuracy_m=80.0)
    assert ranking.rank(*numbers.T, district=district, places=vague).verdict == "ask"
    few = KnownPlaces(*numbers[:2].T, *truth[:2].T)
    assert ranking.rank(*numbers.T, district=district, places=few).verdict == "ask"


def test_the_register_does_not_bend_old_datum_data(district, truth, project):
    # Numbers 60 m off under CGCS2000, as Xian 1980 numbers would be: the register fits nothing, so a person decides.
    numbers = project(truth, 4550) + np.array([45.0, -40.0])
    guess = ranking.rank(*numbers.T, district=district, places=KnownPlaces(*numbers[:6].T, *truth[:6].T))
    assert guess.verdict == "ask"


@pytest.mark.parametrize(
    ("declared", "code"), [(4550, 4529), (4529, 4550), (4326, 4529), (4529, 4490), (4499, 3857), (4528, 4529)]
)
def test_a_contradicted_declaration_is_a_question(district, truth, declared, code, project):
    numbers = project(truth, code)
    guess = ranking.rank(*numbers.T, district=district, declared=f"EPSG:{declared}")
    assert guess.verdict == "ask"
    assert guess.candidates[0].id == f"EPSG:{code}" or f"EPSG:{code}" in guess.candidates[0].same_as


def test_shifted_data_at_the_edge_contradict_their_declaration(district):
    boundary = shapely.get_coordinates(district.outline)
    middle = boundary.mean(axis=0)
    inside = middle + (boundary - middle) * 0.998
    inside = inside[shapely.contains_xy(district.outline, *inside.T)]
    numbers = np.column_stack(offsets.gcj02_from_wgs84(*inside.T))
    assert ranking.rank(*numbers.T, district=district, declared="EPSG:4326").verdict == "ask"


@pytest.mark.parametrize("code", [2365, 2386, 2417, 2438, 21421, 4610, 4214])
def test_old_datums_are_refused_without_parameters(district, truth, code, project):
    numbers = project(truth, code)
    guess = ranking.rank(*numbers.T, district=district, declared=f"EPSG:{code}")
    assert (guess.verdict, guess.chosen) == ("refuse", None)
    assert "转换参数" in guess.reason.zh
    with pytest.raises(CrsParametersNeededError):
        systems.place(*numbers.T, systems.parse(f"EPSG:{code}"), storage_crs=STORAGE)


def test_packed_degrees(district, truth, metres):
    degrees = np.floor(truth)
    minutes = np.floor((truth - degrees) * 60)
    seconds = np.round((truth - degrees - minutes / 60) * 3600, 5)
    packed = degrees + minutes / 100 + seconds / 10_000
    guess = ranking.rank(*packed.T, district=district)
    assert guess.verdict == "ask"
    assert guess.candidates[0].id == "EPSG:4490+dms"
    stated = ranking.rank(*packed.T, district=district, stated=["CGCS2000 经度（度.分秒）"])
    assert (stated.verdict, stated.chosen.id) == ("certain", "EPSG:4490+dms")
    lonlat = np.column_stack(systems.place(*packed.T, stated.chosen, storage_crs=STORAGE))
    assert metres(lonlat, truth).max() < 0.01


def test_people_may_state_the_system(district, truth, project):
    numbers = project(truth, 4550)
    guess = ranking.rank(*numbers[:, ::-1].T, district=district, stated=["坐标系：2000国家大地坐标系"], axes="columns")
    assert (guess.verdict, guess.chosen.id) == ("certain", "EPSG:4550+swapped")
    both = ranking.rank(*numbers.T, district=district, stated=["西安80坐标", "CGCS2000"])
    assert both.verdict == "ask"
    old = ranking.rank(*numbers.T, district=district, stated=["1980西安坐标系"])
    assert old.verdict == "refuse"
    shifted = np.column_stack(offsets.gcj02_from_wgs84(*truth.T))
    amap = ranking.rank(*shifted.T, district=district, stated=["高德经度", "高德纬度"])
    assert (amap.verdict, amap.chosen.id) == ("certain", "GCJ-02")
    against = ranking.rank(*shifted.T, district=district, stated=["高德经度"], declared="EPSG:4326")
    assert against.verdict == "ask"


def test_a_table_may_write_the_declared_system_north_first(district, truth, project):
    numbers = project(truth, 4529)[:, ::-1]
    table = ranking.rank(*numbers.T, district=district, declared="EPSG:4529", axes="columns")
    assert (table.verdict, table.chosen.id) == ("certain", "EPSG:4529+swapped")
    assert ranking.rank(*numbers.T, district=district, declared="EPSG:4529").verdict == "ask"


@pytest.mark.parametrize(
    ("x", "y"),
    [
        ([], []),
        ([np.nan, np.inf], [1.0, 2.0]),
        ([1e308, -1e308], [1e308, 0.0]),
        ([0.0, 0.0], [0.0, 0.0]),
        ([116.39, 116.40], [39.9, 39.91]),
        ([1.0, 2.0], [3.0, 4.0]),
    ],
)
def test_numbers_that_fit_nowhere_are_refused(district, x, y):
    for declared in (None, "EPSG:4490", "EPSG:4529"):
        guess = ranking.rank(x, y, district=district, declared=declared)
        assert (guess.verdict, guess.chosen) == ("refuse", None)


def test_an_unreadable_declaration_counts_as_none(district, truth, project):
    for text in ("GARBAGE[", "", 'LOCAL_CS["城建独立坐标系",UNIT["metre",1]]'):
        guess = ranking.rank(*project(truth, 4550).T, district=district, declared=text)
        assert guess.verdict == "ask"


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25, deadline=None)
@given(
    east=st.floats(-2000, 2000),
    north=st.floats(-2000, 2000),
    writing=st.tuples(st.sampled_from([4490, 4529, 4550, 4499, 3857]), st.booleans()),
)
def test_without_declaration_no_answer_is_ever_certain_and_wrong(  # noqa: PLR0917
    district, truth, east, north, writing, project, metres
):
    code, swapped = writing
    moved = truth + np.array([east / 82_000, north / 111_000])
    numbers = project(moved, code)
    numbers = numbers[:, ::-1] if swapped else numbers
    guess = ranking.rank(*numbers.T, district=district)
    if guess.chosen is not None:
        lonlat = np.column_stack(systems.place(*numbers.T, guess.chosen, storage_crs=STORAGE))
        assert metres(lonlat, moved).max() < 0.01


def test_the_answer_can_be_sent_as_json(district, truth, project):
    answer = ranking.rank(*project(truth, 4550).T, district=district).as_dict()
    assert json.loads(json.dumps(answer)) == answer
    top = answer["candidates"][0]
    assert top["same_as"] == ["EPSG:4510"]
    assert any("轮廓" in sentence for sentence in top["evidence"])
