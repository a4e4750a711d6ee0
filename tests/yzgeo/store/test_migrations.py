"""Steps forward, once each."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime
from pathlib import Path

import pytest

from yzgeo.catalogue import Catalogue
from yzgeo.store import migrations
from yzgeo.store.migrations import Migration
from yzgeo.store.sqlite import GeoPackageStore

NOW = datetime(2024, 5, 1, tzinfo=UTC)


def test_steps_are_numbered_without_gaps() -> None:
    assert [step.number for step in migrations.known()] == list(range(1, len(migrations.known()) + 1))
    assert all(sqlite3.complete_statement(statement) for step in migrations.known() for statement in step.statements)


def test_every_step_is_taken_once() -> None:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    assert migrations.version(connection) == 0
    assert migrations.apply(connection, now=NOW) == len(migrations.known())
    assert migrations.version(connection) == len(migrations.known())
    assert migrations.apply(connection, now=NOW) == 0
    connection.close()


def test_an_older_workspace_is_brought_forward(
    geopackage: GeoPackageStore, tiny: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    geopackage.set_meta("kept", "yes")
    geopackage.close()
    number = len(migrations.known()) + 1
    steps = (*migrations.known(), Migration(number, "later", ("CREATE TABLE yzgeo_later (x TEXT)",)))
    monkeypatch.setattr(migrations, "known", lambda: steps)
    store = GeoPackageStore.open(geopackage.path.parent, tiny)
    assert store.meta("kept") == "yes"
    store.check()
    store.close()
    connection = sqlite3.connect(geopackage.path)
    assert migrations.version(connection) == number
    assert connection.execute("SELECT count(*) FROM yzgeo_later").fetchone() == (0,)
    connection.close()


def test_a_step_that_fails_changes_nothing(
    geopackage: GeoPackageStore, tiny: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    geopackage.close()
    before = geopackage.path.read_bytes()
    broken = Migration(len(migrations.known()) + 1, "broken", ("CREATE TABLE yzgeo_half (x TEXT)", "SELEC"))
    steps = (*migrations.known(), broken)
    monkeypatch.setattr(migrations, "known", lambda: steps)
    with pytest.raises(sqlite3.OperationalError):
        GeoPackageStore.open(geopackage.path.parent, tiny)
    assert geopackage.path.read_bytes() == before


EVENT = "('e1', 'area', 'a', 'stage', '2024', '2024', 'me', 1, '{}', '', 'h')"
COLUMNS = "event_id, layer, uid, kind, valid_at, recorded_at, actor, base_revision, payload, previous_hash, hash"


@pytest.mark.parametrize(
    "tampering",
    [
        "UPDATE yzgeo_ledger SET actor = 'you'",
        "DELETE FROM yzgeo_ledger",
        f"INSERT OR REPLACE INTO yzgeo_ledger ({COLUMNS}) VALUES {EVENT}",
        f"INSERT OR REPLACE INTO yzgeo_ledger (sequence, {COLUMNS}) VALUES (1, {EVENT[1:].replace('e1', 'e2')}",
    ],
)
def test_the_ledger_only_grows(geopackage: GeoPackageStore, tampering: str) -> None:
    path: Path = geopackage.path
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute(f"INSERT INTO yzgeo_ledger ({COLUMNS}) VALUES {EVENT}")
    before = connection.execute("SELECT * FROM yzgeo_ledger").fetchall()
    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        connection.execute(tampering)
    assert connection.execute("SELECT * FROM yzgeo_ledger").fetchall() == before
    connection.close()
