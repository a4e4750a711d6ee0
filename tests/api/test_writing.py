"""Features as GeoJSON, the memory of them, and turns."""

from __future__ import annotations

import asyncio
import json
import re
from threading import Thread

import numpy as np
import pytest
import shapely

from api.coordinates import CRS84, outward
from api.writing import Turns, WrittenFeatures, written
from yzgeo.store.base import Rows

STORED = "EPSG:4490"


def rows_of(shapes: list[shapely.Geometry | None], **columns: list[object]) -> Rows:
    count = range(len(shapes))
    wkb = [None if shape is None else shapely.to_wkb(shape) for shape in shapes]
    return Rows([f"u{at}" for at in count], list(count), [1] * len(shapes), wkb, columns)  # type: ignore[arg-type]


def test_a_feature_has_its_values_in_their_order_and_rounded_coordinates() -> None:
    rows = rows_of([shapely.Point(123.123456789, 42.5), None], b=[1.5, None], a=[True, "说“}”"])
    first, second = written(rows, ("b", "a"), crs=CRS84, storage_crs=STORED)
    assert first == (
        b'{"type":"Feature","id":"u0","geometry":{"type":"Point","coordinates":[123.12345679,42.5]},'
        b'"properties":{"b":1.5,"a":true}}'
    )
    assert json.loads(second) == {
        "type": "Feature", "id": "u1", "geometry": None, "properties": {"b": None, "a": "说“}”"}
    }  # fmt: skip
    [bare, _] = written(rows, (), crs=CRS84, storage_crs=STORED)
    assert json.loads(bare)["properties"] == {}
    assert written(rows_of([]), ("a",), crs=CRS84, storage_crs=STORED) == []


def test_what_looks_like_the_end_of_a_feature_in_a_text_is_none() -> None:
    texts = ['},{"type":"Feature","id":"x"}', '{"type":"Feature",', '\\"},{\\"type":"Feature",', '"']
    made = written(rows_of([None] * 4, a=list(texts)), ("a",), crs=CRS84, storage_crs=STORED)
    assert [json.loads(text)["properties"]["a"] for text in made] == texts


def test_geometries_of_all_kinds_are_those_of_shapely() -> None:
    ring = shapely.box(1, 2, 3, 4)
    shapes = [
        ring,
        ring.difference(shapely.box(1.5, 2.5, 2, 3)),
        shapely.MultiPolygon([ring, shapely.box(5, 5, 6, 6)]),
        shapely.LineString([(0, 0), (1, 1)]),
        shapely.MultiLineString([[(0, 0), (1, 1)], [(2, 2), (3, 3)]]),
    ]
    for shape, text in zip(shapes, written(rows_of(shapes), (), crs=CRS84, storage_crs=STORED), strict=True):
        assert shapely.from_geojson(json.dumps(json.loads(text)["geometry"])).equals_exact(shape)


def test_numbers_are_as_short_as_their_decimals_allow() -> None:
    """GEOS writes some of them with 17 digits."""
    rng = np.random.default_rng(5)
    lines = [shapely.LineString(points) for points in rng.uniform(-90, 90, (500, 4, 2))]
    for line, text in zip(lines, written(rows_of(lines), (), crs=CRS84, storage_crs=STORED), strict=True):
        pairs = re.findall(rb"\[(-?\d+\.\d{1,8}),(-?\d+\.\d{1,8})\]", text)
        assert [[float(x), float(y)] for x, y in pairs] == np.round(shapely.get_coordinates(line), 8).tolist()


def test_another_system_has_its_own_decimals_and_axes() -> None:
    shapes = [shapely.box(123.8, 42.2, 123.9, 42.3), None, shapely.MultiPoint([(123.8, 42.2), (123.9, 42.3)])]
    uri = "http://www.opengis.net/def/crs/EPSG/0/4529"
    made = [json.loads(text)["geometry"] for text in written(rows_of(shapes), (), crs=uri, storage_crs=STORED)]
    shown = outward(np.array(shapes, dtype=object), uri, STORED)
    assert made[1] is None
    for at in (0, 2):
        assert shapely.from_geojson(json.dumps(made[at])).equals_exact(shown[at])
    assert 4_000_000 < made[0]["coordinates"][0][0][0] < 5_000_000  # north first
    assert all(len(str(number).partition(".")[2]) <= 4 for pair in made[0]["coordinates"][0] for number in pair)


