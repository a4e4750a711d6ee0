"""Opening entries: what an import says of stages, and what it replaces."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from itertools import permutations
from typing import Any

from tests.yzgeo.store.ledger_samples import STAGES, event
from yzgeo.catalogue import StageTable
from yzgeo.ledger import Event, fold, hidden, intervals, opening_for, withdrawal_for
from yzgeo.stages import machine

MACHINE = machine(StageTable.model_validate(STAGES))
NOW = datetime(2024, 5, 1, 20, 0, tzinfo=UTC)  # already the second of May in China


def opening(stage: str, existing: list[Event], *, on: str | None = None, batch: str = "b1", **options: Any) -> Event:
    given: dict[str, Any] = {"measures": {}, "illustrative": False} | options
    return opening_for(
        "work", "w1", stage=stage, on=on, existing=existing, actor="office", batch=batch, now=NOW, **given
    )


def test_an_undated_stage_holds_since_ever() -> None:
    state = fold([opening("finished", [])], MACHINE)
    assert (state.stage, state.stage_on) == ("finished", None)
    assert fold([opening("finished", [])], MACHINE, on=date(1950, 1, 1)).stage == "finished"
    [only] = intervals(state, MACHINE)
    assert (only.start, only.end, only.delta) == (None, None, 1)


def test_a_dated_stage_holds_since_its_day() -> None:
    told = opening("works", [], on="2024-03-01", measures={"laid": 4})
    assert fold([told], MACHINE, on=date(2024, 2, 29)).stage == "planned"
    state = fold([told], MACHINE, on=date(2024, 3, 1))
    assert (state.stage, state.measures) == ("works", {"laid": 4.0})


def test_a_second_undated_word_holds_since_today() -> None:
    first = opening("works", [])
    second = opening("finished", [first], batch="b2")
    assert fold([first, second], MACHINE, on=date(2024, 5, 1)).stage == "works"
    assert fold([second, first], MACHINE, on=date(2024, 5, 2)).stage == "finished"


def test_facts_hide_what_was_invented() -> None:
    invented = [replace(event(n, to="works"), payload={"to": "works", "illustrative": True}) for n in (1, 2)]
    told = opening("planned", invented)
    assert hidden([*invented, told]) == {each.id for each in invented}
    assert fold([*invented, told], MACHINE).stage == "planned"
    assert opening("planned", invented, illustrative=True).payload.get("replaces") is None


def test_the_same_import_makes_the_same_entry() -> None:
    assert opening("works", []).id == opening("works", []).id
    assert opening("works", []).id != opening("works", [], batch="b2").id


def test_work_goes_on_from_an_opening() -> None:
    told = [opening("paused", []), event(1, to="works")]
    assert fold(told, MACHINE).stage == "works"
    assert fold(told, MACHINE).conflicts == ()


def taken_back(told: Event, batch: str) -> Event:
    return withdrawal_for(told, actor="li", reason="wrong file", batch=batch, now=NOW)


def test_a_withdrawn_opening_says_nothing_and_replaces_nothing() -> None:
    first = event(1, to="works")
    invented = replace(first, payload={"to": "works", "illustrative": True})
    told = opening("finished", [invented])
    back = taken_back(told, "b2")
    again = taken_back(back, "b3")
    assert hidden([invented, told]) == {invented.id}
    for order in permutations([invented, told, back]):
        assert hidden(order) == {told.id}
        assert fold(order, MACHINE).stage == "works"
    for order in permutations([invented, told, back, again]):
        assert hidden(order) == {back.id, invented.id}
        assert fold(order, MACHINE).stage == "finished"


def test_withdrawals_that_take_each_other_back_count_for_nothing() -> None:
    told = opening("finished", [])
    one, two = taken_back(told, "b2"), taken_back(told, "b3")
    one, two = (
        replace(one, payload={**one.payload, "withdraws": two.id}),
        replace(two, payload={**two.payload, "withdraws": one.id}),
    )
    assert hidden([told, one, two]) == frozenset()


def test_an_opening_withdrawn_twice_stays_away_while_either_word_stands() -> None:
    told = opening("finished", [])
    one, two = taken_back(told, "b2"), replace(taken_back(told, "b3"), id=event(90).id)
    gone = replace(taken_back(one, "b4"), id=event(91).id)
    for order in permutations([told, one, two, gone]):
        assert hidden(order) == {told.id, one.id}


def test_a_withdrawal_cannot_be_corrected() -> None:
    told = opening("finished", [])
    back = taken_back(told, "b2")
    word = event(9, kind="correction", cancels=back.id, reason="no")
    assert [each.code for each in fold([told, back, word], MACHINE).conflicts] == ["correction_without_target"]
