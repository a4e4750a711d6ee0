"""Pages that PostGIS writes say what the rows say."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator, Sequence
from uuid import uuid4

import numpy as np
import pytest
import shapely

from tests.yzgeo.store.conftest import Clock
from yzgeo.catalogue import Catalogue
from yzgeo.errors import FeatureUnknownError
from yzgeo.filters import parse
from yzgeo.store.awaited import Kept, WrittenPage
from yzgeo.store.base import Provenance, Query
from yzgeo.store.postgis.store import PostGISStore
from yzgeo.workflows.workspace import prepare_frame

LAYER = "residential_building"


@pytest.fixture(scope="module")
def served(postgis_server: str, catalogue: Catalogue) -> Iterator[PostGISStore]:
    import geopandas as gpd

    made = PostGISStore.create(f"{postgis_server}?schema=t{uuid4().hex}", catalogue)
    rng = np.random.default_rng(3)
    count = 400
    x, y = 123.8 + rng.uniform(0, 0.02, count), 42.25 + rng.uniform(0, 0.02, count)
    shapes = shapely.box(x, y, x + rng.uniform(1e-5, 4e-4, count), y + 2e-4)
    shapes[7] = None
    shapes[8] = shapely.MultiPolygon([shapes[9], shapes[10]])
    values = {
        "code": [f"B{number}" for number in range(count)],
        "name": [f'楼 "{number}" \\ \n' if number % 3 else None for number in range(count)],
        "data_status": "illustrative",
        "source": "test",
        "floors": rng.integers(1, 9, count),
        "residents": np.round(rng.uniform(0, 1e5, count), 3),
        "footprint_m2": rng.uniform(0, 1e3, count),
        "elevator": [None if number % 5 == 0 else bool(number % 2) for number in range(count)],
    }
    frame = gpd.GeoDataFrame(values, geometry=shapes, crs="EPSG:4490")
    put = prepare_frame(catalogue.layer(LAYER), frame, "EPSG:4490")
    made.write(LAYER, put=put, provenance=Provenance("t", "t"))
    yield made
    made.close()


class Memory:
    """Keeps everything, and what it was asked for in vain."""

    def __init__(self) -> None:
        self.texts: dict[tuple[int, int], bytes] = {}
        self.missed = 0

    def find(self, fids: Sequence[int], revisions: Sequence[int]) -> list[bytes | None]:
        found = [self.texts.get(version) for version in zip(fids, revisions, strict=True)]
        self.missed += found.count(None)
        return found

    def keep(self, fids: Sequence[int], revisions: Sequence[int], texts: Sequence[bytes]) -> None:
        self.texts.update(zip(zip(fids, revisions, strict=True), texts, strict=True))


def _page(
    served: PostGISStore, query: Query, fields: Sequence[str], memory: Memory | None = None
) -> WrittenPage | None:
    memory = memory or Memory()
    return asyncio.run(served.written_page(LAYER, query, fields=fields, kept=Kept(memory.find, memory.keep)))


@pytest.mark.parametrize(
    ("bbox", "condition"),
    [
        (None, None),
        ((123.805, 42.255, 123.81, 42.262), None),
        ((123.805, 42.255, 123.8050001, 42.2700001), None),
        ((123.7, 42.2, 123.9, 42.4), None),
        ((123.805, 42.255, 123.815, 42.262), "floors > 4 AND elevator = true"),
        (None, "floors > 4"),
        ((10.0, 10.0, 11.0, 11.0), None),
    ],
)
def test_as_the_rows_say(
    served: PostGISStore, catalogue: Catalogue, bbox: tuple[float, float, float, float] | None, condition: str | None
) -> None:
    layer = catalogue.layer(LAYER)
    fields = ("name", "floors", "footprint_m2", "elevator")
    where = None
    if condition:
        where = parse(
            condition,
            layer,
            fields=fields,
            language="cql2-text",
            filter_crs="EPSG:4326",
            storage_crs="EPSG:4490",
            north_first=False,
        )
    found = _page(served, Query(bbox=bbox, where=where, limit=60, offset=3), fields)
    assert found is not None
    assert found.revision == served.revision(LAYER)
    features = [json.loads(text) for text in found.features]
    rows = served.rows(LAYER, Query(bbox=bbox, where=where), fields=fields)
    shapes = np.asarray(shapely.from_wkb(np.array(rows.wkb, dtype=object)), dtype=object)
    met = np.arange(len(shapes)) if bbox is None else np.flatnonzero(shapely.intersects(shapes, shapely.box(*bbox)))
    assert found.matched == len(met)
    assert [each["id"] for each in features] == [rows.uids[index] for index in met[3:63]]
    for each, index in zip(features, met[3:63], strict=True):
        assert each["properties"] == {name: rows.columns[name][index] for name in fields}
        assert list(each["properties"]) == list(fields)
        if shapes[index] is None:
            assert each["geometry"] is None
        else:
            given = shapely.from_geojson(json.dumps(each["geometry"]))
            assert given.geom_type == shapes[index].geom_type
            assert np.abs(shapely.get_coordinates(given) - shapely.get_coordinates(shapes[index])).max() <= 0.51e-8


def test_only_what_may_be_seen_is_written(served: PostGISStore) -> None:
    found = _page(served, Query(limit=400), ())
    assert found is not None
    assert all(json.loads(text)["properties"] == {} for text in found.features)


def test_what_is_left_to_rows(served: PostGISStore, clock: Clock) -> None:
    assert _page(served, Query(sort=(("floors", True),)), ()) is None
    assert _page(served, Query(on=clock().date()), ()) is None
    assert _page(served, Query(revision=1), ()) is None
    assert _page(served, Query(bbox=(123.81, 42.25, 123.81, 42.27)), ()) is None


def test_all_are_counted_once_a_revision(served: PostGISStore) -> None:
    first, again = (_page(served, Query(limit=2), ()) for _ in range(2))
    assert first is not None
    assert again == first
    assert first.matched == 400
    uid = served.rows(LAYER, Query(limit=1), fields=()).uids[0]
    served.write(LAYER, delete=[uid], provenance=Provenance("t", "t"))
    later = _page(served, Query(limit=2, offset=398), ())
    assert later is not None
    assert (later.revision, later.matched, len(later.features)) == (first.revision + 1, 399, 1)


def test_what_is_kept_is_not_written_again_unless_it_changed(served: PostGISStore) -> None:
    memory, query = Memory(), Query(bbox=(123.805, 42.255, 123.815, 42.262), limit=30)
    first = _page(served, query, ("name", "floors"), memory)
    assert first is not None
    assert memory.missed == len(memory.texts) == len(first.features) == 30
    assert _page(served, query, ("name", "floors"), memory) == first
    assert memory.missed == 30
    changed, gone = (json.loads(text)["id"] for text in first.features[4:6])
    frame = served.frame(LAYER).loc[[changed]].assign(name="别名")
    served.write(LAYER, put=frame, delete=[gone], provenance=Provenance("t", "t"))
    later = _page(served, query, ("name", "floors"), memory)
    assert later is not None
    assert memory.missed == 32  # the changed one, and the one that moved up in the place of the other
    assert later == _page(served, query, ("name", "floors"))
    assert json.loads(later.features[4])["properties"]["name"] == "别名"
    assert gone not in [json.loads(text)["id"] for text in later.features]


def test_an_edit_between_the_names_and_the_features(served: PostGISStore) -> None:
    """The page is that of the edit, whole; it is left to others when edits never cease."""

    class Edited(Memory):
        def __init__(self, edits: int) -> None:
            super().__init__()
            self.edits = edits

        def find(self, fids: Sequence[int], revisions: Sequence[int]) -> list[bytes | None]:
            if self.edits:
                self.edits -= 1
                named = served.frame(LAYER).iloc[[0]].assign(name=f"改 {self.edits}")
                served.write(LAYER, put=named, provenance=Provenance("t", "t"))
            return super().find(fids, revisions)

    found = _page(served, Query(limit=3), ("name",), Edited(1))
    assert found is not None
    assert found.revision == served.revision(LAYER)
    assert json.loads(found.features[0])["properties"] == {"name": "改 0"}
    assert _page(served, Query(limit=3), ("name",), Edited(5)) is None


def test_one_feature(served: PostGISStore) -> None:
    fields = ("name", "floors", "footprint_m2", "elevator")
    rows = served.rows(LAYER, Query(limit=12), fields=[*fields, "subdistrict"])
    for index, uid in enumerate(rows.uids):
        revision, text = asyncio.run(served.written_feature(LAYER, uid, fields=fields, own=None)) or (0, b"")
        feature = json.loads(text)
        assert (revision, feature["id"]) == (rows.revisions[index], uid)
        assert feature["properties"] == {name: rows.columns[name][index] for name in fields}
        if rows.wkb[index] is None:
            assert feature["geometry"] is None
        else:  # every decimal of it
            assert shapely.from_geojson(json.dumps(feature["geometry"])).equals_exact(
                shapely.from_wkb(rows.wkb[index]), 0
            )
    with pytest.raises(FeatureUnknownError):
        asyncio.run(served.written_feature(LAYER, "no\0one", fields=fields, own=None))
    with pytest.raises(FeatureUnknownError):
        asyncio.run(served.written_feature(LAYER, rows.uids[0], fields=fields, own=["211202001"]))


def test_features_asked_for_at_once(served: PostGISStore) -> None:
    """Each caller gets his own answer, whatever goes to the server together."""
    rows = served.rows(LAYER, Query(limit=40), fields=["name", "floors"])
    uids = [*rows.uids, "none", "no\0one", "\ud800", "{a,b}", '"']

    async def ask() -> list[object]:
        wanted = [
            served.written_feature(LAYER, uid, fields=fields, own=own)
            for uid in uids
            for fields, own in ((("name",), None), (("floors",), None), (("name",), ["211202001"]))
        ]
        return list(await asyncio.gather(*wanted, return_exceptions=True))

    found = asyncio.run(ask())
    for index in range(0, len(found), 3):
        number = index // 3
        assert isinstance(found[index + 2], FeatureUnknownError)
        for answer, field in zip(found[index : index + 2], ("name", "floors"), strict=True):
            if number >= len(rows.uids):
                assert isinstance(answer, FeatureUnknownError)
                continue
            assert isinstance(answer, tuple)
            feature = json.loads(answer[1])
            assert (answer[0], feature["id"]) == (rows.revisions[number], uids[number])
            assert feature["properties"] == {field: rows.columns[field][number]}


def test_an_edit_is_seen_by_the_next_question(served: PostGISStore) -> None:
    async def ask() -> None:
        before = await served.revision_now(LAYER)
        going = asyncio.create_task(served.revision_now(LAYER))
        await asyncio.sleep(0)  # the question is out
        uid = served.rows(LAYER, Query(limit=1), fields=()).uids[0]
        served.write(LAYER, delete=[uid], provenance=Provenance("t", "t"))
        assert set(await asyncio.gather(*(served.revision_now(LAYER) for _ in range(3)))) == {before + 1}
        assert await going <= before + 1

    asyncio.run(ask())
