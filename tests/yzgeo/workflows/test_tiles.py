"""Tiles of stored layers, the memory that keeps them, and styles."""

from __future__ import annotations

import gzip
from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import mapbox_vector_tile
import numpy as np
import pytest
import shapely

from yzgeo.store import create_store
from yzgeo.store.base import Provenance, Query
from yzgeo.tiles import project, tile_at
from yzgeo.workflows import tiles
from yzgeo.workflows.overview import visible_fields
from yzgeo.workflows.workspace import open_workspace, prepare_frame

TILE = (14, 6064, 13828)
NONE: dict[str, list[object]] = {"features": []}
BY = Provenance(actor="test", reason="test")


@pytest.fixture
def store(tmp_path: Path, catalogue):
    opened = create_store(tmp_path, catalogue)
    put(opened, stage="planned")
    yield opened
    opened.close()


def put(store, **fields: str) -> None:
    columns = {
        "code": ["A", "B"],
        "area_m2": [1.0, 2.0],
        "households": [5, 6],
        "data_status": ["surveyed"] * 2,
        "source": ["test"] * 2,
        **{name: [value] * 2 for name, value in fields.items()},
    }
    boxes = [shapely.box(123.840, 42.29, 123.841, 42.291), shapely.box(123.842, 42.29, 123.843, 42.291)]
    frame = gpd.GeoDataFrame(columns, geometry=boxes, crs="EPSG:4490")
    layer = store.catalogue.layer("shantytown_parcel")
    store.write(layer.id, put=prepare_frame(layer, frame, "EPSG:4490"), provenance=BY)


def stages(data: bytes) -> set[str]:
    found = mapbox_vector_tile.decode(data)["shantytown_parcel"]["features"]
    return {feature["properties"]["stage"] for feature in found}


def test_a_tile_shows_what_the_role_may_see(store) -> None:
    for role, sees in (("anonymous", False), ("viewer", True)):
        data = tiles.layer_tile(store, "shantytown_parcel", *TILE, revision=None, role=role)
        first = mapbox_vector_tile.decode(data)["shantytown_parcel"]["features"][0]
        assert ("households" in first["properties"]) is sees
        assert first["properties"]["code"] == "A"
        assert len(first["properties"]["uid"]) == 36


def test_an_earlier_revision_is_still_there(store) -> None:
    put(store, stage="cleared")
    now = tiles.layer_tile(store, "shantytown_parcel", *TILE, revision=None, role="viewer")
    then = tiles.layer_tile(store, "shantytown_parcel", *TILE, revision=1, role="viewer")
    assert stages(now) == {"cleared"}
    assert stages(then) == {"planned"}
    assert tiles.layer_tile(store, "shantytown_parcel", *TILE, revision=0, role="viewer") == b""


def test_a_tile_is_made_once(store, monkeypatch) -> None:
    maker = tiles.TileMaker(store, most_bytes=1 << 20)
    key = (
        "shantytown_parcel",
        1,
        *TILE,
        visible_fields(store.catalogue.layer("shantytown_parcel"), "viewer"),
        None,
        0,
        None,
    )
    assert maker.remembered(key) is None
    data = maker.make(key)
    assert stages(gzip.decompress(data)) == {"planned"}
    monkeypatch.setattr(tiles, "encode", lambda *_args, **_options: pytest.fail("made twice"))
    assert maker.make(key) is maker.remembered(key) is data


def test_a_write_in_between_gives_the_revision_that_was_asked_for(store, monkeypatch) -> None:
    maker = tiles.TileMaker(store, most_bytes=1 << 20)
    key = (
        "shantytown_parcel",
        1,
        *TILE,
        visible_fields(store.catalogue.layer("shantytown_parcel"), "viewer"),
        None,
        0,
        None,
    )
    plain, moments = tiles.encode, []

    def interrupted(*args, **options):
        if not moments:
            moments.append(1)
            put(store, stage="cleared")
        return plain(*args, **options)

    monkeypatch.setattr(tiles, "encode", interrupted)
    assert stages(gzip.decompress(maker.make(key))) == {"planned"}


def test_emptiness_is_remembered_too(store) -> None:
    maker = tiles.TileMaker(store, most_bytes=1 << 20)
    key = ("shantytown_parcel", 1, 14, 0, 0, (), None, 0, None)
    assert maker.make(key) == b""
    assert maker.remembered(key) == b""


def test_a_style_of_no_layers_is_a_background(store) -> None:
    style = tiles.district_style(store, [], tiles_url="http://x/{layer}", name="n")
    assert [layer["type"] for layer in style["layers"]] == ["background"]
    assert style["version"] == 8


def test_texts_stand_once_on_an_area(store) -> None:
    def labels(z: int, row: int, col: int) -> list[dict[str, object]]:
        data = tiles.layer_tile(store, "shantytown_parcel", z, row, col, revision=None, role="viewer")
        found = mapbox_vector_tile.decode(data) if data else {}
        return found.get("shantytown_parcel_label", {"features": []})["features"]

    z, row, col = TILE
    assert labels(*TILE) == [], "the codes show from zoom 15"
    tiles_16 = [(z + 2, 4 * row + down, 4 * col + right) for down in range(-1, 5) for right in range(-1, 5)]
    found = [feature for tile in tiles_16 for feature in labels(*tile)]
    assert sorted(feature["properties"]["code"] for feature in found) == ["A", "B"]
    assert {feature["geometry"]["type"] for feature in found} == {"Point"}
    assert sorted(feature["id"] for feature in found) == [1, 2]


