"""The service as an operator runs it, in processes of its own."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import httpx
import pytest

ROOT = Path(__file__).parents[2]


def _kept() -> dict[str, str]:
    """Leave out what an operator's shell may say."""
    return {key: value for key, value in os.environ.items() if not key.startswith("YZGEO_")}


class Server:
    """The service as an operator runs it, in a process of its own that can be killed and started again."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        with contextlib.closing(socket.create_server(("127.0.0.1", 0))) as found:
            self._port = found.getsockname()[1]
        self.url = f"http://127.0.0.1:{self._port}"
        self._environment = {**_kept(), **environment}
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        words = [sys.executable, "-m", "uvicorn", "api.main:from_environment", "--factory", "--port", str(self._port)]
        words += ["--http", "api.patience:PatientProtocol"]
        until = time.monotonic() + 150
        while time.monotonic() < until:
            # The port may be lent out as somebody's outgoing one for a moment; then the server ends at once.
            if self._process is None or self._process.poll() is not None:
                self._process = subprocess.Popen(
                    [*words, "--log-level", "warning", "--no-access-log"],
                    cwd=ROOT,
                    env=self._environment,
                )
            with contextlib.suppress(httpx.HTTPError):
                if httpx.get(f"{self.url}/readyz").status_code == 200:
                    return
            time.sleep(0.05)
        self._process.kill()  # type: ignore[union-attr]
        self._process.wait()  # type: ignore[union-attr]
        pytest.fail("the server does not answer")

    def stop(self) -> None:
        """As an operator does."""
        assert self._process is not None
        self._process.terminate()
        self._process.wait(30)

    def kill(self) -> None:
        """As a power cut does: no signal can be caught, nothing is put in order."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()
