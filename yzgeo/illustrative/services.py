"""What serves people: schools, health, care, markets, fitness squares, shelters, sanitation and rural water."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from yzgeo.catalogue import Catalogue

from .ground import Ground, Points, project
from .people import apportion
from .places import Places, scatter
from .plan import IllustrativePlan
from .units import Units


@dataclass
class Facility:
    """A point that serves people; ``standing`` means it was there before the plan began."""

    kind: str
    name: str
    at: Points
    standing: bool
    values: dict[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class Town:
    """What placing needs to know: people per community, places, units and chance."""

    catalogue: Catalogue
    plan: IllustrativePlan
    ground: Ground
    units: Units
    places: Places
    people: NDArray[np.int64]
    rng: np.random.Generator

    def shared_out(self, count: int, *, least: int = 0) -> list[int]:
        """Communities to serve, one entry per facility, by people."""
        base = np.full(len(self.people), least)
        shares = base + apportion(count - int(base.sum()), self.people)
        return [community for community, share in enumerate(shares) for _ in range(int(share))]

    def put(self, communities: Sequence[int]) -> Points:
        """Open places in these communities."""
        return self.places.take(communities, self.units.register.centres, self.rng)

    def near(self, place: tuple[float, float]) -> Points:
        """The open place nearest to a position of the plan."""
        return self.places.take_nearest(project([place], self.catalogue)[0])


def fitness_squares(town: Town) -> list[Facility]:
    """
    Place the fitness squares: one in each community, the rest where most people live.

    Parameters
    ----------
    town
        What placing needs to know.

    Returns
    -------
    list of Facility
        Exactly the plan's squares with exactly its pieces of equipment.
    """
    plan, rng = town.plan.services, town.rng
    least = 1 if plan.fitness_squares >= len(town.people) else 0
    communities = town.shared_out(plan.fitness_squares, least=least)
    points = town.put(communities)
    equipment = 3 + apportion(plan.fitness_equipment - 3 * len(communities), rng.lognormal(0, 0.5, len(communities)))
    squares = []
    for number, (community, at) in enumerate(zip(communities, points, strict=True)):
        unit = town.units.register.communities[community]
        values: dict[str, object] = {
            "equipment": int(equipment[number]),
            "area_m2": float(round(60 * float(equipment[number]) * rng.uniform(0.9, 2.2), -1)),
        }
        squares.append(Facility("square", f"{_short(unit.name)}健身广场（示意）", at, standing=True, values=values))
    return squares


def public_facilities(town: Town) -> list[Facility]:
    """
    Place schools, kindergartens, health, care, markets and community services.

    Parameters
    ----------
    town
        What placing needs to know.

    Returns
    -------
    list of Facility
        With ``area_level``, ``capacity`` and ``plan_new``.
    """
    plan = town.plan.services
    made: list[Facility] = []
    if plan.hospital_new is not None:
        made.append(_facility(town, "hospital", plan.hospital_new.name, town.near(plan.hospital_new.at), 800, new=True))
    for name, place in zip(plan.primary_schools_new, plan.primary_new_at, strict=True):
        made.append(_facility(town, "primary_school", name, town.near(place), 1080, new=True))
    made += _numbered(town, "primary_school", "示意第{n}小学", town.shared_out(plan.primary_schools), (540, 1800))
    made += _numbered(town, "middle_school", "示意第{n}中学", town.shared_out(plan.middle_schools), (720, 2400))
    old = plan.kindergartens - plan.kindergartens_new
    made += _numbered(town, "kindergarten", "示意幼儿园{n}", town.shared_out(old), (90, 360))
    new = town.shared_out(plan.kindergartens_new)
    made += _numbered(town, "kindergarten", "新建小区配套幼儿园{n}（示意）", new, (180, 360), new=True)
    made += _numbered(town, "clinic", "示意卫生服务站{n}", town.shared_out(plan.clinics), (10, 40))
    made += _numbered(town, "hospital", "示意医院{n}", town.shared_out(plan.hospitals), (150, 900))
    made += _numbered(town, "market", "示意便民市场{n}", town.shared_out(plan.markets), (40, 260))
    made += _numbered(town, "culture", "示意文化活动中心{n}", town.shared_out(plan.cultures), (100, 600))
    units = town.units.register.communities
    every = list(range(len(units)))
    for community, at in zip(every, town.put(every), strict=True):
        name = f"{_short(units[community].name)}社区服务站（示意）"
        made.append(_facility(town, "community_service", name, at, float(town.people[community]), new=False))
    rural = [n for n in every if units[n].rural]
    cared = [n for n in every if not units[n].rural] + rural[: round(plan.elder_care_rural_share * len(rural))]
    for community, at in zip(cared, town.put(cared), strict=True):
        name = f"{_short(units[community].name)}养老服务站（示意）"
        care = _facility(town, "elder_care", name, at, float(town.rng.integers(10, 60)), new=False)
        care.standing = bool(town.rng.random() < 0.45)
        made.append(care)
    return made


def shelters(town: Town) -> list[Facility]:
    """
    Place emergency shelters of two levels.

    Parameters
    ----------
    town
        What placing needs to know.

    Returns
    -------
    list of Facility
        With ``level``, ``area_m2``, ``area_per_head_m2``, ``capacity`` and ``service_radius_m``.
    """
    plan, rng = town.plan.services, town.rng
    made = []
    levels = (
        ("district", "示意区级应急避护场所{n}", plan.shelters_district, (20_000, 60_000), 2.0, 5000.0),
        ("subdistrict", "示意街道级应急避护场所{n}", plan.shelters_subdistrict, (2_000, 9_000), 1.5, 1000.0),
    )
    for level, name, count, area, per_head, radius in levels:
        points = town.put(town.shared_out(count))
        for number, at in enumerate(points, start=1):
            area_m2 = float(round(rng.uniform(*area), -2))
            values: dict[str, object] = {
                "area_m2": area_m2,
                "area_per_head_m2": per_head,
                "capacity": int(area_m2 / per_head),
                "service_radius_m": radius,
            }
            made.append(Facility(level, name.format(n=number), at, bool(rng.random() < 0.3), values))
    return made


def sanitation(town: Town) -> list[Facility]:
    """
    Place transfer stations, toilets, the depot, the waste site and the villages' toilets.

    Parameters
    ----------
    town
        What placing needs to know.

    Returns
    -------
    list of Facility
        With ``capacity_t_per_day`` or ``units`` where they apply.
    """
    plan = town.plan.services
    made = []
    for number, at in enumerate(town.put(town.shared_out(plan.transfer_stations)), start=1):
        load: dict[str, object] = {"capacity_t_per_day": plan.transfer_t_per_day, "units": 1}
        made.append(Facility("transfer_station", f"示意压缩式垃圾转运站{number}", at, standing=False, values=load))
    for number, at in enumerate(town.put(town.shared_out(plan.toilets)), start=1):
        made.append(Facility("public_toilet", f"示意水冲公厕{number}", at, standing=False, values={"units": 1}))
    rural = [n for n, unit in enumerate(town.units.register.communities) if unit.rural]
    depot, waste = town.put([int(np.argmax(town.people)), rural[-1] if rural else 0])
    vehicles: dict[str, object] = {"units": plan.vehicles}
    made.append(Facility("vehicle_depot", "示意环卫车辆停放场", depot, standing=False, values=vehicles))
    made.append(Facility("waste_site", "示意建筑固体垃圾排放场", waste, standing=False, values={"units": 1}))
    counts = apportion(plan.rural_toilets, np.maximum(town.people[rural], 1))
    for community, count, at in zip(rural, counts, town.put(rural), strict=True):
        name = f"{_short(town.units.register.communities[community].name)}无害化厕所（示意）"
        made.append(Facility("rural_toilet_cluster", name, at, standing=False, values={"units": int(count)}))
    return made


def water_projects(town: Town, land: BaseGeometry) -> list[Facility]:
    """
    Place wells, the gully and the villages' drinking water.

    Parameters
    ----------
    town
        What placing needs to know.
    land
        Open land of the district.

    Returns
    -------
    list of Facility
        The gully carries its ``length_m``.
    """
    plan = town.plan.services
    township = town.units.subdistrict_shapes()[plan.rural_township].intersection(land)
    kinds = [("well", "示意饮水应急抗旱井{n}")] * plan.drinking_wells
    kinds += [("well", "示意农田抗旱井{n}")] * plan.drought_wells
    kinds += [("gully", "支流山洪沟治理工程（示意）")]
    points = scatter(township, len(kinds), town.rng, apart_m=400)
    made = []
    for number, ((kind, name), at) in enumerate(zip(kinds, points, strict=True)):
        n = number + 1 if number < plan.drinking_wells else number + 1 - plan.drinking_wells
        values: dict[str, object] = {"length_m": plan.gully_m} if kind == "gully" else {}
        made.append(Facility(kind, name.format(n=n), at, standing=False, values=values))
    rural = [n for n, unit in enumerate(town.units.register.communities) if unit.rural]
    wanted = (rural * plan.drinking_water_projects)[: plan.drinking_water_projects]
    for number, at in enumerate(town.put(wanted), start=1):
        made.append(Facility("drinking_water", f"示意农村饮水安全巩固提升工程{number}", at, standing=False))
    return made


def _numbered(
    town: Town, kind: str, name: str, communities: Sequence[int], capacity: tuple[int, int], *, new: bool = False
) -> list[Facility]:
    points = town.put(communities)
    return [
        _facility(town, kind, name.format(n=n), at, float(town.rng.integers(*capacity)), new=new)
        for n, at in enumerate(points, start=1)
    ]


def _facility(town: Town, kind: str, name: str, at: Points, capacity: float, *, new: bool) -> Facility:
    home = int(town.units.locate(at[None, :])[0])
    level = "rural" if town.units.register.communities[home].rural else "urban"
    return Facility(kind, name, at, not new, {"area_level": level, "capacity": capacity, "plan_new": new})


def _short(name: str) -> str:
    """The community's name without the word for its kind."""
    return name.removesuffix("村民委员会").removesuffix("社区")
