"""What every backend must do: these tests know nothing of files or SQL."""

from __future__ import annotations

import threading
from datetime import UTC, date, datetime, timedelta, timezone

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from shapely.geometry import LineString, MultiLineString, MultiPolygon, Point, Polygon, box

from tests.yzgeo.store.conftest import BY, Backend, Clock, frame
from yzgeo.catalogue import Catalogue
from yzgeo.errors import (
    ConflictError,
    CrsMissingError,
    FeatureUnknownError,
    FieldUnknownError,
    GeometryTypeError,
    InputError,
    LayerUnknownError,
    NotFoundError,
    ParameterError,
)
from yzgeo.store.base import Account, Provenance, Query, Store

A = box(123.0, 42.0, 123.1, 42.1)
B = box(123.2, 42.2, 123.3, 42.3)
C = box(123.4, 42.4, 123.5, 42.5)


def three(store: Store) -> None:
    store.write(
        "area",
        put=frame(
            {"a": A, "b": B, "c": C},
            code=["P1", "P2", "P3"],
            name=["银州一", "银州二", "南_城"],
            kind=["a", "b", None],
            floors=[1, 2, 3],
            height=[1.5, np.nan, 3.5],
            listed=[True, False, None],
            built_on=["2001-02-03", None, date(2010, 1, 1)],
        ),
        provenance=BY,
    )


def test_is_a_store(store: Store) -> None:
    assert isinstance(store, Store)


def test_a_new_store_is_empty(store: Store) -> None:
    for layer in store.catalogue.layers:
        assert store.revision(layer) == 0
        assert store.count(layer) == 0
        assert store.bounds(layer) is None
        assert list(store.rows(layer).uids) == []
        assert len(store.frame(layer)) == 0
        assert list(store.changes(layer)) == []
    assert list(store.batches()) == []
    store.check()


def test_unknown_layers_are_refused(store: Store) -> None:
    for ask in (store.revision, store.count, store.rows, store.frame, store.bounds, store.changes, store.batches):
        with pytest.raises(LayerUnknownError):
            ask("nowhere")
    with pytest.raises(LayerUnknownError):
        store.write("nowhere", delete=["x"], provenance=BY)


def test_what_cannot_be_stored_is_asked_for_in_vain(store: Store) -> None:
    """Whatever a file could keep, a server keeps no NUL; asking for one is no fault of the store's."""
    store.write("area", put=frame({"a": A}, name=["甲"]), provenance=BY)
    with pytest.raises(FeatureUnknownError):
        store.feature("area", "a\0")
    assert store.count("area", Query(equals={"name": "甲\0"})) == 0
    assert store.account("\0") is None
    assert store.ledger.event("\0") is None


def test_values_come_back_as_they_were_put(store: Store) -> None:
    moment = datetime(2024, 1, 2, 11, 4, 5, 678000, tzinfo=timezone(timedelta(hours=8)))
    put = frame(
        {"a": A}, code=["编号"], floors=[7], height=[2.5], listed=[True], built_on=["2020-02-29"], seen_at=[moment]
    )
    store.write("area", put=put, provenance=BY)
    feature = store.feature("area", "a")
    assert feature.layer == "area"
    assert feature.uid == "a"
    assert feature.revision == 1
    assert feature.geometry is not None
    assert feature.geometry.equals_exact(A, 0)
    assert dict(feature.properties) == {
        "code": "编号",
        "name": None,
        "kind": None,
        "floors": 7,
        "height": 2.5,
        "listed": True,
        "built_on": "2020-02-29",
        "seen_at": "2024-01-02T03:04:05.678Z",
    }
    assert feature.properties["listed"] is True


def test_a_frame_has_the_fields_types(store: Store) -> None:
    three(store)
    found = store.frame("area")
    assert found.index.name == "uid"
    assert list(found.index) == ["a", "b", "c"]
    assert found.crs is not None
    assert found.crs.to_epsg() == 4490
    assert list(found.columns) == [*store.catalogue.layer("area").fields_by_id, "geometry"]
    assert found["floors"].dtype == "Int64"
    assert found["height"].dtype == "float64"
    assert found["listed"].dtype == "boolean"
    assert found["code"].dtype == object
    assert np.isnan(found.loc["b", "height"])
    assert found.loc["b", "built_on"] is None
    assert found.loc["c", "listed"] is pd.NA


