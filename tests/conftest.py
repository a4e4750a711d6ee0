"""Fixtures that every test may use."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from xdist.remote import Producer
from xdist.scheduler.loadscope import LoadScopeScheduling

from tests.stores import KINDS, Premises, Shelf, let_in
from yzgeo.catalogue import Catalogue, load

ROOT = Path(__file__).parent.parent


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let a quick run leave one of the stores out."""
    parser.addoption("--stores", default=",".join(KINDS), help="which stores to test on (default: both)")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run every test that keeps a district somewhere on each kind of store, in the order of the kinds."""
    if "store_kind" in metafunc.fixturenames:
        chosen = metafunc.config.getoption("--stores").split(",")
        kinds = [kind for kind in KINDS if kind in chosen]
        metafunc.parametrize("store_kind", kinds, indirect=True, scope="session")


# What these tests share takes seconds to make; on one worker it is made once.
TOGETHER = (
    "tests/yzgeo/illustrative/",
    "tests/api/test_contention.py",
    "tests/api/routes/test_conflicts.py",
    "tests/api/routes/test_processes.py",
    "tests/api/routes/test_runs.py",
    "tests/api/routes/test_scenarios.py",
    "tests/yzgeo/store/postgis/test_features.py",
    "tests/yzgeo/store/postgis/test_tiles.py",
)


class Together(LoadScopeScheduling):
    """Give each worker one test after the other, but those of one place to one worker."""

    def _split_scope(self, nodeid: str) -> str:
        return next((place for place in TOGETHER if nodeid.startswith(place)), nodeid)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> Together:
    """Spread the tests over the workers of `pytest -n`."""
    return Together(config, log)


@pytest.fixture(scope="session")
def store_kind(request: pytest.FixtureRequest) -> str:
    """What the district of a test is kept in: geopackage or postgis. Asking for it makes two tests of one."""
    return str(request.param)


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
def empty_workspace(tmp_path_factory: pytest.TempPathFactory, catalogue: Catalogue) -> Path:
    """A workspace with nothing in it, to be copied."""
    from yzgeo.workflows.workspace import create_workspace

    return create_workspace(tmp_path_factory.mktemp("empty") / "workspace", catalogue).path


@pytest.fixture(scope="session")
def empty_shelf(postgis_server: str, catalogue: Catalogue) -> Iterator[Shelf]:
    """A schema with nothing in it."""
    shelf = Shelf(postgis_server, None, catalogue)
    yield shelf
    shelf.close()


@pytest.fixture
def premises(request: pytest.FixtureRequest, store_kind: str, tmp_path: Path, catalogue: Catalogue) -> Premises:
    """An empty district, in one kind of store and then in the other."""
    if store_kind == "postgis":
        return Premises(tmp_path / "workspace", request.getfixturevalue("empty_shelf").fresh(), catalogue)
    shutil.copytree(request.getfixturevalue("empty_workspace"), tmp_path / "workspace")
    return Premises(tmp_path / "workspace", None, catalogue)


@pytest.fixture(scope="session")
def demo_url(
    demo_workspace: Path,
    postgis_server: str,
    tmp_path_factory: pytest.TempPathFactory,
    worker_id: str,
    catalogue: Catalogue,
) -> str:
    """Address of the illustrative district in PostGIS, put there once per run and shared by all workers; read only.

    Its accounts have the password of `tests.stores`.
    """
    from filelock import FileLock

    from yzgeo.store.opening import open_store
    from yzgeo.workflows.stores import copy_store

    base = tmp_path_factory.getbasetemp()
    said = (base if worker_id == "master" else base.parent) / "demo-url"
    url = f"{postgis_server}?schema=demo"
    with FileLock(said.with_suffix(".lock")):
        if not said.exists() or said.read_text() != url:
            copy_store(str(demo_workspace), url, catalogue)
            with closing(open_store(url, catalogue)) as store:
                let_in(store)
            said.write_text(url)
    return url


@pytest.fixture(scope="session")
def demo_premises(
    request: pytest.FixtureRequest, store_kind: str, demo_workspace: Path, catalogue: Catalogue
) -> Premises:
    """The illustrative district, in one kind of store and then in the other; read only."""
    url = request.getfixturevalue("demo_url") if store_kind == "postgis" else None
    return Premises(demo_workspace, url, catalogue)


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
