"""What a store may answer without a thread: the busiest questions, each told with the revision of the same moment."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from .base import Account, Query


@dataclass(frozen=True, slots=True)
class WrittenPage:
    """A page of features, each written as GeoJSON; ``matched`` counts all that match."""

    revision: int
    matched: int
    features: Sequence[bytes]


@dataclass(frozen=True, slots=True)
class Kept:
    """Where features are kept as they were written: by fid and by the revision of each, which names what never changes.

    Parameters
    ----------
    find
        Given fids and revisions, gives what is kept of each, None for the others.
    keep
        Given fids, revisions and texts, keeps them.
    """

    find: Callable[[Sequence[int], Sequence[int]], Sequence[bytes | None]]
    keep: Callable[[Sequence[int], Sequence[int], Sequence[bytes]], None]


@runtime_checkable
class AwaitedStore(Protocol):
    """A store on a server that writes the answer itself, while the event loop goes on.

    Every answer comes from one state of the database, and its revision with it: what was asked after an edit shows the
    edit, whichever process wrote it.
    """

    async def revision_now(self, layer: str) -> int:
        """Tell the layer's revision, 0 before the first write."""

    async def session_now(self, token_hash: str) -> Account | None:
        """Do what `Store.session` does at this moment."""

    async def written_feature(
        self, layer: str, uid: str, *, fields: Sequence[str], own: Sequence[str] | None
    ) -> tuple[int, bytes] | None:
        """
        Write one feature as GeoJSON in degrees, longitude first; only ``fields`` and ``uid`` are read for it.

        The feature's revision and the feature; None if the store leaves this layer to the caller.

        Raises
        ------
        FeatureUnknownError
            If there is none, or none in the street offices ``own``.
        """

    async def written_page(self, layer: str, query: Query, *, fields: Sequence[str], kept: Kept) -> WrittenPage | None:
        """
        Write a page of features in degrees, longitude first, 8 decimals; the geometries themselves meet ``bbox``.

        None if the store leaves this question to the caller. Only ``fields`` and ``uid`` are read for it, and only for
        features that are not ``kept``.
        """

    async def written_tile(
        self, layer: str, place: tuple[int, int, int], *, fields: Sequence[str], own: Sequence[str] | None
    ) -> tuple[int, bytes | None]:
        """Do what `EncodesTiles.plain_tile` does."""
