from __future__ import annotations

import json
from pathlib import Path

import pytest

from yzgeo.cli.session import Session, log_file
from yzgeo.settings import Settings


@pytest.fixture
def session(tmp_path: Path) -> Session:
    return Session(Settings(), tmp_path, "zh")


def test_a_person_and_a_program_get_the_same_answer(session: Session, capsys: pytest.CaptureFixture[str]) -> None:
    session.table([{"a": 1}], [("甲", "A")], [(1,)])
    assert capsys.readouterr().out.split() == ["甲", "1"]
    session.as_json = True
    session.table([{"a": 1}], [("甲", "A")], [(1,)])
    session.say("旁白", "aside")
    captured = capsys.readouterr()
    assert json.loads(captured.out) == [{"a": 1}]
    assert captured.err == ""


def test_no_bar_where_nobody_watches(session: Session, capsys: pytest.CaptureFixture[str]) -> None:
    with session.progress() as told:
        told("读取", 0.5)
    captured = capsys.readouterr()
    assert captured.out == captured.err == ""


def test_the_log_lies_in_the_workspace_or_at_home(
    session: Session, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    assert log_file(session) == tmp_path / "state" / "yzgeo.log"
    (tmp_path / "cache").mkdir()
    assert log_file(session) == tmp_path / "cache" / "yzgeo.log"
    assert log_file(None) == tmp_path / "state" / "yzgeo.log"
