"""Attachments lie under the hash of their bytes."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from yzgeo.errors import NotFoundError, StorageError
from yzgeo.store.attachments import AttachmentFolder


def test_bytes_come_back_under_their_hash(tmp_path: Path) -> None:
    folder = AttachmentFolder(tmp_path)
    sha256 = folder.put(b"photo")
    assert sha256 == hashlib.sha256(b"photo").hexdigest()
    assert folder.get(sha256) == b"photo"
    assert folder.path(sha256) == tmp_path / "attachments" / sha256[:2] / sha256
    assert folder.put(b"photo") == sha256
    assert [path.name for path in (tmp_path / "attachments").rglob("*") if path.is_file()] == [sha256]


def test_what_is_not_there_is_not_found(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError):
        AttachmentFolder(tmp_path).get("0" * 64)


@pytest.mark.parametrize("name", ["", "../../etc/passwd", "A" * 64, "0" * 63, "0" * 63 + "/"])
def test_no_name_leads_out_of_the_folder(tmp_path: Path, name: str) -> None:
    with pytest.raises(NotFoundError):
        AttachmentFolder(tmp_path).path(name)


def test_changed_bytes_are_noticed(tmp_path: Path) -> None:
    folder = AttachmentFolder(tmp_path)
    sha256 = folder.put(b"photo")
    folder.path(sha256).write_bytes(b"other")
    with pytest.raises(StorageError):
        folder.get(sha256)


def test_a_refusing_disk_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "attachments").write_text("in the way")
    with pytest.raises(StorageError):
        AttachmentFolder(tmp_path).put(b"photo")
