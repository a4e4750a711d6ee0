"""The shipped illustrative district, generated once, and a second, tiny one."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely
import yaml

from yzgeo import crs
from yzgeo.catalogue import Catalogue, load
from yzgeo.illustrative import Illustration, IllustrativePlan, generate, load_plan


@pytest.fixture(scope="session")
def plan(catalogue: Catalogue) -> IllustrativePlan:
    return load_plan(catalogue.root / "illustrative.yaml")


@pytest.fixture(scope="session")
def district(catalogue: Catalogue) -> Illustration:
    return generate(catalogue)


@pytest.fixture(scope="session")
def frames(district: Illustration) -> dict[str, gpd.GeoDataFrame]:
    return district.frames


@pytest.fixture(scope="session")
def stored(catalogue: Catalogue, frames: dict[str, gpd.GeoDataFrame]) -> dict[str, gpd.GeoDataFrame]:
    """Every layer with geometry after the way into the storage system, through WKB, and back."""
    back = {}
    for layer_id, frame in frames.items():
        if catalogue.layer(layer_id).spec.geometry == "none":
            continue
        kept = crs.to_crs(frame, catalogue.district.storage_crs)
        kept = kept.set_geometry(
            gpd.GeoSeries(shapely.from_wkb(shapely.to_wkb(kept.geometry.to_numpy())), crs=kept.crs)
        )
        back[layer_id] = crs.to_crs(kept, catalogue.district.metric_crs)
    return back


@pytest.fixture(scope="session")
def water(frames: dict[str, gpd.GeoDataFrame]) -> shapely.Geometry:
    area = shapely.union_all(frames["water"].geometry.to_numpy())
    shapely.prepare(area)
    return area


def square_ring(lon: float, lat: float, half: float) -> list[list[float]]:
    """A square about a place, half a side in degrees of latitude."""
    east = half / np.cos(np.radians(lat))
    return [[lon - east, lat - half], [lon + east, lat - half], [lon + east, lat + half], [lon - east, lat + half]]


@pytest.fixture(scope="session")
def tiny_catalogue(tmp_path_factory: pytest.TempPathFactory, catalogue: Catalogue) -> Catalogue:
    """A square of about 4.4 km with two subdistricts and three communities: the shipped layers, everything else new."""
    root: Path = tmp_path_factory.mktemp("tiny") / "layers"
    root.mkdir()
    for source in sorted(catalogue.root.iterdir()):
        if source.is_dir() and source.name != "data":
            shutil.copytree(source, root / source.name)
    for name in ("defaults.yaml", "project_stages.yaml"):
        shutil.copy(catalogue.root / name, root / name)
    lon, lat = 120.0, 30.0
    district = yaml.safe_load((catalogue.root / "district.yaml").read_text(encoding="utf-8"))
    district |= {
        "id": "tiny", "code": "330199", "name": {"zh": "方县", "en": "Square County"}, "center": [lon, lat],
        "metric_crs": "EPSG:4549", "boundary_file": "square.geojson", "subdistricts_file": "subdistricts.csv",
        "communities_file": "communities.csv",
        "population": {"value": 6000, "unit": "persons", "date": "2020", "source": "test"},
    }  # fmt: skip
    (root / "district.yaml").write_text(yaml.safe_dump(district, allow_unicode=True), encoding="utf-8")
    ring = square_ring(lon, lat, 0.02)
    outline = {"type": "Feature", "properties": {}, "geometry": {"type": "Polygon", "coordinates": [[*ring, ring[0]]]}}
    square = {"type": "FeatureCollection", "features": [outline]}
    (root / "square.geojson").write_text(json.dumps(square), encoding="utf-8")
    (root / "subdistricts.csv").write_text(
        "code,name,parent,code12\n330199001,东街道,330199,330199001000\n330199002,西街道,330199,330199002000\n",
        encoding="utf-8",
    )
    (root / "communities.csv").write_text(
        "code,name,parent,parent_name\n330199001001,甲社区,330199001,东街道\n330199001201,乙村民委员会,330199001,东街道\n"
        "330199002001,丙社区,330199002,西街道\n",
        encoding="utf-8",
    )
    (root / "illustrative.yaml").write_text(yaml.safe_dump(_tiny_plan(lon, lat), allow_unicode=True), encoding="utf-8")
    return load(root)


def _tiny_plan(lon: float, lat: float) -> dict[str, object]:
    def at(east: float, north: float) -> list[float]:
        return [lon + east / 100, lat + north / 100]

    return {
        "seed": 7, "as_of": "2024-06-30", "source": "示意", "outline_source": "示意", "units_source": "示意",
        "plan_source": "示意",
        "people": {"rural": 300, "persons_per_dwelling": 2.4, "rural_marks": ["村民委员会"]},
        "terrain": {"cell_m": 30, "low_m": 10, "hills": []},
        "rivers": [{"name": "小河", "width_m": 40, "fall_per_km": 1,
                    "line": [at(3, 1.3), at(1, 1.5), at(-1, 1.4), at(-3, 1.5)]}],
        "railway": {"name": "小铁路", "line": [at(-1.2, -3), at(-1.2, 3)], "clearance_m": 20,
                    "crossing": {"name": "小道口", "at": at(-1.2, 0)}},
        "bridges": [{"name": "小桥", "river": "小河", "at": at(0.3, 1.5)}],
        "streets": {
            "spacing_m": 160, "base_degrees": 3, "origin": at(0, 0), "rural_step": 4, "village_radius_m": 260,
            "wobble_m": 10, "rural_wobble_m": 20, "turns": [],
            "zones": [{"id": "town", "step": 1, "lanes": 0.1, "missing": 0.1, "tall": 0.1, "housing": 1,
                       "ring": [at(-2, -1), at(1, -1), at(1, 1.2), at(-2, 1.2)]}],
            "names": [{"name": "大街", "run": "row", "at": at(0, 0.2), "reach_m": 2000}], "gaps": ["大街"],
            "neutral": {"column": "经{n}街", "row": "纬{n}路", "rural": "乡道{n}号"},
        },
        "subdistricts": {"330199001": {"at": [at(0.5, 0)]}, "330199002": {"at": [at(-1.6, 0)], "beyond_railway": True}},
        "parcels": {"count": 3, "area_m2": 20000, "weights": {"town": 1}},
        "compounds": {"count": 2, "buildings": 11, "weights": {"town": 1}},
        "sites": {"count": 9, "sectors": 3},
        "pipes": {"lengths_m": {"storm": 900.5, "sewage": 700}, "outfall_river": "小河", "storm_at": [at(0, 1.2)],
                  "culvert_at": [at(0, 1.2)], "combined_at": [at(0, 1.2)],
                  "treatment_works": {"name": "小厂", "at": at(0.9, 1.1)}},
        "parks": [{"name": "小公园", "kind": "park", "at": at(0.2, 0.4)}], "community_parks": 1, "pocket_parks": 1,
        "green_streets": ["大街"], "green_street_count": 1,
        "roads": {"rebuilt": 2, "new": 1, "planned": ["规划一路"], "rural_m": 1500},
        "services": {
            "fitness_squares": 4, "fitness_equipment": 21, "kindergartens": 3, "kindergartens_new": 1,
            "primary_schools": 1, "primary_schools_new": ["新小学"], "primary_new_at": [at(0, 0)], "middle_schools": 1,
            "clinics": 1, "hospitals": 1, "markets": 1, "cultures": 1, "elder_care_rural_share": 1.0,
            "shelters_district": 1, "shelters_subdistrict": 2, "transfer_stations": 1, "transfer_t_per_day": 10,
            "toilets": 2, "vehicles": 3, "rural_toilets": 7, "drinking_wells": 1, "drought_wells": 1,
            "drinking_water_projects": 1, "gully_m": 400, "rural_township": "330199001",
        },
        "structure": [{"role": "core", "name": "核", "text": "核心",
                       "ring": [at(-0.5, -0.5), at(0.5, -0.5), at(0.5, 0.5), at(-0.5, 0.5)]}],
        "indicators": [[1, "经济", "增速", "%", "5", "expected"]],
    }  # fmt: skip
