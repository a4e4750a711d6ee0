"""The phone in the field: what changed in its street offices since it last asked, and what it wants recorded."""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any, Literal

import numpy as np
import orjson
import shapely

from yzgeo import crs, ledger, stages
from yzgeo.access import may_record, may_record_somewhere, may_see_feature, own_part
from yzgeo.catalogue import Layer, StageTable
from yzgeo.checks import Issue
from yzgeo.errors import (
    ConflictDecidedError,
    ConflictError,
    EventRefusedError,
    FeatureUnknownError,
    ForbiddenError,
    InputError,
    LayerUnknownError,
    NotFoundError,
    RecordIdTakenError,
)
from yzgeo.ledger import Event, Place
from yzgeo.store.base import Feature, Query, Rows, Store, Value
from yzgeo.store.phones import ConflictKind, KeptConflict

from . import conflicts
from .overview import visible_feature, visible_fields, visible_layers
from .progress import (
    Caller,
    Draft,
    Receipt,
    caller_may_record,
    feature_stage,
    in_words,
    prepared,
    record_event,
    refused,
)

Outcome = Literal["accepted", "repeated", "agreed", "rebased", "conflict", "refused"]
Refusal = (
    ConflictError
    | ConflictDecidedError
    | RecordIdTakenError
    | EventRefusedError
    | NotFoundError
    | ForbiddenError
    | InputError
)

_PAGE = 500
_DECIMALS = 7  # about 1 cm
_NAMED = ("subdistrict", "community", "planned_finish", "data_status")
_FINAL = (EventRefusedError, NotFoundError, ForbiddenError, InputError)


@dataclass(frozen=True, slots=True)
class Pushed:
    """What became of one record a phone sent; ``event`` is the entry that stands, ``refusal`` why there is none."""

    outcome: Outcome
    event: Event | None = None
    refusal: Refusal | None = None


@dataclass(frozen=True, slots=True)
class _Known:
    """What a phone has: the ledger's length and each layer's revision, for one reach and one set of forms."""

    ledger: int
    layers: Mapping[str, int]


def pull(store: Store, caller: Caller, *, since: str | None = None) -> dict[str, Any]:
    """
    Tell what changed for a phone since it last asked.

    Parameters
    ----------
    store
        The store.
    caller
        Who asks; an account of the field gets its own street offices, the others what their role may see.
    since
        ``token`` of the answer before; without it, or when the account's reach or the forms have changed, everything
        is told and ``full`` is True: the phone then forgets what it had.

    Returns
    -------
    dict
        ``token``, ``full``, ``server_time``, ``subdistricts``, ``layers`` with stages, moves and measures (the forms),
        ``features`` that changed with geometry (WGS 84) and state, and ``gone``: what was deleted or moved away;
        ``decisions`` on the caller's own records that were in conflict.

    Raises
    ------
    ForbiddenError
        If the caller may not record progress anywhere.
    """
    if not may_record_somewhere(caller.role, caller.subdistricts):
        raise ForbiddenError
    staged = [
        (layer, layer.stage_table)
        for layer in visible_layers(store.catalogue, caller.role)
        if layer.stage_table is not None
    ]
    forms = [_forms(layer, table, caller) for layer, table in staged]
    reach = _reach(caller, forms)
    known = _read_token(since, reach)
    # Positions are read before the features: what is written in between is told twice rather than never.
    length = store.ledger.revision()
    revisions = {layer.id: store.revision(layer.id) for layer, _ in staged}
    spoken = {} if known is None else {name: store.ledger.spoken_since(name, known.ledger) for name in revisions}
    features: list[dict[str, Any]] = []
    gone: list[dict[str, str]] = []
    for layer, table in staged:
        own = own_part(caller.role, caller.subdistricts, layer)
        if known is None:
            features += _features(store, layer, table, caller, own=own, uids=None)
            continue
        changed = {change.uid for change in store.changes(layer.id, since=known.layers.get(layer.id, 0))}
        changed.update(spoken[layer.id])
        if changed:
            told = _features(store, layer, table, caller, own=own, uids=changed)
            features += told
            missing = changed.difference(each["uid"] for each in told)
            gone += [{"layer": layer.id, "uid": uid} for uid in sorted(missing) if _was_own(store, layer, uid, own)]
    return {
        "token": _write_token(_Known(length, revisions), reach),
        "full": known is None,
        "server_time": datetime.now(UTC).isoformat(timespec="milliseconds"),
        "subdistricts": sorted(caller.subdistricts),
        "layers": forms,
        "features": features,
        "gone": gone,
        "decisions": conflicts.decisions_since(store, caller, 0 if known is None else known.ledger),
    }