def test_an_empty_frame_has_columns_types_and_system(store: Store) -> None:
    found = store.frame("area")
    assert found.crs is not None
    assert found.crs.to_epsg() == 4490
    assert found["floors"].dtype == "Int64"
    assert len(store.frame("note")) == 0


def test_putting_a_frame_back_changes_nothing(store: Store) -> None:
    three(store)
    batch = store.write("area", put=store.frame("area"), provenance=BY)
    assert (batch.inserted, batch.updated, batch.unchanged, batch.deleted) == (0, 0, 3, 0)
    assert batch.revision == 1
    assert batch.id == ""
    assert store.revision("area") == 1
    assert len(store.batches("area")) == 1


def test_one_part_comes_back_single_and_two_parts_as_multi(store: Store) -> None:
    line = LineString([(123, 42), (123.1, 42.1)])
    both = MultiLineString([line, LineString([(123.2, 42), (123.3, 42)])])
    store.write("path", put=frame({"one": line, "wrapped": MultiLineString([line]), "two": both}), provenance=BY)
    assert store.feature("path", "one").geometry == line
    assert store.feature("path", "wrapped").geometry == line
    assert store.feature("path", "two").geometry == both
    ring = Polygon([(0, 0), (4, 0), (4, 4), (0, 4)], [[(1, 1), (2, 1), (2, 2), (1, 2)]])
    parts = MultiPolygon([ring, box(5, 5, 6, 6)])
    store.write("area", put=frame({"ring": ring, "parts": parts}), provenance=BY)
    assert store.feature("area", "ring").geometry == ring
    assert store.feature("area", "parts").geometry == parts


def test_points_and_rows_without_geometry(store: Store) -> None:
    store.write(
        "spot", put=frame({"p": Point(123.5, 42.5), "q": None, "r": Point()}, code=["1", "2", "3"]), provenance=BY
    )
    assert store.feature("spot", "p").geometry == Point(123.5, 42.5)
    assert store.feature("spot", "q").geometry is None
    assert store.feature("spot", "r").geometry is None
    assert store.bounds("spot") == (123.5, 42.5, 123.5, 42.5)
    store.check()


def test_heights_are_dropped(store: Store) -> None:
    store.write("spot", put=frame({"p": Point(123.5, 42.5, 60.0)}), provenance=BY)
    assert store.feature("spot", "p").geometry == Point(123.5, 42.5)
    assert not shapely.has_z(store.feature("spot", "p").geometry)


def test_a_layer_without_geometry(store: Store) -> None:
    table = gpd.GeoDataFrame({"code": ["N1", "N2"], "floors": [1, None]}, index=["m", "n"])
    batch = store.write("note", put=table, provenance=BY)
    assert batch.inserted == 2
    assert store.feature("note", "m").geometry is None
    assert store.rows("note").wkb == [None, None]
    assert store.bounds("note") is None
    assert store.count("note", Query(bbox=(0, 0, 180, 90))) == 0
    assert store.write("note", put=store.frame("note"), provenance=BY).unchanged == 2
    store.check()


def test_insert_update_leave_alone_and_delete_in_one_batch(store: Store) -> None:
    three(store)
    put = frame({"a": A, "b": B, "d": C}, code=["P1", "P2", "P4"], floors=[1, 20, 4], name=["银州一", "银州二", "新"])
    batch = store.write("area", put=put, delete=["c"], provenance=BY)
    assert (batch.inserted, batch.updated, batch.unchanged, batch.deleted) == (1, 1, 1, 1)
    assert store.revision("area") == 2
    assert list(store.frame("area").index) == ["a", "b", "d"]
    assert [store.feature("area", uid).revision for uid in "abd"] == [1, 2, 2]
    changes = [(change.uid, change.kind) for change in store.changes("area", since=1)]
    assert sorted(changes) == [("b", "update"), ("c", "delete"), ("d", "insert")]
    store.check()


def test_missing_columns_keep_what_is_stored(store: Store) -> None:
    three(store)
    store.write("area", put=gpd.GeoDataFrame({"floors": [9]}, index=["a"]), provenance=BY)
    feature = store.feature("area", "a")
    assert feature.properties["floors"] == 9
    assert feature.properties["code"] == "P1"
    assert feature.geometry == A


