"""What was last written of features, remembered for the next entry on them.

The chain only grows, and the hash at its end stands for all of it; a layer's revision stands for its features. So what
is remembered holds as long as the chain ends where it ended then and the layer is as it was left, whoever else writes
to the database, and is worth nothing once it does not.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from threading import Lock
from typing import NamedTuple

from yzgeo.ledger import Story

from .base import Feature
from .ledger_projection import Projection

_MOST_EVENTS = 20_000
_MOST_FEATURES = 4_000


@dataclass(frozen=True, slots=True)
class Known:
    """A feature as it is stored, all its events and what is stored of them."""

    feature: Feature
    events: Story
    projection: Projection


class End(NamedTuple):
    """Where things stand: the hash at the end of the chain, and the revision of one layer."""

    head: str
    revision: int


class Memory:
    """Features by layer and uid, those spoken of last; every thread may ask.

    Parameters
    ----------
    most_events
        How many events to keep in memory, of all features together.
    most_features
        How many features to keep.
    """

    def __init__(self, most_events: int = _MOST_EVENTS, most_features: int = _MOST_FEATURES) -> None:
        self._most_events = most_events
        self._most_features = most_features
        self._lock = Lock()
        self._head = ""
        self._revisions: dict[str, int] = {}
        self._held = 0
        self._known: OrderedDict[tuple[str, str], Known] = OrderedDict()

    def recall(self, at: End, layer: str, uid: str) -> Known | None:
        """
        Tell what is known of a feature.

        Parameters
        ----------
        at
            Where things stand, read in the transaction that asks.
        layer, uid
            The feature.

        Returns
        -------
        Known or None
            None if it is not remembered, or if others have written meanwhile.
        """
        with self._lock:
            return self._known.get((layer, uid)) if self._holds(at, layer) else None

    def keep(self, before: End, after: End, layer: str, uid: str, known: Known | None) -> None:
        """
        Remember a feature, once the transaction that wrote of it has been committed.

        Parameters
        ----------
        before, after
            Where things stood before and after that transaction.
        layer, uid
            The feature.
        known
            The feature, its events and what is stored of them; None to remember only that it was written.
        """
        with self._lock:
            if not self._holds(before, layer):
                self._known.clear()
                self._revisions.clear()
                self._held = 0
            self._head, self._revisions[layer] = after.head, after.revision
            self._forget(self._known.pop((layer, uid), None))
            if known is not None:
                self._held += len(known.events)
                self._known[layer, uid] = known
            while self._held > self._most_events or len(self._known) > self._most_features:
                self._forget(self._known.popitem(last=False)[1])

    def _holds(self, at: End, layer: str) -> bool:
        # Of a layer that nothing is known of, nothing can be wrong.
        return at.head == self._head and at.revision == self._revisions.get(layer, at.revision)

    def _forget(self, known: Known | None) -> None:
        self._held -= 0 if known is None else len(known.events)