def push(store: Store, draft: Draft, caller: Caller, *, device: str = "") -> Pushed:
    """
    Record what a phone sent, which may have been sent before and may be older than what the office knows.

    Parameters
    ----------
    store
        The store.
    draft
        The record; its id was made on the phone.
    caller
        Who sends it.
    device
        Id of the phone, for the conflict desk.

    Returns
    -------
    Pushed
        ``repeated`` where it stands already, ``agreed`` where others had reported the same stage, ``rebased`` where
        others had moved the feature on and the record still holds, ``conflict`` where it does not: it is kept then,
        durably, until someone decides. ``refused`` where it would not have been taken anyway, or was decided against.
        A fault of storage is raised: nothing is known then, and it may be sent again.
    """
    held = store.conflicts.get(draft.id)
    # Asked before anything else: what was recorded stays recorded, also where the feature has moved away since.
    first = None if held else store.ledger.event(draft.id)
    if held is not None:
        return _held(store, held, draft, caller)
    if first is not None:
        return _again(first, draft, caller)
    try:
        receipt = record_event(store, draft, caller)
    except ConflictError as conflict:
        return _contradicted(store, draft, caller, conflict, device)
    except _FINAL as refusal:
        return _overtaken(store, draft, caller, refusal, device) or Pushed("refused", refusal=refusal)
    return Pushed(_outcome(store, draft, caller, receipt) if receipt.created else "repeated", receipt.event)


def _outcome(store: Store, draft: Draft, caller: Caller, receipt: Receipt) -> Outcome:
    """Name what happened by what stood in the ledger before the entry, whoever has written since."""
    if draft.kind == "transition":
        machine = stages.machine(_table(store, draft))
        events = store.ledger.events(draft.layer, draft.uid)
        place = next(index for index, event in enumerate(events) if event.id == receipt.event.id)
        after = ledger.fold(events[: place + 1], machine)
        added = {event for _, _, event in after.track} | set(after.pending)
        if receipt.event.id not in added or ledger.fold(events[:place], machine).stage == draft.payload.get("to"):
            return "agreed"
    if draft.base_revision is None or draft.kind in ledger.TOLD or receipt.seen is None:
        return "accepted"
    steps = store.conflicts.steps(draft.layer, draft.uid, since=draft.base_revision)
    # What the same person sent a moment ago has moved the feature too, and is no news to the phone.
    others = [step for step in steps if step.revision <= receipt.seen and step.actor != caller.name]
    return "rebased" if others else "accepted"


def _held(store: Store, held: KeptConflict, draft: Draft, caller: Caller) -> Pushed:
    """Answer for a record that was kept before; one that only bears its id learns nothing of it."""
    same = {key: value for key, value in conflicts.spelt(draft).items() if key != "base_revision"}
    kept = {key: value for key, value in held.record.items() if key != "base_revision"}
    if held.actor != (draft.on_behalf_of or caller.name) or _canonical(same) != _canonical(kept):
        return Pushed("refused", refusal=RecordIdTakenError(id=draft.id))
    if held.ruling is None:
        return Pushed("conflict", refusal=_refusal_of(store, held, caller))
    event = None if held.ruling.keep == "office" else store.ledger.event(held.ruling.event)
    if event is not None:
        return Pushed("accepted", event)
    decision = conflicts.describe_ruling(held.ruling)
    return Pushed("refused", refusal=ConflictDecidedError(id=draft.id, decision=decision))


