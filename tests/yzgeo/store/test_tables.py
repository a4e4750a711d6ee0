"""Settings are read as they were written last."""

from __future__ import annotations

from yzgeo.store.sqlite import GeoPackageStore
from yzgeo.store.tables import put_meta, stored_meta


def test_settings(geopackage: GeoPackageStore) -> None:
    with geopackage._connections.write() as connection:
        put_meta(connection, "colour", "red")
        put_meta(connection, "colour", "蓝")
        assert stored_meta(connection)["colour"] == "蓝"
