"""Coordinate systems: right candidate first, certain only where one place is left, never a wrong silent answer."""

from __future__ import annotations

import json
import warnings

import geopandas as gpd
import numpy as np
import pyproj
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from yzgeo.errors import CrsParametersNeededError, CrsUnsupportedError, InputError
from yzgeo.ingest import offsets
from yzgeo.ingest.crs_guess import datum, ranking, systems
from yzgeo.ingest.crs_guess.evidence import District, KnownPlaces, fit, stated_datums

STORAGE = "EPSG:4490"


@pytest.fixture(scope="module")
def district(catalogue):
    frame = gpd.read_file(catalogue.root / catalogue.district.boundary_file)
    return District(frame.geometry.iloc[0], catalogue.district.storage_crs, catalogue.district.metric_crs)


@pytest.fixture(scope="module")
def truth(district):
    """Sixty positions inside the outline, more than a kilometre from its edge."""
    rng = np.random.default_rng(3)
    inner = district.outline.buffer(-0.012)
    west, south, east, north = inner.bounds
    points = np.column_stack([rng.uniform(west, east, 900), rng.uniform(south, north, 900)])
    return points[shapely.contains_xy(inner, points[:, 0], points[:, 1])][:60]


def project(truth, code):
    """Numbers of CGCS2000 positions in another system, independent of the code under test."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return np.column_stack(pyproj.Transformer.from_crs(4490, code, always_xy=True).transform(*truth.T))


def metres(one, other):
    east = (one[:, 0] - other[:, 0]) * np.cos(np.radians(42.3))
    return np.hypot(east, one[:, 1] - other[:, 1]) * 111_320.0


@pytest.mark.parametrize("code", [4490, 4326, 4529, 4550, 4499, 4510, 3857, 32651])
def test_a_true_declaration_is_followed(district, truth, code):
    numbers = project(truth, code)
    guess = ranking.rank(*numbers.T, district=district, declared=f"EPSG:{code}")
    assert guess.verdict == "certain"
    assert guess.chosen.id == f"EPSG:{code}"
    lonlat = np.column_stack(systems.place(*numbers.T, guess.chosen, storage_crs=STORAGE))
    assert metres(lonlat, truth).max() < 0.01


@pytest.mark.parametrize("code", [4529, 4550, 4499, 4510, 4490])
def test_a_declaration_in_esri_spelling_is_understood(district, truth, code):
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
def test_without_declaration_the_right_one_leads_and_a_person_decides(district, truth, code, expected, swapped):
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
def test_shifted_degrees_are_a_question_with_the_right_answer_in_the_list(district, truth, forward, expected):
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


def test_the_register_decides_between_datums_only_when_it_is_exact(district, truth):
    numbers = project(truth, 4550)
    exact = ranking.rank(*numbers.T, district=district, places=KnownPlaces(*numbers[:4].T, *truth[:4].T))
    assert (exact.verdict, exact.chosen.id) == ("certain", "EPSG:4550")
    vague = KnownPlaces(*numbers[:4].T, *truth[:4].T, accuracy_m=80.0)
    assert ranking.rank(*numbers.T, district=district, places=vague).verdict == "ask"
    few = KnownPlaces(*numbers[:2].T, *truth[:2].T)
    assert ranking.rank(*numbers.T, district=district, places=few).verdict == "ask"


def test_the_register_does_not_bend_old_datum_data(district, truth):
    # Numbers 60 m off under CGCS2000, as Xian 1980 numbers would be: the register fits nothing, so a person decides.
    numbers = project(truth, 4550) + np.array([45.0, -40.0])
    guess = ranking.rank(*numbers.T, district=district, places=KnownPlaces(*numbers[:6].T, *truth[:6].T))
    assert guess.verdict == "ask"


@pytest.mark.parametrize(
    ("declared", "code"), [(4550, 4529), (4529, 4550), (4326, 4529), (4529, 4490), (4499, 3857), (4528, 4529)]
)
def test_a_contradicted_declaration_is_a_question(district, truth, declared, code):
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
def test_old_datums_are_refused_without_parameters(district, truth, code):
    numbers = project(truth, code)
    guess = ranking.rank(*numbers.T, district=district, declared=f"EPSG:{code}")
    assert (guess.verdict, guess.chosen) == ("refuse", None)
    assert "转换参数" in guess.reason.zh
    with pytest.raises(CrsParametersNeededError):
        systems.place(*numbers.T, systems.parse(f"EPSG:{code}"), storage_crs=STORAGE)


def old_datum_numbers(truth, code, sets):
    """Push CGCS2000 positions through the inverse of known parameters with PROJ: an oracle for the way back."""
    base = pyproj.CRS.from_epsg(code).geodetic_crs
    ellipsoid = f"+a={base.ellipsoid.semi_major_metre!r} +rf={base.ellipsoid.inverse_flattening!r}"
    pipeline = (
        "+proj=pipeline +step +proj=unitconvert +xy_in=deg +xy_out=rad +step +proj=cart +ellps=GRS80 "
        f"+step +inv +proj=helmert +x={sets.dx_m} +y={sets.dy_m} +z={sets.dz_m} +rx={sets.rx_arcsec} "
        f"+ry={sets.ry_arcsec} +rz={sets.rz_arcsec} +s={sets.scale_ppm} +convention={sets.convention} "
        f"+step +inv +proj=cart {ellipsoid} +step +proj=unitconvert +xy_in=rad +xy_out=deg"
    )
    lon, lat, _ = pyproj.Transformer.from_pipeline(pipeline).transform(*truth.T, np.zeros(len(truth)))
    return np.column_stack(pyproj.Transformer.from_crs(base, code, always_xy=True).transform(lon, lat))


@pytest.mark.parametrize("code", [2365, 2386, 2417, 2438])
def test_seven_parameters_bring_old_datums_home(district, truth, code):
    sets = datum.SevenParameters(18.0, -110.0, -62.0, 0.3, -0.2, 0.5, 1.2, "position_vector")
    numbers = old_datum_numbers(truth, code, sets)
    guess = ranking.rank(*numbers.T, district=district, declared=f"EPSG:{code}", shift=sets)
    assert (guess.verdict, guess.chosen.id) == ("certain", f"EPSG:{code}")
    lonlat = np.column_stack(systems.place(*numbers.T, guess.chosen, storage_crs=STORAGE, shift=sets))
    # Heights are unknown and taken as zero on the ellipsoid, which moves positions by millimetres.
    assert metres(lonlat, truth).max() < 0.01


def test_control_points_give_four_parameters_and_residuals(district, truth):
    sets = datum.SevenParameters(18.0, -110.0, -62.0, 0.3, -0.2, 0.5, 1.2, "coordinate_frame")
    numbers = old_datum_numbers(truth, 2386, sets)
    goal = project(truth, 4550)
    found = datum.fit_four_parameters(numbers[:12], goal[:12], source_crs="EPSG:2386", target_crs="EPSG:4550")
    assert found.residuals_m.shape == (12, 2)
    assert found.rms_m < 0.01
    with_zone = old_datum_numbers(truth, 2365, sets)
    lonlat = np.column_stack(
        systems.place(*with_zone.T, systems.parse("EPSG:2365"), storage_crs=STORAGE, shift=found.parameters)
    )
    assert metres(lonlat, truth).max() < 0.01


def test_a_bad_control_point_shows_in_the_residuals(truth):
    goal = project(truth, 4550)[:8]
    source = goal + np.array([30.0, -20.0])
    source[3] += 25.0
    found = datum.fit_four_parameters(source, goal, source_crs="EPSG:2386", target_crs="EPSG:4550")
    assert int(np.hypot(*found.residuals_m.T).argmax()) == 3
    assert found.rms_m > 5.0


@given(
    turn=st.floats(-60, 60),
    scale=st.floats(-50, 50),
    east=st.floats(-200, 200),
    north=st.floats(-200, 200),
)
def test_the_fit_recovers_any_plane_transformation(turn, scale, east, north):
    rng = np.random.default_rng(1)
    source = rng.uniform(0, 20_000, (5, 2)) + np.array([560_000, 4_670_000])
    angle, size = turn / 206_264.806, 1 + scale / 1e6
    matrix = size * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    goal = source @ matrix.T + [east, north]
    found = datum.fit_four_parameters(source, goal, source_crs="EPSG:2386", target_crs="EPSG:4550")
    assert found.rms_m < 1e-5
    assert found.parameters.scale_ppm == pytest.approx(scale, abs=1e-3)


@pytest.mark.parametrize("points", [np.zeros((2, 2)), np.zeros((4, 2)), np.array([[0, 0], [1e4, 0], [np.nan, 5.0]])])
def test_too_little_control_is_refused(points):
    with pytest.raises(InputError):
        datum.fit_four_parameters(points, points, source_crs="EPSG:2386", target_crs="EPSG:4550")


def test_parameters_of_other_data_are_refused(truth):
    wild = datum.SevenParameters(9000.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, "position_vector")
    numbers = project(truth, 4550)
    with pytest.raises(CrsUnsupportedError):
        systems.place(*numbers.T, systems.parse("EPSG:2386"), storage_crs=STORAGE, shift=wild)
    four = datum.FourParameters("EPSG:2386", "EPSG:4550", 0.0, 0.0, 0.0, 0.0)
    with pytest.raises(CrsUnsupportedError):
        systems.place(*numbers.T, systems.parse("EPSG:2438"), storage_crs=STORAGE, shift=four)


def test_packed_degrees(district, truth):
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


@given(st.floats(-180, 180))
def test_packing_degrees_is_undone(value):
    size = abs(value)
    degrees = int(size)
    minutes = int((size - degrees) * 60)
    seconds = round((size - degrees - minutes / 60) * 3600, 4)
    if not 0 <= seconds < 60:
        return
    packed = np.copysign(degrees + minutes / 100 + seconds / 10_000, value)
    assert abs(float(systems.unpack_degrees(packed)) - value) < 1e-6


def test_minutes_of_sixty_are_no_packed_degrees():
    assert np.isnan(systems.unpack_degrees([123.6001, 123.5060])).all()
    # 123.5 has 50 minutes; binary noise must not make 49.99999 of them.
    assert systems.unpack_degrees(123.5) == pytest.approx(123 + 50 / 60, abs=1e-12)


def test_people_may_state_the_system(district, truth):
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


def test_a_table_may_write_the_declared_system_north_first(district, truth):
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


def test_an_unreadable_declaration_counts_as_none(district, truth):
    for text in ("GARBAGE[", "", 'LOCAL_CS["城建独立坐标系",UNIT["metre",1]]'):
        guess = ranking.rank(*project(truth, 4550).T, district=district, declared=text)
        assert guess.verdict == "ask"


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25, deadline=None)
@given(
    east=st.floats(-2000, 2000),
    north=st.floats(-2000, 2000),
    writing=st.tuples(st.sampled_from([4490, 4529, 4550, 4499, 3857]), st.booleans()),
)
def test_without_declaration_no_answer_is_ever_certain_and_wrong(district, truth, east, north, writing):
    code, swapped = writing
    moved = truth + np.array([east / 82_000, north / 111_000])
    numbers = project(moved, code)
    numbers = numbers[:, ::-1] if swapped else numbers
    guess = ranking.rank(*numbers.T, district=district)
    if guess.chosen is not None:
        lonlat = np.column_stack(systems.place(*numbers.T, guess.chosen, storage_crs=STORAGE))
        assert metres(lonlat, moved).max() < 0.01


def test_epsg_codes_name_the_series_they_should(district):
    for system in systems.around(123.85):
        name = pyproj.CRS.from_user_input(system.crs).name
        if system.datum == "xian80":
            assert "Xian 1980" in name
        if system.datum == "beijing54":
            assert "Beijing 1954" in name
        if "带第" in system.zh:
            zone = system.zh.split("第 ")[1].split(" ")[0]
            assert name.endswith(f"zone {zone}")
            assert ("3-degree" in name) == ("3 度带" in system.zh)
        if "中央经线" in system.zh:
            meridian = system.zh.split("中央经线 ")[1].split("°")[0]
            assert name.endswith(f"CM {meridian}E")


def test_the_answer_can_be_sent_as_json(district, truth):
    answer = ranking.rank(*project(truth, 4550).T, district=district).as_dict()
    assert json.loads(json.dumps(answer)) == answer
    top = answer["candidates"][0]
    assert top["same_as"] == ["EPSG:4510"]
    assert any("轮廓" in sentence for sentence in top["evidence"])


def test_fit_falls_with_distance():
    assert fit(np.array([0.0, 0.0])) == 1.0
    assert fit(np.array([1000.0])) == pytest.approx(0.3679, abs=1e-4)
    assert fit(np.array([np.inf])) == 0.0
    assert stated_datums(["X坐标", "面积2000"]) == frozenset()


@pytest.mark.parametrize("text", ["火星", "EPSG:999999", "+swapped", "EPSG:4529+upside"])
def test_an_unknown_choice_is_refused(text):
    with pytest.raises(CrsUnsupportedError):
        systems.parse(text)
