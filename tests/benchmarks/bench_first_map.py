"""How soon the first map is painted, beside a bare MapLibre page with the same style, in turn on one server.

``python tests/benchmarks/bench_first_map.py [WORKSPACE]``; without a workspace an illustrative one is made.
"""

from __future__ import annotations

import platform
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from datetime import UTC, datetime
from pathlib import Path

ROUNDS = 5
SCRIPT = Path(__file__).with_name("first_map.mjs")


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(address: str) -> None:
    """Return when the server answers."""
    for _ in range(300):
        try:
            urllib.request.urlopen(f"{address}/healthz", timeout=2).close()  # noqa: S310
        except OSError:
            time.sleep(0.2)
        else:
            return
    raise SystemExit("the server did not start")


def painted_ms(address: str, kind: str) -> float:
    """Milliseconds to the first painted map of one load."""
    found = subprocess.run(["node", str(SCRIPT), address, kind], check=True, capture_output=True, text=True)
    return float(found.stdout)


def main() -> None:
    """Measure in turn and print medians and the ratio."""
    with tempfile.TemporaryDirectory() as folder:
        workspace = sys.argv[1] if len(sys.argv) > 1 else f"{folder}/workspace"
        if len(sys.argv) == 1:
            subprocess.run(
                [sys.executable, "-m", "yzgeo", "init", workspace, "--demo"], check=True, capture_output=True
            )
        port = free_port()
        address = f"http://127.0.0.1:{port}"
        command = [sys.executable, "-m", "yzgeo", "serve", "--workspace", workspace, "--port", str(port)]
        server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            wait_for(address)
            painted_ms(address, "page")  # the first load fills the server's caches for both
            pairs = [(painted_ms(address, "page"), painted_ms(address, "bare")) for _ in range(ROUNDS)]
        finally:
            server.terminate()
            server.wait()
    pages, bares = zip(*pairs, strict=True)
    print(f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC · {platform.machine()} · {ROUNDS} pairs in turn")
    print(f"page  {statistics.median(pages):7.0f} ms  ({min(pages):.0f}–{max(pages):.0f})")
    print(f"bare  {statistics.median(bares):7.0f} ms  ({min(bares):.0f}–{max(bares):.0f})")
    print(f"ratio {statistics.median(a / b for a, b in pairs):7.2f}")


if __name__ == "__main__":
    main()
