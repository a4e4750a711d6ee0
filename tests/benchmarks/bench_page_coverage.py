"""How long the page waits for coverage: another limit (the slider) and a road opened in a scenario (the switch).

A real server on the illustrative district, asked over HTTP as the page asks. The slider: figures of a finished run for
another limit. The switch: the scenario is changed, the run is asked and awaited, its buildings, facilities and the
comparison with today are fetched. Every switch opens another project, so that none finds its network in the cache.

    python tests/benchmarks/bench_page_coverage.py [WORKSPACE]
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
from argon2 import PasswordHasher

from yzgeo import catalogue
from yzgeo.store.base import Account
from yzgeo.workflows.workspace import create_workspace, open_workspace

CIRCLE = "fitness_10min"
PAGE = {"X-Requested-With": "bench"}
GOALS_S = {"slider": 1.0, "switch": 2.0}
WAY_MAKING = ("overpass", "dead_end", "new", "planned_road", "reroute", "exit_road")


@contextmanager
def server(workspace: Path) -> Iterator[str]:
    """Run the service on a free port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    yzgeo = Path(sys.executable).with_name("yzgeo")
    command = [str(yzgeo), "serve", "--workspace", str(workspace), "--port", str(port)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    base = f"http://127.0.0.1:{port}"
    try:
        until = time.monotonic() + 60
        while time.monotonic() < until:
            try:
                if httpx.get(f"{base}/readyz").status_code == 200:
                    break
            except httpx.TransportError:
                time.sleep(0.1)
        yield base
    finally:
        process.terminate()
        process.wait(20)


def asked(client: httpx.Client, parameters: dict[str, Any]) -> dict[str, Any]:
    """Ask and wait as the page does."""
    run = client.post("/api/runs", json={"analysis": "coverage", "parameters": parameters}).raise_for_status().json()
    while run["state"] in {"queued", "running"}:
        time.sleep(0.1)
        run = client.get(f"/api/runs/{run['id']}").raise_for_status().json()
    return run


def measure(base: str, rounds: int) -> dict[str, list[float]]:
    with httpx.Client(base_url=base, headers=PAGE, timeout=120) as client:
        client.post("/api/auth/login", json={"name": "bench", "password": "bench"}).raise_for_status()
        times: dict[str, list[float]] = {"first": [], "slider": [], "switch": []}
        begin = time.perf_counter()
        today = asked(client, {"circle": CIRCLE})
        times["first"].append(time.perf_counter() - begin)
        for turn in range(4 * rounds):
            begin = time.perf_counter()
            client.get(f"/api/runs/{today['id']}", params={"limit_m": 400 + 37 * turn}).raise_for_status()
            times["slider"].append(time.perf_counter() - begin)
        found = client.get("/ogc/collections/road_project/items", params={"limit": 1000}).raise_for_status().json()
        roads = sorted(
            (one for one in found["features"] if one["properties"]["kind"] in WAY_MAKING),
            key=lambda one: WAY_MAKING.index(one["properties"]["kind"]),
        )
        scenario = client.post("/api/scenarios", json={"title": "bench", "changes": []}).raise_for_status().json()
        for road in roads[:rounds]:
            begin = time.perf_counter()
            changed = {"changes": [{"kind": "open_road", "uid": road["id"]}], "version": scenario["version"]}
            scenario = client.put(f"/api/scenarios/{scenario['id']}", json=changed).raise_for_status().json()
            run = asked(client, {"circle": CIRCLE, "scenario": scenario["id"]})
            for part in ("demand", "facilities", f"compare/{run['id']}"):
                owner = today if part.startswith("compare") else run
                client.get(f"/api/runs/{owner['id']}/{part}").raise_for_status()
            times["switch"].append(time.perf_counter() - begin)
    return times


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("workspace", type=Path, nargs="?", help="the illustrative district is made without it")
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path, known = Path(folder) / "workspace", catalogue.load()
        if options.workspace is None:
            create_workspace(path, known, demo=True)
        else:
            shutil.copytree(options.workspace, path)
        shutil.rmtree(path / "cache" / "graphs", ignore_errors=True)
        shutil.rmtree(path / "runs", ignore_errors=True)
        with open_workspace(path, known) as opened:
            opened.store.put_account(Account("bench", "planner", (), PasswordHasher().hash("bench")))
        load = os.getloadavg()
        with server(path) as base:
            times = measure(base, options.rounds)
    told = {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}",
        "load_before": load,
        **{
            name: {
                "median_s": round(statistics.median(values), 3),
                "most_s": round(max(values), 3),
                "rounds": len(values),
                **({"wanted_s": GOALS_S[name]} if name in GOALS_S else {}),
            }
            for name, values in times.items()
        },
    }
    print(json.dumps(told, indent=1))


if __name__ == "__main__":
    main()
