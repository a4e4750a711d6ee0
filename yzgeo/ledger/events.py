"""Events: what they say, how they are hashed, and the chain they form."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any, Literal

import orjson

Kind = Literal["transition", "measure", "note", "photo", "correction", "approval", "opening", "withdrawal"]
# Kinds that tell something and change no state.
TOLD: frozenset[Kind] = frozenset({"note", "photo"})
# Kinds that only imports, and what takes imports back, may make.
IMPORTED: frozenset[Kind] = frozenset({"opening", "withdrawal"})
# What the office adds to a payload, beside what its kind says: quantities are not among them.
MARKS: frozenset[str] = frozenset({"illustrative", "on_behalf_of"})
GENESIS = "0" * 64
PAYLOAD_VERSION = 1
# One clock for the whole country: the day an event speaks of must not depend on a phone's settings.
ZONE = timezone(timedelta(hours=8))


@dataclass(frozen=True, slots=True)
class Place:
    """Where the person stood: WGS 84 degrees, accuracy and distance to the feature in metres."""

    lon: float
    lat: float
    accuracy_m: float | None = None
    distance_m: float | None = None


@dataclass(frozen=True, slots=True)
class Event:
    """One entry of the ledger.

    ``valid_at`` is the moment it speaks of, with a time zone; ``recorded_at`` when it was accepted.

    Payload by kind: transition ``{to, reason?, evidence?: [sha256]}``; measure ``{field: value, …}``; note ``{text}``;
    photo ``{attachment, caption?}``; correction ``{cancels, reason}``; approval ``{event, granted, reason?}``;
    opening ``{stage, on?, measures?, replaces?: [id], batch?}``, which only an import makes; withdrawal ``{withdraws,
    reason, batch}``, which takes an opening back, or another withdrawal, when a batch is undone. What the illustrative
    district tells carries ``illustrative: true``, what someone enters for another ``on_behalf_of`` with that name.
    """

    id: str
    layer: str
    uid: str
    kind: Kind
    valid_at: datetime
    actor: str
    role: str
    payload: Mapping[str, Any]
    recorded_at: datetime | None = None
    base_revision: int | None = None
    place: Place | None = None
    payload_version: int = PAYLOAD_VERSION
    previous_hash: str = GENESIS
    hash: str = ""


def day_of(event: Event) -> date:
    """
    Tell the day an event speaks of.

    Parameters
    ----------
    event
        The event.

    Returns
    -------
    datetime.date
        The date on the country's clock.
    """
    return event.valid_at.astimezone(ZONE).date()


def people_of(event: Event) -> frozenset[str]:
    """
    Tell whose word an event is.

    Parameters
    ----------
    event
        The event.

    Returns
    -------
    frozenset of str
        Who entered it and, where someone else did that, who wrote it: neither can be their own second person.
    """
    author = event.payload.get("on_behalf_of")
    return frozenset({event.actor, author} if isinstance(author, str) else {event.actor})


def sealed(event: Event, previous_hash: str, recorded_at: datetime) -> Event:
    """
    Chain an event to the one before it.

    Parameters
    ----------
    event
        An accepted event.
    previous_hash
        Hash of the ledger's last event, `GENESIS` for the first.
    recorded_at
        When the office accepted it, with time zone.

    Returns
    -------
    Event
        The same event with its place in the chain and its hash: SHA-256 of its canonical JSON.
    """
    moment = recorded_at.astimezone(UTC)
    said = {**content(event), "previous_hash": previous_hash, "recorded_at": moment}
    return replace(event, previous_hash=previous_hash, recorded_at=moment, hash=_hashed(said))


def digest(event: Event) -> str:
    """
    Hash what an event says, its own hash left out.

    Parameters
    ----------
    event
        An event with its place in the chain.

    Returns
    -------
    str
        64 hexadecimal digits.
    """
    return _hashed(content(event))


def content(event: Event) -> dict[str, Any]:
    """
    Give what an event's hash is taken of.

    Parameters
    ----------
    event
        An event with its place in the chain.

    Returns
    -------
    dict
        Everything but the hash, by name.
    """
    place = event.place
    return {
        "id": event.id,
        "layer": event.layer,
        "uid": event.uid,
        "kind": event.kind,
        "valid_at": event.valid_at,
        "actor": event.actor,
        "role": event.role,
        "payload": dict(event.payload),
        "recorded_at": event.recorded_at,
        "base_revision": event.base_revision,
        "place": place
        and {
            "lon": place.lon,
            "lat": place.lat,
            "accuracy_m": place.accuracy_m,
            "distance_m": place.distance_m,
        },
        "payload_version": event.payload_version,
        "previous_hash": event.previous_hash,
    }


def says_the_same(one: Event, other: Event) -> bool:
    """
    Compare what two persons, or one person twice, want to say.

    Parameters
    ----------
    one, other
        Events, recorded or not.

    Returns
    -------
    bool
        True if they differ at most in what the office adds: record time, chain, role and base revision.
    """
    return _statement(one) == _statement(other)


def first_break(events: Iterable[Event]) -> tuple[int, str] | None:
    """
    Walk the chain and find where it breaks.

    Parameters
    ----------
    events
        The whole ledger in the order of recording.

    Returns
    -------
    tuple of int and str, or None
        Position (from 0) and id of the first event whose content or predecessor was changed; None if all is well.
    """
    previous = GENESIS
    for position, event in enumerate(events):
        if event.previous_hash != previous or digest(event) != event.hash:
            return position, event.id
        previous = event.hash
    return None


def _hashed(said: Mapping[str, Any]) -> str:
    return hashlib.sha256(orjson.dumps(said, option=orjson.OPT_SORT_KEYS)).hexdigest()


def _statement(event: Event) -> tuple[object, ...]:
    payload = orjson.dumps(dict(event.payload), option=orjson.OPT_SORT_KEYS)
    return (
        event.id,
        event.layer,
        event.uid,
        event.kind,
        event.valid_at,
        event.actor,
        payload,
        event.place and (event.place.lon, event.place.lat, event.place.accuracy_m),
        event.payload_version,
    )
