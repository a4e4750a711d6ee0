"""Settings are read as they were written last."""

from __future__ import annotations

from yzgeo.store.base import Store
from yzgeo.store.tables import TableStore, put_meta, stored_meta


def test_settings(store: Store) -> None:
    assert isinstance(store, TableStore)
    with store.access.write() as connection:
        put_meta(connection, "colour", "red")
        put_meta(connection, "colour", "蓝")
        assert stored_meta(connection)["colour"] == "蓝"
