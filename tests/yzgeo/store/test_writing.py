"""The two ways of writing, by triggers and in bulk, leave the same database."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely

from tests.yzgeo.store.conftest import BY, Clock, frame
from yzgeo.catalogue import Catalogue
from yzgeo.store import writing
from yzgeo.store.sqlite import GeoPackageStore


def dump(path: Path) -> dict[str, Any]:
    """Everything that counts; the numbers of index nodes and the order of change rows do not."""
    connection = sqlite3.connect(path)
    tables = ["spot", "yzgeo_history_spot", "rtree_spot_geom", "yzgeo_layer_revision"]
    content: dict[str, Any] = {
        table: sorted(connection.execute(f"SELECT * FROM {table}").fetchall(), key=repr) for table in tables
    }
    content["changes"] = sorted(connection.execute("SELECT batch, kind, uid FROM yzgeo_change").fetchall())
    content["schema"] = sorted(row[0] for row in connection.execute("SELECT sql FROM sqlite_master WHERE sql NOT NULL"))
    connection.close()
    return content


def run(folder: Path, catalogue: Catalogue) -> dict[str, Any]:
    store = GeoPackageStore.create(folder, catalogue, clock=Clock())
    points = shapely.points(np.arange(40) / 8, np.arange(40) / 4)
    first = {f"u{at}": point for at, point in enumerate(points)}
    store.write("spot", put=frame(first, floors=range(40)), provenance=BY)
    moved = {f"u{at}": points[at - 10] for at in range(10, 60 - 10)} | {"u20": None, "new": points[0]}
    store.write("spot", put=frame(moved, floors=[1] * len(moved)), delete=["u0", "u1"], provenance=BY)
    store.write("spot", put=frame({"u20": points[3]}), provenance=BY)
    store.check()
    store.close()
    return dump(store.path)


def test_bulk_and_triggers_agree(tmp_path: Path, tiny: Catalogue, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writing, "BULK_ROWS", 10**9)
    by_triggers = run(tmp_path / "triggers", tiny)
    monkeypatch.setattr(writing, "BULK_ROWS", 1)
    in_bulk = run(tmp_path / "bulk", tiny)
    assert in_bulk == by_triggers


@pytest.mark.slow
def test_two_hundred_thousand_polygons(tmp_path: Path, tiny: Catalogue) -> None:
    """No clock here: that they all arrive, can be found and that the file holds together is enough."""
    size = 200_000
    rng = np.random.default_rng(1)
    west, south = 123 + rng.random(size), 42 + rng.random(size)
    boxes = shapely.box(west, south, west + 1e-4, south + 1e-4)
    put = frame({f"u{at}": one for at, one in enumerate(boxes)}, floors=np.arange(size))
    store = GeoPackageStore.create(tmp_path, tiny)
    assert store.write("area", put=put, provenance=BY).inserted == size
    assert store.write("area", put=put, provenance=BY).unchanged == size
    assert store.count("area") == size
    store.check()
    store.close()
