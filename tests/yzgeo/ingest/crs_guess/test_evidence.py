"""What speaks for a system: distance from the outline, and what people wrote."""

from __future__ import annotations

import numpy as np
import pytest

from yzgeo.ingest.crs_guess.evidence import fit, stated_datums


def test_fit_falls_with_distance():
    assert fit(np.array([0.0, 0.0])) == 1.0
    assert fit(np.array([1000.0])) == pytest.approx(0.3679, abs=1e-4)
    assert fit(np.array([np.inf])) == 0.0
    assert stated_datums(["X坐标", "面积2000"]) == frozenset()
