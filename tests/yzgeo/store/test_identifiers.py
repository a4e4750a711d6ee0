"""Names in statements."""

from __future__ import annotations

import sqlite3

from hypothesis import given
from hypothesis import strategies as st

from yzgeo.store.identifiers import history_table, quote, rtree_table


@given(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1, max_size=20))
def test_any_name_stays_a_name(name: str) -> None:
    connection = sqlite3.connect(":memory:")
    connection.execute(f"CREATE TABLE {quote(name + '_t')} (x)")
    found = connection.execute("SELECT name FROM sqlite_master").fetchall()
    connection.close()
    assert found == [(name + "_t",)]


def test_tables_beside_a_layer() -> None:
    assert history_table("road") == "yzgeo_history_road"
    assert rtree_table("road") == "rtree_road_geom"
