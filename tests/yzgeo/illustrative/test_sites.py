from __future__ import annotations

import geopandas as gpd
import numpy as np
import shapely


def test_630_sites_with_three_sectors_each(frames: dict[str, gpd.GeoDataFrame]) -> None:
    sites, sectors = frames["base_station_5g"], frames["base_station_sector"]
    assert len(sites) == 630
    assert len(sectors) == 1890
    assert sectors["site"].value_counts().to_dict() == dict.fromkeys(sites["code"], 3)
    azimuths = np.sort(sectors["azimuth_deg"].to_numpy().reshape(-1, 3), axis=1)
    gaps = np.column_stack([np.diff(azimuths, axis=1), 360 + azimuths[:, 0] - azimuths[:, 2]])
    assert gaps.min() >= 100
    assert azimuths.min() >= 0
    assert azimuths.max() < 360


def test_sites_cover_the_district_and_crowd_where_people_live(frames: dict[str, gpd.GeoDataFrame]) -> None:
    sites = frames["base_station_5g"].geometry.to_numpy()
    tree = shapely.STRtree(sites)
    district = frames["admin_district"].geometry.iloc[0]
    rng = np.random.default_rng(1)
    west, south, east, north = district.bounds
    tries = np.column_stack([rng.uniform(west, east, 3000), rng.uniform(south, north, 3000)])
    land = tries[shapely.contains_xy(district, *tries.T)]
    away = tree.query_nearest(shapely.points(land), return_distance=True, all_matches=False)[1]
    assert np.quantile(away, 0.99) < 1100
    homes = frames["residential_building"]
    near = tree.query_nearest(shapely.centroid(homes.geometry.to_numpy()), return_distance=True, all_matches=False)[1]
    assert np.average(near, weights=homes["residents"]) < 220
    assert shapely.STRtree(sites).query(sites, predicate="dwithin", distance=25).shape[1] == len(sites)