def test_fids_are_never_used_twice(store: Store) -> None:
    three(store)
    gone = store.feature("area", "c").fid
    store.write("area", delete=["a", "b", "c"], provenance=BY)
    three(store)
    assert min(store.rows("area").fids) > gone
    assert store.feature("area", "a").revision == 3


def test_a_write_to_one_layer_leaves_the_other_revisions(store: Store) -> None:
    three(store)
    assert (store.revision("area"), store.revision("path")) == (1, 0)


def test_base_revision(store: Store) -> None:
    three(store)
    three_more = frame({"d": C})
    with pytest.raises(ConflictError) as refused:
        store.write("area", put=three_more, provenance=BY, base_revision=0)
    assert refused.value.fields["current"] == 1
    assert store.count("area") == 3
    store.write("area", put=three_more, provenance=BY, base_revision=1)
    assert store.revision("area") == 2


@pytest.mark.parametrize(
    ("put", "error"),
    [
        (frame({"a": Point(1, 1)}), GeometryTypeError),
        (frame({"a": A}, colour=["red"]), FieldUnknownError),
        (frame({"a": A}, floors=[1.5]), InputError),
        (frame({"a": A}, floors=["many"]), InputError),
        (frame({"a": A}, floors=[2**63]), InputError),
        (frame({"a": A}, height=[np.inf]), InputError),
        (frame({"a": A}, height=["tall"]), InputError),
        (frame({"a": A}, listed=[2]), InputError),
        (frame({"a": A}, listed=["perhaps"]), InputError),
        (frame({"a": A}, built_on=["2023-02-29"]), InputError),
        (frame({"a": A}, seen_at=[datetime(2024, 1, 1)]), InputError),  # noqa: DTZ001 - without zone on purpose
        (frame({"a": A}, code=[1.0]), InputError),
        (frame({"a": A}, code=pd.Series(["\ud800"], index=["a"], dtype=object)), InputError),
        (frame({"a": A}).set_crs(4529, allow_override=True), InputError),
        (frame({"a": A}).set_crs(None, allow_override=True), CrsMissingError),
        (frame({"": A}), InputError),
        (gpd.GeoDataFrame({"code": ["x"]}, index=[7], geometry=[A], crs=4490), InputError),
        (gpd.GeoDataFrame({"code": ["x", "y"]}, index=["a", "a"], geometry=[A, B], crs=4490), InputError),
    ],
)
def test_a_frame_that_does_not_fit_changes_nothing(store: Store, put: gpd.GeoDataFrame, error: type[Exception]) -> None:
    three(store)
    with pytest.raises(error):
        store.write("area", put=put, provenance=BY)
    assert store.revision("area") == 1
    assert store.feature("area", "a").properties["code"] == "P1"


def test_deletions_that_make_no_sense_change_nothing(store: Store) -> None:
    three(store)
    with pytest.raises(FeatureUnknownError):
        store.write("area", delete=["a", "z"], provenance=BY)
    with pytest.raises(InputError):
        store.write("area", delete=["a", "a"], provenance=BY)
    with pytest.raises(InputError):
        store.write("area", put=frame({"a": A}), delete=["a"], provenance=BY)
    assert store.count("area") == 3
    assert store.revision("area") == 1


def test_the_input_is_not_changed(store: Store) -> None:
    put = frame({"a": A, "b": B}, code=["1", None], height=[1.0, np.nan])
    before = put.copy(deep=True)
    store.write("area", put=put, provenance=BY)
    pd.testing.assert_frame_equal(pd.DataFrame(put), pd.DataFrame(before))


def uids(store: Store, query: Query) -> list[str]:
    found = list(store.rows("area", query).uids)
    assert found == list(store.frame("area", query).index)
    if query.limit is None and not query.offset:
        assert store.count("area", query) == len(found)
    return found


