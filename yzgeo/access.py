"""Who may see what: one table, asked by everything that shows data."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

from .catalogue import Access, Layer

Role = Literal["anonymous", "viewer", "field", "planner", "bureau", "admin"]
ROLES: tuple[Role, ...] = get_args(Role)


@dataclass(frozen=True, slots=True)
class Caller:
    """The one who asks; ``name`` is empty for anonymous, ``subdistricts`` bind an account of the field."""

    role: Role
    name: str = ""
    subdistricts: tuple[str, ...] = ()


ANONYMOUS = Caller("anonymous")

_SEES: dict[Role, frozenset[Access]] = {
    "anonymous": frozenset({"public"}),
    "viewer": frozenset({"public", "internal"}),
    "field": frozenset({"public", "internal"}),
    "planner": frozenset({"public", "internal", "restricted"}),
    "bureau": frozenset({"public", "internal", "restricted"}),
    "admin": frozenset({"public", "internal", "restricted"}),
}
_RECORDS: frozenset[Role] = frozenset({"field", "planner", "bureau", "admin"})
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


def own_part(role: Role, own_subdistricts: Collection[str], layer: Layer) -> tuple[str, ...] | None:
    """
    Tell to which part of a layer someone is limited: staff of the field see the progress of their own street offices.

    Parameters
    ----------
    role
        Role of the one who asks.
    own_subdistricts
        Codes of the street offices an account of the field belongs to.
    layer
        A layer the role may see.

    Returns
    -------
    tuple of str or None
        Codes of street offices, possibly none; None for the whole layer.
    """
    if role != "field" or not layer.stages or "subdistrict" not in layer.fields_by_id:
        return None
    return tuple(sorted(set(own_subdistricts)))


def may_see_feature(role: Role, own_subdistricts: Collection[str], layer: Layer, properties: Mapping[str, Any]) -> bool:
    """
    Tell whether someone may see one feature. One that may not be seen is unknown, whatever is asked of it.

    Parameters
    ----------
    role
        Role of the one who asks.
    own_subdistricts
        Codes of the street offices an account of the field belongs to.
    layer
        The feature's layer.
    properties
        The feature's fields.

    Returns
    -------
    bool
        True where the layer may be seen, and the part of it in which the feature lies.
    """
    own = own_part(role, own_subdistricts, layer)
    return may_see(role, layer.spec.access) and (own is None or properties.get("subdistrict") in own)


def may_administer(role: Role) -> bool:
    """
    Tell whether a role decides who else may come in, and reads the audit.

    Parameters
    ----------
    role
        Role of the one who asks.

    Returns
    -------
    bool
        True for admin.
    """
    return role == "admin"


def may_record_somewhere(role: Role, own_subdistricts: Collection[str]) -> bool:
    """
    Tell whether someone may record progress at all, and so upload evidence for it.

    Parameters
    ----------
    role
        Role of the one who asks.
    own_subdistricts
        Codes of the street offices an account of the field belongs to.

    Returns
    -------
    bool
        True for planner, bureau and admin, and for field with a street office.
    """
    return role in _RECORDS and (role != "field" or bool(own_subdistricts))


def may_record(role: Role, own_subdistricts: Collection[str], subdistrict: str | None) -> bool:
    """
    Tell whether someone may record progress of a feature; which moves, the layer's stage table says.

    Parameters
    ----------
    role
        Role of the one who asks.
    own_subdistricts
        Codes of the street offices an account of the field belongs to.
    subdistrict
        Where the feature lies.

    Returns
    -------
    bool
        True for planner, bureau and admin everywhere, for field in its own street offices.
    """
    return role in _RECORDS and (role != "field" or subdistrict in own_subdistricts)
