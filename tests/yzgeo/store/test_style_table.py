"""Styles in a file that leaves: read as QGIS looks for them."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pyogrio
import pytest

from yzgeo.catalogue import Catalogue
from yzgeo.errors import LiveFileError
from yzgeo.store import style_table
from yzgeo.store.sqlite import GeoPackageStore

NOW = datetime(2026, 1, 2, tzinfo=UTC)


def test_each_layer_gets_a_default_style_that_names_only_the_fields_of_the_file(
    geopackage: GeoPackageStore, tiny: Catalogue, tmp_path: Path
) -> None:
    frame = geopackage.frame("spot")
    path = tmp_path / "a.gpkg"
    for name in ("area", "spot"):
        pyogrio.write_dataframe(frame, path, layer=name, driver="GPKG", append=path.exists(), geometry_type="Point")
    area = tiny.layer("area")
    fewer = replace(area, fields=tuple(field for field in area.fields if field.id != "name"))
    style_table.attach(path, [fewer, tiny.layer("spot")], now=NOW)
    with closing(sqlite3.connect(path)) as connection:
        found = connection.execute(
            "SELECT f_table_name, f_geometry_column, useAsDefault, update_time, styleQML FROM layer_styles ORDER BY id"
        ).fetchall()
    assert [row[:4] for row in found] == [(name, "geom", 1, "2026-01-02T00:00:00.000Z") for name in ("area", "spot")]
    assert 'attr="kind"' in found[0][4]
    assert 'field="name"' not in found[0][4]
    assert 'field="name"' in found[1][4] or "name" not in tiny.layer("spot").fields_by_id
    assert "layer_styles" in {name for name, _ in pyogrio.list_layers(path)}


def test_never_into_an_open_store(geopackage: GeoPackageStore, tiny: Catalogue) -> None:
    with pytest.raises(LiveFileError):
        style_table.attach(geopackage.path, [tiny.layer("area")], now=NOW)
