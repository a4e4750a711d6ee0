"""A copy is the same district: history, ledger, accounts and all, there and back."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from uuid import UUID, uuid4

import geopandas as gpd
import pytest
from shapely.geometry import LineString, Point, box

from tests.yzgeo.store.conftest import BY, Clock, frame
from yzgeo.catalogue import Catalogue
from yzgeo.errors import WorkspaceExistsError
from yzgeo.store.base import Account, Attachment, Provenance, Query
from yzgeo.store.copying import TABLES, content_sum, copy
from yzgeo.store.identifiers import history_table
from yzgeo.store.people import Deed, Grant
from yzgeo.store.phones import Device, KeptConflict
from yzgeo.store.postgis.store import PostGISStore
from yzgeo.store.sqlite import GeoPackageStore


@pytest.fixture
def server(postgis_server: str, tiny: Catalogue, clock: Clock) -> Iterator[PostGISStore]:
    made = PostGISStore.create(f"{postgis_server}?schema=t{uuid4().hex}", tiny, clock=clock)
    yield made
    made.close()


def test_there_and_back(
    geopackage: GeoPackageStore, server: PostGISStore, tmp_path: Path, tiny: Catalogue, clock: Clock
) -> None:
    shapes = {"a": box(123.0, 42.0, 123.1, 42.1), "b": None, "c": box(1, 1, 2, 2).union(box(3, 3, 4, 4))}
    columns = {
        "code": ["编号", None, "3"],
        "floors": [7, None, 0],
        "height": [0.1, 1e-9, None],
        "listed": [True, None, False],
    }
    geopackage.write("area", put=frame(shapes, **columns, built_on=["2020-02-29", None, None]), provenance=BY)
    from_file = Provenance("张三", "导入", file_name="一.xlsx", file_sha256="ab", choices={"a": 1})
    imported = geopackage.write("spot", put=frame({"p": Point(0.1, 0.2), "q": Point(1, 2)}), provenance=from_file)
    geopackage.write("path", put=frame({"l": LineString([(0, 0), (1, 1)])}), provenance=BY)
    clock.advance(days=1)
    geopackage.write("area", put=gpd.GeoDataFrame({"floors": [8]}, index=["a"]), delete=["c"], provenance=BY)
    geopackage.undo_batch(imported.id, actor="x", reason="y")
    geopackage.set_meta("demo", "1")
    geopackage.people.put_account(Account("李四", "field", ("1",), "hash"), deed=Deed("account_made", "admin"))
    grant = Grant("", "token", "李四", "x", "", clock(), clock() + timedelta(days=1), None)
    geopackage.people.put_grant("ff" * 32, grant, deed=Deed("token_made", "李四"))
    geopackage.devices.see(Device("d1", "李四", "Android", clock(), clock()), deed=Deed("device_registered", "李四"))
    phone = {
        "layer": "spot",
        "uid": "q",
        "title": "点",
        "kind": "measure",
        "home": None,
        "actor": "李四",
        "role": "field",
    }
    record = {"record": {"payload": {"evidence": ["a" * 64]}}, "facts": {"before": {}}, "received_at": clock()}
    geopackage.conflicts.put(KeptConflict(id=str(UUID(int=1)), device="d1", **phone, **record))
    geopackage.ledger.put_attachment(Attachment("a" * 64, "image/jpeg", 9, "李四", clock(), lon=123.5, lat=42.25))

    copy(geopackage, server)
    assert content_sum(server) == content_sum(geopackage)
    server.check()
    back = GeoPackageStore.create(tmp_path / "back", tiny, clock=clock)
    copy(server, back)
    assert content_sum(back) == content_sum(geopackage)
    back.check()
    assert list(back.rows("area", Query(revision=1)).uids) == ["a", "b", "c"]
    assert back.devices.of("d1") == geopackage.devices.of("d1")
    assert back.conflicts.citing("a" * 64) == geopackage.conflicts.citing("a" * 64)
    assert [each.id for each in back.conflicts.citing("a" * 64)] == [str(UUID(int=1))]
    assert back.people.grants("李四", now=clock()) == geopackage.people.grants("李四", now=clock())
    assert back.ledger.senders("a" * 64) == ["李四"]
    assert back.bounds("area") == server.bounds("area") == geopackage.bounds("area")

    # Both go on where the first one stood: no number is used twice, the triggers are there again.
    for store in (geopackage, server, back):
        store.write("area", put=frame({"d": box(0, 0, 1, 1)}), provenance=from_file)
        assert store.people.audit(1)[0].deed.kind == "import"
    found = {(store.feature("area", "d").fid, store.people.audit(1)[0].number) for store in (geopackage, server, back)}
    assert len(found) == 1
    with pytest.raises(WorkspaceExistsError):
        copy(geopackage, server)
    back.close()


def test_no_table_of_either_store_is_forgotten(
    geopackage: GeoPackageStore, server: PostGISStore, tiny: Catalogue
) -> None:
    """A table that is added later must be copied, or stand here with its reason."""
    elsewhere = {
        "yzgeo_meta": "copied by key",
        "yzgeo_migration": "how a store came to its tables is its own matter",
        "yzgeo_contents": "copied with each layer",
        **{history_table(layer): "copied with its layer" for layer in tiny.layers},
    }
    for store, listing in (
        (geopackage, "SELECT name FROM sqlite_master WHERE type = 'table'"),
        (
            server,
            "SELECT relname::text FROM pg_class WHERE relnamespace = current_schema()::regnamespace AND relkind = 'r'",
        ),
    ):
        with store.access.read() as reader:
            tables = {name for (name,) in reader.connection.execute(listing).fetchall() if name.startswith("yzgeo_")}
        assert tables - set(elsewhere) == {name for name, _ in TABLES}


def test_a_sum_tells_one_value_from_another(geopackage: GeoPackageStore) -> None:
    geopackage.write("spot", put=frame({"p": Point(1, 2)}, code=["1"]), provenance=BY)
    before = content_sum(geopackage)
    assert content_sum(geopackage) == before
    geopackage.write("spot", put=frame({"p": Point(1, 2)}, code=["2"]), provenance=BY)
    assert content_sum(geopackage) != before
