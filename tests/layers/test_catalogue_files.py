"""What every folder in layers/ has to keep to."""

from __future__ import annotations

import csv
import json
import os
import re
import shutil
import subprocess
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from yzgeo.access import may_see
from yzgeo.catalogue import Catalogue, FieldSpec, Layer, load

ROOT = Path(__file__).parents[2]
CI = os.environ.get("CI") == "true"
LAYERS = load()
EACH = pytest.mark.parametrize("layer", LAYERS.layers.values(), ids=LAYERS.layers)
DRAWN = [layer for layer in LAYERS.layers.values() if layer.spec.geometry != "none"]
EACH_DRAWN = pytest.mark.parametrize("layer", DRAWN, ids=[layer.id for layer in DRAWN])
STAGED = [layer for layer in DRAWN if layer.stages]
EACH_STAGED = pytest.mark.parametrize("layer", STAGED, ids=[layer.id for layer in STAGED])

COLOUR = re.compile(r"^#[0-9a-f]{6}$")
PALE = "#f5f3ee"  # the ground of the page
# what crowds a map of the whole district, and the zoom from which it may show
DENSE = {"residential_building": 13, "pipe_node": 13, "pipe_segment": 11, "base_station_5g": 11, "community": 11}


def names_of(field: FieldSpec) -> set[str]:
    return {name.casefold() for name in (field.id, field.title.zh, field.title.en, *field.aliases)}


