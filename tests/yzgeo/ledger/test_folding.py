"""Events fold to a legal state whatever their order, and the chain finds a changed byte."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from types import MappingProxyType
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from yzgeo import catalogue as catalogue_module
from yzgeo.ledger import GENESIS, Event, check, first_break, fold, sealed
from yzgeo.stages import machine

CHINA = timezone(timedelta(hours=8))
TABLE = catalogue_module.load().layer("shantytown_parcel").stage_table
assert TABLE is not None
MACHINE = machine(TABLE)
NOW = datetime(2024, 7, 1, 9, 0, tzinfo=CHINA)
DAY = datetime(2024, 1, 1, 12, 0, tzinfo=CHINA)


def event(number: int, days: float, *, kind: str = "transition", actor: str = "wang", role: str = "field", **payload):
    return Event(
        id=str(UUID(int=number)),
        layer="shantytown_parcel",
        uid="p1",
        kind=kind,
        valid_at=DAY + timedelta(days=days),
        actor=actor,
        role=role,
        payload=payload,
    )


def approval(number: int, days: float, of: Event, *, granted: bool = True, actor: str = "li", role: str = "bureau"):
    return event(number, days, kind="approval", actor=actor, role=role, event=of.id, granted=granted)


UP_TO_VACATED = [
    event(1, 0, to="surveyed"),
    event(2, 10, to="decided"),
    event(3, 20, to="signing"),
    event(4, 30, to="vacated"),
]


def codes(issues) -> list[str]:
    return [issue.code for issue in issues]


def test_a_plain_course() -> None:
    state = fold(UP_TO_VACATED, MACHINE)
    assert state.stage == "vacated"
    assert state.stage_on == date(2024, 1, 31)
    assert [stage for stage, _, _ in state.track] == ["surveyed", "decided", "signing", "vacated"]
    assert state.conflicts == ()


def test_the_state_on_a_day() -> None:
    assert fold(UP_TO_VACATED, MACHINE, on=date(2024, 1, 11)).stage == "decided"
    assert fold(UP_TO_VACATED, MACHINE, on=date(2024, 1, 10)).stage == "surveyed"
    assert fold(UP_TO_VACATED, MACHINE, on=date(2023, 12, 31)).stage == "planned"


def test_cleared_land_cannot_come_before_an_empty_site() -> None:
    early = event(9, 25, to="cleared", evidence=["a" * 64])
    assert codes(check(early, UP_TO_VACATED[:3], MACHINE, now=NOW)) == ["move_not_allowed"]


def test_two_phones_reporting_the_same_stage_agree() -> None:
    other = event(5, 22, actor="zhao", to="signing")
    assert check(other, UP_TO_VACATED[:3], MACHINE, now=NOW) == []
    assert fold([*UP_TO_VACATED, other], MACHINE).conflicts == ()


def test_demolition_needs_evidence_and_a_second_person() -> None:
    bare = event(5, 40, to="demolished")
    assert codes(check(bare, UP_TO_VACATED, MACHINE, now=NOW)) == ["evidence_missing"]
    shown = event(5, 40, to="demolished", evidence=["a" * 64])
    assert check(shown, UP_TO_VACATED, MACHINE, now=NOW) == []
    waiting = fold([*UP_TO_VACATED, shown], MACHINE)
    assert (waiting.stage, waiting.pending) == ("vacated", (shown.id,))
    granted = fold([*UP_TO_VACATED, shown, approval(6, 41, shown)], MACHINE)
    assert (granted.stage, granted.pending) == ("demolished", ())
    refused = fold([*UP_TO_VACATED, shown, approval(6, 41, shown, granted=False)], MACHINE)
    assert (refused.stage, refused.pending) == ("vacated", ())


@pytest.mark.parametrize(("actor", "role"), [("wang", "bureau"), ("li", "field")])
def test_nobody_approves_alone_or_without_the_role(actor: str, role: str) -> None:
    shown = event(5, 40, to="demolished", evidence=["a" * 64])
    word = approval(6, 41, shown, actor=actor, role=role)
    assert check(word, [*UP_TO_VACATED, shown], MACHINE, now=NOW)
    assert fold([*UP_TO_VACATED, shown, word], MACHINE).stage == "vacated"


def test_going_back_needs_a_reason_a_role_and_a_second_person() -> None:
    assert codes(check(event(5, 40, to="signing"), UP_TO_VACATED, MACHINE, now=NOW)) == [
        "role_not_allowed",
        "reason_missing",
    ]
    back = event(5, 40, actor="chen", role="planner", to="signing", reason="两户反悔")
    assert check(back, UP_TO_VACATED, MACHINE, now=NOW) == []
    assert fold([*UP_TO_VACATED, back], MACHINE).stage == "vacated"
    assert fold([*UP_TO_VACATED, back, approval(6, 41, back)], MACHINE).stage == "signing"


def test_suspending_and_resuming_where_it_was_left() -> None:
    pause = event(5, 40, role="bureau", to="suspended", reason="资金")
    paused = fold([*UP_TO_VACATED, pause], MACHINE)
    assert (paused.stage, paused.left) == ("suspended", "vacated")
    wrong = event(6, 50, role="bureau", to="signing")
    assert codes(check(wrong, [*UP_TO_VACATED, pause], MACHINE, now=NOW)) == ["resume_elsewhere"]
    right = event(6, 50, role="bureau", to="vacated")
    assert fold([*UP_TO_VACATED, pause, right], MACHINE).stage == "vacated"


def test_nothing_is_dated_in_the_future_or_without_a_zone() -> None:
    assert codes(check(event(1, 300, to="surveyed"), [], MACHINE, now=NOW)) == ["date_in_future"]
    naive = replace(event(1, 0, to="surveyed"), valid_at=datetime(2024, 1, 1))  # noqa: DTZ001
    assert codes(check(naive, [], MACHINE, now=NOW)) == ["time_zone_missing"]


def test_an_earlier_stage_cannot_be_dated_after_a_later_one() -> None:
    late = event(7, 35, to="signing")
    assert "reason_missing" in codes(check(late, UP_TO_VACATED, MACHINE, now=NOW))


def test_an_event_that_would_contradict_accepted_ones_is_refused() -> None:
    pause = event(8, 25, role="bureau", to="suspended", reason="资金")
    assert codes(check(pause, UP_TO_VACATED, MACHINE, now=NOW)) == ["resume_elsewhere"]


def test_measures_grow_up_to_their_limit() -> None:
    limits = {"households_signed": 80.0}
    first = event(1, 1, kind="measure", households_signed=40)
    more = event(2, 2, kind="measure", households_signed=80)
    assert fold([first, more], MACHINE, limits=limits).measures == {"households_signed": 80}
    less = event(3, 3, kind="measure", households_signed=70)
    over = event(4, 3, kind="measure", households_signed=81)
    assert codes(check(less, [first, more], MACHINE, now=NOW, limits=limits)) == ["measure_shrinks"]
    assert codes(check(over, [first, more], MACHINE, now=NOW, limits=limits)) == ["measure_over_limit"]


@pytest.mark.parametrize("value", [-1, float("nan"), float("inf"), "12", True, None])
def test_a_measure_is_a_number_of_something(value) -> None:
    assert codes(check(event(1, 0, kind="measure", a=value), [], MACHINE, now=NOW)) == ["measure_invalid"]


def test_a_correction_undoes_in_the_open() -> None:
    wrong = UP_TO_VACATED[-1]
    fix = event(9, 50, kind="correction", cancels=wrong.id, reason="写错地块")
    assert check(fix, UP_TO_VACATED, MACHINE, now=NOW) == []
    assert fold([*UP_TO_VACATED, fix], MACHINE).stage == "signing"
    other = event(9, 50, kind="correction", actor="zhao", cancels=wrong.id, reason="写错地块")
    assert codes(check(other, UP_TO_VACATED, MACHINE, now=NOW)) == ["role_not_allowed"]


def test_a_bad_form_tells_everything_at_once() -> None:
    bad = replace(event(1, 0), id="seven", payload=MappingProxyType({}), payload_version=9)
    assert codes(check(bad, [], MACHINE, now=NOW)) == [
        "event_id_invalid",
        "payload_version_unknown",
        "payload_incomplete",
    ]


def chain(events: list[Event]) -> list[Event]:
    ledger: list[Event] = []
    for position, entry in enumerate(events):
        previous = ledger[-1].hash if ledger else GENESIS
        ledger.append(sealed(entry, previous, datetime(2024, 7, 1, 1, position, tzinfo=UTC)))
    return ledger


def test_the_chain_holds_and_a_change_is_located() -> None:
    ledger = chain(UP_TO_VACATED)
    assert first_break(ledger) is None
    ledger[2] = replace(ledger[2], payload={"to": "cleared"})
    assert first_break(ledger) == (2, ledger[2].id)


def test_a_missing_entry_is_located() -> None:
    ledger = chain(UP_TO_VACATED)
    del ledger[1]
    assert first_break(ledger) == (1, ledger[1].id)


STAGES = list(MACHINE.order)
ANY_EVENT = st.builds(
    lambda number, days, kind, to, who, extra: {
        "transition": event(number, days, actor=who, role="bureau", to=to, **extra),
        "measure": event(number, days, kind="measure", actor=who, households_signed=days),
        "approval": event(
            number, days, kind="approval", actor=who, role="bureau", event=str(UUID(int=number // 2)), granted=True
        ),
        "correction": event(number, days, kind="correction", actor=who, cancels=str(UUID(int=number // 2)), reason="r"),
    }[kind],
    st.integers(1, 60),
    st.integers(0, 100),
    st.sampled_from(["transition", "transition", "measure", "approval", "correction"]),
    st.sampled_from(STAGES),
    st.sampled_from(["wang", "li"]),
    st.sampled_from([{}, {"reason": "r"}, {"evidence": ["a" * 64]}]),
)


@given(st.lists(ANY_EVENT, max_size=25, unique_by=lambda entry: entry.id), st.randoms())
@settings(max_examples=200, deadline=None)
def test_any_arrival_order_ends_in_the_same_state_and_drops_nothing(events, random) -> None:
    state = fold(events, MACHINE, limits={"households_signed": 80.0})
    shuffled = list(events)
    random.shuffle(shuffled)
    assert fold(shuffled, MACHINE, limits={"households_signed": 80.0}) == state
    assert state.stage in MACHINE.order
    assert all(value <= 80 for value in state.measures.values())
    known = {entry.id for entry in events}
    assert {conflict.event for conflict in state.conflicts} | set(state.pending) <= known


@given(st.lists(ANY_EVENT, max_size=25, unique_by=lambda entry: entry.id))
@settings(max_examples=100, deadline=None)
def test_what_the_door_admits_never_conflicts(events) -> None:
    admitted: list[Event] = []
    for entry in events:
        if not check(entry, admitted, MACHINE, now=NOW, limits={"households_signed": 80.0}):
            admitted.append(entry)
    assert fold(admitted, MACHINE, limits={"households_signed": 80.0}).conflicts == ()


@given(st.lists(ANY_EVENT, max_size=15, unique_by=lambda entry: entry.id))
@settings(max_examples=50, deadline=None)
def test_sending_again_changes_nothing(events) -> None:
    assert fold([*events, *events], MACHINE) == fold(events, MACHINE)
