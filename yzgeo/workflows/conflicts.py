"""Conflicts between phones and the office: kept when they come in, looked at side by side, decided with a reason."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from yzgeo import ledger, stages
from yzgeo.access import may_write
from yzgeo.catalogue import Layer, StageTable
from yzgeo.checks import Issue
from yzgeo.errors import EventRefusedError, ForbiddenError, NotFoundError, ParameterError
from yzgeo.ledger import Event, Place, State
from yzgeo.store.base import Feature, Store
from yzgeo.store.phones import ConflictKind, Keep, KeptConflict, Office, Ruling, Standing

from .accounts import By
from .overview import visible_fields, visible_layers
from .progress import Caller, Draft, may_see_conflict, prepared, stage_label
from .rulings import Case, entries, rivals

_PAGE = 200
_MOST_DECISIONS = 500
_LONGEST_REASON = 2_000


def keep_conflict(
    store: Store,
    draft: Draft,
    caller: Caller,
    *,
    feature: Feature,
    issues: Sequence[Mapping[str, Any]],
    gone: ConflictKind | None = None,
    device: str = "",
) -> KeptConflict | Event:
    """
    Keep a record that contradicts what others recorded, before its phone hears of it.

    Parameters
    ----------
    store
        The store.
    draft
        The record.
    caller
        Who sent it.
    feature
        The feature as it is, or as the phone knew it where it has gone.
    issues
        Why it was not recorded, in the shape of the API.
    gone
        Why the feature cannot be found any more, if so.
    device
        Id of the phone, empty where there is none.

    Returns
    -------
    KeptConflict or Event
        What is kept under that id; the entry if it was recorded after all.
    """
    layer = store.catalogue.layer(draft.layer)
    if layer.stage_table is None:
        raise NotFoundError(what=draft.layer)
    events = store.ledger.events(draft.layer, draft.uid)
    since = unknown_since(store, draft)
    known = [event for event in events if since is None or (event.recorded_at or since) < since]
    event = _event(draft, caller)
    before = _side(ledger.fold(known, stages.machine(layer.stage_table)), revision=draft.base_revision)
    facts = {
        "before": before,
        "phone": _made(before, event, [*known, event], layer.stage_table),
        "issues": list(issues),
        "base": draft.base_revision,
        "current": feature.revision,
        "since": since and since.isoformat(),
        "entered_by": caller.name,
    }
    title = feature.properties.get(layer.spec.label_field) or feature.properties.get(layer.spec.key) or draft.uid
    home = feature.properties.get("subdistrict")
    kept = KeptConflict(
        id=draft.id,
        layer=layer.id,
        uid=draft.uid,
        title=str(title),
        kind=gone or _kind(event, events, layer.stage_table, feature),
        home=None if home is None else str(home),
        actor=draft.on_behalf_of or caller.name,
        role=caller.role,
        device=device,
        record=spelt(draft),
        facts=facts,
        received_at=datetime.now(UTC),
    )
    return store.conflicts.put(kept)


def spelt(draft: Draft) -> dict[str, Any]:
    """
    Give a record as it was sent.

    Parameters
    ----------
    draft
        The record.

    Returns
    -------
    dict
        In the shape of the API.
    """
    place = draft.place
    return {
        "id": draft.id,
        "layer": draft.layer,
        "uid": draft.uid,
        "kind": draft.kind,
        "valid_at": draft.valid_at.isoformat(),
        "payload": dict(draft.payload),
        "base_revision": draft.base_revision,
        "place": place and {"lon": place.lon, "lat": place.lat, "accuracy_m": place.accuracy_m},
        "payload_version": draft.payload_version,
    }


def unknown_since(store: Store, draft: Draft) -> datetime | None:
    """
    Tell when the first thing was recorded that a phone did not know of.

    Parameters
    ----------
    store
        The store.
    draft
        A record with the revision it was written on.

    Returns
    -------
    datetime.datetime or None
        None if nothing moved since.
    """
    steps = store.conflicts.steps(draft.layer, draft.uid, since=draft.base_revision or 0)
    return steps[0].at if steps else None


def list_conflicts(
    store: Store,
    caller: Caller,
    *,
    decided: bool | None = None,
    layer: str | None = None,
    limit: int = 100,
) -> list[dict[str, Any]]:
    """
    List conflicts, newest first.

    Parameters
    ----------
    store
        The store.
    caller
        Who asks; only conflicts of features that they may see, and of their own records.
    decided
        Only decided ones, or only open ones.
    layer
        Only of this layer.
    limit
        Most wanted.

    Returns
    -------
    list of dict
        In the shape of the API, without ``choices``.
    """
    layers = [each.id for each in visible_layers(store.catalogue, caller.role) if each.stages]
    layers = [each for each in layers if layer is None or each == layer]
    found: list[dict[str, Any]] = []
    before: int | None = None
    while len(found) < limit:
        page = store.conflicts.find(_PAGE, decided=decided, layers=layers, before=before)
        offices = _offices(store, [each for _, each in page])
        for _, each in page:
            office = offices.get((each.layer, each.uid))
            if len(found) < limit and may_see_conflict(store, each, caller, home=_home(each, office)):
                found.append(_described(store, each, office, caller))
        if len(page) < _PAGE:
            break
        before = page[-1][0]
    return found


def conflict(store: Store, conflict_id: str, caller: Caller) -> dict[str, Any]:
    """
    Look a conflict up.

    Parameters
    ----------
    store
        The store.
    conflict_id
        Id of the record.
    caller
        Who asks.

    Returns
    -------
    dict
        In the shape of the API; ``choices`` tells what each decision would do, for those who may decide.

    Raises
    ------
    NotFoundError
        If there is none for the caller.
    """
    kept = _visible(store, conflict_id, caller)
    told = _described(store, kept, _offices(store, [kept]).get((kept.layer, kept.uid)), caller)
    if kept.ruling is None and may_write(caller.role):
        told["choices"] = _choices(store, kept, caller)
    return told


def decide(
    store: Store, conflict_id: str, caller: Caller, *, keep: Keep, reason: str, office_revision: int, address: str = ""
) -> dict[str, Any]:
    """
    Decide a conflict: nothing is overwritten without this.

    Parameters
    ----------
    store
        The store.
    conflict_id
        Id of the record.
    caller
        Who decides.
    keep
        Which side is kept; `yzgeo.workflows.rulings.entries` tells what each means.
    reason
        Why.
    office_revision
        Revision of the office's side as the decider saw it.
    address
        Where the request came from, for the audit.

    Returns
    -------
    dict
        The conflict with its decision.

    Raises
    ------
    ForbiddenError
        If the caller may not decide.
    NotFoundError
        If there is none for the caller.
    ParameterError
        If the reason is missing or too long.
    ConflictDecidedError, ConflictMovedError
        If someone was quicker.
    EventRefusedError
        If the ledger does not take what follows, with all reasons.
    """
    if not may_write(caller.role):
        raise ForbiddenError
    kept = _visible(store, conflict_id, caller)
    why = reason.strip()
    if not why or len(why) > _LONGEST_REASON:
        zh, en = f"须写明理由，最多 {_LONGEST_REASON} 字", f"give a reason, of at most {_LONGEST_REASON} characters"
        raise ParameterError(name="reason", reason_zh=zh, reason_en=en)
    case = _case(store, kept, caller)

    def judge(standing: Standing) -> tuple[str, Sequence[Event]]:
        now = replace(case, existing=standing.events, properties=standing.properties, now=standing.now)
        return entries(now, keep, why)

    deed = By(caller.name, caller.role, address).deed(
        "conflict_decided", kept.id, layer=kept.layer, uid=kept.uid, keep=keep, reason=why, author=kept.actor
    )
    done = store.conflicts.decide(
        conflict_id, judge, keep=keep, reason=why, by=caller.name, office_revision=office_revision, deed=deed
    )
    return _described(store, done, _offices(store, [done]).get((done.layer, done.uid)), caller)


def decisions_since(store: Store, caller: Caller, position: int) -> list[dict[str, Any]]:
    """
    Tell an account what was decided of its own records.

    Parameters
    ----------
    store
        The store.
    caller
        Whose records.
    position
        Only decisions after this place in the ledger.

    Returns
    -------
    list of dict
        ``id``, ``layer``, ``uid``, ``keep``, ``reason``, ``by``, ``at``; the newest, oldest first.
    """
    if not caller.name:
        return []
    found = store.conflicts.decided_for(caller.name, position)[-_MOST_DECISIONS:]
    return [
        {"id": each.id, "layer": each.layer, "uid": each.uid, **_outcome(each.ruling)}
        for each in found
        if each.ruling is not None
    ]


def describe_ruling(ruling: Ruling) -> dict[str, Any]:
    """
    Give a decision in the shape of the API.

    Parameters
    ----------
    ruling
        The decision.

    Returns
    -------
    dict
        ``keep``, ``reason``, ``by``, ``at`` and ``event``.
    """
    return {**_outcome(ruling), "event": ruling.event}


def _outcome(ruling: Ruling) -> dict[str, Any]:
    return {"keep": ruling.keep, "reason": ruling.reason, "by": ruling.by, "at": ruling.at.isoformat()}


def _visible(store: Store, conflict_id: str, caller: Caller) -> KeptConflict:
    kept = store.conflicts.get(conflict_id)
    if kept is None or not may_see_conflict(store, kept, caller):
        raise NotFoundError(what=conflict_id)
    return kept


def _event(draft: Draft, caller: Caller) -> Event:
    return Event(
        id=draft.id,
        layer=draft.layer,
        uid=draft.uid,
        kind=draft.kind,
        valid_at=draft.valid_at,
        actor=caller.name,
        role=caller.role,
        payload=dict(draft.payload),
        base_revision=draft.base_revision,
        payload_version=draft.payload_version,
    )


def _kind(event: Event, existing: Sequence[Event], table: StageTable, feature: Feature) -> ConflictKind:
    """Name the conflict: a move that would be lawful today stumbles over the order of dates alone."""
    if event.kind == "measure":
        return "measure"
    if event.kind == "approval":
        return "decision"
    if event.kind != "transition":
        return "other"
    now = datetime.now(UTC)
    limits = stages.limits(table, feature.properties)
    today = replace(event, valid_at=max([now, *(each.valid_at for each in existing)]))
    late = ledger.check(today, existing, stages.machine(table), now=today.valid_at, limits=limits)
    return "move" if late else "dates"


def _side(state: State, *, revision: int | None) -> dict[str, Any]:
    return {
        "revision": revision,
        "stage": state.stage,
        "on": state.stage_on and state.stage_on.isoformat(),
        "measures": dict(state.measures),
        "deleted": False,
    }


def _made(before: Mapping[str, Any], event: Event, known: Sequence[Event], table: StageTable) -> dict[str, Any]:
    """Tell what a record would have made of the state that it was written on."""
    if event.kind == "transition":
        return {**before, "revision": None, "stage": event.payload.get("to"), "on": ledger.day_of(event).isoformat()}
    if event.kind == "measure":
        own = {name: value for name, value in event.payload.items() if name not in ledger.MARKS}
        return {**before, "revision": None, "measures": {**before["measures"], **own}}
    return _side(ledger.fold(known, stages.machine(table)), revision=None)


def _offices(store: Store, kept: Sequence[KeptConflict]) -> dict[tuple[str, str], Office]:
    """Look up what the office knows of the features of many conflicts: once a layer, not once a conflict."""
    found: dict[tuple[str, str], Office] = {}
    for layer_id in sorted({each.layer for each in kept}):
        layer = store.catalogue.layer(layer_id)
        fields = sorted({"subdistrict", layer.spec.label_field, layer.spec.key} & set(layer.fields_by_id))
        uids = {each.uid for each in kept if each.layer == layer_id}
        offices = store.conflicts.offices(layer_id, uids, fields=fields)
        found.update({(layer_id, uid): office for uid, office in offices.items()})
    return found


def _home(kept: KeptConflict, office: Office | None) -> str | None:
    """Tell in which street office a feature lies; after its end, where the phone knew it."""
    return kept.home if office is None or office.deleted_at is not None else office.properties.get("subdistrict")


def _now(layer: Layer, table: StageTable, office: Office, caller: Caller) -> dict[str, Any] | None:
    """Tell where the feature stands now, to those who may see it now."""
    known, deleted = office.properties, office.deleted_at is not None
    if caller.role == "field" and not deleted and known.get("subdistrict") not in caller.subdistricts:
        return None
    state = ledger.fold(office.events, stages.machine(table))
    told = _side(state, revision=office.revision if office.deleted_at is None else office.deleted_at)
    named = {"name": known.get(layer.spec.label_field), "code": known.get(layer.spec.key)}
    return {**told, "deleted": deleted, **named}


def _described(store: Store, kept: KeptConflict, known: Office | None, caller: Caller) -> dict[str, Any]:
    layer = store.catalogue.layer(kept.layer)
    table = layer.stage_table
    seen = set(visible_fields(layer, caller.role))
    office = None if table is None or known is None else _now(layer, table, known, caller)
    return {
        "id": kept.id,
        "layer": kept.layer,
        "layer_title": layer.spec.title.model_dump(),
        "uid": kept.uid,
        "title": kept.title,
        "kind": kept.kind,
        "state": "open" if kept.ruling is None else "decided",
        "record": kept.record,
        "before": _shown(kept.facts["before"], layer, seen),
        "phone": _shown(kept.facts["phone"], layer, seen),
        "office": office and _shown(office, layer, seen),
        "refusal": {key: kept.facts[key] for key in ("base", "current", "issues")},
        "actor": kept.actor,
        "role": kept.role,
        "device": kept.device or None,
        "received_at": kept.received_at.isoformat(),
        "decision": kept.ruling and describe_ruling(kept.ruling),
        "may_decide": kept.ruling is None and may_write(caller.role),
        "choices": None,
    }


def _shown(side: Mapping[str, Any], layer: Layer, seen: set[str]) -> dict[str, Any]:
    return {
        "revision": side["revision"],
        "deleted": side["deleted"],
        "stage": {"id": side["stage"], "label": stage_label(layer, str(side["stage"])), "on": side["on"]},
        "measures": [
            {
                "field": name,
                "title": layer.field(name).title.model_dump(),
                "unit": layer.field(name).unit,
                "value": value,
            }
            for name, value in side["measures"].items()
            if name in seen and name in layer.fields_by_id
        ],
    }


def _case(store: Store, kept: KeptConflict, caller: Caller) -> Case:
    """Put a conflict before someone who decides: its record is then theirs, on behalf of its author."""
    layer = store.catalogue.layer(kept.layer)
    if layer.stage_table is None:
        raise NotFoundError(what=kept.layer)
    sent, facts = kept.record, kept.facts
    place = sent["place"] and Place(sent["place"]["lon"], sent["place"]["lat"], sent["place"]["accuracy_m"])
    draft = Draft(
        id=kept.id,
        layer=kept.layer,
        uid=kept.uid,
        kind=sent["kind"],
        valid_at=datetime.fromisoformat(sent["valid_at"]),
        payload=sent["payload"],
        base_revision=sent["base_revision"],
        place=place,
        payload_version=sent["payload_version"],
        on_behalf_of=kept.actor,
    )
    versions = store.history(kept.layer, kept.uid)
    event = prepared(store, draft, caller, layer, versions[0] if versions else None)
    return Case(
        record=event,
        layer=layer,
        table=layer.stage_table,
        existing=store.ledger.events(kept.layer, kept.uid),
        properties=_properties(store, kept),
        before=facts["before"]["measures"],
        since=None if facts["since"] is None else datetime.fromisoformat(facts["since"]),
        now=datetime.now(UTC),
    )


def _properties(store: Store, kept: KeptConflict) -> Mapping[str, Any] | None:
    try:
        return store.feature(kept.layer, kept.uid).properties
    except NotFoundError:
        return None


def _choices(store: Store, kept: KeptConflict, caller: Caller) -> dict[str, Any]:
    """Try each decision: what it would record, or why it cannot be."""
    told: dict[str, Any] = {}
    try:
        case = _case(store, kept, caller)
    except EventRefusedError as refusal:
        issues: Any = refusal.fields["issues"]
        return {keep: _impossible(issues) for keep in ("phone", "office", "both")}
    keeps: tuple[Keep, ...] = ("phone", "office", "both")
    for keep in keeps:
        try:
            main, made = entries(case, keep, "…")
        except EventRefusedError as refusal:
            issues = refusal.fields["issues"]
            told[keep] = _impossible(issues)
            continue
        event = next(each for each in made if each.id == main)
        told[keep] = {
            "possible": True,
            "issues": [],
            "records": event.kind,
            "measures": _quantities(event),
            "cancels": [_named(rival) for rival in rivals(case) if _cancels(made, rival)],
        }
    return told


def _impossible(issues: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    return {"possible": False, "issues": list(issues), "records": None, "measures": {}, "cancels": []}


def _quantities(event: Event) -> dict[str, Any]:
    if event.kind != "measure":
        return {}
    return {name: value for name, value in event.payload.items() if name not in ledger.MARKS}


def _cancels(made: Sequence[Event], rival: Event) -> bool:
    return any(each.kind == "correction" and each.payload["cancels"] == rival.id for each in made)


def _named(event: Event) -> dict[str, Any]:
    return {
        "event": event.id,
        "kind": event.kind,
        "actor": event.actor,
        "valid_at": event.valid_at.isoformat(),
        "payload": dict(event.payload),
    }


def conflict_issue(code: ConflictKind, where: str) -> Issue:
    """
    Say why a feature cannot be found any more by the phone that knew it.

    Parameters
    ----------
    code
        ``deleted`` or ``moved_away``.
    where
        Id of the record.

    Returns
    -------
    Issue
        Names no other street office.
    """
    if code == "deleted":
        return Issue("error", "feature_deleted", where, "该要素已被删除", "the feature has been deleted")
    zh, en = "该要素已不在您的街道范围内", "the feature is no longer in your street offices"
    return Issue("error", "feature_moved_away", where, zh, en)
