"""Who may see and who may write, as one table."""

from __future__ import annotations

import pytest

from yzgeo.access import ROLES, may_see, may_write

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
