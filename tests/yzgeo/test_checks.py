"""Issues are values."""

from __future__ import annotations

from yzgeo.checks import Issue, errors, silent


def test_an_issue_gives_both_messages() -> None:
    issue = Issue("error", "required_missing", "row 3", "缺少编号", "the code is missing")
    assert issue.as_dict() == {
        "level": "error",
        "code": "required_missing",
        "where": "row 3",
        "message": "缺少编号",
        "message_en": "the code is missing",
    }


def test_errors_keeps_only_what_rejects_a_row() -> None:
    bad = Issue("error", "a", "1", "错", "bad")
    mild = Issue("warning", "b", "2", "注意", "mild")
    assert errors([mild, bad]) == [bad]


def test_silent_says_nothing() -> None:
    assert silent("导入", 0.5) is None
