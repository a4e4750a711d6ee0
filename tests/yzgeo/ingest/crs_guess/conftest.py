"""Fixtures of these tests."""

from __future__ import annotations

import warnings

import geopandas as gpd
import numpy as np
import pyproj
import pytest
import shapely

from yzgeo.ingest.crs_guess.evidence import District

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


def _project(truth, code):
    """Numbers of CGCS2000 positions in another system, independent of the code under test."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return np.column_stack(pyproj.Transformer.from_crs(4490, code, always_xy=True).transform(*truth.T))


@pytest.fixture(scope="session")
def project():
    """Numbers of CGCS2000 positions in another system, independent of the code under test."""
    return _project


def _metres(one, other):
    east = (one[:, 0] - other[:, 0]) * np.cos(np.radians(42.3))
    return np.hypot(east, one[:, 1] - other[:, 1]) * 111_320.0


@pytest.fixture(scope="session")
def metres():
    """metres"""
    return _metres


def _old_datum_numbers(truth, code, sets):
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


@pytest.fixture(scope="session")
def old_datum_numbers():
    """Push CGCS2000 positions through the inverse of known parameters with PROJ: an oracle for the way back."""
    return _old_datum_numbers
