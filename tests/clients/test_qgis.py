"""QGIS without a screen: a layer loads and filters, its style applies, vector tiles are drawn."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pyogrio
import pytest

from tests.clients.conftest import Service

SYSTEM_PYTHON = "/usr/bin/python3"


@pytest.mark.qgis
def test_qgis_loads_filters_and_draws(service: Service, tmp_path: Path) -> None:
    qml = tmp_path / "parcels.qml"
    qml.write_bytes(service.get("/ogc/styles/shantytown_parcel?f=qml").content)
    history = tmp_path / "history.gpkg"
    history.write_bytes(service.get("/api/layers/shantytown_parcel/download?history=true", signed_in=True).content)
    west, south, east, north = service.parcels.total_bounds
    run = subprocess.run(
        [
            *(SYSTEM_PYTHON, "-c", QGIS, service.ogc, str(qml), str(tmp_path / "map.png")),
            *(f"{west},{south},{east},{north}", str(history)),
        ],
        check=False,
        capture_output=True,
        text=True,
        timeout=240,
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen", "XDG_RUNTIME_DIR": str(tmp_path), "HOME": str(tmp_path)},
    )
    assert run.returncode == 0, run.stdout + run.stderr
    seen = json.loads(run.stdout.splitlines()[-1])
    cleared = int((service.parcels["stage"] == "cleared").sum())
    assert seen["valid"]
    assert seen["count"] == len(service.parcels)
    assert seen["cleared"] == cleared
    assert seen["codes"] == sorted(service.parcels["code"])
    assert seen["style"] == [True, "categorizedSymbol", "stage"]
    told = {name: len(pyogrio.read_dataframe(history, layer=name)) for name, _ in pyogrio.list_layers(history)[:3]}
    assert told["shantytown_parcel_versions"] >= told["shantytown_parcel"] == len(service.parcels)
    assert told["shantytown_parcel_events"] > len(service.parcels)
    assert seen["history"] == [[told[f"shantytown_parcel{name}"], True] for name in ("", "_versions", "_events")]
    assert seen["moments"] == ["DateTime", "DateTime"], "QGIS can play the versions in time"
    assert seen["tiles"]
    assert seen["painted"] > 1000, "pixels of parcels drawn from vector tiles"


QGIS = """
import json, os, sys
from qgis.core import (QgsApplication, QgsCoordinateReferenceSystem, QgsCoordinateTransform,
    QgsMapRendererSequentialJob, QgsMapSettings, QgsProject, QgsRectangle, QgsVectorLayer, QgsVectorTileLayer)
from qgis.PyQt.QtCore import QSize
from qgis.PyQt.QtGui import QColor
ogc, qml, picture, bounds, history = sys.argv[1:]
QgsApplication.setPrefixPath("/usr", True)
application = QgsApplication([], False)
application.initQgis()
layer = QgsVectorLayer(f"url='{ogc}' typename='shantytown_parcel' pagingEnabled='true'", "parcels", "OAPIF")
seen = {"valid": layer.isValid()}
found = list(layer.getFeatures())
seen["count"], seen["codes"] = len(found), sorted(each["code"] for each in found)
kept = QgsVectorLayer(
    f"url='{ogc}' typename='shantytown_parcel' filter='\\"stage\\" = \\\\'cleared\\\\''", "cleared", "OAPIF")
seen["cleared"] = len(list(kept.getFeatures()))
said, worked = layer.loadNamedStyle(qml)
seen["style"] = [worked, layer.renderer().type(), layer.renderer().classAttribute()]
parts = {name: QgsVectorLayer(f"{history}|layername=shantytown_parcel{name}", name, "ogr")
    for name in ("", "_versions", "_events")}
seen["history"] = [[part.featureCount(), part.isValid()] for part in parts.values()]
moments = parts["_versions"].fields()
seen["moments"] = [moments.field(name).typeName() for name in ("version_from", "version_until")]
template = f"{ogc}/collections/shantytown_parcel/tiles/WebMercatorQuad/{{z}}/{{y}}/{{x}}"
tiles = QgsVectorTileLayer(f"type=xyz&url={template}&zmin=6&zmax=16", "tiles")
seen["tiles"] = tiles.isValid()
web = QgsCoordinateReferenceSystem("EPSG:3857")
move = QgsCoordinateTransform(QgsCoordinateReferenceSystem("EPSG:4326"), web, QgsProject.instance())
settings = QgsMapSettings()
settings.setLayers([tiles])
settings.setDestinationCrs(web)
settings.setExtent(move.transformBoundingBox(QgsRectangle(*map(float, bounds.split(",")))))
settings.setOutputSize(QSize(400, 400))
settings.setBackgroundColor(QColor(255, 255, 255))
job = QgsMapRendererSequentialJob(settings)
job.start()
job.waitForFinished()
image = job.renderedImage()
image.save(picture)
white = QColor(255, 255, 255).rgb()
seen["painted"] = sum(image.pixel(x, y) != white for x in range(400) for y in range(400))
print(json.dumps(seen), flush=True)
os._exit(0)
"""
