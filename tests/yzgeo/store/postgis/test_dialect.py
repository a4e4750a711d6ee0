"""What the server spells in its own way."""

from __future__ import annotations

import pytest

from yzgeo.catalogue import Catalogue
from yzgeo.store.postgis.dialect import column, numbered
from yzgeo.store.postgis.store import PostGISStore


def test_places_are_numbered_outside_quotes() -> None:
    assert numbered("SELECT ?, '?', \"?\" FROM t WHERE a = ?") == "SELECT $1, '?', \"?\" FROM t WHERE a = $2"
    assert numbered("a = ?1 OR b = ?2 OR c = ?1") == "a = $1 OR b = $2 OR c = $1"


def test_a_yes_or_no_is_told_as_such(catalogue: Catalogue) -> None:
    layer = catalogue.layer("residential_building")
    assert [column(layer, name) for name in ("elevator", "floors")] == ['("elevator" <> 0) AS "elevator"', '"floors"']


@pytest.mark.parametrize(
    ("pattern", "text", "expected"),
    [("a%", "abc", True), ("a%", "Abc", False), (r"100\%", "100%", True), ("[a]", "a", False), ("a\\", "a\\", True)],
)
def test_patterns(server: PostGISStore, pattern: str, text: str, expected: bool) -> None:
    with server._server.read() as reader:
        test, bound = reader.connection.dialect.matches(pattern)
        found = reader.connection.execute(f"SELECT ? {test}", (text, *bound)).fetchone()
    assert found == (expected,)


def test_columns_and_fids(server: PostGISStore) -> None:
    with server._server.write("path") as connection:
        spelt = connection.dialect
        assert spelt.columns(connection, "path") == ["fid", "geom", "uid", "revision", "code", "name"]
        assert [spelt.next_fid(connection, "path", size) for size in (3, 1, 1)] == [1, 4, 5]
