"""Systems and the order of axes at the service's edge, held against PROJ's own axis-aware transformation."""

from __future__ import annotations

import numpy as np
import pyproj
import pytest
import shapely
from shapely.geometry import Point, Polygon, box

from api.coordinates import (
    CRS84,
    inward,
    north_first,
    offered,
    outward,
    parse_box,
    shape_of,
    system_of,
    uri_of,
)
from yzgeo.catalogue import Catalogue
from yzgeo.errors import ParameterError

EPSG = "http://www.opengis.net/def/crs/EPSG/0/"
STORAGE = "EPSG:4490"


def test_the_district_decides_what_is_offered(catalogue: Catalogue) -> None:
    assert offered(catalogue.district) == (CRS84, *(EPSG + code for code in ("4326", "4490", "4529", "4550", "3857")))


@pytest.mark.parametrize(
    ("text", "uri"),
    [
        (EPSG + "4529", EPSG + "4529"),
        ("urn:ogc:def:crs:EPSG::4550", EPSG + "4550"),
        ("urn:ogc:def:crs:OGC:1.3:CRS84", CRS84),
        ("[EPSG:3857]", EPSG + "3857"),
        ("EPSG:4326", EPSG + "4326"),
    ],
)
def test_a_system_may_be_named_in_every_usual_way(catalogue: Catalogue, text: str, uri: str) -> None:
    assert system_of("crs", text, catalogue.district) == uri


@pytest.mark.parametrize("text", ["", "4326", EPSG + "2438", EPSG + "0", "x" * 5000])
def test_other_systems_are_refused(catalogue: Catalogue, text: str) -> None:
    with pytest.raises(ParameterError):
        system_of("crs", text, catalogue.district)


@pytest.mark.parametrize("code", ["4326", "4490", "4529", "4550", "3857"])
def test_coordinates_come_as_the_authority_orders_them(code: str) -> None:
    """PROJ without always_xy follows the authority's axes, which is what is asked for."""
    place = Point(123.85, 42.29)
    (moved,) = outward(np.array([place], dtype=object), uri_of(f"EPSG:{code}"), STORAGE)
    expected = pyproj.Transformer.from_crs(STORAGE, f"EPSG:{code}").transform(42.29, 123.85)
    assert (moved.x, moved.y) == pytest.approx(expected, abs=1e-4)
    back = inward(moved, uri_of(f"EPSG:{code}"), STORAGE)
    assert back.distance(place) < 1e-8


def test_gauss_kruger_is_north_first() -> None:
    assert [north_first(EPSG + code) for code in ("4326", "4490", "4529", "4550", "3857")] == [True] * 4 + [False]
    assert not north_first(CRS84)


def test_rounding_is_to_a_millimetre_or_better() -> None:
    shape = Polygon([(123.123456789012, 42.1), (123.2, 42.1), (123.2, 42.2)])
    found = outward(np.array([shape, None], dtype=object), CRS84, STORAGE)
    assert found[0].exterior.coords[0] == (123.12345679, 42.1)
    assert found[1] is None


def test_boxes_follow_the_axes_of_their_system() -> None:
    assert parse_box("bbox", "123,42,124,43", CRS84) == (123, 42, 124, 43)
    assert parse_box("bbox", "123,42,0,124,43,99", CRS84) == (123, 42, 124, 43)
    assert parse_box("bbox", "42,123,43,124", EPSG + "4326") == (123, 42, 124, 43)
    assert parse_box("bbox", "4680000,41500000,4690000,41510000", EPSG + "4529") == (
        41500000,
        4680000,
        41510000,
        4690000,
    )


@pytest.mark.parametrize(
    ("text", "uri"),
    [
        ("1,2,3", CRS84),
        ("a,b,c,d", CRS84),
        ("1_2,42,124,43", CRS84),
        ("１２３,42,124,43", CRS84),
        ("123,42,nan,124,43,nan", CRS84),
        ("nan,42,124,43", CRS84),
        ("123,43,124,42", CRS84),
        ("123,42,524,43", CRS84),
        ("123,42,124,43", EPSG + "4326"),
        ("5,5,4,6", EPSG + "3857"),
    ],
)
def test_what_is_no_box_is_refused(text: str, uri: str) -> None:
    with pytest.raises(ParameterError):
        parse_box("bbox", text, uri)


def test_a_box_across_the_antimeridian_is_two() -> None:
    assert shape_of((123, 42, 124, 43), CRS84, STORAGE) is None
    shape = shape_of((170, -10, -170, 10), CRS84, STORAGE)
    assert shape is not None
    assert shape.equals(shapely.union(box(170, -10, 180, 10), box(-180, -10, -170, 10)))


def test_a_box_in_metres_is_an_area_with_bent_sides() -> None:
    """Points just inside and just outside of the middle of a side, where a straight line would be 5 m off."""
    to_metres = pyproj.Transformer.from_crs(STORAGE, "EPSG:4529", always_xy=True)
    to_degrees = pyproj.Transformer.from_crs("EPSG:4529", STORAGE, always_xy=True)
    x, y = to_metres.transform(123.0, 42.3)
    west, south, east, north = x + 40_000, y, x + 60_000, y + 20_000
    shape = shape_of((west, south, east, north), EPSG + "4529", STORAGE)
    assert shape is not None
    for inside, dy in ((True, 0.2), (False, -0.2)):
        assert shape.contains(Point(to_degrees.transform((west + east) / 2, south + dy))) is inside


def test_a_box_off_the_map_is_refused() -> None:
    with pytest.raises(ParameterError):
        shape_of((1e30, 1e30, 2e30, 2e30), EPSG + "4529", STORAGE)
