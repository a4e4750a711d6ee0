"""The service in a process of its own on the illustrative district, for programs that others wrote."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import geopandas as gpd
import httpx
import pytest

from tests.api.servers import Server
from tests.stores import Premises, copied_to
from yzgeo.access import may_see
from yzgeo.catalogue import Catalogue
from yzgeo.store.base import Account
from yzgeo.workflows import grants
from yzgeo.workflows.accounts import By
from yzgeo.workflows.workspace import open_workspace


@dataclass(frozen=True)
class Service:
    """Where it listens, a token of an administrator, and what is in it, read from the store beforehand."""

    url: str
    token: str
    counts: dict[str, int]
    parcels: gpd.GeoDataFrame

    @property
    def ogc(self) -> str:
        """Landing page."""
        return f"{self.url}/ogc"

    def get(self, path: str, *, signed_in: bool = False) -> httpx.Response:
        """Ask, as anybody or as the administrator."""
        headers = {"Authorization": f"Bearer {self.token}"} if signed_in else {}
        answer = httpx.get(self.url + path, headers=headers, timeout=60)
        assert answer.status_code == 200, answer.text[:500]
        return answer


@pytest.fixture(scope="session")
def serve(
    request: pytest.FixtureRequest, demo_workspace: Path, tmp_path_factory: pytest.TempPathFactory, catalogue: Catalogue
) -> Iterator[Callable[[str], Service]]:
    """Gives the server on a kind of store, one for all that ask for it."""
    with contextlib.ExitStack() as running:

        @cache
        def start(kind: str) -> Service:
            path = tmp_path_factory.mktemp("clients") / "workspace"
            shutil.copytree(demo_workspace, path)
            with open_workspace(path, catalogue) as opened:
                public = [one.id for one in catalogue.layers.values() if may_see("anonymous", one.spec.access)]
                counts = {layer: opened.store.count(layer) for layer in public}
                parcels = opened.store.frame("shantytown_parcel")
                admin = Account("clients", "admin", (), "")
                opened.store.put_account(admin)
                token = grants.make_token(opened.store, admin, label="clients", days=1, by=By("test")).token
            address = request.getfixturevalue("postgis_server") if kind == "postgis" else None
            url = None if address is None else copied_to(address, path, catalogue)
            server = Server(Premises(path, url, catalogue).environment)
            server.start()
            running.callback(server.stop)
            return Service(server.url, token, counts, parcels)

        yield start


@pytest.fixture(scope="session")
def service(store_kind: str, serve: Callable[[str], Service]) -> Service:
    """The service on one kind of store and then on the other."""
    return serve(store_kind)


@pytest.fixture(scope="session")
def service_on_file(serve: Callable[[str], Service]) -> Service:
    """The service on a file, for what takes long or asks no store; Schemathesis' changes are made on PostGIS."""
    return serve("geopackage")