def test_a_style_takes_texts_of_areas_from_their_points(store) -> None:
    layers = [store.catalogue.layer(name) for name in ("shantytown_parcel", "road")]
    style = tiles.district_style(store, layers, tiles_url="http://x/{layer}", name="n")
    used = {(each["source"], each["type"] == "symbol"): each["source-layer"] for each in style["layers"][1:]}
    assert used == {
        ("shantytown_parcel", False): "shantytown_parcel",
        ("shantytown_parcel", True): "shantytown_parcel_label",
        ("road", False): "road",
        ("road", True): "road",
    }


def test_the_encoding_changes_with_all_but_the_features(catalogue, monkeypatch) -> None:
    layer = catalogue.layer("admin_subdistrict")
    before = tiles.encoding_of(layer)
    assert before == tiles.encoding_of(catalogue.layer("admin_subdistrict"))
    fewer = replace(layer, fields=layer.fields[:-1])
    assert tiles.encoding_of(fewer) != before
    bare = replace(layer, style=layer.style.model_copy(update={"layers": ()}))
    assert tiles.encoding_of(bare) != before
    monkeypatch.setattr("yzgeo.tiles.FORMAT", 10**6)
    assert tiles.encoding_of(layer) != before


def test_numbers_and_single_points_add_up_on_every_level(demo_workspace: Path, catalogue) -> None:
    with open_workspace(demo_workspace, catalogue) as workspace:
        kept = workspace.store
        count = kept.count("base_station_5g", Query())
        west, south, east, north = kept.bounds("base_station_5g")
        for z in range(tiles.MIN_ZOOM, 13):
            (left, top), (right, bottom) = (tile_at(z, *corner) for corner in ((west, north), (east, south)))
            alone, numbers = [], []
            for row in range(top - 1, bottom + 2):
                for col in range(left - 1, right + 2):
                    data = tiles.layer_tile(kept, "base_station_5g", z, row, col, revision=None, role="admin")
                    found = mapbox_vector_tile.decode(data) if data else {}
                    alone += [each["properties"]["uid"] for each in found.get("base_station_5g", NONE)["features"]]
                    gathered = found.get("base_station_5g_cluster", NONE)["features"]
                    numbers += [each["properties"]["point_count"] for each in gathered]
                    assert all(set(each["properties"]) == {"point_count"} for each in gathered), "it has no stage"
            assert len(alone) + sum(numbers) == count
            assert len(set(alone)) == len(alone)
            assert min(numbers, default=2) >= 2
        data = tiles.layer_tile(kept, "base_station_5g", 13, *near(kept, 13), revision=None, role="admin")
        assert set(mapbox_vector_tile.decode(data)) == {"base_station_5g"}, "closer by, each stands for itself"


def near(kept, z: int) -> tuple[int, int]:
    col, row = tile_at(z, *kept.catalogue.district.center)
    return row, col


def test_communities_leave_no_gap_on_any_level(demo_workspace: Path, catalogue) -> None:
    """Real borders meet in corners that only two of three areas have."""
    with open_workspace(demo_workspace, catalogue) as workspace:
        kept = workspace.store
        shapes = np.array(shapely.from_wkb(kept.rows("community", Query(), fields=()).wkb), dtype=object)
        for z in (10, 11, 12, 13, 14):
            row, col = near(kept, z)
            data = tiles.layer_tile(kept, "community", z, row, col, revision=None, role="admin")
            decoded = mapbox_vector_tile.decode(data, default_options={"y_coord_down": True})
            drawn = [shapely.geometry.shape(each["geometry"]) for each in decoded["community"]["features"]]
            together = shapely.union_all(drawn)
            whole = shapely.union_all(project(shapes, z, row, col), grid_size=0.01)
            # The outer border may move by a unit and more; what matters lies inside of it.
            inside = shapely.intersection(whole.buffer(-4), shapely.box(0, 0, 4096, 4096))
            gap = shapely.difference(inside, together)
            assert gap.buffer(-0.5).is_empty, f"a gap wider than one unit at zoom {z}"
            twice = sum(shape.area for shape in drawn) - together.area
            assert twice < 0.01 * 0.01 * inside.area, f"overlaps at zoom {z}"


def test_a_style_draws_what_is_gathered_in_no_stages_colour(store, catalogue) -> None:
    layer = catalogue.layer("base_station_5g")
    style = tiles.layer_style(store, layer, tiles_url="http://x/{layer}", name="n")
    circle, number = (part for part in style["layers"] if part.get("source-layer") == "base_station_5g_cluster")
    assert (circle["type"], number["type"]) == ("circle", "symbol")
    assert circle["metadata"] == {"yzgeo:layer": "base_station_5g", "yzgeo:cluster": True}
    assert circle["maxzoom"] == number["maxzoom"] == 13
    assert "point_count" in str(number["layout"]["text-field"])
    used = {item.color for item in layer.style.legend} | {item.outline for item in layer.style.legend}
    assert not used & {circle["paint"]["circle-color"], circle["paint"]["circle-stroke-color"]}
    (point,) = (part for part in style["layers"] if part["id"] == "base_station_5g-point")
    assert "minzoom" not in point, "a point that stands alone is drawn at every zoom"