def _canonical(record: Mapping[str, Any]) -> bytes | None:
    """Spell a record so that it can be compared; None for what could never have been stored."""
    try:
        return orjson.dumps(record, option=orjson.OPT_SORT_KEYS)
    except TypeError:
        return None


def _refusal_of(store: Store, held: KeptConflict, caller: Caller) -> ConflictError:
    facts = {"what": held.title, **{key: held.facts[key] for key in ("base", "current", "issues")}}
    with suppress(*_FINAL):  # it was deleted, or lies with another street office: no more is told
        facts["current_version"] = feature_stage(store, held.layer, held.uid, caller)
    return ConflictError(kind=held.kind, **facts)


def _contradicted(store: Store, draft: Draft, caller: Caller, conflict: ConflictError, device: str) -> Pushed:
    """Keep a contradiction; an id that is in use already is no contradiction, and may be the same word again."""
    first = conflict.fields.get("first")
    if isinstance(first, Event):
        return _again(first, draft, caller)
    if conflict.fields.get("held"):
        held = store.conflicts.get(draft.id)
        if held is not None:
            return _held(store, held, draft, caller)
    given: Any = conflict.fields.get("issues", [])
    return _kept(store, draft, caller, _present(store, draft, caller), issues=given, device=device)


def _again(first: Event, draft: Draft, caller: Caller) -> Pushed:
    if _same_word(first, draft, caller):
        return Pushed("repeated", first)
    return Pushed("refused", refusal=RecordIdTakenError(id=draft.id))


def _same_word(first: Event, draft: Draft, caller: Caller) -> bool:
    """Tell whether an entry was made of this record, by its author or by someone else from a file of unsent work."""
    plain = {key: value for key, value in first.payload.items() if key != "on_behalf_of"}
    author = first.payload.get("on_behalf_of") or first.actor
    place = first.place and Place(first.place.lon, first.place.lat, first.place.accuracy_m)
    told = (first.layer, first.uid, first.kind, first.valid_at, author, place, first.payload_version)
    sender = draft.on_behalf_of or caller.name
    given = (draft.layer, draft.uid, draft.kind, draft.valid_at, sender, draft.place, draft.payload_version)
    return told == given and _canonical(plain) == _canonical(dict(draft.payload))


def _kept(
    store: Store,
    draft: Draft,
    caller: Caller,
    feature: Feature | None,
    *,
    issues: Sequence[Mapping[str, Any]],
    gone: ConflictKind | None = None,
    device: str = "",
) -> Pushed:
    if feature is None:
        return _gone(store, draft, caller, device) or Pushed(
            "refused", refusal=FeatureUnknownError(layer=draft.layer, uid=draft.uid)
        )
    kept = conflicts.keep_conflict(store, draft, caller, feature=feature, issues=issues, gone=gone, device=device)
    if isinstance(kept, Event):
        return _again(kept, draft, caller)
    return _held(store, kept, draft, caller)


def _gone(store: Store, draft: Draft, caller: Caller, device: str) -> Pushed | None:
    """Keep a record of a feature that was deleted or moved away after its author saw it; None for anything else."""
    layer, known = store.catalogue.layers.get(draft.layer), _as_known(store, draft, caller)
    if layer is None or layer.stage_table is None or known is None:
        return None
    try:
        issues = _at_base(store, draft, caller, known)
        if issues:
            raise refused(in_words(issues, layer, layer.stage_table))
    except EventRefusedError as refusal:
        return Pushed("refused", refusal=refusal)
    try:
        store.feature(draft.layer, draft.uid)
        gone: ConflictKind = "moved_away"
    except FeatureUnknownError:
        gone = "deleted"
    told = conflicts.conflict_issue(gone, draft.id).as_dict()
    return _kept(store, draft, caller, known, issues=[told], gone=gone, device=device)


