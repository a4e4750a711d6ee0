"""Whether the ledger can be trusted, and how to bring the layers back to what it says."""

from __future__ import annotations

from typing import Any

from yzgeo.store.base import Store

_REASONS = {
    "content": ("内容或哈希与登记时不同", "its content or hash is not what was recorded"),
    "predecessor": ("前一条记录缺失、被换位或被改", "the entry before it is missing, moved or changed"),
    "tail": ("台账末尾的记录缺失", "entries at the end of the ledger are missing"),
}


def verify(store: Store) -> dict[str, Any]:
    """
    Walk the chain and compare the layers with it.

    Parameters
    ----------
    store
        The store.

    Returns
    -------
    dict
        ``ok``, ``events``, ``head`` (hash of the last event), ``broken`` (``position`` from 1, ``event``, ``reason``
        and its sentences) or None, and ``differences`` of the projection.
    """
    found = store.ledger.verify()
    broken = None
    if found.broken is not None:
        zh, en = _REASONS[found.broken.reason]
        broken = {
            "position": found.broken.position + 1,
            "row": found.broken.sequence,
            "event": found.broken.event,
            "reason": found.broken.reason,
            "message": zh,
            "message_en": en,
        }
    return {
        "ok": found.ok,
        "events": found.events,
        "head": found.head,
        "broken": broken,
        "differences": [
            {
                "layer": each.layer,
                "uid": each.uid,
                "field": each.field,
                "stored": each.stored,
                "expected": each.expected,
            }
            for each in found.differences
        ],
    }


def rebuild(store: Store) -> dict[str, Any]:
    """
    Make the projection again from the events, and check it.

    Parameters
    ----------
    store
        The store.

    Returns
    -------
    dict
        ``mended`` (features whose columns were put right) and the result of `verify`.
    """
    mended = store.ledger.rebuild()
    return {"mended": mended, **verify(store)}
