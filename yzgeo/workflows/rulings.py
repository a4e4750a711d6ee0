"""What a decision adds to the ledger: pure rules, from both sides of a conflict to the entries that settle it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

from yzgeo import ledger, stages
from yzgeo.catalogue import Layer, StageTable
from yzgeo.checks import Issue
from yzgeo.ledger import Event, State
from yzgeo.store.phones import Keep

from .progress import in_words, refused, stage_label

KEEPS: Mapping[Keep, dict[str, str]] = {
    "phone": {"zh": "采用外业记录", "en": "the record of the field is kept"},
    "office": {"zh": "保留办公室记录", "en": "the record of the office is kept"},
    "both": {"zh": "两者并存", "en": "both are kept"},
}


@dataclass(frozen=True)
class Case:
    """A conflict as it stands when someone decides.

    ``record`` is the phone's record as the decider would enter it. ``since`` is when the first thing was recorded that
    the phone did not know of; ``before`` are the quantities that it knew. ``properties`` are None after a deletion.
    """

    record: Event
    layer: Layer
    table: StageTable
    existing: Sequence[Event]
    properties: Mapping[str, Any] | None
    before: Mapping[str, float]
    since: datetime | None
    now: datetime


def entries(case: Case, keep: Keep, reason: str) -> tuple[str, list[Event]]:
    """
    List what a decision adds to the ledger.

    Parameters
    ----------
    case
        The conflict.
    keep
        The side that is kept. ``phone`` corrects what contradicts the record, newest first and no more than has to be,
        and then records it. ``office`` leaves a note. ``both`` adds the increments of quantities up, and keeps any
        other record as a note beside the office's state.
    reason
        Why.

    Returns
    -------
    tuple of str and list of Event
        Id of the entry that stands for the decision, and all entries in their order. What takes the place of the
        phone's record has its id.

    Raises
    ------
    EventRefusedError
        If the ledger does not take that, with all reasons.
    """
    if keep == "office":
        note = _note(case, keep, reason)
        return note.id, [note]
    if keep == "both":
        made = [_sum(case)] if case.record.kind == "measure" else [_beside(case, reason)]
        if case.properties is None and case.record.kind == "measure":
            raise refused([_deleted(case)])
        return case.record.id, _admitted(case, [*made, _note(case, keep, reason)])
    if case.properties is None and case.record.kind not in ledger.TOLD:
        raise refused([_deleted(case)])
    return case.record.id, [*_corrected(case, reason), _note(case, keep, reason)]


def rivals(case: Case) -> list[Event]:
    """
    List the entries that others recorded without the phone knowing, and that speak of the same as its record.

    Parameters
    ----------
    case
        The conflict.

    Returns
    -------
    list of Event
        Those that still count, the one of the latest day first.
    """
    gone = ledger.hidden(case.existing)
    cancelled = {str(event.payload.get("cancels")) for event in case.existing if event.kind == "correction"}
    found = [
        event
        for event in case.existing
        if event.kind == case.record.kind
        and event.kind in ("transition", "measure", "approval")
        and event.id not in gone
        and event.id not in cancelled
        and _recorded_since(event, case.since)
        and (event.kind != "measure" or _fields(event) & _fields(case.record))
    ]
    return sorted(found, key=lambda event: (event.valid_at, str(event.recorded_at)), reverse=True)


def _recorded_since(event: Event, since: datetime | None) -> bool:
    return since is not None and event.recorded_at is not None and event.recorded_at >= since


def _fields(event: Event) -> set[str]:
    return set(event.payload) - ledger.MARKS


def _corrected(case: Case, reason: str) -> list[Event]:
    """Take back as little of what others recorded as the record needs to be lawful."""
    issues: list[Issue] = []
    added: list[Event] = []
    first: list[Issue] = []
    for rival in [None, *rivals(case)]:
        if rival is not None:
            added = [*added, *_taken_back(case, rival, reason)]
        issues = _issues(case, [*added, case.record])
        if not issues:
            return [*added, case.record]
        first = first or issues
        if any(issue.code == "role_not_allowed" and issue.where != case.record.id for issue in issues):
            break  # the decider may not take back what others recorded: going on would only hide the reason
    raise refused(in_words(issues or first, case.layer, case.table))


def _taken_back(case: Case, rival: Event, reason: str) -> list[Event]:
    """Correct an entry; other quantities that it reported besides are said again."""
    why = f"冲突裁定（外业记录 {case.record.id[:8]}）：{reason}"
    correction = _by_decider(case, f"cancels {rival.id}", "correction", {"cancels": rival.id, "reason": why})
    others = {name: rival.payload[name] for name in _fields(rival) - _fields(case.record)}
    if rival.kind != "measure" or not others:
        return [correction]
    author = str(rival.payload.get("on_behalf_of") or rival.actor)
    again = _by_decider(case, f"restates {rival.id}", "measure", {**others, "on_behalf_of": author})
    return [correction, replace(again, valid_at=rival.valid_at)]


def _sum(case: Case) -> Event:
    """Add to the office's quantities what the phone saw beyond the state that it knew."""
    machine = stages.machine(case.table)
    state = ledger.fold(case.existing, machine)
    fields = _fields(case.record)
    shrunk = [name for name in sorted(fields) if case.record.payload[name] < case.before.get(name, 0.0)]
    if shrunk:
        issue = Issue(
            "error",
            "sum_impossible",
            case.record.id,
            f"外业记录的 {shrunk[0]} 比它依据的数值还小，不能相加",
            f"the field's {shrunk[0]} is below the value it was written on; there is nothing to add",
        )
        raise refused(in_words([issue], case.layer, case.table))
    sums = {name: _total(case, state, name) for name in sorted(fields)}
    spoken = [event.valid_at for event in case.existing if event.kind == "measure" and _fields(event) & fields]
    marks = {name: case.record.payload[name] for name in ledger.MARKS & set(case.record.payload)}
    # At the very same moment ids decide the order: the sum comes after everything that it adds up.
    after = [moment + timedelta(microseconds=1) for moment in spoken]
    return replace(case.record, payload={**sums, **marks}, valid_at=max([case.record.valid_at, *after]))


