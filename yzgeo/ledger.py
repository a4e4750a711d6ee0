"""The ledger of progress: events that only ever accumulate, and the state that follows from them.

The state of a feature is a pure function of the *set* of its events: `fold` orders them by the moment they speak of,
so the order in which phones reached the office does not matter. What cannot be applied is kept as a named conflict;
nothing is dropped. Events form one chain per district: each holds the hash of the one before.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from types import MappingProxyType
from typing import Any, Literal
from uuid import UUID

import orjson

from .checks import Issue
from .stages import Machine, Move

Kind = Literal["transition", "measure", "note", "photo", "correction", "approval"]
GENESIS = "0" * 64
PAYLOAD_VERSION = 1
# A phone's clock may be a little ahead of the office's; more than this is a wrong date.
CLOCK_TOLERANCE = timedelta(minutes=10)


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

    ``valid_at`` is the moment it speaks of, with the time zone of the place; ``recorded_at`` when it was accepted.

    Payload by kind: transition ``{to, reason?, evidence?: [sha256]}``; measure ``{field: value, …}``; note ``{text}``;
    photo ``{attachment, caption?}``; correction ``{cancels, reason}``; approval ``{event, granted, reason?}``.
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


@dataclass(frozen=True, slots=True)
class Conflict:
    """Why an event could not be applied."""

    event: str
    code: str
    zh: str
    en: str


@dataclass(frozen=True)
class State:
    """What the events of one feature add up to."""

    stage: str
    stage_on: date | None = None
    left: str | None = None
    track: tuple[tuple[str, date, str], ...] = ()
    measures: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))
    pending: tuple[str, ...] = ()
    conflicts: tuple[Conflict, ...] = ()


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
    placed = replace(event, previous_hash=previous_hash, recorded_at=recorded_at.astimezone(UTC), hash="")
    return replace(placed, hash=digest(placed))


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
    content = asdict(event)
    del content["hash"]
    content["payload"] = dict(event.payload)
    return hashlib.sha256(orjson.dumps(content, option=orjson.OPT_SORT_KEYS)).hexdigest()


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


def fold(
    events: Iterable[Event],
    stage_machine: Machine,
    *,
    limits: Mapping[str, float] | None = None,
    on: date | None = None,
) -> State:
    """
    Add events up to the state of one feature.

    Parameters
    ----------
    events
        All events of one feature, in any order; repeated ids count once.
    stage_machine
        The layer's moves.
    limits
        Largest value of each measure of this feature.
    on
        Only what speaks of this day or earlier; everything if not given.

    Returns
    -------
    State
        Equal for every order of the same events.
    """
    unique = {event.id: event for event in events if on is None or event.valid_at.date() <= on}
    ordered = sorted(unique.values(), key=lambda event: _moment(event, stage_machine))
    cancelled, refused = _corrections(ordered, unique)
    approvals, doubtful = _approvals(ordered, unique, cancelled, stage_machine)
    state = State(stage=stage_machine.initial, conflicts=(*refused, *doubtful))
    for event in ordered:
        if event.id in cancelled:
            continue
        if event.kind == "transition":
            state = _move(state, event, stage_machine, approvals)
        elif event.kind == "measure":
            state = _measure(state, event, limits or {})
    return state


def check(
    event: Event,
    existing: Sequence[Event],
    stage_machine: Machine,
    *,
    now: datetime,
    limits: Mapping[str, float] | None = None,
) -> list[Issue]:
    """
    Judge an event at the door: all reasons at once, none means it may be recorded.

    Parameters
    ----------
    event
        The event someone wants to record.
    existing
        The feature's events so far.
    stage_machine
        The layer's moves.
    now
        The office's clock, with time zone.
    limits
        Largest value of each measure of this feature.

    Returns
    -------
    list of Issue
        Level ``error``; ``where`` is the event's id.
    """
    issues = _form(event) or _dates(event, now)
    if not issues:
        before = fold(existing, stage_machine, limits=limits)
        issues = [*_rights(event, before, existing, stage_machine)]
        after = fold([*existing, event], stage_machine, limits=limits)
        known = {(conflict.event, conflict.code) for conflict in before.conflicts}
        for conflict in after.conflicts:
            if (conflict.event, conflict.code) not in known:
                issues.append(Issue("error", conflict.code, event.id, conflict.zh, conflict.en))
    return issues


def _moment(event: Event, stage_machine: Machine) -> tuple[datetime, int, str]:
    """Order by time; at the very same moment the earlier stage comes first."""
    return event.valid_at, stage_machine.order.get(str(event.payload.get("to", "")), -1), event.id


def _corrections(ordered: Sequence[Event], known: Mapping[str, Event]) -> tuple[set[str], list[Conflict]]:
    cancelled: set[str] = set()
    conflicts = []
    for event in ordered:
        if event.kind != "correction":
            continue
        target = known.get(str(event.payload.get("cancels", "")))
        if target is None or target.kind == "correction":
            conflicts.append(
                Conflict(
                    event.id, "correction_without_target", "要更正的记录不存在", "the event to correct does not exist"
                )
            )
        else:
            cancelled.add(target.id)
    return cancelled, conflicts


def _approvals(
    ordered: Sequence[Event], known: Mapping[str, Event], cancelled: set[str], stage_machine: Machine
) -> tuple[dict[str, bool], list[Conflict]]:
    """Decide which moves have a second person's word; a refusal outweighs a grant."""
    decisions: dict[str, bool] = {}
    conflicts = []
    for event in ordered:
        if event.kind != "approval" or event.id in cancelled:
            continue
        target = known.get(str(event.payload.get("event", "")))
        if target is None:
            conflicts.append(
                Conflict(
                    event.id, "approval_without_target", "要审批的记录不存在", "the event to approve does not exist"
                )
            )
        elif target.actor == event.actor or event.role not in stage_machine.approvers:
            conflicts.append(
                Conflict(
                    event.id, "approval_by_same_person", "审批须由另一位有权限的人作出", "another person must approve"
                )
            )
        else:
            decisions[target.id] = decisions.get(target.id, True) and bool(event.payload.get("granted"))
    return decisions, conflicts


