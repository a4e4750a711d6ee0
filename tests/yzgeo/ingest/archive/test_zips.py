"""Archives that would do harm are refused, others open."""

from __future__ import annotations

import io
import stat
import struct
import zipfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from yzgeo.errors import ArchiveUnsafeError, FileLimitError, FileUnreadableError, YzgeoError
from yzgeo.ingest.archive import zips


def packed(files: dict[str, bytes], *, method: int = zipfile.ZIP_DEFLATED) -> io.BytesIO:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    stream.seek(0)
    return stream


def renamed(stream: io.BytesIO, old: bytes, new: bytes) -> io.BytesIO:
    """Write another name of the same length into an archive, behind the library's back."""
    assert len(old) == len(new)
    return io.BytesIO(stream.getvalue().replace(old, new))


def test_ordinary_archives_open(tmp_path):
    stream = packed({"数据/地块.shp": b"shp", "数据/地块.dbf": b"dbf", "__MACOSX/._x": b"-", "数据/": b""})
    names = [member.name for member in zips.members(stream, name="a.zip")]
    assert names == ["数据/地块.shp", "数据/地块.dbf"]
    written = zips.unpack(stream, tmp_path / "out", name="a.zip")
    assert {path.name: path.read_bytes() for path in written} == {"地块.shp": b"shp", "地块.dbf": b"dbf"}


def test_member_names_in_gbk_become_readable(tmp_path):
    raw = "红旗街道.shp".encode("gbk")
    stream = renamed(packed({"A" * len(raw): b"x"}), b"A" * len(raw), raw)
    (path,) = zips.unpack(stream, tmp_path / "out", name="a.zip")
    assert path.name == "红旗街道.shp"


@pytest.mark.parametrize(
    "name", [b"../../evil.shp", b"/etc/evil.shpp", b"C:\\win\\evil.x", b"..\\..\\evil.sh", b"a/../../b.shpp"]
)
def test_names_that_leave_the_archive_are_refused(name, tmp_path):
    stream = renamed(packed({"A" * len(name): b"x"}), b"A" * len(name), name)
    with pytest.raises(ArchiveUnsafeError):
        zips.unpack(stream, tmp_path / "out", name="a.zip")
    assert not list(tmp_path.rglob("*.s*"))


def test_links_are_refused():
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        info = zipfile.ZipInfo("link.shp")
        info.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(info, "/etc/passwd")
    with pytest.raises(ArchiveUnsafeError):
        zips.members(stream, name="a.zip")


def test_encrypted_archives_are_refused():
    stream = packed({"a.shp": b"x"})
    content = bytearray(stream.getvalue())
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(signature) + offset] |= 1
    with pytest.raises(ArchiveUnsafeError):
        zips.members(io.BytesIO(bytes(content)), name="a.zip")


def test_a_bomb_is_refused_by_its_proportion():
    stream = packed({"a.shp": b"\0" * (80 * 1024**2)})
    assert len(stream.getvalue()) < 200_000
    with pytest.raises(ArchiveUnsafeError):
        zips.members(stream, name="a.zip")


def test_a_bomb_that_lies_about_its_size_is_stopped(tmp_path):
    size = 8 * 1024**2
    content = packed({"a.shp": b"\0" * size}).getvalue().replace(struct.pack("<I", size), struct.pack("<I", 100))
    with pytest.raises((ArchiveUnsafeError, FileUnreadableError)):
        zips.unpack(io.BytesIO(content), tmp_path / "out", name="a.zip")
    assert sum(path.stat().st_size for path in (tmp_path / "out").rglob("*") if path.is_file()) <= 100


def test_overlapping_members_are_refused():
    content = bytearray(packed({"a.shp": b"x" * 50, "b.shp": b"y" * 50}, method=zipfile.ZIP_STORED).getvalue())
    second = content.rindex(b"PK\x01\x02")
    content[second + 42 : second + 46] = struct.pack("<I", 0)
    with pytest.raises((ArchiveUnsafeError, FileUnreadableError)):
        zips.members(io.BytesIO(bytes(content)), name="a.zip")


def test_too_many_members_or_bytes_are_refused():
    limits = zips.ArchiveLimits(members=3, bytes_in_all=100)
    with pytest.raises(FileLimitError):
        zips.members(packed({f"{i}.shp": b"" for i in range(4)}), name="a.zip", limits=limits)
    with pytest.raises(FileLimitError):
        zips.members(packed({"a.shp": b"x" * 101}), name="a.zip", limits=limits)


def test_one_archive_inside_another_is_opened_and_no_more(tmp_path):
    inner = packed({"地块.shp": b"shp"}).getvalue()
    (path,) = zips.unpack(packed({"inner.zip": inner}), tmp_path / "one", name="a.zip")
    assert path.read_bytes() == b"shp"
    deep = packed({"middle.zip": packed({"inner.zip": inner}).getvalue()})
    with pytest.raises(ArchiveUnsafeError):
        zips.unpack(deep, tmp_path / "two", name="a.zip")


def test_two_members_of_one_name_are_refused(tmp_path):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("a.shp", "1")
        with pytest.warns(UserWarning, match="Duplicate"):
            archive.writestr("a.shp", "2")
    with pytest.raises(ArchiveUnsafeError):
        zips.unpack(stream, tmp_path / "out", name="a.zip")


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cut=st.integers(0, 400), at=st.integers(0, 400), byte=st.integers(0, 255))
def test_damaged_archives_are_refused_or_read_but_never_crash(tmp_path, cut, at, byte):
    content = bytearray(packed({"a.shp": b"shape" * 9, "a.dbf": b"table" * 9}).getvalue())
    if at < len(content):
        content[at] = byte
    content = content[: max(len(content) - cut, 0)]
    folder = Path(tmp_path) / f"{cut}-{at}-{byte}"
    try:
        zips.unpack(io.BytesIO(bytes(content)), folder, name="a.zip")
    except YzgeoError:
        return
