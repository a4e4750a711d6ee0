"""A service that is killed while it keeps or decides a conflict has done all of it or nothing."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import geopandas as gpd
import pytest
from shapely.geometry import box

from tests.stores import Premises
from tests.yzgeo.workflows.test_conflicts import LAYER, LI, PHOTO, WANG
from yzgeo.catalogue import feature_uid, load
from yzgeo.errors import ConflictDecidedError
from yzgeo.ledger import ZONE, Kind
from yzgeo.store.base import Attachment, Provenance, Store
from yzgeo.store.dialect import Connection
from yzgeo.store.tables import TableStore
from yzgeo.workflows import conflicts, sync
from yzgeo.workflows.progress import Draft
from yzgeo.workflows.workspace import open_workspace, prepare_frame

MOST = 100
PARCELS = 8
SERVER = multiprocessing.get_context("forkserver")  # its processes start clean of this one's connections, and at once
SERVER.set_forkserver_preload([__name__])
DAY = datetime(2023, 1, 1, 12, 0, tzinfo=ZONE)


class Doomed:
    """A connection of a process that is killed before it runs its nth statement."""

    left = 0

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)

    def execute(self, *told: Any) -> Any:
        Doomed.step()
        return self._connection.execute(*told)

    def executemany(self, *told: Any) -> Any:
        Doomed.step()
        return self._connection.executemany(*told)

    @staticmethod
    def step() -> None:
        """Count down, and die as in a power cut: no signal can be caught, nothing is put in order."""
        if Doomed.left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        Doomed.left -= 1


def die_at(statement: int, store: TableStore) -> None:
    """Let this process die before a statement of its writes, before a commit, or right after one."""
    Doomed.left, write = statement, store.access.write

    @contextmanager
    def writing(layer: str | None = None) -> Iterator[Doomed]:
        with write(layer) as connection:
            yield Doomed(connection)
            Doomed.step()
        Doomed.step()

    store.access.write = writing  # type: ignore[method-assign,assignment]


def child(folder: Path, url: str | None, deed: str, number: int, statement: int) -> None:
    """Keep or decide a conflict in a process of its own."""
    with open_workspace(folder, load(), database_url=url) as opened:
        assert isinstance(opened.store, TableStore)
        die_at(statement, opened.store)
        if deed == "keep":
            send(opened.store, number)
        else:
            decide(opened.store, number)
        done, Doomed.left = statement - Doomed.left, MOST  # closing is no part of it
    sys.exit(done)


def uid(number: int) -> str:
    return feature_uid(LAYER, f"K{number:02d}")


def draft(number: int, identity: int, kind: Kind, *, base: int | None = 1, **payload: object) -> Draft:
    moment = DAY + timedelta(days=identity // 1000)
    return Draft(str(UUID(int=identity + number)), LAYER, uid(number), kind, moment, payload, base)


def phones(number: int) -> Draft:
    """A move with a photo; the office has suspended the work meanwhile."""
    return draft(number, 2000, "transition", to="surveyed", evidence=[PHOTO])


def send(store: Store, number: int) -> str:
    return sync.push(store, phones(number), WANG, device="d").outcome


def decide(store: Store, number: int) -> None:
    identity = phones(number).id
    office = conflicts.conflict(store, identity, LI)["office"]
    conflicts.decide(store, identity, LI, keep="phone", reason="核实", office_revision=office["revision"])


def run(premises: Premises, deed: str, number: int, statement: int = MOST) -> int | None:
    """Tell how many statements and commits it took; None if the process was killed."""
    process = SERVER.Process(target=child, args=(premises.folder, premises.url, deed, number, statement))
    process.start()
    process.join(60)
    assert process.exitcode is not None
    assert process.exitcode == -signal.SIGKILL if statement < MOST else 3 < process.exitcode < MOST
    return None if statement < MOST else process.exitcode


def moments(steps: int | None) -> list[int]:
    """Early, in the middle, and around the last statement, the commit and the answer."""
    assert steps is not None
    return [0, steps // 3, 2 * steps // 3, steps - 3, steps - 2, steps - 1]


@pytest.fixture
def store(premises: Premises) -> Iterator[Store]:
    """Many parcels that a phone knows as planned, and the office has suspended since."""
    with premises.workspace() as opened:
        names = [f"K{number:02d}" for number in range(PARCELS)]
        columns = {"code": names, "name": names, "subdistrict": "211202001", "stage": "planned", "area_m2": 10_000.0}
        shapes = [box(123.84, 42.28, 123.841, 42.281)] * PARCELS
        frame = gpd.GeoDataFrame({**columns, "data_status": "official", "source": "test"}, geometry=shapes, crs=4490)
        layer = opened.catalogue.layer(LAYER)
        opened.store.write(LAYER, put=prepare_frame(layer, frame, "EPSG:4490"), provenance=Provenance("test", "test"))
        opened.store.ledger.put_attachment(Attachment(PHOTO, "image/jpeg", 1, "wang", DAY))
        yield opened.store


def suspend(store: Store, number: int) -> None:
    told = sync.push(store, draft(number, 1000, "transition", base=None, to="suspended", reason="等资金"), LI)
    assert told.outcome == "accepted"


@pytest.mark.timeout(300)
def test_a_conflict_is_kept_whole_or_asked_for_again(premises: Premises, store: Store) -> None:
    suspend(store, 0)
    found = []
    for number, moment in enumerate(moments(run(premises, "keep", 0)), 1):
        suspend(store, number)
        run(premises, "keep", number, moment)
        kept = store.conflicts.get(phones(number).id)
        found.append(kept is not None)
        citing = [each.id for each in store.conflicts.citing(PHOTO)]
        assert citing.count(phones(number).id) == (kept is not None)
        assert send(store, number) == "conflict"  # the phone has heard nothing, and asks again
        again = store.conflicts.get(phones(number).id)
        assert again is not None
        assert again.record == conflicts.spelt(phones(number))
        assert kept is None or again == kept
        assert len(store.ledger.events(LAYER, uid(number))) == 1
    assert found == [False] * 5 + [True]
    assert store.ledger.verify().ok
    store.check()


@pytest.mark.timeout(300)
def test_a_decision_is_made_whole_or_not_at_all(premises: Premises, store: Store) -> None:
    suspend(store, 0)
    assert send(store, 0) == "conflict"
    found = []
    for number, moment in enumerate(moments(run(premises, "decide", 0)), 1):
        suspend(store, number)
        assert send(store, number) == "conflict"
        run(premises, "decide", number, moment)
        found.append(standing(store, number))
        if found[-1] == NOTHING:
            decide(store, number)
        else:
            with pytest.raises(ConflictDecidedError):
                decide(store, number)
        assert standing(store, number) == ALL
        assert send(store, number) == "accepted"
    assert found == [NOTHING] * 5 + [ALL]
    assert store.ledger.verify().ok
    store.check()


NOTHING = (("transition",), "suspended", None, 0)
ALL = (("transition", "correction", "transition", "note"), "surveyed", "phone", 1)


def standing(store: Store, number: int) -> tuple[tuple[str, ...], object, str | None, int]:
    """Kinds of the feature's entries, the stage on the map, what was decided, and lines of the audit that say so."""
    identity = phones(number).id
    events = tuple(event.kind for event in store.ledger.events(LAYER, uid(number)))
    kept = store.conflicts.get(identity)
    deeds = [each for each in store.people.audit(limit=1000) if each.deed.subject == identity]
    ruling = kept and kept.ruling and kept.ruling.keep
    return events, store.feature(LAYER, uid(number)).properties["stage"], ruling or None, len(deeds)
