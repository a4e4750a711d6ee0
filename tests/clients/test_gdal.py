"""GDAL's driver for OGC API Features, in a process of its own."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import shapely

from tests.clients.conftest import Service


def ogrinfo(*words: str) -> str:
    done = subprocess.run(["ogrinfo", *words], capture_output=True, text=True, check=False, timeout=240)
    assert done.returncode == 0, done.stdout[-500:] + done.stderr
    assert "ERROR" not in done.stdout + done.stderr, done.stderr
    return done.stdout


def count(text: str) -> int:
    return int(re.findall(r"^Feature Count: (\d+)$", text, re.MULTILINE)[-1])


def test_every_collection_with_its_count(service: Service) -> None:
    text = ogrinfo("-ro", "-so", "-al", f"OAPIF:{service.ogc}")
    names = re.findall(r"^Layer name: (\S+)$", text, re.MULTILINE)
    counts = map(int, re.findall(r"^Feature Count: (\d+)$", text, re.MULTILINE))
    assert dict(zip(names, counts, strict=True)) == service.counts


def test_a_box(service: Service) -> None:
    west, south, east, north = service.parcels.total_bounds
    box = (west, south, (west + east) / 2, (south + north) / 2)
    wanted = int(shapely.intersects(service.parcels.geometry.array, shapely.box(*box)).sum())
    assert 0 < wanted < len(service.parcels)
    text = ogrinfo("-ro", "-so", f"OAPIF:{service.ogc}", "shantytown_parcel", "-spat", *map(str, box))
    assert count(text) == wanted


def test_an_attribute_filter(service: Service) -> None:
    for condition, wanted in (
        ("stage = 'cleared'", service.parcels["stage"] == "cleared"),
        ("area_m2 >= 8000", service.parcels["area_m2"] >= 8000),
    ):
        assert 0 < wanted.sum() < len(service.parcels)
        text = ogrinfo("-ro", "-so", f"OAPIF:{service.ogc}", "shantytown_parcel", "-where", condition)
        assert count(text) == wanted.sum(), condition


def test_it_draws_what_we_drew(service: Service, tmp_path: Path) -> None:
    """A feature through GDAL is the feature in the store, to a millimetre."""
    uid = str(service.parcels.index[0])
    path = tmp_path / "one.geojson"
    source = [f"OAPIF:{service.ogc}", "shantytown_parcel", "-where", f"code = '{service.parcels['code'].iloc[0]}'"]
    subprocess.run(
        ["ogr2ogr", "-f", "GeoJSON", "-lco", "COORDINATE_PRECISION=9", path, *source],
        check=True,
        capture_output=True,
        timeout=240,
    )
    (feature,) = json.loads(path.read_text("utf-8"))["features"]
    assert feature["properties"]["id"] == uid
    drawn = shapely.from_geojson(json.dumps(feature["geometry"]))
    assert drawn.equals_exact(service.parcels.geometry.iloc[0], 1e-8) or drawn.normalize().equals_exact(
        service.parcels.geometry.iloc[0].normalize(), 1e-8
    )


def test_it_decodes_our_tiles(service: Service, tmp_path: Path) -> None:
    """GDAL reads a tile of all layers: every layer, and in the one of the plan every parcel."""
    path = tmp_path / "0.mvt"
    path.write_bytes(service.get("/ogc/tiles/WebMercatorQuad/8/94/216").content)
    text = ogrinfo("-ro", "-so", "-al", str(path))
    found = dict(
        zip(
            re.findall(r"^Layer name: (\S+)$", text, re.MULTILINE),
            map(int, re.findall(r"^Feature Count: (\d+)$", text, re.MULTILINE)),
            strict=True,
        )
    )
    assert found["shantytown_parcel"] == len(service.parcels)
    assert "pipe_segment" not in found
