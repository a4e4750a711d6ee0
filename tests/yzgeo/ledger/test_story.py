"""A story that grows by one event says at every step what folding all of them says."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.yzgeo.ledger.test_folding import MACHINE, UP_TO_VACATED, event
from yzgeo.ledger import Event, Story, fold, follow, hidden
from yzgeo.ledger import story as story_module

_NUMBERS = st.integers(1, 9)
_LIMITS = {"households_signed": 5.0}


def _id(number: int) -> str:
    return str(UUID(int=number))


@st.composite
def _any_event(draw: st.DrawFn, number: int) -> Event:
    """Anything that may come: out of order, refused, naming events that are not there, or not yet."""
    kind = draw(
        st.sampled_from(
            ["transition"] * 4 + ["measure"] * 3 + ["note", "correction", "approval", "opening", "withdrawal"]
        )
    )
    named = _id(draw(_NUMBERS))
    stage = draw(st.sampled_from(["surveyed", "decided", "signing", "vacated", "demolished", "suspended"]))
    payload: dict[str, object] = {
        "transition": {"to": stage, "reason": "r", "evidence": ["0" * 64]},
        "measure": {"households_signed": draw(st.integers(0, 8))},
        "note": {"text": "好"},
        "correction": {"cancels": named, "reason": "r"},
        "approval": {"event": named, "granted": draw(st.booleans())},
        "opening": {"stage": stage, "on": draw(st.sampled_from([None, "2024-01-03"])), "replaces": [named]},
        "withdrawal": {"withdraws": named, "reason": "r"},
    }[kind]
    # Mostly later than the one before, as it is in life; sometimes earlier, or at the very same moment.
    days = draw(st.sampled_from([number, number, number, number, number - 2, number - 1, 0]))
    actor = draw(st.sampled_from(["wang", "li"]))
    return event(number, days, kind=kind, actor=actor, role="bureau", **payload)


@st.composite
def _events(draw: st.DrawFn) -> list[Event]:
    return [draw(_any_event(number)) for number in range(1, draw(st.integers(1, 9)) + 1)]


@settings(max_examples=400, deadline=None)
@given(_events())
def test_every_step_says_what_all_events_say(events: list[Event]) -> None:
    story = Story()
    for number, each in enumerate(events, start=1):
        for limits in (None, _LIMITS):
            with_it = story.state_with(each, MACHINE, limits=limits)
            assert with_it == fold(events[:number], MACHINE, limits=limits)
        story = story.then(each)
        for limits in (None, _LIMITS):
            assert story.state(MACHINE, limits=limits) == fold(events[:number], MACHINE, limits=limits)
        assert story.gone == hidden(events[:number])


def test_a_later_event_is_one_step(monkeypatch) -> None:
    story = Story(UP_TO_VACATED[:-1])
    before = story.state(MACHINE)
    longer = story.then(UP_TO_VACATED[-1])
    monkeypatch.setattr(story_module, "fold", None)  # folding all of them again would raise
    assert longer.state(MACHINE) == follow(before, UP_TO_VACATED[-1], MACHINE)
    assert longer.state(MACHINE).stage == "vacated"
    assert tuple(longer) == tuple(UP_TO_VACATED)
    assert Story.of(longer) is longer


def test_what_speaks_of_others_is_not_one_step() -> None:
    state = fold(UP_TO_VACATED, MACHINE)
    assert follow(state, event(9, 90, kind="correction", cancels=_id(1), reason="r"), MACHINE) is None
    assert follow(state, event(9, 90, kind="note", text="t"), MACHINE) is state
    refused = fold([*UP_TO_VACATED, event(9, 90, kind="approval", event=_id(10), granted=True)], MACHINE)
    assert refused.conflicts
    assert follow(refused, event(10, 91, to="demolished", evidence=["0" * 64]), MACHINE) is None
    assert follow(refused, event(10, 91, kind="note", text="t"), MACHINE) is None


def test_an_event_that_comes_again_counts_once() -> None:
    story = Story(UP_TO_VACATED)
    assert story.state(MACHINE).stage == "vacated"
    again = replace(UP_TO_VACATED[-1], valid_at=UP_TO_VACATED[-1].valid_at + timedelta(days=3))
    assert story.then(again).state(MACHINE) == fold([*UP_TO_VACATED, again], MACHINE) != story.state(MACHINE)
