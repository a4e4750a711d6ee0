"""The packed spatial index, asked as SQLite itself asks it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from yzgeo.store import rtree
from yzgeo.store.identifiers import rtree_table

LAYER = "parcel"
TABLE = rtree_table(LAYER)


@pytest.fixture
def connection() -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(":memory:")
    connection.execute(f"CREATE VIRTUAL TABLE {TABLE} USING rtree(id, minx, maxx, miny, maxy)")
    yield connection
    connection.close()


def boxes(size: int, seed: int = 1) -> np.ndarray:
    rng = np.random.default_rng(seed)
    low = np.column_stack([123 + rng.random(size), 42 + rng.random(size)])
    return np.hstack([low, low + rng.random((size, 2)) * 1e-3])


def found(connection: sqlite3.Connection, window: tuple[float, float, float, float]) -> set[int]:
    statement = f"SELECT id FROM {TABLE} WHERE minx <= ? AND maxx >= ? AND miny <= ? AND maxy >= ?"
    return {row[0] for row in connection.execute(statement, (window[2], window[0], window[3], window[1]))}


@pytest.mark.parametrize("size", [0, 1, 40, 41, 51, 52, 1_601, 70_000])
def test_sqlite_takes_the_index_for_its_own(connection: sqlite3.Connection, size: int) -> None:
    fids = np.arange(10, 10 + size, dtype=np.int64)
    rtree.fill(connection, LAYER, fids, boxes(size))
    assert connection.execute("SELECT rtreecheck(?)", (TABLE,)).fetchone() == ("ok",)
    assert {row[0] for row in connection.execute(f"SELECT id FROM {TABLE}")} == set(fids.tolist())


def test_a_window_finds_what_brute_force_finds(connection: sqlite3.Connection) -> None:
    bounds = boxes(5_000)
    rtree.fill(connection, LAYER, np.arange(5_000), bounds)
    for window in boxes(200, seed=2) + np.array([0, 0, 0.02, 0.02]):
        meets = (bounds[:, :2] <= window[2:]).all(axis=1) & (bounds[:, 2:] >= window[:2]).all(axis=1)
        hits = found(connection, tuple(window.tolist()))
        assert set(np.flatnonzero(meets).tolist()) <= hits
        # Single precision is coarser than the boxes: 8 µ° east, 4 µ° north.
        near = (bounds[:, :2] <= window[2:] + 2e-5).all(axis=1) & (bounds[:, 2:] >= window[:2] - 2e-5).all(axis=1)
        assert hits <= set(np.flatnonzero(near).tolist())


def test_the_index_goes_on_living(connection: sqlite3.Connection) -> None:
    bounds = boxes(3_000)
    rtree.fill(connection, LAYER, np.arange(3_000), bounds)
    connection.executemany(f"DELETE FROM {TABLE} WHERE id = ?", [(number,) for number in range(0, 3_000, 2)])
    connection.executemany(
        f"INSERT INTO {TABLE} VALUES (?, ?, ?, ?, ?)",
        [(3_000 + n, *box) for n, box in enumerate(boxes(500, seed=3)[:, (0, 2, 1, 3)].tolist())],
    )
    assert connection.execute("SELECT rtreecheck(?)", (TABLE,)).fetchone() == ("ok",)
    assert len(found(connection, (-180.0, -90.0, 180.0, 90.0))) == 1_500 + 500


@settings(max_examples=30, deadline=None)
@given(
    st.lists(st.floats(min_value=-1e7, max_value=1e7, allow_nan=False), min_size=4, max_size=4),
    st.integers(min_value=0, max_value=300),
)
def test_no_box_shrinks(corner: list[float], size: int) -> None:
    low = np.array(corner[:2]) + np.random.default_rng(size).random((size, 2))
    bounds = np.hstack([low, low + abs(corner[2])])
    packed = rtree.pack(np.arange(size), bounds, node_bytes=1_228)
    cells = [
        cell
        for node in set(packed.homes.tolist())
        for cell in np.frombuffer(
            packed.nodes[node - 1][4:],
            dtype=[("n", ">i8"), ("b", ">f4", 4)],
            count=int.from_bytes(packed.nodes[node - 1][2:4], "big"),
        )
    ]
    assert sorted(int(cell["n"]) for cell in cells) == list(range(size))
    for cell in cells:
        minx, miny, maxx, maxy = bounds[int(cell["n"])]
        box = cell["b"].astype(np.float64)
        assert box[0] <= minx
        assert box[1] >= maxx
        assert box[2] <= miny
        assert box[3] >= maxy


def test_an_index_that_holds_something_is_replaced_whole(connection: sqlite3.Connection) -> None:
    rtree.fill(connection, LAYER, np.arange(4_000), boxes(4_000))
    rtree.fill(connection, LAYER, np.arange(7), boxes(7))
    assert connection.execute("SELECT rtreecheck(?)", (TABLE,)).fetchone() == ("ok",)
    assert found(connection, (-180.0, -90.0, 180.0, 90.0)) == set(range(7))
