"""The district, its layers, its targets and search, as roles see them."""

from __future__ import annotations

from datetime import date

import geopandas as gpd
import pytest
import shapely

from tests.stores import Premises
from yzgeo.catalogue import Catalogue
from yzgeo.store.base import Provenance
from yzgeo.workflows import overview, progress
from yzgeo.workflows.workspace import prepare_frame

BY = Provenance(actor="test", reason="test")


@pytest.fixture
def store(premises: Premises):
    opened = premises.store()
    yield opened
    opened.close()


def put(store, layer_id: str, geometries: list[object] | None, **columns: list[object]) -> None:
    count = len(columns["code"])
    shared = {"data_status": ["surveyed"] * count, "source": ["test"] * count}
    frame = gpd.GeoDataFrame({**shared, **columns}, geometry=geometries, crs="EPSG:4490" if geometries else None)
    layer = store.catalogue.layer(layer_id)
    store.write(layer_id, put=prepare_frame(layer, frame, "EPSG:4490"), provenance=BY)


def boxes(count: int) -> list[object]:
    return [shapely.box(123.84 + i / 100, 42.29, 123.841 + i / 100, 42.291) for i in range(count)]


def test_an_empty_district_is_described(store) -> None:
    found = overview.district_overview(store, "anonymous")
    assert not found["illustrative"]
    assert {layer["count"] for layer in found["layers"]} == {0}
    assert {layer["access"] for layer in found["layers"]} == {"public"}
    assert found["groups"][0]["id"] == "admin"


def test_the_state_names_every_change_one_may_see(store) -> None:
    before = {role: overview.state_of(store, role) for role in ("anonymous", "viewer", "planner")}
    assert len(set(before.values())) == 3
    put(
        store,
        "pipe_segment",
        [shapely.LineString([(123.8, 42.2), (123.9, 42.3)])],
        code=["G1"],
        kind=["storm"],
        stage=["planned"],
    )
    after = {role: overview.state_of(store, role) for role in before}
    assert after["anonymous"] == before["anonymous"]
    assert after["planner"] != before["planner"]


def test_search_ranks_and_hides(store) -> None:
    put(
        store,
        "shantytown_parcel",
        boxes(3),
        code=["A12", "A1", "BA1"],
        name=["甲", "乙", "丙"],
        area_m2=[1.0, 1.0, 1.0],
        stage=["planned"] * 3,
    )
    put(
        store,
        "pipe_segment",
        [shapely.LineString([(123.8, 42.2), (123.9, 42.3)])],
        code=["A1"],
        kind=["storm"],
        stage=["planned"],
    )
    found = [(hit["layer"], hit["code"]) for hit in overview.search(store, "anonymous", " a1 ", 10)]
    assert found == [("shantytown_parcel", "A1"), ("shantytown_parcel", "A12"), ("shantytown_parcel", "BA1")]
    assert ("pipe_segment", "A1") in [
        (hit["layer"], hit["code"]) for hit in overview.search(store, "planner", "a1", 10)
    ]
    assert overview.search(store, "planner", "   ", 10) == []
    assert overview.search(store, "planner", "%", 10) == []
    assert len(overview.search(store, "planner", "a1", 2)) == 2


def test_search_puts_what_can_be_drawn_before_rows_of_tables(store) -> None:
    put(
        store,
        "indicator",
        None,
        code=["I1", "I2"],
        name=["健身", "健身场地面积"],
        number=[1, 2],
        year=[2025, 2025],
        value=[1.0, 2.0],
    )
    points = [shapely.Point(123.84 + i / 100, 42.29) for i in range(3)]
    put(
        store,
        "fitness_site",
        points,
        code=["F1", "F2", "F3"],
        name=["河东健身广场", "健身路径", "广场"],
        stage=["planned"] * 3,
    )
    found = [(hit["layer"], hit["name"]) for hit in overview.search(store, "anonymous", "健身", 10)]
    assert found == [
        ("indicator", "健身"),
        ("fitness_site", "健身路径"),
        ("fitness_site", "河东健身广场"),
        ("indicator", "健身场地面积"),
    ]


