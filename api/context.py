"""The parts of one running service."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import cached_property
from typing import Any, TypeVar

import anyio
from anyio import to_thread
from fastapi import Request, Response

from yzgeo import targets
from yzgeo.access import Role
from yzgeo.catalogue import Catalogue, Layer
from yzgeo.ledger import ZONE
from yzgeo.store.awaited import AwaitedStore
from yzgeo.store.base import Account, Store
from yzgeo.targets import Target
from yzgeo.workflows import overview
from yzgeo.workflows.tiles import ByteCache, TileKey, TileMaker

from .auth import Passwords, SignInGuard
from .middleware import Metrics
from .responses import JSON, Prepared, dumps, etag_of
from .settings import Settings
from .writing import Turns, WrittenFeatures

Result = TypeVar("Result")
_THREADS = 4
# Making a tile keeps a processor busy. More than two at a time only take the interpreter from each other.
_TILES_AT_A_TIME = 2
# A server has processors of its own. More than a few at a time take them from each other, and the last waits long.
_TILES_WRITTEN_AT_A_TIME = 4
_PAGE_PATIENCE_S = 1.0

TileHeaders = tuple[str, tuple[tuple[bytes, bytes], ...]]
"""Entity tag and headers that all tiles of one state share."""


@dataclass
class Context:
    """The parts of one running service."""

    settings: Settings
    store: Store
    metrics: Metrics
    tiles: TileMaker
    items: ByteCache[Prepared]
    tile_headers: ByteCache[TileHeaders]
    tile_questions: ByteCache[Any]
    files: ByteCache[Prepared]
    answers: ByteCache[Prepared]
    guard: SignInGuard
    passwords: Passwords = field(default_factory=Passwords)
    threads: anyio.CapacityLimiter | None = None
    tile_threads: anyio.CapacityLimiter | None = None
    tile_lines: anyio.CapacityLimiter | None = None
    _fields: dict[tuple[str, Role], tuple[str, ...]] = field(default_factory=dict)

    @property
    def catalogue(self) -> Catalogue:
        """The catalogue that is served."""
        return self.store.catalogue

    @cached_property
    def awaited(self) -> AwaitedStore | None:
        """The store, if it answers the busiest questions while the event loop goes on."""
        return self.store if isinstance(self.store, AwaitedStore) else None

    @cached_property
    def written(self) -> WrittenFeatures:
        """Features as pages show them."""
        return WrittenFeatures(self.settings.page_cache_mib << 20)

    @cached_property
    def page_turns(self) -> tuple[Turns, Turns]:
        """Making a page of features keeps the interpreter busy; small pages, the first, do not wait for large ones."""
        return Turns(_PAGE_PATIENCE_S), Turns(_PAGE_PATIENCE_S)

    @cached_property
    def promises(self) -> tuple[Target, ...]:
        """What the plan promises, read once."""
        return targets.load(self.catalogue)

    def fields(self, layer: Layer, role: Role) -> tuple[str, ...]:
        """
        List the fields of a layer that a role may see, worked out once.

        Parameters
        ----------
        layer
            The layer.
        role
            Role of the one who asks.

        Returns
        -------
        tuple of str
            Ids in the layer's order.
        """
        key = (layer.id, role)
        if key not in self._fields:
            self._fields[key] = overview.visible_fields(layer, role)
        return self._fields[key]

    @property
    def clock_day(self) -> date:
        """Today, on the country's clock; what is late depends on it."""
        return datetime.now(ZONE).date()

    async def revision_now(self, layer_id: str) -> int:
        """
        Tell a layer's revision without holding up other requests.

        Parameters
        ----------
        layer_id
            Id of the layer.

        Returns
        -------
        int
            0 before the first write.
        """
        if self.awaited is not None:
            return await self.awaited.revision_now(layer_id)
        return self.store.revision(layer_id)

    async def session_now(self, token_hash: str) -> Account | None:
        """
        Tell whose session it is without holding up other requests. Asked anew each time, so that it ends at once.

        Parameters
        ----------
        token_hash
            Hash of the session's token.

        Returns
        -------
        Account or None
            None if it has run out, was revoked or its account is disabled.
        """
        if self.awaited is not None:
            return await self.awaited.session_now(token_hash)
        return self.store.session(token_hash, now=datetime.now(UTC))

    async def in_thread(self, work: Callable[[], Result]) -> Result:
        """
        Do blocking work without holding up other requests.

        Parameters
        ----------
        work
            What to do.

        Returns
        -------
        object
            Its result.
        """
        if self.threads is None:
            self.threads = anyio.CapacityLimiter(_THREADS)
        return await to_thread.run_sync(work, limiter=self.threads)

    async def look_up(self, work: Callable[[], Result]) -> Result:
        """
        Do what a few rows of the store answer.

        Parameters
        ----------
        work
            What to do. A file answers it in a tenth of a millisecond, and nobody who writes holds that up; to hand it
            to a thread and back takes four times as long, and now and then much longer. A server is waited for beside
            other requests.

        Returns
        -------
        object
            Its result.
        """
        return work() if self.awaited is None else await self.in_thread(work)

    async def make_tile(self, key: TileKey) -> bytes:
        """
        Make a tile without holding up other requests.

        Parameters
        ----------
        key
            Which tile.

        Returns
        -------
        bytes
            See `TileMaker.make`.
        """
        made = self.tiles.made_at_once(key)
        if made is not None:
            return made
        if self.tile_threads is None:
            self.tile_threads = anyio.CapacityLimiter(_TILES_AT_A_TIME)
        return await to_thread.run_sync(self.tiles.make, key, limiter=self.tile_threads)

    async def written_tile(
        self, layer: Layer, place: tuple[int, int, int], *, fields: tuple[str, ...], own: tuple[str, ...] | None
    ) -> tuple[int, bytes | None]:
        """
        Let a server write a tile, a few at a time, in the order in which they were asked for.

        Parameters
        ----------
        layer, place, fields, own
            As for `TileMaker.written`.

        Returns
        -------
        tuple
            See `TileMaker.written`.
        """
        if self.tile_lines is None:
            self.tile_lines = anyio.CapacityLimiter(_TILES_WRITTEN_AT_A_TIME)
        async with self.tile_lines:
            return await self.tiles.written(layer, place, fields=fields, own=own)

    async def answer(
        self, request: Request, key: tuple[str, ...], make: Callable[[], Any], *, media_type: str = JSON
    ) -> Response:
        """
        Answer with JSON that is computed, encoded and compressed once for a state.

        Parameters
        ----------
        request
            The request.
        key
            What the answer depends on, the state of the layers among it.
        make
            Computes the content; bytes are taken as encoded already.
        media_type
            Content type.

        Returns
        -------
        Response
            The content, or 304.
        """
        kept = self.answers.get(key)
        if kept is None:
            etag = etag_of(*key)
            kept = await self.in_thread(lambda: _prepared(make(), etag=etag, media_type=media_type))
            self.answers.put(key, kept, kept.size)
        return kept.answer(request)


def _prepared(content: Any, *, etag: str, media_type: str) -> Prepared:
    return Prepared(content if isinstance(content, bytes) else dumps(content), etag=etag, media_type=media_type)
