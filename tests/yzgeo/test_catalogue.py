"""The catalogue reads strictly and says where it stumbles."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from uuid import NAMESPACE_URL, UUID, uuid5

import jsonschema
import pytest
import yaml

from yzgeo.catalogue import Catalogue, Layer, default_root, feature_uid, feature_uids, json_schema, load
from yzgeo.errors import CatalogueError, FieldUnknownError, LayerUnknownError

TINY = Path(__file__).parents[1] / "layers" / "tiny_district"


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    """A writable copy of the tiny district."""
    return Path(shutil.copytree(TINY, tmp_path / "layers"))


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_layers_come_by_group_then_order(catalogue: Catalogue) -> None:
    ranks = [group.id for group in catalogue.groups]
    keys = [(ranks.index(layer.spec.group), layer.spec.order) for layer in catalogue.layers.values()]
    assert keys == sorted(keys)


def test_a_layer_has_the_shared_fields_first(catalogue: Catalogue) -> None:
    fields = list(catalogue.layer("shantytown_parcel").fields_by_id)
    assert fields[:7] == ["code", "name", "subdistrict", "community", "data_status", "source", "note"]
    assert fields[7:11] == ["stage", "stage_date", "planned_start", "planned_finish"]


def test_stages_are_the_values_of_the_stage_field(catalogue: Catalogue) -> None:
    layer = catalogue.layer("shantytown_parcel")
    assert [value.id for value in layer.field("stage").values] == [stage.id for stage in layer.stages]
    assert layer.done_stages == ("cleared", "reused")


def test_a_layer_without_stages_has_no_stage_field(catalogue: Catalogue) -> None:
    layer = catalogue.layer("road")
    assert layer.stages == ()
    assert layer.done_stages == ()
    assert "stage" not in layer.fields_by_id


def test_a_field_of_the_layer_replaces_the_shared_one(tiny: Path) -> None:
    edit(tiny / "hall/hall.yaml", "fields:\n", "fields:\n  - {id: note, title: {zh: 附注, en: Remark}, type: text}\n")
    fields = load(tiny).layer("hall").fields
    assert [field.id for field in fields].count("note") == 1
    assert fields[6].title.zh == "附注"


def test_the_unknown_is_refused_by_name(catalogue: Catalogue) -> None:
    with pytest.raises(LayerUnknownError) as layer:
        catalogue.layer("nowhere")
    assert "nowhere" in layer.value.message("zh")
    with pytest.raises(FieldUnknownError) as field:
        catalogue.layer("road").field("colour")
    assert "road_class" in field.value.remedy("zh")


@pytest.mark.parametrize(
    ("path", "old", "new", "told"),
    [
        ("hall/hall.yaml", "vintage:", "colour: red\nvintage:", "colour"),
        ("hall/hall.yaml", "unit: count", "unit: count, size: 3", "fields.0.size"),
        ("hall/hall.yaml", "id: hall", "id: hal", "folder"),
        ("hall/hall.yaml", "group: services", "group: nowhere", "unknown group"),
        ("hall/hall.yaml", "group: services", "key: number\ngroup: services", "number"),
        ("hall/hall.yaml", "group: services", "label_field: title\ngroup: services", "title"),
        ("hall/hall.yaml", "geometry: point", "geometry: circle", "geometry"),
        ("hall/hall.yaml", "geometry: point", "geometry: point\ngeometry: line", "twice"),
        ("hall/hall.yaml", "fields:", "fields: [", "parsing"),
        ("hall/stages.yaml", "done: true", "finished: true", "finished"),
        ("hall/style.json", '"symbol": "circle"', '"symbol": "star"', "symbol"),
        ("hall/style.json", '"legend"', "legend", "column"),
        ("district.yaml", 'code: "999901"', 'code: "99990"', "code"),
        ("district.yaml", "city:", "mayor: x\ncity:", "mayor"),
        ("defaults.yaml", "groups:", "grups: []\ngroups:", "grups"),
    ],
)
def test_a_broken_file_is_named_with_its_key(tiny: Path, path: str, old: str, new: str, told: str) -> None:
    edit(tiny / path, old, new)
    with pytest.raises(CatalogueError) as refusal:
        load(tiny)
    assert told in str(refusal.value)


@pytest.mark.parametrize("path", ["district.yaml", "defaults.yaml", "hall/stages.yaml", "hall/style.json"])
def test_a_missing_file_is_named(tiny: Path, path: str) -> None:
    (tiny / path).unlink()
    with pytest.raises(CatalogueError) as refusal:
        load(tiny)
    assert Path(path).name in refusal.value.message("zh")


def test_uids_are_stable_and_differ_by_layer_and_key() -> None:
    assert feature_uid("shantytown_parcel", "PH-001") == feature_uid("shantytown_parcel", "PH-001")
    assert len({feature_uid(layer, key) for layer in ("a", "b") for key in ("1", "2")}) == 4
    assert UUID(feature_uid("a", "1")).version == 5


@pytest.mark.parametrize("layer", ["shantytown_parcel", "a"])
def test_uids_made_in_bulk_are_those_of_the_standard_library(layer: str) -> None:
    keys = ["", "PH-001", "南关地块", "\U0001f3d8", *map(str, range(300))]
    assert feature_uids(layer, keys) == [str(uuid5(NAMESPACE_URL, f"yzgeo:{layer}:{key}")) for key in keys]


def test_the_schema_takes_every_layer_and_no_unknown_key() -> None:
    validator = jsonschema.Draft202012Validator(json_schema())
    for path in sorted(default_root().glob("*/*.yaml")):
        if path.stem == path.parent.name:
            content = yaml.safe_load(path.read_text(encoding="utf-8"))
            # YAML has tuples and numbers as JSON has them
            assert not list(validator.iter_errors(json.loads(json.dumps(content)))), path
    assert list(validator.iter_errors({**content, "colour": "red"}))
    assert list(validator.iter_errors({**content, "fields": [{**content["fields"][0], "size": 3}]}))


def test_the_tiny_district_loads() -> None:
    tiny = load(TINY)
    assert tiny.root == TINY
    layer: Layer = tiny.layer("hall")
    assert layer.spec.visible is False
    assert layer.spec.search_fields == ("code", "name")
