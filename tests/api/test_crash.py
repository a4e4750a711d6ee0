"""The real server, killed at random moments while eight clients write: nothing acknowledged is lost or doubled."""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

import httpx
import pytest

from yzgeo.catalogue import Catalogue
from yzgeo.workflows import grants
from yzgeo.workflows.accounts import By
from yzgeo.workflows.workspace import open_workspace

CLIENTS = 8
EACH = 63
KILLS = 4
LAYER = "shantytown_parcel"
ROOT = Path(__file__).parents[2]


class Server:
    """The service as an operator runs it, in a process of its own that can be killed and started again."""

    def __init__(self, workspace: Path) -> None:
        with contextlib.closing(socket.create_server(("127.0.0.1", 0))) as found:
            self._port = found.getsockname()[1]
        self.url = f"http://127.0.0.1:{self._port}"
        self._workspace = workspace
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        kept = {key: value for key, value in os.environ.items() if not key.startswith("YZGEO_")}
        words = [sys.executable, "-m", "uvicorn", "api.main:from_environment", "--factory", "--port", str(self._port)]
        until = time.monotonic() + 150
        while time.monotonic() < until:
            # The port may be lent out as somebody's outgoing one for a moment; then the server ends at once.
            if self._process is None or self._process.poll() is not None:
                self._process = subprocess.Popen(
                    [*words, "--log-level", "warning", "--no-access-log"],
                    cwd=ROOT,
                    env={**kept, "YZGEO_WORKSPACE": str(self._workspace)},
                )
            with contextlib.suppress(httpx.HTTPError):
                if httpx.get(f"{self.url}/readyz").status_code == 200:
                    return
            time.sleep(0.05)
        self._process.kill()  # type: ignore[union-attr]
        self._process.wait()  # type: ignore[union-attr]
        pytest.fail("the server does not answer")

    def kill(self) -> None:
        """As a power cut does: no signal can be caught, nothing is put in order."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()


@dataclass
class Writer:
    """One client: its token, and what it was told."""

    number: int
    token: str
    acknowledged: dict[str, str] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)


def write(url: str, writer: Writer, uids: list[str]) -> None:
    """Send events one by one, each again with the same id until it is acknowledged, and now and then once more."""
    number, chance = writer.number, random.Random(writer.number)
    headers = {"Authorization": f"Bearer {writer.token}"}
    with httpx.Client(base_url=url, headers=headers, timeout=30) as client:
        for each in range(EACH):
            body = {
                "id": str(UUID(int=(number + 1) * 10_000 + each)),
                "kind": "note",
                "valid_at": "2024-07-01T09:00:00+08:00",
                "payload": {"text": f"{number}-{each}"},
            }
            path = f"/api/layers/{LAYER}/features/{uids[each % len(uids)]}/events"
            wanted = 1 + (chance.random() < 0.1)
            until = time.monotonic() + 120
            while wanted and time.monotonic() < until:
                try:
                    answer = client.post(path, json=body)
                except httpx.TransportError:
                    time.sleep(0.05)
                    continue
                if answer.status_code == 503:  # the other writers keep the disk busy
                    continue
                if answer.status_code not in {200, 201}:
                    writer.faults.append(answer.text)
                    return
                proof = answer.json()["receipt"]["hash"]
                if writer.acknowledged.setdefault(body["id"], proof) != proof:
                    writer.faults.append(f"{body['id']} has two receipts")
                wanted -= 1


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_what_was_acknowledged_over_http_is_there_exactly_once(
    small_workspace: Path, tmp_path: Path, catalogue: Catalogue
) -> None:
    folder = tmp_path / "workspace"
    shutil.copytree(small_workspace, folder)
    with open_workspace(folder, catalogue) as opened:
        uids = [str(uid) for uid in opened.store.rows(LAYER).uids[:4]]
        account = opened.store.account("planner")
        assert account is not None
        writers = [
            Writer(number, grants.make_token(opened.store, account, label=f"client {number}", days=1, by=By()).token)
            for number in range(CLIENTS)
        ]
        before = opened.store.ledger.verify()  # the fixture's projection has differences of its own
    server, chance = Server(folder), random.Random(7)
    server.start()
    threads = [threading.Thread(target=write, args=(server.url, writer, uids)) for writer in writers]
    for thread in threads:
        thread.start()
    killed = 0
    for moment in sorted(chance.sample(range(20, CLIENTS * EACH - 40), KILLS)):
        while sum(len(writer.acknowledged) for writer in writers) < moment and any(
            thread.is_alive() for thread in threads
        ):
            time.sleep(0.002)
        time.sleep(chance.uniform(0, 0.02))
        killed += any(thread.is_alive() for thread in threads)
        server.kill()
        server.start()
    for thread in threads:
        thread.join()
    server.kill()
    assert [fault for writer in writers for fault in writer.faults] == []
    assert killed == KILLS, "each kill met clients at work"
    promised = {key: proof for writer in writers for key, proof in writer.acknowledged.items()}
    assert len(promised) == CLIENTS * EACH
    with open_workspace(folder, catalogue) as opened:
        chain = list(opened.store.ledger.chain())
        counts = Counter(event.id for event in chain)
        hashes = {event.id: event.hash for event in chain}
        assert set(counts.values()) == {1}
        assert {key: hashes[key] for key in promised} == promised
        assert (
            len(chain) == before.events + CLIENTS * EACH
        )  # what was written unacknowledged was sent again, and stood there
        after = opened.store.ledger.verify()
        assert after.broken is None
        assert list(after.differences) == list(before.differences)
        opened.store.check()
