"""Tables follow the catalogue, and never turn stored data into something else."""

from __future__ import annotations

import copy
from pathlib import Path

import pytest

from tests.yzgeo.store.conftest import BY, LAYERS, frame, text, write_layers
from yzgeo.catalogue import load
from yzgeo.errors import CatalogueError
from yzgeo.store.postgis.store import PostGISStore


def test_a_new_field_becomes_a_column(server: PostGISStore, url: str, tmp_path: Path) -> None:
    server.write("path", put=frame({"p": None}, code=["1"]), provenance=BY)
    grown = copy.deepcopy(LAYERS)
    grown["path"]["fields"] = [{"id": "lanes", "title": text("车道", "Lanes"), "type": "integer"}]
    write_layers(tmp_path / "layers", grown)
    again = PostGISStore.open(url, load(tmp_path / "layers"))
    try:
        assert dict(again.feature("path", "p").properties) == {"code": "1", "name": None, "lanes": None}
    finally:
        again.close()


@pytest.mark.parametrize("change", ["geometry", "type"])
def test_stored_data_stay_what_they_are(server: PostGISStore, url: str, tmp_path: Path, change: str) -> None:
    other = copy.deepcopy(LAYERS)
    if change == "geometry":
        other["path"]["geometry"] = "point"
    else:
        other["spot"]["fields"][1]["type"] = "text"
    write_layers(tmp_path / "layers", other)
    with pytest.raises(CatalogueError):
        PostGISStore.open(url, load(tmp_path / "layers"))


def test_titles_and_the_spatial_index_are_in_the_database(server: PostGISStore) -> None:
    with server._server.read() as reader:
        title = reader.connection.execute("SELECT obj_description('area'::regclass)").fetchone()
        kinds = reader.connection.execute(
            "SELECT am.amname FROM pg_index AS i JOIN pg_class AS c ON c.oid = i.indexrelid "
            "JOIN pg_am AS am ON am.oid = c.relam WHERE i.indrelid = 'area'::regclass"
        ).fetchall()
    assert title == ("面: 面，仅供测试",)
    assert ("gist",) in kinds
