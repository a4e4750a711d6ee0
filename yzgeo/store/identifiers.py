"""Names of tables and columns, quoted in one place."""

from __future__ import annotations

from functools import lru_cache


@lru_cache(maxsize=4096)
def quote(name: str) -> str:
    """
    Quote a name so that it can stand in a statement. Values never come this way, they are bound.

    Parameters
    ----------
    name
        Name of a table, a column, an index or a trigger.

    Returns
    -------
    str
        The name in double quotes, inner quotes doubled.
    """
    return '"' + name.replace('"', '""') + '"'


def history_table(layer: str) -> str:
    """
    Name the table with the superseded versions of a layer's features.

    Parameters
    ----------
    layer
        Id of the layer.

    Returns
    -------
    str
        Its name, not quoted.
    """
    return f"yzgeo_history_{layer}"


def rtree_table(layer: str) -> str:
    """
    Name the spatial index of a layer, as the GeoPackage standard does.

    Parameters
    ----------
    layer
        Id of the layer.

    Returns
    -------
    str
        Its name, not quoted.
    """
    return f"rtree_{layer}_geom"
