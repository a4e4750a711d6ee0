from __future__ import annotations

import geopandas as gpd
import pytest
import shapely

from yzgeo.catalogue import Catalogue
from yzgeo.illustrative.frames import codes

TYPES = {"text": str, "date": str, "integer": int, "number": float, "boolean": bool}


def test_codes_have_as_many_digits_as_the_count_needs() -> None:
    assert codes("PH", 2) == ["PH-001", "PH-002"]
    assert codes("GX", 1285)[-1] == "GX-1285"


def test_every_layer_of_the_catalogue_is_made(catalogue: Catalogue, frames: dict[str, gpd.GeoDataFrame]) -> None:
    assert set(frames) == set(catalogue.layers)


def test_columns_are_the_catalogues_fields_with_their_types_and_values(
    catalogue: Catalogue, frames: dict[str, gpd.GeoDataFrame]
) -> None:
    for layer_id, frame in frames.items():
        layer = catalogue.layer(layer_id)
        assert list(frame.columns) == [*(field.id for field in layer.fields), "geometry"], layer_id
        assert frame[layer.spec.key].is_unique
        for field in layer.fields:
            column = frame[field.id].dropna()
            where = f"{layer_id}.{field.id}"
            assert not field.required or len(column) == len(frame), where
            if field.values:
                assert set(column) <= {value.id for value in field.values}, where
            plain = [value.item() if hasattr(value, "item") else value for value in column]
            assert all(type(value) is TYPES[field.type] for value in plain) or (
                field.type == "number" and all(isinstance(value, int | float) for value in plain)
            ), where
            if field.minimum is not None:
                assert all(value >= field.minimum for value in plain), where
            if field.maximum is not None:
                assert all(value <= field.maximum for value in plain), where


def test_geometries_are_valid_of_their_kind_and_inside_the_boundary(
    catalogue: Catalogue, frames: dict[str, gpd.GeoDataFrame]
) -> None:
    kinds = {"polygon": {"Polygon", "MultiPolygon"}, "line": {"LineString", "MultiLineString"}, "point": {"Point"}}
    district = frames["admin_district"].geometry.iloc[0].buffer(0.05)
    shapely.prepare(district)
    for layer_id, frame in frames.items():
        kind = catalogue.layer(layer_id).spec.geometry
        assert frame.crs.to_string() == catalogue.district.metric_crs
        if kind == "none":
            assert frame.geometry.isna().all()
            continue
        assert set(frame.geom_type) <= kinds[kind], layer_id
        assert frame.is_valid.all(), layer_id
        assert not frame.is_empty.any(), layer_id
        assert shapely.covers(district, frame.geometry.to_numpy()).all(), layer_id


def test_everything_says_what_it_is(frames: dict[str, gpd.GeoDataFrame]) -> None:
    status = {layer_id: set(frame["data_status"]) for layer_id, frame in frames.items()}
    assert status.pop("admin_district") == {"derived"}
    assert status.pop("indicator") == {"official"}
    assert set.union(*status.values()) == {"illustrative"}
    assert "OpenStreetMap" in frames["admin_district"]["source"].iloc[0]
    for layer_id in status:
        assert frames[layer_id]["source"].str.contains("示意").all(), layer_id


@pytest.mark.parametrize("layer", ["shantytown_parcel", "old_compound", "public_facility", "base_station_5g"])
def test_features_name_the_units_they_lie_in(frames: dict[str, gpd.GeoDataFrame], layer: str) -> None:
    shapes = frames["community"].set_index("code").geometry
    inside = shapely.point_on_surface(frames[layer].geometry.to_numpy())
    home = shapes.loc[frames[layer]["community"]].to_numpy()
    assert shapely.distance(inside, home).max() < 0.05
