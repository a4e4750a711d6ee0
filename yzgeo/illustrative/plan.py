"""What an illustrative district is made from, read from ``illustrative.yaml`` beside the layers.

Every name and every rough position of the district stands in that file; the generator itself knows none.
"""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from yzgeo.catalogue import parse_file

LonLat = tuple[float, float]
Ring = tuple[LonLat, ...]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class PeoplePlan(_Model):
    """How many people live where, and which communities are villages."""

    rural: int = Field(ge=0)
    persons_per_dwelling: float = Field(gt=0)
    rural_marks: tuple[str, ...]


class Hill(_Model):
    """A rise of the ground, bell-shaped."""

    at: LonLat
    height_m: float
    radius_m: float


class TerrainPlan(_Model):
    """The ground: water level where the first river leaves, and hills."""

    cell_m: float = Field(gt=0)
    low_m: float
    hills: tuple[Hill, ...] = ()


class River(_Model):
    """A river from its upper to its lower end."""

    name: str
    width_m: float
    fall_per_km: float
    line: Ring


class NamedPlace(_Model):
    """A name and about where it is."""

    name: str
    at: LonLat


class RailwayPlan(_Model):
    """The railway and its only road crossing."""

    name: str
    line: Ring
    clearance_m: float
    crossing: NamedPlace


class BridgePlan(NamedPlace):
    """A road bridge over a river."""

    river: str


class Turn(_Model):
    """A local rotation of the street grid."""

    at: LonLat
    radius_m: float
    degrees: float


class Zone(_Model):
    """A built-up area and the grain of its streets."""

    id: str
    step: int = Field(ge=1)
    lanes: float = Field(ge=0, le=1, description="Share of blocks split by a lane")
    missing: float = Field(ge=0, le=1, description="Share of minor streets left out")
    tall: float = Field(ge=0, le=1, description="Share of housing blocks with lift buildings")
    housing: float = Field(ge=0, description="How readily its lots become housing")
    industrial: bool = False
    ring: Ring


class StreetName(_Model):
    """A name for the main street that runs nearest to a position."""

    name: str
    run: Literal["column", "row"]
    at: LonLat
    reach_m: float


class NeutralNames(_Model):
    """Patterns for streets without a name of their own."""

    column: str
    row: str
    rural: str


class StreetsPlan(_Model):
    """The street grid before it is bent."""

    spacing_m: float
    base_degrees: float
    origin: LonLat
    rural_step: int
    village_radius_m: float
    wobble_m: float
    rural_wobble_m: float
    turns: tuple[Turn, ...] = ()
    zones: tuple[Zone, ...]
    names: tuple[StreetName, ...]
    gaps: tuple[str, ...] = Field((), description="Names of streets of which one link is missing")
    neutral: NeutralNames


class SubdistrictPlan(_Model):
    """Rough centres of a subdistrict."""

    at: Ring
    beyond_railway: bool = False


class ParcelsPlan(_Model):
    """Shantytown parcels: how many, how large together, and where."""

    count: int
    area_m2: int
    weights: dict[str, float]


class CompoundsPlan(_Model):
    """Old compounds: how many, with how many buildings, and where."""

    count: int
    buildings: int
    weights: dict[str, float]


class SitesPlan(_Model):
    """Base stations and their sectors."""

    count: int
    sectors: int


class PipesPlan(_Model):
    """New pipes by kind, and where they end."""

    lengths_m: dict[Literal["culvert", "storm", "sewage", "combined"], float]
    repairs_m: dict[Literal["storm", "sewage", "combined"], float] = Field(
        default_factory=dict, description="Old pipes above the new ones that are to be repaired"
    )
    outfall_river: str
    storm_at: Ring
    culvert_at: Ring
    combined_at: Ring
    treatment_works: NamedPlace


class Park(NamedPlace):
    """A park by name."""

    kind: Literal["park", "green_street", "pocket", "protective"]


class CountryPark(NamedPlace):
    """A park on open land about a place, as large as the green per resident asks for."""

    standing: bool


class HillPark(NamedPlace):
    """A wooded hill: an ellipse that streets and houses keep out of."""

    along_m: float
    across_m: float
    degrees: float


class NamedLine(_Model):
    """A name and a course."""

    name: str
    line: Ring


class RoadsPlan(_Model):
    """Road projects of the plan."""

    rebuilt: int
    new: int
    planned: tuple[str, ...]
    overpass: NamedPlace | None = None
    exit_road: NamedLine | None = None
    reroute: NamedLine | None = None
    rural_m: float


class ServicesPlan(_Model):
    """Counts of what serves people."""

    fitness_squares: int
    fitness_equipment: int
    kindergartens: int
    kindergartens_new: int
    primary_schools: int
    primary_schools_new: tuple[str, ...]
    primary_new_at: Ring
    middle_schools: int
    clinics: int
    hospitals: int
    hospital_new: NamedPlace | None = None
    markets: int
    cultures: int
    elder_care_rural_share: float
    shelters_district: int
    shelters_subdistrict: int
    transfer_stations: int
    transfer_t_per_day: float
    toilets: int
    vehicles: int
    rural_toilets: int
    drinking_wells: int
    drought_wells: int
    drinking_water_projects: int
    gully_m: float
    rural_township: str


class StructureZone(_Model):
    """A zone of the plan's spatial layout, with the plan's own words."""

    role: Literal["core", "belt_west", "belt_east", "corridor", "zone"]
    name: str
    text: str
    ring: Ring


class IllustrativePlan(_Model):
    """Everything the generator is told about a district."""

    seed: int
    as_of: date
    source: str
    outline_source: str
    units_source: str
    plan_source: str
    people: PeoplePlan
    terrain: TerrainPlan
    rivers: tuple[River, ...] = Field(min_length=1)
    railway: RailwayPlan
    bridges: tuple[BridgePlan, ...]
    streets: StreetsPlan
    subdistricts: dict[str, SubdistrictPlan]
    parcels: ParcelsPlan
    compounds: CompoundsPlan
    sites: SitesPlan
    pipes: PipesPlan
    parks: tuple[Park, ...]
    community_parks: int
    pocket_parks: int
    hill_park: HillPark | None = None
    green_m2_per_resident: float = Field(0, ge=0, description="Public green that country parks make up")
    country_parks: tuple[CountryPark, ...] = ()
    green_streets: tuple[str, ...] = Field(description="Streets to plant, the most wanted first")
    green_street_count: int
    roads: RoadsPlan
    services: ServicesPlan
    structure: tuple[StructureZone, ...]
    indicators: tuple[tuple[int, str, str, str, str, Literal["expected", "binding"]], ...]


def load_plan(path: str | os.PathLike[str]) -> IllustrativePlan:
    """
    Read and check the plan of an illustrative district.

    Parameters
    ----------
    path
        A file like ``layers/illustrative.yaml``.

    Returns
    -------
    IllustrativePlan
        The plan.

    Raises
    ------
    CatalogueError
        If the file is missing, has an unknown key or breaks a rule.
    """
    return parse_file(IllustrativePlan, Path(path))
