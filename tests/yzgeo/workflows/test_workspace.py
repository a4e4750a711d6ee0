from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path
from types import SimpleNamespace

import pytest
from argon2 import PasswordHasher

from yzgeo.catalogue import Catalogue
from yzgeo.errors import (
    FileMissingError,
    FileUnreadableError,
    StorageError,
    WorkspaceExistsError,
    WorkspaceMissingError,
)
from yzgeo.store import rasters
from yzgeo.workflows.accounts import By
from yzgeo.workflows.imports import import_file
from yzgeo.workflows.tiles import TileMaker, district_style
from yzgeo.workflows.workspace import (
    Workspace,
    backup_workspace,
    create_workspace,
    open_workspace,
    restore_workspace,
)


def content(workspace: Workspace) -> dict[str, object]:
    """Everything a reader can see of every layer."""
    found: dict[str, object] = {"ledger": list(workspace.store.ledger.chain())}
    for layer in workspace.catalogue.layers:
        table = workspace.store.frame(layer).to_wkt().astype(object)
        # A gap is not equal to itself.
        found[layer] = (workspace.store.revision(layer), table.where(table.notna(), None).to_dict("index"))
    return found


def encodings(workspace: Workspace) -> set[str]:
    """What stands in the addresses of tiles, as the service and as the style of the map write them."""
    store, layers = workspace.store, workspace.catalogue.layers.values()
    maker = TileMaker(store, most_bytes=0)
    style = district_style(store, list(layers), tiles_url="{encoding}", name="all")
    found = {maker.encoding(layer) for layer in layers if layer.spec.geometry != "none"}
    assert found == {address for source in style["sources"].values() for address in source["tiles"]}
    return found


def test_an_empty_workspace_has_its_folders_and_no_features(tmp_path: Path, catalogue: Catalogue) -> None:
    made = create_workspace(tmp_path / "deep" / "new", catalogue)
    folders = ["attachments", "cache", "networks", "rasters", "scenarios"]
    assert sorted(item.name for item in made.path.iterdir()) == [*folders, "yzgeo.gpkg"]
    assert made.password is None
    with open_workspace(made.path) as opened:
        assert sum(opened.store.count(layer) for layer in catalogue.layers) == 0
        assert opened.store.accounts() == []


def test_an_empty_folder_is_taken_a_full_one_is_not(tmp_path: Path, catalogue: Catalogue) -> None:
    (tmp_path / "empty").mkdir()
    create_workspace(tmp_path / "empty", catalogue)
    before = (tmp_path / "empty" / "yzgeo.gpkg").read_bytes()
    with pytest.raises(WorkspaceExistsError):
        create_workspace(tmp_path / "empty", catalogue)
    assert (tmp_path / "empty" / "yzgeo.gpkg").read_bytes() == before
    (tmp_path / "file").write_text("")
    with pytest.raises(WorkspaceExistsError):
        create_workspace(tmp_path / "file", catalogue)


