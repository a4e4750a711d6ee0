"""Layers as they stood on a day."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from tests.yzgeo.workflows.progress.conftest import CHEN, FIRST, LAYER, SECOND, clear, draft
from yzgeo import targets
from yzgeo.catalogue import Catalogue
from yzgeo.ledger import ZONE
from yzgeo.store.base import Store
from yzgeo.workflows import progress
from yzgeo.workflows.progress.days import LayerDays, promised

TODAY = datetime.now(ZONE).date()


def test_stages_of_the_day_replace_those_of_today(store: Store) -> None:
    clear(store, FIRST, start=1)
    days, layer = LayerDays(store), store.catalogue.layer(LAYER)
    then = days.on(layer, date(2023, 1, 3))
    assert then["stage"].to_dict() == {FIRST: "signing", SECOND: "planned"}
    assert then.loc[FIRST, "stage_date"] == "2023-01-03"
    assert days.frame(layer, TODAY).loc[FIRST, "stage"] == "cleared"


def test_amounts_are_in_the_units_of_the_plan(store: Store) -> None:
    days = LayerDays(store)
    amounts, unit = days.quantity(store.catalogue.layer(LAYER), TODAY)
    assert amounts.to_dict() == {FIRST: pytest.approx(1.0), SECOND: pytest.approx(1.0)}
    assert unit["zh"] == "万平方米"
    empty, counted = days.quantity(store.catalogue.layer("management_station"), TODAY)
    assert (len(empty), counted["en"]) == (0, "features")


def test_reported_quantities_of_the_day(store: Store) -> None:
    progress.record_event(store, draft(1, "measure", households_signed=3), CHEN)
    days, layer = LayerDays(store), store.catalogue.layer(LAYER)
    assert days.measures(layer, date(2023, 1, 1)) == {FIRST: {"households_signed": 3.0}}
    assert days.measures(layer, date(2022, 12, 31)) == {}


def test_the_promises_are_read_once(catalogue: Catalogue) -> None:
    assert promised(catalogue) is promised(catalogue)
    assert promised(catalogue) == targets.load(catalogue)
