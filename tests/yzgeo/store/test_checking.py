"""Databases that cannot be trusted are told and left alone."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from shapely.geometry import Point, box

from tests.yzgeo.store.conftest import BY, frame
from yzgeo.catalogue import Catalogue
from yzgeo.errors import WorkspaceBrokenError, WorkspaceNewerError
from yzgeo.store.sqlite import GeoPackageStore


def alter(path: Path, *statements: str) -> None:
    connection = sqlite3.connect(path, isolation_level=None)
    for statement in statements:
        connection.execute(statement)
    connection.close()


@pytest.fixture
def workspace(geopackage: GeoPackageStore) -> Path:
    put = {f"u{at}": box(at / 100, 1, at / 100 + 0.01, 2) for at in range(2_000)}
    geopackage.write("area", put=frame(put, code=[f"编号 {uid}" for uid in put]), provenance=BY)
    geopackage.write("spot", put=frame({"s": Point(1, 1)}), provenance=BY)
    geopackage.close()
    return geopackage.path.parent


def refuse(workspace: Path, catalogue: Catalogue) -> str:
    """Open, expect the refusal, and see that the file was left alone."""
    path = workspace / "yzgeo.gpkg"
    before = path.read_bytes()
    with pytest.raises(WorkspaceBrokenError) as refused:
        GeoPackageStore.open(workspace, catalogue)
    assert path.read_bytes() == before
    assert [found.name for found in workspace.iterdir()] == ["yzgeo.gpkg"]
    return refused.value.message("zh")


def test_another_database(tmp_path: Path, tiny: Catalogue) -> None:
    alter(tmp_path / "yzgeo.gpkg", "CREATE TABLE t (x)")
    assert "GeoPackage" in refuse(tmp_path, tiny)


def test_another_programs_geopackage(tmp_path: Path, tiny: Catalogue) -> None:
    alter(tmp_path / "yzgeo.gpkg", "PRAGMA application_id = 1196444487", "CREATE TABLE t (x)")
    assert "yzgeo" in refuse(tmp_path, tiny)


@pytest.mark.parametrize("content", [b"", b"hello", b"x" * 100_000])
def test_no_database(tmp_path: Path, tiny: Catalogue, content: bytes) -> None:
    (tmp_path / "yzgeo.gpkg").write_bytes(content)
    refuse(tmp_path, tiny)


def test_a_missing_table(workspace: Path, tiny: Catalogue) -> None:
    alter(workspace / "yzgeo.gpkg", "DROP TABLE yzgeo_session")
    assert "yzgeo_session" in refuse(workspace, tiny)


def test_a_newer_database(workspace: Path, tiny: Catalogue) -> None:
    alter(workspace / "yzgeo.gpkg", "INSERT INTO yzgeo_migration VALUES (999, 'future', '2030')")
    before = (workspace / "yzgeo.gpkg").read_bytes()
    with pytest.raises(WorkspaceNewerError):
        GeoPackageStore.open(workspace, tiny)
    assert (workspace / "yzgeo.gpkg").read_bytes() == before


def test_a_torn_file(workspace: Path, tiny: Catalogue) -> None:
    path = workspace / "yzgeo.gpkg"
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(WorkspaceBrokenError):  # noqa: PT012 - the block is the case
        store = GeoPackageStore.open(workspace, tiny)
        try:
            store.check()
        finally:
            store.close()


def test_damage_inside(workspace: Path, tiny: Catalogue) -> None:
    path = workspace / "yzgeo.gpkg"
    content = bytearray(path.read_bytes())
    for at in range(len(content) // 2, len(content) // 2 + 40_000, 8):
        content[at] ^= 0xFF
    path.write_bytes(content)
    with pytest.raises(WorkspaceBrokenError):  # noqa: PT012 - the block is the case
        store = GeoPackageStore.open(workspace, tiny)
        try:
            store.check()
        finally:
            store.close()


@pytest.mark.parametrize(
    "harm",
    [
        "DELETE FROM rtree_spot_geom",
        "INSERT INTO rtree_spot_geom VALUES (77, 1, 1, 1, 1)",
        "UPDATE yzgeo_layer_revision SET revision = 0 WHERE layer = 'spot'",
        "DELETE FROM yzgeo_batch",
    ],
)
def test_parts_that_do_not_fit(workspace: Path, tiny: Catalogue, harm: str) -> None:
    alter(workspace / "yzgeo.gpkg", "PRAGMA foreign_keys = OFF", harm)
    store = GeoPackageStore.open(workspace, tiny)
    with pytest.raises(WorkspaceBrokenError):
        store.check()
    store.close()


def test_an_intact_database_passes(workspace: Path, tiny: Catalogue) -> None:
    store = GeoPackageStore.open(workspace, tiny)
    store.check()
    store.close()
