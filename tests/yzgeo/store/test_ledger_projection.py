"""What is stored of a feature's events is a function of their set."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.yzgeo.store.conftest import BY, Clock
from tests.yzgeo.store.ledger_samples import approval, event, staged_catalogue
from tests.yzgeo.store.test_ledger import works
from yzgeo.catalogue import Layer, StageTable
from yzgeo.store import ledger_projection
from yzgeo.store.base import Provenance
from yzgeo.store.ledger_projection import project
from yzgeo.store.sqlite import GeoPackageStore


@pytest.fixture(scope="module")
def layer(tmp_path_factory: pytest.TempPathFactory) -> Layer:
    return staged_catalogue(tmp_path_factory.mktemp("p") / "layers").layer("work")


@pytest.fixture(scope="module")
def table(layer: Layer) -> StageTable:
    assert layer.stage_table is not None
    return layer.stage_table


COURSE = [
    event(1, to="works"),
    event(2, days=3, kind="measure", laid=2.0),
    event(3, days=3.1, kind="measure", laid=3.0),
    event(4, days=9, to="finished"),
    approval(5, 4, days=12),
]


def test_a_course_by_hand(table: StageTable) -> None:
    made = project(COURSE, table)
    assert made.state == ("finished", "2024-01-10", '{"laid":3.0}', 1, 0)
    assert made.intervals == [
        ("", "2024-01-01", "planned", "", 0),
        ("2024-01-01", "2024-01-10", "works", event(1).id, 0),
        ("2024-01-10", "9999-12-31", "finished", event(4).id, 1),
    ]
    assert made.reports == [("laid", "2024-01-04", 3.0)]
    assert made.pending == ()
    assert made.columns(table) == {"stage": "finished", "stage_date": "2024-01-10", "laid": 3.0, "percent": None}


def test_the_order_of_arrival_does_not_matter(table: StageTable) -> None:
    assert project(COURSE[::-1], table) == project(COURSE, table)


def test_without_the_second_word_it_waits(table: StageTable) -> None:
    made = project(COURSE[:4], table)
    assert (made.state[0], made.pending) == ("works", (event(4).id,))


def test_a_stage_left_on_its_day_lasts_no_day(table: StageTable) -> None:
    steps = [event(1, to="works"), event(2, days=0.1, to="paused", reason="雨"), event(3, days=0.2, to="works")]
    assert [span[2] for span in project(steps, table).intervals] == ["planned", "works"]


def test_columns_are_amended_once_and_with_history(
    tmp_path: Path, clock: Clock, layer: Layer, table: StageTable
) -> None:
    store = GeoPackageStore.create(tmp_path / "w", staged_catalogue(tmp_path / "layers"), clock=clock)
    store.write("work", put=works(), provenance=BY)
    made = {"w1": project(COURSE, table), "w2": project(COURSE[:1], table), "gone": project(COURSE, table)}
    with store._connections.write() as connection:
        for expected in (2, 2):
            revision = ledger_projection.amend(
                connection, layer, table, made, provenance=Provenance("x", "y"), now=clock.now
            )
            assert revision == expected
    assert [version.revision for version in store.history("work", "w1")] == [2, 1]
    assert [batch.updated for batch in store.batches("work")] == [2, 0]
    store.check()
    store.close()
