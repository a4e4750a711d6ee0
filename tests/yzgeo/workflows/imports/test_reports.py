"""Reports in plain values."""

from __future__ import annotations

import json
from datetime import UTC, datetime

from yzgeo.checks import Issue
from yzgeo.errors import RowsRejectedError
from yzgeo.store.base import Batch, LaterEdit, Undone
from yzgeo.workflows.imports import ImportReport, batch_as_dict, refusal, undone_as_dict
from yzgeo.workflows.imports.reports import SHOWN_ISSUES, SHOWN_MATCHES, RowMatch

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
BATCH = Batch("b", "road", 2, NOW, "t", "r", 1, 2, 3, 4)


def report(rows: int) -> ImportReport:
    issues = tuple(Issue("error", "x", f"第 {row} 行", "错", "wrong") for row in range(1, rows + 1))
    return ImportReport(
        "road", "a.shp", "refuse", "upsert", True, None, None, (), {}, rows, 0, tuple(range(1, rows + 1)), {}, issues,
        matches=tuple(RowMatch(row, None, None, "new", None, ()) for row in range(rows)), batch=BATCH,
    )  # fmt: skip


def test_long_lists_are_cut_and_counted() -> None:
    told = report(SHOWN_ISSUES + 1).as_dict()
    assert (len(told["issues"]), told["issues_total"]) == (SHOWN_ISSUES, SHOWN_ISSUES + 1)
    assert len(told["matches"]) == SHOWN_MATCHES
    assert told["rows"] == {"in": SHOWN_ISSUES + 1, "kept": 0, "rejected": SHOWN_ISSUES + 1}
    json.dumps(told)


def test_a_refusal_carries_its_report() -> None:
    error = refusal(report(1))
    assert error.message("zh").endswith("第 1 行：错")
    assert error.message("en").endswith("第 1 行: wrong")
    # As it was kept before there were two sentences.
    assert RowsRejectedError(rejected=1, layer="a", first="错 / wrong").message("en").endswith("错 / wrong")
    assert error.fields["report"] == report(1).as_dict()


def test_batches_and_undos_are_plain() -> None:
    assert batch_as_dict(BATCH)["recorded_at"] == "2026-01-02T03:04:05+00:00"
    undone = Undone(BATCH, ("a",), ("b", "c"), (), (LaterEdit("d", "update", 3, NOW, "z"),))
    assert undone_as_dict(undone) == {
        "undone": {"restored": 1, "removed": 2, "brought_back": 0},
        "later_edits": [{"uid": "d", "revision": 3, "at": "2026-01-02T03:04:05+00:00", "actor": "z", "kept": True}],
    }
