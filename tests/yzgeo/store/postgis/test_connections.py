"""Locks of writers, and the driver's errors as refusals."""

from __future__ import annotations

from contextlib import suppress

import pytest
from shapely.geometry import Point

from tests.yzgeo.store.conftest import BY, frame
from yzgeo.catalogue import Catalogue
from yzgeo.errors import InputError, StorageBusyError, StorageError
from yzgeo.store.postgis.store import PostGISStore


def test_writers_wait_by_layer(server: PostGISStore, url: str, tiny: Catalogue) -> None:
    """Another process may write another layer meanwhile, but neither this one nor all of them."""
    with PostGISStoreOpen(url, tiny) as other, server._server.write("area"):
        other.write("spot", put=frame({"p": Point(1, 2)}), provenance=BY)
        with pytest.raises(StorageBusyError):
            other.write("area", put=frame({"p": None}), provenance=BY)
        with pytest.raises(StorageBusyError):
            other.set_meta("a", "b")
    assert server.revision("spot") == 1


def test_what_fails_leaves_nothing(server: PostGISStore) -> None:
    with suppress(ZeroDivisionError), server._server.write() as connection:
        connection.execute("INSERT INTO yzgeo_meta VALUES (?, ?)", ("a", "b"))
        _ = 1 / 0
    assert server.meta("a") is None


def test_text_that_the_server_cannot_keep(server: PostGISStore) -> None:
    with pytest.raises(InputError):
        server.write("spot", put=frame({"p": Point(1, 2)}, code=["a\0b"]), provenance=BY)
    assert server.revision("spot") == 0


def test_a_server_that_is_not_there(tiny: Catalogue) -> None:
    with pytest.raises(StorageError) as refused:
        PostGISStore.create("postgresql://me:secret@127.0.0.1:1/none", tiny)
    assert "secret" not in refused.value.message("en")


def test_after_closing(server: PostGISStore) -> None:
    server.close()
    server.close()
    with pytest.raises(StorageError):
        server.revision("area")


class PostGISStoreOpen:
    """The same district as another process would open it, in no mood to wait."""

    def __init__(self, url: str, catalogue: Catalogue) -> None:
        self.store = PostGISStore.open(url, catalogue, busy_timeout_s=0.3)

    def __enter__(self) -> PostGISStore:
        return self.store

    def __exit__(self, *_: object) -> None:
        self.store.close()
