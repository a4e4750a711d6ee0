"""The phone in the field: what changed in its street offices since it last asked, and what it wants recorded."""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any, Literal

import numpy as np
import orjson
import shapely

from yzgeo import crs, ledger, stages
from yzgeo.access import may_record, may_record_somewhere, own_part
from yzgeo.catalogue import Layer, StageTable
from yzgeo.errors import (
    ConflictError,
    EventRefusedError,
    FeatureUnknownError,
    ForbiddenError,
    InputError,
    NotFoundError,
)
from yzgeo.ledger import Event
from yzgeo.store.base import Query, Rows, Store, Value

from .overview import visible_fields, visible_layers
from .progress import Caller, Draft, feature_stage, record_event

Outcome = Literal["accepted", "repeated", "agreed", "rebased", "conflict", "refused"]
Refusal = ConflictError | EventRefusedError | NotFoundError | ForbiddenError | InputError

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
        ``features`` that changed with geometry (WGS 84) and state, and ``gone``: what was deleted or moved away.

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
    spoken = _spoken_of(store, [*revisions], known.ledger) if known else {}
    features: list[dict[str, Any]] = []
    gone: list[dict[str, str]] = []
    for layer, table in staged:
        own = own_part(caller.role, caller.subdistricts, layer)
        if known is None:
            features += _features(store, layer, table, caller, own=own, uids=None)
            continue
        changed = {change.uid for change in store.changes(layer.id, since=known.layers.get(layer.id, 0))}
        changed |= spoken.get(layer.id, set())
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
    }


def push(store: Store, draft: Draft, caller: Caller) -> Pushed:
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

    Returns
    -------
    Pushed
        ``repeated`` where it stands already, ``agreed`` where others had reported the same stage, ``rebased`` where
        the feature had moved on and the record still holds, ``conflict`` where it does not, ``refused`` where it
        would not have been taken anyway. A fault of storage is raised: nothing is known then, and it may be sent again.
    """
    try:
        before = feature_stage(store, draft.layer, draft.uid, caller)
        receipt = record_event(store, draft, caller)
    except ConflictError as conflict:
        facts = {key: value for key, value in conflict.fields.items() if key != "first"}
        current = feature_stage(store, draft.layer, draft.uid, caller)
        return Pushed("conflict", refusal=ConflictError(**facts, current_version=current))
    except _FINAL as refusal:
        return Pushed("refused", refusal=refusal)
    if not receipt.created:
        return Pushed("repeated", receipt.event)
    if draft.kind == "transition" and before["stage"]["id"] == draft.payload.get("to"):
        return Pushed("agreed", receipt.event)
    stale = draft.base_revision is not None and draft.base_revision < before["revision"]
    return Pushed("rebased" if stale and draft.kind not in ledger.TOLD else "accepted", receipt.event)


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
    asked |= {name for measure in table.measures if (name := measure.limit_field) and name in visible}
    rows = store.rows(layer.id, Query(equals=equals), fields=[name for name in asked if name in layer.fields_by_id])
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


def _spoken_of(store: Store, layers: Sequence[str], after: int) -> dict[str, set[str]]:
    """List the features with entries after a place in the ledger: not every entry changes a column."""
    found: dict[str, set[str]] = {}
    before: int | None = None
    while page := store.ledger.recent(_PAGE, before=before, layers=layers):
        for position, event in page:
            if position <= after:
                return found
            found.setdefault(event.layer, set()).add(event.uid)
        before = page[-1][0]
    return found


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
        return _Known(int(told["ledger"]), {str(name): int(value) for name, value in told["layers"].items()})
    except (binascii.Error, ValueError, TypeError, KeyError, AttributeError):
        return None
