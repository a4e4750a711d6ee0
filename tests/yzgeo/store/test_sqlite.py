"""What only a file can do: be killed, copied, read-only."""

from __future__ import annotations

import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from shapely.geometry import Point, box

from tests.yzgeo.store.conftest import BY, frame
from yzgeo.catalogue import Catalogue
from yzgeo.errors import StorageError, WorkspaceExistsError, WorkspaceMissingError
from yzgeo.store.sqlite import GeoPackageStore


def test_the_file_is_a_geopackage_with_a_log(geopackage: GeoPackageStore) -> None:
    connection = sqlite3.connect(geopackage.path)
    facts = [
        connection.execute(f"PRAGMA {name}").fetchone()[0]
        for name in ("application_id", "user_version", "journal_mode")
    ]
    connection.close()
    assert facts == [0x47504B47, 10300, "wal"]


def test_create_does_not_overwrite(geopackage: GeoPackageStore, tiny: Catalogue) -> None:
    geopackage.write("spot", put=frame({"s": Point(1, 1)}), provenance=BY)
    with pytest.raises(WorkspaceExistsError):
        GeoPackageStore.create(geopackage.path.parent, tiny)
    assert geopackage.count("spot") == 1


def test_open_wants_a_workspace(tmp_path: Path, tiny: Catalogue) -> None:
    with pytest.raises(WorkspaceMissingError):
        GeoPackageStore.open(tmp_path, tiny)
    with pytest.raises(WorkspaceMissingError):
        GeoPackageStore.open(tmp_path / "nowhere", tiny)
    assert list(tmp_path.iterdir()) == []


def test_a_workspace_may_have_any_name(tmp_path: Path, tiny: Catalogue) -> None:
    folder = tmp_path / "银州 区?#%20" / "工作区"
    store = GeoPackageStore.create(folder, tiny)
    store.write("spot", put=frame({"s": Point(1, 1)}), provenance=BY)
    store.backup(folder / "备份?.gpkg")
    store.close()
    assert sorted(path.name for path in folder.iterdir()) == ["yzgeo.gpkg", "备份?.gpkg"]


def test_a_backup_is_a_whole_workspace(geopackage: GeoPackageStore, tmp_path: Path, tiny: Catalogue) -> None:
    geopackage.write("area", put=frame({"a": box(1, 1, 2, 2)}), provenance=BY)
    geopackage.write("area", put=frame({"a": box(1, 1, 3, 3)}), provenance=BY)
    copy = geopackage.backup(tmp_path / "restored" / "yzgeo.gpkg")
    geopackage.write("area", delete=["a"], provenance=BY)
    assert [path.name for path in copy.parent.iterdir()] == ["yzgeo.gpkg"]
    restored = GeoPackageStore.open(copy.parent, tiny)
    restored.check()
    assert restored.revision("area") == 2
    assert len(restored.history("area", "a")) == 2
    assert restored.write("area", delete=["a"], provenance=BY).revision == 3
    restored.close()


def test_a_backup_never_overwrites(geopackage: GeoPackageStore, tmp_path: Path) -> None:
    target = tmp_path / "precious.gpkg"
    target.write_text("mine")
    with pytest.raises(WorkspaceExistsError):
        geopackage.backup(target)
    assert target.read_text() == "mine"