def test_the_exact_match_is_found_among_very_many(store) -> None:
    count = overview.SEARCH_MOST + 20
    codes = [f"A1-{i}" for i in range(count - 1)] + ["A1"]
    put(store, "shantytown_parcel", boxes(count), code=codes, area_m2=[1.0] * count, stage=["planned"] * count)
    first = overview.search(store, "anonymous", "A1", 3)
    assert first[0]["code"] == "A1"
    assert len({hit["uid"] for hit in first}) == 3


def test_a_table_without_geometry_is_found_without_a_place(store) -> None:
    put(store, "indicator", None, code=["I1"], name=["城镇化率"], number=[1], year=[2025], value=[80.0])
    (hit,) = overview.search(store, "anonymous", "城镇化率", 10)
    assert (hit["center"], hit["bbox"]) == (None, None)


def test_areas_are_measured_in_metres_not_in_degrees(store) -> None:
    """A field gives the area of a parcel; where geometry does, it must be a projected one."""
    put(
        store, "shantytown_parcel", boxes(2), code=["A", "B"], area_m2=[10_000.0, 5_000.0], stage=["cleared", "planned"]
    )
    board = {target["id"]: target for target in overview.target_board(store, "anonymous")["targets"]}
    area = next(
        target
        for target in board.values()
        if target["layer"] == "shantytown_parcel" and target["measure"]["kind"] in {"area", "sum"}
    )
    assert (area["registered"], area["done"]) == pytest.approx((1.5, 1.0))


def test_the_board_speaks_of_the_last_change(store) -> None:
    put(store, "shantytown_parcel", boxes(1), code=["A"], area_m2=[1.0], stage=["planned"])
    board = overview.target_board(store, "anonymous")
    assert board["as_of"] == store.batches()[0].recorded_at.date()
    assert all(target["source"] and target["denominator"]["zh"] for target in board["targets"])


def test_the_board_of_another_day_is_what_the_ledger_tells_of_it(demo_premises: Premises, catalogue: Catalogue) -> None:
    """Figures of the ledger are worked out from its days; the board from frames. They agree, and the day matters."""
    with demo_premises.workspace() as opened:
        boards = {}
        for day in (date(2022, 6, 30), date(2023, 12, 31)):
            board = overview.target_board(opened.store, "admin", at=day)
            boards[day] = {each["id"]: (each["registered"], each["done"]) for each in board["targets"]}
            told = progress.progress_on(opened.store, "admin", at=day)["targets"]
            assert board["as_of"] == day.isoformat()
            assert len(told) > 3
            for each in told:
                assert boards[day][each["id"]] == pytest.approx((each["registered"], each["done"])), each["id"]
        assert boards[date(2022, 6, 30)] != boards[date(2023, 12, 31)]


def test_parts_of_a_layer_add_up_and_an_empty_one_has_no_extent(demo_premises: Premises, catalogue: Catalogue) -> None:
    layer = catalogue.layer("shantytown_parcel")
    with demo_premises.workspace() as opened:
        store = opened.store
        streets = [str(code) for code in store.rows("admin_subdistrict", fields=["code"]).columns["code"]]
        assert overview.extent_of(store, layer, ()) == overview.Extent(0, None, {})
        whole = overview.extent_of(store, layer, None)
        parts = [overview.extent_of(store, layer, [street]) for street in streets]
    assert sum(part.count for part in parts) == whole.count == 63
    assert sum(part.data_status["illustrative"] for part in parts if part.count) == 63
    west, south, east, north = zip(*[part.bounds for part in parts if part.bounds is not None], strict=True)
    assert whole.bounds == (min(west), min(south), max(east), max(north))
