"""Who takes part in `bench_peers.py`: how each server is started, and where it keeps what is asked."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import httpx

ROOT = Path(__file__).parents[2]
HERE = Path(__file__).parent
LAYER = "residential_building"
ROWS = ("warm tile", "cold tile", "items?bbox", "one item", "10,000 features", "304")
FIRST = {"items?bbox, first time": "items?bbox", "10,000 features, first time": "10,000 features"}
"""Rows of our own processes that remember nothing, and the rows that others have beside them."""
Tile = tuple[int, int, int]
"""Zoom, column, row."""


@dataclass(frozen=True)
class Question:
    """What all are asked, named as in the data."""

    tile: Tile
    tiles: Sequence[Tile]
    boxes: Sequence[str]
    uids: Sequence[str]
    fids: Sequence[int]
    offsets: Sequence[int]


@dataclass
class Contestant:
    """One server."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    probe: str = "/"
    keeps_tiles: bool = True
    process: subprocess.Popen[bytes] | None = None
    address: str = ""
    paths: dict[str, Sequence[str]] = field(default_factory=dict)
    held: dict[str, str] = field(default_factory=dict)
    failed: dict[str, int] = field(default_factory=dict)

    def start(self, log: Path) -> None:
        """Start it on a free port and wait until it answers."""
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        self.address = f"http://127.0.0.1:{port}"
        with log.open("wb") as told:
            self.process = subprocess.Popen(
                [part.replace("{port}", str(port)) for part in self.command],
                cwd=HERE,
                env={**os.environ, **self.environment},
                stdout=told,
                stderr=told,
            )
        for _ in range(600):
            try:
                if httpx.get(self.address + self.probe, timeout=30).status_code < 500:
                    return
            except httpx.TransportError:
                time.sleep(0.1)
            if self.process.poll() is not None:
                break
        raise SystemExit(f"{self.name} does not start:\n{log.read_text()[-2000:]}")

    def stop(self) -> None:
        """Stop it."""
        if self.process is not None:
            self.process.terminate()
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()

    def resident_mib(self) -> float:
        """Tell how much memory the process holds."""
        assert self.process is not None
        for line in Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) / 1024
        raise SystemExit(f"{self.name} is gone")


def uvicorn(python: Path | str, application: str) -> list[str]:
    """Write the command for one process of uvicorn, the same for all."""
    server = [str(python), "-m", "uvicorn", application, "--port", "{port}", "--loop", "uvloop", "--http", "httptools"]
    return [*server, "--no-access-log", "--no-server-header", "--log-level", "warning"]


def yzgeo(name: str, workspace: Path, database: str | None, *, cold: bool = False) -> Contestant:
    """The service itself; ``cold`` keeps no tile and no item."""
    environment = {"YZGEO_WORKSPACE": str(workspace), "PYTHONPATH": str(ROOT), "PEERS_COLD": "1" if cold else ""}
    if database:
        environment["YZGEO_DATABASE_URL"] = database
    return Contestant(
        name, [*uvicorn(sys.executable, "peers_yzgeo:application"), "--factory"], environment, probe="/healthz"
    )


def tuned(python: Path, database: str, schema: str, columns: Sequence[tuple[str, str]]) -> Contestant:
    """The application tuned by hand."""
    environment = {
        "PEERS_DATABASE": database,
        "PEERS_SCHEMA": schema,
        "PEERS_TABLE": LAYER,
        "PEERS_COLUMNS": json.dumps(columns),
    }
    return Contestant(
        "tuned by hand (PostGIS)", uvicorn(python, "peers_tuned:application"), environment, "/items?limit=1"
    )


def constant(python: Path | str, size: int) -> list[Contestant]:
    """Bytes that are there already, as many as the warm tile has: bare, and from a route of FastAPI."""
    names = {"constant bytes (bare ASGI)": "application", "constant bytes (FastAPI)": "framework"}
    environment = {"PEERS_BYTES": str(size)}
    return [
        Contestant(name, uvicorn(python, f"peers_constant:{served}"), environment) for name, served in names.items()
    ]


def tipg(python: Path, database: str, schema: str) -> Contestant:
    """tipg on the same PostGIS, with the same margin around tiles."""
    environment = {
        "DATABASE_URL": database,
        "TIPG_DB_SCHEMAS": json.dumps([schema]),
        "TIPG_DB_EXCLUDE_FUNCTION_SCHEMAS": json.dumps(["public"]),
        "TIPG_TILE_BUFFER": "64",
    }
    return Contestant("tipg (PostGIS)", uvicorn(python, "tipg.main:app"), environment, "/healthz", keeps_tiles=False)


