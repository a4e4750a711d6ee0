"""Tilesets: the scheme as the standard prints it, limits, tiles of many layers."""

from __future__ import annotations

import mapbox_vector_tile
import pytest

from tests.stores import Premises
from yzgeo.catalogue import Catalogue
from yzgeo.workflows import tilesets
from yzgeo.workflows.tiles import TileMaker


def test_the_scheme_is_the_standards() -> None:
    """Figures of WebMercatorQuad as OGC 17-083r4, annex D.1, prints them."""
    matrices = {matrix["id"]: matrix for matrix in tilesets.matrix_set()["tileMatrices"]}
    printed = {"0": (559082264.028717, 156543.033928041), "10": (545978.773465544, 152.874056570353)}
    for zoom, (scale, cell) in printed.items():
        assert matrices[zoom]["scaleDenominator"] == pytest.approx(scale, rel=1e-12)
        assert matrices[zoom]["cellSize"] == pytest.approx(cell, rel=1e-12)
        assert matrices[zoom]["matrixWidth"] == matrices[zoom]["matrixHeight"] == 2 ** int(zoom)
        assert matrices[zoom]["pointOfOrigin"] == pytest.approx([-20037508.3427892, 20037508.3427892], rel=1e-13)


def test_limits_hold_the_bounds() -> None:
    """Column: (123.84 + 180) / 360 × 2^14 = 13828.1; row by the Mercator formula at 42.29 N: 6064.5."""
    found = {entry["tileMatrix"]: entry for entry in tilesets.limits((123.84, 42.29, 123.84, 42.29))}
    assert list(found) == [str(z) for z in range(6, 17)]
    assert found["14"] == {
        "tileMatrix": "14",
        "minTileRow": 6064,
        "maxTileRow": 6064,
        "minTileCol": 13828,
        "maxTileCol": 13828,
    }
    whole = tilesets.limits((-180, -90, 180, 90))[0]
    assert whole == {"tileMatrix": "6", "minTileRow": 0, "maxTileRow": 63, "minTileCol": 0, "maxTileCol": 63}
    assert tilesets.limits(None) == []


def test_a_whole_tile_is_its_layers_tiles(demo_premises: Premises, catalogue: Catalogue) -> None:
    names = ("shantytown_parcel", "road", "park_green")
    with demo_premises.workspace() as opened:
        maker = TileMaker(opened.store, most_bytes=1 << 20)
        parts = [tilesets.Part(catalogue.layer(name), ("code",), None) for name in names]
        whole = mapbox_vector_tile.decode(tilesets.whole_tile(opened.store, maker, parts, (9, 189, 432)))
        single = {}
        for part in parts:
            single |= mapbox_vector_tile.decode(tilesets.whole_tile(opened.store, maker, [part], (9, 189, 432)))
        assert whole == single
        assert {name: len(whole[name]["features"]) for name in names} == {
            name: opened.store.count(name) for name in names
        }
        assert tilesets.whole_tile(opened.store, maker, parts, (10, 0, 0)) == b""
