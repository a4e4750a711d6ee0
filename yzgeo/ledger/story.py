"""The events of one feature and what they add up to: one more event costs one step, not all of them again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import cached_property

from yzgeo.stages import Machine

from .events import IMPORTED, Event
from .folding import State, fold, follow, hidden

_States = dict[tuple[int, tuple[tuple[str, float], ...]], tuple[Machine, State]]


class Story(tuple[Event, ...]):
    """All events of one feature in the order of recording; it never changes.

    What it says is always what `fold` says. It remembers the answer, and an event that comes after all others goes on
    from what the others said.
    """

    def __init__(self, _: Iterable[Event] = ()) -> None:
        self._states: _States = {}
        self._before: _States = {}
        self._is_next = False

    @classmethod
    def of(cls, events: Iterable[Event]) -> Story:
        """
        Take events as a story.

        Parameters
        ----------
        events
            All events of one feature.

        Returns
        -------
        Story
            The same object if it is one, with all that it remembers.
        """
        return events if isinstance(events, cls) else cls(events)

    def then(self, event: Event) -> Story:
        """
        Let one more event follow.

        Parameters
        ----------
        event
            The last event recorded, whatever day it speaks of.

        Returns
        -------
        Story
            The longer story; this one stays.
        """
        longer = Story((*self, event))
        longer._before = self._states
        longer._is_next = self._is_before(event)
        if event.kind not in IMPORTED:
            longer.gone = self.gone
        if self._latest is None or event.valid_at > self._latest:
            longer._latest = event.valid_at
        return longer

    def state(self, stage_machine: Machine, *, limits: Mapping[str, float] | None = None) -> State:
        """
        Tell what the events add up to.

        Parameters
        ----------
        stage_machine
            The layer's moves.
        limits
            Largest value of each measure of this feature.

        Returns
        -------
        State
            As `fold` gives it.
        """
        key = (id(stage_machine), tuple(sorted(limits.items())) if limits else ())
        if key not in self._states:
            known = self._before.get(key) if self._is_next else None
            state = None if known is None else follow(known[1], self[-1], stage_machine, limits=limits)
            # The machine is kept beside its state, so that no other one gets its number.
            self._states[key] = (stage_machine, state or fold(self, stage_machine, limits=limits))
        return self._states[key][1]

    def state_with(self, event: Event, stage_machine: Machine, *, limits: Mapping[str, float] | None = None) -> State:
        """
        Tell what the events would add up to with one more.

        Parameters
        ----------
        event
            An event that may not be recorded at all.
        stage_machine, limits
            As for `state`.

        Returns
        -------
        State
            As `fold` gives it.
        """
        state = self.state(stage_machine, limits=limits)
        next_state = follow(state, event, stage_machine, limits=limits) if self._is_before(event) else None
        return next_state or fold((*self, event), stage_machine, limits=limits)

    @cached_property
    def gone(self) -> frozenset[str]:
        """Ids of the events that no longer speak for the feature, as `hidden` lists them."""
        return hidden(self)

    @cached_property
    def _latest(self) -> datetime | None:
        return max((event.valid_at for event in self), default=None)

    def _is_before(self, event: Event) -> bool:
        """Tell whether an event is later than all of these, is none of them, and none can have hidden it."""
        is_later = self._latest is None or event.valid_at > self._latest
        return is_later and event.id not in self.gone and all(each.id != event.id for each in self)
