"""Old datums come home with parameters or control points, and only then."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from yzgeo.errors import CrsUnsupportedError, InputError
from yzgeo.ingest.crs_guess import datum, ranking, systems

STORAGE = "EPSG:4490"


@pytest.mark.parametrize("code", [2365, 2386, 2417, 2438])
def test_seven_parameters_bring_old_datums_home(district, truth, code, metres, old_datum_numbers):
    sets = datum.SevenParameters(18.0, -110.0, -62.0, 0.3, -0.2, 0.5, 1.2, "position_vector")
    numbers = old_datum_numbers(truth, code, sets)
    guess = ranking.rank(*numbers.T, district=district, declared=f"EPSG:{code}", shift=sets)
    assert (guess.verdict, guess.chosen.id) == ("certain", f"EPSG:{code}")
    lonlat = np.column_stack(systems.place(*numbers.T, guess.chosen, storage_crs=STORAGE, shift=sets))
    # Heights are unknown and taken as zero on the ellipsoid, which moves positions by millimetres.
    assert metres(lonlat, truth).max() < 0.01


def test_control_points_give_four_parameters_and_residuals(district, truth, project, metres, old_datum_numbers):
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


def test_a_bad_control_point_shows_in_the_residuals(truth, project):
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


def test_parameters_of_other_data_are_refused(truth, project):
    wild = datum.SevenParameters(9000.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, "position_vector")
    numbers = project(truth, 4550)
    with pytest.raises(CrsUnsupportedError):
        systems.place(*numbers.T, systems.parse("EPSG:2386"), storage_crs=STORAGE, shift=wild)
    four = datum.FourParameters("EPSG:2386", "EPSG:4550", 0.0, 0.0, 0.0, 0.0)
    with pytest.raises(CrsUnsupportedError):
        systems.place(*numbers.T, systems.parse("EPSG:2438"), storage_crs=STORAGE, shift=four)
