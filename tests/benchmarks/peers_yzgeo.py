"""The service as `bench_peers.py` runs it: as it is, or without memory of tiles and features made before."""

from __future__ import annotations

import os

from fastapi import FastAPI

from api.main import from_environment
from api.writing import WrittenFeatures
from yzgeo.workflows.tiles import ByteCache, TileMaker


def application() -> FastAPI:
    """The real application, for uvicorn."""
    app = from_environment()
    if os.environ.get("PEERS_COLD"):
        context = app.state.context
        context.tiles = TileMaker(context.store, most_bytes=0, layer_bytes=context.settings.layer_cache_mib << 20)
        context.items = ByteCache(0)
        context.written = WrittenFeatures(0)
    return app
