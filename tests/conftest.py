"""Fixtures that every test may use."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from yzgeo.catalogue import Catalogue, load


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
