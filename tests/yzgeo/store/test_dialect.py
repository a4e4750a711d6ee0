"""What the file database spells in its own way."""

from __future__ import annotations

import sqlite3

import pytest

from yzgeo.store.dialect import FILE
from yzgeo.store.sqlite import GeoPackageStore


@pytest.mark.parametrize(
    ("pattern", "text", "expected"),
    [("a%", "abc", 1), ("a%", "Abc", 0), ("a_c", "abc", 1), (r"100\%", "100%", 1), ("[a]", "a", 0), ("[a]", "[a]", 1)],
)
def test_patterns(pattern: str, text: str, expected: int) -> None:
    test, bound = FILE.matches(pattern)
    connection = sqlite3.connect(":memory:")
    assert connection.execute(f"SELECT ? {test}", (text, *bound)).fetchone()[0] == expected
    connection.close()


def test_columns_and_fids(geopackage: GeoPackageStore) -> None:
    with geopackage._connections.read() as reader:
        assert FILE.columns(reader.connection, "path") == ["fid", "geom", "uid", "revision", "code", "name"]
        assert FILE.next_fid(reader.connection, "path", 1) == 1
