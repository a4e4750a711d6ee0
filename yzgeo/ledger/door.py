"""The door: every reason why an event may not be recorded, told at once."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

import orjson

from yzgeo.checks import Issue
from yzgeo.stages import Machine

from .events import MARKS, PAYLOAD_VERSION, TOLD, Event
from .folding import State
from .story import Story

# A phone's clock may be a little ahead of the office's; more than this is a wrong date.
CLOCK_TOLERANCE = timedelta(minutes=10)
LARGEST_PAYLOAD_BYTES = 16_384
_NEEDED = {"transition": "to", "note": "text", "photo": "attachment", "correction": "cancels", "approval": "event"}


def check(
    event: Event,
    existing: Sequence[Event],
    stage_machine: Machine,
    *,
    now: datetime,
    limits: Mapping[str, float] | None = None,
    measures: Collection[str] | None = None,
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
    measures
        Fields that the layer reports; any if not given.

    Returns
    -------
    list of Issue
        Level ``error``; ``where`` is the event's id.
    """
    issues = _form(event, measures) or _dates(event, now)
    if not issues and event.kind not in TOLD:
        story = Story.of(existing)
        before = story.state(stage_machine, limits=limits)
        after = story.state_with(event, stage_machine, limits=limits)
        issues = [*_rights(event, before, existing, stage_machine), *_decided(event, before)]
        known = {(conflict.event, conflict.code) for conflict in before.conflicts}
        for conflict in after.conflicts:
            if (conflict.event, conflict.code) not in known:
                issues.append(Issue("error", conflict.code, event.id, conflict.zh, conflict.en))
    return issues


def _form(event: Event, measures: Collection[str] | None) -> list[Issue]:
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
    if event.kind not in (*_NEEDED, "measure"):
        issues.append(Issue("error", "kind_unknown", event.id, "不认识的记录类型", "unknown kind of event"))
    key = _NEEDED.get(event.kind)
    if key is not None and not str(event.payload.get(key, "")).strip():
        issues.append(Issue("error", "payload_incomplete", event.id, f"缺少“{key}”", f"“{key}” is missing"))
    if event.kind == "correction" and not str(event.payload.get("reason", "")).strip():
        issues.append(Issue("error", "reason_missing", event.id, "更正须写明原因", "a correction needs a reason"))
    if event.kind == "measure":
        issues += _quantities(event, measures)
    return issues or _size(event)


def _quantities(event: Event, measures: Collection[str] | None) -> list[Issue]:
    issues = []
    given = {name: value for name, value in event.payload.items() if name not in MARKS}
    if not given:
        issues.append(Issue("error", "payload_incomplete", event.id, "没有填写数量", "no quantity is given"))
    if not all(_is_quantity(value) for value in given.values()):
        issues.append(
            Issue("error", "measure_invalid", event.id, "数值须为非负数", "a quantity is a number, 0 or more")
        )
    unknown = [] if measures is None else [name for name in given if name not in measures]
    if unknown:
        names = ", ".join(unknown)
        issues.append(
            Issue("error", "measure_unknown", event.id, f"此图层不登记 {names}", f"this layer does not report {names}")
        )
    return issues


def _size(event: Event) -> list[Issue]:
    try:
        size = len(orjson.dumps(dict(event.payload)))
    except (TypeError, orjson.JSONEncodeError):
        return [
            Issue("error", "payload_invalid", event.id, "内容含有不能保存的文字或数值", "the payload cannot be stored")
        ]
    if size > LARGEST_PAYLOAD_BYTES:
        return [Issue("error", "payload_too_large", event.id, "内容太长", "the payload is too large")]
    return []


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


def _decided(event: Event, state: State) -> list[Issue]:
    """Only what waits can be decided: a second word on a decided move would change the past in silence."""
    if event.kind != "approval" or event.payload["event"] in state.pending:
        return []
    return [
        Issue("error", "nothing_to_decide", event.id, "该记录不在等待审批", "that event does not wait for approval")
    ]
