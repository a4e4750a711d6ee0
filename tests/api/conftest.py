"""A small real workspace and the real application on it, asked through ASGI."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import geopandas as gpd
import httpx
import pytest
import shapely
from argon2 import PasswordHasher
from fastapi import FastAPI

from api.main import create_app
from api.settings import Settings
from tests.stores import PASSWORD, Premises, Shelf, copied_to
from yzgeo.catalogue import Catalogue
from yzgeo.store.base import Account, Provenance
from yzgeo.workflows.workspace import Workspace, create_workspace, open_workspace, prepare_frame

X, Y = 123.84, 42.29
STEP = 0.001


def square(column: int, row: int, share: float = 0.8) -> shapely.Polygon:
    """A square in a chessboard of 0.001 degrees."""
    west, south = X + column * STEP, Y + row * STEP
    return shapely.box(west, south, west + share * STEP, south + share * STEP)


def rows(count: int, **more: Any) -> dict[str, Any]:
    """Shared fields of illustrative features."""
    shared = {"data_status": ["illustrative"] * count, "source": ["test"] * count}
    return {**shared, **more}


def content() -> dict[str, gpd.GeoDataFrame]:
    """A public layer with internal fields, a restricted one, a line, points and a table without geometry."""
    parcels = rows(
        6,
        code=[f"P{i:02d}" for i in range(1, 7)],
        name=["河东地块", "铁路北地块", None, "南环地块", "<b>地块</b>", "地块六"],
        area_m2=[1000.5, 2000.0, 3000.0, 4000.0, 5000.0, 6000.0],
        households=[10, 20, 30, 40, 50, 60],
        households_signed=[1, 2, 3, 4, 5, 6],
        relocation_mode=["money"] * 6,
        stage=["planned", "signing", "cleared", "cleared", "reused", "planned"],
        stage_date=["2024-06-30"] * 6,
    )
    pipes = rows(
        2,
        code=["G1", "G2"],
        name=["秘密管线一", "秘密管线二"],
        kind=["storm", "sewage"],
        length_m=[100.0, 200.0],
        stage=["planned", "in_service"],
    )
    roads = rows(1, code=["R1"], name=["新华街"], road_class=["arterial"], bridge=[True], level=[0])
    sites = rows(
        2,
        code=["F1", "F2"],
        name=["健身广场一", "健身广场二"],
        kind=["square", "square"],
        stage=["planned", "completed"],
    )
    numbers = rows(1, code=["I1"], name=["城镇化率"], number=[1], year=[2025], value=[80.5])
    line = [shapely.LineString([(X, Y), (X + 3 * STEP, Y + 3 * STEP)])]
    geometries: dict[str, list[Any]] = {
        "shantytown_parcel": [square(i, 0) for i in range(6)],
        "pipe_segment": [*line, shapely.LineString([(X, Y + STEP), (X + STEP, Y)])],
        "road": line,
        "fitness_site": [shapely.Point(X, Y), shapely.Point(X + STEP, Y)],
    }
    columns = {"shantytown_parcel": parcels, "pipe_segment": pipes, "road": roads, "fitness_site": sites}
    frames = {
        name: gpd.GeoDataFrame(found, geometry=geometries[name], crs="EPSG:4490") for name, found in columns.items()
    }
    return {**frames, "indicator": gpd.GeoDataFrame(numbers)}


@pytest.fixture(scope="session")
def small_workspace(tmp_path_factory: pytest.TempPathFactory, catalogue: Catalogue) -> Path:
    """The workspace as it was made; copied for every application."""
    path = tmp_path_factory.mktemp("small") / "workspace"
    create_workspace(path, catalogue)
    with open_workspace(path, catalogue) as workspace:
        for layer_id, frame in content().items():
            put = prepare_frame(catalogue.layer(layer_id), frame, catalogue.district.storage_crs)
            workspace.store.write(layer_id, put=put, provenance=Provenance(actor="test", reason="test"))
        hashed = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1).hash(PASSWORD)
        for role in ("viewer", "field", "planner", "bureau", "admin"):
            streets = ("211202001",) if role == "field" else ()
            workspace.store.put_account(Account(role, role, streets, hashed))
        workspace.store.put_account(Account("gone", "admin", (), hashed, disabled=True))
    return path


@pytest.fixture(scope="session")
def small_shelf(postgis_server: str, small_workspace: Path, catalogue: Catalogue) -> Iterator[Shelf]:
    """The same content in a schema."""
    shelf = Shelf(postgis_server, small_workspace, catalogue)
    yield shelf
    shelf.close()


@pytest.fixture
def premises(
    request: pytest.FixtureRequest, store_kind: str, small_workspace: Path, tmp_path: Path, catalogue: Catalogue
) -> Premises:
    """A copy that a test may change, in one kind of store and then in the other."""
    target = tmp_path / "workspace"
    if store_kind == "postgis":
        return Premises(target, request.getfixturevalue("small_shelf").fresh(), catalogue)
    shutil.copytree(small_workspace, target)
    return Premises(target, None, catalogue)


@pytest.fixture(scope="session")
def own_premises(
    request: pytest.FixtureRequest,
    store_kind: str,
    small_workspace: Path,
    tmp_path_factory: pytest.TempPathFactory,
    catalogue: Catalogue,
) -> Callable[[], Premises]:
    """Makes copies that last longer than a test."""

    def make() -> Premises:
        target = tmp_path_factory.mktemp("own") / "workspace"
        if store_kind == "postgis":
            return Premises(
                target, copied_to(request.getfixturevalue("postgis_server"), small_workspace, catalogue), catalogue
            )
        shutil.copytree(small_workspace, target)
        return Premises(target, None, catalogue)

    return make


@pytest.fixture
def workspace(premises: Premises, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workspace]:
    """It, open. Processes that the service starts learn of the database as they do in operation."""
    if premises.url is not None:
        monkeypatch.setenv("YZGEO_DATABASE_URL", premises.url)
    with premises.workspace() as opened:
        yield opened


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings of the application under test: no page has been built."""
    return Settings(workspace=tmp_path / "workspace", web_root=tmp_path / "no-page", sign_in_per_minute=1000)


