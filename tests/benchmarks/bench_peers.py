"""The service beside the servers people would pick instead, on the illustrative district and on 100 times its size.

    python tests/benchmarks/bench_peers.py --install [--quick | --memory] [--folder FOLDER]

Contestants, one process of uvicorn each, 8 connections of ``wrk``: yzgeo on its GeoPackage and on PostGIS, tipg on the
same PostGIS, pygeoapi on the same GeoPackage, an application tuned by hand on the same PostGIS (``peers_tuned.py``) and
constant bytes as the limit, from a bare ASGI application and from a route of FastAPI. Turns are interleaved, so that
whatever else the machine does hits all alike; told are the median of requests per second over the rounds and the median
of each round's p50 and p99.

``--install`` makes a virtual environment for the peers with uv (nothing of theirs is in our lock file); what cannot be
installed is left out and named. PostGIS is started by ``.ci/postgis`` in the same folder. With ``--folder`` districts,
environment and database are kept and used again. Rows:

- warm tile: one tile at zoom 14 again and again; gzip accepted, as by every browser. tipg keeps no tiles.
- cold tile: the tiles of the district at zoom 14 in turn, by processes that keep none; gzip accepted. All are asked for
  seven seconds first, in which yzgeo lays the layer of the GeoPackage out in memory; the first of them is told, too.
- items?bbox: boxes of about 1.2 km, 100 features at most, with ``numberMatched``.
- one item: uids drawn from the whole layer. yzgeo keeps items as it does by default.
- 10,000 features: one page after another, not compressed, with ``numberMatched``. The district itself has 4,456.
- the two of them, first time: by the processes of yzgeo that keep nothing, in one round. In the rows without this yzgeo
  keeps written features by their revisions, as it does by default, and they profit from it: the same boxes and pages
  come again. So do "one item" and "warm tile". Nobody else here keeps anything of the kind.
- 304: the warm tile, asked with its entity tag. tipg and pygeoapi have none and send everything.

Then the memory of our own processes over 100,000 requests of all kinds but the big page, at the larger size;
``--memory`` measures nothing else. A full run takes about ten minutes, five of them for measuring.
"""

from __future__ import annotations

import argparse
import json
import platform
import re
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import httpx
import numpy as np
import peers_district
from peers_contestants import (
    FIRST,
    LAYER,
    ROOT,
    ROWS,
    Contestant,
    Question,
    address,
    constant,
    pygeoapi,
    tipg,
    tuned,
    yzgeo,
)

from yzgeo import catalogue, tiles
from yzgeo.workflows.overview import visible_fields
from yzgeo.workflows.stores import copy_store
from yzgeo.workflows.workspace import open_workspace

CONNECTIONS = 8
COLD_WARMING_S = 6.0
EARLY = "cold tile, first second"
ZOOM = 14
PACKAGES = {"tuned": ["asyncpg==0.32.0"], "tipg": ["tipg==1.6.1"], "pygeoapi": ["pygeoapi==0.21.0"]}
SERVER = ["uvicorn==0.54.0", "uvloop==0.23.0", "httptools==0.9.0", "orjson==3.13.0"]
# Debian's Python may load SpatiaLite, which pygeoapi's provider needs; others often may not.
PYTHON = "/usr/bin/python3"
SCRIPT = """
local paths = {}
for line in io.lines("@PATHS@") do paths[#paths + 1] = line end
local at = math.floor(@START@ * #paths)
request = function()
    at = at + 1
    return wrk.format(nil, paths[at % #paths + 1])
end
"""
_UNITS = {"us": 0.001, "ms": 1.0, "s": 1000.0, "m": 60_000.0}


@contextmanager
def database(folder: Path) -> Iterator[str]:
    """Run a PostGIS of our own."""
    started = subprocess.run([ROOT / ".ci" / "postgis", "start", folder], capture_output=True, text=True, check=True)
    try:
        yield started.stdout.strip()
    finally:
        subprocess.run([ROOT / ".ci" / "postgis", "stop", folder], check=True)


