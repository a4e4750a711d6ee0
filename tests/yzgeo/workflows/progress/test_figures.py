"""Which day is now, which promises stages can tell about, and how they are judged."""

from __future__ import annotations

from datetime import date, datetime

from tests.yzgeo.workflows.progress.conftest import FIRST, clear
from yzgeo.ledger import ZONE
from yzgeo.store.base import Store
from yzgeo.workflows import progress
from yzgeo.workflows.progress.days import LayerDays
from yzgeo.workflows.progress.figures import Figures, promise_of, promises_of, staged_layers


def test_now_is_today_and_in_a_demo_the_end_of_its_story(store: Store, demo: Store) -> None:
    clear(store, FIRST, start=1)
    assert progress.reference_day(store) == datetime.now(ZONE).date()
    assert date(2024, 6, 1) <= progress.reference_day(demo) <= date(2024, 6, 30)


def test_only_promises_that_stages_can_tell_about(store: Store) -> None:
    found = list(promises_of(store, "admin", staged_layers(store, "admin", None)))
    assert {each.measure.kind for each in found} <= {"count", "length", "area", "sum", "share"}
    assert "elevators" not in {each.id for each in found}


def test_nothing_promised_and_nothing_there_is_grey(store: Store) -> None:
    repairs = promise_of(store, "admin", "pipe_repairs", None)
    figures = Figures(LayerDays(store), repairs, date(2024, 1, 1))
    assert (figures.light(), figures.forecast()["method"]) == ("grey", "too_little_history")


def test_the_light_follows_the_line(store: Store) -> None:
    parcels = promise_of(store, "admin", "shantytown_parcels", None)
    clear(store, FIRST, start=1)
    days = LayerDays(store)
    assert Figures(days, parcels, date(2021, 1, 1)).light() == "green"  # nothing is due on the first day
    assert Figures(days, parcels, date(2023, 6, 30)).light() == "red"  # 1 of 63 at half time
    layer = promise_of(store, "admin", None, "shantytown_parcel")
    assert Figures(days, layer, date(2023, 6, 30)).light() == "green"  # 1 of 2 just before half time
