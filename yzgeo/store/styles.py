"""Styles that QGIS opens the layers with, kept in the ``layer_styles`` table."""

from __future__ import annotations

import sqlite3
from datetime import datetime

from yzgeo.catalogue import Layer

VERSION = 1


def store(connection: sqlite3.Connection, layer: Layer, *, now: datetime) -> None:
    """
    Write a layer's default style.

    Parameters
    ----------
    connection
        The writer, inside a transaction.
    layer
        The layer.
    now
        Time to record, with zone.
    """
