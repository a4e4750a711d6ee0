"""How fast the ledger is: durable writes against bare SQLite, and questions to a million events.

``python tests/benchmarks/bench_ledger.py [--events 1000000] [--features 10000] [--folder DIR]``. The folder decides
whose disk is measured; a folder in memory measures everything but the disk.

1. *Durable single-event writes*: one event per transaction through the store (judged, chained, projected, with the
   feature's history) beside two bare SQLite writers with the same settings (write-ahead log, ``synchronous=FULL``), in
   turns of 50, in one run: ``same_rows`` repeats exactly the statements of such a transaction, with their values bound,
   on a copy of the database; ``one_row`` only inserts the event's row. The first tells what judging, folding and
   hashing cost; the second also what history and projection cost, and depends on the disk: where a sync takes 6 ms we
   reach 0.7 of it, where the disk answers in 0.2 ms the work itself shows.
2. *A synthetic ledger*: every feature goes through its stages and reports quantities, notes and suspensions. Then the
   stage of the whole district on random days (wanted: under 200 ms), the S-curve of the area delivered over five years
   by month (wanted: under 500 ms) and the walk of the whole chain.
"""

from __future__ import annotations

import argparse
import gc
import itertools
import json
import platform
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from uuid import UUID

import geopandas as gpd
import numpy as np
from shapely.geometry import box

from yzgeo import catalogue as catalogues
from yzgeo import forecast, ledger, stages
from yzgeo.ledger import ZONE, Event
from yzgeo.store import blobs, create_store, ledger_rows, open_store
from yzgeo.store.base import Feature, Provenance, Store
from yzgeo.workflows.workspace import prepare_frame

LAYER = "shantytown_parcel"
START = datetime(2021, 1, 4, 9, 0, tzinfo=ZONE)
DAYS = 1_800
TURN = 50


