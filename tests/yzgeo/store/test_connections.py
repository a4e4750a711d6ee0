"""One writer, many readers, and the driver's errors as refusals."""

from __future__ import annotations

import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from shapely.geometry import Point

from tests.yzgeo.store.conftest import BY, frame
from yzgeo.catalogue import Catalogue
from yzgeo.errors import StorageBusyError, StorageError, WorkspaceBrokenError
from yzgeo.store.connections import Connections, translated
from yzgeo.store.sqlite import GeoPackageStore


def test_another_program_that_keeps_writing(geopackage: GeoPackageStore, tiny: Catalogue) -> None:
    other = sqlite3.connect(geopackage.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    store = GeoPackageStore.open(geopackage.path.parent, tiny, busy_timeout_s=0.05)
    with pytest.raises(StorageBusyError):
        store.write("spot", put=frame({"s": Point(1, 1)}), provenance=BY)
    assert store.count("spot") == 0, "reading goes on"
    other.execute("ROLLBACK")
    store.write("spot", put=frame({"s": Point(1, 1)}), provenance=BY)
    assert store.revision("spot") == 1
    store.close()
    other.close()


def test_another_thread_that_keeps_writing(geopackage: GeoPackageStore) -> None:
    connections = Connections(geopackage.path, busy_timeout_s=0.05)
    refused: list[BaseException] = []

    def wait() -> None:
        try:
            with connections.write():
                pass
        except StorageBusyError as error:
            refused.append(error)

    with connections.write():
        thread = threading.Thread(target=wait)
        thread.start()
        thread.join()
    assert len(refused) == 1
    with connections.write():
        pass
    connections.close()


def test_an_error_takes_everything_back(geopackage: GeoPackageStore) -> None:
    connections = Connections(geopackage.path, busy_timeout_s=1)
    with pytest.raises(ZeroDivisionError), connections.write() as writer:  # noqa: PT012 - the block is the case
        writer.execute("INSERT INTO yzgeo_meta VALUES ('half', 'done')")
        raise ZeroDivisionError
    with connections.read() as reader:
        assert reader.connection.execute("SELECT count(*) FROM yzgeo_meta WHERE key = 'half'").fetchone() == (0,)
    connections.close()


def test_readers_cannot_write(geopackage: GeoPackageStore) -> None:
    connections = Connections(geopackage.path, busy_timeout_s=1)
    with pytest.raises(StorageError), connections.read() as reader:
        reader.connection.execute("DELETE FROM yzgeo_meta")
    connections.close()


def test_readers_are_used_again(geopackage: GeoPackageStore) -> None:
    connections = Connections(geopackage.path, busy_timeout_s=1)
    with connections.read() as first, connections.read() as second:
        assert first is not second
    with connections.read() as again:
        assert again in (first, second)
    connections.close()


def test_nobody_waits_long_for_a_slow_statement(geopackage: GeoPackageStore) -> None:
    connections = Connections(geopackage.path, busy_timeout_s=1)
    began, end = threading.Event(), threading.Event()

    def dawdle() -> int:
        began.set()
        return int(end.wait(30))

    with connections.read() as slow, connections.read() as quick, ThreadPoolExecutor(1) as other:
        slow.connection.create_function("dawdle", 0, dawdle)
        waiting = other.submit(slow.connection.fetch, "SELECT dawdle()")
        try:
            assert began.wait(30)
            assert quick.connection.fetch("SELECT ?1, 2", (1,)) == [(1, 2)]
            assert not waiting.done()
        finally:
            end.set()
        assert waiting.result(30) == [(1,)]
    connections.close()


def test_an_answer_is_remembered_until_someone_commits(geopackage: GeoPackageStore) -> None:
    connections = Connections(geopackage.path, busy_timeout_s=1)
    asked = []

    def ask(connection: sqlite3.Connection) -> int:
        asked.append(connection)
        return len(asked)

    with connections.read() as reader:
        assert [reader.remember("x", ask), reader.remember("x", ask)] == [1, 1]
        with connections.write() as writer:
            writer.execute("INSERT INTO yzgeo_meta VALUES ('some', 'thing')")
        assert reader.remember("x", ask) == 2
    connections.close()


def test_questions_of_one_state(geopackage: GeoPackageStore) -> None:
    connections = Connections(geopackage.path, busy_timeout_s=1)
    asked = "SELECT count(*) FROM yzgeo_meta"
    with connections.read() as reader:
        with reader.connection.steady():
            before = reader.connection.fetch(asked)
            with connections.write() as writer:
                writer.execute("INSERT INTO yzgeo_meta VALUES ('some', 'thing')")
            assert reader.connection.fetch(asked) == before
        assert reader.connection.fetch(asked) == [(before[0][0] + 1,)]
        with pytest.raises(ZeroDivisionError), reader.connection.steady():
            raise ZeroDivisionError
        assert not reader.connection.in_transaction
    connections.close()


def test_a_full_disk_changes_nothing(geopackage: GeoPackageStore) -> None:
    """The limit on pages gives the same answer as a full disk."""
    connections = Connections(geopackage.path, busy_timeout_s=1)
    with pytest.raises(StorageError, match="disk full"), connections.write() as writer:  # noqa: PT012 - the block is the case
        writer.execute("PRAGMA max_page_count = 1")
        writer.execute("INSERT INTO yzgeo_meta VALUES ('big', hex(zeroblob(5000000)))")
    with connections.read() as reader:
        assert reader.connection.execute("SELECT count(*) FROM yzgeo_meta WHERE key = 'big'").fetchone() == (0,)
    connections.close()
    geopackage.check()


def test_a_closed_store_refuses(geopackage: GeoPackageStore) -> None:
    geopackage.close()
    with pytest.raises(StorageError):
        geopackage.revision("spot")
    with pytest.raises(StorageError):
        geopackage.set_meta("x", "y")
    geopackage.close()


def test_closing_leaves_one_file(geopackage: GeoPackageStore) -> None:
    geopackage.write("spot", put=frame({"s": Point(1, 1)}), provenance=BY)
    geopackage.count("spot")
    geopackage.close()
    assert [path.name for path in geopackage.path.parent.iterdir()] == ["yzgeo.gpkg"]


def test_errors_of_the_driver(tmp_path: Path) -> None:
    damaged = tmp_path / "x.gpkg"
    damaged.write_bytes(b"no database at all, but long enough to be one" * 20)
    with pytest.raises(WorkspaceBrokenError), translated(damaged):
        sqlite3.connect(damaged).execute("SELECT 1 FROM sqlite_master")
    with pytest.raises(StorageError), translated(tmp_path):
        sqlite3.connect(tmp_path).execute("SELECT 1 FROM sqlite_master")
    with pytest.raises(sqlite3.OperationalError), translated(tmp_path):
        sqlite3.connect(":memory:").execute("SELEC")
