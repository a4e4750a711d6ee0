"""Fixtures that every test may use."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from yzgeo.catalogue import Catalogue, load

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="session")
def catalogue() -> Catalogue:
    """The shipped catalogue."""
    return load()


@pytest.fixture(scope="session")
def demo_workspace(tmp_path_factory: pytest.TempPathFactory, worker_id: str, catalogue: Catalogue) -> Path:
    """A workspace with the illustrative district, built once per run and shared by all workers; read only."""
    from filelock import FileLock

    from yzgeo.workflows.workspace import create_workspace

    base = tmp_path_factory.getbasetemp()
    shared = base if worker_id == "master" else base.parent
    path = shared / "demo-workspace"
    with FileLock(shared / "demo-workspace.lock"):
        if not path.exists():
            create_workspace(path, catalogue, demo=True)
    return path


@pytest.fixture
def demo_copy(demo_workspace: Path, tmp_path: Path) -> Iterator[Path]:
    """A writable copy of the illustrative workspace."""
    target = tmp_path / "workspace"
    shutil.copytree(demo_workspace, target)
    yield target
    shutil.rmtree(target)


@pytest.fixture(scope="session")
def postgis_server(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Iterator[str]:
    """Address of a PostGIS that all workers of a run share; the last one to leave stops it.

    Without PostGIS the tests are skipped on a developer's machine and fail where ``CI`` is set.
    """
    from filelock import FileLock

    base = tmp_path_factory.getbasetemp()
    shared = base if worker_id == "master" else base.parent
    users, place = shared / "postgis-users", shared / "postgis-folder"
    with FileLock(shared / "postgis.lock"):
        if not users.exists() or users.read_text() == "0":
            users.write_text("0")
            # pytest's own folders are closed to the user that runs the server.
            folder = Path(tempfile.mkdtemp(prefix="yzgeo-postgis-"))
            folder.chmod(0o755)
            place.write_text(str(folder))
        folder = Path(place.read_text())
        options = "-c fsync=off -c synchronous_commit=off -c full_page_writes=off -c max_connections=200"
        started = subprocess.run(
            [ROOT / ".ci" / "postgis", "start", folder],
            env=os.environ | {"POSTGRES_OPTIONS": options},
            capture_output=True,
            text=True,
            check=False,
        )
        if started.returncode != 0:
            shutil.rmtree(folder, ignore_errors=True)
            if os.environ.get("CI", "").lower() in ("1", "true"):
                pytest.fail(started.stderr)
            pytest.skip(f"no PostGIS: {started.stderr.strip()}")
        users.write_text(str(int(users.read_text()) + 1))
    yield started.stdout.strip()
    with FileLock(shared / "postgis.lock"):
        left = int(users.read_text()) - 1
        users.write_text(str(left))
        if left == 0:
            subprocess.run([ROOT / ".ci" / "postgis", "stop", folder], check=True)
            shutil.rmtree(folder, ignore_errors=True)
