"""Each place that refuses gives exactly the facts its sentences need."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from yzgeo import errors

KINDS = {kind.__name__: kind for kind in errors.leaves()}


def raised(root: Path, tracked: list[str]) -> list[tuple[str, int, str, frozenset[str]]]:
    calls = []
    for name in tracked:
        if not (name.startswith(("yzgeo/", "api/")) and name.endswith(".py")):
            continue
        for node in ast.walk(ast.parse((root / name).read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or any(keyword.arg is None for keyword in node.keywords):
                continue
            called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if called in KINDS:
                given = frozenset(keyword.arg for keyword in node.keywords if keyword.arg)
                calls.append((name, node.lineno, called, given))
    return calls


def test_every_refusal_is_raised_with_the_facts_it_names(root: Path, tracked: list[str]) -> None:
    wrong = [
        f"{name}:{line} {kind}: needs {sorted(KINDS[kind].placeholders())}, given {sorted(given)}"
        for name, line, kind, given in raised(root, tracked)
        if not KINDS[kind].placeholders() <= given
    ]
    assert wrong == []


@pytest.mark.parametrize("kind", errors.leaves(), ids=lambda kind: kind.__name__)
def test_every_refusal_speaks_both_languages_and_has_its_own_code(kind: type[errors.YzgeoError]) -> None:
    assert any("\u4e00" <= character <= "\u9fff" for character in kind.zh)
    assert kind.en.isascii() or "“" in kind.en
    assert sum(other.code == kind.code for other in errors.leaves()) == 1
    assert kind.__doc__
