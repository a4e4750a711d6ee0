"""The parts of a service, on a file and on a server."""

from __future__ import annotations

import asyncio
import threading
import time
from collections import deque
from datetime import UTC, datetime, timedelta

import geopandas as gpd
import httpx
from fastapi import FastAPI

from yzgeo.store.awaited import AwaitedStore
from yzgeo.store.base import Account, Provenance
from yzgeo.workflows.tiles import TileKey, TileMaker

LAYER = "shantytown_parcel"


def test_the_revision_is_that_of_the_store(app: FastAPI) -> None:
    context = app.state.context
    assert (context.awaited is None) == (not isinstance(context.store, AwaitedStore))
    before = asyncio.run(context.revision_now(LAYER))
    assert before == context.store.revision(LAYER) > 0
    uid = context.store.rows(LAYER, fields=()).uids[0]
    context.store.write(LAYER, put=gpd.GeoDataFrame({"name": ["改"]}, index=[uid]), provenance=Provenance("t", "t"))
    assert asyncio.run(context.revision_now(LAYER)) == before + 1


def test_only_a_server_is_waited_for_in_a_thread(app: FastAPI) -> None:
    context = app.state.context
    asker = threading.get_ident()
    answerer = asyncio.run(context.look_up(threading.get_ident))
    assert (answerer == asker) == (context.awaited is None)


def test_two_tiles_are_made_at_a_time(app: FastAPI) -> None:
    context, busy, seen = app.state.context, deque[TileKey](), []

    class Slow(TileMaker):
        def make(self, key: TileKey) -> bytes:
            busy.append(key)
            time.sleep(0.03)
            seen.append(len(busy))
            busy.remove(key)
            return super().make(key)

    async def ask() -> list[bytes]:
        keys = [(LAYER, context.store.revision(LAYER), 14, 6067, col, (), None, 0, None) for col in range(13825, 13831)]
        return await asyncio.gather(*(context.make_tile(key) for key in keys))

    context.tiles = Slow(context.store, most_bytes=0)
    made = asyncio.run(ask())
    assert len(made) == len(seen) == 6
    assert max(seen) <= 2


def test_four_tiles_are_written_at_a_time(app: FastAPI) -> None:
    context, busy, seen = app.state.context, deque[tuple[int, int, int]](), []
    layer = context.catalogue.layer(LAYER)

    class Slow(TileMaker):
        async def written(self, layer, place, *, fields, own):
            busy.append(place)
            seen.append((len(busy), place))
            await asyncio.sleep(0.01)
            busy.remove(place)
            return await super().written(layer, place, fields=fields, own=own)

    async def ask() -> list[tuple[int, bytes | None]]:
        places = [(14, 6067, col) for col in range(13820, 13830)]
        return await asyncio.gather(*(context.written_tile(layer, place, fields=(), own=None) for place in places))

    context.tiles = Slow(context.store, most_bytes=0)
    told = asyncio.run(ask())
    assert {revision for revision, _ in told} == {context.store.revision(LAYER)}
    assert max(together for together, _ in seen) == 4
    assert [place[2] for _, place in seen] == list(range(13820, 13830)), "in the order in which they were asked for"


def test_a_small_page_does_not_wait_for_a_large_one(app: FastAPI) -> None:
    context = app.state.context

    async def ask() -> float:
        client = httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://test")
        async with client, context.page_turns[1].one():
            began = time.monotonic()
            answer = await client.get("/ogc/collections/road/items?limit=1&datetime=2024-01-01")
            assert answer.status_code == 200
            return time.monotonic() - began

    for turns in context.page_turns:
        turns._patience_s = 60
    assert asyncio.run(ask()) < 30


def test_a_session_that_ends_ends_at_once(app: FastAPI) -> None:
    context = app.state.context
    context.store.put_session("h" * 64, "planner", expires_at=datetime.now(UTC) + timedelta(hours=1))

    async def together() -> list[Account | None]:
        return await asyncio.gather(*(context.session_now(token) for token in ("h" * 64, "h" * 64, "x" * 64, "\0")))

    found = asyncio.run(together())
    assert found == [context.store.account("planner")] * 2 + [None] * 2
    context.store.drop_session("h" * 64)
    assert asyncio.run(together()) == [None] * 4
