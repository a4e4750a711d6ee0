"""The part of the store that speaks of layers; the contract tests are in test_contract.py."""

from __future__ import annotations

from tests.yzgeo.store.conftest import BY, frame
from yzgeo.store.layers import GeoPackageLayers
from yzgeo.store.sqlite import GeoPackageStore


def test_answers_that_are_remembered_follow_a_write(geopackage: GeoPackageStore) -> None:
    assert isinstance(geopackage, GeoPackageLayers)
    assert (geopackage.count("note"), geopackage.bounds("spot"), geopackage.revision("note")) == (0, None, 0)
    geopackage.write("note", put=frame({"n": None}, code=["1"]).drop(columns="geometry"), provenance=BY)
    assert (geopackage.count("note"), geopackage.revision("note")) == (1, 1)
    assert geopackage.tally("note", "code") == {"1": 1}
