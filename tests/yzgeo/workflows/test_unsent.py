"""Files that are none; the import itself is tried over HTTP in tests/api/routes/test_sync.py."""

from __future__ import annotations

import pytest

from yzgeo.access import Caller
from yzgeo.errors import ForbiddenError, InputError
from yzgeo.workflows.unsent import records_of
from yzgeo.workflows.workspace import Workspace

EMPTY = b'{"format": "yzgeo-unsent", "version": 1, "items": [], "photos": {}}'


def test_an_empty_file_brings_nothing_and_others_are_refused(workspace: Workspace) -> None:
    planner = Caller("planner", "chen")
    assert records_of(workspace.store, workspace.path, EMPTY, planner) == []
    with pytest.raises(InputError):
        records_of(workspace.store, workspace.path, EMPTY.replace(b"[]", b"[1]"), planner)
    with pytest.raises(ForbiddenError):
        records_of(workspace.store, workspace.path, EMPTY, Caller("viewer", "v"))
