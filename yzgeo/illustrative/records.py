"""Records: what was laid out, written down as the layers of the catalogue."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry import Point, Polygon

from .frames import Recorder, codes
from .greens import Green
from .ground import Ground, project
from .housing import Compound, House
from .parcels import Parcel
from .pipes import Pipe, PipeNode
from .projects import RoadProject
from .services import Facility
from .sites import Sites
from .stages import StagePlan, draw_stages, standing
from .streets import WIDTH_M, Streets

Frames = dict[str, gpd.GeoDataFrame]
_ITEMS = (
    ("roof_waterproofing", "m2", 420.0), ("indoor_water_pipe", "m", 160.0), ("indoor_common_area", "m2", 260.0),
    ("outdoor_water", "m", 60.0), ("drainage", "m", 75.0), ("hard_surface", "m2", 520.0), ("planting", "m2", 240.0),
    ("lighting", "盏", 4.0), ("fitness_equipment", "件", 0.8), ("elevator", "部", 0.5), ("elder_care", "处", 0.1),
    ("childcare", "处", 0.1), ("parking", "个", 9.0), ("market", "处", 0.1),
)  # fmt: skip
_ITEM_SHARE = dict.fromkeys(("elevator", "elder_care", "childcare", "market"), 0.2) | {"parking": 0.6}
_ITEM_ORDER = {"planned": 0.0, "surveyed": 0.0, "designed": 0.0, "tendered": 0.0, "suspended": 0.3, "construction": 0.5}


@dataclass(frozen=True)
class Writer:
    """Writes frames; ``stage_plan`` gives times and typical progress."""

    recorder: Recorder
    rng: np.random.Generator

    def _stages(
        self, layer_id: str, count: int, *, not_begun: float, finished: float
    ) -> dict[str, NDArray[np.object_]]:
        plan = self.recorder.plan
        first, last = self.recorder.catalogue.district.plan_period
        course = StagePlan(plan.as_of, first, last, not_begun, finished)
        return draw_stages(self.recorder.catalogue.layer(layer_id), count, course, self.rng)

    def _some_standing(self, layer_id: str, old: Sequence[bool]) -> dict[str, NDArray[np.object_]]:
        """Stages of the plan's projects, and of what stood before."""
        columns = self._stages(layer_id, len(old), not_begun=0.35, finished=0.35)
        before = standing(len(old))
        mask = np.array(old, dtype=bool)
        return {key: np.where(mask, before[key], column) for key, column in columns.items()}

    def administration(self, ground: Ground, people: NDArray[np.int64]) -> Frames:
        """The district, its subdistricts and its communities."""
        recorder = self.recorder
        units, district = recorder.units, recorder.catalogue.district
        register = units.register
        whole = recorder.frame(
            "admin_district", [ground.boundary],
            {"code": [district.code], "name": [district.name.zh], "area_km2": [round(ground.boundary.area / 1e6, 2)],
             "population": [int(people.sum())]},
            status="derived", source=recorder.plan.outline_source, located=False,
        )  # fmt: skip
        shapes = units.subdistrict_shapes()
        owner = np.array([unit.subdistrict for unit in register.communities])
        kinds = {"0": "subdistrict", "1": "township", "2": "township", "4": "zone"}
        streets = recorder.frame(
            "admin_subdistrict", list(shapes.values()),
            {"code": list(shapes), "name": [unit.name for unit in register.subdistricts], "subdistrict": list(shapes),
             "kind": [kinds.get(code[6], "zone") for code in shapes],
             "population": [int(people[owner == code].sum()) for code in shapes]},
            source=recorder.plan.units_source, located=False,
        )  # fmt: skip
        members = recorder.frame(
            "community", units.shapes,
            {"code": [unit.code for unit in register.communities], "name": [unit.name for unit in register.communities],
             "subdistrict": list(owner), "community": [unit.code for unit in register.communities],
             "kind": ["village" if unit.rural else "community" for unit in register.communities],
             "population": people},
            source=recorder.plan.units_source, located=False,
        )  # fmt: skip
        return {"admin_district": whole, "admin_subdistrict": streets, "community": members}

    def structure(self, ground: Ground) -> Frames:
        """The plan's spatial layout and its table of indicators."""
        recorder, plan = self.recorder, self.recorder.plan
        shapes = [
            Polygon(project(zone.ring, recorder.catalogue)).buffer(-150).buffer(150).intersection(ground.boundary)
            for zone in plan.structure
        ]
        zones = recorder.frame(
            "spatial_structure", shapes,
            {"code": codes("GJ", len(shapes)), "name": [zone.name for zone in plan.structure],
             "role": [zone.role for zone in plan.structure], "plan_text": [zone.text for zone in plan.structure]},
            source=plan.plan_source, located=False,
        )  # fmt: skip
        rows = list(zip(*plan.indicators, strict=True)) or [()] * 6
        horizon = recorder.catalogue.district.plan_period[1].year
        indicators = recorder.frame(
            "indicator", [None] * len(plan.indicators),
            {"code": codes("ZB", len(plan.indicators)), "number": rows[0], "category": rows[1], "name": rows[2],
             "unit": rows[3], "target_text": rows[4], "kind": rows[5], "year": [horizon] * len(plan.indicators)},
            status="official", source=plan.plan_source.split("；")[0], located=False,
        )  # fmt: skip
        return {"spatial_structure": zones, "indicator": indicators}

    def renewal(self, parcels: Sequence[Parcel], compounds: Sequence[Compound], houses: Sequence[House]) -> Frames:
        """Parcels, compounds with their items, and residential buildings."""
        frames = {"shantytown_parcel": self._parcels(parcels)}
        stages = self._stages("old_compound", len(compounds), not_begun=0.16, finished=0.42)
        names = codes("XQ", len(compounds))
        units = self.recorder.units.register.communities
        members = [[houses[n] for n in compound.houses] for compound in compounds]
        homes = [units[compound.lot.community].name.removesuffix("社区") for compound in compounds]
        frames["old_compound"] = self.recorder.frame(
            "old_compound", [compound.lot.shape for compound in compounds],
            {"code": names,
             "name": [f"{homes[n - 1]}示意小区{n}" for n in range(1, len(compounds) + 1)],
             "area_m2": [round(compound.lot.shape.area, 1) for compound in compounds],
             "buildings": [len(group) for group in members],
             "dwellings": [sum(house.dwellings for house in group) for group in members],
             "residents": [sum(house.residents for house in group) for group in members],
             "built_year": [compound.built for compound in compounds],
             "renewal_class": self.rng.choice(["basic", "improved", "upgraded"], len(compounds), p=[0.55, 0.33, 0.12]),
             "social_capital": list(self.rng.random(len(compounds)) < 0.2),
             "priority": self.rng.integers(1, 6, len(compounds)), **stages},
        )  # fmt: skip
        frames["compound_item"] = self._items(frames["old_compound"])
        stage = dict(zip(names, stages["stage"], strict=True))
        frames["residential_building"] = self._buildings(houses, names, stage)
        return frames

    def _parcels(self, parcels: Sequence[Parcel]) -> gpd.GeoDataFrame:
        count, rng = len(parcels), self.rng
        stages = self._stages("shantytown_parcel", count, not_begun=0.14, finished=0.32)
        households = np.array([max(int(parcel.area_m2 / rng.uniform(85, 150)), 6) for parcel in parcels])
        signed, gone = _signed({"signing": (0.2, 0.9)}, stages["stage"], households, rng)
        after = [
            str(rng.choice(["reserve", "green", "development"])) if stage in {"cleared", "reused"} else "undecided"
            for stage in stages["stage"]
        ]
        modes = ["group_purchase", "second_hand", "money", "return"]
        return self.recorder.frame(
            "shantytown_parcel", [parcel.shape for parcel in parcels],
            {"code": codes("PH", count), "name": [f"示意棚户区地块{n}" for n in range(1, count + 1)],
             "area_m2": [float(parcel.area_m2) for parcel in parcels], "households": households,
             "households_signed": signed, "households_relocated": gone,
             "relocation_mode": rng.choice(modes, count, p=[0.35, 0.2, 0.35, 0.1]), "after_use": after, **stages},
        )  # fmt: skip

    def _items(self, compounds: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
        rows: list[dict[str, Any]] = []
        for compound in compounds.to_dict("records"):
            base = _ITEM_ORDER.get(compound["stage"], 1.0)
            for item, unit, per_building in _ITEMS:
                if self.rng.random() >= _ITEM_SHARE.get(item, 1.0):
                    continue
                percent = base * 100 if base in {0.0, 1.0} else float(np.clip(self.rng.normal(base * 100, 25), 5, 95))
                amount = max(round(per_building * compound["buildings"] * self.rng.uniform(0.8, 1.2)), 1)
                rows.append(
                    {"code": f"{compound['code']}-{item}", "name": None, "compound": compound["code"], "item": item,
                     "progress_percent": float(round(percent)), "quantity": float(amount), "quantity_unit": unit,
                     "subdistrict": compound["subdistrict"], "community": compound["community"]}
                )  # fmt: skip
        labels = {
            value.id: value.label.zh for value in self.recorder.catalogue.layer("compound_item").field("item").values
        }
        for row in rows:
            row["name"] = labels[row["item"]]
        columns = {key: [row[key] for row in rows] for key in rows[0]}
        return self.recorder.frame("compound_item", [None] * len(rows), columns, located=False)

    def _buildings(self, houses: Sequence[House], names: list[str], stage: dict[str, str]) -> gpd.GeoDataFrame:
        finished, ongoing = {"accepted", "handed_over"}, {"construction"}
        compounds = [None if house.compound is None else names[house.compound] for house in houses]
        states = []
        for compound in compounds:
            reached = stage.get(compound, "planned") if compound else "planned"
            chance = self.rng.random()
            state = "finished" if reached in finished else "none"
            if reached in ongoing:
                state = "finished" if chance < 0.3 else ("ongoing" if chance < 0.75 else "none")
            states.append(state)
        return self.recorder.frame(
            "residential_building", [house.shape for house in houses],
            {"code": codes("ZZ", len(houses)),
             "name": [f"示意住宅楼{n}" for n in range(1, len(houses) + 1)], "compound": compounds,
             "floors": [house.floors for house in houses], "dwellings": [house.dwellings for house in houses],
             "residents": [house.residents for house in houses],
             "footprint_m2": [round(house.shape.area, 1) for house in houses],
             "built_year": [house.built for house in houses], "elevator": [house.floors > 7 for house in houses],
             "renewal_state": states},
        )  # fmt: skip

    def pipes(self, nodes: Sequence[PipeNode], pipes: Sequence[Pipe]) -> Frames:
        """Pipe segments and nodes; the pipes of one work share a stage."""
        count = len(pipes)
        works = np.unique([pipe.work for pipe in pipes], return_inverse=True)[1]
        drawn = self._stages("pipe_segment", int(works.max()) + 1, not_begun=0.25, finished=0.4)
        stages = {key: column[works] for key, column in drawn.items()}
        segments = self.recorder.frame(
            "pipe_segment", [pipe.line for pipe in pipes],
            {"code": codes("GX", count), "name": [f"示意{_PIPE_NAME[pipe.kind]}{n}" for n, pipe in enumerate(pipes, 1)],
             "kind": [pipe.kind for pipe in pipes], "length_m": [pipe.line.length for pipe in pipes],
             "diameter_mm": [pipe.diameter_mm for pipe in pipes], "material": [pipe.material for pipe in pipes],
             "from_node": [pipe.start for pipe in pipes], "to_node": [pipe.end for pipe in pipes],
             "invert_from_m": [round(pipe.invert_from_m, 4) for pipe in pipes],
             "invert_to_m": [round(pipe.invert_to_m, 4) for pipe in pipes],
             "slope_permille": [round(pipe.slope_permille, 3) for pipe in pipes],
             "action": ["new" if pipe.defect == "none" else "repair" for pipe in pipes],
             "defect": [pipe.defect for pipe in pipes], **stages},
        )  # fmt: skip
        points = self.recorder.frame(
            "pipe_node", [Point(node.at) for node in nodes],
            {"code": [node.code for node in nodes], "name": [f"示意检查井 {node.code}" for node in nodes],
             "kind": [node.kind for node in nodes], "network": [node.network for node in nodes],
             "ground_m": [round(node.ground_m, 4) for node in nodes],
             "invert_m": [round(node.invert_m, 4) for node in nodes]},
        )  # fmt: skip
        return {"pipe_segment": segments, "pipe_node": points}

    def transport(self, ground: Ground, streets: Streets, projects: Sequence[RoadProject]) -> Frames:
        """Streets, the railway and road projects."""
        edges = streets.edges
        roads = self.recorder.frame(
            "road", [edge.line for edge in edges],
            {"code": codes("DL", len(edges)), "name": [edge.name for edge in edges],
             "road_class": [edge.road_class for edge in edges], "level": [int(edge.bridge) for edge in edges],
             "bridge": [edge.bridge for edge in edges], "width_m": [WIDTH_M[edge.road_class] for edge in edges],
             "sidewalk": [edge.road_class in {"arterial", "secondary", "branch"} for edge in edges]},
        )  # fmt: skip
        rail = shapely.get_parts(ground.railway.intersection(ground.boundary))
        railway = self.recorder.frame(
            "railway", rail,
            {"code": codes("TL", len(rail)), "name": [self.recorder.plan.railway.name] * len(rail),
             "kind": ["conventional"] * len(rail)},
        )  # fmt: skip
        stages = self._stages("road_project", len(projects), not_begun=0.3, finished=0.36)
        large = np.array([work.kind in _LARGE_WORKS for work in projects])
        slow = self._stages("road_project", len(projects), not_begun=0.0, finished=0.0)
        stages = {key: np.where(large, slow[key], column) for key, column in stages.items()}
        works = self.recorder.frame(
            "road_project", [project_.line for project_ in projects],
            {"code": codes("DG", len(projects)), "name": [project_.name for project_ in projects],
             "kind": [project_.kind for project_ in projects],
             "length_m": [project_.line.length for project_ in projects],
             "area_m2": [round(project_.line.length * project_.width_m, 1) for project_ in projects], **stages},
        )  # fmt: skip
        return {"road": roads, "railway": railway, "road_project": works}

    def points(self, layer_id: str, prefix: str, facilities: Sequence[Facility], kind_field: str = "kind") -> Frames:
        """A layer of points that serve people."""
        known = self.recorder.catalogue.layer(layer_id).fields_by_id
        keys = sorted({key for facility in facilities for key in facility.values} & set(known))
        columns: dict[str, Any] = {key: [facility.values.get(key) for facility in facilities] for key in keys}
        columns |= {
            "code": codes(prefix, len(facilities)),
            "name": [facility.name for facility in facilities],
            kind_field: [facility.kind for facility in facilities],
            **self._some_standing(layer_id, [facility.standing for facility in facilities]),
        }
        return {layer_id: self.recorder.frame(layer_id, [Point(facility.at) for facility in facilities], columns)}

    def stations(self, facilities: Sequence[Facility], served: Sequence[str]) -> Frames:
        """Property management stations with the communities they serve."""
        columns: dict[str, Any] = {
            "code": codes("WY", len(facilities)), "name": [facility.name for facility in facilities],
            "serves_communities": list(served),
            **self._stages("management_station", len(facilities), not_begun=0.2, finished=0.5),
        }  # fmt: skip
        shapes = [Point(facility.at) for facility in facilities]
        return {"management_station": self.recorder.frame("management_station", shapes, columns)}

    def environment(self, ground: Ground, greens: Sequence[Green]) -> Frames:
        """Rivers and green space."""
        rivers = self.recorder.frame(
            "water", [river.surface for river in ground.rivers],
            {"code": codes("SX", len(ground.rivers)), "name": [river.plan.name for river in ground.rivers],
             "kind": ["river"] * len(ground.rivers)},
        )  # fmt: skip
        parks = self.recorder.frame(
            "park_green", [green.shape for green in greens],
            {"code": codes("LD", len(greens)), "name": [green.name for green in greens],
             "kind": [green.kind for green in greens], "area_m2": [round(green.shape.area, 1) for green in greens],
             **self._some_standing("park_green", [green.standing for green in greens])},
        )  # fmt: skip
        return {"water": rivers, "park_green": parks}

    def base_stations(self, sites: Sites) -> Frames:
        """Base stations and their sectors."""
        count, sectors = sites.azimuth_deg.shape
        rng = self.rng
        names = codes("JZ", count)
        band = {"mobile": 2600.0, "telecom": 3500.0, "unicom": 3500.0, "broadnet": 700.0}
        operator = [str(name) for name in rng.choice(list(band), count, p=[0.45, 0.25, 0.22, 0.08])]
        stations = self.recorder.frame(
            "base_station_5g", [Point(at) for at in sites.points],
            {"code": names, "name": [f"示意 5G 基站{n}" for n in range(1, count + 1)], "operator": operator,
             "height_m": rng.integers(22, 46, count).astype(float), "band_mhz": [band[name] for name in operator],
             "co_built": [bool(rng.random() < 0.4) for _ in range(count)],
             **self._stages("base_station_5g", count, not_begun=0.1, finished=0.62)},
        )  # fmt: skip
        homes = stations[["subdistrict", "community"]].loc[stations.index.repeat(sectors)]
        cells = self.recorder.frame(
            "base_station_sector", [None] * (count * sectors),
            {"code": [f"{name}-{n}" for name in names for n in range(1, sectors + 1)],
             "name": [f"{name} 扇区 {n}" for name in names for n in range(1, sectors + 1)],
             "site": [name for name in names for _ in range(sectors)],
             "azimuth_deg": sites.azimuth_deg.ravel().astype(float),
             "downtilt_deg": rng.integers(3, 10, count * sectors).astype(float),
             "beamwidth_deg": [65.0] * (count * sectors),
             "eirp_dbm": rng.integers(60, 73, count * sectors).astype(float),
             "subdistrict": list(homes["subdistrict"]), "community": list(homes["community"])},
            located=False,
        )  # fmt: skip
        return {"base_station_5g": stations, "base_station_sector": cells}


# What the street network does not have yet cannot be finished.
_LARGE_WORKS = {"overpass", "exit_road", "reroute", "dead_end"}
_PIPE_NAME = {"culvert": "暗渠", "storm": "雨水管", "sewage": "污水管", "combined": "合流管"}


def _signed(
    part: dict[str, tuple[float, float]],
    stages: NDArray[np.object_],
    households: NDArray[np.int64],
    rng: np.random.Generator,
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Households signed and gone: none before signing, some during it, all once the parcel is empty."""
    signed, gone = np.zeros_like(households), np.zeros_like(households)
    for number, stage in enumerate(stages):
        if stage in {"vacated", "demolished", "cleared", "reused"}:
            signed[number] = gone[number] = households[number]
        elif stage in part:
            signed[number] = int(households[number] * rng.uniform(*part[stage]))
            gone[number] = int(signed[number] * rng.uniform(0.2, 0.8))
    return signed, gone
