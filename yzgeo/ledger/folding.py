"""From a set of events to a state, and from a course of stages to the days each one lasted."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from types import MappingProxyType
from typing import Any

from yzgeo.stages import Machine, Move

from .events import IMPORTED, MARKS, TOLD, Event, day_of, people_of

_ALWAYS = datetime.min.replace(tzinfo=UTC)
# Kinds that speak of no other event.
_ALONE = TOLD | {"transition", "measure"}


@dataclass(frozen=True, slots=True)
class Conflict:
    """Why an event could not be applied."""

    event: str
    code: str
    zh: str
    en: str


@dataclass(frozen=True)
class State:
    """What the events of one feature add up to.

    ``track`` lists (stage, day, event) as reached; the day is None where only an undated opening tells of the stage.
    ``reports`` lists (field, day, value) of the measures in the same way.
    """

    stage: str
    stage_on: date | None = None
    left: str | None = None
    track: tuple[tuple[str, date | None, str], ...] = ()
    measures: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))
    reports: tuple[tuple[str, date | None, float], ...] = ()
    pending: tuple[str, ...] = ()
    conflicts: tuple[Conflict, ...] = ()


@dataclass(slots=True)
class _Draft:
    """A state while events are being added to it."""

    stage: str
    conflicts: list[Conflict]
    stage_on: date | None = None
    left: str | None = None
    track: list[tuple[str, date | None, str]] = field(default_factory=list)
    measures: dict[str, float] = field(default_factory=dict)
    reports: list[tuple[str, date | None, float]] = field(default_factory=list)
    pending: list[str] = field(default_factory=list)

    def finished(self) -> State:
        return State(
            stage=self.stage,
            stage_on=self.stage_on,
            left=self.left,
            track=tuple(self.track),
            measures=MappingProxyType(self.measures),
            reports=tuple(self.reports),
            pending=tuple(self.pending),
            conflicts=tuple(self.conflicts),
        )


@dataclass(frozen=True, slots=True)
class Interval:
    """Days of one stage: from ``start`` (None: since before anything is known) to the day before ``end``.

    ``delta`` is 1 where a feature becomes delivered, -1 where it stops being so, 0 otherwise.
    """

    start: date | None
    end: date | None
    stage: str
    event: str
    delta: int


def fold(
    events: Iterable[Event],
    stage_machine: Machine,
    *,
    limits: Mapping[str, float] | None = None,
    on: date | None = None,
    known_at: datetime | None = None,
) -> State:
    """
    Add events up to the state of one feature.

    Corrections and approvals speak of other events, not of a day: they count whenever they were made. So the state on
    a day is what we know today of that day. ``known_at`` asks what was known then instead.

    Parameters
    ----------
    events
        All events of one feature, in any order; repeated ids count once.
    stage_machine
        The layer's moves.
    limits
        Largest value of each measure of this feature.
    on
        The state at the end of this day; the latest if not given.
    known_at
        Only what had been recorded by this moment; everything if not given.

    Returns
    -------
    State
        Equal for every order of the same events.
    """
    unique = {event.id: event for event in events if known_at is None or _recorded_by(event, known_at)}
    gone = hidden(unique.values())
    present = {key: event for key, event in unique.items() if key not in gone}
    ordered = sorted(present.values(), key=lambda event: _moment(event, stage_machine))
    cancelled, refused = _corrections(ordered, present)
    approvals, doubtful = _approvals(ordered, present, cancelled, stage_machine)
    state = _Draft(stage=stage_machine.initial, conflicts=[*refused, *doubtful])
    for event in ordered:
        if event.id in cancelled or (on is not None and _is_after(event, on)):
            continue
        if event.kind == "transition":
            _move(state, event, stage_machine, approvals)
        elif event.kind == "measure":
            _measure(state, event, limits or {})
        elif event.kind == "opening":
            _open(state, event, stage_machine)
    return state.finished()


def follow(
    state: State, event: Event, stage_machine: Machine, *, limits: Mapping[str, float] | None = None
) -> State | None:
    """
    Go on from the state of a feature with an event that is later than all others.

    Parameters
    ----------
    state
        What the others add up to, with the same limits.
    event
        An event that no earlier one has hidden.
    stage_machine
        The layer's moves.
    limits
        Largest value of each measure of this feature.

    Returns
    -------
    State or None
        What `fold` gives for all of them; None where only that can tell, because the event speaks of others, or one of
        them that was refused may have spoken of this.
    """
    if state.conflicts or event.kind not in _ALONE:
        return None
    if event.kind in TOLD:
        return state
    draft = _Draft(
        stage=state.stage,
        conflicts=[],
        stage_on=state.stage_on,
        left=state.left,
        track=list(state.track),
        measures=dict(state.measures),
        reports=list(state.reports),
        pending=list(state.pending),
    )
    if event.kind == "transition":
        _move(draft, event, stage_machine, {})
    else:
        _measure(draft, event, limits or {})
    return draft.finished()


def hidden(events: Iterable[Event]) -> frozenset[str]:
    """
    List the events that an import has replaced or an undo has withdrawn.

    They stay in the ledger and no longer speak for the feature. A withdrawn opening no longer replaces anything.

    Parameters
    ----------
    events
        Events of one feature.

    Returns
    -------
    frozenset of str
        Their ids.
    """
    given = [event for event in events if event.kind in IMPORTED]
    if not given:
        return frozenset()
    gone = _withdrawn(given)
    named = [event.payload.get("replaces") for event in given if event.kind == "opening" and event.id not in gone]
    return gone.union(str(each) for ids in named if isinstance(ids, Sequence) for each in ids)


def intervals(state: State, stage_machine: Machine) -> list[Interval]:
    """
    Turn a course of stages into the days each one lasted.

    Parameters
    ----------
    state
        Result of `fold`.
    stage_machine
        The layer's moves.

    Returns
    -------
    list of Interval
        Without gaps, from the beginning of time to now; a stage that was left on the day it was reached has none.
    """
    steps: list[tuple[date | None, str, str]] = [(None, stage_machine.initial, "")]
    for stage, day, event in state.track:
        if steps[-1][0] == day:
            steps.pop()
        if steps and steps[-1][1] == stage:
            continue
        steps.append((day, stage, event))
    made = []
    before = False
    for number, (day, stage, event) in enumerate(steps):
        end = steps[number + 1][0] if number + 1 < len(steps) else None
        done = stage in stage_machine.done
        made.append(Interval(day, end, stage, event, int(done) - int(before)))
        before = done
    return made


def opening_day(event: Event) -> date | None:
    """
    Tell since when the stage of an opening holds.

    Parameters
    ----------
    event
        An event of kind ``opening``.

    Returns
    -------
    datetime.date or None
        None where nobody knows.
    """
    text = event.payload.get("on")
    return date.fromisoformat(text) if isinstance(text, str) else None


def _withdrawn(events: Iterable[Event]) -> frozenset[str]:
    """Settle what stands: a withdrawal counts unless one that itself counts has taken it back."""
    names = {event.id: str(event.payload.get("withdraws", "")) for event in events if event.kind == "withdrawal"}
    if not names:
        return frozenset()
    takers: dict[str, list[str]] = defaultdict(list)
    for taker, target in names.items():
        takers[target].append(taker)
    standing: dict[str, bool] = {}
    waiting = dict(names)
    while waiting:
        settled = {
            each: not any(standing.get(taker) for taker in takers[each])
            for each in waiting
            if all(taker in standing for taker in takers[each]) or any(standing.get(taker) for taker in takers[each])
        }
        if not settled:
            break  # they take each other back in a circle, which nobody could have recorded: none of them counts
        standing |= settled
        waiting = {each: target for each, target in waiting.items() if each not in settled}
    return frozenset(target for each, target in names.items() if standing.get(each))


def _recorded_by(event: Event, moment: datetime) -> bool:
    return event.recorded_at is not None and event.recorded_at <= moment


def _is_after(event: Event, on: date) -> bool:
    if event.kind == "opening":
        day = opening_day(event)
        return day is not None and day > on
    return day_of(event) > on


def _moment(event: Event, stage_machine: Machine) -> tuple[datetime, int, str]:
    """Order by time; at the very same moment the earlier stage comes first, an undated opening before everything."""
    if event.kind == "opening":
        return (_ALWAYS if opening_day(event) is None else event.valid_at), -2, event.id
    return event.valid_at, stage_machine.order.get(str(event.payload.get("to", "")), -1), event.id


def _corrections(ordered: Sequence[Event], known: Mapping[str, Event]) -> tuple[set[str], list[Conflict]]:
    cancelled: set[str] = set()
    conflicts = []
    for event in ordered:
        if event.kind != "correction":
            continue
        target = known.get(str(event.payload.get("cancels", "")))
        if target is None or target.kind == "correction" or target.kind in IMPORTED:
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
        elif people_of(target) & people_of(event) or event.role not in stage_machine.approvers:
            conflicts.append(
                Conflict(
                    event.id, "approval_by_same_person", "审批须由另一位有权限的人作出", "another person must approve"
                )
            )
        else:
            decisions[target.id] = decisions.get(target.id, True) and event.payload.get("granted") is True
    return decisions, conflicts


def _move(state: _Draft, event: Event, stage_machine: Machine, approvals: Mapping[str, bool]) -> None:
    target = str(event.payload.get("to", ""))
    if target == state.stage:
        return  # two people reporting the same stage agree
    move = stage_machine.move(state.stage, target)
    if move is None:
        state.conflicts.append(_impossible(state, event, stage_machine))
        return
    problem = _problem(state, event, move)
    if problem is not None:
        state.conflicts.append(problem)
        return
    if move.second_person:
        granted = approvals.get(event.id)
        if granted is None:
            state.pending.append(event.id)
        if not granted:
            return
    state.left = state.stage if move.kind == "aside" else None
    state.stage = target
    state.stage_on = day_of(event)
    state.track.append((target, state.stage_on, event.id))


def _open(state: _Draft, event: Event, stage_machine: Machine) -> None:
    """An import says where a feature stands; from there on every move is a move of the table again."""
    stage = str(event.payload.get("stage", ""))
    if stage not in stage_machine.order:
        state.conflicts.append(_impossible(state, event, stage_machine))
        return
    day = opening_day(event)
    given: Any = event.payload.get("measures")
    measures = {str(name): float(value) for name, value in given.items()} if isinstance(given, Mapping) else {}
    # What an import calls suspended was left at a stage that only an earlier event can tell.
    known = state.stage if state.track and state.stage not in stage_machine.asides else state.left
    state.left = known if stage in stage_machine.asides else None
    state.stage = stage
    state.stage_on = day
    state.track.append((stage, day, event.id))
    state.measures.update(measures)
    state.reports.extend((name, day, value) for name, value in measures.items())


def _problem(state: _Draft, event: Event, move: Move) -> Conflict | None:
    if move.kind == "resume" and state.left is not None and move.target != state.left:
        return Conflict(event.id, "resume_elsewhere", "恢复时须回到暂停前的阶段", "resume at the stage that was left")
    if move.reason and not str(event.payload.get("reason", "")).strip():
        return Conflict(event.id, "reason_missing", "退回或暂停须写明原因", "going back or aside needs a reason")
    if move.evidence and not event.payload.get("evidence"):
        return Conflict(event.id, "evidence_missing", "该阶段须附照片或文件", "this stage needs a photo or a document")
    return None


def _impossible(state: _Draft, event: Event, stage_machine: Machine) -> Conflict:
    target = str(event.payload.get("to", event.payload.get("stage", "")))
    origin, wanted = stage_machine.labels[state.stage], stage_machine.labels.get(target)
    return Conflict(
        event.id,
        "move_not_allowed",
        f"不能从“{origin.zh}”到“{wanted.zh if wanted else target}”",
        f"there is no move from “{origin.en}” to “{wanted.en if wanted else target}”",
    )


def _measure(state: _Draft, event: Event, limits: Mapping[str, float]) -> None:
    """Take reported quantities over; one that shrinks or passes its limit is a conflict."""
    for name, raw in event.payload.items():
        if name in MARKS:
            continue
        value = float(raw)
        if value < state.measures.get(name, 0.0):
            zh, en = f"{name} 不能减少", f"{name} cannot shrink; correct the earlier event"
            state.conflicts.append(Conflict(event.id, "measure_shrinks", zh, en))
        elif name in limits and value > limits[name]:
            zh, en = f"{name} 超过上限 {limits[name]:g}", f"{name} is over {limits[name]:g}"
            state.conflicts.append(Conflict(event.id, "measure_over_limit", zh, en))
        else:
            state.measures[name] = value
            state.reports.append((name, day_of(event), value))
