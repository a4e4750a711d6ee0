"""A workspace: the folder that keeps one district, made in one piece, opened, copied and brought back."""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import shutil
import tempfile
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import geopandas as gpd
import numpy as np
import pandas as pd

from yzgeo import crs as systems
from yzgeo import store
from yzgeo.catalogue import Catalogue, Layer, feature_uid
from yzgeo.catalogue import load as load_catalogue
from yzgeo.checks import Progress, silent
from yzgeo.errors import (
    FileMissingError,
    FileUnreadableError,
    StorageError,
    WorkspaceExistsError,
    WorkspaceMissingError,
)
from yzgeo.ledger import Event
from yzgeo.store.attachments import AttachmentFolder
from yzgeo.store.base import Account, Attachment, Provenance, Store

from .accounts import PROGRAM, By, hash_password

DATABASE = "yzgeo.gpkg"
FOLDERS = ("rasters", "attachments", "cache", "scenarios", "networks")
DEMO_ROLES = ("viewer", "field", "planner", "bureau", "admin")
_MANIFEST = "manifest.json"
_BACKUP_FORMAT = "yzgeo-backup-1"


@dataclass(frozen=True)
class Workspace:
    """An open workspace. Use it in a ``with`` statement, or close it."""

    path: Path
    catalogue: Catalogue
    store: Store

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Release the database."""
        self.store.close()


@dataclass(frozen=True, slots=True)
class Created:
    """A workspace that was just made; the password of its demo accounts is nowhere else."""

    path: Path
    features: Mapping[str, int]
    accounts: tuple[str, ...] = ()
    password: str | None = None


def create_workspace(
    path: str | os.PathLike[str], catalogue: Catalogue, *, demo: bool = False, progress: Progress = silent
) -> Created:
    """
    Make a workspace beside its final place and move it there when it is whole.

    Parameters
    ----------
    path
        Folder to be made; it may exist if it is empty.
    catalogue
        Layers of the district.
    demo
        Fill it with the illustrative district and one account per role.
    progress
        Told what is being done.

    Returns
    -------
    Created
        What was made, and the demo password.

    Raises
    ------
    WorkspaceExistsError
        If the folder exists and is not empty.
    StorageError
        If the disk refuses.
    """
    with _in_one_piece(Path(path)) as building:
        for name in FOLDERS:
            (building / name).mkdir()
        database = store.create_store(building, catalogue)
        try:
            features = _fill(database, building, catalogue, progress) if demo else {}
            password = secrets.token_urlsafe(9) if demo else None
            if password is not None:
                database.set_meta("demo", "1")
                for role in DEMO_ROLES:
                    home = _busiest_street(database) if role == "field" else ()
                    database.put_account(Account(role, role, home, hash_password(password)))
        finally:
            database.close()
    progress("完成", 1.0)
    return Created(Path(path), features, DEMO_ROLES if demo else (), password)


def open_workspace(
    path: str | os.PathLike[str], catalogue: Catalogue | None = None, *, database_url: str | None = None
) -> Workspace:
    """
    Open a workspace.

    Parameters
    ----------
    path
        Its folder.
    catalogue
        Layers of the district; the shipped ones if not given.
    database_url
        Address of the PostGIS database that takes the place of the file; the folder, made if it is not there, still
        keeps rasters, attachments, networks and scenarios.

    Returns
    -------
    Workspace
        Open workspace.

    Raises
    ------
    WorkspaceMissingError
        If there is none.
    WorkspaceBrokenError
        If its database cannot be trusted.
    """
    folder = Path(path)
    layers = catalogue or load_catalogue()
    if database_url:
        database = store.open_store(database_url, layers)
        for name in FOLDERS:
            (folder / name).mkdir(parents=True, exist_ok=True)
        return Workspace(folder, layers, database)
    if not (folder / DATABASE).is_file():
        raise WorkspaceMissingError(path=str(folder))
    return Workspace(folder, layers, store.open_store(folder, layers))


def backup_workspace(
    workspace: Workspace, target: str | os.PathLike[str], *, by: By = PROGRAM, progress: Progress = silent
) -> Path:
    """
    Write the whole workspace, as it is at this moment, into one new file.

    Parameters
    ----------
    workspace
        Workspace; others may go on writing to it.
    target
        File to be made, a ZIP archive with a list of checksums.
    by
        Who takes it away, for the audit.
    progress
        Told what is being done.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    WorkspaceExistsError
        If the file exists.
    StorageError
        If the disk refuses.
    """
    file = Path(target)
    if file.exists():
        raise WorkspaceExistsError(path=str(file))
    try:
        with tempfile.TemporaryDirectory(prefix=f".{file.name}.", dir=file.absolute().parent) as folder:
            copy = Path(folder) / DATABASE
            progress("复制数据库", 0.1)
            workspace.store.backup(copy)
            members = [(DATABASE, copy)]
            for name in ("rasters", "attachments", "scenarios", "networks"):
                found = sorted(item for item in (workspace.path / name).rglob("*") if item.is_file())
                members += [(item.relative_to(workspace.path).as_posix(), item) for item in found]
            archive = Path(folder) / "archive.zip"
            _pack(archive, members, workspace.catalogue, progress)
            archive.chmod(0o600)  # it holds the hashes of passwords
            workspace.store.people.note(by.deed("export", "*", file=file.name, format="backup"))
            archive.replace(file)
    except OSError as error:
        raise StorageError(path=str(file), reason=error.strerror or str(error)) from error
    progress("完成", 1.0)
    return file


def restore_workspace(
    source: str | os.PathLike[str],
    path: str | os.PathLike[str],
    catalogue: Catalogue | None = None,
    *,
    progress: Progress = silent,
) -> Path:
    """
    Bring a backup back into a new folder, after comparing every checksum.

    Parameters
    ----------
    source
        File made by `backup_workspace`.
    path
        Folder to be made; it may exist if it is empty.
    catalogue
        Layers of the district; the shipped ones if not given.
    progress
        Told what is being done.

    Returns
    -------
    Path
        The folder.

    Raises
    ------
    FileMissingError
        If there is no such file.
    FileUnreadableError
        If it is no backup, or a checksum differs.
    WorkspaceExistsError
        If the folder exists and is not empty.
    """
    file = Path(source)
    if not file.is_file():
        raise FileMissingError(path=str(file))
    with _in_one_piece(Path(path)) as building:
        try:
            with zipfile.ZipFile(file) as archive:
                listed = _manifest(archive, file)
                for number, (name, digest) in enumerate(listed.items()):
                    progress(f"恢复 {name}", number / len(listed))
                    _unpack(archive, name, digest, building, file)
        except (zipfile.BadZipFile, KeyError, ValueError, EOFError) as error:
            raise _not_a_backup(file, f"不是完整的备份 / not a complete backup: {error}") from error
        for name in FOLDERS:
            (building / name).mkdir(exist_ok=True)
        with open_workspace(building, catalogue) as restored:
            restored.store.check()
            # What is written from now on has revisions that stood for something else between backup and restoring.
            restored.store.set_meta("restored_at", datetime.now(UTC).isoformat())
    progress("完成", 1.0)
    return Path(path)


def prepare_frame(layer: Layer, frame: gpd.GeoDataFrame, storage_crs: str) -> gpd.GeoDataFrame:
    """
    Bring a frame to the form in which a store takes it.

    Parameters
    ----------
    layer
        Layer it belongs to.
    frame
        Features with the layer's key, in any system.
    storage_crs
        System of the store.

    Returns
    -------
    geopandas.GeoDataFrame
        New frame indexed by uid, in the storage system, with every field of the layer; gaps are None and dates text.
    """
    ids = [feature_uid(layer.id, str(key)) for key in frame[layer.spec.key]]
    index = pd.Index(ids, name="uid", dtype=object)
    columns = {
        spec.id: [_plain(value) for value in frame[spec.id]] if spec.id in frame else [None] * len(frame)
        for spec in layer.fields
    }
    has_geometry = layer.spec.geometry != "none" and isinstance(frame, gpd.GeoDataFrame)
    shapes = (
        systems.to_crs(frame, storage_crs).geometry.to_numpy()
        if has_geometry
        else np.full(len(frame), None, dtype=object)
    )
    table = pd.DataFrame(columns, index=index, dtype=object)
    return gpd.GeoDataFrame(table, geometry=gpd.GeoSeries(shapes, index=index, crs=storage_crs))


def _fill(database: Store, building: Path, catalogue: Catalogue, progress: Progress) -> dict[str, int]:
    # A server never needs the generator, which would double the time it takes to start, nor a command the rasters.
    from yzgeo import illustrative  # noqa: PLC0415
    from yzgeo.store import rasters  # noqa: PLC0415

    made = illustrative.generate(catalogue, progress=lambda what, share: progress(what, share * 0.7))
    plan = illustrative.load_plan(catalogue.root / illustrative.PLAN_FILE)
    past = illustrative.write_history(catalogue, made.frames, as_of=plan.as_of, seed=plan.seed)
    progress("写入示意台账", 0.7)
    _remember(database, building, past.events, past.picture, (past.width, past.height))
    provenance = Provenance(actor="yzgeo", reason="示意数据（illustrative district）")
    counts: dict[str, int] = {}
    for number, (layer_id, frame) in enumerate(made.frames.items()):
        layer = catalogue.layer(layer_id)
        progress(f"写入 {layer.spec.title.zh}", 0.7 + 0.25 * number / len(made.frames))
        staged = frame.assign(**past.columns[layer_id]) if layer_id in past.columns else frame
        put = prepare_frame(layer, staged, catalogue.district.storage_crs)
        counts[layer_id] = database.write(layer_id, put=put, provenance=provenance).inserted
    for name, raster in made.rasters.items():
        progress(f"写入 {name}", 0.97)
        rasters.write_cog(building / "rasters" / f"{name}.tif", raster.array, raster.transform, raster.crs)
    return counts


def _remember(database: Store, building: Path, events: Sequence[Event], picture: bytes, size: tuple[int, int]) -> None:
    """Put the invented past into the ledger before the features, whose stages then agree with it from the start."""
    sha256 = AttachmentFolder(building).put(picture)
    database.ledger.put_attachment(
        Attachment(
            sha256=sha256,
            media_type="image/png",
            bytes=len(picture),
            actor="示意",
            added_at=datetime.now(UTC),
            width=size[0],
            height=size[1],
            illustrative=True,
        )
    )
    database.ledger.record_many(events, actor="yzgeo", reason="示意台账（illustrative ledger）")


def _busiest_street(database: Store) -> tuple[str, ...]:
    """Give the demo's field account the street office with most of the first layer that keeps stages."""
    for layer in database.catalogue.layers.values():
        if layer.stages and "subdistrict" in layer.fields_by_id:
            return tuple(str(code) for code in database.tally(layer.id, "subdistrict") if code is not None)[:1]
    return ()