def district(folder: Path, count: int) -> tuple[Store, list[str]]:
    """A store with that many parcels of 700 m2, nothing begun."""
    layers = catalogues.load()
    store = create_store(folder, layers)
    side = int(count**0.5) + 1
    shapes = [box(123.8 + 4e-4 * (n % side), 42.2 + 4e-4 * (n // side), 123.8 + 4e-4 * (n % side) + 3e-4,
                  42.2 + 4e-4 * (n // side) + 3e-4) for n in range(count)]  # fmt: skip
    frame = gpd.GeoDataFrame(
        {
            "code": [f"P{n}" for n in range(count)],
            "area_m2": 700.0,
            "households": 1_000_000,
            "stage": "planned",
            "data_status": "derived",
            "source": "bench",
        },
        geometry=shapes,
        crs="EPSG:4490",
    )
    put = prepare_frame(layers.layer(LAYER), frame, layers.district.storage_crs)
    store.write(LAYER, put=put, provenance=Provenance("bench", "synthetic"))
    return store, list(put.index)


def story(uid: str, length: int, rng: np.random.Generator, ids: Iterator[int]) -> Iterator[Event]:
    """One feature's events: through all stages, with suspensions, the rest reports and notes."""
    table = catalogues.load().layer(LAYER).stage_table if not story.tables else story.tables[0]
    story.tables[:] = [table]
    order = [stage.id for stage in table.stages if not stage.aside]
    steps: list[tuple[str, dict[str, object]]] = []
    for stage in order[1:]:
        steps.append(("transition", {"to": stage, "evidence": ["0" * 64]}))
        if stage in ("surveyed", "decided", "signing", "vacated") and rng.random() < 0.5:
            steps.append(("transition", {"to": "suspended", "reason": "bench"}))
            steps.append(("transition", {"to": stage}))
    pauses = sorted(rng.integers(0, len(steps) + 1, max(length - len(steps) - 2, 0)).tolist())
    plan: list[tuple[str, dict[str, object]]] = []
    signed = 0
    for number, step in enumerate([*steps, None]):
        for _ in range(pauses.count(number)):
            signed += 1
            plan.append(("measure", {"households_signed": signed}) if signed % 3 else ("note", {"text": "ok"}))
        if step is not None:
            plan.append(step)
    days = np.sort(rng.integers(0, DAYS, len(plan)))
    for number, ((kind, payload), day) in enumerate(zip(plan, days.tolist(), strict=True)):
        moment = START + timedelta(days=day, seconds=number)
        event = Event(str(UUID(int=next(ids))), LAYER, uid, kind, moment, "bench", "planner", payload,
                      recorded_at=moment.astimezone(UTC))  # fmt: skip
        yield event
        if payload.get("to") in ("demolished", "cleared"):
            word = {"event": event.id, "granted": True}
            yield Event(str(UUID(int=next(ids))), LAYER, uid, "approval", moment, "second", "bureau", word,
                        recorded_at=moment.astimezone(UTC))  # fmt: skip


story.tables = []  # type: ignore[attr-defined]


def paired_writes(folder: Path, turns: int) -> dict[str, float]:
    """Write single events in turns: ours, bare, ours, bare…"""
    store, uids = district(folder / "paired", 200)
    machine = stages.machine(store.catalogue.layer(LAYER).stage_table)
    bare = sqlite3.connect(folder / "bare.db", isolation_level=None)
    bare.execute("PRAGMA journal_mode = WAL")
    bare.execute("PRAGMA synchronous = FULL")
    bare.execute(f"CREATE TABLE ledger (sequence INTEGER PRIMARY KEY, {ledger_rows.COLUMNS})")
    bare.execute("CREATE UNIQUE INDEX ledger_event ON ledger (event_id)")
    bare.execute("CREATE INDEX ledger_feature ON ledger (layer, uid)")
    insert = ledger_rows.INSERT.replace("yzgeo_ledger", "ledger")
    order = ["surveyed", "decided", "signing", "vacated"]
    ids = itertools.count(1)
    drafts = (
        Event(str(UUID(int=next(ids))), LAYER, uid, "transition" if turn < len(order) else "measure",
              START + timedelta(days=turn), "bench", "planner",
              {"to": order[turn]} if turn < len(order) else {"households_signed": turn})
        for turn in itertools.count()
        for uid in uids
    )  # fmt: skip

    def judge(existing: list[Event], _: Feature, now: datetime) -> None:
        assert not ledger.check(event, existing, machine, now=now)

    rates: dict[str, list[float]] = {"ours": [], "same_rows": [], "one_row": []}
    # What another store writes on the same events is what the bare writer repeats: noting it down takes time, too.
    (folder / "noting").mkdir()
    store.backup(folder / "noting" / "yzgeo.gpkg")
    noting = open_store(folder / "noting", store.catalogue)
    opener = next(drafts)
    for each in (store, noting):
        each.ledger.record(opener, lambda *_: None)  # opens the writer
    copy = sqlite3.connect(noting.backup(folder / "copy.gpkg"), isolation_level=None)
    copy.execute("PRAGMA journal_mode = WAL")
    copy.execute("PRAGMA synchronous = FULL")
    copy.execute("PRAGMA foreign_keys = ON")
    copy.execute(f"PRAGMA cache_size = {store._connections._writer.execute('PRAGMA cache_size').fetchone()[0]}")
    blobs.register_functions(copy)
    writer = Recording(noting._connections._writer)
    noting._connections._writer = writer  # type: ignore[assignment]
    for _ in range(turns):
        block = list(itertools.islice(drafts, TURN))
        begun = time.perf_counter()
        for event in block:
            store.ledger.record(event, judge)
        rates["ours"].append(TURN / (time.perf_counter() - begun))
        for event in block:
            noting.ledger.record(event, judge)
        calls, writer.calls = writer.calls, []
        begun = time.perf_counter()
        for many, statement, values in calls:
            (copy.executemany if many else copy.execute)(statement, values)
        rates["same_rows"].append(TURN / (time.perf_counter() - begun))
        rows = [ledger_rows.to_row(ledger.sealed(event, ledger.GENESIS, START)) for event in block]
        begun = time.perf_counter()
        for row in rows:
            bare.execute("BEGIN IMMEDIATE")
            bare.execute(insert, row)
            bare.execute("COMMIT")
        rates["one_row"].append(TURN / (time.perf_counter() - begun))
    same = [database.execute("SELECT max(hash), count(*) FROM yzgeo_ledger").fetchone() for database in (writer, copy)]
    assert same[0] == same[1]
    assert store.ledger.revision() == same[1][1]
    bare.close()
    copy.close()
    noting._connections._writer = writer.connection
    noting.close()
    store.close()
    report = {f"{name}_per_s": round(statistics.median(values), 1) for name, values in rates.items()}
    for name in ("same_rows", "one_row"):
        shares = [one / other for one, other in zip(rates["ours"], rates[name], strict=True)]
        report[f"share_of_{name}"] = round(statistics.median(shares), 3)
    return report


class Recording:
    """A writer that remembers what it was told to write."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection
        self.dialect = connection.dialect  # type: ignore[attr-defined]
        self.calls: list[tuple[bool, str, object]] = []

    def columns(self, table: str) -> list[str]:
        return self.connection.columns(table)  # type: ignore[attr-defined]

    @property
    def in_transaction(self) -> bool:
        return self.connection.in_transaction

    def execute(self, statement: str, values: tuple[object, ...] = ()) -> sqlite3.Cursor:
        if not statement.startswith(("SELECT", "PRAGMA")):
            self.calls.append((False, statement, values))
        return self.connection.execute(statement, values)

    def executemany(self, statement: str, rows: Iterable[object]) -> sqlite3.Cursor:
        kept = list(rows)
        self.calls.append((True, statement, kept))
        return self.connection.executemany(statement, kept)


def million(folder: Path, events: int, features: int) -> dict[str, object]:
    """Fill a ledger and ask it."""
    store, uids = district(folder / "million", features)
    rng = np.random.default_rng(3)
    ids = itertools.count(10**12)
    begun = time.perf_counter()
    for number in range(0, features, 500):
        chunk = [event for uid in uids[number : number + 500] for event in story(uid, events // features, rng, ids)]
        store.ledger.record_many(chunk, actor="bench", reason="synthetic")
    filled = time.perf_counter() - begun
    days = [date(2021, 1, 1) + timedelta(days=int(day)) for day in rng.integers(0, DAYS, 15)]
    asked = []
    for day in days:
        begun = time.perf_counter()
        found = store.ledger.stages_on(LAYER, day)
        asked.append((time.perf_counter() - begun) * 1e3)
        assert len(found) == features
    curves = []
    months = [date(2021 + month // 12, month % 12 + 1, 1) for month in range(60)]
    for _ in range(7):
        begun = time.perf_counter()
        delivered = store.ledger.deliveries(LAYER, "area_m2")
        forecast.curve(delivered.days, delivered.amounts, at=months, total=700.0 * features)
        forecast.forecast(delivered.days, delivered.amounts, total=700.0 * features, today=date(2024, 6, 30),
                          deadline=date(2025, 12, 31))  # fmt: skip
        curves.append((time.perf_counter() - begun) * 1e3)
    begun = time.perf_counter()
    verdict = store.ledger.verify()
    walked = time.perf_counter() - begun
    assert verdict.ok, (verdict.broken, verdict.differences[:3])
    size = sum(path.stat().st_size for path in (folder / "million").glob("yzgeo.gpkg*"))
    recorded = store.ledger.revision()
    store.close()
    return {
        "events": recorded,
        "features": features,
        "filled_s": round(filled, 1),
        "file_mb": round(size / 1e6, 1),
        "day_ms_median": round(statistics.median(asked), 1),
        "day_ms_most": round(max(asked), 1),
        "curve_ms_median": round(statistics.median(curves), 1),
        "curve_ms_most": round(max(curves), 1),
        "verify_s": round(walked, 1),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--features", type=int, default=10_000)
    parser.add_argument("--turns", type=int, default=20)
    parser.add_argument("--folder", type=Path)
    options = parser.parse_args()
    # As `yzgeo serve` does once it has started.
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000)
    with tempfile.TemporaryDirectory(dir=options.folder) as name:
        folder = Path(name)
        report = {
            "machine": f"{platform.machine()} {platform.system()} Python {platform.python_version()}",
            "sqlite": sqlite3.sqlite_version,
            "durable_writes": paired_writes(folder, options.turns),
            "synthetic": million(folder, options.events, options.features) if options.events else None,
        }
    print(json.dumps(report, indent=1))


if __name__ == "__main__":
    main()
