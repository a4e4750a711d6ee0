"""The tables of the layers, made from the catalogue: a new layer folder or field becomes a table or a column."""

# ruff: noqa: S608 - names go through identifiers.quote, values are bound

from __future__ import annotations

import hashlib
import sqlite3
from datetime import datetime

import pyproj

from yzgeo.catalogue import Catalogue, FieldSpec, Layer
from yzgeo.errors import CatalogueError

from . import styles, timestamps
from .blobs import TABLE_TYPES
from .dialect import FILE
from .identifiers import history_table, quote, rtree_table

APPLICATION_ID = 0x47504B47  # "GPKG"
USER_VERSION = 10300  # GeoPackage 1.3: GDAL 3.6 and QGIS 3.22 warn about 1.4

# Raised when the tables made here change, so that existing workspaces get it.
_VERSION = 2

COLUMN_TYPES = FILE.column_types
_BUILTIN_SYSTEMS = (
    ("Undefined Cartesian SRS", -1, "NONE", -1, "undefined", "undefined Cartesian coordinate reference system"),
    ("Undefined geographic SRS", 0, "NONE", 0, "undefined", "undefined geographic coordinate reference system"),
)
# Columns of our own in the tables of layers and of their history.
_OWN_COLUMNS = {"fid", "geom", "uid", "revision"}
_HISTORY_COLUMNS = {"history_number", "until_revision", "until_at", "min_x", "max_x", "min_y", "max_y"}
RESERVED = frozenset(_OWN_COLUMNS | _HISTORY_COLUMNS)
_RTREE_URL = "http://www.geopackage.org/spec130/#extension_rtree"


def srs_id(catalogue: Catalogue) -> int:
    """
    Give the number of the storage system in the GeoPackage.

    Parameters
    ----------
    catalogue
        The catalogue.

    Returns
    -------
    int
        The EPSG code.
    """
    return int(catalogue.district.storage_crs.removeprefix("EPSG:"))


def digest(catalogue: Catalogue) -> str:
    """
    Sum up all that the tables depend on, so that opening an up-to-date workspace writes nothing.

    Parameters
    ----------
    catalogue
        The catalogue.

    Returns
    -------
    str
        SHA-256 in hexadecimal.
    """
    seen = hashlib.sha256(f"{_VERSION} {styles.VERSION} {catalogue.district.storage_crs}".encode())
    for layer in catalogue.layers.values():
        seen.update(layer.spec.model_dump_json().encode())
        for part in (*layer.fields, *layer.stages, layer.style):
            seen.update(part.model_dump_json().encode())
    return seen.hexdigest()


def synchronise(connection: sqlite3.Connection, catalogue: Catalogue, *, now: datetime) -> None:
    """
    Bring tables, columns, titles and styles in line with the catalogue. What the catalogue lost stays, unread.

    Parameters
    ----------
    connection
        The writer, inside a transaction.
    catalogue
        The catalogue.
    now
        Time to record, with zone.

    Raises
    ------
    CatalogueError
        If the catalogue asks for another coordinate system, geometry or field type than the data stand in.
    """
    _require_system(connection, catalogue)
    for layer in catalogue.layers.values():
        if taken := sorted(RESERVED.intersection(layer.fields_by_id)):
            raise CatalogueError(path=f"{layer.id}.yaml", reason=f"{taken[0]!r} is a name of the store's own")
        if _columns(connection, layer.id):
            _extend(connection, layer)
        else:
            _create(connection, layer, srs=srs_id(catalogue), now=now)
        for statement in indexes(layer).values():
            connection.execute(statement)
        _describe(connection, layer)
        styles.store(connection, layer, now=now)


