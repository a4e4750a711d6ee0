"""How many files one may begin; everything else is tried over HTTP in tests/api/routes/test_uploads.py."""

from __future__ import annotations

from pathlib import Path

import pytest

from yzgeo.access import Caller
from yzgeo.errors import ForbiddenError, UploadRefusedError
from yzgeo.workflows import uploads

WANG = Caller("field", "wang", ("211202001",))


def test_an_account_begins_so_many_and_no_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "MOST_OF_ONE", 2)
    for _ in range(2):
        uploads.begin(tmp_path, WANG, 5, {}, most=9)
    with pytest.raises(UploadRefusedError):
        uploads.begin(tmp_path, WANG, 5, {}, most=9)
    uploads.begin(tmp_path, Caller("planner", "chen"), 5, {}, most=9)


def test_those_who_record_nowhere_begin_nothing(tmp_path: Path) -> None:
    for who in (Caller("viewer", "v"), Caller("field", "f")):
        with pytest.raises(ForbiddenError):
            uploads.begin(tmp_path, who, 5, {}, most=9)
        with pytest.raises(ForbiddenError):
            uploads.find(tmp_path, "f" * 32, who)