def test_a_backup_to_an_impossible_place(geopackage: GeoPackageStore, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(StorageError):
        geopackage.backup(tmp_path / "file" / "copy.gpkg")


def test_asking_for_the_revision_sees_other_processes(geopackage: GeoPackageStore, tiny: Catalogue) -> None:
    """The remembered answer is dropped as soon as anyone commits."""
    assert geopackage.revision("spot") == 0
    other = GeoPackageStore.open(geopackage.path.parent, tiny)
    other.write("spot", put=frame({"s": Point(1, 1)}), provenance=BY)
    other.close()
    assert geopackage.revision("spot") == 1
    assert geopackage.count("spot") == 1
    assert geopackage.bounds("spot") == (1, 1, 1, 1)


@pytest.mark.slow
def test_a_killed_writer_leaves_all_of_a_batch_or_none(
    geopackage: GeoPackageStore, tiny: Catalogue, tiny_root: Path
) -> None:
    """Each batch holds 3,000 features and updates them all; the writer is killed at moments spread over its work."""
    workspace = geopackage.path.parent
    geopackage.close()
    rng = random.Random(7)
    for _ in range(4):
        with subprocess.Popen(
            [sys.executable, "-c", ENDLESS, str(workspace), str(tiny_root)], stdout=subprocess.PIPE, text=True
        ) as writer:
            assert writer.stdout is not None
            assert writer.stdout.readline() == "ready\n"
            time.sleep(rng.uniform(0.0, 0.6))
            os.kill(writer.pid, signal.SIGKILL)
            said = [int(line) for line in writer.stdout if line.endswith("\n")]
        store = GeoPackageStore.open(workspace, tiny)
        store.check()
        revision = store.revision("spot")
        assert revision >= max(said, default=0), "a batch that was reported as written is gone"
        features = store.rows("spot", fields=["floors"])
        assert set(features.columns["floors"]) == ({revision} if revision else set())
        assert len(features.uids) == (3_000 if revision else 0)
        assert set(features.revisions) == ({revision} if revision else set())
        assert len(store.batches("spot")) == revision
        assert len(store.changes("spot", since=0)) == 3_000 * revision
        store.close()


ENDLESS = """
import sys
import geopandas as gpd
import numpy as np
import shapely
from yzgeo.catalogue import load
from yzgeo.store.base import Provenance
from yzgeo.store.sqlite import GeoPackageStore

store = GeoPackageStore.open(sys.argv[1], load(sys.argv[2]))
size = 3_000
names = [f"u{number}" for number in range(size)]
points = shapely.points(np.arange(size) / 100, np.arange(size) / 100)
print("ready", flush=True)
while True:
    turn = store.revision("spot") + 1
    put = gpd.GeoDataFrame({"floors": turn}, index=names, geometry=points, crs=4490)
    print(store.write("spot", put=put, provenance=Provenance("killed", "test")).revision, flush=True)
"""


@pytest.fixture
def world_readable() -> Iterator[Path]:
    """A folder that other users may enter, unlike pytest's own."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


@pytest.mark.parametrize(("action", "mode"), [("open", 0o555), ("create", 0o555), ("write", 0o555), ("open", 0o000)])
def test_a_folder_without_rights_is_told_and_left_alone(
    world_readable: Path, tiny: Catalogue, action: str, mode: int
) -> None:
    """In a process without root's rights, since root may write anywhere."""
    shutil.copytree(tiny.root, world_readable / "layers")
    workspace = world_readable / "workspace"
    store = GeoPackageStore.create(workspace, tiny)
    store.close()
    before = store.path.read_bytes()
    store.path.chmod(0o444)
    workspace.chmod(mode)
    command = [sys.executable, "-c", WITHOUT_RIGHTS, str(workspace), str(world_readable / "layers"), action]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    workspace.chmod(0o755)
    assert run.stdout.strip() == "storage_refused", run.stderr
    assert store.path.read_bytes() == before
    assert [path.name for path in workspace.iterdir()] == ["yzgeo.gpkg"]


WITHOUT_RIGHTS = """
import os, sys
from pathlib import Path
from yzgeo.catalogue import load
from yzgeo.errors import YzgeoError
from yzgeo.store.sqlite import GeoPackageStore

workspace, layers, action = sys.argv[1:]
catalogue = load(layers)
if os.getuid() == 0:
    os.setgid(65534)
    os.setuid(65534)
try:
    if action == "create":
        GeoPackageStore.create(Path(workspace) / "new", catalogue)
    elif action == "open":
        GeoPackageStore.open(workspace, catalogue)
    else:
        GeoPackageStore.open(workspace, catalogue).set_meta("x", "y")
    print("no refusal")
except YzgeoError as refusal:
    print(refusal.code)
"""