def test_only_the_very_version_in_the_very_form_is_found() -> None:
    kept = WrittenFeatures(10_000)
    kept.keep("a", [1, 2], [5, 5], [b"one", b"two"])
    assert kept.find("a", [2, 1, 3], [5, 5, 5]) == [b"two", b"one", None]
    assert kept.find("a", [1, 2], [6, 5]) == [None, b"two"]
    assert kept.find("b", [1], [5]) == [None]
    held = kept.held_bytes
    kept.keep("a", [1], [6], [b"ONE"])
    assert kept.find("a", [1, 1], [5, 6]) == [None, b"ONE"]
    assert kept.held_bytes == held


def test_memory_stays_within_its_limit() -> None:
    kept, most = WrittenFeatures(100_000), 0
    rng = np.random.default_rng(1)
    for turn in range(300):
        fids = rng.integers(0, 2_000, 20).tolist()
        kept.keep(turn % 7, fids, [turn] * 20, [bytes(int(size)) for size in rng.integers(0, 3_000, 20)])
        most = max(most, kept.held_bytes)
    assert 50_000 < most <= 100_000
    kept.keep("x", [1], [1], [bytes(200_000)])
    assert kept.held_bytes <= 100_000
    assert kept.find("x", [1], [1]) == [None]
    off = WrittenFeatures(0)
    off.keep("a", [1], [1], [b""])
    assert (off.find("a", [1], [1]), off.held_bytes) == ([None], 0)


def test_many_forms_stay_within_the_limit_too() -> None:
    kept = WrittenFeatures(100_000)
    for number in range(1_000):
        kept.keep(("asked", number), [], [], [])
    assert (len(kept._forms), kept.held_bytes) == (0, 0)
    for number in range(1_000):
        kept.keep(("asked", number), [1], [1], [b""])
    assert 100 < len(kept._forms) < 200
    assert kept.held_bytes <= 100_000


def test_what_was_asked_for_longest_ago_goes_first() -> None:
    kept = WrittenFeatures(10_000)
    for form in ("old", "used", "new"):
        kept.keep(form, [1], [1], [bytes(2_500)])
    kept.find("old", [1], [1])
    kept.keep("more", [1], [1], [bytes(2_500)])
    assert [kept.find(form, [1], [1]) == [None] for form in ("old", "used", "new", "more")] == [
        False,
        True,
        False,
        False,
    ]


def test_many_threads_keep_count() -> None:
    kept = WrittenFeatures(1 << 20)

    def work(own: int) -> None:
        for turn in range(200):
            kept.keep(turn % 3, [own, turn], [turn, own], [bytes(700), bytes(900)])
            kept.find(turn % 3, [own, turn], [turn, own])

    threads = [Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert 0 < kept.held_bytes <= 1 << 20
    while kept.held_bytes:
        kept._make_room()
    assert not kept._forms


@pytest.mark.parametrize(("patience", "together"), [(30.0, 1), (0.01, 3)])
def test_one_works_at_a_time_but_nobody_waits_longer_than_his_patience(patience: float, together: int) -> None:
    turns, busy, seen = Turns(patience), [], []

    async def work(number: int) -> None:
        async with turns.one():
            busy.append(number)
            seen.append(len(busy))
            await asyncio.sleep(0.02 if together == 1 else 0.3)
            busy.remove(number)

    async def ask() -> None:
        await asyncio.gather(*map(work, range(3)))

    asyncio.run(ask())
    assert max(seen) == together
    asyncio.run(ask())
    assert len(seen) == 6
