"""The ledger in the GeoPackage: events in one chain, and what follows from them in the same transaction."""

# ruff: noqa: S608 - names go through identifiers.quote, values are bound

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime

import numpy as np

from yzgeo.catalogue import Catalogue, Layer, StageTable
from yzgeo.errors import EventRefusedError
from yzgeo.ledger import TOLD, Event, Story

from . import conflicts, ledger_chain, ledger_checking, ledger_projection, ledger_rows, reading, timestamps, writing
from .base import Attachment, Deliveries, Feature, Judge, Provenance, Recorded, StageSince, Verification
from .dialect import Access, Connection
from .identifiers import quote
from .ledger_memory import End, Known, Memory
from .ledger_projection import Change

Clock = Callable[[], datetime]
_PAGE = 2_000
_ATTACHMENT = "sha256, media_type, bytes, actor, added_at, width, height, lon, lat, taken_at, illustrative"


class GeoPackageLedger:
    """The `LedgerStore` of a GeoPackage; get it from the store."""

    def __init__(self, connections: Access, catalogue: Catalogue, *, clock: Clock) -> None:
        self._connections = connections
        self._catalogue = catalogue
        self._clock = clock
        self._memory = Memory()

    def revision(self) -> int:
        """
        Tell how many events there are.

        Returns
        -------
        int
            0 for a new district.
        """
        with self._connections.read() as reader:
            return reader.remember("ledger", _count)

    def record(self, event: Event, judge: Judge) -> Recorded:
        """
        Record one event and what follows from it in one transaction.

        Parameters
        ----------
        event
            The event, not sealed.
        judge
            Raises if it may not be recorded.

        Returns
        -------
        Recorded
            The sealed event; the first one if it was sent before.

        Raises
        ------
        ConflictError
            If the id was used for another event.
        EventRefusedError
            If the layer has no stages.
        FeatureUnknownError
            If there is no such feature.
        """
        layer, table = self._staged(event.layer)
        with self._connections.write(layer.id) as connection:
            first = conflicts.sent_before(connection, event)
            if first is not None:
                return Recorded(first, created=False, revision=writing.current_revision(connection, layer))
            chain = ledger_chain.head(connection)
            before = End(chain[1], writing.current_revision(connection, layer))
            known = self._memory.recall(before, layer.id, event.uid)
            feature = known.feature if known else reading.feature(connection, layer, event.uid, revision=None)
            existing = known.events if known else Story(ledger_rows.of_feature(connection, layer.id, event.uid))
            now = self._clock().astimezone(UTC)
            judge(existing, feature, now)
            [entry] = ledger_chain.append(connection, [event], now=now, at=chain)
            revision, events = before.revision, existing.then(entry)
            if event.kind in TOLD:
                made = replace(known, events=events) if known else None
            else:
                old = known.projection if known else None
                projection = {event.uid: ledger_projection.project(events, table, before=old)}
                stored = {event.uid: old} if old else {}
                ledger_projection.store(connection, layer, projection, stored=stored)
                changes = ledger_projection.differences(connection, layer, table, projection, features=[feature])
                provenance = Provenance(event.actor, event.kind, choices={"event": event.id})
                revision = ledger_projection.put_right(
                    connection, layer, changes, provenance=provenance, now=now, since=revision
                )
                made = Known(_with(feature, changes, revision), events, projection[event.uid])
        self._memory.keep(before, End(entry.hash, revision), layer.id, event.uid, made)
        return Recorded(entry, created=True, revision=revision)

    def record_many(self, events: Iterable[Event], *, actor: str, reason: str) -> int:
        """
        Record trusted events in bulk in one transaction.

        Parameters
        ----------
        events
            In the order of recording; each keeps its record time if it names one.
        actor, reason
            Who causes the change of the layers, and why.

        Returns
        -------
        int
            How many were recorded.

        Raises
        ------
        EventRefusedError
            If a layer has no stages.
        """
        given = list(events)
        with self._connections.write() as connection:
            now = self._clock().astimezone(UTC)
            sealed = ledger_chain.append(connection, given, now=now)
            touched: dict[str, dict[str, None]] = defaultdict(dict)
            for event in (each for each in sealed if each.kind not in TOLD):
                touched[event.layer][event.uid] = None
            for layer_id, uids in touched.items():
                layer, table = self._staged(layer_id)
                made = {
                    uid: ledger_projection.project(ledger_rows.of_feature(connection, layer_id, uid), table)
                    for uid in uids
                }
                ledger_projection.store(connection, layer, made)
                provenance = Provenance(actor, reason, choices={"events": len(given)})
                ledger_projection.amend(connection, layer, table, made, provenance=provenance, now=now)
        return len(given)

    def events(self, layer: str, uid: str) -> Sequence[Event]:
        """
        List the events of a feature.

        Parameters
        ----------
        layer
            Id of the layer.
        uid
            The feature's uid.

        Returns
        -------
        sequence of Event
            In the order of recording.
        """
        with self._connections.read() as reader:
            return ledger_rows.of_feature(reader.connection, layer, uid)

    def stories(self, layer: str, *, after: str, limit: int, until: int) -> Mapping[str, Sequence[Event]]:
        """
        List features with their events, a page at a time.

        Parameters
        ----------
        layer
            Id of the layer.
        after
            Only features after this uid; empty for the first page.
        limit
            Most features wanted.
        until
            Only events up to this place in the chain.

        Returns
        -------
        mapping
            By uid, in the order of uids; the events in the order of recording.
        """
        with self._connections.read() as reader:
            return ledger_rows.stories(reader.connection, layer, after=after, limit=limit, until=until)

    def event(self, event_id: str) -> Event | None:
        """
        Look an event up.

        Parameters
        ----------
        event_id
            Its id.

        Returns
        -------
        Event or None
            The event.
        """
        with self._connections.read() as reader:
            return ledger_rows.find(reader.connection, event_id)

    def position(self, event_id: str) -> int | None:
        """
        Tell an event's place in the chain.

        Parameters
        ----------
        event_id
            Its id.

        Returns
        -------
        int or None
            From 1; None if there is no such event.
        """
        with self._connections.read() as reader:
            found = reader.connection.execute("SELECT sequence FROM yzgeo_ledger WHERE event_id = ?", (event_id,))
            row = found.fetchone()
        return None if row is None else int(row[0])

    def chain(self) -> Iterator[Event]:
        """
        Give all events in the order of recording.

        Yields
        ------
        Event
            Read page by page, so that nobody has to wait for a slow reader.
        """
        after = 0
        while True:
            with self._connections.read() as reader:
                page = _numbered(reader.connection, "WHERE sequence > ? ORDER BY sequence LIMIT ?", (after, _PAGE))
            if not page:
                return
            yield from (event for _, event in page)
            after = page[-1][0]

    def spoken_of(self, layer: str, after: datetime, until: datetime) -> Sequence[str]:
        """
        List the features of which something was recorded in a span of time.

        Parameters
        ----------
        layer
            Id of the layer.
        after, until
            Record times, with zone: later than the first, not later than the second.

        Returns
        -------
        sequence of str
            Their uids.
        """
        told = sorted(TOLD)
        statement = (
            "SELECT DISTINCT uid FROM yzgeo_ledger WHERE layer = ? AND recorded_at > ? AND recorded_at <= ? "
            f"AND kind NOT IN ({', '.join('?' * len(told))}) ORDER BY uid"
        )
        span = (timestamps.precise(after), timestamps.precise(until))
        with self._connections.read() as reader:
            found = reader.connection.execute(statement, (layer, *span, *told)).fetchall()
        return [str(uid) for (uid,) in found]

    def spoken_since(self, layer: str, after: int) -> Sequence[str]:
        """
        List the features of which anything was recorded after a place in the chain.

        Parameters
        ----------
        layer
            Id of the layer.
        after
            The place.

        Returns
        -------
        sequence of str
            Their uids.
        """
        # Sorted here: a database asked for them in order walks the whole layer by the index of its features instead.
        statement = "SELECT uid FROM yzgeo_ledger WHERE layer = ? AND sequence > ?"
        with self._connections.read() as reader:
            found = reader.connection.execute(statement, (layer, after)).fetchall()
        return sorted({str(uid) for (uid,) in found})

    def pending(self, *, layers: Sequence[str] | None = None) -> Sequence[Event]:
        """
        List the moves that wait for a second person.

        Parameters
        ----------
        layers
            Only of these layers; of all if not given.

        Returns
        -------
        sequence of Event
            Oldest first.
        """
        condition, bound = _of_layers(layers)
        with self._connections.read() as reader:
            statement = f"WHERE event_id IN (SELECT event_id FROM yzgeo_ledger_pending) {condition} ORDER BY sequence"
            return list(ledger_rows.select(reader.connection, statement, bound))

    def recent(
        self, limit: int, *, before: int | None = None, layers: Sequence[str] | None = None
    ) -> Sequence[tuple[int, Event]]:
        """
        List the newest events.

        Parameters
        ----------
        limit
            Most events wanted.
        before
            Only places in the chain below this one.
        layers
            Only of these layers; of all if not given.

        Returns
        -------
        sequence of tuple
            Place in the chain and event, newest first.
        """
        condition, bound = _of_layers(layers)
        below = 2**62 if before is None else before
        with self._connections.read() as reader:
            statement = f"WHERE sequence < ? {condition} ORDER BY sequence DESC LIMIT ?"
            return _numbered(reader.connection, statement, (below, *bound, limit))

    def stages_on(self, layer: str, day: date) -> Mapping[str, StageSince]:
        """
        Tell the stage of every feature at the end of a day, as known today.

        Parameters
        ----------
        layer
            Id of the layer.
        day
            The day.

        Returns
        -------
        mapping
            By uid; a feature without events is missing, its stage is the first one.
        """
        self._catalogue.layer(layer)
        text = day.isoformat()
        with self._connections.read() as reader:
            found = reader.connection.execute(
                "SELECT uid, stage, start_day, event_id FROM yzgeo_ledger_interval "
                "WHERE layer = ? AND start_day <= ? AND end_day > ?",
                (layer, text, text),
            ).fetchall()
        days = {start: date.fromisoformat(start) if start else None for _, _, start, _ in found}
        return {uid: StageSince(stage, days[start], event) for uid, stage, start, event in found}

    def measures_on(
        self, layer: str, day: date, uids: Sequence[str] | None = None
    ) -> Mapping[str, Mapping[str, float]]:
        """
        Tell the quantities reported by the end of a day, as known today.

        Parameters
        ----------
        layer
            Id of the layer.
        day
            The day.
        uids
            Of these features; of all if not given.

        Returns
        -------
        mapping
            Uid to field to value.
        """
        with self._connections.read() as reader:
            some = "" if uids is None else f"AND uid IN ({reader.connection.dialect.among('text')}) "
            rows = reader.connection.execute(
                f"SELECT uid, field, value FROM yzgeo_ledger_measure WHERE layer = ? AND start_day <= ? {some}"
                "ORDER BY uid, field, start_day",
                (layer, day.isoformat(), *(() if uids is None else (json.dumps(list(uids)),))),
            ).fetchall()
        found: dict[str, dict[str, float]] = defaultdict(dict)
        for uid, field, value in rows:
            found[uid][field] = value  # the last one stays
        return found

    def last_day(self) -> date | None:
        """
        Tell the latest day that any stage was reached.

        Returns
        -------
        datetime.date or None
            None in a new district.
        """
        with self._connections.read() as reader:
            latest = reader.remember("ledger day", _last_day)
        return date.fromisoformat(latest) if latest else None

    def deliveries(self, layer: str, field: str | None = None) -> Deliveries:
        """
        List when features became delivered, or stopped being so.

        Parameters
        ----------
        layer
            Id of the layer.
        field
            Each feature counts as its present value of this field; 1 if not given, also where it was deleted since.

        Returns
        -------
        Deliveries
            In order of days.
        """
        spec = self._catalogue.layer(layer)
        amount, present = "1.0", ""
        if field is not None:
            amount = f"coalesce(t.{quote(spec.field(field).id)}, 0)"
            present = f"JOIN {quote(layer)} AS t ON t.uid = i.uid "
        with self._connections.read() as reader:
            found = reader.connection.execute(
                f"SELECT i.uid, i.start_day, i.delta * {amount} FROM yzgeo_ledger_interval AS i "
                f"{present}WHERE i.layer = ? AND i.delta != 0 ORDER BY i.start_day",
                (layer,),
            ).fetchall()
        uids, days, amounts = zip(*found, strict=True) if found else ((), (), ())
        return Deliveries(
            uids,
            np.array([start or "NaT" for start in days], dtype="datetime64[D]"),
            np.array(amounts, dtype=np.float64),
        )

    def verify(self) -> Verification:
        """
        Walk the chain and compare the projection.

        Returns
        -------
        Verification
            The first break of the chain, and every difference of the projection.
        """
        with self._connections.read() as reader:
            return ledger_checking.verify(reader.connection, self._catalogue)

    def rebuild(self) -> int:
        """
        Make the projection again from the events.

        Returns
        -------
        int
            How many features had columns put right.
        """
        with self._connections.write() as connection:
            return ledger_checking.rebuild(connection, self._catalogue, now=self._clock().astimezone(UTC))

    def put_attachment(self, attachment: Attachment) -> None:
        """
        Note an attachment, and who sent it.

        Parameters
        ----------
        attachment
            The first note of the same bytes stays; everyone who sent them is remembered.
        """
        row = (
            attachment.sha256,
            attachment.media_type,
            attachment.bytes,
            attachment.actor,
            timestamps.precise(attachment.added_at),
            attachment.width,
            attachment.height,
            attachment.lon,
            attachment.lat,
            attachment.taken_at,
            int(attachment.illustrative),
        )
        with self._connections.write() as connection:
            connection.execute(
                f"INSERT INTO yzgeo_attachment ({_ATTACHMENT}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) "
                "ON CONFLICT (sha256) DO NOTHING",
                row,
            )
            connection.execute(
                "INSERT INTO yzgeo_attachment_sender (sha256, actor) VALUES (?, ?) "
                "ON CONFLICT (sha256, actor) DO NOTHING",
                (attachment.sha256, attachment.actor),
            )

    def senders(self, sha256: str) -> Sequence[str]:
        """
        List who sent an attachment.

        Parameters
        ----------
        sha256
            Hash of its bytes.

        Returns
        -------
        sequence of str
            Names of accounts: each of them had the bytes.
        """
        with self._connections.read() as reader:
            found = reader.connection.execute(
                "SELECT actor FROM yzgeo_attachment_sender WHERE sha256 = ? ORDER BY actor", (sha256,)
            ).fetchall()
        return [str(actor) for (actor,) in found]

    def citing(self, sha256: str) -> Sequence[Event]:
        """
        List the events that name an attachment.

        Parameters
        ----------
        sha256
            Hash of its bytes.

        Returns
        -------
        sequence of Event
            In the order of recording.
        """
        named = "WHERE event_id IN (SELECT event_id FROM yzgeo_evidence WHERE sha256 = ?) ORDER BY sequence"
        with self._connections.read() as reader:
            return list(ledger_rows.select(reader.connection, named, (sha256,)))

    def attachment(self, sha256: str) -> Attachment | None:
        """
        Look an attachment up.

        Parameters
        ----------
        sha256
            Hash of its bytes.

        Returns
        -------
        Attachment or None
            What is known of it.
        """
        with self._connections.read() as reader:
            statement = f"SELECT {_ATTACHMENT} FROM yzgeo_attachment WHERE sha256 = ?"
            row = reader.connection.execute(statement, (sha256,)).fetchone()
        if row is None:
            return None
        values = dict(zip(_ATTACHMENT.split(", "), row, strict=True))
        values |= {"added_at": datetime.fromisoformat(row[4]), "illustrative": bool(row[10])}
        return Attachment(**values)

    def _staged(self, layer_id: str) -> tuple[Layer, StageTable]:
        layer = self._catalogue.layer(layer_id)
        if layer.stage_table is None:
            raise EventRefusedError(
                first_zh=f"图层“{layer.spec.title.zh}”没有进度阶段",
                first_en=f"layer {layer_id} keeps no stages",
                issues=[],
            )
        return layer, layer.stage_table


def _with(feature: Feature, changes: Sequence[Change], revision: int) -> Feature:
    """Give a feature as it is after its columns were put right."""
    if not changes:
        return feature
    return replace(feature, revision=revision, properties={**feature.properties, **changes[0].values})


def _count(connection: Connection) -> int:
    return int(connection.execute("SELECT events FROM yzgeo_ledger_head").fetchone()[0])


def _last_day(connection: Connection) -> str | None:
    latest: str | None = connection.execute("SELECT max(start_day) FROM yzgeo_ledger_interval").fetchone()[0]
    return latest


def _of_layers(layers: Sequence[str] | None) -> tuple[str, tuple[str, ...]]:
    if layers is None:
        return "", ()
    if not layers:
        return "AND 1 = 0", ()
    return f"AND layer IN ({', '.join('?' * len(layers))})", tuple(layers)


def _numbered(connection: Connection, condition: str, bound: Sequence[int | str]) -> list[tuple[int, Event]]:
    found = connection.execute(f"SELECT sequence, {ledger_rows.COLUMNS} FROM yzgeo_ledger {condition}", bound)
    return [(int(row[0]), ledger_rows.from_row(row[1:])) for row in found.fetchall()]
