"""Making, opening and checking a district on a server; the rest is in the contract of every store."""

from __future__ import annotations

from pathlib import Path

import pytest
from shapely.geometry import Point

from tests.yzgeo.store.conftest import BY, frame
from yzgeo.catalogue import Catalogue
from yzgeo.errors import WorkspaceBrokenError, WorkspaceExistsError, WorkspaceMissingError
from yzgeo.store.copying import content_sum
from yzgeo.store.postgis.store import PostGISStore
from yzgeo.store.sqlite import GeoPackageStore


def test_a_district_is_made_once(server: PostGISStore, url: str, tiny: Catalogue) -> None:
    with pytest.raises(WorkspaceExistsError):
        PostGISStore.create(url, tiny)
    assert server.meta("district") == "tiny"


def test_nothing_to_open(url: str, tiny: Catalogue) -> None:
    with pytest.raises(WorkspaceMissingError):
        PostGISStore.open(url, tiny)


def test_a_revision_set_back_is_found(server: PostGISStore) -> None:
    server.write("spot", put=frame({"p": Point(1, 2)}), provenance=BY)
    server.check()
    with server._server.write() as connection:
        connection.execute("UPDATE yzgeo_layer_revision SET revision = 0")
    with pytest.raises(WorkspaceBrokenError):
        server.check()


def test_a_backup_is_a_file_with_the_same_content(server: PostGISStore, tmp_path: Path, tiny: Catalogue) -> None:
    server.write("spot", put=frame({"p": Point(1, 2)}), provenance=BY)
    server.backup(tmp_path / "yzgeo.gpkg")
    with pytest.raises(WorkspaceExistsError):
        server.backup(tmp_path / "yzgeo.gpkg")
    copied = GeoPackageStore.open(tmp_path, tiny)
    try:
        assert content_sum(copied) == content_sum(server)
    finally:
        copied.close()


def test_an_edit_is_seen_by_another_process_at_once(server: PostGISStore, url: str, tiny: Catalogue) -> None:
    other = PostGISStore.open(url, tiny)
    try:
        assert other.revision("spot") == 0
        server.write("spot", put=frame({"p": Point(1, 2)}), provenance=BY)
        assert (other.revision("spot"), other.count("spot"), other.bounds("spot")) == (1, 1, (1, 2, 1, 2))
    finally:
        other.close()
