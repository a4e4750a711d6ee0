"""MapLibre styles."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from api import models

WEB = Path(__file__).parents[3] / "api" / "web"
VALIDATOR = WEB / "node_modules" / ".bin" / "gl-style-validate"
RANK = {"background": 0, "fill": 1, "line": 2, "circle": 3, "symbol": 4}


def test_the_list_fits_its_model(client, connect) -> None:
    listed = models.StyleList.model_validate(client.get("/ogc/styles").json())
    assert listed.styles[0].id == "district"
    assert "pipe_segment" not in {style.id for style in listed.styles}
    assert "indicator" not in {style.id for style in listed.styles}
    assert "pipe_segment" in {style["id"] for style in connect("planner").get("/ogc/styles").json()["styles"]}


def test_the_district_style_orders_layers_and_pins_revisions(client) -> None:
    answer = client.get("/ogc/styles/district")
    style = answer.json()
    assert answer.headers["content-type"] == "application/vnd.mapbox.style+json"
    ranks = [RANK[layer["type"]] for layer in style["layers"]]
    assert ranks == sorted(ranks)
    source = style["sources"]["shantytown_parcel"]
    (tiles,) = source["tiles"]
    path, query = tiles.split("?")
    assert path == "http://test/ogc/collections/shantytown_parcel/tiles/WebMercatorQuad/{z}/{y}/{x}"
    assert re.fullmatch(r"revision=1&encoding=[0-9a-f]{8}", query)
    overview = {layer["id"]: layer for layer in client.get("/-/layers").json()["layers"]}
    assert overview["shantytown_parcel"]["links"]["tiles"] == tiles.removeprefix("http://test")
    assert "OpenStreetMap" in source["attribution"]
    assert source["bounds"] == pytest.approx([123.84, 42.29, 123.8458, 42.2908], abs=1e-6)
    drawn = [layer for layer in style["layers"] if layer["type"] != "background"]
    assert {layer["metadata"]["yzgeo:layer"] for layer in drawn} == set(style["sources"])
    assert all(layer["source"] == layer["metadata"]["yzgeo:layer"] for layer in drawn)
    assert all(re.sub("_(label|cluster)$", "", layer["source-layer"]) == layer["source"] for layer in drawn)
    assert "pipe_segment" not in style["sources"]
    hidden = {layer["source"] for layer in drawn if layer.get("layout", {}).get("visibility") == "none"}
    assert hidden == {name for name in style["sources"] if not overview[name]["visible"]}


def test_one_layers_style_shows_it_and_is_revalidated(client) -> None:
    answer = client.get("/ogc/styles/road?revision=1")
    assert list(answer.json()["sources"]) == ["road"]
    assert all(layer.get("layout", {}).get("visibility") != "none" for layer in answer.json()["layers"])
    etag = answer.headers["etag"]
    assert client.get("/ogc/styles/road?revision=1", headers={"If-None-Match": etag}).status_code == 304


@pytest.mark.parametrize("path", ["/ogc/styles/nothing", "/ogc/styles/indicator", "/ogc/styles/road?revision=9"])
def test_what_has_no_style_is_not_found(client, path: str) -> None:
    assert client.get(path).status_code == 404


@pytest.mark.skipif(not VALIDATOR.exists() or shutil.which("node") is None, reason="the page's packages are not there")
def test_the_style_is_valid(connect, tmp_path: Path) -> None:
    path = tmp_path / "style.json"
    path.write_text(json.dumps(connect("admin").get("/ogc/styles/district").json()), encoding="utf-8")
    done = subprocess.run([VALIDATOR, path], capture_output=True, text=True, check=False, timeout=60)
    # Without glyphs MapLibre draws texts with the fonts of the machine; the validator's rule is older than that.
    complaints = [line for line in (done.stdout + done.stderr).splitlines() if line and "glyphs" not in line]
    assert complaints == []


def test_a_style_for_qgis_names_what_the_caller_may_see(client, connect) -> None:
    listed = {style["id"]: style for style in client.get("/ogc/styles").json()["styles"]}
    (link,) = [one for one in listed["shantytown_parcel"]["links"] if one["href"].endswith("?f=qml")]
    answer = client.get(link["href"].removeprefix("http://test"))
    assert answer.headers["content-type"] == link["type"]
    root = ET.fromstring(answer.text.split("\n", 1)[1])  # noqa: S314 - our own text
    renderer = root.find("renderer-v2")
    assert renderer is not None
    assert renderer.attrib["attr"] == "stage"
    assert root.find(".//alias[@field='households']") is None
    signed_in = connect("viewer").get("/ogc/styles/shantytown_parcel?f=qml")
    assert 'field="households"' in signed_in.text
    assert signed_in.headers["etag"] != answer.headers["etag"]
    assert client.get("/ogc/styles/indicator?f=qml").status_code == 200, "tables have titles and lists of values"
    assert len(listed["district"]["links"]) == 1
    assert client.get("/ogc/styles/road?f=sld").status_code == 400
