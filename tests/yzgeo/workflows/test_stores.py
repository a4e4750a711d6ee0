"""What is refused when a district is to be copied; that a copy is equal is proved at the store and the command line."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from yzgeo import store
from yzgeo.catalogue import Catalogue
from yzgeo.errors import InputError, WorkspaceExistsError, WorkspaceMissingError
from yzgeo.workflows.accounts import By
from yzgeo.workflows.stores import copy_store


def test_what_cannot_be_copied(tmp_path: Path, catalogue: Catalogue) -> None:
    here, there = str(tmp_path / "here"), str(tmp_path / "there")
    with pytest.raises(WorkspaceMissingError):
        copy_store(here, there, catalogue)
    store.create_store(here, catalogue).close()
    with pytest.raises(InputError):
        copy_store(here, here, catalogue)
    made = copy_store(here, there, catalogue, by=By("chen"))
    assert set(made.features.values()) == {0}
    with pytest.raises(WorkspaceExistsError):
        copy_store(here, there, catalogue)
    with closing(store.open_store(here, catalogue)) as source, closing(store.open_store(there, catalogue)) as copied:
        [line] = source.people.audit(9)
        assert (line.deed.kind, line.deed.actor, line.deed.details["file"]) == ("export", "chen", there)
        assert list(copied.people.audit(9)) == [], "the line is the source's"
