"""The parts of a service, on a file and on a server."""

from __future__ import annotations

import asyncio

import geopandas as gpd
from fastapi import FastAPI

from yzgeo.store.awaited import AwaitedStore
from yzgeo.store.base import Provenance

LAYER = "shantytown_parcel"


def test_the_revision_is_that_of_the_store(app: FastAPI) -> None:
    context = app.state.context
    assert (context.awaited is None) == (not isinstance(context.store, AwaitedStore))
    before = asyncio.run(context.revision_now(LAYER))
    assert before == context.store.revision(LAYER) > 0
    uid = context.store.rows(LAYER, fields=()).uids[0]
    context.store.write(LAYER, put=gpd.GeoDataFrame({"name": ["改"]}, index=[uid]), provenance=Provenance("t", "t"))
    assert asyncio.run(context.revision_now(LAYER)) == before + 1