def _as_known(store: Store, draft: Draft, caller: Caller) -> Feature | None:
    """Get the feature as the phone knew it, if its owner could see it then and record on it."""
    layer = store.catalogue.layers.get(draft.layer)
    if layer is None or draft.base_revision is None:
        return None
    try:
        known = store.feature(draft.layer, draft.uid, revision=draft.base_revision)
    except FeatureUnknownError:
        return None
    seen = may_see_feature(caller.role, caller.subdistricts, layer, known.properties)
    return known if seen and caller_may_record(caller, layer, known) else None


def _overtaken(store: Store, draft: Draft, caller: Caller, refusal: Refusal, device: str) -> Pushed | None:
    """Keep a refused record that was lawful on the state that it was written on: then others are in its way."""
    if isinstance(refusal, FeatureUnknownError):
        return _gone(store, draft, caller, device)
    if not isinstance(refusal, EventRefusedError) or draft.base_revision is None:
        return None
    feature, known = _present(store, draft, caller), _as_known(store, draft, caller)
    if feature is None or known is None or feature.revision <= draft.base_revision:
        return None
    try:
        if _at_base(store, draft, caller, known):
            return None
    except EventRefusedError:
        return None
    given: Any = refusal.fields["issues"]
    return _kept(store, draft, caller, feature, issues=given, device=device)


def _at_base(store: Store, draft: Draft, caller: Caller, known: Feature) -> list[Issue]:
    """Judge a record on the feature as its phone knew it."""
    layer, table = store.catalogue.layer(draft.layer), _table(store, draft)
    event = prepared(store, draft, caller, layer, known)
    since = conflicts.unknown_since(store, draft)
    events = store.ledger.events(draft.layer, draft.uid)
    existing = [each for each in events if since is None or (each.recorded_at or since) < since]
    return ledger.check(
        event,
        existing,
        stages.machine(table),
        now=datetime.now(UTC),
        limits=stages.limits(table, known.properties),
        measures=[measure.field for measure in table.measures],
    )


def _present(store: Store, draft: Draft, caller: Caller) -> Feature | None:
    layer = store.catalogue.layers.get(draft.layer)
    if layer is None:
        return None
    try:
        return visible_feature(store, caller.role, layer, draft.uid, subdistricts=caller.subdistricts)
    except FeatureUnknownError:
        return None


def _table(store: Store, draft: Draft) -> StageTable:
    table = store.catalogue.layer(draft.layer).stage_table
    if table is None:
        raise LayerUnknownError(layer=draft.layer)
    return table


def _forms(layer: Layer, table: StageTable, caller: Caller) -> dict[str, Any]:
    machine = stages.machine(table)
    visible = visible_fields(layer, caller.role)
    return {
        "id": layer.id,
        "title": layer.spec.title.model_dump(),
        "payload_version": ledger.PAYLOAD_VERSION,
        "stages": [
            {"id": each.id, "label": each.label.model_dump(), "done": each.done, "aside": each.aside}
            for each in table.stages
        ],
        "moves": [
            {
                "from": move.origin,
                "to": move.target,
                "kind": move.kind,
                "evidence": move.evidence,
                "second_person": move.second_person,
                "reason": move.reason,
            }
            for origin in machine.order
            for move in machine.onward(origin, caller.role)
        ],
        "measures": [
            {
                "field": measure.field,
                "title": layer.field(measure.field).title.model_dump(),
                "unit": layer.field(measure.field).unit,
                "whole": layer.field(measure.field).type == "integer",
            }
            for measure in table.measures
            if measure.field in visible
        ],
    }


