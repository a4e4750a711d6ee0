"""The peer that was tuned by hand: raw ASGI, asyncpg with prepared statements, everything assembled in PostGIS.

It knows one table and nobody's rights, and answers what `bench_peers.py` asks and nothing else. Run by uvicorn in the
peers' own environment. No framework; no JIT, which costs more than it gives here; ``ST_AsMVTGeom`` maps degrees to the
tile directly (at zoom 14 it is less than a seventh of a tile unit off Mercator's curve) because ``ST_Transform`` of
every geometry costs ten times the rest of a tile; boxes inside the asked one are not compared vertex by vertex; the
number of matches comes from the same scan as the page. Tiles are compressed at zlib's level 1, the warm ones once.
"""

from __future__ import annotations

import json
import math
import os
import zlib
from urllib.parse import parse_qsl

import asyncpg
import orjson

TABLE = os.environ["PEERS_TABLE"]
COLUMNS = json.loads(os.environ["PEERS_COLUMNS"])
CONNECTIONS = int(os.environ.get("PEERS_CONNECTIONS", "8"))
MVT = [(b"content-type", b"application/vnd.mapbox-vector-tile"), (b"content-encoding", b"gzip")]
GEOJSON = (b"content-type", b"application/geo+json")
# 4 units of the float32 boxes that the index and @ compare.
MARGIN = 4 * 2.0**-23 * 180

_SHOWN = ", ".join(f'("{name}" <> 0) AS "{name}"' if kind == "boolean" else f'"{name}"' for name, kind in COLUMNS)
TILE = f"""
SELECT ST_AsMVT(m, '{TABLE}', 4096, 'g', 'fid') FROM (
    SELECT fid, uid, {_SHOWN}, ST_AsMVTGeom(geom, ST_MakeEnvelope($1, $2, $3, $4, 4490), 4096, 64, true) AS g
    FROM "{TABLE}" WHERE geom && ST_MakeEnvelope($5, $6, $7, $8, 4490)
) AS m
"""
_SHAPE = "ST_AsGeoJSON(CASE WHEN ST_NumGeometries(geom) = 1 THEN ST_GeometryN(geom, 1) ELSE geom END, 8, 0)"
_FEATURE = (
    f"""'{{"type":"Feature","id":"' || uid || '","geometry":' || {_SHAPE} || ',"properties":' || """
    f"""(SELECT row_to_json(p) FROM (SELECT {_SHOWN}) AS p)::text || '}}'"""
)
_MEETS = (
    "geom && ST_MakeEnvelope($1, $2, $3, $4, 4490) AND (geom @ ST_MakeEnvelope($5, $6, $7, $8, 4490) "
    "OR ST_Intersects(geom, ST_MakeEnvelope($1, $2, $3, $4, 4490)))"
)
BOX = f"""
WITH met AS MATERIALIZED (SELECT fid FROM "{TABLE}" WHERE {_MEETS}),
     page AS MATERIALIZED (SELECT fid FROM met ORDER BY fid LIMIT $9)
SELECT (SELECT count(*) FROM met), count(*),
       string_agg({_FEATURE}, ',' ORDER BY fid) FROM page JOIN "{TABLE}" USING (fid)
"""
PAGE = f"""
SELECT (SELECT count(*) FROM "{TABLE}"), count(*), string_agg({_FEATURE}, ',')
FROM (SELECT * FROM "{TABLE}" ORDER BY fid LIMIT $1 OFFSET $2) AS page
"""
ITEM = f'SELECT {_FEATURE} FROM "{TABLE}" WHERE uid = $1'


class Tuned:
    """The application."""

    def __init__(self) -> None:
        self.pool: asyncpg.Pool | None = None
        self.warm: dict[str, tuple[str, bytes]] = {}

    async def __call__(self, scope, receive, send) -> None:
        if scope["type"] == "lifespan":
            await self._live(receive, send)
            return
        _, kind, *rest = scope["path"].split("/")
        if kind == "cold":
            await _send(send, 200, await self._tile(rest), MVT)
        elif kind == "tiles":
            await self._warm(scope, send, rest)
        elif kind == "items" and rest:
            async with self.pool.acquire() as connection:
                found = await connection.fetchval(ITEM, rest[0])
            await _send(send, 200 if found else 404, (found or "").encode(), [GEOJSON])
        else:
            await self._page(scope, send)

    async def _live(self, receive, send) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                self.pool = await asyncpg.create_pool(
                    os.environ["PEERS_DATABASE"],
                    min_size=CONNECTIONS,
                    max_size=CONNECTIONS,
                    server_settings={"jit": "off", "search_path": os.environ["PEERS_SCHEMA"] + ",public"},
                )
                await send({"type": "lifespan.startup.complete"})
            else:
                await self.pool.close()
                await send({"type": "lifespan.shutdown.complete"})
                return

    async def _tile(self, place: list[str]) -> bytes:
        z, x, y = map(int, place)
        async with self.pool.acquire() as connection:
            raw = await connection.fetchval(TILE, *_degrees(z, x, y, 0.0), *_degrees(z, x, y, 64 / 4096))
        return zlib.compress(raw, 1, 31)

    async def _warm(self, scope, send, place: list[str]) -> None:
        kept = self.warm.get(scope["path"])
        if kept is None:
            body = await self._tile(place)
            kept = self.warm[scope["path"]] = (f'"{zlib.crc32(body):08x}"'.encode(), body)
        etag, body = kept
        for name, value in scope["headers"]:
            if name == b"if-none-match" and value == etag:
                await _send(send, 304, b"", [(b"etag", etag)])
                return
        await _send(send, 200, body, [*MVT, (b"etag", etag)])

    async def _page(self, scope, send) -> None:
        asked = dict(parse_qsl(scope["query_string"].decode()))
        limit = int(asked.get("limit", "10"))
        async with self.pool.acquire() as connection:
            if "bbox" in asked:
                box = [float(part) for part in asked["bbox"].split(",")]
                inner = [box[0] + MARGIN, box[1] + MARGIN, box[2] - MARGIN, box[3] - MARGIN]
                matched, returned, features = await connection.fetchrow(BOX, *box, *inner, limit)
            else:
                matched, returned, features = await connection.fetchrow(PAGE, limit, int(asked.get("offset", "0")))
        head = orjson.dumps({"type": "FeatureCollection", "numberMatched": matched, "numberReturned": returned})
        body = b"".join((head[:-1], b',"features":[', (features or "").encode(), b"]}"))
        await _send(send, 200, body, [GEOJSON])


async def _send(send, status: int, body: bytes, headers: list[tuple[bytes, bytes]]) -> None:
    length = (b"content-length", str(len(body)).encode())
    await send({"type": "http.response.start", "status": status, "headers": [*headers, length]})
    await send({"type": "http.response.body", "body": body})


def _degrees(z: int, x: int, y: int, margin: float) -> list[float]:
    count = 1 << z
    west, east = ((x + side) / count * 360 - 180 for side in (-margin, 1 + margin))
    north, south = (
        math.degrees(math.atan(math.sinh(math.pi * (1 - 2 * (y + side) / count)))) for side in (-margin, 1 + margin)
    )
    return [west, south, east, north]


application = Tuned()