def spatial_triggers(layer: str) -> tuple[str, ...]:
    """
    Write the triggers of the standard that keep a spatial index in step with its table.

    Parameters
    ----------
    layer
        Id of the layer.

    Returns
    -------
    tuple of str
        One statement each.
    """
    table, rtree = quote(layer), quote(rtree_table(layer))
    entry = "(NEW.fid, ST_MinX(NEW.geom), ST_MaxX(NEW.geom), ST_MinY(NEW.geom), ST_MaxY(NEW.geom))"
    filled = "(NEW.geom NOTNULL AND NOT ST_IsEmpty(NEW.geom))"
    hollow = "(NEW.geom ISNULL OR ST_IsEmpty(NEW.geom))"
    put = f"INSERT OR REPLACE INTO {rtree} VALUES {entry}"
    drop = f"DELETE FROM {rtree} WHERE id = OLD.fid"
    rules = (
        ("insert", "AFTER INSERT", f"WHEN {filled}", put),
        ("update1", "AFTER UPDATE OF geom", f"WHEN OLD.fid = NEW.fid AND {filled}", put),
        ("update2", "AFTER UPDATE OF geom", f"WHEN OLD.fid = NEW.fid AND {hollow}", drop),
        ("update3", "AFTER UPDATE", f"WHEN OLD.fid != NEW.fid AND {filled}", f"{drop}; {put}"),
        (
            "update4",
            "AFTER UPDATE",
            f"WHEN OLD.fid != NEW.fid AND {hollow}",
            f"DELETE FROM {rtree} WHERE id IN (OLD.fid, NEW.fid)",
        ),
        ("delete", "AFTER DELETE", "WHEN OLD.geom NOT NULL", drop),
    )
    return tuple(
        f"CREATE TRIGGER {quote(f'{rtree_table(layer)}_{name}')} {moment} ON {table} {when} BEGIN {action}; END"
        for name, moment, when, action in rules
    )


def drop_spatial_triggers(layer: str) -> tuple[str, ...]:
    """
    Write the statements that remove what `spatial_triggers` made.

    Parameters
    ----------
    layer
        Id of the layer.

    Returns
    -------
    tuple of str
        One statement each.
    """
    names = ("insert", "update1", "update2", "update3", "update4", "delete")
    return tuple(f"DROP TRIGGER {quote(f'{rtree_table(layer)}_{name}')}" for name in names)


def indexes(layer: Layer) -> dict[str, str]:
    """
    Write the indexes of a layer's table; a big import builds them afterwards, sorted.

    Parameters
    ----------
    layer
        The layer.

    Returns
    -------
    dict
        Name of the index to its statement: one makes the uid unique, one finds features by the layer's key.
    """
    table = quote(layer.id)
    unique, key = f"yzgeo_uid_{layer.id}", f"yzgeo_key_{layer.id}"
    return {
        unique: f"CREATE UNIQUE INDEX IF NOT EXISTS {quote(unique)} ON {table} (uid)",
        key: f"CREATE INDEX IF NOT EXISTS {quote(key)} ON {table} ({quote(layer.spec.key)})",
    }


def _require_system(connection: sqlite3.Connection, catalogue: Catalogue) -> None:
    code = srs_id(catalogue)
    stored = connection.execute("SELECT DISTINCT srs_id FROM gpkg_geometry_columns").fetchall()
    if stored and stored != [(code,)]:
        raise CatalogueError(
            path="district.yaml", reason=f"storage_crs is EPSG:{code}, the stored data are in EPSG:{stored[0][0]}"
        )
    known = [pyproj.CRS.from_epsg(number) for number in sorted({4326, code})]
    rows = [
        (system.name, number, "EPSG", number, system.to_wkt("WKT1_GDAL"), system.name)
        for system in known
        if (number := system.to_epsg()) is not None
    ]
    connection.executemany(
        "INSERT OR IGNORE INTO gpkg_spatial_ref_sys VALUES (?, ?, ?, ?, ?, ?)", [*_BUILTIN_SYSTEMS, *rows]
    )


def _columns(connection: sqlite3.Connection, table: str) -> dict[str, str]:
    return {row[1]: row[2] for row in connection.execute(f"PRAGMA table_info({quote(table)})")}


def _column(field: FieldSpec) -> str:
    return f"{quote(field.id)} {COLUMN_TYPES[field.type]}"


