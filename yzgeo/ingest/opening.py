"""Open a foreign file for reading: what it is, what belongs to it, and in which encoding its texts are.

This runs in the reading process, before GDAL sees the file. Archives are unpacked into a folder that the parent process
throws away; a Shapefile's table is copied there if its column names have to be mended.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from yzgeo.errors import FileAmbiguousError, FileUnreadableError

from . import encoding as encodings
from .archive import kinds, zips

_HEAD_BYTES = 64 * 1024
_SHAPE_PARTS = (".shx", ".dbf")
_TABLES = {"shp": ".dbf", "tab": ".dat", "mif": ".mid"}
_NEUTRAL = re.compile(rb'(?i)(charset\s+"?)neutral("?)')
_TEXT_BYTES = 4 * 1024**2
_BINARY_DRAWING = b"AutoCAD Binary DXF"
_CODE_PAGE = re.compile(rb"\$DWGCODEPAGE\s+3\s+(\w+)")
_KIND_OF_BOOK = {"xl/workbook.xml": "xlsx", "word/document.xml": "docx"}


@dataclass(frozen=True)
class Opened:
    """
    A file that can be read.

    ``path`` is the main file, ``kind`` what it is by content (``xlsx`` and ``gdb`` among them). ``stated`` are names
    and titles in which people may have named a coordinate system. ``encoding`` is None where the format knows its own.
    ``named`` tells that what was asked for was a data set of the archive, and not something inside the file.
    """

    path: Path
    kind: str
    encoding: encodings.EncodingGuess | None
    declared_by: Literal["file", "format", "nothing"]
    stated: tuple[str, ...]
    named: bool = False


def open_file(
    path: Path,
    folder: Path,
    *,
    member: str | None = None,
    part: str | None = None,
    limits: zips.ArchiveLimits | None = None,
) -> Opened:
    """
    Find out what a file is and make it readable.

    Parameters
    ----------
    path
        The file, or the folder of a file geodatabase.
    folder
        An empty folder for what has to be unpacked or mended.
    member
        Which data set of an archive that holds several: its path or its name without ending.
    part
        What is wanted, where it may be either a data set of an archive or a sheet or layer inside the file.
    limits
        What an archive may hold.

    Returns
    -------
    Opened
        What is to be read.

    Raises
    ------
    FileUnreadableError
        If it is no data, lacks a part or is cut short.
    FileAmbiguousError
        If it holds several data sets of which none was named.
    ArchiveUnsafeError, FileLimitError
        If an archive could do harm or is too large.
    """
    if path.is_dir():
        return Opened(path, "gdb", None, "file", (path.stem,))
    head, size = _head(path)
    kind = kinds.check_kind(path.name, head, size)
    stated, named = [path.stem], False
    if kind == "zip":
        book = _book(path)
        if book is not None:
            return _finished(path, book, folder, stated)
        path, named = _unpacked(path, folder, member, part, limits)
        stated.append(path.stem)
        if path.is_dir():
            return Opened(path, "gdb", None, "file", tuple(stated), named)
        head, size = _head(path)
        kind = kinds.check_kind(path.name, head, size)
        if kind == "zip":
            kind = _book(path) or kind
    if kind == "zip":
        raise _unreadable(path, "压缩包里没有可导入的数据 / the archive holds no data")
    _check_whole(path, kind, head, size)
    return replace(_finished(path, kind, folder, stated), named=named)


def _finished(path: Path, kind: str, folder: Path, stated: Sequence[str]) -> Opened:
    if kind == "docx":
        raise _unreadable(path, "这是 Word 文档，请另存为表格 / this is a Word document; save the table as XLSX")
    head, _ = _head(path)
    guess = None
    if kind in _TABLES:
        path, guess = _with_encoding(path, kind, folder)
    if kind == "dxf":
        guess = _drawing_encoding(path)
    return Opened(path, kind, guess, kinds.declared_by(kind, head), (*stated, *_titles(kind, head)))


def _head(path: Path) -> tuple[bytes, int]:
    with path.open("rb") as file:
        return file.read(_HEAD_BYTES), path.stat().st_size


def _book(path: Path) -> str | None:
    with path.open("rb") as file:
        names = {member.name for member in zips.members(file, name=path.name)}
    return next((kind for name, kind in _KIND_OF_BOOK.items() if name in names), None)


def _unpacked(
    path: Path, folder: Path, member: str | None, part: str | None, limits: zips.ArchiveLimits | None
) -> tuple[Path, bool]:
    target = folder / "unpacked"
    with path.open("rb") as file:
        written = zips.unpack(file, target, name=path.name, limits=limits)
    found = kinds.data_sets([item.relative_to(target).as_posix() for item in written])
    if member is not None:
        found = tuple(one for one in found if _called(one, member))
    wanted = [one for one in found if part is not None and _called(one, part)] if len(found) > 1 else []
    if len(wanted) == 1:
        return target / wanted[0].main, True
    if not found:
        raise _unreadable(path, "压缩包里没有可导入的数据 / the archive holds no data")
    if len(found) > 1:
        names = [one.main for one in found]
        raise FileAmbiguousError(path=path.name, names=names, listed="、".join(names), kind="member")
    return target / found[0].main, False


def _called(found: kinds.DataSet, name: str) -> bool:
    return name in {found.main, Path(found.main).stem, Path(found.main).name}


def _check_whole(path: Path, kind: str, head: bytes, size: int) -> None:
    """See whether the file is all there, which GDAL does not always do."""
    if kind == "shp":
        for part in _SHAPE_PARTS:
            if _beside(path, part) is None:
                raise _unreadable(path, f"缺少同名的 {part} 文件 / the {part} file beside it is missing")
        if len(head) < 100 or size < 2 * int.from_bytes(head[24:28], "big"):
            raise _unreadable(path, "文件不完整，后部缺失 / the file is cut short")
    if kind == "gpkg":
        page = int.from_bytes(head[16:18], "big")
        if size < (65536 if page == 1 else page) * int.from_bytes(head[28:32], "big"):
            raise _unreadable(path, "文件不完整，后部缺失 / the file is cut short")


def _beside(path: Path, suffix: str) -> Path | None:
    """Find a part of the same stem, whatever its case."""
    wanted = path.with_suffix(suffix).name.casefold()
    return next((item for item in path.parent.iterdir() if item.name.casefold() == wanted), None)


def _with_encoding(path: Path, kind: str, folder: Path) -> tuple[Path, encodings.EncodingGuess]:
    table = _beside(path, _TABLES[kind])
    if table is None:
        raise _unreadable(path, f"缺少同名的 {_TABLES[kind]} 文件 / the {_TABLES[kind]} file beside it is missing")
    if kind == "mif":
        with table.open("rb") as file:
            guess = encodings.guess(file.read(_TEXT_BYTES).splitlines())
        return _with_charset(path, guess, folder), guess
    with table.open("rb") as file:
        content = file.read(_TEXT_BYTES)
    head = encodings.read_dbf_head(content)
    cpg = _beside(path, ".cpg") if kind == "shp" else None
    claimed = cpg.read_text("latin-1")[:40] if cpg is not None else head.code_page
    guess = encodings.guess(encodings.dbf_samples(content, head), declared=claimed)
    if kind == "shp" and guess.chosen is not None:
        mended = encodings.mend_dbf_names(content, head, guess.chosen)
        if mended != content:
            path = _copied(path, folder)
            with (path.with_suffix(".dbf")).open("r+b") as file:
                file.write(mended[: head.head_bytes])
    if kind == "tab":
        path = _with_charset(path, guess, folder)
    return path, guess


def _drawing_encoding(path: Path) -> encodings.EncodingGuess | None:
    """
    Tell the encoding of a drawing's texts by their bytes.

    From AutoCAD 2007 on they are UTF-8 whatever code page the head still names, and programs that write older drawings
    name any; GDAL believes the head.
    """
    with path.open("rb") as file:
        content = file.read(_TEXT_BYTES)
    if content.startswith(_BINARY_DRAWING):
        return None
    page = _CODE_PAGE.search(content[:_HEAD_BYTES])
    lines = [line for line in content.splitlines() if not line.isascii()]
    return encodings.guess(lines, declared=page[1].decode("ascii") if page else None)


def _with_charset(path: Path, guess: encodings.EncodingGuess, folder: Path) -> Path:
    """Name the code page in a MapInfo file that calls itself neutral, so that its texts can be read."""
    content = path.read_bytes()
    if guess.chosen not in {"GBK", "GB18030"} or not _NEUTRAL.search(content[:400]):
        return path
    copied = _copied(path, folder)
    copied.write_bytes(_NEUTRAL.sub(rb"\1WindowsSimpChinese\2", content, count=1))
    return copied


def _copied(path: Path, folder: Path) -> Path:
    """Put a data set of several files into the folder; the person's own files are never touched."""
    target = folder / "mended"
    target.mkdir()
    stem = path.stem.casefold()
    for part in path.parent.iterdir():
        if part.stem.casefold() == stem and part.is_file():
            shutil.copyfile(part, target / f"data{part.suffix.lower()}")
    return target / f"data{path.suffix.lower()}"


def _titles(kind: str, head: bytes) -> tuple[str, ...]:
    """Find the name and description at the beginning of a GeoJSON file."""
    if kind != "geojson":
        return ()
    start = head.split(b'"features"', 1)[0].decode("utf-8", "replace")
    return tuple(re.findall(r'"(?:name|title|description)"\s*:\s*"([^"]{1,200})"', start))


def _unreadable(path: Path, reason: str) -> FileUnreadableError:
    return FileUnreadableError(path=path.name, reason=reason, formats=kinds.FORMATS)
