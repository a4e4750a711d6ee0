"""The story of one feature, and the lists of events that people look through."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict
from datetime import date
from typing import Any

from yzgeo import ledger, stages
from yzgeo.catalogue import Layer, StageTable
from yzgeo.errors import NotFoundError
from yzgeo.ledger import Event, State
from yzgeo.store.base import Feature, Query, Store
from yzgeo.workflows.overview import visible_feature, visible_fields, visible_layers

from .recording import Caller, caller_may_record, may_see_event, receipt_code, staged_layer

_PAGE = 200


def feature_events(store: Store, layer_id: str, uid: str, caller: Caller) -> dict[str, Any]:
    """
    Tell the whole story of a feature.

    Parameters
    ----------
    store
        The store.
    layer_id
        Id of the layer.
    uid
        The feature's uid.
    caller
        Who asks; names, places and quantities that the role may not see are left out.

    Returns
    -------
    dict
        `feature_stage` and ``events``, newest first.

    Raises
    ------
    LayerUnknownError, FeatureUnknownError, EventRefusedError
        If there is no such layer or feature for the caller, or the layer has no stages.
    """
    layer, table = staged_layer(store, layer_id, caller)
    feature = visible_feature(store, caller.role, layer, uid, subdistricts=caller.subdistricts)
    events = store.ledger.events(layer.id, uid)
    described = _describe(layer, table, feature, events, caller)
    return {**described, "events": describe_events(events, layer, caller)}


def feature_stage(store: Store, layer_id: str, uid: str, caller: Caller) -> dict[str, Any]:
    """
    Tell where a feature stands and what the caller may record next.

    Parameters
    ----------
    store
        The store.
    layer_id
        Id of the layer.
    uid
        The feature's uid.
    caller
        Who asks.

    Returns
    -------
    dict
        ``stage``, ``track``, ``measures``, ``pending``, ``conflicts``, ``offered``, ``measures_offered`` and so on.

    Raises
    ------
    LayerUnknownError, FeatureUnknownError, EventRefusedError
        If there is no such layer or feature for the caller, or the layer has no stages.
    """
    layer, table = staged_layer(store, layer_id, caller)
    feature = visible_feature(store, caller.role, layer, uid, subdistricts=caller.subdistricts)
    return _describe(layer, table, feature, store.ledger.events(layer.id, uid), caller)


def event_receipt(store: Store, event_id: str, caller: Caller) -> dict[str, Any]:
    """
    Look a receipt up, and check that the event stands in the ledger unchanged.

    Parameters
    ----------
    store
        The store.
    event_id
        Id of the event.
    caller
        Who asks.

    Returns
    -------
    dict
        ``event``, ``receipt``, ``position`` in the chain (from 1) and ``verified``: its content still has its hash.

    Raises
    ------
    NotFoundError
        If there is no such event on a feature the caller may see. One's own receipt stays valid when a feature moves
        to another street office.
    """
    event = store.ledger.event(event_id)
    layer = None if event is None else store.catalogue.layers.get(event.layer)
    if event is None or layer is None or not may_see_event(store, event, caller):
        raise NotFoundError(what=event_id)
    return {
        "event": {**_describe_event(event, layer, caller), "layer": event.layer, "uid": event.uid},
        "receipt": describe_receipt(event),
        "position": store.ledger.position(event_id),
        "verified": ledger.digest(event) == event.hash,
    }


def describe_receipt(event: Event) -> dict[str, Any]:
    """
    Give a receipt in the shape of the API.

    Parameters
    ----------
    event
        A sealed event.

    Returns
    -------
    dict
        ``event``, ``hash``, ``recorded_at`` and ``code``.
    """
    return {
        "event": event.id,
        "hash": event.hash,
        "recorded_at": event.recorded_at and event.recorded_at.isoformat(),
        "code": receipt_code(event),
    }


def recent_events(
    store: Store,
    caller: Caller,
    *,
    limit: int,
    before: int | None = None,
    layer: str | None = None,
    subdistrict: str | None = None,
) -> list[dict[str, Any]]:
    """
    List the newest events.

    Parameters
    ----------
    store
        The store.
    caller
        Who asks; an account of the field sees its own street offices.
    limit
        Most events wanted.
    before
        Only places in the chain below this one.
    layer
        Only of this layer.
    subdistrict
        Only of features in this street office.

    Returns
    -------
    list of dict
        Newest first, each with ``position``, ``layer``, ``uid``, ``code``, ``name``, ``subdistrict``.
    """
    layers = [each.id for each in visible_layers(store.catalogue, caller.role) if each.stages]
    if layer is not None:
        layers = [each for each in layers if each == layer]
    homes = {subdistrict} if subdistrict is not None else None
    if caller.role == "field":
        homes = set(caller.subdistricts) & homes if homes is not None else set(caller.subdistricts)
    found: list[dict[str, Any]] = []
    while layers and len(found) < limit:
        page = store.ledger.recent(_PAGE, before=before, layers=layers)
        if not page:
            break
        names = _Names(store, [event for _, event in page])
        for position, event in page:
            named = names.of(event)
            if homes is None or named["subdistrict"] in homes:
                spec = store.catalogue.layer(event.layer)
                found.append({"position": position, **named, **_describe_event(event, spec, caller)})
        before = page[-1][0]
    return found[:limit]


def approvals(store: Store, caller: Caller) -> list[dict[str, Any]]:
    """
    List the moves that wait for a second person.

    Parameters
    ----------
    store
        The store.
    caller
        Who asks; an account of the field sees its own street offices.

    Returns
    -------
    list of dict
        Oldest first; ``may_decide`` tells whether the caller is that second person.
    """
    layers = [each.id for each in visible_layers(store.catalogue, caller.role) if each.stages]
    waiting = store.ledger.pending(layers=layers)
    names = _Names(store, waiting)
    found = []
    for event in waiting:
        layer = store.catalogue.layer(event.layer)
        named = names.of(event)
        if layer.stage_table is None or (caller.role == "field" and named["subdistrict"] not in caller.subdistricts):
            continue
        machine = stages.machine(layer.stage_table)
        state = ledger.fold(store.ledger.events(event.layer, event.uid), machine)
        to = str(event.payload["to"])
        found.append(
            {
                "event": event.id,
                **named,
                "move": {
                    "from": state.stage,
                    "to": to,
                    "from_label": stage_label(layer, state.stage),
                    "to_label": stage_label(layer, to),
                },
                "actor": event.actor,
                "valid_at": event.valid_at.isoformat(),
                "recorded_at": event.recorded_at and event.recorded_at.isoformat(),
                "evidence": list(event.payload.get("evidence") or ()),
                "reason": event.payload.get("reason"),
                "illustrative": event.payload.get("illustrative") is True,
                "may_decide": caller.role in machine.approvers and caller.name not in ledger.people_of(event),
            }
        )
    return found


def stage_label(layer: Layer, stage: str) -> dict[str, str]:
    """
    Name a stage for people.

    Parameters
    ----------
    layer
        The layer.
    stage
        Id of the stage.

    Returns
    -------
    dict
        ``zh`` and ``en``; the id itself for a stage that the layer no longer has.
    """
    for each in layer.stages:
        if each.id == stage:
            return each.label.model_dump()
    return {"zh": stage, "en": stage}


def _describe(
    layer: Layer, table: StageTable, feature: Feature, events: Sequence[Event], caller: Caller
) -> dict[str, Any]:
    machine = stages.machine(table)
    state = ledger.fold(events, machine)
    by_id = {event.id: event for event in events}
    allowed = caller_may_record(caller, layer, feature)
    status = feature.properties.get("data_status")
    on = _iso(state.stage_on)
    measures = _describe_measures(layer, table, feature, state, caller)
    return {
        "layer": layer.id,
        "uid": feature.uid,
        "revision": feature.revision,
        "stage": {"id": state.stage, "label": stage_label(layer, state.stage), "on": on, "since": on},
        "left": state.left,
        "track": [
            {
                "stage": stage,
                "label": stage_label(layer, stage),
                "on": _iso(day),
                "event": event,
                "actor": _actor(by_id[event], caller),
            }
            for stage, day, event in state.track
        ],
        "measures": {entry["field"]: entry for entry in measures},
        "pending": [_describe_event(by_id[each], layer, caller) for each in state.pending],
        "conflicts": [
            {"event": each.event, "code": each.code, "message": each.zh, "message_en": each.en}
            for each in state.conflicts
        ],
        "offered": _offered(layer, table, state, caller) if allowed else [],
        "measures_offered": measures if allowed else [],
        "may_write": allowed,
        "data_status": status,
        "illustrative": status == "illustrative" or any(event.payload.get("illustrative") for event in events),
    }


def _describe_measures(
    layer: Layer, table: StageTable, feature: Feature, state: State, caller: Caller
) -> list[dict[str, Any]]:
    visible = visible_fields(layer, caller.role)
    bounds = stages.limits(table, feature.properties)
    return [
        {
            "field": measure.field,
            "title": layer.field(measure.field).title.model_dump(),
            "unit": layer.field(measure.field).unit,
            "value": state.measures.get(measure.field),
            "limit": bounds.get(measure.field) if (measure.limit_field or measure.field) in visible else None,
        }
        for measure in table.measures
        if measure.field in visible
    ]


def _offered(layer: Layer, table: StageTable, state: State, caller: Caller) -> list[dict[str, Any]]:
    moves = stages.machine(table).onward(state.stage, caller.role)
    return [
        {
            "to": move.target,
            "label": stage_label(layer, move.target),
            "kind": move.kind,
            "evidence": move.evidence,
            "second_person": move.second_person,
            "reason": move.reason,
        }
        for move in moves
        if move.kind != "resume" or state.left in (None, move.target)
    ]


def describe_events(events: Sequence[Event], layer: Layer, caller: Caller) -> list[dict[str, Any]]:
    """
    Give all events of one feature as a caller may see them.

    Parameters
    ----------
    events
        In the order of recording.
    layer
        The feature's layer.
    caller
        Who asks.

    Returns
    -------
    list of dict
        Newest first, with what became of each: ``cancelled``, ``replaced``, ``approval``.
    """
    replaced = ledger.hidden(events)
    cancelled = {str(event.payload["cancels"]) for event in events if event.kind == "correction"}
    decisions = {str(event.payload["event"]): event for event in events if event.kind == "approval"}
    described = []
    for event in sorted(events, key=lambda each: (each.valid_at, str(each.recorded_at)), reverse=True):
        word = decisions.get(event.id)
        decision = word and {
            "granted": word.payload.get("granted") is True,
            "actor": _actor(word, caller),
            "at": word.valid_at.isoformat(),
            "reason": word.payload.get("reason"),
        }
        described.append(
            {
                **_describe_event(event, layer, caller),
                "cancelled": event.id in cancelled,
                "replaced": event.id in replaced,
                "approval": decision,
            }
        )
    return described


def _describe_event(event: Event, layer: Layer, caller: Caller) -> dict[str, Any]:
    """Give an event as a role may see it: the public learns what happened, not who stood where."""
    payload: Mapping[str, Any] = event.payload
    if event.kind in ("measure", "opening"):
        payload = _visible_quantities(event.payload, visible_fields(layer, caller.role))
    signed_in = caller.role != "anonymous"
    if not signed_in:
        payload = {key: value for key, value in payload.items() if key in ("to", "stage", "on", "illustrative")}
    return {
        "id": event.id,
        "kind": event.kind,
        "valid_at": event.valid_at.isoformat(),
        "recorded_at": event.recorded_at and event.recorded_at.isoformat(),
        "actor": _actor(event, caller),
        "role": event.role if signed_in else None,
        "payload": dict(payload),
        "place": asdict(event.place) if event.place is not None and signed_in else None,
        "hash": event.hash,
        "previous_hash": event.previous_hash,
        "illustrative": event.payload.get("illustrative") is True,
    }


def _visible_quantities(payload: Mapping[str, Any], visible: Collection[str]) -> dict[str, Any]:
    own = {"stage", "on", "batch", "replaces", *ledger.MARKS}
    shown = {key: value for key, value in payload.items() if key in visible or key in own}
    measures = payload.get("measures")
    if isinstance(measures, Mapping):
        shown["measures"] = {key: value for key, value in measures.items() if key in visible}
    return shown


def _actor(event: Event, caller: Caller) -> str | None:
    return event.actor if caller.role != "anonymous" else None


def _iso(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


class _Names:
    """Codes, names and street offices of the features that some events speak of."""

    def __init__(self, store: Store, events: Sequence[Event]) -> None:
        self._found: dict[tuple[str, str], dict[str, Any]] = {}
        for layer_id in {event.layer for event in events}:
            layer = store.catalogue.layer(layer_id)
            uids = sorted({event.uid for event in events if event.layer == layer_id})
            fields = [layer.spec.key, layer.spec.label_field, "subdistrict"]
            names = list(dict.fromkeys(field for field in fields if field in layer.fields_by_id))
            rows = store.rows(layer_id, Query(equals={"uid": uids}), fields=names)
            for index, uid in enumerate(rows.uids):
                self._found[layer_id, uid] = {name: rows.columns[name][index] for name in names}
        self._catalogue = store.catalogue

    def of(self, event: Event) -> dict[str, Any]:
        """Name one event's feature; a deleted one has no names any more."""
        layer = self._catalogue.layer(event.layer)
        values = self._found.get((event.layer, event.uid), {})
        return {
            "layer": event.layer,
            "uid": event.uid,
            "code": values.get(layer.spec.key),
            "name": values.get(layer.spec.label_field),
            "subdistrict": values.get("subdistrict"),
        }
