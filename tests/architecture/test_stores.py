"""Tests of the store, the ledger, access and the service run on both stores, or the list says why not."""

from __future__ import annotations

import re
from pathlib import Path

from tests.stores import FILE_ONLY

BOTH = ("tests/api/", "tests/yzgeo/store/", "tests/yzgeo/ledger/", "tests/yzgeo/workflows/progress/")
OPENS_A_FILE = re.compile(r"\b(GeoPackageStore|geopackage:|sqlite3)\b|import sqlite3")


def test_what_is_about_the_file_alone_says_why(root: Path, tracked: list[str]) -> None:
    tests = [name for name in tracked if name.startswith(BOTH) and Path(name).name.startswith("test_")]
    found = {name for name in tests if OPENS_A_FILE.search((root / name).read_text(encoding="utf-8"))}
    assert sorted(found - set(FILE_ONLY)) == [], "take the fixtures `premises`, `backend` or `store`, or say why not"
    assert sorted(set(FILE_ONLY) - found) == [], "listed, and not about the file"
    assert all(FILE_ONLY.values())
