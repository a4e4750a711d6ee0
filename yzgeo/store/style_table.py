"""Styles for GeoPackages that leave the house: the same table that the workspace's own file has."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable
from contextlib import closing
from datetime import datetime

from yzgeo.catalogue import Layer

from . import guard, styles

_TABLE = """
CREATE TABLE layer_styles (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    f_table_catalog TEXT,
    f_table_schema TEXT,
    f_table_name TEXT,
    f_geometry_column TEXT,
    styleName TEXT,
    styleQML TEXT,
    styleSLD TEXT,
    useAsDefault BOOLEAN,
    description TEXT,
    owner TEXT,
    ui TEXT,
    update_time DATETIME DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now'))
)
"""
_CONTENTS = (
    "INSERT INTO gpkg_contents (table_name, data_type, identifier, description) "
    "VALUES ('layer_styles', 'attributes', 'layer_styles', '图层样式 (styles that QGIS opens the layers with)')"
)


def attach(path: str | os.PathLike[str], layers: Iterable[Layer], *, now: datetime) -> None:
    """
    Give a finished GeoPackage the styles that QGIS opens its layers with.

    Parameters
    ----------
    path
        File that nobody has open; never a store.
    layers
        The layers in it, each with the fields that are in the file and no others: a style names its fields.
    now
        Time to record, in UTC.

    Raises
    ------
    LiveFileError
        If it is an open store.
    """
    guard.refuse_live(path)
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(_TABLE)
        connection.execute(_CONTENTS)
        for layer in layers:
            styles.store(connection, layer, now=now)
