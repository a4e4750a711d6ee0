"""Prepared layers: their tiles are the store's, whatever is written in between and by whom."""

from __future__ import annotations

import random
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import geopandas as gpd
import mapbox_vector_tile
import pytest
import shapely

from yzgeo.access import Role
from yzgeo.catalogue import Catalogue, Layer
from yzgeo.packed import Packing
from yzgeo.store import create_store, open_store
from yzgeo.store.base import Provenance, Query, Rows, Store
from yzgeo.tiles import tile_at
from yzgeo.workflows import tiles
from yzgeo.workflows.overview import visible_fields
from yzgeo.workflows.prepared import PreparedLayers
from yzgeo.workflows.tiles import TileMaker
from yzgeo.workflows.workspace import open_workspace, prepare_frame

BY = Provenance(actor="test", reason="test")
PARCELS = "shantytown_parcel"
PLENTY = 1 << 26
WEST, SOUTH = 123.840, 42.290
PLACES = [(14, *tile_at(14, WEST + step, SOUTH)[::-1]) for step in (0.0, 0.022, 0.044)]


@pytest.fixture
def store(tmp_path: Path, catalogue: Catalogue) -> Iterator[Store]:
    opened = create_store(tmp_path, catalogue)
    put(opened, {number: number for number in range(24)})
    yield opened
    opened.close()


def put(store: Store, places: dict[int, int], *, stage: str = "planned") -> None:
    """Put the features of some numbers at some places, two thousandths of a degree apart."""
    layer = store.catalogue.layer(PARCELS)
    table = {
        "code": [f"P{number}" for number in places],
        "area_m2": [1.0 + number for number in places],
        "subdistrict": ["211202001" if number % 2 else "211202002" for number in places],
        "stage": stage,
        "data_status": "surveyed",
        "source": "test",
    }
    shapes = [shapely.box(WEST + 0.002 * at, SOUTH, WEST + 0.002 * at + 0.001, SOUTH + 0.001) for at in places.values()]
    frame = gpd.GeoDataFrame(table, geometry=shapes, crs="EPSG:4490")
    store.write(layer.id, put=prepare_frame(layer, frame, "EPSG:4490"), provenance=BY)


def ready(store: Store, layers: Sequence[Layer], **options: Any) -> PreparedLayers:
    """Ask for tiles until the layers are prepared."""
    prepared = PreparedLayers(store, **{"most_bytes": PLENTY, "rest_s": 0, **options})
    for layer in layers:
        for _ in range(3):
            assert ask(prepared, store, layer, PLACES[0]) is None
        prepared.wait()
    return prepared


def ask(
    prepared: PreparedLayers, store: Store, layer: Layer, place: tuple[int, int, int], *, role: Role = "viewer"
) -> bytes | None:
    fields = visible_fields(layer, role)
    return prepared.tile(layer, store.revision(layer.id), place, fields=fields, own=None)


def expected(store: Store, layer: Layer, place: tuple[int, int, int], **options: Any) -> bytes:
    options = {"fields": visible_fields(layer, "viewer"), "revision": None, **options}
    return tiles.encode(store, layer.id, *place, **options)