def test_queries(store: Store) -> None:
    three(store)
    assert uids(store, Query(bbox=(123.05, 42.05, 123.25, 42.25))) == ["a", "b"]
    assert uids(store, Query(bbox=(0, 0, 1, 1))) == []
    assert uids(store, Query(equals={"kind": "a"})) == ["a"]
    assert uids(store, Query(equals={"kind": None})) == ["c"]
    assert uids(store, Query(equals={"kind": ["a", None]})) == ["a", "c"]
    assert uids(store, Query(equals={"kind": []})) == []
    assert uids(store, Query(equals={"listed": True})) == ["a"]
    assert uids(store, Query(equals={"listed": [True, False]})) == ["a", "b"]
    assert uids(store, Query(equals={"floors": [2, 3], "kind": "b"})) == ["b"]
    assert uids(store, Query(equals={"height": 3.5})) == ["c"]
    assert uids(store, Query(equals={"uid": ["c", "a", "zz"]})) == ["a", "c"]
    assert uids(store, Query(search="银州")) == ["a", "b"]
    assert uids(store, Query(search="p3")) == ["c"]
    assert uids(store, Query(search="_")) == ["c"]
    assert uids(store, Query(search="%")) == []
    assert uids(store, Query(search="\\")) == []
    assert uids(store, Query(limit=2)) == ["a", "b"]
    assert uids(store, Query(limit=2, offset=2)) == ["c"]
    assert uids(store, Query(offset=1)) == ["b", "c"]
    assert uids(store, Query(limit=0)) == []
    assert store.count("area", Query(limit=1)) == 3
    first = store.rows("area", Query(limit=1)).fids[0]
    assert uids(store, Query(after=first, limit=1)) == ["b"]
    assert uids(store, Query(after=first, revision=store.revision("area"))) == ["b", "c"]
    assert store.count("area", Query(after=first)) == 2


def test_many_values_in_one_condition(store: Store) -> None:
    three(store)
    assert uids(store, Query(equals={"code": [f"P{number}" for number in range(100_000)]})) == ["a", "b", "c"]


def test_queries_that_cannot_be_answered(store: Store) -> None:
    with pytest.raises(FieldUnknownError):
        store.rows("area", Query(equals={"colour": "red"}))
    with pytest.raises(FieldUnknownError):
        store.rows("area", fields=["colour"])
    with pytest.raises(FieldUnknownError):
        store.tally("area", "colour")
    with pytest.raises(InputError):
        store.rows("area", Query(equals={"floors": "many"}))
    with pytest.raises(ParameterError):
        store.rows("area", Query(revision=1, on=date(2024, 1, 1)))


def test_values_cannot_break_out_of_a_query(store: Store) -> None:
    three(store)
    for nasty in ("' OR '1'='1", '"; DROP TABLE area; --', "P1' --"):
        assert uids(store, Query(equals={"code": nasty})) == []
        assert uids(store, Query(search=nasty)) == []
    assert store.count("area") == 3


def test_rows_give_the_columns_asked_for(store: Store) -> None:
    three(store)
    rows = store.rows("area", fields=["floors", "code"])
    assert {name: list(values) for name, values in rows.columns.items()} == {
        "floors": [1, 2, 3],
        "code": ["P1", "P2", "P3"],
    }
    assert list(rows.revisions) == [1, 1, 1]
    assert shapely.from_wkb(rows.wkb[0]) == A
    assert dict(store.rows("area", fields=[]).columns) == {}


def test_tally(store: Store) -> None:
    three(store)
    assert dict(store.tally("area", "kind")) == {"a": 1, "b": 1, None: 1}
    assert dict(store.tally("area", "listed")) == {True: 1, False: 1, None: 1}
    store.write("area", put=gpd.GeoDataFrame({"kind": ["a"]}, index=["b"]), provenance=BY)
    assert next(iter(store.tally("area", "kind").items())) == ("a", 2)


def test_bounds_follow_the_features(store: Store) -> None:
    three(store)
    assert store.bounds("area") == (123.0, 42.0, 123.5, 42.5)
    store.write("area", delete=["c"], provenance=BY)
    assert store.bounds("area") == (123.0, 42.0, 123.3, 42.3)
    store.write("area", put=frame({"a": box(122, 41, 122.5, 41.5)}), provenance=BY)
    assert store.bounds("area") == (122.0, 41.0, 123.3, 42.3)
    store.write("area", put=frame({"a": None}), provenance=BY)
    assert store.bounds("area") == (123.2, 42.2, 123.3, 42.3)
    store.write("area", delete=["a", "b"], provenance=BY)
    assert store.bounds("area") is None


