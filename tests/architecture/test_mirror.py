"""Tests mirror the tree: each module of the library and the service has a test file of its name."""

from __future__ import annotations

from pathlib import Path

# Modules without behaviour of their own: entry points and package fronts.
EXEMPT_STEMS = {"__init__", "__main__"}


def test_each_module_has_its_test_file(tracked: list[str]) -> None:
    modules = [Path(name) for name in tracked if name.startswith(("yzgeo/", "api/")) and name.endswith(".py")]
    tests = {name for name in tracked if name.startswith("tests/")}
    wanted = {
        str(module): str(Path("tests") / module.parent / f"test_{module.name}")
        for module in modules
        if module.stem not in EXEMPT_STEMS and not module.stem.startswith("_")
    }
    assert sorted(module for module, test in wanted.items() if test not in tests) == []
