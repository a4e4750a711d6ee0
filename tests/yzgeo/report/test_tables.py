from __future__ import annotations

import numpy as np
import pytest
from shapely.geometry import Point, Polygon

from yzgeo.catalogue import Catalogue
from yzgeo.report import tables


def test_a_field_stricter_than_its_layer_is_absent(catalogue: Catalogue) -> None:
    layer = catalogue.layer("shantytown_parcel")
    everybody = {spec.id for spec in tables.visible_fields(layer, "anonymous")}
    viewer = {spec.id for spec in tables.visible_fields(layer, "viewer")}
    assert viewer - everybody == {"households", "households_signed", "households_relocated"}


def test_every_layer_gives_its_status_and_source_to_everybody(catalogue: Catalogue) -> None:
    for layer in catalogue.layers.values():
        assert set(tables.ALWAYS) <= {spec.id for spec in tables.visible_fields(layer, "anonymous")}


def test_headings_are_titles_with_units_and_all_different(catalogue: Catalogue, table) -> None:
    assert "占地面积（㎡）" in tables.headings(table("shantytown_parcel"))
    for layer in catalogue.layers:
        names = tables.headings(table(layer))
        assert len(set(names)) == len(names)


def test_labels_for_people(table) -> None:
    made = table("shantytown_parcel", stage=["planned", "odd"])
    position = [spec.id for spec in made.fields].index("stage")
    rows = [row for chunk in made.chunks() for row in tables.readable(chunk, made)]
    assert [row[position] for row in rows] == ["未启动", "odd"]


def test_a_place_inside_also_of_a_bent_shape() -> None:
    bent = Polygon([(0, 0), (4, 0), (4, 1), (1, 1), (1, 4), (0, 4)])
    found = tables.positions(np.array([bent, Point(123.1234567, 42.0), None], dtype=object))
    assert bent.contains(Point(found[0]))
    assert found[1].tolist() == pytest.approx([123.123457, 42.0])
    assert np.isnan(found[2]).all()
