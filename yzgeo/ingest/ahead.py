"""The process that reads a foreign file, started ahead: it loads GDAL while this one loads everything else.

Nothing heavy may be imported here, or there would be nothing to gain.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

_ready: list[subprocess.Popen[bytes]] = []


def start() -> subprocess.Popen[bytes]:
    """
    Start a reader, which waits for its request.

    Returns
    -------
    subprocess.Popen
        ``python -m yzgeo.ingest.worker`` with pipes; it ends when its input does.
    """
    # Arrow's own allocator reserves far more address space than it uses, which RLIMIT_AS would count.
    environment = {**os.environ, "ARROW_DEFAULT_MEMORY_POOL": "system", "PYTHONWARNINGS": "ignore"}
    return subprocess.Popen(
        [sys.executable, "-m", "yzgeo.ingest.worker"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment,
        start_new_session=True,
    )


@contextmanager
def started() -> Iterator[None]:
    """
    Start a reader for whoever needs one first, see `take`.

    Yields
    ------
    None
        A reader that nobody took is ended afterwards.
    """
    _ready.append(start())
    try:
        yield
    finally:
        while _ready:
            with _ready.pop() as unused:
                unused.kill()


def take() -> subprocess.Popen[bytes]:
    """
    Give a reader that waits for its request.

    Returns
    -------
    subprocess.Popen
        The one that was started ahead, or a new one.
    """
    return _ready.pop() if _ready else start()
