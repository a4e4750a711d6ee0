"""The factory, and a real server on a real socket."""

from __future__ import annotations

import gc
import inspect
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from api.main import create_app, from_environment
from tests.api.conftest import PASSWORD

ROOT = Path(__file__).parents[2]


def test_handlers_are_short_and_named(app) -> None:
    for route in _routes(app):
        lines = inspect.getsource(route.endpoint).split('"""')[-1].strip().splitlines()
        assert len(lines) <= 25, route.path
        assert route.operation_id, route.path
        assert inspect.iscoroutinefunction(route.endpoint), route.path


def test_two_applications_share_nothing(settings, workspace) -> None:
    one, other = (create_app(settings, workspace.store) for _ in range(2))
    assert one.state.context.metrics is not other.state.context.metrics


@pytest.mark.parametrize("path", ["items", "items/nothing", "tiles/WebMercatorQuad/14/6064/13828"])
def test_the_short_way_stays_in_the_envelope(app, client, path: str) -> None:
    """Counted under its template, with the headers of all answers, refusals too; other methods go the usual way."""
    address = f"/ogc/collections/road/{path}"
    refused = client.get(f"{address}?nonsense=1")
    assert refused.status_code == 400
    assert refused.headers["content-type"] == "application/problem+json"
    hidden = client.get(f"/ogc/collections/pipe_segment/{path}")
    assert hidden.status_code == 404
    for answer in (client.get(address), client.request("HEAD", address), refused, hidden):
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "default-src '" in answer.headers["content-security-policy"]
    assert client.request("TRACE", address).status_code == 405
    template = "/ogc/collections/{layer_id}/" + {"items": "items", "items/nothing": "items/{uid}"}.get(
        path, "tiles/WebMercatorQuad/{z}/{row}/{col}"
    )
    counted = app.state.context.metrics.registry.get_sample_value(
        "yzgeo_requests_total", {"method": "GET", "route": template, "status": "400"}
    )
    assert counted == 1


def _routes(app):
    from api import main

    return [route for router in main._ROUTERS for route in router.routes]


@pytest.fixture
def server(small_workspace: Path, tmp_path: Path) -> Iterator[str]:
    shutil.copytree(small_workspace, tmp_path / "w")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("YZGEO_")}
    command = [sys.executable, "-m", "uvicorn", "api.main:from_environment", "--factory", "--port", str(port)]
    process = subprocess.Popen(
        [*command, "--no-server-header", "--log-level", "warning"],
        cwd=ROOT,
        env={**environment, "YZGEO_WORKSPACE": str(tmp_path / "w")},
    )
    address = f"http://127.0.0.1:{port}"
    try:
        for _ in range(600):
            try:
                httpx.get(f"{address}/healthz").raise_for_status()
                break
            except httpx.TransportError:
                assert process.poll() is None
                time.sleep(0.1)
        yield address
    finally:
        process.terminate()
        process.wait(timeout=20)
    assert process.returncode in {0, -15}


def test_a_real_server_serves(server: str) -> None:
    with httpx.Client(base_url=server) as client:
        answer = client.get("/-/layers")
        assert answer.status_code == 200
        assert "server" not in answer.headers
        assert answer.headers["content-encoding"] == "br"
        assert client.get("/readyz").json() == {"status": "ok"}
        tile = client.get("/ogc/collections/road/tiles/WebMercatorQuad/14/6064/13828?revision=1")
        assert tile.status_code == 200
        etag = tile.headers["etag"]
        assert client.get(str(tile.url), headers={"If-None-Match": etag}).status_code == 304
        assert client.head("/ogc").status_code == 200
        signed_in = client.post("/api/auth/login", json={"name": "planner", "password": PASSWORD})
        assert signed_in.status_code == 200
        assert client.get("/ogc/collections/pipe_segment/items").json()["numberMatched"] == 2
        refused = client.post("/api/auth/logout", headers={"Origin": "http://evil.example"})
        assert refused.status_code == 403


def test_the_garbage_collector_leaves_the_application_alone(small_workspace, tmp_path, monkeypatch) -> None:
    shutil.copytree(small_workspace, tmp_path / "w")
    monkeypatch.setenv("YZGEO_WORKSPACE", str(tmp_path / "w"))
    usual = gc.get_threshold()
    app = from_environment()
    try:
        assert not any(each is app.router for each in gc.get_objects())
        assert gc.get_threshold()[0] > 10_000  # features, the largest page
    finally:
        gc.unfreeze()
        gc.set_threshold(*usual)
        app.state.context.store.close()


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [("YZGEO_WORKSPACE", "/nowhere", "is not a workspace"), ("YZGEO_WORKSPCE", "x", "Unknown settings")],
)
def test_a_bad_start_is_told(name: str, value: str, told: str) -> None:
    environment = {key: text for key, text in os.environ.items() if not key.startswith("YZGEO_")}
    command = [sys.executable, "-c", "from api.main import from_environment; from_environment()"]
    done = subprocess.run(
        command, cwd=ROOT, env={**environment, name: value}, capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode != 0
    assert told in done.stderr
