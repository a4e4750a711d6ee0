"""Writers that are killed at random moments lose nothing that was acknowledged, and nothing stands there twice."""

from __future__ import annotations

import multiprocessing
import random
import threading
import time
from collections import Counter
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from tests.yzgeo.store.conftest import BY
from tests.yzgeo.store.ledger_samples import event, staged_catalogue
from tests.yzgeo.store.test_ledger import works
from yzgeo.catalogue import load
from yzgeo.ledger import Event
from yzgeo.store.sqlite import GeoPackageStore

CLIENTS = 8
EVENTS = 150
KILLS_PER_CLIENT = 3
FEATURES = 30
# Processes are forked off one that has imported everything, so that a kill costs milliseconds and not a second.
PROCESSES = multiprocessing.get_context("forkserver")


def draft(number: int, each: int) -> Event:
    """Mostly quantities: each rewrites the feature, its history and its projection in the same write."""
    key, uid = number * 10_000 + each + 1, f"w{each % FEATURES + 1}"
    if each % 10 == 0:
        return event(key, uid, kind="note", text=f"{number}-{each}")
    return event(key, uid, kind="measure", days=(each * 7 + number) % 100, laid=float(each))


def anything(*_: object) -> None:
    """Clients contradict each other here; what cannot be applied is a conflict of the fold, and stands all the same."""


def record(folder: Path, number: int, first: int, told: Connection) -> None:
    """Record a client's events one by one, from one on, and say so after each."""
    store = GeoPackageStore.open(folder / "w", load(folder / "layers"), busy_timeout_s=60)
    for each in range(first, EVENTS):
        told.send((each, store.ledger.record(draft(number, each), anything).event.hash))


def client(folder: Path, number: int, acknowledged: dict[str, str], seed: int) -> None:
    """Run one client's events to the end, killing its process now and then and starting it again."""
    chance = random.Random(seed)
    kills = sorted(chance.sample(range(1, EVENTS - 1), KILLS_PER_CLIENT))
    reached = 0
    while reached < EVENTS:
        hears, tells = PROCESSES.Pipe(duplex=False)
        process = PROCESSES.Process(target=record, args=(folder, number, reached, tells))
        process.start()
        tells.close()
        while reached < EVENTS:
            try:
                each, proof = hears.recv()
            except EOFError:
                break  # killed; what it had said before was read first
            acknowledged[draft(number, each).id] = proof
            reached = each + 1
            if kills and reached >= kills[0]:
                kills.pop(0)
                time.sleep(chance.uniform(0, 0.02))
                process.kill()
        process.join()
        hears.close()


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_every_acknowledged_event_is_there_exactly_once(tmp_path: Path) -> None:
    layers = staged_catalogue(tmp_path / "layers")
    store = GeoPackageStore.create(tmp_path / "w", layers)
    store.write("work", put=works(FEATURES), provenance=BY)
    acknowledged: list[dict[str, str]] = [{} for _ in range(CLIENTS)]
    PROCESSES.set_forkserver_preload([__name__])
    threads = [
        threading.Thread(target=client, args=(tmp_path, number, acknowledged[number], 40 + number))
        for number in range(CLIENTS)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    chain = list(store.ledger.chain())
    counts = Counter(each.id for each in chain)
    hashes = {each.id: each.hash for each in chain}
    promised = {key: proof for part in acknowledged for key, proof in part.items()}
    assert len(promised) == CLIENTS * EVENTS
    assert set(counts.values()) == {1}
    assert {key: hashes[key] for key in promised} == promised
    assert len(chain) == CLIENTS * EVENTS  # what was written and not acknowledged was sent again, and stood there
    store.ledger.record(draft(CLIENTS, 1), anything)
    assert store.ledger.verify().ok
    store.check()
    store.close()
