"""Zip archives, opened without doing harm.

A zip is judged from its table of contents before a byte is unpacked, and counted again while unpacking, since tables
of contents lie. Names that leave the folder, links, encryption, bombs and archives inside archives inside archives are
refused.
"""

from __future__ import annotations

import re
import stat
import zipfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO

from yzgeo.errors import ArchiveUnsafeError, FileLimitError, FileUnreadableError
from yzgeo.ingest.encoding import zip_names

from .kinds import FORMATS

_MIB = 1024**2
_DRIVE = re.compile(r"^[A-Za-z]:")


@dataclass(frozen=True, slots=True)
class ArchiveLimits:
    """What an archive may hold."""

    members: int = 2000
    bytes_in_all: int = 1024 * _MIB
    ratio: float = 150.0
    ratio_from_bytes: int = 64 * _MIB
    depth: int = 2


@dataclass(frozen=True, slots=True)
class Member:
    """One file of an archive under its readable name."""

    name: str
    index: int
    size: int
    packed_size: int


def members(file: IO[bytes], *, name: str, limits: ArchiveLimits | None = None) -> tuple[Member, ...]:
    """
    Judge an archive by its table of contents.

    Parameters
    ----------
    file
        The open archive; it must be seekable.
    name
        Its name, for messages.
    limits
        What it may hold.

    Returns
    -------
    tuple of Member
        Its files, folders and system files left out.

    Raises
    ------
    ArchiveUnsafeError
        If a member leaves the folder, is a link or encrypted, members overlap, or it unpacks out of proportion.
    FileLimitError
        If it holds too many files or bytes.
    FileUnreadableError
        If it is no zip, or damaged.
    """
    allowed = limits or ArchiveLimits()
    with _open(file, name) as archive:
        infos = archive.infolist()
        if len(infos) > allowed.members:
            raise FileLimitError(path=name, limit=f"{allowed.members} 个文件 / files")
        names = _readable(infos)
        found = []
        for index, (info, readable) in enumerate(zip(infos, names, strict=True)):
            _check_member(name, info, readable)
            if not info.is_dir() and not _is_litter(readable):
                found.append(Member(readable, index, info.file_size, info.compress_size))
    _check_overlap(name, infos)
    in_all = sum(info.file_size for info in infos)
    packed = sum(info.compress_size for info in infos)
    if in_all > allowed.bytes_in_all:
        raise FileLimitError(path=name, limit=f"{allowed.bytes_in_all // _MIB} MiB")
    if in_all > allowed.ratio_from_bytes and in_all > allowed.ratio * max(packed, 1):
        raise _unsafe(name, "解压后大得不成比例（压缩炸弹）", "it unpacks out of all proportion (a zip bomb)")
    return tuple(found)


def unpack(
    file: IO[bytes], folder: Path, *, name: str, limits: ArchiveLimits | None = None, depth: int = 1
) -> tuple[Path, ...]:
    """
    Unpack an archive into an empty folder, archives inside it one level deep.

    Parameters
    ----------
    file
        The open archive.
    folder
        Where to put the files.
    name
        The archive's name, for messages.
    limits
        What it may hold, unpacked and in all.
    depth
        How deep inside other archives this one lies, the outermost being 1.

    Returns
    -------
    tuple of Path
        The files unpacked.

    Raises
    ------
    ArchiveUnsafeError, FileLimitError, FileUnreadableError
        As `members`, and if a file turns out larger than the table of contents said.
    """
    allowed = limits or ArchiveLimits()
    found = members(file, name=name, limits=allowed)
    left = allowed.bytes_in_all
    written: list[Path] = []
    file.seek(0)
    with _open(file, name) as archive:
        infos = archive.infolist()
        for member in found:
            target = folder.joinpath(*PurePosixPath(member.name).parts)
            target.parent.mkdir(parents=True, exist_ok=True)
            left -= _copy(archive, infos[member.index], target, name=name, at_most=min(member.size, left))
            written.append(target)
    for path in list(written):
        with path.open("rb") as inner:
            is_archive = inner.read(4) == b"PK\x03\x04" and path.suffix.lower() == ".zip"
            if not is_archive:
                continue
            if depth >= allowed.depth:
                raise _unsafe(name, "压缩包里的压缩包里还有压缩包", "archives are nested too deep")
            inner.seek(0)
            rest = ArchiveLimits(allowed.members, left, allowed.ratio, allowed.ratio_from_bytes, allowed.depth)
            below = unpack(inner, path.with_suffix(""), name=path.name, limits=rest, depth=depth + 1)
            left -= sum(item.stat().st_size for item in below)
        written.remove(path)
        written.extend(below)
    return tuple(written)


