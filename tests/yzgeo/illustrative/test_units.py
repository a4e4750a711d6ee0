from __future__ import annotations

import csv

import geopandas as gpd
import pytest
import shapely

from yzgeo.catalogue import Catalogue


def test_every_unit_of_the_registers_is_there_with_its_name(
    catalogue: Catalogue, frames: dict[str, gpd.GeoDataFrame]
) -> None:
    with (catalogue.root / catalogue.district.communities_file).open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    communities = frames["community"]
    assert list(zip(communities["code"], communities["name"], strict=True)) == [(r["code"], r["name"]) for r in rows]
    assert len(communities) == 101
    streets = frames["admin_subdistrict"]
    assert len(streets) == 9
    assert sorted(set(communities["subdistrict"])) == sorted(streets["code"])
    assert list(streets["kind"]) == ["subdistrict"] * 7 + ["township", "zone"]


@pytest.mark.parametrize("layer", ["community", "admin_subdistrict"])
def test_units_tile_the_district(frames: dict[str, gpd.GeoDataFrame], layer: str) -> None:
    units, district = frames[layer], frames["admin_district"].geometry.iloc[0]
    assert units.is_valid.all()
    assert units.area.sum() == pytest.approx(district.area, abs=200)
    assert shapely.union_all(units.geometry.to_numpy()).symmetric_difference(district).area < 200
    shapes = units.geometry.to_numpy()
    one, other = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    pairs = one < other
    assert shapely.area(shapely.intersection(shapes[one[pairs]], shapes[other[pairs]])).max() < 20
    assert units.area.min() > 20_000


def test_units_have_no_holes_and_hang_together(frames: dict[str, gpd.GeoDataFrame]) -> None:
    for layer in ("community", "admin_subdistrict"):
        for name, shape in zip(frames[layer]["name"], frames[layer].geometry, strict=True):
            parts = shapely.get_parts(shape)
            main = max(parts, key=lambda part: part.area)
            assert main.area > (0.97 if layer == "community" else 0.5) * shape.area, f"{name} is in pieces"
            assert sum(shapely.Polygon(ring).area for ring in main.interiors) < 5_000 or layer != "community", name


def test_communities_lie_in_their_subdistrict(frames: dict[str, gpd.GeoDataFrame]) -> None:
    streets = frames["admin_subdistrict"].set_index("code").geometry
    for community in frames["community"].itertuples():
        outside = community.geometry.difference(streets[community.subdistrict])
        assert outside.area < 20


def test_nobody_lives_on_the_other_side_of_the_railway(frames: dict[str, gpd.GeoDataFrame]) -> None:
    railway = frames["railway"].geometry.iloc[0]
    crossed = frames["community"].buffer(-5).intersects(railway)
    assert not crossed.any()