def install(environment: Path, *, asked: bool) -> set[str]:
    """Make the peers' environment, or look what is in it; give the names of those that can run."""
    uv = shutil.which("uv") or str(Path(sys.executable).parent / "uv")
    python = environment / "bin" / "python"
    if asked and not python.exists():
        subprocess.run([uv, "venv", "-q", "--python", PYTHON, environment], check=True)
        for name, packages in PACKAGES.items():
            done = subprocess.run(
                [uv, "pip", "install", "-q", "--python", python, *SERVER, *packages],
                check=False,
                capture_output=True,
                text=True,
            )
            if done.returncode:
                print(f"{name} cannot be installed: {done.stderr.strip().splitlines()[-1]}")
    modules = {"tuned": "asyncpg", "tipg": "tipg", "pygeoapi": "pygeoapi"}
    found = {name for name, module in modules.items() if _imports(python, module)}
    for name in modules.keys() - found:
        print(f"{name} is not here" + ("" if asked else "; --install fetches it"))
    return found


def _imports(python: Path, module: str) -> bool:
    if not python.exists():
        return False
    return subprocess.run([python, "-c", f"import {module}"], check=False, capture_output=True).returncode == 0


def prepare(folder: Path, times: int, url: str) -> tuple[Path, str]:
    """Make the district as a workspace and as a schema, unless they are there."""
    workspace, schema = folder / f"district-{times}", f"d{times}"
    done = folder / f"district-{times}.done"
    if not done.exists():
        shutil.rmtree(workspace, ignore_errors=True)
        known = catalogue.load()
        peers_district.make(workspace, known, times=times)
        copy_store(str(workspace), f"{url}?schema={schema}", known)
        psql = ["psql", "-Xqc", "VACUUM ANALYZE", url]
        subprocess.run(psql, check=True, capture_output=True)
        done.touch()
    return workspace, schema


