"""Can the database be trusted? A quick look at every start, a full one when asked."""

# ruff: noqa: S608 - names go through identifiers.quote, values are bound

from __future__ import annotations

import sqlite3
from pathlib import Path

from yzgeo.catalogue import Catalogue
from yzgeo.errors import WorkspaceBrokenError, WorkspaceNewerError

from . import migrations, schema
from .identifiers import history_table, quote, rtree_table

_REQUIRED = frozenset(
    {
        "gpkg_spatial_ref_sys",
        "gpkg_contents",
        "gpkg_geometry_columns",
        "gpkg_extensions",
        "yzgeo_meta",
        "yzgeo_batch",
        "yzgeo_change",
        "yzgeo_layer_revision",
        "yzgeo_ledger",
        "yzgeo_account",
        "yzgeo_session",
    }
)


def quick(connection: sqlite3.Connection, path: Path) -> None:
    """
    Look whether this is a workspace's database that this program can open.

    Parameters
    ----------
    connection
        A reader.
    path
        The database file, for the sentence.

    Raises
    ------
    WorkspaceBrokenError
        If it is something else or lacks a table.
    WorkspaceNewerError
        If a newer program wrote it.
    """
    if connection.execute("PRAGMA application_id").fetchone()[0] != schema.APPLICATION_ID:
        raise _broken(path, "不是 GeoPackage (not a GeoPackage)")
    found = migrations.version(connection)
    known = migrations.known()[-1].number
    if found > known:
        raise WorkspaceNewerError(found=found, known=known)
    if found == 0:
        raise _broken(path, "不是 yzgeo 的数据库 (not a database of yzgeo)")
    present = {row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    if missing := sorted(_REQUIRED - present):
        raise _broken(path, f"缺少表 (missing tables): {', '.join(missing)}")


def full(connection: sqlite3.Connection, catalogue: Catalogue, path: Path) -> None:
    """
    Read everything and compare tables, indexes, history and revisions with each other.

    Parameters
    ----------
    connection
        A reader.
    catalogue
        The catalogue.
    path
        The database file, for the sentence.

    Raises
    ------
    WorkspaceBrokenError
        With the first thing that does not fit.
    """
    report = connection.execute("PRAGMA integrity_check(1)").fetchone()[0]
    if report != "ok":
        raise _broken(path, str(report))
    if connection.execute("PRAGMA foreign_key_check").fetchone() is not None:
        raise _broken(path, "外键不一致 (dangling reference)")
    for layer in catalogue.layers.values():
        table, history = quote(layer.id), quote(history_table(layer.id))
        latest, stated = connection.execute(
            f"SELECT max(coalesce((SELECT max(revision) FROM {table}), 0), "
            f"coalesce((SELECT max(until_revision) FROM {history}), 0)), "
            "(SELECT revision FROM yzgeo_layer_revision WHERE layer = ?)",
            (layer.id,),
        ).fetchone()
        if stated is None or latest > stated:
            raise _broken(path, f"{layer.id}: 版本号不一致 (revision {latest} is beyond {stated})")
        if layer.spec.geometry == "none":
            continue
        verdict = connection.execute("SELECT rtreecheck(?)", (rtree_table(layer.id),)).fetchone()[0]
        rtree = quote(rtree_table(layer.id))
        indexed = f"SELECT id FROM {rtree}"
        filled = f"SELECT fid FROM {table} WHERE geom IS NOT NULL AND NOT ST_IsEmpty(geom)"
        stray = connection.execute(
            f"SELECT EXISTS ({indexed} EXCEPT {filled}) OR EXISTS ({filled} EXCEPT {indexed})"
        ).fetchone()[0]
        if verdict != "ok" or stray:
            raise _broken(path, f"{layer.id}: 空间索引不一致 (the spatial index is out of step)")


def _broken(path: Path, reason: str) -> WorkspaceBrokenError:
    return WorkspaceBrokenError(path=str(path.parent), reason=reason)
