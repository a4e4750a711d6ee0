"""Tilesets, as the service gives them."""

from __future__ import annotations

from api import models


def test_the_documents_fit(client) -> None:
    for address in ("/ogc/tiles", "/ogc/collections/road/tiles"):
        listed = models.TileSets.model_validate(client.get(address).json())
        for each in listed.tilesets:
            (own,) = [link.href for link in each.links if link.rel == "self"]
            told = models.TileSet.model_validate(client.get(own.removeprefix("http://test")).json())
            assert told.scheme == each.scheme
    (entry,) = models.TileMatrixSets.model_validate(client.get("/ogc/tileMatrixSets").json()).tile_matrix_sets
    scheme = client.get(entry.links[0].href.removeprefix("http://test")).json()
    assert models.TileMatrixSet.model_validate(scheme).uri == entry.uri