def test_earlier_states(store: Store, clock: Clock) -> None:
    three(store)
    clock.advance(days=1)
    store.write("area", put=frame({"a": C}, floors=[10]), delete=["c"], provenance=BY)
    clock.advance(days=1)
    store.write("area", delete=["a"], provenance=BY)
    assert uids(store, Query(revision=0)) == []
    assert uids(store, Query(revision=1)) == ["a", "b", "c"]
    assert uids(store, Query(revision=2)) == ["a", "b"]
    assert uids(store, Query(revision=3)) == ["b"]
    assert uids(store, Query(revision=99)) == ["b"]
    assert store.feature("area", "a", revision=1).properties["floors"] == 1
    assert store.feature("area", "a", revision=2).properties["floors"] == 10
    assert store.feature("area", "a", revision=2).geometry == C
    with pytest.raises(FeatureUnknownError):
        store.feature("area", "a", revision=3)
    with pytest.raises(FeatureUnknownError):
        store.feature("area", "a")
    assert uids(store, Query(revision=1, bbox=(122, 41, 123.15, 42.15))) == ["a"]
    assert uids(store, Query(revision=2, bbox=(122, 41, 123.15, 42.15))) == []
    assert uids(store, Query(revision=1, search="银州", limit=1)) == ["a"]
    assert uids(store, Query(on=date(2024, 4, 30))) == []
    assert uids(store, Query(on=date(2024, 5, 1))) == ["a", "b", "c"]
    assert uids(store, Query(on=date(2024, 5, 2))) == ["a", "b"]
    assert uids(store, Query(on=date(2030, 1, 1))) == ["b"]


def test_history_of_a_feature_newest_first(store: Store) -> None:
    three(store)
    store.write("area", put=gpd.GeoDataFrame({"floors": [5]}, index=["a"]), provenance=BY)
    store.write("area", delete=["a"], provenance=BY)
    assert [(version.revision, version.properties["floors"]) for version in store.history("area", "a")] == [
        (2, 5),
        (1, 1),
    ]
    store.write("area", put=frame({"a": A}, floors=[6]), provenance=BY)
    assert [version.revision for version in store.history("area", "a")] == [4, 2, 1]
    assert list(store.history("area", "nobody")) == []


def test_batches_tell_who_why_and_from_what(store: Store, clock: Clock) -> None:
    provenance = Provenance("张三", "导入", file_name="棚户区.xlsx", file_sha256="ab", choices={"crs": "EPSG:4529"})
    written = store.write("area", put=frame({"a": A}), provenance=provenance)
    clock.advance(hours=1)
    store.write("path", put=frame({"p": LineString([(0, 0), (1, 1)])}), provenance=BY)
    newest, oldest = store.batches()
    assert newest.layer == "path"
    assert oldest == written
    assert oldest.recorded_at == datetime(2024, 5, 1, 8, 0, tzinfo=UTC)
    assert oldest.choices == {"crs": "EPSG:4529"}
    assert [batch.layer for batch in store.batches("area")] == ["area"]


def test_changes_name_their_batch(store: Store) -> None:
    three(store)
    batch = store.write("area", delete=["b"], provenance=BY)
    (change,) = store.changes("area", since=1)
    assert (change.uid, change.kind, change.revision, change.batch) == ("b", "delete", 2, batch.id)
    assert change.recorded_at == batch.recorded_at
    assert [change.kind for change in store.changes("area")] == ["insert", "insert", "insert", "delete"]


def test_everything_survives_closing(backend: Backend, tiny: Catalogue) -> None:
    store = backend.create(tiny)
    three(store)
    store.set_meta("demo", "1")
    store.close()
    again = backend.reopen(tiny)
    assert again.revision("area") == 1
    assert list(again.frame("area").index) == ["a", "b", "c"]
    assert again.meta("demo") == "1"
    again.check()