def _plain(value: Any) -> Any:
    if value is None or value is pd.NaT or (isinstance(value, float) and np.isnan(value)) or value is pd.NA:
        return None
    if isinstance(value, np.generic):
        return value.item()
    return value.isoformat() if hasattr(value, "isoformat") else value


@contextmanager
def _in_one_piece(path: Path) -> Iterator[Path]:
    """Give a folder beside the final one; on success it takes the final name, on failure it goes."""
    final = path.absolute()
    if final.exists() and (not final.is_dir() or any(final.iterdir())):
        raise WorkspaceExistsError(path=str(path))
    building = final.with_name(f".{final.name}.{os.getpid()}.{secrets.token_hex(4)}.part")
    try:
        final.parent.mkdir(parents=True, exist_ok=True)
        _sweep(final)
        building.mkdir(mode=0o750)
    except OSError as error:
        raise StorageError(path=str(path), reason=error.strerror or str(error)) from error
    try:
        yield building
        building.rename(final)
    except OSError as error:
        raise StorageError(path=str(path), reason=error.strerror or str(error)) from error
    finally:
        shutil.rmtree(building, ignore_errors=True)


def _sweep(final: Path) -> None:
    """Remove what a process that was killed has left behind."""
    for leftover in final.parent.glob(f".{final.name}.*.part"):
        pid = leftover.name.removeprefix(f".{final.name}.").split(".")[0]
        if pid.isdigit() and not Path(f"/proc/{pid}").exists():
            shutil.rmtree(leftover, ignore_errors=True)


