"""Conflicts between phones and the office: stored before the phone hears of them, decided in one transaction."""

# ruff: noqa: S608 - names go through identifiers.quote, values are bound

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import orjson

from yzgeo.catalogue import Catalogue, Layer
from yzgeo.errors import ConflictDecidedError, ConflictError, ConflictMovedError, FeatureUnknownError, NotFoundError
from yzgeo.ledger import TOLD, Event, says_the_same

from . import audit, ledger_chain, ledger_projection, ledger_rows, reading, timestamps, values
from .base import Provenance
from .dialect import Access, Connection
from .identifiers import history_table, quote
from .people import Deed
from .phones import Judge, Keep, KeptConflict, Office, Ruling, Standing, Step

_GIVEN = "id, layer, uid, title, kind, home, actor, role, device, record, facts, received_at"
_COLUMNS = f"{_GIVEN}, keep, reason, decided_by, decided_at, event_id, position"
_SELECT = f"SELECT {_COLUMNS} FROM yzgeo_conflict"
_ID = "SELECT 1 FROM yzgeo_ledger WHERE event_id = ? UNION ALL SELECT 1 FROM yzgeo_conflict WHERE id = ?"


class StoredConflicts:
    """The `ConflictStore` of both databases; get it from the store."""

    def __init__(self, connections: Access, catalogue: Catalogue, *, clock: Callable[[], datetime]) -> None:
        self._connections = connections
        self._catalogue = catalogue
        self._clock = clock

    def put(self, conflict: KeptConflict) -> KeptConflict | Event:
        """
        Keep a record that contradicts what others recorded.

        Parameters
        ----------
        conflict
            The record and what is known of it.

        Returns
        -------
        KeptConflict or Event
            What is kept under that id; the entry of the ledger if it was recorded after all.
        """
        with self._connections.write(conflict.layer) as connection:
            recorded = ledger_rows.find(connection, conflict.id)
            if recorded is not None:
                return recorded
            row = (
                conflict.id,
                conflict.layer,
                conflict.uid,
                conflict.title,
                conflict.kind,
                conflict.home,
                conflict.actor,
                conflict.role,
                conflict.device,
                _spelt(conflict.record),
                _spelt(conflict.facts),
                timestamps.precise(conflict.received_at),
            )
            connection.execute(
                f"INSERT INTO yzgeo_conflict ({_GIVEN}) VALUES ({', '.join('?' * len(row))}) "
                "ON CONFLICT (id) DO NOTHING",
                row,
            )
            connection.executemany(
                "INSERT INTO yzgeo_conflict_evidence (sha256, id) VALUES (?, ?) ON CONFLICT (sha256, id) DO NOTHING",
                [(sha256, conflict.id) for sha256 in _evidence(conflict.record)],
            )
            return find(connection, conflict.id) or conflict

    def get(self, conflict_id: str) -> KeptConflict | None:
        """
        Look a conflict up.

        Parameters
        ----------
        conflict_id
            Id of the record.

        Returns
        -------
        KeptConflict or None
            The conflict.
        """
        with self._connections.read() as reader:
            return find(reader.connection, conflict_id)

    def find(
        self,
        limit: int,
        *,
        decided: bool | None = None,
        layers: Sequence[str] | None = None,
        before: int | None = None,
    ) -> Sequence[tuple[int, KeptConflict]]:
        """
        List conflicts.

        Parameters
        ----------
        limit
            Most wanted.
        decided
            Only decided ones, or only open ones.
        layers
            Only of these layers.
        before
            Only numbers below this one.

        Returns
        -------
        sequence of tuple
            Number and conflict, newest first.
        """
        conditions: list[str] = ["number < ?"]
        bound: list[Any] = [2**62 if before is None else before]
        if decided is not None:
            conditions.append(f"keep IS {'NOT ' if decided else ''}NULL")
        if layers is not None:
            conditions.append(f"layer IN ({', '.join('?' * len(layers))})" if layers else "1 = 0")
            bound += layers
        statement = f"SELECT number, {_COLUMNS} FROM yzgeo_conflict WHERE {' AND '.join(conditions)}"
        with self._connections.read() as reader:
            found = reader.connection.execute(f"{statement} ORDER BY number DESC LIMIT ?", (*bound, limit)).fetchall()
        return [(int(row[0]), _conflict(row[1:])) for row in found]

    def decided_for(self, actor: str, after: int) -> Sequence[KeptConflict]:
        """
        List what was decided of an account's records.

        Parameters
        ----------
        actor
            The account.
        after
            Only decisions after this place in the ledger.

        Returns
        -------
        sequence of KeptConflict
            In the order of the decisions.
        """
        condition = "WHERE actor = ? AND position > ? ORDER BY position, number"
        with self._connections.read() as reader:
            return [_conflict(row) for row in reader.connection.execute(f"{_SELECT} {condition}", (actor, after))]

    def citing(self, sha256: str) -> Sequence[KeptConflict]:
        """
        List the conflicts whose record names an attachment.

        Parameters
        ----------
        sha256
            Hash of its bytes.

        Returns
        -------
        sequence of KeptConflict
            In the order in which they came in.
        """
        condition = "WHERE id IN (SELECT id FROM yzgeo_conflict_evidence WHERE sha256 = ?) ORDER BY number"
        with self._connections.read() as reader:
            return [_conflict(row) for row in reader.connection.execute(f"{_SELECT} {condition}", (sha256,))]

    def steps(self, layer: str, uid: str, *, since: int) -> Sequence[Step]:
        """
        List which versions of a feature came to an end after a revision.

        Parameters
        ----------
        layer
            Id of the layer.
        uid
            The feature's uid.
        since
            The revision.

        Returns
        -------
        sequence of Step
            In the order of the revisions that ended them; a deletion ends the last one.
        """
        spec = self._catalogue.layer(layer)
        with self._connections.read() as reader:
            return _steps(reader.connection, spec, uid, since)

    def offices(self, layer: str, uids: Collection[str], *, fields: Sequence[str]) -> Mapping[str, Office]:
        """
        Tell what is known of many features now, in one pass.

        Parameters
        ----------
        layer
            Id of the layer.
        uids
            The features.
        fields
            Ids of the properties wanted.

        Returns
        -------
        mapping of str to Office
            By uid; what never was is not there.
        """
        spec, wanted = self._catalogue.layer(layer), sorted(set(uids))
        specs = [spec.field(name) for name in fields]
        columns = "".join(f", {quote(name)}" for name in fields)
        with self._connections.read() as reader:
            connection = reader.connection
            chosen = f"uid IN ({connection.dialect.among('text')})"
            events = ledger_rows.of_features(connection, layer, wanted)
            versions = connection.execute(
                f"SELECT uid, revision, NULL AS ended{columns} FROM {quote(layer)} WHERE {chosen} UNION ALL "
                f"SELECT uid, revision, until_revision{columns} FROM {quote(history_table(layer))} WHERE {chosen} "
                "ORDER BY revision",
                [orjson.dumps(wanted).decode()] * 2,
            ).fetchall()
        found: dict[str, Office] = {}
        for uid, revision, ended, *own in versions:  # the last version stays
            decoded = {each.id: values.decode((value,), each)[0] for each, value in zip(specs, own, strict=True)}
            found[uid] = Office(events[uid], decoded, int(revision), ended)
        return found

    def decide(
        self, conflict_id: str, judge: Judge, *, keep: Keep, reason: str, by: str, office_revision: int, deed: Deed
    ) -> KeptConflict:
        """
        Decide a conflict.

        Parameters
        ----------
        conflict_id
            Id of the record.
        judge
            Gives the entries to add to the ledger, and the id of the one that stands for the decision.
        keep, reason, by
            What is decided, why and by whom.
        office_revision
            Revision of the feature as the decider saw it.
        deed
            What the audit is to say.

        Returns
        -------
        KeptConflict
            With its decision.

        Raises
        ------
        NotFoundError
            If there is no such conflict.
        ConflictDecidedError
            If it was decided before, or its record was recorded after all.
        ConflictMovedError
            If the feature has moved on.
        """
        known = self.get(conflict_id)
        if known is None:
            raise NotFoundError(what=conflict_id)
        layer = self._catalogue.layer(known.layer)
        with self._connections.write(layer.id) as connection:
            now = self._clock().astimezone(UTC)
            kept = find(connection, conflict_id) or known
            if kept.ruling is not None or ledger_rows.find(connection, conflict_id) is not None:
                raise ConflictDecidedError(id=conflict_id)
            standing = _standing(connection, layer, kept.uid, now)
            if standing.revision != office_revision:
                raise ConflictMovedError(id=conflict_id, base=office_revision, current=standing.revision)
            main, events = judge(standing)
            sealed = ledger_chain.append(connection, events, now=now)
            self._project(connection, layer, standing, sealed, by=by, conflict_id=conflict_id, now=now)
            position = connection.execute("SELECT events FROM yzgeo_ledger_head").fetchone()[0]
            connection.execute(
                "UPDATE yzgeo_conflict SET keep = ?, reason = ?, decided_by = ?, decided_at = ?, event_id = ?, "
                "position = ? WHERE id = ?",
                (keep, reason, by, timestamps.precise(now), main, position, conflict_id),
            )
            audit.append(connection, deed, now=now)
            return find(connection, conflict_id) or kept

    def _project(
        self,
        connection: Connection,
        layer: Layer,
        standing: Standing,
        added: Sequence[Event],
        *,
        by: str,
        conflict_id: str,
        now: datetime,
    ) -> None:
        table = layer.stage_table
        if table is None or standing.properties is None or all(event.kind in TOLD for event in added):
            return
        uid = added[0].uid
        made = {uid: ledger_projection.project([*standing.events, *added], table)}
        ledger_projection.store(connection, layer, made)
        provenance = Provenance(by, "conflict", choices={"event": added[-1].id, "conflict": conflict_id})
        ledger_projection.amend(connection, layer, table, made, provenance=provenance, now=now)


