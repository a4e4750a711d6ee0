"""Reading by place agrees with comparing every feature."""

from __future__ import annotations

from itertools import chain

import numpy as np
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.yzgeo.store.conftest import BY, frame
from yzgeo.store import reading
from yzgeo.store.base import Query, Store

# The spatial index keeps 32-bit numbers, rounded outwards: at 124 degrees that is less than 1e-5.
ROUNDING = 1e-5


@pytest.fixture
def scattered(store: Store) -> Store:
    rng = np.random.default_rng(3)
    west, south = 123 + rng.random(300), 42 + rng.random(300)
    boxes = shapely.box(west, south, west + 0.05 * rng.random(300), south + 0.05 * rng.random(300))
    store.write("area", put=frame({f"u{at}": one for at, one in enumerate(boxes)}), provenance=BY)
    store.write("area", put=frame({f"u{at}": None for at in range(150)}), provenance=BY)
    return store


corner = st.floats(122.9, 124.1)
side = st.floats(0, 0.5)


@given(corner, st.floats(41.9, 43.1), side, side)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_bbox_finds_what_touches_it(scattered: Store, west: float, south: float, width: float, height: float) -> None:
    bbox = (west, south, west + width, south + height)
    for revision in (1, 2, None):
        everything = scattered.frame("area", Query(revision=revision)).geometry
        present = everything[everything.notna()]
        found = set(scattered.rows("area", Query(bbox=bbox, revision=revision)).uids)
        assert found >= set(present.index[present.intersects(shapely.box(*bbox))])
        assert found <= set(present.index[present.intersects(shapely.box(*bbox).buffer(ROUNDING))])
        assert scattered.count("area", Query(bbox=bbox, revision=revision)) == len(found)


def test_pages_join_to_the_whole(scattered: Store) -> None:
    whole = list(scattered.rows("area").uids)
    pages = [list(scattered.rows("area", Query(limit=70, offset=start)).uids) for start in range(0, 350, 70)]
    assert [len(page) for page in pages] == [70, 70, 70, 70, 20]
    assert list(chain.from_iterable(pages)) == whole
    past = [list(scattered.rows("area", Query(limit=70, offset=start, revision=1)).uids) for start in range(0, 350, 70)]
    assert list(chain.from_iterable(past)) == list(scattered.rows("area", Query(revision=1)).uids)


def test_features_by_their_numbers(scattered: Store) -> None:
    with scattered.access.read() as reader:  # type: ignore[attr-defined]
        layer = scattered.catalogue.layer("area")
        whole = scattered.rows("area", fields=("floors",))
        found = reading.rows_of(reader.connection, layer, [whole.fids[9], whole.fids[2], 10**6], ("floors",))
        assert list(found.uids) == [whole.uids[2], whole.uids[9]]
        assert found.wkb == [whole.wkb[2], whole.wkb[9]]
        nothing = reading.rows_of(reader.connection, layer, [], ("floors",))
        assert (nothing.uids, nothing.wkb, nothing.columns) == ((), [], {"floors": ()})