def question(workspace: Path) -> Question:
    """Choose what is asked, the same every time."""
    rng = np.random.default_rng(peers_district.SEED)
    with open_workspace(workspace) as opened:
        rows = opened.store.rows(LAYER, fields=())
        import shapely

        centres = shapely.get_coordinates(shapely.centroid(shapely.from_wkb(np.array(rows.wkb, dtype=object))))
    places = [tiles.tile_at(ZOOM, lon, lat) for lon, lat in centres]
    counts: dict[tuple[int, int], int] = {}
    for place in places:
        counts[place] = counts.get(place, 0) + 1
    own = sorted(place for place, count in counts.items() if count >= 5)
    middle = sorted(own, key=lambda place: counts[place])[len(own) // 2]
    drawn = rng.permutation(len(rows.uids))[:20_000]
    half = np.array([600 / 82_400, 600 / 111_100])
    boxes = [
        ",".join(f"{edge:.6f}" for edge in (*(centres[index] - half), *(centres[index] + half)))
        for index in drawn[:400]
    ]
    return Question(
        tile=(ZOOM, *middle),
        tiles=[(ZOOM, *place) for place in rng.permutation(own).tolist()],
        boxes=boxes,
        uids=[rows.uids[index] for index in drawn],
        fids=[rows.fids[index] for index in drawn],
        offsets=list(range(0, max(len(rows.uids) - 9_999, 1), 10_000)),
    )


def load(contestant: Contestant, row: str, *, seconds: float, start: float, folder: Path) -> tuple[float, float, float]:
    """Requests per second, p50 and p99 in milliseconds."""
    paths, script = folder / "paths.txt", folder / "ask.lua"
    paths.write_text("\n".join(contestant.paths[row]) + "\n")
    script.write_text(SCRIPT.replace("@PATHS@", str(paths)).replace("@START@", f"{start:.4f}"))
    headers = ["-H", "Accept-Encoding: gzip"] if "tile" in row or row == "304" else []
    if row == "304" and contestant.held.get("etag"):
        headers += ["-H", f"If-None-Match: {contestant.held['etag']}"]
    done = subprocess.run(
        [
            *("wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds:g}s", "--timeout", "30s", "--latency", "-s", script),
            *headers,
            contestant.address,
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    rate = float(re.search(r"Requests/sec:\s+([\d.]+)", done.stdout)[1])
    if "Non-2xx" in done.stdout or "Socket errors" in done.stdout:
        if not contestant.name.startswith("pygeoapi"):
            raise SystemExit(f"{contestant.name} fails at {row}:\n{done.stdout}")
        # It refuses some of what comes at the same time; only what it answers counts.
        failed = re.search(r"Non-2xx or 3xx responses: (\d+)", done.stdout)
        answered = int(re.search(r"(\d+) requests in", done.stdout)[1])
        contestant.failed[row] = contestant.failed.get(row, 0) + (int(failed[1]) if failed else 1)
        rate *= 1 - (int(failed[1]) if failed else 0) / max(answered, 1)
    shares = {
        share: float(number) * _UNITS[unit]
        for share, number, unit in re.findall(r"^\s+(\d+)%\s+([\d.]+)(us|ms|s|m)", done.stdout, re.M)
    }
    return rate, shares["50"], shares["99"]


def compare(contestants: Sequence[Contestant]) -> None:
    """Ask everyone once: the same features for the same question, and the entity tag for the row of 304."""
    counts: dict[str, dict[str, tuple[int | None, int]]] = {}
    for each in contestants:
        if each.name.startswith("constant"):
            each.held["etag"] = '"x"'
            continue
        for row in ("items?bbox", "10,000 features"):
            found = httpx.get(each.address + each.paths[row][0], timeout=120).json()
            counts.setdefault(row, {})[each.name] = (found.get("numberMatched"), len(found["features"]))
        if "warm tile" in each.paths:
            answer = httpx.get(
                each.address + each.paths["warm tile"][0], headers={"Accept-Encoding": "gzip"}, timeout=120
            )
            each.held["etag"] = answer.headers.get("etag", "")
            each.held["bytes"] = answer.headers.get("content-length", "0")
    for row, found in counts.items():
        if len({told for told in found.values() if told[0] is not None}) > 1:
            print(f"not the same answer, {row} (matched, returned): {found}")


def measure(
    contestants: Sequence[Contestant], cold: dict[str, Contestant], *, rounds: int, seconds: float, folder: Path
) -> dict[str, dict[str, tuple[float, float, float]]]:
    """Let all run in turn, row by row; medians over the rounds."""
    found: dict[str, dict[str, tuple[float, float, float]]] = {}
    for row in (*ROWS, *FIRST):
        kept: dict[str, list[tuple[float, float, float]]] = {}
        asked = FIRST.get(row, row)
        least = 3 if asked == "10,000 features" else 0  # wrk counts whole answers only
        # The layer of a file is laid out in memory after its first tiles: a second to see what there was before that.
        warming = [1.0, COLD_WARMING_S] if row == "cold tile" else [1.0]
        for number in range(-len(warming), 1 if row in FIRST else rounds):
            turns = {}
            for each in contestants:
                runner = cold.get(each.name, each) if row == "cold tile" or row in FIRST else each
                if asked not in runner.paths or (row in FIRST and runner is each):
                    continue
                span = max(seconds, least) if number >= 0 else min(warming[number], seconds * warming[number])
                turns[each.name] = load(
                    runner, asked, seconds=span, start=max(number, 0) / max(rounds, 1), folder=folder
                )
            if number == -2:
                found[EARLY] = turns
            elif number >= 0:
                for name, told in turns.items():
                    kept.setdefault(name, []).append(told)
        found[row] = {name: tuple(map(statistics.median, zip(*runs, strict=True))) for name, runs in kept.items()}
    return found


def memory(contestant: Contestant, *, requests: int, folder: Path) -> list[tuple[int, float]]:
    """Tell resident memory as requests of all kinds go on, mostly those that are answered fast."""
    rng = np.random.default_rng(1)
    shares = {"warm tile": 400, "one item": 400, "cold tile": 150, "items?bbox": 50}
    mixed = [path for row, share in shares.items() for path in rng.choice(contestant.paths[row], share)]
    contestant.paths["mixed"] = [mixed[index] for index in rng.permutation(len(mixed))]
    seen, told = 0, [(0, contestant.resident_mib())]
    while seen < requests:
        rate, _, _ = load(contestant, "mixed", seconds=5, start=(seen % 997) / 997, folder=folder)
        seen += int(rate * 5)
        told.append((seen, contestant.resident_mib()))
    early = next(held for count, held in told if count >= requests / 5)
    print(
        f"\nmemory of {contestant.name}: {told[0][1]:.0f} MiB before, {early:.0f} after a fifth, "
        f"{told[-1][1]:.0f} after {told[-1][0]:,} requests"
    )
    return told


def show(times: int, found: dict[str, dict[str, tuple[float, float, float]]]) -> None:
    """Print one size."""
    print(f"\n### {times} times the size, requests per second (p50 / p99 in ms)\n")
    names = list(dict.fromkeys(name for row in found.values() for name in row))
    print("| row | " + " | ".join(names) + " |\n|" + "---|" * (len(names) + 1))
    for row, runs in found.items():
        cells = [f"{runs[n][0]:,.0f} ({runs[n][1]:.1f} / {runs[n][2]:.1f})" if n in runs else "–" for n in names]
        print(f"| {row} | " + " | ".join(cells) + " |")
    server, file = "yzgeo (PostGIS)", "yzgeo (GeoPackage)"
    every = tuple(found)
    goals = [
        (server, "tuned by hand (PostGIS)", 0.9, [row for row in every if row not in ("warm tile", "304")]),
        (server, "tuned by hand (PostGIS)", 0.0, ("warm tile", "304")),
        (server, "tipg (PostGIS)", 1.0, every),
        (file, "tipg (PostGIS)", 2.0, every),
        (file, "pygeoapi (GeoPackage)", 10.0, every),
        *((own, "constant bytes (FastAPI)", 0.85, ("warm tile", "304")) for own in (server, file)),
        *((own, "constant bytes (bare ASGI)", 0.0, ("warm tile", "304")) for own in (server, file)),
    ]
    print("\n| ratio | wanted | " + " | ".join(every) + " |\n|" + "---|" * (len(every) + 2))
    for own, peer, wanted, rows in goals:
        cells = []
        for row in every:
            runs, beside = found[row], found[FIRST.get(row, row)]
            if row not in rows or own not in runs or peer not in beside:
                cells.append("–")
                continue
            ratio = runs[own][0] / beside[peer][0] if beside[peer][0] else float("inf")
            cells.append(f"{ratio:.2f}" + ("" if ratio >= wanted else " **lost**"))
        if set(cells) != {"–"}:
            print(f"| {own} / {peer} | {wanted or 'to know'} | " + " | ".join(cells) + " |")
    for own in (server, file):
        wide = [f"{row} {runs[own][2] / max(runs[own][1], 1e-9):.1f}" for row, runs in found.items() if own in runs]
        print(f"\np99 / p50 of {own} (wanted under 5): {', '.join(wide)}")


def columns_of(layer: str) -> list[tuple[str, str]]:
    """Fields that anybody may see, with their types."""
    spec = catalogue.load().layer(layer)
    return [(name, spec.field(name).type) for name in visible_fields(spec, "anonymous")]


def rivals(peers: set[str], python: Path, url: str, schema: str, copy: Path) -> list[Contestant]:
    """List those who are asked beside us, as far as they are installed."""
    ways = {
        "tuned": lambda: tuned(python, url, schema, columns_of(LAYER)),
        "tipg": lambda: tipg(python, url, schema),
        "pygeoapi": lambda: pygeoapi(python, copy, copy.parent),
    }
    return [way() for name, way in ways.items() if name in peers]


def run(folder: Path, chosen: argparse.Namespace, url: str, peers: set[str], python: Path) -> dict[str, object]:
    """Measure every size that was asked for."""
    told: dict[str, object] = {}
    for times in chosen.sizes:
        workspace, schema = prepare(folder, times, url)
        asked = question(workspace)
        # pygeoapi opens the file as it likes, so it gets a copy.
        copy = folder / f"copy-{times}.gpkg"
        if "pygeoapi" in peers and not copy.exists():
            with sqlite3.connect(workspace / "yzgeo.gpkg") as source:
                source.execute("VACUUM INTO ?", (str(copy),))
        place = f"{url}?schema={schema}"
        own = [yzgeo("yzgeo (GeoPackage)", workspace, None), yzgeo("yzgeo (PostGIS)", folder / "files", place)]
        cold = {
            each.name: yzgeo(
                each.name, workspace if number == 0 else folder / "files", [None, place][number], cold=True
            )
            for number, each in enumerate(own)
        }
        others = [] if chosen.memory else rivals(peers, python, url, schema, copy)
        with ExitStack() as stack:
            for each in [*own, *cold.values(), *others]:
                stack.callback(each.stop)
                each.start(folder / "server.log")
                address(each, asked, schema=schema)
            if not chosen.memory:
                compare([*own, *others])
                limits = constant(sys.executable, int(own[0].held["bytes"]))
                for limit in limits:
                    stack.callback(limit.stop)
                    limit.start(folder / "limit.log")
                    address(limit, asked, schema=schema)
                compare(limits)
                everyone = [*own, *others, *limits]
                found = measure(everyone, cold, rounds=chosen.rounds, seconds=chosen.seconds, folder=folder)
                show(times, found)
                for each in others:
                    if each.failed:
                        print(f"\n{each.name} failed to answer (not counted above): {each.failed}")
                told[str(times)] = found
            if chosen.requests and times == max(chosen.sizes):
                told["memory"] = {each.name: memory(each, requests=chosen.requests, folder=folder) for each in own}
    return told


def main() -> int:
    """Measure and tell."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--install", action="store_true", help="fetch the peers into an environment of their own")
    parser.add_argument("--quick", action="store_true", help="one round of one second, no row about memory")
    parser.add_argument("--memory", action="store_true", help="only the row about memory")
    parser.add_argument("--folder", type=Path, help="keep districts, database and environment here")
    parser.add_argument("--sizes", type=lambda text: [int(part) for part in text.split(",")], default=[1, 100])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=1)
    parser.add_argument("--requests", type=int, default=100_000, help="for the row about memory, 0 for none")
    parser.add_argument("--json", type=Path, help="write the figures here too")
    chosen = parser.parse_args()
    if chosen.memory:
        chosen.sizes = [max(chosen.sizes)]
    if chosen.quick:
        chosen.rounds, chosen.seconds, chosen.requests = 1, 1, 0
    if not shutil.which("wrk"):
        raise SystemExit("wrk is not here: apt-get install wrk")
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="yzgeo-peers-") as temporary:
        folder = (chosen.folder or Path(temporary)).resolve()
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o755)
        python = folder / "peers" / "bin" / "python"
        peers = install(folder / "peers", asked=chosen.install)
        with database(folder / "postgis") as url:
            told = run(folder, chosen, url, peers, python)
    version = subprocess.run(["wrk", "-v"], check=False, capture_output=True, text=True).stdout.split("[")[0].strip()
    moment = datetime.now(UTC).isoformat(timespec="minutes")
    print(
        f"\n{moment}, {platform.processor() or platform.machine()}, {version}, {CONNECTIONS} connections, "
        f"{chosen.rounds} rounds of {chosen.seconds:g} s; {time.monotonic() - began:.0f} s in all"
    )
    if chosen.json:
        chosen.json.write_text(json.dumps(told, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
