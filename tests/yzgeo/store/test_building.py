"""Files appear completely or not at all."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Any

import pytest

from yzgeo.errors import StorageError, WorkspaceExistsError
from yzgeo.store.building import new_file


def test_shown_at_the_end(tmp_path: Path) -> None:
    target = tmp_path / "deep" / "file"
    with new_file(target, named="file") as path:
        path.write_text("whole")
        assert not target.exists()
    assert target.read_text() == "whole"
    assert list(target.parent.iterdir()) == [target]


def test_an_error_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), new_file(tmp_path / "file", named="file") as path:  # noqa: PT012 - the block is the case
        path.write_text("half")
        path.with_name(path.name + "-wal").write_text("half")
        raise ZeroDivisionError
    assert list(tmp_path.iterdir()) == []


def test_someone_else_was_quicker(tmp_path: Path) -> None:
    target = tmp_path / "file"
    with pytest.raises(WorkspaceExistsError), new_file(target, named="file") as path:  # noqa: PT012 - the block is the case
        path.write_text("mine")
        target.write_text("theirs")
    assert target.read_text() == "theirs"
    assert list(tmp_path.iterdir()) == [target]


def test_a_file_system_without_links(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*names: Any, **options: Any) -> None:
        raise OSError(errno.EPERM, "no links here")

    monkeypatch.setattr(os, "link", refuse)
    target = tmp_path / "file"
    with new_file(target, named="file") as path:
        path.write_text("whole")
    assert target.read_text() == "whole"
    late = tmp_path / "late"
    with pytest.raises(WorkspaceExistsError), new_file(late, named="late") as path:  # noqa: PT012 - the block is the case
        path.write_text("mine")
        late.write_text("theirs")
    assert late.read_text() == "theirs"


def test_a_full_disk(tmp_path: Path) -> None:
    with pytest.raises(StorageError), new_file(tmp_path / "file", named="file"):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    assert list(tmp_path.iterdir()) == []
