"""Pages of features: boxes are met by geometries, and an earlier day has its own stages."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest
import shapely

from tests.stores import Premises
from yzgeo.filters import Column, Compare, Literal, parse
from yzgeo.store.base import Query
from yzgeo.store.sqlite import GeoPackageStore
from yzgeo.workflows.features import page, present_page
from yzgeo.workflows.workspace import Workspace

LAYER = "shantytown_parcel"


@pytest.fixture(scope="module")
def parcels(demo_premises: Premises) -> Iterator[Workspace]:
    with demo_premises.workspace() as workspace:
        yield workspace


def test_a_box_is_met_by_the_geometries_themselves(parcels: Workspace) -> None:
    store, layer = parcels.store, parcels.store.catalogue.layer(LAYER)
    frame = store.frame(LAYER)
    west, south, east, north = frame.total_bounds
    box = (west + 0.3 * (east - west), south + 0.3 * (north - south), east, north)
    rows, matched = page(store, layer, Query(bbox=box), fields=("code",))
    expected = set(frame.index[frame.intersects(shapely.box(*box))])
    assert set(rows.uids) == expected
    assert matched == len(expected)
    part, whole = page(store, layer, Query(bbox=box, limit=5, offset=3, sort=(("code", True),)), fields=("code",))
    assert whole == matched
    assert list(part.columns["code"]) == sorted(frame.loc[list(expected), "code"], reverse=True)[3:8]


def test_conditions_and_orders_see_the_stages_of_the_day(parcels: Workspace) -> None:
    store, layer = parcels.store, parcels.store.catalogue.layer(LAYER)
    day = date(2023, 6, 30)
    told = {uid: since.stage for uid, since in store.ledger.stages_on(LAYER, day).items()}
    cleared = Compare("=", Column(layer.field("stage")), Literal("cleared"))
    rows, matched = page(store, layer, Query(where=cleared, on=day, sort=(("code", True),)), fields=("code", "stage"))
    expected = {uid for uid, stage in told.items() if stage == "cleared"}
    assert expected
    assert set(rows.uids) == expected
    assert matched == len(expected)
    assert list(rows.columns["code"]) == sorted(rows.columns["code"], reverse=True)
    now, _ = page(store, layer, Query(where=cleared), fields=("code",))
    assert set(now.uids) != expected


def test_a_spatial_condition_on_a_day(parcels: Workspace) -> None:
    store, layer = parcels.store, parcels.store.catalogue.layer(LAYER)
    frame = store.frame(LAYER)
    x, y = frame.geometry.iloc[0].representative_point().coords[0]
    condition = parse(f"S_CONTAINS(geometry, POINT({x} {y}))", layer, fields=list(layer.fields_by_id))
    for query in (Query(where=condition), Query(where=condition, on=date(2023, 6, 30))):
        rows, matched = page(store, layer, query, fields=())
        assert (list(rows.uids), matched) == ([frame.index[0]], 1)


def test_a_present_page_is_the_page_of_a_file(parcels: Workspace) -> None:
    store, layer = parcels.store, parcels.store.catalogue.layer(LAYER)
    west, south, east, north = store.frame(LAYER).total_bounds
    query = Query(bbox=(west + 0.3 * (east - west), south, east, north), limit=4, offset=1)
    found = present_page(store, layer, query, fields=("code",), known=lambda fids, _: [None] * len(fids))
    rows, matched = page(store, layer, query, fields=("code",))
    if not isinstance(store, GeoPackageStore):
        assert found is None
        return
    assert found is not None
    assert (found.matched, found.rows, found.revision) == (matched, rows, store.revision(LAYER))
    for earlier in (Query(revision=1), Query(on=date(2023, 6, 30))):
        assert present_page(store, layer, earlier, fields=(), known=lambda fids, _: fids) is None
