"""The store on a server answers what the protocol asks, parameter by parameter."""

from __future__ import annotations

import inspect

from yzgeo.store.awaited import AwaitedStore
from yzgeo.store.postgis.store import PostGISStore
from yzgeo.store.sqlite import GeoPackageStore


def test_the_server_store_has_the_protocols_signatures() -> None:
    """`isinstance` only compares names; parameters count too, and that they are waited for."""
    assert issubclass(PostGISStore, AwaitedStore)
    assert not issubclass(GeoPackageStore, AwaitedStore)
    names = [name for name in vars(AwaitedStore) if not name.startswith("_")]
    assert len(names) == 5
    for name in names:
        kept = getattr(PostGISStore, name)
        assert inspect.iscoroutinefunction(kept), name
        assert inspect.signature(kept) == inspect.signature(getattr(AwaitedStore, name)), name
