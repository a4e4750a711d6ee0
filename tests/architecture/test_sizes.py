"""A module is one concept and stays readable."""

from __future__ import annotations

from pathlib import Path

LIMIT_LINES = 600
VAGUE_NAMES = {"utils", "util", "helpers", "helper", "common", "misc"}


def test_no_module_outgrows_its_limit(root: Path, tracked: list[str]) -> None:
    written = [
        name
        for name in tracked
        if name.endswith((".py", ".ts", ".vue")) and not name.endswith(".d.ts") and not name.startswith("tests/")
    ]
    lengths = {name: len((root / name).read_text(encoding="utf-8").splitlines()) for name in written}
    assert {name: length for name, length in lengths.items() if length > LIMIT_LINES} == {}


def test_no_module_is_named_for_nothing(tracked: list[str]) -> None:
    modules = [Path(name) for name in tracked if name.endswith((".py", ".ts"))]
    assert [str(path) for path in modules if path.stem.lower() in VAGUE_NAMES] == []