def _pack(archive: Path, members: list[tuple[str, Path]], catalogue: Catalogue, progress: Progress) -> None:
    digests: dict[str, str] = {}
    with zipfile.ZipFile(archive, "x", compression=zipfile.ZIP_DEFLATED, compresslevel=3) as packed:
        for number, (name, path) in enumerate(members):
            progress(f"打包 {name}", 0.3 + 0.6 * number / len(members))
            packed.write(path, name)
            with path.open("rb") as stream:
                digests[name] = hashlib.file_digest(stream, "sha256").hexdigest()
        described = {
            "format": _BACKUP_FORMAT,
            "district": catalogue.district.code,
            "created_at": datetime.now(UTC).isoformat(timespec="seconds"),
            "sha256": digests,
        }
        packed.writestr(_MANIFEST, json.dumps(described, ensure_ascii=False, indent=1))


def _manifest(archive: zipfile.ZipFile, file: Path) -> dict[str, str]:
    described = json.loads(archive.read(_MANIFEST))
    if not isinstance(described, dict) or described.get("format") != _BACKUP_FORMAT:
        raise _not_a_backup(file, "不是 yzgeo 的备份 / not a backup of yzgeo")
    listed: dict[str, str] = described["sha256"]
    for name in listed:
        parts = Path(name).parts
        if name != DATABASE and (".." in parts or parts[0] not in FOLDERS):
            raise _not_a_backup(file, f"含有不该有的文件 {name} / holds a file it should not")
    return listed


def _unpack(archive: zipfile.ZipFile, name: str, digest: str, building: Path, file: Path) -> None:
    target = building / name
    target.parent.mkdir(parents=True, exist_ok=True)
    with archive.open(name) as packed, target.open("wb") as out:
        shutil.copyfileobj(packed, out, 1024 * 1024)
    with target.open("rb") as stream:
        if hashlib.file_digest(stream, "sha256").hexdigest() != digest:
            raise _not_a_backup(file, f"{name} 的校验值不符 / the checksum of {name} differs")


def _not_a_backup(file: Path, reason: str) -> FileUnreadableError:
    return FileUnreadableError(path=str(file), reason=reason, formats="yzgeo backup (.zip)")
