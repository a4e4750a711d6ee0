"""What was used last, kept within a limit of bytes."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Hashable
from typing import Generic, TypeVar

_ENTRY_BYTES = 400
Kept = TypeVar("Kept")


class ByteCache(Generic[Kept]):
    """Keeps what was used last, within a limit of bytes.

    Parameters
    ----------
    most_bytes
        Limit; what is larger than it alone is never kept.
    """

    def __init__(self, most_bytes: int) -> None:
        self._most = most_bytes
        self._held = 0
        self._entries: OrderedDict[Hashable, tuple[Kept, int]] = OrderedDict()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._entries)

    @property
    def held_bytes(self) -> int:
        """What is kept at present, with an allowance for each entry."""
        return self._held

    def get(self, key: Hashable) -> Kept | None:
        """
        Look something up.

        Parameters
        ----------
        key
            Its name.

        Returns
        -------
        object or None
            What was kept.
        """
        with self._lock:
            entry = self._entries.get(key)
            if entry is None:
                return None
            self._entries.move_to_end(key)
            return entry[0]

    def drop(self, key: Hashable) -> None:
        """
        Forget something.

        Parameters
        ----------
        key
            Its name, known or not.
        """
        with self._lock:
            old = self._entries.pop(key, None)
            self._held -= old[1] if old else 0

    def put(self, key: Hashable, kept: Kept, size: int) -> None:
        """
        Keep something, dropping what was not used for longest.

        Parameters
        ----------
        key
            Its name.
        kept
            The thing.
        size
            Its size, bytes.
        """
        weight = size + _ENTRY_BYTES
        with self._lock:
            old = self._entries.pop(key, None)
            self._held -= old[1] if old else 0
            if weight > self._most:
                return
            self._entries[key] = (kept, weight)
            self._held += weight
            while self._held > self._most:
                _, (_, freed) = self._entries.popitem(last=False)
                self._held -= freed
