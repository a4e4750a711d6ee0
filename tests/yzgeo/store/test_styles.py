"""The styles of the file, read by QGIS itself."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from shapely.geometry import Point, box

from tests.yzgeo.store.conftest import BY, Clock, frame
from yzgeo.catalogue import Catalogue, LegendItem, Style
from yzgeo.store import styles
from yzgeo.store.sqlite import GeoPackageStore

SYSTEM_PYTHON = "/usr/bin/python3"


def parse(layer: Any) -> ET.Element:
    return ET.fromstring(styles.qml(layer).split("\n", 1)[1])  # noqa: S314 - our own text


def test_a_symbol_for_each_value_the_legend_explains(tiny: Catalogue) -> None:
    root = parse(tiny.layer("area"))
    renderer = root.find("renderer-v2")
    assert renderer is not None
    assert renderer.attrib["type"] == "categorizedSymbol"
    assert renderer.attrib["attr"] == "kind"
    found = [(one.attrib["value"], one.attrib["label"]) for one in renderer.iter("category")]
    assert found == [("a", "甲"), ("b", "乙"), ("", "其他")]
    assert renderer.find(".//Option[@name='color'][@value='192,64,48,255']") is not None


def test_one_symbol_without_classes(tiny: Catalogue) -> None:
    renderer = parse(tiny.layer("path")).find("renderer-v2")
    assert renderer is not None
    assert renderer.attrib["type"] == "singleSymbol"


def test_a_table_has_aliases_only(tiny: Catalogue) -> None:
    root = parse(tiny.layer("note"))
    assert root.find("renderer-v2") is None
    assert root.find(".//alias[@field='code'][@name='编号']") is not None
    assert root.find(".//alias[@field='height'][@name='高度（m）']") is not None


def test_staged_layers_are_drawn_by_stage(catalogue: Catalogue) -> None:
    for layer in catalogue.layers.values():
        if not layer.stages or layer.spec.geometry == "none":
            continue
        renderer = parse(layer).find("renderer-v2")
        assert renderer is not None
        assert renderer.attrib.get("attr") == "stage", layer.id
        drawn = {one.attrib["value"] for one in renderer.iter("category")}
        assert drawn - {""} == {stage.id for stage in layer.stages}, layer.id


def test_titles_are_escaped_and_odd_colours_are_grey(tiny: Catalogue) -> None:
    layer = tiny.layer("path")
    legend = (LegendItem.model_validate({"label": {"zh": '<&">', "en": "x"}, "symbol": "line", "color": "red"}),)
    odd = type(layer)(layer.spec, layer.fields, layer.stages, Style(layers=(), legend=legend))
    assert parse(odd).find(".//Option[@name='line_color'][@value='128,128,128,255']") is not None


def test_a_style_that_people_made_default_stays(geopackage: GeoPackageStore, tiny: Catalogue) -> None:
    geopackage.close()
    connection = sqlite3.connect(geopackage.path, isolation_level=None)
    connection.execute("UPDATE layer_styles SET useAsDefault = 0 WHERE f_table_name = 'area'")
    connection.execute(
        "INSERT INTO layer_styles (f_table_name, f_geometry_column, styleName, styleQML, useAsDefault, owner) "
        "VALUES ('area', 'geom', '我的', '<qgis/>', 1, 'me')"
    )
    layer = tiny.layer("area")
    styles.store(connection, layer, now=Clock().now)
    found = connection.execute(
        "SELECT owner, useAsDefault FROM layer_styles WHERE f_table_name = 'area' ORDER BY id"
    ).fetchall()
    connection.close()
    assert found == [("yzgeo", 0), ("me", 1)]


@pytest.mark.qgis
def test_qgis_opens_the_layers_with_our_styles(geopackage: GeoPackageStore, tmp_path: Path) -> None:
    put = frame({"one": box(123, 42, 124, 43), "two": box(124, 42, 125, 43)}, kind=["a", "b"], code=["编号", None])
    geopackage.write("area", put=put, provenance=BY)
    geopackage.write("spot", put=frame({"s": Point(123, 42)}), provenance=BY)
    for path in (geopackage.backup(tmp_path / "copy.gpkg"), geopackage.path):
        run = subprocess.run(
            [SYSTEM_PYTHON, "-c", QGIS, str(path)],
            check=True,
            capture_output=True,
            text=True,
            env={**os.environ, "QT_QPA_PLATFORM": "offscreen", "XDG_RUNTIME_DIR": str(tmp_path)},
        )
        seen = json.loads(run.stdout.splitlines()[-1])
        assert "Warning" not in run.stdout + run.stderr
        assert seen["area"] == {
            "valid": True,
            "count": 2,
            "crs": "EPSG:4490",
            "renderer": "categorizedSymbol",
            "categories": ["甲", "乙", "其他"],
            "color": "#c04030",
            "aliases": ["序号", "标识", "版本号", "编号", "名称", "类别"],
            "widget": "ValueMap",
            "title": "面",
        }
        assert seen["path"]["renderer"] == "singleSymbol"
        assert seen["note"]["valid"] is True
        assert seen["note"]["aliases"][3] == "编号"
    geopackage.write("spot", put=frame({"t": Point(123, 42)}), provenance=BY)
    geopackage.check()


QGIS = """
import json, os, sys
from qgis.core import QgsApplication, QgsVectorLayer
QgsApplication.setPrefixPath("/usr", True)
application = QgsApplication([], False)
application.initQgis()
seen, kept = {}, []
for name in ("area", "path", "spot", "note"):
    layer = QgsVectorLayer(f"{sys.argv[1]}|layername={name}", name, "ogr")
    kept.append(layer)
    renderer = layer.renderer()
    classified = renderer is not None and renderer.type() == "categorizedSymbol"
    categories = renderer.categories() if classified else []
    kept.append(categories)
    seen[name] = {
        "valid": layer.isValid(),
        "count": layer.featureCount(),
        "crs": layer.crs().authid(),
        "renderer": renderer.type() if renderer else None,
        "categories": [category.label() for category in categories],
        "color": categories[0].symbol().color().name() if classified else None,
        "aliases": [layer.attributeAlias(at) for at in range(6)],
        "widget": layer.editorWidgetSetup(layer.fields().indexOf("kind")).type(),
        "title": layer.metadata().title(),
    }
print(json.dumps(seen), flush=True)
os._exit(0)  # taking QGIS down in order crashes now and then, and is not what is tested
"""