def _readable(infos: Sequence[zipfile.ZipInfo]) -> tuple[str, ...]:
    flags = [bool(info.flag_bits & 0x800) for info in infos]
    raw = [
        info.orig_filename.encode("utf-8" if flag else "cp437", "surrogateescape")
        for info, flag in zip(infos, flags, strict=True)
    ]
    return zip_names(raw, flags)


def _check_member(archive: str, info: zipfile.ZipInfo, readable: str) -> None:
    for written in (readable, info.filename):
        parts = re.split(r"[/\\]", written)
        if ".." in parts or written.startswith(("/", "\\")) or _DRIVE.match(written) or "\x00" in written:
            raise _unsafe(
                archive, f"成员 {written[:60]!r} 指向压缩包之外", f"member {written[:60]!r} leaves the archive"
            )
    if stat.S_ISLNK(info.external_attr >> 16):
        raise _unsafe(archive, f"成员 {readable[:60]!r} 是链接", f"member {readable[:60]!r} is a link")
    if info.flag_bits & 0x1:
        raise _unsafe(archive, "压缩包已加密，请先解密", "it is encrypted; decrypt it first")
    if max((len(part.encode()) for part in PurePosixPath(readable).parts), default=0) > 200:
        raise _unsafe(archive, "成员名过长", "a member's name is too long")


def _check_overlap(archive: str, infos: Sequence[zipfile.ZipInfo]) -> None:
    """Refuse members that share bytes, the trick of bombs that pass every check of proportion."""
    end = 0
    for info in sorted(infos, key=lambda item: item.header_offset):
        if info.header_offset < end:
            raise _unsafe(archive, "成员互相重叠（压缩炸弹）", "members overlap (a zip bomb)")
        end = info.header_offset + 30 + info.compress_size


def _copy(archive: zipfile.ZipFile, info: zipfile.ZipInfo, target: Path, *, name: str, at_most: int) -> int:
    done = 0
    try:
        with archive.open(info) as source, target.open("xb") as sink:
            while chunk := source.read(_MIB):
                done += len(chunk)
                if done > at_most:
                    raise _unsafe(name, "成员比目录所说的大", "a member is larger than the table of contents says")
                sink.write(chunk)
    except (zipfile.BadZipFile, EOFError, NotImplementedError, zlib.error) as error:
        raise _unreadable(name, f"压缩包损坏 / the archive is damaged ({type(error).__name__})") from error
    except FileExistsError:
        raise _unsafe(name, "有两个同名成员", "two members have the same name") from None
    return done


def _open(file: IO[bytes], name: str) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(file)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise _unreadable(name, f"不是完好的压缩包 / no sound archive ({type(error).__name__})") from error


def _is_litter(name: str) -> bool:
    path = PurePosixPath(name)
    return (
        path.parts[0] == "__MACOSX"
        or path.name in {".DS_Store", "Thumbs.db", "desktop.ini"}
        or path.name.startswith("~$")
    )


def _unreadable(name: str, reason: str) -> FileUnreadableError:
    return FileUnreadableError(path=name, reason=reason, formats=FORMATS)


def _unsafe(name: str, zh: str, en: str) -> ArchiveUnsafeError:
    return ArchiveUnsafeError(path=name, reason_zh=zh, reason_en=en)