def test_a_failure_leaves_nothing(tmp_path: Path, catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("yzgeo.store.create_store", fail)
    with pytest.raises(StorageError, match="No space left"):
        create_workspace(tmp_path / "new", catalogue)
    assert list(tmp_path.iterdir()) == []


def test_a_killed_init_leaves_no_workspace_and_the_next_one_clears_up(tmp_path: Path, catalogue: Catalogue) -> None:
    command = [sys.executable, "-m", "yzgeo", "init", str(tmp_path / "new"), "--demo"]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    while not list(tmp_path.iterdir()):
        assert process.poll() is None
        time.sleep(0.02)
    time.sleep(0.3)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert not (tmp_path / "new").exists()
    create_workspace(tmp_path / "new", catalogue)
    assert [item.name for item in tmp_path.iterdir()] == ["new"]


def test_no_workspace_there(tmp_path: Path) -> None:
    with pytest.raises(WorkspaceMissingError):
        open_workspace(tmp_path)


def test_the_demo_has_one_account_per_role_and_every_frame(demo_workspace: Path, catalogue: Catalogue) -> None:
    with open_workspace(demo_workspace, catalogue) as opened:
        assert opened.store.meta("demo") == "1"
        assert [account.role for account in opened.store.accounts()] == [
            "admin",
            "bureau",
            "field",
            "planner",
            "viewer",
        ]
        assert all(account.password_hash.startswith("$argon2id$") for account in opened.store.accounts())
        assert opened.store.count("shantytown_parcel") == 63
        statuses = set(opened.store.tally("shantytown_parcel", "data_status"))
        assert statuses == {"illustrative"}
    raster = rasters.read(next((demo_workspace / "rasters").glob("*.tif")))
    assert raster.array.size > 0


def test_the_password_that_is_shown_opens_the_accounts(tmp_path: Path, catalogue: Catalogue, monkeypatch) -> None:
    nothing = SimpleNamespace(frames={}, rasters={})
    monkeypatch.setattr("yzgeo.illustrative.generate", lambda *_, **__: nothing)
    made = create_workspace(tmp_path / "new", catalogue, demo=True)
    assert made.password is not None
    with open_workspace(made.path, catalogue) as opened:
        account = opened.store.account("planner")
    assert account is not None
    assert PasswordHasher().verify(account.password_hash, made.password)


def test_a_backup_comes_back_with_everything(workspace: Workspace, parcels, tmp_path: Path) -> None:
    import_file(workspace, parcels(), layer="shantytown_parcel")
    (workspace.path / "attachments" / "ab").mkdir()
    (workspace.path / "attachments" / "ab" / "photo").write_bytes(b"\x00photo")
    (workspace.path / "cache" / "yzgeo.log").write_text("not worth keeping")
    before = content(workspace)
    file = backup_workspace(workspace, tmp_path / "day.zip", by=By("cli:keeper"))
    (taken,) = workspace.store.people.audit(9, kind="export")
    assert (taken.deed.actor, taken.deed.details) == ("cli:keeper", {"file": "day.zip", "format": "backup"})
    assert oct(file.stat().st_mode)[-3:] == "600"
    import_file(workspace, parcels("other.gpkg", count=1), layer="shantytown_parcel", mode="replace")
    restore_workspace(file, tmp_path / "back", workspace.catalogue)
    with open_workspace(tmp_path / "back", workspace.catalogue) as restored:
        assert content(restored) == before
        # Browsers may hold tiles of revisions that were lost and will be counted to again.
        lives = [encodings(each) for each in (workspace, workspace, restored)]
    assert lives[0] == lives[1] != lives[2]
    assert lives[0].isdisjoint(lives[2])
    with open_workspace(tmp_path / "back", workspace.catalogue) as again:
        assert encodings(again) == lives[2]
    assert (tmp_path / "back" / "attachments" / "ab" / "photo").read_bytes() == b"\x00photo"
    assert list((tmp_path / "back" / "cache").iterdir()) == []
    assert sorted(item.name for item in tmp_path.iterdir() if item.name.startswith(".")) == []


def test_a_backup_never_overwrites(workspace: Workspace, tmp_path: Path) -> None:
    (tmp_path / "day.zip").write_bytes(b"older")
    with pytest.raises(WorkspaceExistsError):
        backup_workspace(workspace, tmp_path / "day.zip")
    assert (tmp_path / "day.zip").read_bytes() == b"older"


def test_a_backup_that_was_changed_cut_or_made_up_is_refused(workspace: Workspace, tmp_path: Path) -> None:
    good = backup_workspace(workspace, tmp_path / "good.zip")
    (tmp_path / "cut.zip").write_bytes(good.read_bytes()[:-2000])
    (tmp_path / "other.zip").write_bytes(b"no archive at all")
    with zipfile.ZipFile(good) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    changed = members | {"yzgeo.gpkg": members["yzgeo.gpkg"][:-1] + b"!"}
    manifest = json.loads(members["manifest.json"])
    manifest["sha256"]["../escaped"] = "0"
    escaping = members | {"../escaped": b"", "manifest.json": json.dumps(manifest).encode()}
    for name, parts in {"changed.zip": changed, "escaping.zip": escaping}.items():
        with zipfile.ZipFile(tmp_path / name, "w") as archive:
            for member, data in parts.items():
                archive.writestr(member, data)
    for name in ("cut.zip", "other.zip", "changed.zip", "escaping.zip"):
        with pytest.raises(FileUnreadableError):
            restore_workspace(tmp_path / name, tmp_path / "back", workspace.catalogue)
        assert not (tmp_path / "back").exists()
    assert not (tmp_path.parent / "escaped").exists()
    with pytest.raises(FileMissingError):
        restore_workspace(tmp_path / "none.zip", tmp_path / "back")
    with pytest.raises(WorkspaceExistsError):
        restore_workspace(good, workspace.path, workspace.catalogue)
