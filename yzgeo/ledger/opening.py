"""Opening entries: how what an import says of stages enters the ledger.

A table of the bureau says where features stand; it does not say how they came there. Such a statement is one event of
its own kind, so that the stage columns of every layer follow from the ledger and from nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, time
from uuid import NAMESPACE_URL, uuid5

from .events import ZONE, Event
from .folding import hidden, opening_day


def opening_for(
    layer: str,
    uid: str,
    *,
    stage: str,
    on: str | None,
    measures: Mapping[str, float],
    existing: Sequence[Event],
    illustrative: bool,
    actor: str,
    batch: str,
    now: datetime,
) -> Event:
    """
    Make the entry by which an import sets a feature's stage.

    Illustrative events give way to facts, and with them what people said of the illustrative feature. An opening dated
    later than this one gives way too. Without a date the stage holds since ever if nothing was known before, and since
    today otherwise.

    Parameters
    ----------
    layer
        Id of the layer.
    uid
        The feature's uid.
    stage
        Its stage by the import.
    on
        Day since when, ISO text, or None.
    measures
        Quantities the import gives.
    existing
        The feature's events so far.
    illustrative
        Whether the imported feature is itself illustrative.
    actor
        Who imports.
    batch
        Id of the batch, which names the file.
    now
        The office's clock, with time zone.

    Returns
    -------
    Event
        Not sealed yet; its id follows from the batch and the feature.
    """
    gone = hidden(existing)
    present = [event for event in existing if event.id not in gone and event.kind != "withdrawal"]
    invented = any(event.payload.get("illustrative") is True for event in present)
    replaced = present if invented and not illustrative else []
    kept = [event for event in present if event.kind == "opening" and not replaced]
    today = now.astimezone(ZONE).date()
    if on is None and kept:
        on = today.isoformat()
    valid_at = now
    if on is not None:
        valid_at = datetime.combine(datetime.fromisoformat(on).date(), time.min, tzinfo=ZONE)
        replaced = replaced + [
            event for event in kept if (day := opening_day(event)) is not None and day >= valid_at.date()
        ]
    payload: dict[str, object] = {"stage": stage, "on": on, "batch": batch}
    if measures:
        payload["measures"] = dict(measures)
    if replaced:
        payload["replaces"] = [event.id for event in replaced]
    if illustrative:
        payload["illustrative"] = True
    return Event(
        id=str(uuid5(NAMESPACE_URL, f"yzgeo:opening:{batch}:{layer}:{uid}")),
        layer=layer,
        uid=uid,
        kind="opening",
        valid_at=valid_at,
        actor=actor,
        role="import",
        payload=payload,
    )


def withdrawal_for(event: Event, *, actor: str, reason: str, batch: str, now: datetime) -> Event:
    """
    Make the entry that takes back what an import, or an undo, said of a feature.

    Parameters
    ----------
    event
        An opening or a withdrawal.
    actor, reason
        Who takes it back, and why.
    batch
        Id of the batch that undoes the one of ``event``.
    now
        The office's clock, with time zone.

    Returns
    -------
    Event
        Not sealed yet; its id follows from the batch and the event.
    """
    return Event(
        id=str(uuid5(NAMESPACE_URL, f"yzgeo:withdrawal:{batch}:{event.id}")),
        layer=event.layer,
        uid=event.uid,
        kind="withdrawal",
        valid_at=now,
        actor=actor,
        role="import",
        payload={"withdraws": event.id, "reason": reason, "batch": batch},
    )