def test_every_layer_of_the_district_for_every_role(demo_workspace: Path, catalogue: Catalogue) -> None:
    compared = 0
    with open_workspace(demo_workspace, catalogue) as opened:
        layers = [layer for layer in catalogue.layers.values() if layer.spec.geometry != "none"]
        prepared = ready(opened.store, layers)
        for layer in layers:
            shapes = shapely.from_wkb([wkb for wkb in opened.store.rows(layer.id).wkb if wkb is not None])
            for index, shape in enumerate(shapes[:: max(len(shapes) // 4, 1)][:4]):
                z = (12, 13, 14, 16)[index]
                x, y = shape.representative_point().coords[0]
                place = (z, *tile_at(z, x, y)[::-1])
                if tiles._has_labels(layer, z):
                    continue
                for role in ("anonymous", "viewer", "planner"):
                    found = ask(prepared, opened.store, layer, place, role=role)
                    fields = visible_fields(layer, role)
                    assert found == expected(opened.store, layer, place, fields=fields) != b"", (layer.id, place)
                    compared += 1
        prepared.close()
    assert compared > 4 * len(layers)


def test_an_edit_shows_at_once_and_elsewhere_the_layer_stays_ready(store: Store) -> None:
    layer = store.catalogue.layer(PARCELS)
    prepared = ready(store, [layer])
    assert all(ask(prepared, store, layer, place) == expected(store, layer, place) for place in PLACES)
    put(store, {2: 2}, stage="cleared")
    assert ask(prepared, store, layer, PLACES[0]) is None
    assert ask(prepared, store, layer, PLACES[2]) == expected(store, layer, PLACES[2])
    assert ask(prepared, store, layer, PLACES[2]) != b""
    assert prepared.tile(layer, 1, PLACES[2], fields=(), own=None) is None  # the past is left to the store


def test_what_is_made_at_once_neither_reads_nor_takes_long(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    layer = store.catalogue.layer(PARCELS)
    prepared = PreparedLayers(store, most_bytes=PLENTY, rest_s=0)
    fields = visible_fields(layer, "viewer")

    def at_once() -> bytes | None:
        revision = store.revision(PARCELS)
        return prepared.tile(layer, revision, PLACES[2], fields=fields, own=None, at_once=True)

    assert [at_once() for _ in range(5)] == [None] * 5
    prepared.wait()
    assert at_once() is None  # asking at once prepares nothing
    for _ in range(3):
        ask(prepared, store, layer, PLACES[2])
    prepared.wait()
    assert at_once() == expected(store, layer, PLACES[2]) != b""
    put(store, {2: 2}, stage="cleared")
    assert at_once() is None
    assert ask(prepared, store, layer, PLACES[2]) == at_once() == expected(store, layer, PLACES[2])
    monkeypatch.setattr("yzgeo.workflows.prepared._MOST_AT_ONCE", 12)
    assert at_once() is None


@pytest.mark.parametrize("seed", range(3))
def test_tiles_are_those_of_a_store_without_memory(store: Store, catalogue: Catalogue, seed: int) -> None:
    chance = random.Random(seed)
    layer = catalogue.layer(PARCELS)
    maker = TileMaker(store, most_bytes=0, layer_bytes=PLENTY)
    fields = visible_fields(layer, "viewer")
    other = open_store(store.path.parent, catalogue)  # as another process has it
    uid_of = {}
    for step in range(25):
        rows = store.rows(PARCELS, fields=["code"])
        uid_of = dict(zip(rows.columns["code"], rows.uids, strict=True))
        action, writer = (
            chance.choice(["change", "move", "add", "delete", "rest", "rest"]),
            chance.choice([store, other]),
        )
        number = chance.randrange(24)
        if action == "change":
            put(writer, {number: number}, stage=chance.choice(["planned", "cleared", "started"]))
        elif action == "move":
            put(writer, {number: chance.randrange(24)})
        elif action == "add":
            put(writer, {100 + step: chance.randrange(24)})
        elif action == "delete" and f"P{number}" in uid_of:
            writer.write(PARCELS, delete=[uid_of[f"P{number}"]], provenance=BY)
        for place in PLACES:
            key = (PARCELS, store.revision(PARCELS), *place, fields, None, 0, None)
            data = maker.made_at_once(key)
            data = maker.make(key) if data is None else data
            raw = tiles.gzip.decompress(data) if data else b""
            assert raw == expected(other, layer, place)
    assert len(maker._prepared._kept) == 1
    maker.close()
    other.close()


def test_what_is_written_while_a_layer_is_read_is_not_mixed_in(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("yzgeo.workflows.prepared._ROWS_AT_A_TIME", 5)
    layer, plain = store.catalogue.layer(PARCELS), store.rows
    walked: list[int] = []
    beyond = (14, *tile_at(14, WEST + 0.002 * 40, SOUTH)[::-1])

    def rows(name: str, query: Query | None = None, **options: Any) -> Rows:
        found = plain(name, query, **options)
        if query is not None and query.limit == 5:
            walked.append(len(found.uids))
            if len(walked) == 2:  # ten features are read, fourteen are not
                put(store, {20: 40, 30: 13})
                store.write(PARCELS, delete=found.uids[:1], provenance=BY)
        return found

    monkeypatch.setattr(store, "rows", rows)
    prepared = ready(store, [layer])
    assert walked == [5, 5, 5, 5, 5, 0]
    put(store, {20: 23})
    answers = {place: ask(prepared, store, layer, place) for place in [*PLACES, beyond]}
    assert all(found in {None, expected(store, layer, place)} for place, found in answers.items())
    # Where the feature stood when it was read nothing is marked as changed, and nothing is left of it.
    assert answers[beyond] == b""


def test_the_field_sees_its_own_street_offices(store: Store) -> None:
    layer = store.catalogue.layer(PARCELS)
    prepared = ready(store, [layer])
    fields = visible_fields(layer, "field")
    for own in (("211202001",), ("211202001", "211202002"), ("211202009",), ()):
        found = prepared.tile(layer, store.revision(PARCELS), PLACES[1], fields=fields, own=own)
        assert found == expected(store, layer, PLACES[1], fields=fields, own=own)
        assert bool(found) is (own[:1] == ("211202001",))


def test_a_layer_that_changed_too_much_is_prepared_anew(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("yzgeo.workflows.prepared._MOST_CHANGED", 4)
    layer = store.catalogue.layer(PARCELS)
    prepared = ready(store, [layer])
    put(store, {number: number for number in range(6)}, stage="cleared")
    for _ in range(4):
        assert ask(prepared, store, layer, PLACES[2]) is None
    prepared.wait()
    assert ask(prepared, store, layer, PLACES[0]) == expected(store, layer, PLACES[0])


def test_memory_is_not_exceeded(store: Store, demo_workspace: Path, catalogue: Catalogue) -> None:
    layer = store.catalogue.layer(PARCELS)
    small = ready(store, [layer], most_bytes=2_000)  # too large for it: not tried again
    assert [ask(small, store, layer, PLACES[0]) for _ in range(5)] == [None] * 5
    assert small._thread is not None
    assert not small._thread.is_alive()
    none = ready(store, [layer], most_bytes=0)
    assert none._thread is None
    with open_workspace(demo_workspace, catalogue) as opened:
        layers = [catalogue.layer(name) for name in ("residential_building", "road", "base_station_5g")]
        sizes = []
        for each in layers:
            prepared = ready(opened.store, [each])
            sizes.append(prepared._kept.held_bytes)
        tight = ready(opened.store, layers, most_bytes=max(sizes) + 1)
        assert 0 < tight._kept.held_bytes <= max(sizes) + 1
        assert ask(tight, opened.store, layers[-1], PLACES[0]) is not None


def test_a_layer_that_cannot_be_packed_is_not_tried_again(
    store: Store, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    tried: list[str] = []

    def packed(self: Packing) -> None:
        tried.append("packed")
        raise IndexError

    monkeypatch.setattr(Packing, "packed", packed)
    layer = store.catalogue.layer(PARCELS)
    prepared = ready(store, [layer])
    for _ in range(9):
        assert ask(prepared, store, layer, PLACES[0]) is None
        prepared.wait()
    assert tried == ["packed"]
    assert "cannot be prepared" in caplog.text


def test_a_closed_store_ends_the_preparing(store: Store) -> None:
    layer = store.catalogue.layer(PARCELS)
    prepared = PreparedLayers(store, most_bytes=PLENTY)
    for _ in range(2):
        ask(prepared, store, layer, PLACES[0])
    revision = store.revision(PARCELS)
    store.close()
    assert prepared.tile(layer, revision, PLACES[0], fields=(), own=None) is None
    prepared.close()
    assert prepared.tile(layer, revision, PLACES[0], fields=(), own=None) is None


def test_edits_and_tiles_at_the_same_time(store: Store) -> None:
    layer = store.catalogue.layer(PARCELS)
    maker = TileMaker(store, most_bytes=0, layer_bytes=PLENTY)
    fields = visible_fields(layer, "viewer")
    done = threading.Event()
    seen: list[tuple[int, tuple[int, int, int], bytes]] = []

    def look() -> None:
        while not done.is_set():
            revision = store.revision(PARCELS)
            made = [maker.make((PARCELS, revision, *place, fields, None, 0, None)) for place in PLACES]
            seen.extend((revision, place, data) for place, data in zip(PLACES, made, strict=True))

    threads = [threading.Thread(target=look) for _ in range(2)]
    for thread in threads:
        thread.start()
    for step in range(12):
        put(store, {step: (step * 7) % 24, step + 1: step + 1}, stage="cleared" if step % 2 else "started")
    done.set()
    for thread in threads:
        thread.join()
    maker.close()
    told = {(revision, place): data for revision, place, data in seen}
    assert len({revision for revision, _ in told}) > 3
    for (revision, place), data in told.items():
        past = expected(store, layer, place, revision=revision)
        raw = tiles.gzip.decompress(data) if data else b""
        assert mapbox_vector_tile.decode(raw) == mapbox_vector_tile.decode(past)
