"""What was last written of features, remembered for the next entry on them.

The chain only grows, and the hash at its end stands for all of it. So what is remembered holds as long as the chain
ends where it ended then, whoever else writes to the database, and is worth nothing once it does not.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from threading import Lock

from yzgeo.ledger import Event

from .ledger_projection import Projection

_MOST_EVENTS = 20_000


@dataclass(frozen=True, slots=True)
class Known:
    """All events of a feature, and what is stored of them."""

    events: Sequence[Event]
    projection: Projection


class Memory:
    """Features by layer and uid, those spoken of last; every thread may ask.

    Parameters
    ----------
    most_events
        How many events to keep in memory, of all features together.
    """

    def __init__(self, most_events: int = _MOST_EVENTS) -> None:
        self._most_events = most_events
        self._lock = Lock()
        self._head = ""
        self._held = 0
        self._known: OrderedDict[tuple[str, str], Known] = OrderedDict()

    def recall(self, head: str, layer: str, uid: str) -> Known | None:
        """
        Tell what is known of a feature.

        Parameters
        ----------
        head
            Hash at the end of the chain, read in the transaction that asks.
        layer, uid
            The feature.

        Returns
        -------
        Known or None
            None if it is not remembered, or if others have written meanwhile.
        """
        with self._lock:
            return self._known.get((layer, uid)) if head == self._head else None

    def keep(self, before: str, after: str, layer: str, uid: str, known: Known) -> None:
        """
        Remember a feature, once the transaction that wrote it has been committed.

        Parameters
        ----------
        before, after
            Hash at the end of the chain before and after that transaction.
        layer, uid
            The feature.
        known
            Its events and what is stored of them.
        """
        with self._lock:
            if before != self._head:
                self._known.clear()
                self._held = 0
            self._head = after
            old = self._known.pop((layer, uid), None)
            self._held += len(known.events) - (0 if old is None else len(old.events))
            self._known[layer, uid] = known
            while self._held > self._most_events:
                _, dropped = self._known.popitem(last=False)
                self._held -= len(dropped.events)
