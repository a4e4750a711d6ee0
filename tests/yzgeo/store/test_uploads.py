"""Files in pieces on the disk; the protocol around them is tried in tests/api/routes/test_uploads.py."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from yzgeo.errors import NotFoundError, UploadBusyError
from yzgeo.store.uploads import FOLDER, UploadFolder, sweep

AT = datetime(2024, 5, 1, 8, 0, tzinfo=UTC)


def test_pieces_add_up_and_one_writes_at_a_time(tmp_path: Path) -> None:
    folder = UploadFolder(tmp_path, "王")
    upload = folder.begin(6, {"filename": "现场.jpg"}, now=AT)
    with folder.writing(upload) as writing:
        writing.append(b"abc")
        writing.sync()
        with pytest.raises(UploadBusyError), folder.writing(upload):
            pass
    assert (folder.find(upload.id), folder.offset(upload), folder.unfinished()) == (upload, 3, 1)
    with folder.writing(upload) as writing:
        writing.append(b"xyz")
        writing.cut(4)
        assert (writing.offset, writing.content()) == (4, b"abcx")
    kept = folder.keep(upload, "a" * 64)
    assert (folder.find(upload.id), folder.offset(kept), folder.unfinished()) == (kept, 6, 0)
    with pytest.raises(NotFoundError), folder.writing(kept):
        pass
    folder.remove(kept)
    with pytest.raises(NotFoundError):
        folder.find(upload.id)


@pytest.mark.parametrize("name", ["", "..", "../" * 10 + "a", "A" * 32, "f" * 31, "f" * 32])
def test_no_name_leads_elsewhere(tmp_path: Path, name: str) -> None:
    with pytest.raises(NotFoundError):
        UploadFolder(tmp_path, "wang").find(name)


def test_an_account_has_a_folder_of_its_own(tmp_path: Path) -> None:
    upload = UploadFolder(tmp_path, "wang").begin(6, {}, now=AT)
    with pytest.raises(NotFoundError):
        UploadFolder(tmp_path, "../wang").find(upload.id)


def test_sweeping_takes_leftovers_too(tmp_path: Path) -> None:
    """Of a service that stopped between two files, or while it wrote one."""
    folder = UploadFolder(tmp_path, "wang")
    folder.begin(6, {}, now=AT)
    [part] = (tmp_path / FOLDER).glob("*/*.part")
    part.with_name(f"{'e' * 32}.part").touch()
    part.with_name(f"{'d' * 32}.0.new").touch()
    assert sweep(tmp_path, datetime.now(UTC) - timedelta(minutes=1)) == 0
    assert sweep(tmp_path, datetime.now(UTC) + timedelta(minutes=1)) == 3
    assert list((tmp_path / FOLDER).glob("*/*")) == []
    assert sweep(tmp_path / "nothing", AT) == 0


def test_sweeping_pauses(tmp_path: Path) -> None:
    UploadFolder(tmp_path, "wang").begin(6, {}, now=AT)
    later = datetime.now(UTC) + timedelta(minutes=1)
    assert sweep(tmp_path, AT, pause=timedelta(hours=1)) == 0
    assert sweep(tmp_path, later, pause=timedelta(hours=1)) == 0
    assert sweep(tmp_path, later, pause=timedelta(microseconds=1)) == 1
