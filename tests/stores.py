"""Where a test keeps its district: in a workspace's file, or in a schema of the PostGIS of this run."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
from argon2 import PasswordHasher

from yzgeo.catalogue import Catalogue
from yzgeo.store import blobs
from yzgeo.store.base import Account, Store
from yzgeo.store.opening import create_store, open_store
from yzgeo.store.postgis.address import parse
from yzgeo.workflows.stores import copy_store
from yzgeo.workflows.workspace import Workspace, open_workspace

KINDS = ("geopackage", "postgis")

# The one place that says why tests are about the file alone, or about a pair of stores. Every other test of the store,
# the ledger, access and the service runs on both; tests/architecture/test_stores.py holds this against what they open.
FILE_ONLY = {
    "tests/api/routes/test_downloads.py": "reads the GeoPackage that was downloaded",
    "tests/api/routes/test_features.py": "runs on both, but for an edit in the middle of a question",
    "tests/yzgeo/store/postgis/test_store.py": "opens the file that a server's backup is",
    "tests/yzgeo/store/test_audit.py": "runs on both; names the file's driver for its refusal",
    "tests/yzgeo/store/test_awaited.py": "compares both classes with the protocol",
    "tests/yzgeo/store/test_base.py": "compares the class with the protocol; test_dialect.py of PostGIS does the other",
    "tests/yzgeo/store/test_blobs.py": "how geometries stand in the file",
    "tests/yzgeo/store/test_checking.py": "finds damage to the file's own tables and index",
    "tests/yzgeo/store/test_connections.py": "connections to a file; postgis/test_connections.py has the server's",
    "tests/yzgeo/store/test_copying.py": "copies from one to the other",
    "tests/yzgeo/store/test_dialect.py": "the file's dialect; postgis/test_dialect.py has the server's",
    "tests/yzgeo/store/test_guard.py": "two drivers on one file",
    "tests/yzgeo/store/test_identifiers.py": "asks the file's engine what a quoted name is",
    "tests/yzgeo/store/test_ledger.py": "runs on both, but for the copy of a file while it is written",
    "tests/yzgeo/store/test_ledger_killed.py": "kills writers of a file; tests/api/test_crash.py kills servers on both",
    "tests/yzgeo/store/test_ledger_openings.py": "runs on both, but for the rules that the file sets aside in bulk",
    "tests/yzgeo/store/test_ledger_projection.py": "projects in memory; the file is where one result is read back",
    "tests/yzgeo/store/test_migrations.py": "older files; postgis/test_migrations.py has older schemas",
    "tests/yzgeo/store/test_opening.py": "which of the two is opened",
    "tests/yzgeo/store/test_paging.py": "pages from one state of the file; a server writes them itself",
    "tests/yzgeo/store/test_rtree.py": "the file's spatial index",
    "tests/yzgeo/store/test_schema.py": "the file's tables as GDAL and the standard want them",
    "tests/yzgeo/store/test_sqlite.py": "a file that is killed, copied, read-only",
    "tests/yzgeo/store/test_style_table.py": "styles that QGIS reads from the file",
    "tests/yzgeo/store/test_styles.py": "styles that QGIS reads from the file",
    "tests/yzgeo/store/test_writing.py": "the file's two ways of keeping its index",
}


def in_file(path: Path, *statements: str, rules: bool) -> list[Any]:
    """Run statements behind a store's back and give the rows of the last; without ``rules`` no trigger forbids them."""
    connection = sqlite3.connect(path, isolation_level=None)
    try:
        blobs.register_functions(connection)
        kept = []
        if not rules:
            wanted = "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND name GLOB 'yzgeo_*_no_*'"
            kept = connection.execute(wanted).fetchall()
        for name, _ in kept:
            connection.execute(f"DROP TRIGGER {name}")
        rows = [connection.execute(statement).fetchall() for statement in statements]
        for _, rule in kept:
            connection.execute(rule)
        return rows[-1]
    finally:
        connection.close()


def in_schema(url: str, *statements: str, rules: bool) -> list[Any]:
    """Do the same on a server."""
    with psycopg.connect(parse(url).conninfo) as raw:
        if not rules:
            raw.execute("SET session_replication_role = replica")
        cursors = [raw.execute(statement.encode()) for statement in statements]
        return cursors[-1].fetchall() if cursors[-1].description else []


