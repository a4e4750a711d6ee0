"""A page of the present state agrees with reading and counting, whatever is known already."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
import shapely

from tests.yzgeo.store.conftest import BY, frame
from yzgeo.store.base import Query
from yzgeo.store.paging import holds
from yzgeo.store.sqlite import GeoPackageStore

BOX = (123.3, 42.3, 123.7, 42.6)


@pytest.fixture
def scattered(geopackage: GeoPackageStore) -> GeoPackageStore:
    rng = np.random.default_rng(3)
    west, south = 123 + rng.random(200), 42 + rng.random(200)
    # Triangles: many meet a box with their own box only.
    corners = np.stack([[west, south], [west + 0.1, south], [west, south + 0.1]]).transpose(2, 0, 1)
    shapes = {f"u{at}": shapely.Polygon(points) for at, points in enumerate(corners)}
    geopackage.write("area", put=frame(shapes, floors=list(range(200)), listed=[True, False] * 100), provenance=BY)
    geopackage.write("area", put=frame({f"u{at}": None for at in range(20)}), provenance=BY)
    return geopackage


def nothing(fids: Sequence[int], _revisions: Sequence[int]) -> Sequence[None]:
    return [None] * len(fids)


@pytest.mark.parametrize("box", [None, BOX, (100.0, 30.0, 140.0, 60.0), (1.0, 1.0, 2.0, 2.0)])
@pytest.mark.parametrize("sort", [(), (("floors", True),)])
def test_a_page_is_what_reading_gives(
    scattered: GeoPackageStore, box: tuple[float, float, float, float] | None, sort: tuple[tuple[str, bool], ...]
) -> None:
    expected = scattered.frame("area", Query(sort=sort))
    if box is not None:
        expected = expected[expected.intersects(shapely.box(*box))]
    page = scattered.page("area", Query(bbox=box, sort=sort, limit=7, offset=5), fields=("floors",), known=nothing)
    assert (page.revision, page.matched) == (2, len(expected))
    found = dict(zip(page.rows.fids, zip(page.rows.uids, page.rows.columns["floors"], strict=True), strict=True))
    assert list(found) == sorted(page.fids)
    assert [found[fid] for fid in page.fids] == list(expected["floors"].iloc[5:12].items())


def test_what_is_known_is_not_read(scattered: GeoPackageStore) -> None:
    asked: list[tuple[Sequence[int], Sequence[int]]] = []

    def even(fids: Sequence[int], revisions: Sequence[int]) -> Sequence[object]:
        asked.append((fids, revisions))
        return ["known" if fid % 2 == 0 else None for fid in fids]

    page = scattered.page("area", Query(limit=40), fields=("listed",), known=even)
    assert asked == [(page.fids, page.revisions)]
    rows = scattered.rows("area", Query(limit=40), fields=("listed",))
    assert list(page.fids) == list(rows.fids)
    assert list(page.revisions) == list(rows.revisions) == [2] * 20 + [1] * 20
    odd = [at for at, fid in enumerate(rows.fids) if fid % 2]
    assert list(page.rows.uids) == [rows.uids[at] for at in odd]
    assert page.rows.columns["listed"] == [rows.columns["listed"][at] for at in odd]
    everything = scattered.page("area", Query(limit=40), fields=("listed",), known=lambda fids, _: fids)
    assert (list(everything.fids), list(everything.rows.uids)) == (list(rows.fids), [])


def test_page_after_page_is_the_whole_in_every_state(scattered: GeoPackageStore) -> None:
    def walk() -> list[int]:
        pages = [
            scattered.page("area", Query(limit=60, offset=at), fields=(), known=nothing) for at in range(0, 240, 60)
        ]
        assert {page.matched for page in pages} == {len(scattered.rows("area").uids)}
        return [fid for page in pages for fid in page.fids]

    for _ in range(2):
        assert walk() == list(scattered.rows("area").fids)
    floors = scattered.page("area", Query(equals={"floors": 150}, limit=1), fields=(), known=nothing)
    assert scattered.page("area", Query(limit=5, offset=120), fields=(), known=nothing).fids[0] == walk()[120]
    assert (
        scattered.page("area", Query(limit=5, offset=120, equals={"listed": True}), fields=(), known=nothing).fids == []
    )
    scattered.write("area", delete=["u3", "u70", "u199"], provenance=BY)
    for _ in range(2):
        assert walk() == list(scattered.rows("area").fids)
    assert list(floors.fids) == [151]


def test_few_ends_of_pages_are_remembered(scattered: GeoPackageStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("yzgeo.store.paging._MOST_REMEMBERED", 3)
    fids = scattered.rows("area").fids
    for at in (*range(0, 140, 20), 60, 80):
        page = scattered.page("area", Query(limit=60, offset=at), fields=(), known=nothing)
        assert tuple(page.fids) == tuple(fids[at : at + 60])
    with scattered._file.read() as reader:
        assert len(reader.remember(("ends", "area"), lambda _: {})) == 3


def test_a_page_is_of_one_state_while_others_write(scattered: GeoPackageStore) -> None:
    def meanwhile(fids: Sequence[int], _revisions: Sequence[int]) -> Sequence[None]:
        scattered.write("area", put=frame({"u30": shapely.box(1, 1, 2, 2)}, floors=[-1]), provenance=BY)
        return [None] * len(fids)

    page = scattered.page("area", Query(), fields=("floors",), known=meanwhile)
    assert (page.revision, max(page.revisions), page.rows.columns["floors"][30]) == (2, 2, 30)
    again = scattered.page("area", Query(), fields=("floors",), known=nothing)
    assert (again.revision, again.revisions[30], again.rows.columns["floors"][30]) == (3, 3, -1)


def test_a_layer_without_geometry(geopackage: GeoPackageStore) -> None:
    geopackage.write("note", put=frame({"a": None, "b": None}, floors=[1, 2]).drop(columns="geometry"), provenance=BY)
    page = geopackage.page("note", Query(limit=1, offset=1), fields=("floors",), known=nothing)
    assert (page.matched, page.rows.uids, page.rows.wkb, page.rows.columns) == (2, ("b",), [None], {"floors": (2,)})
    assert geopackage.page("note", Query(bbox=BOX), fields=(), known=nothing).matched == 0
    assert geopackage.page("path", Query(), fields=(), known=nothing).fids == []


def test_a_box_holds_what_lies_inside() -> None:
    assert holds((0, 0, 3, 3), (1, 1, 2, 2))
    assert not holds((0, 0, 3, 3), None)
    assert not any(holds(box, (1, 1, 2, 2)) for box in ((1, 0, 3, 3), (0, 1, 3, 3), (0, 0, 2, 3), (0, 0, 3, 2)))
