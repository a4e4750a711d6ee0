"""The service in a process of its own on the illustrative district, for programs that others wrote."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import httpx
import pytest

from yzgeo.access import may_see
from yzgeo.catalogue import Catalogue
from yzgeo.store.base import Account
from yzgeo.workflows import grants
from yzgeo.workflows.accounts import By
from yzgeo.workflows.workspace import open_workspace

ROOT = Path(__file__).parents[2]


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
def service(demo_workspace: Path, tmp_path_factory: pytest.TempPathFactory, catalogue: Catalogue) -> Iterator[Service]:
    """One server for all of them."""
    path = tmp_path_factory.mktemp("clients") / "workspace"
    shutil.copytree(demo_workspace, path)
    with open_workspace(path, catalogue) as opened:
        public = [one.id for one in catalogue.layers.values() if may_see("anonymous", one.spec.access)]
        counts = {layer: opened.store.count(layer) for layer in public}
        parcels = opened.store.frame("shantytown_parcel")
        admin = Account("clients", "admin", (), "")
        opened.store.put_account(admin)
        token = grants.make_token(opened.store, admin, label="clients", days=1, by=By("test")).token
    with contextlib.closing(socket.create_server(("127.0.0.1", 0))) as found:
        port = found.getsockname()[1]
    kept = {key: value for key, value in os.environ.items() if not key.startswith("YZGEO_")}
    words = [sys.executable, "-m", "uvicorn", "api.main:from_environment", "--factory", "--port", str(port)]
    process = subprocess.Popen(
        [*words, "--log-level", "warning", "--no-access-log"],
        cwd=ROOT,
        env={**kept, "YZGEO_WORKSPACE": str(path)},
    )
    url, until = f"http://127.0.0.1:{port}", time.monotonic() + 150
    while time.monotonic() < until and process.poll() is None:
        with contextlib.suppress(httpx.HTTPError):
            if httpx.get(f"{url}/readyz").status_code == 200:
                break
        time.sleep(0.1)
    else:
        process.kill()
        pytest.fail("the server does not answer")
    yield Service(url, token, counts, parcels)
    process.terminate()
    process.wait(30)
