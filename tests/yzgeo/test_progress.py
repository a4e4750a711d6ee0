"""Measuring promises: every expected number here was worked out by hand."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import LineString, Point, Polygon

from yzgeo.catalogue import Catalogue, Label, SourcedNumber
from yzgeo.errors import CrsNotProjectedError
from yzgeo.progress import measure
from yzgeo.targets import Target, TargetMeasure
from yzgeo.targets import load as load_targets

METRIC = "EPSG:4529"


def target(value: float | None, how: dict[str, Any], **more: Any) -> Target:
    return Target(
        id="promise",
        title=Label(zh="目标", en="Promise"),
        quote="建设三座",
        figure="三座",
        value=value,
        unit=Label(zh="座", en="pieces"),
        chapter="第一章",
        section="第一节",
        layer="anything",
        measure=TargetMeasure(**how),
        **more,
    )


def square(side: float) -> Polygon:
    return Polygon([(0, 0), (side, 0), (side, side), (0, side)])


@pytest.fixture
def parcels() -> gpd.GeoDataFrame:
    """Four squares of 100, 400, 900 and 1,600 m²; the second and the last are delivered."""
    return gpd.GeoDataFrame(
        {
            "code": ["P1", "P2", "P3", "P4"],
            "stage": ["planned", "cleared", "suspended", "reused"],
            "after_use": ["green", "reserve", None, "development"],
            "area_m2": [110.0, 410.0, None, 1610.0],
            "data_status": ["illustrative", "official", "illustrative", "illustrative"],
        },
        geometry=[square(10), square(20), square(30), square(40)],
        crs=METRIC,
    )


@pytest.fixture
def pipes() -> gpd.GeoDataFrame:
    """Pipes of 300, 500 and 1,000 m; only the 500 m storm sewer is in service."""
    return gpd.GeoDataFrame(
        {
            "kind": ["storm", "storm", "sewage"],
            "action": ["new", "new", "new"],
            "stage": ["construction", "in_service", "designed"],
            "data_status": ["illustrative"] * 3,
        },
        geometry=[LineString([(0, 0), (300, 0)]), LineString([(0, 0), (300, 400)]), LineString([(0, 0), (0, 1000)])],
        crs=METRIC,
    )


@pytest.fixture
def indicators() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "number": [1, 1, 1, 12, 12],
            "year": [2022, 2023, 2021, 2022, 2023],
            "value": [5.1, None, 4.0, 36.0, 34.0],
            "data_status": ["official", "official", "official", "official", "official"],
        }
    )


def test_counts_and_what_of_them_is_done(catalogue: Catalogue, parcels: gpd.GeoDataFrame) -> None:
    found = measure(target(8, {"kind": "count"}), catalogue.layer("shantytown_parcel"), parcels)
    assert (found.registered, found.done, found.share, found.reached) == (4, 2, 0.25, False)
    assert found.data_status == {"illustrative": 3, "official": 1}
    assert found.unmeasured == 0


def test_areas_come_from_the_field_and_the_missing_one_is_told(catalogue: Catalogue, parcels: gpd.GeoDataFrame) -> None:
    how = {"kind": "area", "field": "area_m2", "scale": 0.0001}
    found = measure(target(0.404, how), catalogue.layer("shantytown_parcel"), parcels)
    assert found.registered == pytest.approx(0.2130)  # 110 + 410 + 1610 m² in units of 10,000 m²
    assert found.done == pytest.approx(0.2020)
    assert found.share == pytest.approx(0.5)
    assert found.unmeasured == 1


def test_areas_come_from_the_geometry_without_a_field(catalogue: Catalogue, parcels: gpd.GeoDataFrame) -> None:
    found = measure(target(3000, {"kind": "area"}), catalogue.layer("shantytown_parcel"), parcels)
    assert (found.registered, found.done) == (pytest.approx(3000), pytest.approx(2000))
    assert found.share == pytest.approx(2 / 3)


def test_lengths_of_one_kind(catalogue: Catalogue, pipes: gpd.GeoDataFrame) -> None:
    how = {"kind": "length", "where": {"kind": ["storm"], "action": ["new"]}, "scale": 0.001}
    found = measure(target(2.0, how), catalogue.layer("pipe_segment"), pipes)
    assert (found.registered, found.done) == (pytest.approx(0.8), pytest.approx(0.5))
    assert found.share == pytest.approx(0.25)
    assert found.data_status == {"illustrative": 2}


def test_degrees_are_not_measured(catalogue: Catalogue, pipes: gpd.GeoDataFrame) -> None:
    in_degrees = pipes.set_crs("EPSG:4490", allow_override=True)
    with pytest.raises(CrsNotProjectedError):
        measure(target(2.0, {"kind": "length"}), catalogue.layer("pipe_segment"), in_degrees)


def test_sums_of_a_field(catalogue: Catalogue) -> None:
    frame = gpd.GeoDataFrame(
        {
            "kind": ["vehicle_depot", "vehicle_depot", "public_toilet"],
            "units": [30, 20, 7],
            "stage": ["completed", "planned", "completed"],
            "data_status": ["surveyed"] * 3,
        },
        geometry=[Point(0, 0)] * 3,
        crs=METRIC,
    )
    how = {"kind": "sum", "field": "units", "where": {"kind": ["vehicle_depot"]}}
    found = measure(target(50, how), catalogue.layer("sanitation_facility"), frame)
    assert (found.registered, found.done, found.share) == (50, 30, 0.6)


def test_true_is_found_however_it_is_stored(catalogue: Catalogue) -> None:
    how = {"kind": "count", "where": {"plan_new": [True]}}
    for values in ([True, False, True], [1, 0, 1], [1.0, None, 1.0], pd.array([True, None, True], dtype="boolean")):
        frame = pd.DataFrame({"plan_new": values, "stage": ["completed", "completed", "planned"]})
        frame["data_status"] = "official"
        found = measure(target(2, how), catalogue.layer("public_facility"), frame)
        assert (found.registered, found.done) == (2, 1), values


def test_done_where_tells_on_layers_without_stages(catalogue: Catalogue) -> None:
    frame = pd.DataFrame(
        {
            "item": ["elevator", "elevator", "parking"],
            "progress_percent": [100.0, 60.0, 100.0],
            "data_status": ["official"] * 3,
        }
    )
    how = {"kind": "count", "where": {"item": ["elevator"]}, "done_where": {"progress_percent": [100]}}
    found = measure(target(None, how), catalogue.layer("compound_item"), frame)
    assert (found.registered, found.done, found.share, found.reached) == (2, 1, None, None)


def test_without_stages_nobody_knows_what_is_done(catalogue: Catalogue) -> None:
    frame = pd.DataFrame({"code": ["R1", "R2"], "data_status": ["official", "official"]})
    found = measure(target(2, {"kind": "count"}), catalogue.layer("road"), frame)
    assert (found.registered, found.done, found.share, found.reached) == (2, None, None, None)


def test_share_is_a_percentage_of_the_registered(catalogue: Catalogue, parcels: gpd.GeoDataFrame) -> None:
    found = measure(target(80, {"kind": "share"}), catalogue.layer("shantytown_parcel"), parcels)
    assert (found.registered, found.done, found.share) == (100, 50, 0.625)


def test_share_of_nothing_is_unknown(catalogue: Catalogue, parcels: gpd.GeoDataFrame) -> None:
    found = measure(target(80, {"kind": "share"}), catalogue.layer("shantytown_parcel"), parcels.iloc[:0])
    assert (found.registered, found.done, found.share) == (None, None, None)


def test_an_empty_layer_has_none_of_it(catalogue: Catalogue, parcels: gpd.GeoDataFrame) -> None:
    found = measure(target(63, {"kind": "count"}), catalogue.layer("shantytown_parcel"), parcels.iloc[:0])
    assert (found.registered, found.done, found.share, found.reached) == (0, 0, 0, False)
    assert found.data_status == {}


def test_per_resident_names_its_population(catalogue: Catalogue, parcels: gpd.GeoDataFrame) -> None:
    people = SourcedNumber(value=1000, unit="persons", date="2020-11-01", source="census")
    how = {"kind": "area", "per": "resident"}
    found = measure(target(4, how, population=people), catalogue.layer("shantytown_parcel"), parcels)
    assert (found.registered, found.done) == (pytest.approx(3.0), pytest.approx(2.0))
    assert found.share == pytest.approx(0.5)
    assert "1,000 人" in found.denominator.zh
    assert "census" in found.denominator.en


def test_the_latest_entered_value_counts(catalogue: Catalogue, indicators: pd.DataFrame) -> None:
    how = {"kind": "manual", "field": "value", "where": {"number": [1]}}
    found = measure(target(5.8, how), catalogue.layer("indicator"), indicators)
    assert found.done == 5.1  # 2023 is empty
    assert found.share == pytest.approx(5.1 / 5.8)
    assert found.registered is None


def test_less_can_be_better(catalogue: Catalogue, indicators: pd.DataFrame) -> None:
    how = {"kind": "manual", "field": "value", "where": {"number": [12]}}
    found = measure(target(35, how, direction="at_most"), catalogue.layer("indicator"), indicators)
    assert (found.done, found.share, found.reached) == (34, None, True)


def test_nothing_entered_is_unknown_and_not_zero(catalogue: Catalogue, indicators: pd.DataFrame) -> None:
    how = {"kind": "manual", "field": "value", "where": {"number": [7]}}
    found = measure(target(5, how), catalogue.layer("indicator"), indicators)
    assert (found.done, found.share) == (None, None)


def test_coverage_waits_for_a_run(catalogue: Catalogue, parcels: gpd.GeoDataFrame) -> None:
    found = measure(target(100, {"kind": "coverage"}), catalogue.layer("shantytown_parcel"), parcels)
    assert (found.registered, found.done, found.share) == (None, None, None)
    assert found.data_status == {"illustrative": 3, "official": 1}


def test_without_a_layer_there_is_only_the_denominator() -> None:
    found = measure(target(3, {"kind": "manual"}), None, None)
    assert (found.registered, found.done, found.share) == (None, None, None)
    assert found.denominator.zh == "规划目标 3 座（2025 年）"
    assert found.denominator.en == "the plan's 3 pieces by 2025"


def test_a_promise_without_a_number_says_so(catalogue: Catalogue, parcels: gpd.GeoDataFrame) -> None:
    found = measure(target(None, {"kind": "count"}), catalogue.layer("shantytown_parcel"), parcels)
    assert (found.registered, found.done, found.share) == (4, 2, None)
    assert "三座" in found.denominator.zh


def test_input_stays_as_it_was(catalogue: Catalogue, parcels: gpd.GeoDataFrame) -> None:
    before = parcels.copy(deep=True)
    measure(
        target(3, {"kind": "area", "where": {"after_use": ["green"]}}), catalogue.layer("shantytown_parcel"), parcels
    )
    pd.testing.assert_frame_equal(parcels, before)


@given(stages=st.lists(st.sampled_from(["planned", "signing", "cleared", "reused", "suspended"]), max_size=40))
def test_done_never_exceeds_registered_and_parts_add_up(catalogue: Catalogue, stages: list[str]) -> None:
    layer = catalogue.layer("shantytown_parcel")
    frame = pd.DataFrame({"stage": stages, "data_status": "official", "after_use": "green"})
    whole = measure(target(10, {"kind": "count"}), layer, frame)
    assert whole.registered == len(stages)
    assert whole.done == sum(stage in ("cleared", "reused") for stage in stages)
    half = len(stages) // 2
    parts = [measure(target(10, {"kind": "count"}), layer, part) for part in (frame[:half], frame[half:])]
    assert sum(part.done or 0 for part in parts) == whole.done
    assert sum(whole.data_status.values()) == len(stages)


def test_every_promise_of_the_plan_can_be_measured_on_empty_layers(catalogue: Catalogue) -> None:
    for promise in load_targets(catalogue):
        layer = catalogue.layers[promise.layer] if promise.layer else None
        frame = None
        if layer is not None:
            columns = pd.DataFrame({name: [] for name in layer.fields_by_id})
            frame = gpd.GeoDataFrame(columns, geometry=[], crs=METRIC)
        found = measure(promise, layer, frame)
        assert found.done in (None, 0)
        assert found.denominator.zh
