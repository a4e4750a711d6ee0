"""Times as text: one spelling for the GeoPackage standard, one that sorts as the log of batches needs."""

from __future__ import annotations

from datetime import UTC, datetime


def standard(moment: datetime) -> str:
    """
    Write a time as the GeoPackage standard wants it.

    Parameters
    ----------
    moment
        Time with zone.

    Returns
    -------
    str
        ISO 8601 in UTC, with milliseconds and Z.
    """
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"


def precise(moment: datetime) -> str:
    """
    Write a time so that text order is time order.

    Parameters
    ----------
    moment
        Time with zone.

    Returns
    -------
    str
        ISO 8601 in UTC, with microseconds and offset.
    """
    return moment.astimezone(UTC).isoformat(timespec="microseconds")