def pygeoapi(python: Path, file: Path, folder: Path) -> Contestant:
    """pygeoapi on the same GeoPackage, through its own provider, which uses SpatiaLite."""
    config, description = folder / "pygeoapi.yml", folder / "pygeoapi-openapi.yml"
    told = {"en": "bench"}
    content = {
        "server": {
            "bind": {"host": "127.0.0.1", "port": 5000},
            "url": "http://127.0.0.1:5000",
            "mimetype": "application/json; charset=UTF-8",
            "encoding": "utf-8",
            "language": "en-US",
            "limits": {"default_items": 10, "max_items": 10_000, "on_exceed": "throttle"},
            "map": {"url": "about:blank", "attribution": ""},
        },
        "logging": {"level": "ERROR"},
        "metadata": {
            "identification": {
                "title": told,
                "description": told,
                "keywords": {"en": ["bench"]},
                "keywords_type": "theme",
                "terms_of_service": "",
                "url": "http://127.0.0.1",
            },
            "license": {"name": "none", "url": "http://127.0.0.1"},
            "provider": {"name": "bench", "url": "http://127.0.0.1"},
            "contact": {"name": "bench", "email": "bench@localhost"},
        },
        "resources": {
            LAYER: {
                "type": "collection",
                "title": told,
                "description": told,
                "keywords": {"en": ["bench"]},
                "links": [],
                "extents": {
                    "spatial": {"bbox": [123, 42, 125, 43], "crs": "http://www.opengis.net/def/crs/OGC/1.3/CRS84"}
                },
                "providers": [
                    {"type": "feature", "name": "SQLiteGPKG", "data": str(file), "id_field": "uid", "table": LAYER}
                ],
            }
        },
    }
    config.write_text(json.dumps(content))
    environment = {"PYGEOAPI_CONFIG": str(config), "PYGEOAPI_OPENAPI": str(description)}
    subprocess.run(
        [python.parent / "pygeoapi", "openapi", "generate", config, "--output-file", description],
        env={**os.environ, **environment},
        check=True,
        capture_output=True,
    )
    return Contestant(
        "pygeoapi (GeoPackage)", uvicorn(python, "pygeoapi.starlette_app:APP"), environment, "/conformance"
    )


def address(contestant: Contestant, question: Question, *, schema: str) -> None:
    """Write where a running contestant keeps what is asked; a row it has no route for stays out."""
    name = contestant.name
    if name.startswith("constant"):
        contestant.paths = {"warm tile": ["/"]}
    elif name.startswith("tuned"):
        contestant.paths = {
            "warm tile": [_filled("/tiles/{z}/{x}/{y}", question.tile)],
            "cold tile": [_filled("/cold/{z}/{x}/{y}", tile) for tile in question.tiles],
            "items?bbox": [f"/items?bbox={box}&limit=100" for box in question.boxes],
            "one item": [f"/items/{uid}" for uid in question.uids],
            "10,000 features": [f"/items?limit=10000&offset={offset}" for offset in question.offsets],
        }
    elif name.startswith("yzgeo"):
        layers = httpx.get(contestant.address + "/-/layers").json()["layers"]
        links = next(layer for layer in layers if layer["id"] == LAYER)["links"]
        contestant.paths = {
            "warm tile": [_filled(links["tiles"], question.tile)],
            "cold tile": [_filled(links["tiles"], tile) for tile in question.tiles],
            "items?bbox": [f"{links['items']}?bbox={box}&limit=100" for box in question.boxes],
            "one item": [f"{links['items']}/{uid}" for uid in question.uids],
            "10,000 features": [f"{links['items']}?limit=10000&offset={offset}" for offset in question.offsets],
        }
    else:
        root = f"/collections/{schema + '.' if name.startswith('tipg') else ''}{LAYER}"
        ids = question.fids if name.startswith("tipg") else question.uids
        contestant.paths = {
            "items?bbox": [f"{root}/items?bbox={box}&limit=100&f={_form(name)}" for box in question.boxes],
            "one item": [f"{root}/items/{each}?f={_form(name)}" for each in ids],
            "10,000 features": [
                f"{root}/items?limit=10000&offset={offset}&f={_form(name)}" for offset in question.offsets
            ],
        }
        if name.startswith("tipg"):
            tiles = root + "/tiles/WebMercatorQuad/{z}/{x}/{y}"
            contestant.paths["warm tile"] = [_filled(tiles, question.tile)]
            contestant.paths["cold tile"] = [_filled(tiles, tile) for tile in question.tiles]
    if "warm tile" in contestant.paths:
        contestant.paths["304"] = contestant.paths["warm tile"]


def _form(name: str) -> str:
    return "geojson" if name.startswith("tipg") else "json"


def _filled(template: str, tile: Tile) -> str:
    z, x, y = map(str, tile)
    return template.replace("{z}", z).replace("{x}", x).replace("{y}", y)
