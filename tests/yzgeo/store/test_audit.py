"""The audit in the file: nobody changes a line, and imports enter by whichever door."""

from __future__ import annotations

import sqlite3

import psycopg
import pytest

from tests.yzgeo.store.conftest import Backend, Clock
from yzgeo.store.base import Provenance, Store
from yzgeo.store.people import Deed

FORBIDDEN = {
    "geopackage": "INSERT OR REPLACE INTO yzgeo_audit VALUES (1, '', '', '', '', '', '', '')",
    "postgis": "TRUNCATE yzgeo_audit",
}


@pytest.mark.parametrize("statement", ["UPDATE yzgeo_audit SET actor = 'x'", "DELETE FROM yzgeo_audit", None])
def test_lines_stay(store: Store, backend: Backend, store_kind: str, statement: str | None) -> None:
    store.people.note(Deed("export", actor="li", details={"层": "地块"}))
    with pytest.raises((sqlite3.IntegrityError, psycopg.Error), match="append-only"):
        backend.look(statement or FORBIDDEN[store_kind])
    [line] = store.people.audit(10)
    assert (line.deed.actor, line.deed.details) == ("li", {"层": "地块"})


def test_a_file_that_is_imported_leaves_a_line(store: Store, clock: Clock) -> None:
    from tests.yzgeo.store.test_contract import A, frame

    typed = Provenance("li", "typed in")
    store.write("area", put=frame({"u1": A}), provenance=typed)
    assert store.people.audit(10) == []
    file = Provenance("li", "import", file_name="a.xlsx", file_sha256="f" * 64)
    batch = store.write("area", put=frame({"u2": A, "u3": A}), delete=["u1"], provenance=file)
    [line] = store.people.audit(10)
    assert (line.deed.kind, line.deed.actor, line.deed.subject, line.at) == ("import", "li", "area", clock.now)
    wanted = {"batch": batch.id, "file": "a.xlsx", "sha256": "f" * 64, "inserted": 2, "updated": 0, "deleted": 1}
    assert line.deed.details == {**wanted, "revision": 2}