def find(connection: Connection, conflict_id: str) -> KeptConflict | None:
    """
    Look a conflict up.

    Parameters
    ----------
    connection
        Any connection.
    conflict_id
        Id of the record.

    Returns
    -------
    KeptConflict or None
        The conflict.
    """
    row = connection.execute(f"{_SELECT} WHERE id = ?", (conflict_id,)).fetchone()
    return None if row is None else _conflict(row)


def sent_before(connection: Connection, event: Event) -> Event | None:
    """
    Find the entry under an event's id.

    Parameters
    ----------
    connection
        Any connection.
    event
        An event that someone sends.

    Returns
    -------
    Event or None
        The first one, which says the same; None if the id is new.

    Raises
    ------
    ConflictError
        If the id was used for another event, or for a record that is kept for a decision.
    """
    if connection.execute(_ID, (event.id, event.id)).fetchone() is None:
        return None
    first = ledger_rows.find(connection, event.id)
    if first is None:
        # What has become lawful meanwhile is still not recorded behind the decider's back.
        raise ConflictError(what=event.id, base=event.id, current=event.id, held=True)
    if not says_the_same(first, event):
        raise ConflictError(what=event.id, base=event.id, current=first.hash[:12], first=first)
    return first


def _standing(connection: Connection, layer: Layer, uid: str, now: datetime) -> Standing:
    events = ledger_rows.of_feature(connection, layer.id, uid)
    try:
        feature = reading.feature(connection, layer, uid, revision=None)
    except FeatureUnknownError:
        ended = _steps(connection, layer, uid, 0)
        return Standing(events, None, ended[-1].revision if ended else 0, now)
    return Standing(events, feature.properties, feature.revision, now)


