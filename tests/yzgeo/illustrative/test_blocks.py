from __future__ import annotations

import numpy as np
import pytest
from shapely.affinity import rotate
from shapely.geometry import box

from yzgeo.illustrative.blocks import axis_degrees, cut_off


@pytest.mark.parametrize("degrees", [0, 13, -20, 40])
def test_axis_is_that_of_the_rectangle(degrees: float) -> None:
    assert axis_degrees(rotate(box(0, 0, 200, 120), degrees)) == pytest.approx(degrees, abs=1e-6)


@pytest.mark.parametrize("area_m2", [900.0, 7356.0, 15000.0])
def test_a_piece_has_the_area_asked_for(area_m2: float) -> None:
    lot = rotate(box(0, 0, 180, 130), 21)
    piece = cut_off(lot, area_m2, np.random.default_rng(1))
    assert piece.area == pytest.approx(area_m2, abs=1e-5)
    assert piece.difference(lot.buffer(1e-6)).area < 1e-6
    assert piece.is_valid
