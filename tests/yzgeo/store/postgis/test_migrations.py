"""Steps are numbered, taken once, and keep the ledger from being changed."""

from __future__ import annotations

import psycopg
import pytest

from tests.yzgeo.store.conftest import Clock
from yzgeo.catalogue import Catalogue
from yzgeo.errors import WorkspaceNewerError
from yzgeo.store.postgis import migrations
from yzgeo.store.postgis.store import PostGISStore


def test_steps_have_no_gaps() -> None:
    assert [number for number, _, _ in migrations.known()] == list(range(1, len(migrations.known()) + 1))


def test_every_step_is_taken_once(server: PostGISStore, clock: Clock) -> None:
    with server._server.write() as connection:
        assert migrations.version(connection) == migrations.known()[-1][0]
        assert migrations.apply(connection, now=clock()) == 0


def test_a_newer_schema_is_left_alone(server: PostGISStore, url: str, tiny: Catalogue) -> None:
    with server._server.write() as connection:
        connection.execute("INSERT INTO yzgeo_migration VALUES (99, 'future', '')")
    with pytest.raises(WorkspaceNewerError):
        PostGISStore.open(url, tiny)


@pytest.mark.parametrize("table", ["ledger", "audit"])
@pytest.mark.parametrize("statement", ["UPDATE {} SET actor = 'x'", "DELETE FROM {}", "TRUNCATE {}"])
def test_what_only_grows(server: PostGISStore, table: str, statement: str) -> None:
    rows = {
        "ledger": "INSERT INTO yzgeo_ledger (event_id, layer, uid, kind, valid_at, recorded_at, actor, payload, "
        "previous_hash, hash) VALUES ('e', 'area', 'a', 'note', '', '', 'me', '{}', '', '')",
        "audit": "INSERT INTO yzgeo_audit (at, kind, actor, role, address, subject, details) "
        "VALUES ('', 'export', 'me', '', '', '', '{}')",
    }
    with server._server.write() as connection:
        connection.execute(rows[table])
    with pytest.raises(psycopg.IntegrityError, match="append-only"), server._server.write() as connection:
        connection.execute(statement.format(f"yzgeo_{table}"))
