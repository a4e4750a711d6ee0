"""Which store stands behind a place."""

from __future__ import annotations

from pathlib import Path
from uuid import uuid4

import pytest

from yzgeo import store
from yzgeo.catalogue import Catalogue
from yzgeo.errors import InputError, WorkspaceExistsError, WorkspaceMissingError
from yzgeo.store.postgis.store import PostGISStore
from yzgeo.store.sqlite import GeoPackageStore


def test_a_folder(tmp_path: Path, tiny: Catalogue) -> None:
    with pytest.raises(WorkspaceMissingError):
        store.open_store(tmp_path, tiny)
    made = store.create_store(tmp_path, tiny)
    assert isinstance(made, GeoPackageStore)
    made.close()
    with pytest.raises(WorkspaceExistsError):
        store.create_store(str(tmp_path), tiny)
    opened = store.open_store(str(tmp_path), tiny)
    assert opened.catalogue is tiny
    opened.close()


def test_a_server(postgis_server: str, tiny: Catalogue) -> None:
    url = f"{postgis_server}?schema=t{uuid4().hex}"
    with pytest.raises(WorkspaceMissingError):
        store.open_store(url, tiny)
    store.create_store(url, tiny).close()
    with pytest.raises(WorkspaceExistsError):
        store.create_store(url, tiny)
    opened = store.open_store(url, tiny)
    assert isinstance(opened, PostGISStore)
    opened.close()


@pytest.mark.parametrize("ask", [store.open_store, store.create_store])
def test_another_server_is_refused_and_its_password_not_repeated(ask: object, tiny: Catalogue) -> None:
    assert callable(ask)
    with pytest.raises(InputError) as refused:
        ask("mysql://me:secret@host/db", tiny)
    told = refused.value.message("zh") + refused.value.message("en")
    assert "mysql" in told
    assert "secret" not in told
