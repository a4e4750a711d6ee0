"""Who may see and who may write, as one table."""

from __future__ import annotations

import pytest

from yzgeo.access import ROLES, may_administer, may_see, may_see_feature, may_write
from yzgeo.catalogue import Catalogue

SEES = {
    "anonymous": {"public"},
    "viewer": {"public", "internal"},
    "field": {"public", "internal"},
    "planner": {"public", "internal", "restricted"},
    "bureau": {"public", "internal", "restricted"},
    "admin": {"public", "internal", "restricted"},
}


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("access", ["public", "internal", "restricted"])
def test_seeing(role, access) -> None:
    assert may_see(role, access) == (access in SEES[role])


def test_writing() -> None:
    assert {role for role in ROLES if may_write(role)} == {"planner", "bureau", "admin"}


def test_one_feature(catalogue: Catalogue) -> None:
    parcels, pipes, roads = (catalogue.layer(each) for each in ("shantytown_parcel", "pipe_segment", "road"))
    here, elsewhere, nowhere = {"subdistrict": "1"}, {"subdistrict": "2"}, {"subdistrict": None}
    assert [may_see_feature("field", ("1",), parcels, each) for each in (here, elsewhere, nowhere)] == [
        True,
        False,
        False,
    ]
    assert not may_see_feature("field", (), parcels, here)
    assert [may_see_feature("planner", (), parcels, each) for each in (here, elsewhere, nowhere)] == [True] * 3
    assert not may_see_feature("field", ("1",), pipes, here), "restricted"
    assert may_see_feature("field", ("1",), roads, elsewhere), "keeps no progress"


def test_only_an_administrator_decides_who_comes_in() -> None:
    assert [role for role in ROLES if may_administer(role)] == ["admin"]
