"""The application: its parts put together once, from settings and a store."""

from __future__ import annotations

import gc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import version
from typing import Any

from fastapi import FastAPI
from fastapi.routing import APIRoute
from starlette.routing import Match, Route
from starlette.types import Scope

from yzgeo.store.base import Store
from yzgeo.workflows.runs import RunDesk
from yzgeo.workflows.tiles import ByteCache, TileMaker
from yzgeo.workflows.workspace import open_workspace

from . import errors, models, oas30
from . import settings as configuration
from .auth import LastUse, SignInGuard
from .deps import Context
from .middleware import Envelope, Metrics, security_headers
from .routes import (
    accounts,
    attachments,
    audit,
    circles,
    collections,
    conflicts,
    devices,
    downloads,
    editing,
    events,
    features,
    imports,
    maps,
    meta,
    oidc,
    page,
    processes,
    progress,
    run_tiles,
    runs,
    scenarios,
    search,
    session,
    styles,
    sync,
    targets,
    tiles,
    tilesets,
    tokens,
    uploads,
)
from .settings import Settings

_MIB = 1 << 20
_FILES_MIB = 32
_ANSWERS_MIB = 64
# Routes that answer from memory. FastAPI's own handling costs as much as all that they do, so a plain route of the same
# address stands before the one that describes it.
_HOT = (tiles.tile, features.item)
_ROUTERS = (
    tiles.router,
    tilesets.router,
    features.router,
    editing.router,
    collections.router,
    styles.router,
    meta.router,
    targets.router,
    progress.router,
    events.router,
    attachments.router,
    uploads.router,
    downloads.router,
    sync.router,
    conflicts.router,
    devices.router,
    imports.router,
    circles.router,
    runs.router,
    run_tiles.router,
    scenarios.router,
    processes.router,
    search.router,
    session.router,
    tokens.router,
    oidc.router,
    accounts.router,
    audit.router,
    maps.router,
    page.router,
)


def create_app(settings: Settings, store: Store) -> FastAPI:
    """
    Put the service together.

    Parameters
    ----------
    settings
        What the operator chose.
    store
        The opened store; closed when the application shuts down.

    Returns
    -------
    FastAPI
        The application.
    """
    metrics = Metrics()
    app = assemble(settings, metrics)
    app.state.security_headers = security_headers(settings)
    app.state.last_use = LastUse(store)
    app.state.runs = RunDesk(store, settings.workspace)
    app.state.context = Context(
        settings=settings,
        store=store,
        metrics=metrics,
        tiles=TileMaker(store, most_bytes=settings.tile_cache_mib * _MIB),
        tile_headers=ByteCache(_MIB),
        files=ByteCache(_FILES_MIB * _MIB),
        items=ByteCache(settings.item_cache_mib * _MIB),
        answers=ByteCache(_ANSWERS_MIB * _MIB),
        guard=SignInGuard(
            failures=settings.sign_in_failures,
            lock_s=settings.sign_in_lock_minutes * 60,
            per_minute=settings.sign_in_per_minute,
        ),
    )
    return app


def assemble(settings: Settings, metrics: Metrics) -> FastAPI:
    """
    Make the application without the parts that need a store, enough to describe itself.

    Parameters
    ----------
    settings
        What the operator chose.
    metrics
        Where requests are counted.

    Returns
    -------
    FastAPI
        Routes, errors and middleware.
    """
    app = Described(
        title="yzgeo",
        version=version("yzgeo"),
        description="Urban renewal of a district on one map. 城市更新一张图。",
        docs_url=None,
        redoc_url=None,
        lifespan=_lifespan,
        responses={"default": {"model": models.Problem, "description": "A refusal"}},
    )
    app.add_middleware(Envelope, settings=settings, metrics=metrics)
    errors.install(app)
    for router in _ROUTERS:
        app.include_router(router)
        for route in router.routes:
            if isinstance(route, APIRoute) and route.endpoint in _HOT:
                app.router.routes.insert(0, DirectRoute(route.path, route.endpoint, methods=["GET"]))
    return app


class Described(FastAPI):
    """An application whose description names the media type of refusals."""

    def openapi(self) -> dict[str, Any]:
        """
        Describe the service.

        Returns
        -------
        dict
            OpenAPI 3.1.
        """
        return oas30.typed(super().openapi())


class DirectRoute(Route):
    """A route that hands the request to its endpoint, without FastAPI in between."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """
        Tell whether a request is for this route; another method is left to the route that describes it.

        Parameters
        ----------
        scope
            The request, as ASGI has it.

        Returns
        -------
        tuple
            How well it fits, and what handlers are told, ``route`` among it.
        """
        match, told = super().matches(scope)
        if match is not Match.FULL:
            return Match.NONE, {}
        return match, {**told, "route": self}


def from_environment() -> FastAPI:
    """
    Put the service together from the environment, as a factory for uvicorn.

    Returns
    -------
    FastAPI
        The application on the workspace that ``YZGEO_WORKSPACE`` names.
    """
    settings = configuration.from_environment()
    url = settings.database_url.get_secret_value() if settings.database_url else None
    app = create_app(settings, open_workspace(settings.workspace, database_url=url).store)
    # What is here now stays: full rounds of the garbage collector, which hold every request up, shall leave it alone.
    gc.collect()
    gc.freeze()
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    yield
    app.state.runs.close()
    app.state.context.store.close()
