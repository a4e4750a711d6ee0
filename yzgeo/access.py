"""Who may see what: one table, asked by everything that shows data."""

from __future__ import annotations

from typing import Literal, get_args

from .catalogue import Access

Role = Literal["anonymous", "viewer", "field", "planner", "bureau", "admin"]
ROLES: tuple[Role, ...] = get_args(Role)

_SEES: dict[Role, frozenset[Access]] = {
    "anonymous": frozenset({"public"}),
    "viewer": frozenset({"public", "internal"}),
    "field": frozenset({"public", "internal"}),
    "planner": frozenset({"public", "internal", "restricted"}),
    "bureau": frozenset({"public", "internal", "restricted"}),
    "admin": frozenset({"public", "internal", "restricted"}),
}
_WRITES: frozenset[Role] = frozenset({"planner", "bureau", "admin"})


def may_see(role: Role, access: Access) -> bool:
    """
    Tell whether a role may see a layer. A layer that may not be seen is absent, not empty.

    Parameters
    ----------
    role
        Role of the one who asks.
    access
        The layer's declared access.

    Returns
    -------
    bool
        True if the layer exists for that role.
    """
    return access in _SEES[role]


def may_write(role: Role) -> bool:
    """
    Tell whether a role may import and replace layers.

    Parameters
    ----------
    role
        Role of the one who asks.

    Returns
    -------
    bool
        True for planner, bureau and admin.
    """
    return role in _WRITES
