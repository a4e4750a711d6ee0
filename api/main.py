"""The application: its parts put together once, from settings and a store."""

from __future__ import annotations

import gc
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from importlib.metadata import version
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.routing import APIRoute
from starlette.routing import BaseRoute
from starlette.types import ASGIApp, Receive, Scope, Send

from yzgeo.errors import YzgeoError
from yzgeo.store.base import Store
from yzgeo.workflows.runs import RunDesk
from yzgeo.workflows.tiles import ByteCache, TileMaker
from yzgeo.workflows.workspace import open_workspace

from . import errors, models, oas30
from . import settings as configuration
from .auth import LastUse, SignInGuard
from .deps import Context
from .middleware import Envelope, Metrics
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
_COLLECT_AFTER = 50_000
_FILES_MIB = 32
_QUESTIONS_MIB = 4
_ANSWERS_MIB = 64
# Routes that answer from memory or by one statement. FastAPI's own handling costs more than all that they do.
_HOT = (tiles.tile, features.item, features.items)
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
    app.state.last_use = LastUse(store)
    app.state.runs = RunDesk(store, settings.workspace)
    app.state.context = Context(
        settings=settings,
        store=store,
        metrics=metrics,
        tiles=TileMaker(store, most_bytes=settings.tile_cache_mib * _MIB, layer_bytes=settings.layer_cache_mib * _MIB),
        tile_headers=ByteCache(_MIB),
        tile_questions=ByteCache(_QUESTIONS_MIB * _MIB),
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
    app = Enveloped(
        title="yzgeo",
        version=version("yzgeo"),
        description="Urban renewal of a district on one map. 城市更新一张图。",
        docs_url=None,
        redoc_url=None,
        lifespan=_lifespan,
        # We count and time requests ourselves; this one would look for its settings at every request.
        telemetry={"tracing": False, "metrics": False, "logs": False},
        responses={"default": {"model": models.Problem, "description": "A refusal"}},
    )
    app.state.routes = [route for router in _ROUTERS for route in router.routes]
    short = ShortWay(app.inside, routes=app.state.routes)
    app.envelope = Envelope(short, settings=settings, metrics=metrics)
    errors.install(app)
    for router in _ROUTERS:
        app.include_router(router)
    return app


class Enveloped(FastAPI):
    """FastAPI within the envelope of all requests; its description names the media type of refusals."""

    envelope: ASGIApp

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """
        Serve one connection: the envelope first, which hands most requests to `inside`.

        Parameters
        ----------
        scope, receive, send
            As ASGI defines them.
        """
        scope["app"] = self
        await self.envelope(scope, receive, send)

    async def inside(self, scope: Scope, receive: Receive, send: Send) -> None:
        """
        Serve one connection as FastAPI does.

        Parameters
        ----------
        scope, receive, send
            As ASGI defines them.
        """
        await super().__call__(scope, receive, send)

    def openapi(self) -> dict[str, Any]:
        """
        Describe the service.

        Returns
        -------
        dict
            OpenAPI 3.1.
        """
        return oas30.typed(super().openapi())


class ShortWay:
    """Hands a GET of a hot route to its endpoint, inside the envelope of all requests but outside FastAPI.

    Parameters
    ----------
    app
        The application inside, for every other request.
    routes
        All routes; the hot ones are those whose endpoint takes nothing but the request.
    """

    def __init__(self, app: ASGIApp, *, routes: Sequence[BaseRoute]) -> None:
        self._app = app
        hot = [route for route in routes if isinstance(route, APIRoute) and route.endpoint in _HOT]
        self._hot = [(route.path_regex.match, route.endpoint, route) for route in hot]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """
        Serve one connection.

        Parameters
        ----------
        scope, receive, send
            As ASGI defines them.
        """
        if scope["type"] == "http" and scope["method"] == "GET" and not scope.get("root_path"):
            for match, endpoint, route in self._hot:
                found = match(scope["path"])
                if found is not None:
                    scope["route"], scope["path_params"] = route, found.groupdict()
                    try:
                        answer: Response = await endpoint(Request(scope, receive, send))
                    except YzgeoError as refusal:
                        answer = errors.respond(refusal)
                    await answer(scope, receive, send)
                    return
        await self._app(scope, receive, send)


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
    # A page of thousands of features must not start one, either.
    gc.collect()
    gc.freeze()
    gc.set_threshold(_COLLECT_AFTER)
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    yield
    app.state.runs.close()
    app.state.context.tiles.close()
    app.state.context.store.close()
