"""The audit as people read it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from yzgeo.errors import ParameterError
from yzgeo.store.people import AUDIT_KINDS, Deed
from yzgeo.workflows.audit import LABELS, audit_lines
from yzgeo.workflows.workspace import Workspace


def test_every_kind_has_its_words() -> None:
    assert list(LABELS) == list(AUDIT_KINDS)
    assert all(label["zh"] and label["en"] for label in LABELS.values())


def test_a_line_in_words(workspace: Workspace) -> None:
    workspace.store.people.note(Deed("download", subject="/x.csv", details={"bytes": 3}))
    [line] = audit_lines(workspace.store)
    at = datetime.fromisoformat(line.pop("at"))
    assert abs((datetime.now(UTC) - at).total_seconds()) < 60
    assert line == {
        "number": 1,
        "kind": "download",
        "label": {"zh": "下载", "en": "download"},
        "actor": None,
        "role": None,
        "address": None,
        "subject": "/x.csv",
        "details": {"bytes": 3},
    }


def test_a_kind_that_is_none(workspace: Workspace) -> None:
    with pytest.raises(ParameterError):
        audit_lines(workspace.store, kind="gossip")