def _total(case: Case, state: State, name: str) -> float | int:
    total = state.measures.get(name, 0.0) + case.record.payload[name] - case.before.get(name, 0.0)
    return int(total) if case.layer.field(name).type == "integer" else total


def _beside(case: Case, reason: str) -> Event:
    zh, en = told(case)
    payload: dict[str, Any] = {
        "text": f"外业记录（与办公室记录并存）：{zh}。理由：{reason}",
        "text_en": f"Record of the field, beside the office's: {en}. Reason: {reason}",
        "conflict": case.record.id,
        "record": {key: value for key, value in case.record.payload.items() if key not in ledger.MARKS},
        "on_behalf_of": case.record.payload.get("on_behalf_of"),
    }
    evidence = case.record.payload.get("evidence")
    if evidence:
        payload["evidence"] = evidence
    if attachment := case.record.payload.get("attachment"):
        payload["attachment"] = attachment
    return replace(case.record, kind="note", payload=payload)


def _note(case: Case, keep: Keep, reason: str) -> Event:
    zh, en = told(case)
    payload = {
        "text": f"冲突裁定：{KEEPS[keep]['zh']}。理由：{reason}。外业记录：{zh}",
        "text_en": f"Conflict decided: {KEEPS[keep]['en']}. Reason: {reason}. Record of the field: {en}",
        "conflict": case.record.id,
        "keep": keep,
    }
    return _by_decider(case, "decision", "note", payload)


def told(case: Case) -> tuple[str, str]:
    """
    Say a record in one line.

    Parameters
    ----------
    case
        The conflict.

    Returns
    -------
    tuple of str
        In Chinese and in English.
    """
    event, layer = case.record, case.layer
    who = event.payload.get("on_behalf_of") or event.actor
    day = ledger.day_of(event).isoformat()
    if event.kind == "transition":
        label = stage_label(layer, str(event.payload.get("to")))
        what = label["zh"], label["en"]
    elif event.kind == "measure":
        titles = {name: layer.field(name).title for name in sorted(_fields(event)) if name in layer.fields_by_id}
        pairs = [(titles[name], event.payload[name]) for name in titles]
        what = "，".join(f"{t.zh} {v:g}" for t, v in pairs), ", ".join(f"{t.en} {v:g}" for t, v in pairs)
    else:
        text = str(event.payload.get("text") or event.payload.get("reason") or event.kind)[:500]
        what = text, text
    return f"{who} {day} {what[0]}", f"{who} {day} {what[1]}"


def _by_decider(case: Case, name: str, kind: ledger.Kind, payload: Mapping[str, Any]) -> Event:
    """Make an entry of the one who decides; its id follows from the record's, so that none is made twice."""
    made = replace(case.record, id=str(uuid5(UUID(case.record.id), name)), kind=kind, payload=dict(payload))
    return replace(made, valid_at=case.now, base_revision=None, place=None)


def _deleted(case: Case) -> Issue:
    zh, en = "要素已被删除，须先恢复它", "the feature was deleted; bring it back first"
    return Issue("error", "feature_deleted", case.record.id, zh, en)


def _admitted(case: Case, events: list[Event]) -> list[Event]:
    issues = _issues(case, events)
    if issues:
        raise refused(in_words(issues, case.layer, case.table))
    return events


def _issues(case: Case, events: Sequence[Event]) -> list[Issue]:
    """Ask the ledger's own door, one entry after the other."""
    standing = list(case.existing)
    for event in events:
        issues = ledger.check(
            event,
            standing,
            stages.machine(case.table),
            now=case.now,
            limits=stages.limits(case.table, case.properties or {}),
            measures=[measure.field for measure in case.table.measures],
        )
        if issues:
            return issues
        standing.append(event)
    return []
