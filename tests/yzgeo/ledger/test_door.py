"""The door tells every reason at once and admits nothing that would contradict what it admitted before."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.yzgeo.store.ledger_samples import DAY, STAGES, approval, event
from yzgeo.catalogue import StageTable
from yzgeo.ledger import CLOCK_TOLERANCE, Event, check
from yzgeo.stages import machine

MACHINE = machine(StageTable.model_validate(STAGES))
NOW = DAY + timedelta(days=100)


def codes(told: Event, *existing: Event, **options: object) -> list[str]:
    return [issue.code for issue in check(told, existing, MACHINE, now=NOW, **options)]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        (event(1, to="works"), []),
        (event(1), ["payload_incomplete"]),
        (event(1, kind="note", text=" "), ["payload_incomplete"]),
        (event(1, kind="measure"), ["payload_incomplete"]),
        (event(1, kind="measure", laid=-1), ["measure_invalid"]),
        (event(1, kind="measure", height=1), ["measure_unknown"]),
        (event(1, kind="opening", stage="works"), ["kind_unknown"]),
        (event(1, kind="gossip", text="x"), ["kind_unknown"]),
        (event(1, kind="note", text="\ud800"), ["payload_invalid"]),
        (event(1, kind="note", text="x" * 20_000), ["payload_too_large"]),
        (event(1, kind="correction", cancels=event(9).id), ["reason_missing"]),
        (event(1, days=101, to="works"), ["date_in_future"]),
        (approval(1, 9), ["nothing_to_decide", "approval_without_target"]),
    ],
)
def test_reasons(told: Event, expected: list[str]) -> None:
    assert codes(told, measures=["laid"]) == expected


def test_a_fast_clock_is_forgiven() -> None:
    assert codes(replace(event(1, to="works"), valid_at=NOW + CLOCK_TOLERANCE)) == []
    assert codes(replace(event(1, to="works"), valid_at=NOW + CLOCK_TOLERANCE + timedelta(seconds=1))) != []


def test_a_decision_is_made_once() -> None:
    course = [event(1, to="works"), event(2, days=1, to="finished")]
    word = approval(3, 2, days=2)
    assert codes(word, *course) == []
    assert codes(approval(4, 2, days=3, granted=False), *course, word) == ["nothing_to_decide"]


def test_only_the_author_or_an_approver_corrects() -> None:
    course = [event(1, to="works")]
    assert codes(event(2, kind="correction", cancels=event(1).id, reason="错"), *course) == []
    other = event(2, kind="correction", actor="zhao", cancels=event(1).id, reason="错")
    assert codes(other, *course) == ["role_not_allowed"]
    assert codes(replace(other, role="admin"), *course) == []


def test_what_others_built_on_is_corrected_from_the_top() -> None:
    course = [event(1, to="works"), event(2, days=1, to="finished"), approval(3, 2, days=1)]
    fix = event(4, kind="correction", cancels=event(1).id, reason="错")
    assert codes(fix, *course) == ["move_not_allowed"]
