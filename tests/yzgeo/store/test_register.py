"""Which batches make a state of the register, and which only carry the ledger's word."""

from __future__ import annotations

from datetime import UTC, date, datetime

import geopandas as gpd
import pytest
from shapely.geometry import Point

from tests.yzgeo.store.conftest import BY, Backend, Clock, frame
from tests.yzgeo.store.ledger_samples import admit, event, staged_catalogue
from yzgeo.catalogue import Catalogue
from yzgeo.store.base import Provenance, Registered


@pytest.fixture(scope="session")
def staged(tmp_path_factory: pytest.TempPathFactory) -> Catalogue:
    return staged_catalogue(tmp_path_factory.mktemp("staged") / "layers")


def test_imports_edits_and_deletions_make_states_and_events_do_not(
    backend: Backend, clock: Clock, staged: Catalogue
) -> None:
    """The clock stands at an evening of UTC, which is the next morning in the country."""
    store = backend.create(staged)
    assert store.registered("work") == []
    clock.now = datetime(2024, 5, 1, 20, tzinfo=UTC)
    store.write("work", put=frame({"w1": Point(123, 42), "w2": Point(123, 42)}, stage=["planned"] * 2), provenance=BY)
    clock.advance(days=2)
    assert store.ledger.record(event(1, to="works"), admit).revision == 2
    backend.tamper("UPDATE work SET stage = 'planned' WHERE uid = 'w1'")
    assert store.ledger.rebuild() == 1
    assert store.ledger.record_many([event(2, "w2", to="works")], actor="bulk", reason="test") == 1
    assert store.revision("work") == 4
    assert store.registered("work") == [Registered(date(2024, 5, 2), 1)]
    alike = Provenance("test", "test", choices={"event_column": "日期"})
    store.write("work", put=gpd.GeoDataFrame({"length": [3.0]}, index=["w1"]), provenance=alike)
    assert store.registered("work")[1:] == [Registered(date(2024, 5, 4), 5)], "an import whose choices look like it"
    store.write("work", delete=["w2"], provenance=BY)
    assert store.registered("work") == [Registered(date(2024, 5, 2), 1), Registered(date(2024, 5, 4), 6)]
