"""Statements hold names and question marks, never values."""

from __future__ import annotations

import pytest

from yzgeo.catalogue import Catalogue
from yzgeo.store import selection
from yzgeo.store.base import Query
from yzgeo.store.dialect import FILE


@pytest.mark.parametrize("revision", [None, 3])
def test_values_are_bound(tiny: Catalogue, revision: int | None) -> None:
    query = Query(
        bbox=(123.25, 42.25, 123.75, 42.75),
        equals={"code": "秘密", "floors": [77, 78], "listed": True},
        search="密码%",
        limit=55,
        offset=66,
    )
    for statement, bound in (
        selection.select(FILE, tiny.layer("area"), ["uid", "fid"], query, revision=revision),
        selection.count(FILE, tiny.layer("area"), query, revision=revision),
    ):
        assert statement.count("?") == len(bound)
        for value in ("秘密", "77", "密码", "55", "66", "123.25"):
            assert value not in statement
        assert "%密码\\%%" in bound
    assert "yzgeo_history_area" in statement or revision is None


def test_the_present_asks_no_history(tiny: Catalogue) -> None:
    statement, bound = selection.select(FILE, tiny.layer("area"), ["uid"], Query(), revision=None)
    assert statement == 'SELECT "uid" FROM "area" ORDER BY fid'
    assert bound == []
