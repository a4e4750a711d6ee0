"""Tiles encoded by PostGIS say what our own encoder says of the same district."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import uuid4

import mapbox_vector_tile
import numpy as np
import pytest
import shapely
from shapely.geometry import shape

from tests.stores import copied_to
from yzgeo import tiles
from yzgeo.catalogue import Catalogue
from yzgeo.store.postgis.store import PostGISStore
from yzgeo.workflows import tiles as workflow
from yzgeo.workflows.overview import visible_fields


@pytest.fixture(scope="module")
def served(postgis_server: str, demo_workspace: object, catalogue: Catalogue) -> Iterator[PostGISStore]:
    opened = PostGISStore.open(copied_to(postgis_server, demo_workspace, catalogue), catalogue)
    yield opened
    opened.close()


def _decoded(data: bytes, layer: str) -> dict[int, tuple[dict[str, object], object]]:
    if not data:
        return {}
    found = mapbox_vector_tile.decode(data, default_options={"y_coord_down": True})[layer]["features"]
    return {each["id"]: (each["properties"], shape(each["geometry"])) for each in found}


def _near(one: object, other: object) -> float:
    """The farthest that a vertex inside the tile lies from the other's outline, tile units; the margin is not drawn."""
    farthest = 0.0
    for each, line in ((one, other), (other, one)):
        points = shapely.points(shapely.get_coordinates(each))
        inside = points[shapely.intersects(points, shapely.box(0, 0, 4096, 4096))]
        outline = line.boundary if line.geom_type.endswith("Polygon") else line
        farthest = max(farthest, float(shapely.distance(inside, outline).max(initial=0.0)))
    return farthest


@pytest.mark.parametrize("layer", ["residential_building", "road", "base_station_5g", "public_facility"])
def test_as_our_own_encoder(served: PostGISStore, catalogue: Catalogue, layer: str) -> None:
    spec = catalogue.layer(layer)
    fields = visible_fields(spec, "admin")
    rows = served.rows(layer, fields=())
    compared, distances = 0, []
    for index in np.linspace(0, len(rows.uids) - 1, 4).astype(int):
        centre = shapely.from_wkb(rows.wkb[index]).centroid
        for z in (14, 16):
            col, row = tiles.tile_at(z, centre.x, centre.y)
            revision, data = served.plain_tile(layer, (z, row, col), fields=fields, own=None)
            assert revision == served.revision(layer)
            if data is None:
                continue
            box = tiles.tile_bounds(z, row, col, buffer=tiles.BUFFER / tiles.EXTENT)
            own = workflow.Query(bbox=box)
            held = served.rows(layer, own, fields=fields)
            shapes = np.asarray(shapely.from_wkb(np.array(held.wkb, dtype=object)), dtype=object)
            columns = {**{name: held.columns[name] for name in fields}, "uid": held.uids}
            wanted = tiles.encode_layer(layer, shapes, held.fids, columns, z=z, row=row, col=col, simplify=False)
            given, expected = _decoded(data, layer), _decoded(wanted, layer)
            # A shape that only touches the rim of the margin may round to either side.
            for fid in given.keys() ^ expected.keys():
                _, lone = {**given, **expected}[fid]
                inner = shapely.box(-tiles.BUFFER + 2, -tiles.BUFFER + 2, 4094 + tiles.BUFFER, 4094 + tiles.BUFFER)
                assert not lone.intersects(inner)
            for fid in given.keys() & expected.keys():
                assert given[fid][0] == expected[fid][0]
                distances.append(_near(given[fid][1], expected[fid][1]))
                compared += 1
    assert compared > 20
    # One unit, and the diagonal of a corner that both rounded away from it.
    assert max(distances) <= 1.5
    assert np.quantile(distances, 0.95) <= 1.0


def test_nothing_forbidden_is_read(served: PostGISStore, catalogue: Catalogue) -> None:
    layer = "residential_building"
    fields = visible_fields(catalogue.layer(layer), "anonymous")
    rows = served.rows(layer, fields=["subdistrict"])
    centre = shapely.from_wkb(rows.wkb[0]).centroid
    col, row = tiles.tile_at(15, centre.x, centre.y)
    _, data = served.plain_tile(layer, (15, row, col), fields=fields, own=None)
    assert data
    names = {name for properties, _ in _decoded(data, layer).values() for name in properties}
    assert names
    assert names <= {*fields, "uid"}
    assert "residents" not in names
    own = [rows.columns["subdistrict"][0]]
    _, part = served.plain_tile(layer, (15, row, col), fields=["subdistrict"], own=own)
    assert {properties["subdistrict"] for properties, _ in _decoded(part or b"", layer).values()} == set(own)
    _, none = served.plain_tile(layer, (15, row, col), fields=fields, own=[uuid4().hex])
    assert none == b""


def test_low_zooms_are_left_to_our_own_encoder(served: PostGISStore) -> None:
    assert served.plain_tile("road", (13, 3000, 6900), fields=["name"], own=None)[1] is None