def _create(connection: sqlite3.Connection, layer: Layer, *, srs: int, now: datetime) -> None:
    spatial = layer.spec.geometry != "none"
    own = [_column(field) for field in layer.fields]
    geom = [f"geom {TABLE_TYPES[layer.spec.geometry]}"] if spatial else []
    kept = ["uid TEXT NOT NULL", "revision INTEGER NOT NULL"]
    live = ["fid INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL", *geom, *kept, *own]
    connection.execute(f"CREATE TABLE {quote(layer.id)} ({', '.join(live)})")
    bounds = ["min_x REAL", "max_x REAL", "min_y REAL", "max_y REAL"] if spatial else []
    ends = ["until_revision INTEGER NOT NULL", "until_at TEXT NOT NULL"]
    past = [
        "history_number INTEGER PRIMARY KEY",
        "fid INTEGER NOT NULL",
        *(["geom BLOB"] if spatial else []),
        *kept,
        *own,
    ]
    history = history_table(layer.id)
    connection.execute(f"CREATE TABLE {quote(history)} ({', '.join([*past, *ends, *bounds])})")
    connection.execute(f"CREATE INDEX {quote(f'{history}_uid')} ON {quote(history)} (uid)")
    connection.execute(f"CREATE INDEX {quote(f'{history}_until')} ON {quote(history)} (until_revision, revision)")
    connection.execute(
        "INSERT INTO gpkg_contents (table_name, data_type, identifier, description, last_change, srs_id) "
        "VALUES (?, ?, ?, '', ?, ?)",
        (
            layer.id,
            "features" if spatial else "attributes",
            layer.id,
            timestamps.standard(now),
            srs if spatial else None,
        ),
    )
    connection.execute("INSERT INTO yzgeo_layer_revision VALUES (?, 0)", (layer.id,))
    if spatial:
        kind = TABLE_TYPES[layer.spec.geometry]
        connection.execute("INSERT INTO gpkg_geometry_columns VALUES (?, 'geom', ?, ?, 0, 0)", (layer.id, kind, srs))
        connection.execute(
            "INSERT INTO gpkg_extensions VALUES (?, 'geom', 'gpkg_rtree_index', ?, 'write-only')",
            (layer.id, _RTREE_URL),
        )
        rtree = quote(rtree_table(layer.id))
        connection.execute(f"CREATE VIRTUAL TABLE {rtree} USING rtree(id, minx, maxx, miny, maxy)")
        for statement in spatial_triggers(layer.id):
            connection.execute(statement)


def _extend(connection: sqlite3.Connection, layer: Layer) -> None:
    """Add the columns of new fields; refuse what would turn stored data into something else."""
    declared = connection.execute(
        "SELECT geometry_type_name FROM gpkg_geometry_columns WHERE table_name = ?", (layer.id,)
    ).fetchone()
    wanted = TABLE_TYPES.get(layer.spec.geometry)
    if (declared[0] if declared else None) != wanted:
        raise CatalogueError(path=f"{layer.id}.yaml", reason="the geometry differs from that of the stored layer")
    present = _columns(connection, layer.id)
    for field in layer.fields:
        if field.id not in present:
            for table in (layer.id, history_table(layer.id)):
                connection.execute(f"ALTER TABLE {quote(table)} ADD COLUMN {_column(field)}")
        elif present[field.id] != COLUMN_TYPES[field.type]:
            raise CatalogueError(path=f"{layer.id}.yaml", reason=f"field {field.id!r} is stored as {present[field.id]}")


def _describe(connection: sqlite3.Connection, layer: Layer) -> None:
    """Write titles and lists of values where GDAL and QGIS read them."""
    title = layer.spec.title.zh
    taken = connection.execute(
        "SELECT 1 FROM gpkg_contents WHERE identifier = ? AND table_name != ?", (title, layer.id)
    ).fetchone()
    connection.execute(
        "UPDATE gpkg_contents SET identifier = ?, description = ? WHERE table_name = ?",
        (f"{title} ({layer.id})" if taken else title, layer.spec.description.zh, layer.id),
    )
    connection.execute("DELETE FROM gpkg_data_columns WHERE table_name = ?", (layer.id,))
    connection.execute(
        "DELETE FROM gpkg_data_column_constraints WHERE constraint_name IN "
        "(SELECT ? || '__' || name FROM pragma_table_info(?))",
        (layer.id, layer.id),
    )
    used: set[str] = set()
    for field in layer.fields:
        name = field.title.zh if field.title.zh not in used else f"{field.title.zh} ({field.id})"
        used.add(name)
        constraint = f"{layer.id}__{field.id}" if field.values else None
        about = field.description.zh if field.description else field.title.zh
        connection.execute(
            "INSERT INTO gpkg_data_columns VALUES (?, ?, ?, ?, ?, NULL, ?)",
            (layer.id, field.id, name, name, f"{about} ({field.unit})" if field.unit else about, constraint),
        )
        connection.executemany(
            "INSERT INTO gpkg_data_column_constraints (constraint_name, constraint_type, value, description) "
            "VALUES (?, 'enum', ?, ?)",
            [(constraint, value.id, value.label.zh) for value in field.values],
        )
