"""How close a warm tile and one item come to a server that answers constant bytes.

The application is the real one on a real workspace, in one uvicorn process; two routes that return constant bytes of
the same length are added in front, so that both sides pass the same server, middleware and router. Runs alternate and
the median of the ratios of neighbouring runs is told.

    python tests/benchmarks/bench_serving.py [WORKSPACE]

Without a workspace the illustrative district is made in a temporary folder. Load comes from ``wrk`` where it is
installed, else from a small client of our own, which is slower and says so.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import re
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
from fastapi import FastAPI, Response

from api.main import from_environment
from yzgeo import catalogue
from yzgeo.workflows.workspace import create_workspace

ROOT = Path(__file__).parents[2]
GOALS = {"tile": 0.80, "item": 0.50}
CONNECTIONS = 16


def application() -> FastAPI:
    """The real application with two constant routes in front, for uvicorn."""
    app = from_environment()
    sizes = json.loads(os.environ["BENCH_SIZES"])
    for name, size in sizes.items():
        app.get(f"/constant/{name}")(_constant(b"x" * size))
        app.router.routes.insert(0, app.router.routes.pop())
    return app


def _constant(body: bytes):
    async def constant() -> Response:
        return Response(body, media_type="application/octet-stream")

    return constant


@contextmanager
def server(workspace: Path, sizes: dict[str, int]) -> Iterator[str]:
    """Run uvicorn on a free port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "uvicorn", "--factory", "bench_serving:application", "--app-dir"]
    process = subprocess.Popen(
        [
            *command,
            str(Path(__file__).parent),
            "--port",
            str(port),
            "--loop",
            "uvloop",
            "--http",
            "httptools",
            "--no-access-log",
            "--no-server-header",
            "--log-level",
            "warning",
        ],
        cwd=ROOT,
        env={
            **os.environ,
            "YZGEO_WORKSPACE": str(workspace),
            "BENCH_SIZES": json.dumps(sizes),
            "PYTHONPATH": str(ROOT),
        },
    )
    address = f"http://127.0.0.1:{port}"
    try:
        for _ in range(1200):
            try:
                httpx.get(f"{address}/healthz")
                break
            except httpx.TransportError:
                time.sleep(0.1)
        yield address
    finally:
        process.terminate()
        process.wait()


def throughput(address: str, *, seconds: float) -> float:
    """Requests answered in a second."""
    if shutil.which("wrk"):
        done = subprocess.run(
            ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds:g}s", "-H", "Accept-Encoding: gzip", address],
            capture_output=True,
            text=True,
            check=True,
        )
        if "Non-2xx" in done.stdout:
            raise SystemExit(f"{address} fails:\n{done.stdout}")
        return float(re.search(r"Requests/sec:\s+([\d.]+)", done.stdout)[1])
    return asyncio.run(_own_client(address, seconds=seconds))


async def _own_client(address: str, *, seconds: float) -> float:
    """Keep connections busy with raw requests; the answer's end is told by its length."""
    url = httpx.URL(address)
    target = url.raw_path.decode()
    request = f"GET {target} HTTP/1.1\r\nHost: {url.host}:{url.port}\r\nAccept-Encoding: gzip\r\n\r\n".encode()
    end = time.perf_counter() + seconds

    async def ask() -> int:
        reader, writer = await asyncio.open_connection(url.host, url.port)
        count = 0
        while time.perf_counter() < end:
            writer.write(request)
            head = await reader.readuntil(b"\r\n\r\n")
            await reader.readexactly(int(re.search(rb"content-length: (\d+)", head)[1]))
            count += 1
        writer.close()
        return count

    return sum(await asyncio.gather(*(ask() for _ in range(CONNECTIONS)))) / seconds


def choose(address: str) -> dict[str, str]:
    """Pick the fullest layer's tile in the middle of the district, and an item of an ordinary size."""
    overview = httpx.get(f"{address}/-/layers").json()
    layers = [layer for layer in overview["layers"] if layer["links"]["tiles"] and layer["count"]]
    fullest = max((layer for layer in layers if layer["geometry"] == "polygon"), key=lambda layer: layer["count"])
    left, bottom, right, top = fullest["bounds"]
    z, row, col = _tile_at((left + right) / 2, (bottom + top) / 2, zoom=14)
    items = httpx.get(f"{address}{fullest['links']['items']}?limit=1").json()
    tile = fullest["links"]["tiles"].replace("{z}", str(z)).replace("{y}", str(row)).replace("{x}", str(col))
    return {"tile": tile, "item": f"{fullest['links']['items']}/{items['features'][0]['id']}"}


def _tile_at(longitude: float, latitude: float, *, zoom: int) -> tuple[int, int, int]:
    import math

    count = 1 << zoom
    share = (1 - math.asinh(math.tan(math.radians(latitude))) / math.pi) / 2
    return zoom, int(share * count), int((longitude + 180) / 360 * count)


def measure(workspace: Path, *, rounds: int, seconds: float) -> dict[str, dict[str, float]]:
    """Alternate between each thing and its constant twin."""
    with server(workspace, {}) as address:
        chosen = choose(address)
        sizes = {}
        for name, path in chosen.items():
            with httpx.stream("GET", address + path, headers={"Accept-Encoding": "gzip"}) as answer:
                sizes[name] = sum(len(chunk) for chunk in answer.iter_raw())
    results = {}
    with server(workspace, sizes) as address:
        for name, path in chosen.items():
            pairs = []
            throughput(address + path, seconds=1)
            throughput(f"{address}/constant/{name}", seconds=1)
            for _ in range(rounds):
                constant = throughput(f"{address}/constant/{name}", seconds=seconds)
                pairs.append((throughput(address + path, seconds=seconds), constant))
            results[name] = {
                "bytes": sizes[name],
                "requests_per_s": statistics.median(own for own, _ in pairs),
                "constant_per_s": statistics.median(constant for _, constant in pairs),
                "ratio": statistics.median(own / constant for own, constant in pairs),
                "lowest_ratio": min(own / constant for own, constant in pairs),
                "goal": GOALS[name],
            }
    return results


def main() -> int:
    """Measure and tell; exit 1 where a goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("workspace", nargs="?", type=Path)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=3)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        workspace = chosen.workspace or Path(folder) / "workspace"
        if chosen.workspace is None:
            create_workspace(workspace, catalogue.load(), demo=True)
        results = measure(workspace, rounds=chosen.rounds, seconds=chosen.seconds)
    print("load from", "wrk" if shutil.which("wrk") else "our own client (slower: ratios look better than they are)")
    for name, found in results.items():
        print(
            f"{name}: {found['bytes']} bytes, {found['requests_per_s']:.0f}/s against {found['constant_per_s']:.0f}/s "
            f"constant = {found['ratio']:.0%} (lowest pair {found['lowest_ratio']:.0%}, goal {found['goal']:.0%})"
        )
    return 0 if all(found["ratio"] >= found["goal"] for found in results.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