@pytest.fixture
def app(settings: Settings, workspace: Workspace) -> FastAPI:
    """The application."""
    return create_app(settings, workspace.store)


class Client:
    """Asks an application as one browser would, keeping its cookies."""

    def __init__(self, app: FastAPI, *, address: str = "127.0.0.1", base_url: str = "http://test") -> None:
        transport = httpx.ASGITransport(app=app, client=(address, 1234), raise_app_exceptions=False)
        self._client = httpx.AsyncClient(transport=transport, base_url=base_url)
        self._runner = asyncio.Runner()

    def request(self, method: str, path: str, **options: Any) -> httpx.Response:
        return self._runner.run(self._client.request(method, path, **options))

    def get(self, path: str, **options: Any) -> httpx.Response:
        return self.request("GET", path, **options)

    def post(self, path: str, **options: Any) -> httpx.Response:
        return self.request("POST", path, **options)

    def sign_in(self, name: str, password: str = PASSWORD) -> httpx.Response:
        return self.post("/api/auth/login", json={"name": name, "password": password})

    @property
    def cookies(self) -> httpx.Cookies:
        return self._client.cookies

    def close(self) -> None:
        self._runner.run(self._client.aclose())
        self._runner.close()


@pytest.fixture
def connect(app: FastAPI) -> Iterator[Callable[..., Client]]:
    """Makes clients, signed in under the name of a role if one is given."""
    opened: list[Client] = []

    def make(role: str | None = None, **options: Any) -> Client:
        client = Client(app, **options)
        opened.append(client)
        if role is not None and role != "anonymous":
            assert client.sign_in(role).status_code == 200
        return client

    yield make
    for client in opened:
        client.close()


@pytest.fixture
def client(connect: Callable[..., Client]) -> Client:
    """An anonymous client."""
    return connect()
