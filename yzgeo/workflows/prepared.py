"""Layers that are asked for tiles again and again, kept packed in memory and never older than the store."""

from __future__ import annotations

import logging
import math
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import compress

import numpy as np
import shapely
from numpy.typing import NDArray

from yzgeo import tiles
from yzgeo.catalogue import Layer
from yzgeo.errors import YzgeoError
from yzgeo.generalising import CLUSTER_COUNT, CLUSTER_SUFFIX, treatment
from yzgeo.packed import PackedLayer, Packing
from yzgeo.store.base import EncodesTiles, Query, Rows, Store, Value

from .memory import ByteCache

# So many tiles are made from the store before a layer is taken to be worth its memory.
_ENOUGH = 3
_ROWS_AT_A_TIME = 500
# Features that changed since a layer was packed; with more of them it is packed anew.
_MOST_CHANGED = 300
# Vertices: three milliseconds. A thread for a smaller tile costs more than all others wait for it.
_MOST_AT_ONCE = 10_000
_logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Known:
    """A layer as it was at a revision, and where anything has changed until another.

    Attributes
    ----------
    packed
        The layer.
    base
        Revision that was packed.
    seen
        Revision up to which the changes are known.
    changed
        Boxes around the changed features as they were and as they are, shape (m, 4).
    """

    packed: PackedLayer
    base: int
    seen: int
    changed: NDArray[np.float64]

    def is_sure(self, place: tuple[int, int, int]) -> bool:
        """Tell whether nothing has changed in a tile."""
        if not len(self.changed):
            return True
        west, south, east, north = tiles.tile_bounds(*place, buffer=2 * tiles.BUFFER / tiles.EXTENT)
        left, low, right, high = self.changed.T
        return not ((right >= west) & (left <= east) & (high >= south) & (low <= north)).any()


