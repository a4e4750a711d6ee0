"""A reader that was started ahead reads the next file; one that nobody needs ends."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from yzgeo import cli
from yzgeo.ingest import ahead, reading

CORPUS = Path(__file__).parents[2] / "data" / "import"


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[subprocess.Popen[bytes]]:
    """Every reader that is started."""
    found: list[subprocess.Popen[bytes]] = []
    real = ahead.start

    def start() -> subprocess.Popen[bytes]:
        found.append(real())
        return found[-1]

    monkeypatch.setattr(ahead, "start", start)
    return found


def test_the_next_file_is_read_by_it_and_the_one_after_by_another(made: list[subprocess.Popen[bytes]]) -> None:
    with ahead.started():
        assert reading.read(CORPUS / "declared.geojson").rows > 0
        assert [one.returncode for one in made] == [0]
        assert reading.read(CORPUS / "declared.geojson").rows > 0
    assert [one.returncode for one in made] == [0, 0]


def test_what_nobody_needs_ends_with_the_command(
    made: list[subprocess.Popen[bytes]], capsys: pytest.CaptureFixture[str]
) -> None:
    for words in (["import", "--help"], ["--version"]):
        with pytest.raises(SystemExit) as ended:
            cli.main(words)
        assert ended.value.code == 0
    assert "--dry-run" in capsys.readouterr().out
    (unused,) = made
    assert unused.returncode is not None
    assert unused.stdin is not None
    assert unused.stdin.closed