def _features(
    store: Store,
    layer: Layer,
    table: StageTable,
    caller: Caller,
    *,
    own: Sequence[str] | None,
    uids: Collection[str] | None,
) -> list[dict[str, Any]]:
    equals: dict[str, Value | Sequence[Value]] = {} if own is None else {"subdistrict": list(own)}
    if uids is not None and len(uids) <= _PAGE:
        equals["uid"] = sorted(uids)
    visible = set(visible_fields(layer, caller.role))
    asked = {*_NAMED, layer.spec.key, layer.spec.label_field}
    asked |= {name for measure in table.measures if (name := measure.limit_field)}
    rows = store.rows(layer.id, Query(equals=equals), fields=sorted(asked & visible))
    shapes = _shapes(rows, store.catalogue.district.storage_crs)
    return [
        _describe(store, layer, table, caller, rows=rows, index=index, shape=shapes[index], visible=visible)
        for index, uid in enumerate(rows.uids)
        if uids is None or uid in uids
    ]


def _describe(
    store: Store,
    layer: Layer,
    table: StageTable,
    caller: Caller,
    *,
    rows: Rows,
    index: int,
    shape: orjson.Fragment | None,
    visible: Collection[str],
) -> dict[str, Any]:
    uid = rows.uids[index]
    values = {name: column[index] for name, column in rows.columns.items()}
    events = {event.id: event for event in store.ledger.events(layer.id, uid)}
    state = ledger.fold(events.values(), stages.machine(table))
    home = values.get("subdistrict")
    return {
        "layer": layer.id,
        "uid": uid,
        "revision": rows.revisions[index],
        "code": values.get(layer.spec.key),
        "name": values.get(layer.spec.label_field),
        **{name: values.get(name) for name in _NAMED},
        "stage": state.stage,
        "since": state.stage_on and state.stage_on.isoformat(),
        "left": state.left,
        "track": [{"stage": stage, "on": day and day.isoformat()} for stage, day, _ in state.track],
        "measures": {name: value for name, value in state.measures.items() if name in visible},
        "limits": {name: value for name, value in stages.limits(table, values).items() if name in visible},
        "pending": [{"event": each, "to": str(events[each].payload["to"])} for each in state.pending],
        "may_record": may_record(caller.role, caller.subdistricts, None if home is None else str(home)),
        "geometry": shape,
    }


def _shapes(rows: Rows, storage_crs: str) -> list[orjson.Fragment | None]:
    stored = np.asarray(shapely.from_wkb(np.array(rows.wkb, dtype=object)), dtype=object)
    moved = shapely.transform(
        crs.transform(stored, storage_crs, "EPSG:4326"), lambda points: np.round(points, _DECIMALS)
    )
    empty = shapely.is_missing(moved) | shapely.is_empty(moved)
    texts = shapely.to_geojson(moved)
    return [None if missing else orjson.Fragment(text) for text, missing in zip(texts, empty, strict=True)]


def _was_own(store: Store, layer: Layer, uid: str, own: Sequence[str] | None) -> bool:
    """Tell whether a phone may have the feature: what only others ever saw stays unknown after its end, too."""
    if own is None:
        return True
    try:
        versions = store.history(layer.id, uid)
    except FeatureUnknownError:
        return False
    return any(version.properties.get("subdistrict") in own for version in versions)


def _reach(caller: Caller, forms: Sequence[Mapping[str, Any]]) -> str:
    told = orjson.dumps([caller.role, sorted(caller.subdistricts), list(forms)])
    return hashlib.sha256(told).hexdigest()[:16]


def _write_token(known: _Known, reach: str) -> str:
    text = orjson.dumps({"reach": reach, **asdict(known)})
    return base64.urlsafe_b64encode(text).decode().rstrip("=")


def _read_token(token: str | None, reach: str) -> _Known | None:
    """Read what a phone has; anything that is not for this reach means that it has nothing of use."""
    if not token:
        return None
    try:
        told = orjson.loads(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
        if told["reach"] != reach:
            return None
        known = _Known(int(told["ledger"]), {str(name): int(value) for name, value in told["layers"].items()})
        return known if all(abs(each) < 2**62 for each in (known.ledger, *known.layers.values())) else None
    except (binascii.Error, ValueError, TypeError, KeyError, AttributeError):
        return None
