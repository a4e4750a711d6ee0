"""The real server, killed at random moments while eight clients write: nothing acknowledged is lost or doubled."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from uuid import UUID

import httpx
import pytest

from tests.api.servers import Server
from tests.stores import Premises
from yzgeo.workflows import grants
from yzgeo.workflows.accounts import By

CLIENTS = 8
EACH = 63
KILLS = 3
LAYER = "shantytown_parcel"


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
            # Quantities rewrite the feature and its history in the entry's own write; each is reported by one client.
            counts = number < len(uids) and each % 2 == 1
            body = {
                "id": str(UUID(int=(number + 1) * 10_000 + each)),
                "kind": "measure" if counts else "note",
                "valid_at": "2024-07-01T09:00:00+08:00",
                "payload": {"cleared_m2": each / 10} if counts else {"text": f"{number}-{each}"},
            }
            path = f"/api/layers/{LAYER}/features/{uids[number if counts else each % len(uids)]}/events"
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
def test_what_was_acknowledged_over_http_is_there_exactly_once(premises: Premises) -> None:
    with premises.workspace() as opened:
        uids = [str(uid) for uid in opened.store.rows(LAYER).uids[:4]]
        account = opened.store.account("planner")
        assert account is not None
        writers = [
            Writer(number, grants.make_token(opened.store, account, label=f"client {number}", days=1, by=By()).token)
            for number in range(CLIENTS)
        ]
        before = opened.store.ledger.verify()  # the fixture's projection has differences of its own
    server, chance = Server(premises.environment), random.Random(7)
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
    with premises.workspace() as opened:
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
        assert set(after.differences) <= set(before.differences)
        cleared = [opened.store.feature(LAYER, uid).properties["cleared_m2"] for uid in uids]
        assert cleared == [max(range(1, EACH, 2)) / 10] * len(uids)
        opened.store.check()