@dataclass(frozen=True)
class Premises:
    """A district that a test may change: its folder, and the address of its database if it is not in the folder."""

    folder: Path
    url: str | None
    catalogue: Catalogue

    def workspace(self) -> Workspace:
        """Open it once more."""
        return open_workspace(self.folder, self.catalogue, database_url=self.url)

    def store(self) -> Store:
        """Open its store once more."""
        return open_store(self.url or self.folder, self.catalogue)

    def tamper(self, *statements: str) -> None:
        """Change it behind the store's back, as no program of ours does."""
        if self.url is None:
            in_file(self.folder / "yzgeo.gpkg", *statements, rules=False)
        else:
            in_schema(self.url, *statements, rules=False)

    def holds(self, text: str) -> bool:
        """Tell whether a piece of text stands anywhere in its database."""
        if self.url is None:
            return any(text.encode() in part.read_bytes() for part in self.folder.glob("yzgeo.gpkg*"))
        address = parse(self.url)
        tables = "SELECT relname::text FROM pg_class WHERE relnamespace = %s::regnamespace AND relkind = 'r'"
        with psycopg.connect(address.conninfo) as raw:
            return any(
                raw.execute(f'SELECT 1 FROM "{name}" AS t WHERE strpos(t::text, %s) > 0 LIMIT 1', (text,)).fetchone()
                for (name,) in raw.execute(tables, (address.schema,)).fetchall()
            )

    @property
    def environment(self) -> dict[str, str]:
        """What a process must be told to find it."""
        told = {"YZGEO_WORKSPACE": str(self.folder)}
        return told if self.url is None else {**told, "YZGEO_DATABASE_URL": self.url}


PASSWORD = "correct horse"
STREET = "211202005"


def let_in(store: Store) -> None:
    """Give the accounts of the illustrative district a password that the tests know."""
    hashed = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1).hash(PASSWORD)
    for role in ("viewer", "field", "planner", "bureau", "admin"):
        store.put_account(Account(role, role, (STREET,) if role == "field" else (), hashed))


def copied_to(server: str, source: Path, catalogue: Catalogue) -> str:
    """Put a district into a schema of its own and give its address."""
    url = f"{server}?schema=t{uuid4().hex}"
    copy_store(str(source), url, catalogue)
    return url


class Shelf:
    """
    A schema that is put back before each test, which takes milliseconds where making it anew takes a second.

    A second schema keeps what it was like. Tables that were empty and stayed so are not touched.
    """

    def __init__(self, server: str, source: Path | None, catalogue: Catalogue) -> None:
        self._model, self._used = f"m{uuid4().hex}", f"u{uuid4().hex}"
        self.url = f"{server}?schema={self._used}"
        for schema in (self._model, self._used):
            address = f"{server}?schema={schema}"
            if source is None:
                create_store(address, catalogue).close()
            else:
                copy_store(str(source), address, catalogue)
        self._raw = psycopg.connect(server, autocommit=True)
        # No trigger of the ledger's forbids what goes on here, and a test that left a lock behind is told of.
        self._raw.execute("SET session_replication_role = replica; SET lock_timeout = '20s'")

    def fresh(self) -> str:
        """Put everything back and give the address."""
        self._raw.execute(_PUT_BACK.format(model=self._model, used=self._used).encode())
        return self.url

    def close(self) -> None:
        """Hang up; the schemas go with the server."""
        self._raw.close()


_PUT_BACK = """
DO $$
DECLARE
    part record;
BEGIN
    FOR part IN SELECT relname, relkind FROM pg_class
                WHERE relnamespace = '{model}'::regnamespace AND relkind IN ('r', 'S') LOOP
        IF part.relkind = 'S' THEN
            EXECUTE format('SELECT setval(''{used}.%1$I'', last_value, is_called) FROM {model}.%1$I', part.relname);
        ELSIF pg_relation_size(format('{model}.%I', part.relname)::regclass)
            + pg_relation_size(format('{used}.%I', part.relname)::regclass) > 0 THEN
            EXECUTE format('DELETE FROM {used}.%I', part.relname);
            EXECUTE format('INSERT INTO {used}.%1$I OVERRIDING SYSTEM VALUE SELECT * FROM {model}.%1$I', part.relname);
        END IF;
    END LOOP;
    IF (SELECT count(*) FROM pg_class WHERE relnamespace = '{model}'::regnamespace)
        <> (SELECT count(*) FROM pg_class WHERE relnamespace = '{used}'::regnamespace) THEN
        RAISE 'a test made or dropped a table; it needs a schema of its own';
    END IF;
END $$
"""
