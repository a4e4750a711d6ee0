"""Which features there were on a day: the state of a layer's register that speaks for it, and what nobody knows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from yzgeo.catalogue import Layer
from yzgeo.ledger import ZONE
from yzgeo.store.base import Store


@dataclass(frozen=True, slots=True)
class Register:
    """The state of a layer's register that speaks for a day."""

    revision: int | None
    """Revision of the layer to read; None for what is registered now."""
    known_since: date | None
    """Day of the first record; None if nothing was ever registered."""
    recorded: bool
    """Whether the day is covered by records; if not, the state is the first one there is."""
    now: bool = False
    """Whether the day is today, so that the layer's own columns say what the ledger says."""

    def told(self, layer: Layer) -> dict[str, Any]:
        """
        Say what the figures of a day rest on.

        Parameters
        ----------
        layer
            The layer.

        Returns
        -------
        dict
            ``known_since``, ``recorded`` and ``note``, a sentence where something is not known.
        """
        since = None if self.known_since is None else self.known_since.isoformat()
        note = None
        if not self.recorded and since is None:
            note = {"zh": "尚未登记。", "en": "Nothing has been registered yet."}
        elif not self.recorded and layer.stages:
            note = {
                "zh": f"有阶段的图层 {since} 以前没有登记：要素和数量按最早的登记计，阶段按台账。",
                "en": f"Layers with stages: nothing was registered before {since}; features and quantities are those "
                "first registered, stages are the ledger's.",
            }
        elif not self.recorded:
            note = {
                "zh": f"没有阶段的图层 {since} 以前没有登记，当日数量无从得知。",
                "en": f"Layers without stages: nothing was registered before {since}; what there was is not known.",
            }
        return {"known_since": since, "recorded": self.recorded, "note": note}


def reference_day(store: Store) -> date:
    """
    Tell the day that "now" means.

    Parameters
    ----------
    store
        The store.

    Returns
    -------
    datetime.date
        Today; in a demo workspace the last day on which its ledger moved, since its story ends there.
    """
    today = datetime.now(ZONE).date()
    last = store.ledger.last_day() if store.meta("demo") == "1" else None
    return today if last is None else min(last, today)


def register_on(store: Store, layer: Layer, day: date | None) -> Register:
    """
    Find the state of a layer's register that speaks for a day.

    Parameters
    ----------
    store
        The store.
    layer
        The layer.
    day
        The day, at its end; now if not given.

    Returns
    -------
    Register
        What is registered now speaks for today and for the `reference_day`. A day before the first record has the
        first state there is.
    """
    states = store.registered(layer.id)
    since = states[0].day if states else None
    if day is None or day >= datetime.now(ZONE).date() or day == reference_day(store):
        return Register(None, since, recorded=True, now=True)
    if not states:
        return Register(None, None, recorded=False)
    current = max((state for state in states if state.day <= day), key=lambda state: state.revision, default=states[0])
    # The live table answers faster than the history, and has what was changed behind the program's back.
    return Register(None if current is states[-1] else current.revision, since, recorded=states[0].day <= day)
