from __future__ import annotations

import geopandas as gpd
import numpy as np
import shapely
from shapely.affinity import rotate
from shapely.geometry import box

from yzgeo.catalogue import Catalogue
from yzgeo.illustrative import IllustrativePlan
from yzgeo.illustrative.housing import pack, weighted_order


def test_90_compounds_hold_exactly_1076_buildings(frames: dict[str, gpd.GeoDataFrame]) -> None:
    compounds, buildings = frames["old_compound"], frames["residential_building"]
    inside = buildings[buildings["compound"].notna()]
    assert len(compounds) == 90
    assert compounds["buildings"].sum() == len(inside) == 1076
    tally = inside.groupby("compound").agg(
        buildings=("code", "size"), dwellings=("dwellings", "sum"), residents=("residents", "sum")
    )
    for field in ("buildings", "dwellings", "residents"):
        assert tally[field].to_dict() == compounds.set_index("code")[field].to_dict()
    home = compounds.set_index("code").geometry
    for building in inside.itertuples():
        assert home[building.compound].covers(building.geometry)


def test_everybody_lives_somewhere(
    catalogue: Catalogue, plan: IllustrativePlan, frames: dict[str, gpd.GeoDataFrame]
) -> None:
    buildings, communities = frames["residential_building"], frames["community"]
    population = int(catalogue.district.population.value)
    assert buildings["residents"].sum() == population == 375_292
    villages = set(communities.loc[communities["kind"] == "village", "code"])
    rural = buildings["community"].isin(villages)
    assert buildings.loc[rural, "residents"].sum() == plan.people.rural == 13_494
    assert buildings.loc[~rural, "residents"].sum() == 361_798
    assert buildings["residents"].min() >= 1
    assert (buildings["residents"] / buildings["dwellings"]).between(0.8, 4.5).all()


def test_counts_of_units_are_sums_of_buildings(frames: dict[str, gpd.GeoDataFrame]) -> None:
    buildings = frames["residential_building"]
    for layer, key in (("community", "community"), ("admin_subdistrict", "subdistrict")):
        summed = buildings.groupby(key)["residents"].sum()
        stated = frames[layer].set_index("code")["population"]
        assert (summed.reindex(stated.index, fill_value=0) == stated).all()
    assert frames["admin_district"]["population"].tolist() == [375_292]
    assert (frames["community"]["population"] > 50).all()


def test_slabs_face_south_with_sun_between_them(frames: dict[str, gpd.GeoDataFrame]) -> None:
    slabs = frames["residential_building"]
    slabs = slabs[slabs["compound"].notna()].geometry.to_numpy()
    ring = shapely.get_coordinates(shapely.minimum_rotated_rectangle(slabs)).reshape(len(slabs), 5, 2)
    sides = ring[:, 1:3] - ring[:, :2]
    longest = sides[np.arange(len(slabs)), np.hypot(*sides.transpose(2, 0, 1)).argmax(axis=1)]
    off = np.abs((np.degrees(np.arctan2(longest[:, 1], longest[:, 0])) + 90) % 180 - 90)
    assert off.max() < 25
    assert shapely.STRtree(slabs).query(slabs, predicate="dwithin", distance=4.0).shape[1] == len(slabs)


def test_packing_keeps_slabs_apart_and_inside() -> None:
    lot = rotate(box(0, 0, 160, 140), 9)
    slabs = pack(lot, depth_m=12, length_m=(30, 50), gap_m=20, side_m=8, rng=np.random.default_rng(5))
    # 140 m less 4 m on each side hold rows of 12 m every 32 m: (132 + 20) // 32 = 4 rows, two or three in each.
    assert 8 <= len(slabs) <= 14
    assert all(lot.covers(slab) for slab in slabs)
    assert shapely.STRtree(slabs).query(slabs, predicate="dwithin", distance=7.5).shape[1] == len(slabs)


def test_nothing_fits_on_a_sliver() -> None:
    assert (
        pack(box(0, 0, 100, 6), depth_m=12, length_m=(30, 50), gap_m=20, side_m=8, rng=np.random.default_rng(5)) == []
    )


def test_order_by_weight_leaves_out_what_weighs_nothing() -> None:
    order = weighted_order([0, 5, 0, 1], np.random.default_rng(1))
    assert sorted(order) == [1, 3]


def test_items_belong_to_compounds(frames: dict[str, gpd.GeoDataFrame]) -> None:
    items, compounds = frames["compound_item"], frames["old_compound"].set_index("code")
    assert set(items["compound"]) == set(compounds.index)
    assert items["code"].is_unique
    finished = compounds["stage"].isin(["accepted", "handed_over"])
    assert (items.loc[items["compound"].map(finished), "progress_percent"] == 100).all()
    begun = compounds["stage"].isin(["planned", "surveyed", "designed", "tendered"])
    assert (items.loc[items["compound"].map(begun), "progress_percent"] == 0).all()


def test_renewal_of_buildings_agrees_with_the_compound(frames: dict[str, gpd.GeoDataFrame]) -> None:
    buildings, stage = frames["residential_building"], frames["old_compound"].set_index("code")["stage"]
    of = buildings["compound"].map(stage)
    assert (buildings.loc[of.isin(["accepted", "handed_over"]), "renewal_state"] == "finished").all()
    assert (buildings.loc[of.isin(["planned", "surveyed", "designed"]), "renewal_state"] == "none").all()
    assert (buildings.loc[buildings["compound"].isna(), "renewal_state"] == "none").all()