def luminance(colour: str) -> float:
    """Relative luminance of WCAG 2.1."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def colours_in(value: Any) -> Iterator[str]:
    if isinstance(value, str) and COLOUR.match(value):
        yield value
    elif isinstance(value, list):
        for item in value:
            yield from colours_in(item)


def drawn_colours(layer: Layer) -> set[str]:
    """Colours of everything but labels."""
    return {
        colour
        for part in layer.style.layers
        if part["type"] != "symbol"
        for value in part["paint"].values()
        for colour in colours_in(value)
    }


def matches_on(value: Any, field: str) -> Iterator[list[Any]]:
    if isinstance(value, list):
        if value[:2] == ["match", ["get", field]]:
            yield value[2:-1:2]
        for item in value:
            yield from matches_on(item, field)


def test_every_folder_is_a_layer_and_every_layer_a_folder() -> None:
    folders = {path.name for path in (ROOT / "layers").iterdir() if path.is_dir()} - {"data"}
    assert folders == set(LAYERS.layers)


def test_the_plan_has_the_layers_it_needs() -> None:
    wanted = {
        "admin_district", "admin_subdistrict", "community", "spatial_structure", "shantytown_parcel", "old_compound",
        "compound_item", "residential_building", "management_station", "pipe_segment", "pipe_node",
        "sanitation_facility", "water_project", "road", "railway", "road_project", "fitness_site", "public_facility",
        "shelter", "park_green", "water", "base_station_5g", "base_station_sector", "indicator",
    }  # fmt: skip
    assert wanted <= set(LAYERS.layers)


@EACH
def test_a_column_name_means_one_field(layer: Layer) -> None:
    meant = Counter(name for field in layer.fields for name in names_of(field))
    assert [name for name, count in meant.items() if count > 1] == []


@EACH
def test_a_written_value_means_one_value(layer: Layer) -> None:
    for field in layer.fields:
        meant = Counter(
            name
            for value in field.values
            for name in {text.casefold() for text in (value.id, value.label.zh, value.label.en, *value.aliases)}
        )
        assert [name for name, count in meant.items() if count > 1] == [], field.id


@EACH
def test_titles_are_chinese_and_english(layer: Layer) -> None:
    labels = [layer.spec.title, layer.spec.description, layer.spec.owner, layer.spec.source]
    labels += [field.title for field in layer.fields]
    labels += [value.label for field in layer.fields for value in field.values]
    labels += [item.label for item in layer.style.legend] + [stage.label for stage in layer.stages]
    for label in labels:
        assert re.search(r"[\u4e00-\u9fff]", label.zh) or label.zh.isupper(), label
        assert not re.search(r"[\u4e00-\u9fff]", label.en), label


@EACH
def test_numbers_have_a_unit_where_they_measure_something(layer: Layer) -> None:
    same = ("m2", "m", "mm", "km2", "deg", "percent", "permille")
    suffix = {**{unit: unit for unit in same}, "mhz": "MHz", "dbm": "dBm"}
    for field in layer.fields:
        tail = field.id.rsplit("_", 1)[-1]
        if field.type in ("number", "integer") and "_" in field.id and tail in suffix:
            assert field.unit == suffix[tail], field.id


def test_people_pipes_and_masts_are_not_public() -> None:
    for layer in LAYERS.layers.values():
        for field in layer.fields:
            if re.match(r"households|dwellings|residents", field.id):
                assert field.access == "internal", f"{layer.id}.{field.id}"
    for name in ("pipe_segment", "pipe_node", "base_station_5g", "base_station_sector"):
        assert not may_see("anonymous", LAYERS.layer(name).spec.access)


@EACH_DRAWN
def test_style_parts_are_the_layers_own(layer: Layer) -> None:
    kinds = {"point": {"circle", "symbol"}, "line": {"line", "symbol"}, "polygon": {"fill", "line", "symbol"}}
    for part in layer.style.layers:
        assert part["id"].startswith(f"{layer.id}-")
        assert part["type"] in kinds[layer.spec.geometry]
        assert not {"source", "source-layer"} & set(part), "the service adds the source"
        layout = part.get("layout", {})
        assert not {"text-font", "icon-image"} & set(layout), "there is no glyph or sprite server"
        for name in re.findall(r'\["get", "(\w+)"\]', json.dumps(part)):
            assert name in layer.fields_by_id


@EACH_DRAWN
def test_legend_and_drawing_use_the_same_colours(layer: Layer) -> None:
    drawn = drawn_colours(layer)
    told = {item.color for item in layer.style.legend} | {item.outline for item in layer.style.legend if item.outline}
    defaults = {"#ffffff"}  # casings and hollow symbols
    fallbacks = {
        value[-1]
        for part in layer.style.layers
        if part["type"] != "symbol"
        for value in part["paint"].values()
        if isinstance(value, list) and value[0] == "match" and isinstance(value[-1], str)
    }
    assert layer.style.legend
    assert drawn - told - defaults <= fallbacks
    assert told - drawn - defaults == set()
    assert fallbacks - told - defaults <= {"#6f6f6a"}, "an unknown value is grey"


@EACH_DRAWN
def test_lines_points_and_outlines_stand_out(layer: Layer) -> None:
    for item in layer.style.legend:
        edge = item.outline if item.outline not in (None, "#ffffff") else None
        if item.symbol != "fill":
            assert contrast(edge if item.color == "#ffffff" and edge else item.color, PALE) >= 3, item.label.zh
        elif edge:
            assert contrast(edge, PALE) >= 3, item.label.zh


@EACH_STAGED
def test_every_stage_has_its_look(layer: Layer) -> None:
    stages = {stage.id for stage in layer.stages}
    looks = [set(found) for part in layer.style.layers for found in matches_on(list(part["paint"].values()), "stage")]
    assert all(look <= stages for look in looks), "a stage that does not exist"
    assert any(look == stages for look in looks)
    legend = {item.label.zh for item in layer.style.legend}
    assert {stage.label.zh for stage in layer.stages} <= legend


@EACH_STAGED
def test_the_suspended_look_unlike_any_stage(layer: Layer) -> None:
    """Lines and areas get a dashed edge, points become hollow."""
    suspended = ["==", ["get", "stage"], "suspended"]
    if layer.spec.geometry == "point":
        (circle,) = [part for part in layer.style.layers if part["type"] == "circle"]
        opacity = circle["paint"]["circle-opacity"]
        assert opacity[2:4] == ["suspended", 0.15]
        assert opacity[-1] > 0.8
    else:
        (edge,) = [part for part in layer.style.layers if part.get("filter") == suspended]
        assert edge["paint"]["line-dasharray"]


@EACH_DRAWN
def test_the_legend_explains_each_drawn_value_in_its_own_words(layer: Layer) -> None:
    told = {(item.label.zh, item.label.en) for item in layer.style.legend}
    for field in layer.fields:
        looks = [
            set(found) for part in layer.style.layers for found in matches_on(list(part["paint"].values()), field.id)
        ]
        if not looks or not field.values:
            continue
        drawn = set.union(*looks)
        if layer.id == "road":  # drawn in parts, of which some hold a single class
            drawn |= {value for part in layer.style.layers for value in only(part.get("filter"))}
        assert drawn == {value.id for value in field.values}, field.id
        assert {(value.label.zh, value.label.en) for value in field.values} <= told, field.id


def only(condition: Any) -> list[str]:
    return condition[2][1] if condition and condition[0] == "in" else []


def test_dense_layers_wait_for_a_closer_look() -> None:
    for name, zoom in DENSE.items():
        layer = LAYERS.layer(name)
        waits = all(part.get("minzoom", 0) >= zoom for part in layer.style.layers)
        assert waits or (layer.spec.cluster_to or -1) >= zoom - 1, f"{name} neither waits nor is gathered"


def test_style_ids_are_unique() -> None:
    ids = Counter(part["id"] for layer in LAYERS.layers.values() for part in layer.style.layers)
    assert max(ids.values()) == 1


def test_the_map_opens_with_a_plain_picture() -> None:
    assert {layer.id for layer in LAYERS.layers.values() if layer.spec.visible} == {
        "admin_district", "admin_subdistrict", "water", "railway", "road", "shantytown_parcel", "old_compound",
    }  # fmt: skip


def test_fills_are_drawn_under_lines_and_lines_under_points() -> None:
    highest = {kind: [layer.spec.order for layer in DRAWN if layer.spec.geometry == kind] for kind in ("line", "point")}
    fills = [layer.spec.order for layer in DRAWN if any(part["type"] == "fill" for part in layer.style.layers)]
    assert max(fills) < min(highest["line"]) < max(highest["line"]) < min(highest["point"]) + 1
    orders = [layer.spec.order for layer in DRAWN]
    assert len(set(orders)) == len(orders), "two layers fight for one place"


def test_sensitive_stages_need_evidence_and_a_second_person() -> None:
    for layer in STAGED:
        for stage in layer.stages:
            if stage.id in ("demolished", "cleared", "accepted"):
                assert stage.evidence, f"{layer.id}.{stage.id}"
                assert stage.second_person, f"{layer.id}.{stage.id}"
        assert layer.done_stages
        assert "suspended" in {stage.id for stage in layer.stages if stage.aside}


def test_units_of_the_district_have_a_kind_and_a_parent() -> None:
    units = {row["code"]: row for row in rows("subdistricts.csv")}
    assert Counter(row["kind"] for row in units.values()) == {"subdistrict": 7, "township": 1, "zone": 1}
    communities = rows("communities.csv")
    assert len(communities) == 101
    kinds = {value.id for value in LAYERS.layer("community").field("kind").values}
    for row in communities:
        assert row["code"].startswith(row["parent"])
        assert units[row["parent"]]["name"] == row["parent_name"]
        assert row["kind"] in kinds


def test_every_data_file_has_its_licence_told() -> None:
    text = (ROOT / "layers/data/SOURCES.md").read_text(encoding="utf-8")
    for path in (ROOT / "layers/data").iterdir():
        assert path.name == "SOURCES.md" or f"`{path.name}`" in text, path.name


def test_adding_a_layer_is_adding_a_folder(tmp_path: Path) -> None:
    root = tmp_path / "layers"
    shutil.copytree(ROOT / "layers", root)
    folder = root / "heritage_tree"
    folder.mkdir()
    (folder / "heritage_tree.yaml").write_text(
        """id: heritage_tree
