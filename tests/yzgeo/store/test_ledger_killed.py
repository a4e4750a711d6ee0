"""Writers that are killed at random moments lose nothing that was acknowledged, and nothing stands there twice."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from pathlib import Path

import pytest

from tests.yzgeo.store.conftest import BY
from tests.yzgeo.store.ledger_samples import event, staged_catalogue
from tests.yzgeo.store.test_ledger import works
from yzgeo.store.sqlite import GeoPackageStore

CLIENTS = 8
EVENTS = 150
KILLS_PER_CLIENT = 1  # each takes the start of a process, and there are eight clients
ROOT = Path(__file__).parents[3]

# A client process: records its events one by one, says so after each, and goes on from where it is told to.
CLIENT = """
import sys
from pathlib import Path
from tests.yzgeo.store.ledger_samples import admit, event, staged_catalogue
from yzgeo.catalogue import load
from yzgeo.store.sqlite import GeoPackageStore

folder, number, first, last = Path(sys.argv[1]), *map(int, sys.argv[2:5])
store = GeoPackageStore.open(folder / "w", load(folder / "layers"), busy_timeout_s=60)
for each in range(first, last):
    draft = event(number * 10_000 + each + 1, f"w{each % 3 + 1}", kind="note", text=f"{number}-{each}")
    done = store.ledger.record(draft, admit)
    print(each, done.event.hash, flush=True)
"""


def client(folder: Path, number: int, acknowledged: dict[str, str], seed: int) -> None:
    """Run one client's events to the end, killing its process now and then and starting it again."""
    chance = random.Random(seed)
    kills = sorted(chance.sample(range(1, EVENTS - 1), KILLS_PER_CLIENT))
    reached = 0
    while reached < EVENTS:
        words = [sys.executable, "-c", CLIENT, str(folder), str(number), str(reached), str(EVENTS)]
        with subprocess.Popen(words, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
            assert process.stdout is not None
            for line in process.stdout:
                if not line.endswith("\n"):
                    break  # cut off in the middle of a word: not acknowledged
                each, proof = line.split()
                acknowledged[event(number * 10_000 + int(each) + 1).id] = proof
                reached = int(each) + 1
                if kills and reached >= kills[0]:
                    kills.pop(0)
                    time.sleep(chance.uniform(0, 0.02))
                    process.send_signal(signal.SIGKILL)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_every_acknowledged_event_is_there_exactly_once(tmp_path: Path) -> None:
    layers = staged_catalogue(tmp_path / "layers")
    store = GeoPackageStore.create(tmp_path / "w", layers)
    store.write("work", put=works(), provenance=BY)
    acknowledged: list[dict[str, str]] = [{} for _ in range(CLIENTS)]
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
    assert store.ledger.verify().ok
    store.check()
    store.close()