def test_big_batches_take_the_same_ways(store: Store) -> None:
    """Above a thousand features the indexes are filled another way; nothing else may differ."""
    size = 2_500
    x = 123 + np.arange(size) % 50 / 100
    y = 42 + np.arange(size) // 50 / 100
    shapes = shapely.box(x, y, x + 0.004, y + 0.004)
    names = [f"u{number}" for number in range(size)]
    first = gpd.GeoDataFrame({"floors": np.arange(size)}, index=names, geometry=shapes, crs=4490)
    assert store.write("area", put=first, provenance=BY).inserted == size
    store.check()
    second = first.assign(floors=lambda put: put["floors"] + (np.arange(size) % 2))
    second.geometry = shapely.box(x + 1.0, y, x + 1.004, y + 0.004)
    extra = gpd.GeoDataFrame({"floors": [1]}, index=["extra"], geometry=[A], crs=4490)
    batch = store.write("area", put=pd.concat([second, extra]), provenance=BY)
    assert (batch.inserted, batch.updated) == (1, size)
    store.check()
    assert store.count("area", Query(bbox=(123.2, 41.9, 123.9, 43.0))) == 0
    assert store.count("area", Query(revision=1)) == size
    assert store.count("area", Query(revision=1, bbox=(123.2, 41.9, 123.9, 43.0))) == 30 * 50
    third = store.write("area", put=second.assign(floors=0), provenance=BY)
    assert third.updated + third.unchanged == size
    store.write("area", delete=names, provenance=BY)
    assert list(store.frame("area").index) == ["extra"]
    store.check()


def test_meta(store: Store) -> None:
    assert store.meta("demo") is None
    store.set_meta("demo", "1")
    assert store.meta("demo") == "1"
    store.set_meta("demo", "0")
    assert store.meta("demo") == "0"


def test_accounts(store: Store) -> None:
    field = Account("李四", "field", ("211202001",), "hash")
    store.put_account(field)
    store.put_account(Account("admin", "admin", (), "other"))
    assert [account.name for account in store.accounts()] == ["admin", "李四"]
    assert store.account("李四") == field
    assert store.account("nobody") is None
    for wrong in (Account("", "admin"), Account("x", "king"), Account("x", "anonymous")):
        with pytest.raises(InputError):
            store.put_account(wrong)


def test_sessions_end_in_every_way(store: Store, clock: Clock) -> None:
    now = clock.now
    store.put_account(Account("admin", "admin", (), "hash"))

    def sign_in(token: str) -> None:
        store.put_session(token, "admin", expires_at=now + timedelta(hours=1))
        found = store.session(token, now=now)
        assert found is not None
        assert found.name == "admin"

    sign_in("t1")
    assert store.session("other", now=now) is None
    assert store.session("t1", now=now + timedelta(hours=1)) is None
    store.drop_session("t1")
    assert store.session("t1", now=now) is None
    sign_in("t2")
    store.put_account(Account("admin", "bureau", (), "hash"))
    kept = store.session("t2", now=now)
    assert kept is not None
    assert kept.role == "bureau"
    store.put_account(Account("admin", "bureau", (), "new hash"))
    assert store.session("t2", now=now) is None
    sign_in("t3")
    store.put_account(Account("admin", "bureau", (), "new hash", disabled=True))
    assert store.session("t3", now=now) is None
    with pytest.raises(NotFoundError):
        store.put_session("t4", "nobody", expires_at=now)


def test_many_threads_read_while_one_writes(store: Store) -> None:
    """Readers see whole batches: all features of a state carry the same number of floors."""
    names = {f"u{number}": A for number in range(50)}
    store.write("area", put=frame(names, floors=[0] * 50), provenance=BY)
    stop = threading.Event()
    torn: list[object] = []

    def read() -> None:
        try:
            while not stop.is_set():
                floors = set(store.rows("area", fields=["floors"]).columns["floors"])
                if len(floors) != 1 or store.revision("area") < 1:
                    torn.append(floors)
        except Exception as error:  # noqa: BLE001 - shown by the assertion below
            torn.append(error)

    threads = [threading.Thread(target=read) for _ in range(4)]
    for thread in threads:
        thread.start()
    for turn in range(1, 12):
        store.write("area", put=frame(names, floors=[turn] * 50), provenance=BY)
        assert store.revision("area") == turn + 1
    stop.set()
    for thread in threads:
        thread.join()
    assert torn == []


def test_many_threads_write_one_after_the_other(store: Store) -> None:
    failures: list[BaseException] = []

    def add(worker: int) -> None:
        try:
            for turn in range(10):
                store.write("spot", put=frame({f"{worker}-{turn}": Point(worker, turn)}), provenance=BY)
        except Exception as error:  # noqa: BLE001 - shown by the assertion below
            failures.append(error)

    threads = [threading.Thread(target=add, args=(worker,)) for worker in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert store.revision("spot") == 60
    assert store.count("spot") == 60
    store.check()
