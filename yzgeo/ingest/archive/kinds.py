"""What a file is, told from its bytes, and which files belong together."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Literal

from yzgeo.errors import FileUnreadableError, XmlEntitiesError

FORMATS = "Shapefile, GeoPackage, GeoJSON, FileGDB, KML/KMZ, GPX, MapInfo TAB/MIF, DXF, CSV, XLSX, XLS, OSM PBF"


@dataclass(frozen=True, slots=True)
class DataSet:
    """One thing to import: its main file, and the files that belong to it."""

    kind: str
    main: str
    parts: tuple[str, ...]
    missing: tuple[str, ...]


# Signature, offset, kind: what the first bytes of a file say. Kinds in _FOREIGN are no data that can be imported.
_SIGNATURES: tuple[tuple[bytes, int, str], ...] = (
    (b"\x00\x00\x27\x0a", 0, "shp"),
    (b"SQLite format 3\x00", 0, "gpkg"),
    (b"PK\x03\x04", 0, "zip"),
    (b"PK\x05\x06", 0, "zip"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", 0, "xls"),
    (b"AutoCAD Binary DXF", 0, "dxf"),
    (b"AC10", 0, "dwg"),
    (b"PAR1", 0, "parquet"),
    (b"\x89PNG", 0, "png"),
    (b"\xff\xd8\xff", 0, "jpeg"),
    (b"GIF8", 0, "gif"),
    (b"%PDF", 0, "pdf"),
    (b"II*\x00", 0, "tiff"),
    (b"MM\x00*", 0, "tiff"),
    (b"Rar!", 0, "rar"),
    (b"7z\xbc\xaf\x27\x1c", 0, "7z"),
    (b"\x1f\x8b", 0, "gzip"),
    (b"MZ", 0, "program"),
    (b"\x7fELF", 0, "program"),
    (b"OSMHeader", 6, "osm.pbf"),
)
_FOREIGN = frozenset({"png", "jpeg", "gif", "pdf", "tiff", "rar", "7z", "gzip", "program", "unknown", "xml", "html"})
_TEXT_KINDS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"\s*[{\[]"), "geojson"),
    (re.compile(r"(?is)\s*(<\?xml.*?\?>)?\s*(<!--.*?-->\s*)*<(\w+:)?kml\b"), "kml"),
    (re.compile(r"(?is)\s*(<\?xml.*?\?>)?\s*(<!--.*?-->\s*)*<(\w+:)?gpx\b"), "gpx"),
    (re.compile(r"(?is)\s*(<!doctype html|<html\b)"), "html"),
    (re.compile(r"(?is)\s*<"), "xml"),
    (re.compile(r"(?i)\s*!table"), "tab"),
    (re.compile(r"(?i)\s*version\s+\d+"), "mif"),
    (re.compile(r"\s*(999\s*\r?\n[^\n]*\n\s*)*0\s*\r?\n\s*SECTION"), "dxf"),
)
_SUFFIX_KINDS = {
    ".shp": "shp",
    ".gpkg": "gpkg",
    ".zip": "zip",
    ".kmz": "zip",
    ".xlsx": "zip",
    ".xls": "xls",
    ".dxf": "dxf",
    ".dwg": "dwg",
    ".geojson": "geojson",
    ".json": "geojson",
    ".kml": "kml",
    ".gpx": "gpx",
    ".tab": "tab",
    ".mif": "mif",
    ".csv": "csv",
    ".txt": "csv",
    ".pbf": "osm.pbf",
    ".parquet": "parquet",
    ".geoparquet": "parquet",
}
_PARTS = {
    "shp": (".shx", ".dbf", ".prj", ".cpg", ".qix", ".sbn", ".sbx"),
    "tab": (".dat", ".map", ".id", ".ind"),
    "mif": (".mid",),
}
_NEEDED = {"shp": (".dbf",), "tab": (".dat", ".map", ".id"), "mif": (".mid",)}
_ENTITY = re.compile(rb"<!\s*(ENTITY|DOCTYPE)", re.I)
_HEAD_BYTES = 64 * 1024


def sniff(head: bytes) -> str:
    """
    Tell a file's kind from its first bytes.

    Parameters
    ----------
    head
        The first bytes, 64 KiB suffice.

    Returns
    -------
    str
        For instance ``shp``, ``gpkg``, ``zip``, ``geojson``, ``csv``, ``png``; ``unknown`` for bytes that are no text.
    """
    for signature, offset, kind in _SIGNATURES:
        if head[offset : offset + len(signature)] == signature:
            return kind
    if b"\x00" in head and not head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "unknown"
    text = _text(head)
    # Some formats say in ASCII which code page the rest is in, so their first lines can be read in any case.
    for pattern, kind in _TEXT_KINDS:
        if pattern.match(text if text is not None else head.decode("latin-1")):
            return kind
    return "csv" if text is not None and text.strip() else "unknown"


def check_kind(name: str, head: bytes, size: int) -> str:
    """
    Check that a file is what its name says.

    Parameters
    ----------
    name
        The file's name.
    head
        Its first bytes, up to 64 KiB.
    size
        Its size in bytes.

    Returns
    -------
    str
        Its kind, see `sniff`; ``dwg`` is told apart but cannot be read.

    Raises
    ------
    FileUnreadableError
        If it is empty, no data, a drawing that has to be converted, or something else than its name says.
    XmlEntitiesError
        If its XML declares entities.
    """
    if size == 0 or not head:
        raise _unreadable(name, "文件是空的（0 字节）/ the file is empty")
    kind = sniff(head)
    if kind == "dwg":
        reason = "DWG 请先在 CAD 软件中另存为 DXF / save the DWG as DXF first"
        raise _unreadable(name, reason)
    expected = _SUFFIX_KINDS.get(PurePosixPath(name).suffix.lower())
    if kind in {"kml", "gpx", "xml"}:  # a declaration stands before the element that tells KML from GPX
        check_xml(name, head)
    if kind in _FOREIGN or (expected is not None and expected != kind and not _alike(expected, kind)):
        called = expected or PurePosixPath(name).suffix or "?"
        raise _unreadable(name, f"内容是 {kind}，不是 {called} / it is {kind}, not {called}")
    return kind


def declared_by(kind: str, head: bytes) -> Literal["file", "format", "nothing"]:
    """
    Tell who says in which coordinate system a file is.

    Parameters
    ----------
    kind
        Kind of the file, see `sniff`.
    head
        Its first bytes.

    Returns
    -------
    str
        ``format`` where only the format's rule does (KML, GPX, GeoJSON without a ``crs`` member), ``nothing`` where
        the format cannot say (DXF, tables), ``file`` where the file itself may.
    """
    if kind in {"kml", "gpx", "osm.pbf"}:
        return "format"
    if kind in {"dxf", "csv", "xls", "xlsx"}:
        return "nothing"
    if kind == "geojson":
        return "file" if re.search(rb'"crs"\s*:\s*\{', head) else "format"
    return "file"


def check_xml(name: str, head: bytes) -> None:
    """
    Refuse XML that declares entities, which can grow without bound or read other files.

    Parameters
    ----------
    name
        The file's name.
    head
        Its first bytes; declarations must stand before the first element.

    Raises
    ------
    XmlEntitiesError
        If there is a document type or entity declaration.
    """
    plain = head.replace(b"\x00", b"")  # UTF-16 hides the letters between zero bytes
    if _ENTITY.search(plain):
        raise XmlEntitiesError(path=name)


def data_sets(names: Sequence[str]) -> tuple[DataSet, ...]:
    """
    Find what can be imported among file names.

    Parameters
    ----------
    names
        Paths with forward slashes.

    Returns
    -------
    tuple of DataSet
        One per main file, with the files of the same stem that belong to it, whatever their case.
    """
    by_key = {_key(name): name for name in names}
    geodatabases = sorted({match[1] for name in names if (match := re.match(r"(?i)(.*\.gdb)/", name))})
    found = [
        DataSet("gdb", folder, tuple(name for name in names if name.startswith(folder + "/")), ())
        for folder in geodatabases
    ]
    for name in names:
        path = PurePosixPath(name)
        kind = {"zip": path.suffix.lower().lstrip(".")}.get(k := _SUFFIX_KINDS.get(path.suffix.lower(), ""), k)
        if not kind or any(name.startswith(folder + "/") for folder in geodatabases):
            continue
        parts = {suffix: by_key.get(_key(str(path.with_suffix(suffix)))) for suffix in _PARTS.get(kind, ())}
        missing = tuple(suffix for suffix in _NEEDED.get(kind, ()) if parts.get(suffix) is None)
        found.append(DataSet(kind, name, tuple(part for part in parts.values() if part), missing))
    return tuple(found)


def _alike(expected: str, kind: str) -> bool:
    # An .xls of today is often an .xlsx or a web page's table; a .txt may hold anything that is text.
    return (expected, kind) in {("xls", "zip"), ("csv", "mif"), ("zip", "xls"), ("csv", "geojson")}


def _text(head: bytes) -> str | None:
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return head.decode("utf-16", "replace")
    for codec in ("utf-8-sig", "gb18030"):
        try:
            return head[: _HEAD_BYTES - 4].decode(codec)
        except UnicodeDecodeError as error:
            if error.start >= len(head) - 4:
                return head[: error.start].decode(codec)
    return None


def _key(name: str) -> str:
    return os.path.normcase(name).casefold()


def _unreadable(name: str, reason: str) -> FileUnreadableError:
    return FileUnreadableError(path=name, reason=reason, formats=FORMATS)