def _move(state: State, event: Event, stage_machine: Machine, approvals: Mapping[str, bool]) -> State:
    target = str(event.payload.get("to", ""))
    if target == state.stage:
        return state  # two people reporting the same stage agree
    move = stage_machine.move(state.stage, target)
    problem = _problem(state, event, move)
    if problem is not None or move is None:
        return replace(state, conflicts=(*state.conflicts, problem or _impossible(state, event)))
    if move.second_person:
        granted = approvals.get(event.id)
        if granted is None:
            return replace(state, pending=(*state.pending, event.id))
        if not granted:
            return state
    return replace(
        state,
        stage=target,
        stage_on=event.valid_at.date(),
        left=state.stage if move.kind == "aside" else None,
        track=(*state.track, (target, event.valid_at.date(), event.id)),
    )


def _problem(state: State, event: Event, move: Move | None) -> Conflict | None:
    if move is None:
        return _impossible(state, event)
    if move.kind == "resume" and move.target != state.left:
        return Conflict(event.id, "resume_elsewhere", "恢复时须回到暂停前的阶段", "resume at the stage that was left")
    if move.reason and not str(event.payload.get("reason", "")).strip():
        return Conflict(event.id, "reason_missing", "退回或暂停须写明原因", "going back or aside needs a reason")
    if move.evidence and not event.payload.get("evidence"):
        return Conflict(event.id, "evidence_missing", "该阶段须附照片或文件", "this stage needs a photo or a document")
    return None


def _impossible(state: State, event: Event) -> Conflict:
    target = str(event.payload.get("to", ""))
    return Conflict(
        event.id,
        "move_not_allowed",
        f"不能从“{state.stage}”到“{target}”",
        f"there is no move from “{state.stage}” to “{target}”",
    )


def _measure(state: State, event: Event, limits: Mapping[str, float]) -> State:
    """Take reported quantities over; one that shrinks or passes its limit is a conflict."""
    measures = dict(state.measures)
    conflicts = list(state.conflicts)
    for name, raw in event.payload.items():
        value = float(raw)
        if value < measures.get(name, 0.0):
            conflicts.append(
                Conflict(
                    event.id, "measure_shrinks", f"{name} 不能减少", f"{name} cannot shrink; correct the earlier event"
                )
            )
        elif name in limits and value > limits[name]:
            conflicts.append(
                Conflict(
                    event.id,
                    "measure_over_limit",
                    f"{name} 超过上限 {limits[name]:g}",
                    f"{name} is over {limits[name]:g}",
                )
            )
        else:
            measures[name] = value
    return replace(state, measures=MappingProxyType(measures), conflicts=tuple(conflicts))


def _form(event: Event) -> list[Issue]:
    issues = []
    try:
        UUID(event.id)
    except ValueError:
        issues.append(Issue("error", "event_id_invalid", event.id, "记录编号不是 UUID", "the event id is not a UUID"))
    if event.valid_at.tzinfo is None:
        issues.append(Issue("error", "time_zone_missing", event.id, "时间缺少时区", "the time has no time zone"))
    if event.payload_version != PAYLOAD_VERSION:
        issues.append(
            Issue("error", "payload_version_unknown", event.id, "表单版本不认识，请更新页面", "unknown payload version")
        )
    needed = {"transition": "to", "note": "text", "photo": "attachment", "correction": "cancels", "approval": "event"}
    key = needed.get(event.kind)
    if key is not None and not str(event.payload.get(key, "")).strip():
        issues.append(Issue("error", "payload_incomplete", event.id, f"缺少“{key}”", f"“{key}” is missing"))
    if event.kind == "correction" and not str(event.payload.get("reason", "")).strip():
        issues.append(Issue("error", "reason_missing", event.id, "更正须写明原因", "a correction needs a reason"))
    if event.kind == "measure" and not all(_is_quantity(value) for value in event.payload.values()):
        issues.append(
            Issue("error", "measure_invalid", event.id, "数值须为非负数", "a quantity is a number, 0 or more")
        )
    return issues


def _is_quantity(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < float("inf")


def _dates(event: Event, now: datetime) -> list[Issue]:
    if event.valid_at > now + CLOCK_TOLERANCE:
        return [Issue("error", "date_in_future", event.id, "日期不能在将来", "nothing is dated in the future")]
    return []


def _rights(event: Event, state: State, existing: Sequence[Event], stage_machine: Machine) -> list[Issue]:
    forbidden = Issue("error", "role_not_allowed", event.id, "您的角色不能作此记录", "your role may not record this")
    if event.kind == "transition":
        move = stage_machine.move(state.stage, str(event.payload["to"]))
        return [forbidden] if move is not None and event.role not in move.roles else []
    if event.kind == "correction":
        target = next((other for other in existing if other.id == event.payload["cancels"]), None)
        own = target is not None and target.actor == event.actor
        return [] if own or event.role in stage_machine.approvers else [forbidden]
    if event.kind == "approval" and event.role not in stage_machine.approvers:
        return [forbidden]
    return []