title: {zh: 古树名木, en: Heritage trees}
description: {zh: 挂牌保护的古树, en: Trees under protection}
group: environment
geometry: point
access: public
owner: {zh: 区综合行政执法局, en: Urban management bureau}
source: {zh: 测试, en: Test}
licence: CC0-1.0
vintage: "2024"
fields:
  - {id: age_years, title: {zh: 树龄, en: Age}, type: integer, unit: years, minimum: 0}
""",
        encoding="utf-8",
    )
    (folder / "style.json").write_text(
        json.dumps({"layers": [{"id": "heritage_tree-point", "type": "circle", "paint": {}}], "legend": []}),
        encoding="utf-8",
    )
    grown = load(root)
    assert set(grown.layers) - set(LAYERS.layers) == {"heritage_tree"}
    assert "data_status" in grown.layer("heritage_tree").fields_by_id
    assert [name for name in grown.layers if name != "heritage_tree"] == list(LAYERS.layers)


def test_styles_are_valid_for_maplibre(tmp_path: Path) -> None:
    package = ROOT / "api/web/node_modules/@maplibre/maplibre-gl-style-spec"
    if not package.is_dir():
        assert not CI, "the page's node packages are not installed"
        pytest.skip("the page's node packages are not installed")
    style = {
        "version": 8,
        "sources": {layer.id: {"type": "vector", "tiles": ["http://127.0.0.1/{z}/{x}/{y}"]} for layer in DRAWN},
        "layers": [
            {**part, "source": layer.id, "source-layer": layer.id} for layer in DRAWN for part in layer.style.layers
        ],
    }
    (tmp_path / "style.json").write_text(json.dumps(style), encoding="utf-8")
    (tmp_path / "check.mjs").write_text(
        f"import {{ validateStyleMin }} from '{package}/dist/index.mjs';\n"
        "import { readFileSync } from 'node:fs';\n"
        "const found = validateStyleMin(JSON.parse(readFileSync(process.argv[2], 'utf8')));\n"
        "console.log(JSON.stringify(found.map((problem) => problem.message)));\n",
        encoding="utf-8",
    )
    run = subprocess.run(
        ["node", str(tmp_path / "check.mjs"), str(tmp_path / "style.json")], capture_output=True, text=True, check=True
    )
    assert json.loads(run.stdout) == []


def rows(name: str) -> list[dict[str, str]]:
    with (ROOT / "layers/data" / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_a_second_district_needs_no_python(tiny_catalogue: Catalogue) -> None:
    assert tiny_catalogue.district.code == "999901"
    assert list(tiny_catalogue.layers) == ["hall"]
    assert tiny_catalogue.layer("hall").done_stages == ("open",)
