from __future__ import annotations

import hashlib
import itertools

import geopandas as gpd
import numpy as np
import pytest
import shapely

from yzgeo.catalogue import Catalogue
from yzgeo.errors import CatalogueError
from yzgeo.illustrative import Illustration, IllustrativePlan, generate, load_plan

AREAS = ("shantytown_parcel", "old_compound", "park_green")
POINTS = (
    "public_facility",
    "fitness_site",
    "shelter",
    "sanitation_facility",
    "water_project",
    "management_station",
    "base_station_5g",
)


def digest(made: Illustration) -> str:
    """One hash of every value and every coordinate."""
    whole = hashlib.sha256()
    for layer_id, frame in sorted(made.frames.items()):
        whole.update(layer_id.encode())
        whole.update(frame.drop(columns="geometry").to_csv().encode())
        for wkb in shapely.to_wkb(frame.geometry.to_numpy()):
            whole.update(wkb or b"-")
    for raster in made.rasters.values():
        whole.update(raster.array.tobytes())
    return whole.hexdigest()


def overlap_m2(one: np.ndarray, other: np.ndarray, *, same: bool = False) -> float:
    left, right = shapely.STRtree(other).query(one, predicate="intersects")
    if same:
        left, right = left[left < right], right[left < right]
    return float(shapely.area(shapely.intersection(one[left], other[right])).sum())


def test_the_same_seed_gives_the_same_district(tiny_catalogue: Catalogue) -> None:
    assert digest(generate(tiny_catalogue)) == digest(generate(tiny_catalogue))


@pytest.mark.slow
def test_the_shipped_district_is_the_same_to_the_last_digit(catalogue: Catalogue, district: Illustration) -> None:
    assert digest(generate(catalogue)) == digest(district)


def test_progress_rises_to_one(tiny_catalogue: Catalogue) -> None:
    told: list[tuple[str, float]] = []
    generate(tiny_catalogue, progress=lambda what, share: told.append((what, share)))
    shares = [share for _, share in told]
    assert shares == sorted(shares)
    assert shares[-1] == 1.0


@pytest.mark.parametrize(("one", "other"), list(itertools.combinations_with_replacement(AREAS, 2)))
def test_parcels_compounds_and_parks_do_not_overlap(frames: dict[str, gpd.GeoDataFrame], one: str, other: str) -> None:
    shapes = [frames[layer].geometry.to_numpy() for layer in (one, other)]
    assert overlap_m2(*shapes, same=one == other) < 0.5


def test_buildings_stand_alone_and_only_on_housing_land(frames: dict[str, gpd.GeoDataFrame]) -> None:
    buildings = frames["residential_building"].geometry.to_numpy()
    assert overlap_m2(buildings, buildings, same=True) < 0.01
    for layer in ("shantytown_parcel", "park_green"):
        assert overlap_m2(buildings, frames[layer].geometry.to_numpy()) == 0
    loose = frames["residential_building"]
    loose = loose[loose["compound"].isna()].geometry.to_numpy()
    assert overlap_m2(loose, frames["old_compound"].geometry.to_numpy()) == 0


@pytest.mark.parametrize("layer", [*AREAS, "residential_building"])
def test_nothing_lies_in_water_or_on_the_railway(
    frames: dict[str, gpd.GeoDataFrame], water: shapely.Geometry, layer: str
) -> None:
    shapes = frames[layer].geometry.to_numpy()
    assert overlap_m2(shapes, shapely.get_parts(water)) < 0.01
    track = frames["railway"].buffer(12).to_numpy()
    assert overlap_m2(shapes, track) == 0


def test_nothing_lies_on_a_carriageway(frames: dict[str, gpd.GeoDataFrame]) -> None:
    roads = frames["road"]
    ways = roads.buffer(roads["width_m"] / 2).to_numpy()
    for layer in ("shantytown_parcel", "old_compound", "residential_building"):
        assert overlap_m2(frames[layer].geometry.to_numpy(), ways) < 0.5, layer


@pytest.mark.parametrize("layer", POINTS)
def test_points_stand_on_dry_open_ground(
    frames: dict[str, gpd.GeoDataFrame], water: shapely.Geometry, layer: str
) -> None:
    points = frames[layer].geometry.to_numpy()
    assert not shapely.intersects(water, points).any()
    for area in ("residential_building", "shantytown_parcel"):
        assert shapely.STRtree(frames[area].geometry.to_numpy()).query(points, predicate="intersects").shape[1] == 0, (
            area
        )
    roads = frames["road"]
    ways = roads.buffer(roads["width_m"] / 2).to_numpy()
    assert shapely.STRtree(ways).query(points, predicate="intersects").shape[1] == 0
    assert shapely.distance(points, frames["railway"].geometry.iloc[0]).min() > 12


def test_a_second_tiny_district_keeps_the_same_promises(tiny_catalogue: Catalogue) -> None:
    frames = generate(tiny_catalogue).frames
    assert len(frames["community"]) == 3
    assert len(frames["shantytown_parcel"]) == 3
    assert frames["shantytown_parcel"].area.sum() == pytest.approx(20_000, abs=0.01)
    buildings = frames["residential_building"]
    assert buildings["compound"].notna().sum() == 11
    assert buildings["residents"].sum() == 6000
    lengths = frames["pipe_segment"].groupby("kind")["length_m"].sum()
    assert lengths.to_dict() == pytest.approx({"storm": 900.5, "sewage": 700.0})
    assert frames["fitness_site"]["equipment"].sum() == 21
    assert len(frames["base_station_sector"]) == 27
    text = "".join(frame.to_csv() for frame in frames.values())
    for word in ("银州", "铁西", "柴河", "辽河", "铁岭"):
        assert word not in text


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"parcels": {"count": 3, "area_m2": 9_000_000, "weights": {"town": 1}}}, "parcels"),
        ({"compounds": {"count": 2, "buildings": 5000, "weights": {"town": 1}}}, "compound buildings"),
    ],
)
def test_a_plan_that_does_not_fit_is_refused(tiny_catalogue: Catalogue, change: dict[str, object], reason: str) -> None:
    tiny = load_plan(tiny_catalogue.root / "illustrative.yaml")
    plan = IllustrativePlan.model_validate(tiny.model_dump() | change)
    with pytest.raises(CatalogueError, match=reason):
        generate(tiny_catalogue, plan)


def test_no_module_names_the_district() -> None:
    from pathlib import Path

    import yzgeo.illustrative

    folder = Path(yzgeo.illustrative.__file__).parent
    for module in folder.glob("*.py"):
        text = module.read_text(encoding="utf-8")
        for word in ("银州", "铁岭", "铁西", "柴河", "辽河", "Yinzhou", "Tieling", "211202"):
            assert word not in text, f"{module.name} names {word}"