def _steps(connection: Connection, layer: Layer, uid: str, since: int) -> list[Step]:
    found = connection.execute(
        f"SELECT h.until_revision, b.recorded_at, b.actor FROM {quote(history_table(layer.id))} AS h "
        "JOIN yzgeo_batch AS b ON b.layer = ? AND b.revision = h.until_revision "
        "WHERE h.uid = ? AND h.until_revision > ? ORDER BY h.until_revision",
        (layer.id, uid, since),
    ).fetchall()
    return [Step(int(revision), datetime.fromisoformat(at), actor) for revision, at, actor in found]


def _evidence(record: Mapping[str, Any]) -> set[str]:
    payload = record.get("payload") or {}
    named = payload.get("evidence")
    return {each for each in [*(named if isinstance(named, list) else []), payload.get("attachment")] if each}


def _spelt(content: Mapping[str, Any]) -> str:
    return orjson.dumps(dict(content), option=orjson.OPT_SORT_KEYS).decode()


def _conflict(row: Sequence[Any]) -> KeptConflict:
    keep, reason, by, at, event, position = row[12:]
    ruling = None if keep is None else Ruling(keep, reason, by, datetime.fromisoformat(at), event, int(position))
    return KeptConflict(
        id=row[0],
        layer=row[1],
        uid=row[2],
        title=row[3],
        kind=row[4],
        home=row[5],
        actor=row[6],
        role=row[7],
        device=row[8],
        record=orjson.loads(row[9]),
        facts=orjson.loads(row[10]),
        received_at=datetime.fromisoformat(row[11]),
        ruling=ruling,
    )
