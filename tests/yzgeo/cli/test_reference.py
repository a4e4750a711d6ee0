from __future__ import annotations

from pathlib import Path

from yzgeo.cli.reference import markdown


def test_the_page_is_fresh() -> None:
    page = Path(__file__).parents[3] / "docs" / "cli.md"
    assert page.read_text(encoding="utf-8") == markdown(), "run python -m yzgeo.cli.reference > docs/cli.md"


def test_every_command_is_there() -> None:
    text = markdown()
    for command in ("init", "import", "imports show", "export", "serve", "user add", "backup", "restore", "progress"):
        assert f"## yzgeo {command}\n" in text