class PreparedLayers:
    """Keeps layers of a store ready for tiles without labels.

    The first tiles of a layer are left to the store, until a thread has packed it; for a moment it then takes twice its
    memory. Of a packed layer that was written to since, the store makes only the tiles that have changed features,
    until there are many of them. A store that encodes tiles itself needs none of this.

    Parameters
    ----------
    store
        Where the features are.
    most_bytes
        Memory for all layers; the one that was not asked for longest goes, and a larger one is never kept.
    rest_s
        A layer is not packed again sooner than this after that began, in seconds.
    """

    def __init__(self, store: Store, *, most_bytes: int, rest_s: float = 60) -> None:
        self._store = store
        self._most = 0 if isinstance(store, EncodesTiles) else most_bytes
        self._kept: ByteCache[_Known] = ByteCache(most_bytes)
        self._rest_s = rest_s
        self._asked: dict[str, int] = {}
        self._resting_until: dict[str, float] = {}
        self._thread: threading.Thread | None = None
        self._starting = threading.Lock()
        self._catching_up = threading.Lock()
        self._closing = threading.Event()

    def tile(
        self,
        layer: Layer,
        revision: int,
        place: tuple[int, int, int],
        *,
        fields: Sequence[str],
        own: Sequence[str] | None,
        at_once: bool = False,
    ) -> bytes | None:
        """
        Encode a tile.

        Parameters
        ----------
        layer
            Its layer, which has shapes.
        revision
            State wanted.
        place
            Zoom, row and column.
        fields
            Ids of the fields that become properties; ``uid`` always does.
        own
            Only features in these street offices; all if not given.
        at_once
            Only if that takes a few milliseconds and no look at the store.

        Returns
        -------
        bytes or None
            The tile as the store has it at that revision, not compressed; None if it is left to the store, or to be
            asked for without ``at_once``.
        """
        if not self._most:
            return None
        known = self._kept.get(layer.id)
        if known is None:
            if not at_once:
                self._count(layer)
            return None
        if known.seen < revision and not at_once:
            known = self._caught_up(layer, revision)
        if known is None or known.seen != revision or not known.is_sure(place):
            return None
        return _cut(known.packed, layer, place, fields=fields, own=own, most=_MOST_AT_ONCE if at_once else math.inf)

    def close(self) -> None:
        """Stop preparing."""
        self._closing.set()
        if self._thread is not None:
            self._thread.join()

    def wait(self) -> None:
        """Wait until what is being prepared is ready."""
        if self._thread is not None:
            self._thread.join()

    def _count(self, layer: Layer) -> None:
        """Begin to prepare a layer that is asked for often, if no other is being prepared."""
        with self._starting:
            self._asked[layer.id] = self._asked.get(layer.id, 0) + 1
            if self._asked[layer.id] < _ENOUGH or time.monotonic() < self._resting_until.get(layer.id, 0):
                return
            if not self._closing.is_set() and (self._thread is None or not self._thread.is_alive()):
                self._asked[layer.id] = 0
                self._resting_until[layer.id] = time.monotonic() + self._rest_s
                self._thread = threading.Thread(target=self._prepare, args=(layer,), daemon=True)
                self._thread.start()

    def _prepare(self, layer: Layer) -> None:
        try:
            base = self._store.revision(layer.id)
            packing = Packing(layer.spec.geometry, [*layer.fields_by_id, "uid"])
            for rows in self._walk(layer):
                packing.add(*_as_of(rows, base))
                if packing.size > self._most:
                    self._resting_until[layer.id] = math.inf
                    return
            if not self._closing.is_set():
                packed = packing.packed()
                self._kept.put(layer.id, _Known(packed, base, base, np.empty((0, 4))), packed.size)
        except YzgeoError:
            # The store is busy or closed: tiles come from it as before, and later ones ask again.
            _logger.info("layer %s was not prepared", layer.id, exc_info=True)
        except Exception:
            # A fault of ours: its tiles come from the store, too, and it is not read again and again for nothing.
            self._resting_until[layer.id] = math.inf
            _logger.exception("layer %s cannot be prepared", layer.id)

    def _walk(self, layer: Layer) -> Iterator[Rows]:
        """Read a layer some features at a time, and rest as long as that took: others wait for this processor."""
        after = -1
        while not self._closing.is_set():
            started = time.perf_counter()
            rows = self._store.rows(layer.id, Query(after=after, limit=_ROWS_AT_A_TIME))
            if not rows.fids:
                return
            yield rows
            after = rows.fids[-1]
            time.sleep(time.perf_counter() - started)

    def _caught_up(self, layer: Layer, revision: int) -> _Known | None:
        """Learn where a layer has changed; None if that is too much, or if it is being written to right now."""
        with self._catching_up:
            known = self._kept.get(layer.id)
            if known is None or known.seen >= revision:
                return known
            seen = self._store.revision(layer.id)
            uids = sorted({change.uid for change in self._store.changes(layer.id, since=known.base)})
            if len(uids) > _MOST_CHANGED:
                self._kept.drop(layer.id)
                return None
            # Read at the revision that was packed, too: a tile that a feature has left has changed as well.
            states = [
                self._store.rows(layer.id, Query(equals={"uid": uids}, revision=state), fields=())
                for state in (known.base, None)
            ]
            if self._store.revision(layer.id) != seen:
                return None
            shapes = shapely.from_wkb(np.array([each for rows in states for each in rows.wkb], dtype=object))
            boxes = shapely.bounds(shapes[~shapely.is_missing(shapes)])
            caught_up = replace(known, seen=seen, changed=boxes.reshape(-1, 4))
            self._kept.put(layer.id, caught_up, known.packed.size)
            return caught_up


def _cut(
    packed: PackedLayer,
    layer: Layer,
    place: tuple[int, int, int],
    *,
    fields: Sequence[str],
    own: Sequence[str] | None,
    most: float,
) -> bytes | None:
    treated = treatment(layer, place[0])
    names = [*fields, "uid"]
    only = None if own is None else ("subdistrict", own)
    if treated.clusters:
        circles = (layer.id + CLUSTER_SUFFIX, CLUSTER_COUNT)
        return packed.gathered(layer.id, circles, place, fields=names, only=only, most=most)
    if treated.simplifies and most < math.inf:
        return None
    return packed.tile(layer.id, place, fields=names, only=only, simplify=treated.simplifies, most=most)


def _as_of(rows: Rows, revision: int) -> tuple[Sequence[bytes | None], Sequence[int], Mapping[str, Sequence[Value]]]:
    """Leave out what was written later: it stands among the changes."""
    kept = [own <= revision for own in rows.revisions]
    columns = {name: list(compress(column, kept)) for name, column in rows.columns.items()}
    return (
        list(compress(rows.wkb, kept)),
        list(compress(rows.fids, kept)),
        columns | {"uid": list(compress(rows.uids, kept))},
    )
