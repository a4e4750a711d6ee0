"""The illustrative district (示意数据) as a whole: one seed in, every layer out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from yzgeo.catalogue import Catalogue
from yzgeo.checks import Progress, silent
from yzgeo.errors import CatalogueError

from . import blocks, greens, ground, housing, parcels, pipes, places, projects, services, sites, streets, units
from .frames import Recorder
from .plan import IllustrativePlan, load_plan
from .records import Frames, Writer

PLAN_FILE = "illustrative.yaml"


@dataclass(frozen=True)
class Illustration:
    """Frames by layer, in the metric system, and rasters by name."""

    frames: dict[str, gpd.GeoDataFrame]
    rasters: dict[str, ground.Raster]


def generate(
    catalogue: Catalogue, plan: IllustrativePlan | None = None, *, progress: Progress = silent
) -> Illustration:
    """
    Make the illustrative district.

    The same catalogue and plan always give the same district, to the last digit.

    Parameters
    ----------
    catalogue
        Layers, boundary and registers of the district.
    plan
        Names, positions and counts; ``illustrative.yaml`` of the catalogue's folder if not given.
    progress
        Told what is being done.

    Returns
    -------
    Illustration
        Every layer of the catalogue that the generator knows, and the terrain.

    Raises
    ------
    CatalogueError
        If the plan's file is missing, breaks a rule or asks for more than there is room for.
    """
    plan = plan or load_plan(catalogue.root / PLAN_FILE)
    rng = np.random.default_rng(plan.seed)
    progress("地形与水系", 0.0)
    land = ground.build_ground(catalogue, plan)
    register = units.read_register(catalogue, plan, land, rng)
    apart = units.outlying(catalogue, plan, register)
    progress("道路网", 0.1)
    network, moved = streets.build_streets(catalogue, plan, land, register.centres[apart], rng)
    centres = register.centres.copy()
    centres[apart] = moved
    register = replace(register, centres=centres)
    progress("街道与社区", 0.2)
    shapes = units.partition(catalogue, plan, land, network, register)
    future = projects.future_roads(catalogue, plan, land, network)
    works = [*projects.existing_roads(plan, network), *future]
    progress("街区与地块", 0.3)
    corridors = [
        blocks.Corridor(line, project.width_m) for project in future for line in shapely.get_parts(project.line)
    ]
    lots = blocks.build_lots(catalogue, plan, land, network, villages=moved, corridors=corridors, units=shapes)
    parks = greens.named_parks(catalogue, plan, land, lots)
    cut = parcels.cut_parcels(plan.parcels, lots, rng)
    progress("住宅与人口", 0.45)
    population = int(catalogue.district.population.value)
    compounds, houses = housing.settle(plan, lots, shapes, population, rng)
    _require_room(plan, cut, compounds, houses)
    people = _people(houses, shapes)
    parks += greens.community_parks(plan.community_parks, lots, rng)
    parks += greens.pocket_parks(plan.pocket_parks, lots, rng)
    closed = [lot.shape for lot in lots] + [corridor.line.buffer(corridor.width_m / 2) for corridor in corridors]
    parks += greens.planted_strips(plan, land, network, [*closed, *([land.hill] if land.hill is not None else [])])
    open_land = _open_land(land, network, lots, corridors)
    parks += greens.country_parks(catalogue, plan, open_land, parks, population)
    progress("设施与基站", 0.6)
    town = services.Town(catalogue, plan, land, shapes, places.open_places(lots, rng), people, rng)
    writer = Writer(Recorder(catalogue, plan, shapes), rng)
    frames: Frames = {}
    frames |= writer.administration(land, people) | writer.structure(land)
    frames |= writer.renewal(cut, compounds, houses)
    frames |= _served(writer, town, open_land)
    progress("管网", 0.8)
    frames |= writer.pipes(*pipes.lay_pipes(catalogue, plan, land, network, rng))
    frames |= writer.transport(land, network, works) | writer.environment(land, parks)
    progress("示意数据已生成", 1.0)
    return Illustration(frames, {"terrain": land.terrain})


def _require_room(
    plan: IllustrativePlan,
    cut: Sequence[parcels.Parcel],
    compounds: Sequence[housing.Compound],
    houses: Sequence[housing.House],
) -> None:
    """Refuse a plan whose counts do not fit on the ground, instead of falling short silently."""
    found = {
        "parcels": (len(cut), plan.parcels.count),
        "compounds": (len(compounds), plan.compounds.count),
        "compound buildings": (sum(len(compound.houses) for compound in compounds), plan.compounds.buildings),
        "rural residents": (sum(house.residents for house in houses if house.rural), plan.people.rural),
    }
    for what, (have, want) in found.items():
        if have != want:
            raise CatalogueError(path=PLAN_FILE, reason=f"there is room for {have} {what}, the plan has {want}")


def _served(writer: Writer, town: services.Town, open_land: BaseGeometry) -> Frames:
    """Everything that stands as a point, in the order in which it may choose its place."""
    register = town.units.register
    offices = [unit for unit in register.subdistricts if unit.code[6] == "0"] or list(register.subdistricts)
    members = {
        unit.code: [n for n, community in enumerate(register.communities) if community.subdistrict == unit.code]
        for unit in offices
    }
    seats = [max(members[unit.code], key=lambda n: (int(town.people[n]), -n)) for unit in offices]
    stations = [
        services.Facility("", f"{unit.name}物业管理站（示意）", at, standing=False)
        for unit, at in zip(offices, town.put(seats), strict=True)
    ]
    served = ["、".join(register.communities[n].name for n in members[unit.code]) for unit in offices]
    frames = writer.stations(stations, served)
    frames |= writer.points("public_facility", "SS", services.public_facilities(town))
    frames |= writer.points("fitness_site", "JS", services.fitness_squares(town))
    frames |= writer.points("shelter", "BX", services.shelters(town), "level")
    frames |= writer.points("sanitation_facility", "HW", services.sanitation(town))
    frames |= writer.points("water_project", "SL", services.water_projects(town, open_land))
    density = town.people / shapely.area(town.units.shapes)
    where = density[town.places.community]
    frames |= writer.base_stations(sites.place_sites(town.plan.sites, open_land, town.places, where, town.rng))
    return frames


def _people(houses: Sequence[housing.House], shapes: units.Units) -> NDArray[np.int64]:
    middle = shapely.get_coordinates(shapely.point_on_surface([house.shape for house in houses]))
    counts = np.zeros(len(shapes.register.communities), dtype=np.int64)
    np.add.at(counts, shapes.locate(middle), [house.residents for house in houses])
    return counts


def _open_land(
    land: ground.Ground,
    network: streets.Streets,
    lots: Sequence[blocks.Lot],
    corridors: Sequence[blocks.Corridor],
) -> BaseGeometry:
    """Fields and banks: no water, railway, road, lot or hill."""
    roads = [edge.line.buffer(streets.WIDTH_M[edge.road_class] / 2 + 4) for edge in network.edges]
    roads += [corridor.line.buffer(corridor.width_m / 2 + 4) for corridor in corridors]
    taken = [land.water.buffer(8), land.rail_area, *roads, *(lot.shape for lot in lots)]
    return land.boundary.buffer(-15).difference(shapely.union_all(taken))
