"""Refusals of phones carry what their sentences name."""

from __future__ import annotations

from yzgeo import errors
from yzgeo.errors import phones


def test_they_are_told_with_their_facts() -> None:
    moved = phones.ConflictMovedError(id="x", base=3, current=5)
    assert "3" in moved.message("zh")
    assert "5" in moved.message("en")
    assert phones.UploadOffsetError(given=1, current=7).message("en").count("7") == 1


def test_they_are_listed_with_all_others() -> None:
    codes = {kind.code for kind in errors.leaves() if kind.__module__ == phones.__name__}
    assert {"device_revoked", "conflict_decided", "record_id_taken", "upload_busy"} <= codes
