"""Openings by the hundred thousand: the same entries with the same hashes as one by one, without an object for each.

An import into a layer that keeps stages says something of every feature. Where nothing had been said of a feature
before, its opening depends on the row alone, so it is written straight from the columns.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from uuid import NAMESPACE_URL

import orjson

from .events import Event, content
from .opening import opening_for

_MADE_UP = b',"illustrative":true'


@dataclass(frozen=True, slots=True)
class Told:
    """What an import says of features, in columns of the same length; see `opening_for` for their meaning."""

    uids: Sequence[str]
    stages: Sequence[str]
    days: Sequence[str | None]
    measures: Sequence[Mapping[str, float]]
    illustrative: Sequence[bool]


@dataclass(frozen=True, slots=True)
class Openings:
    """Openings in the order of recording: what is told, and what differs from entry to entry as it is hashed.

    ``sample`` is one entry that has everything they share.
    """

    told: Told
    sample: Event
    ids: Sequence[str]
    payloads: Sequence[bytes]
    valid_at: Sequence[str]


def openings_for(layer: str, told: Told, *, actor: str, batch: str, now: datetime) -> Openings:
    """
    Make the openings of features of which the ledger has not heard.

    Parameters
    ----------
    layer
        Id of the layer.
    told
        What the import says.
    actor
        Who imports.
    batch
        Id of the batch.
    now
        The office's clock, with time zone.

    Returns
    -------
    Openings
        What `opening_for` would give for each, with no events there before.
    """
    samples = {
        day: opening_for(
            layer,
            "",
            stage="",
            on=day,
            measures={},
            existing=[],
            illustrative=False,
            actor=actor,
            batch=batch,
            now=now,
        )
        for day in {None, *told.days}
    }
    moments = {day: event.valid_at.isoformat() for day, event in samples.items()}
    # In the order of the alphabet, as `opening_for` spells it; many features are in one stage since the same day.
    begin, ends = b'{"batch":' + orjson.dumps(batch), {}
    for key in set(zip(told.stages, told.days, strict=True)):
        ends[key] = b',"on":' + orjson.dumps(key[1]) + b',"stage":' + orjson.dumps(key[0]) + b"}"
    payloads = [
        b"".join((begin, _MADE_UP if made_up else b"", _measured(given) if given else b"", ends[stage, day]))
        for stage, day, given, made_up in zip(told.stages, told.days, told.measures, told.illustrative, strict=True)
    ]
    start = hashlib.sha1(NAMESPACE_URL.bytes + f"yzgeo:opening:{batch}:{layer}:".encode(), usedforsecurity=False)
    ids = [_uuid5(start, uid) for uid in told.uids]
    return Openings(told, samples[None], ids, payloads, [moments[day] for day in told.days])


def chained(openings: Openings, previous: str, recorded_at: datetime) -> Iterator[str]:
    """
    Hash openings one after the other.

    Parameters
    ----------
    openings
        The entries.
    previous
        Hash of the ledger's last event.
    recorded_at
        When the office accepted them, with time zone.

    Yields
    ------
    str
        What `sealed` would give each as its hash.
    """
    shared = replace(openings.sample, recorded_at=recorded_at.astimezone(UTC))
    marks = {name: f"\x00{name}\x00" for name in ("id", "payload", "previous_hash", "uid", "valid_at")}
    template = orjson.dumps(content(shared) | marks, option=orjson.OPT_SORT_KEYS).replace(b"%", b"%%")
    for mark in marks.values():
        template = template.replace(orjson.dumps(mark), b"%b")
    moments = {text: orjson.dumps(text) for text in set(openings.valid_at)}
    sha256, spell = hashlib.sha256, orjson.dumps
    # The names stand in the order of the alphabet, as their keys do in the canonical spelling.
    for event_id, payload, uid, moment in zip(
        openings.ids, openings.payloads, openings.told.uids, openings.valid_at, strict=True
    ):
        entry = template % (spell(event_id), payload, spell(previous), spell(uid), moments[moment])
        previous = sha256(entry).hexdigest()
        yield previous


def _measured(measures: Mapping[str, float]) -> bytes:
    return b',"measures":' + orjson.dumps(measures, option=orjson.OPT_SORT_KEYS)


def _uuid5(start: Any, rest: str) -> str:
    """Do what `uuid.uuid5` does, from a hash that has already seen the beginning of the name."""
    seen = start.copy()
    seen.update(rest.encode())
    digest = bytearray(seen.digest()[:16])
    digest[6] = digest[6] & 0x0F | 0x50
    digest[8] = digest[8] & 0x3F | 0x80
    text = digest.hex()
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"
