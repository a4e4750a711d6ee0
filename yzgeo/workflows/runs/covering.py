"""A coverage run: a circle asked of every building, of land and of cleared parcels, along the district's network."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from yzgeo import coverage, crs
from yzgeo.checks import Progress
from yzgeo.coverage import Circle
from yzgeo.errors import InputError, NetworkError, ParameterError

from .inputs import Inputs
from .parameters import Question
from .scenarios import PREFIX

DEMAND_COLUMNS = ("distance_m", "straight_m", "access_m", "limit_m", "minutes", "covered", "straight_covered", "reason")
_KEPT = ("code", "name", "subdistrict", "community")


@dataclass(frozen=True)
class Answer:
    """What a run found: tables by name and a summary of plain values."""

    tables: Mapping[str, pd.DataFrame]
    summary: dict[str, Any]


def limited(circle: Circle, question: Question) -> Circle:
    """
    Give a circle the limit that was asked for.

    Parameters
    ----------
    circle
        The circle.
    question
        May name minutes, a speed or metres.

    Returns
    -------
    Circle
        The circle with that limit.

    Raises
    ------
    ParameterError
        If minutes are asked of a circle without a speed.
    """
    if question.metres is not None:
        changed: dict[str, Any] = {"limit_m": question.metres, "minutes": None, "limit_field": None}
        return circle.model_copy(update=changed)
    if question.minutes is None and question.speed_kmh is None:
        return circle
    speed = question.speed_kmh or circle.speed_kmh
    if speed is None:
        raise ParameterError(
            name="speed_kmh", reason_zh="这个圈没有速度，请给出", reason_en="this circle has no speed; give one"
        )
    minutes = question.minutes or circle.minutes
    if minutes is None and circle.limit_m is not None and circle.speed_kmh is not None:
        minutes = circle.limit_m / (circle.speed_kmh * 1000 / 60)
    if minutes is None:
        raise ParameterError(
            name="minutes", reason_zh="这个圈没有分钟数，请给出", reason_en="this circle has no minutes; give some"
        )
    return circle.model_copy(update={"minutes": minutes, "speed_kmh": speed, "limit_m": None, "limit_field": None})


def parts_of(circle: Circle, circles: Mapping[str, Circle], question: Question) -> tuple[Circle, ...]:
    """
    List the circles that are measured: the members, or the circle itself.

    Parameters
    ----------
    circle
        The circle that was asked for.
    circles
        All circles.
    question
        May name another limit.

    Returns
    -------
    tuple of Circle
        Circles without members, with the limit asked for.
    """
    ids = circle.members or (circle.id,)
    return tuple(limited(circles[member], question) for member in ids)


def cover(inputs: Inputs, circle: Circle, circles: Mapping[str, Circle], tell: Progress) -> Answer:
    """
    Ask a circle of everyone.

    Parameters
    ----------
    inputs
        What the run reads.
    circle
        The circle that was asked for.
    circles
        All circles.
    tell
        Told what is being done; may raise to stop it.

    Returns
    -------
    Answer
        Tables ``demand``, ``facilities``, ``entrances`` and, where there is land, ``land``.

    Raises
    ------
    NetworkError, InputError
        If network, facilities or demand cannot be used.
    """
    tell("构建路网", 0.05)
    inputs.graph  # noqa: B018 - built here, so that progress tells the truth
    tell("读取建筑和设施", 0.3)
    homes = inputs.homes
    require_facilities(inputs)
    tell("查找最近设施", 0.45)
    known = {**circles, **{part.id: part for part in inputs.circles}}
    chosen = limited(circle, inputs.question)
    table = _assess(inputs, chosen, known, homes)
    require_network_here(inputs, table)
    tables = {"demand": demand_table(inputs, homes, table), "entrances": entrances(inputs)}
    tables["facilities"] = facility_table(inputs, tables["entrances"])
    grounds = [
        points.assign(of=name)
        for name, points in (("land", inputs.land), ("parcel", inputs.parcels))
        if points is not None
    ]
    if grounds:
        tell("计算用地", 0.65)
        points = gpd.GeoDataFrame(pd.concat(grounds, ignore_index=True), crs=grounds[0].crs)
        tables["land"] = _land_table(points, _assess(inputs, chosen, known, points))
    tell("计算容量", 0.8)
    extra = capacity(inputs, tables["demand"])
    return Answer(tables, {"network": network_summary(inputs), **({"capacity": extra} if extra else {})})


def _assess(inputs: Inputs, chosen: Circle, known: Mapping[str, Circle], points: gpd.GeoDataFrame) -> pd.DataFrame:
    asked = inputs.question
    if not chosen.members:
        found = coverage.facilities_of(chosen, inputs.frames, inputs.register.catalogue, planned=asked.planned)
        return coverage.measure(chosen, inputs.graph, found, points, snap_limit_m=asked.snap_limit_m)
    return coverage.assess(
        chosen, inputs.graph, inputs.frames, points,
        circles=known, catalogue=inputs.register.catalogue, planned=asked.planned,
    )  # fmt: skip


def require_network_here(inputs: Inputs, table: pd.DataFrame) -> None:
    """
    Refuse an answer that would only say that everybody lives somewhere else.

    Parameters
    ----------
    inputs
        What the run reads.
    table
        What coverage found.

    Raises
    ------
    NetworkError
        If no building is near any street of the network.
    """
    if table["reason"].eq("too_far_from_network").fillna(value=False).all():
        metres = inputs.question.snap_limit_m
        raise NetworkError(
            reason_zh=f"所有建筑离路网都超过 {metres:.0f} 米，路网与建筑不在一处",
            reason_en=f"every building is farther than {metres:.0f} m from the network; they are not of one place",
        )


def require_facilities(inputs: Inputs) -> None:
    """
    Refuse a question about facilities that do not exist.

    Parameters
    ----------
    inputs
        What the run reads.

    Raises
    ------
    InputError
        If there is no facility of any kind that is asked for.
    """
    catalogue, planned = inputs.register.catalogue, inputs.question.planned
    found = (coverage.facilities_of(one, inputs.frames, catalogue, planned=planned) for one in inputs.circles)
    if all(each is None for each in found):
        raise InputError(
            what=inputs.circles[0].title.zh,
            reason_zh="没有已建成的设施，无法计算覆盖；可加 planned 看规划建成后。",
            reason_en="no facility of it is in use; ask with planned for the plan's end.",
        )


def demand_table(inputs: Inputs, homes: gpd.GeoDataFrame, table: pd.DataFrame) -> pd.DataFrame:
    """
    Join buildings with what was found for them.

    Parameters
    ----------
    inputs
        What the run reads.
    homes
        Buildings as points.
    table
        What coverage found, on the same index.

    Returns
    -------
    pandas.DataFrame
        One row per building with its place in degrees.
    """
    spec = inputs.register.sources.demand
    lon, lat = _degrees(inputs, homes)
    made = pd.DataFrame({"uid": homes.index.astype(str), "lon": lon, "lat": lat})
    for column in _KEPT:
        made[column] = _texts(homes, column)
    made["compound"] = _texts(homes, spec.compound)
    for column in ("people", "dwellings", "buildings"):
        made[column] = homes[column].to_numpy(dtype=float)
    for column in DEMAND_COLUMNS:
        made[column] = table[column].to_numpy() if column != "reason" else _plain(table["reason"])
    made["facility"] = _plain(table["facility_id"])
    if "missing" in table.columns:
        made["missing"] = table["missing"].astype(str).to_numpy()
    return made


def entrances(inputs: Inputs) -> pd.DataFrame:
    """
    List the spots where the facilities are entered.

    Parameters
    ----------
    inputs
        What the run reads.

    Returns
    -------
    pandas.DataFrame
        ``facility`` (uid), ``layer``, ``circle`` (the part it serves), ``radius_m`` and ``x``, ``y`` in metres.
    """
    parts = []
    for circle in inputs.circles:
        found = coverage.facilities_of(
            circle, inputs.frames, inputs.register.catalogue, planned=inputs.question.planned
        )
        if found is None:
            continue
        xy = shapely.get_coordinates(found.geometry.to_numpy())
        radius = circle.radius_m
        metres = np.full(len(found), radius) if radius is not None else _numbers(found, str(circle.limit_field))
        parts.append(
            pd.DataFrame(
                {
                    "facility": found["facility"].astype(str).to_numpy(),
                    "layer": found["layer"].astype(str).to_numpy(),
                    "circle": circle.id,
                    "radius_m": metres,
                    "x": xy[:, 0],
                    "y": xy[:, 1],
                }
            )
        )
    if not parts:
        columns = {"facility": str, "layer": str, "circle": str, "radius_m": float, "x": float, "y": float}
        return pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in columns.items()})
    return pd.concat(parts, ignore_index=True)


def facility_table(inputs: Inputs, spots: pd.DataFrame) -> pd.DataFrame:
    """
    List the facilities, one row each.

    Parameters
    ----------
    inputs
        What the run reads.
    spots
        What `entrances` gave.

    Returns
    -------
    pandas.DataFrame
        ``uid``, ``layer``, ``code``, ``name``, ``kind``, ``subdistrict``, ``scenario``, ``radius_m`` and the place in
        degrees.
    """
    rows: list[dict[str, Any]] = []
    shapes: list[Any] = []
    for (layer_id, uid), group in spots.groupby(["layer", "facility"], sort=False):
        frame = inputs.frames[str(layer_id)]
        record = frame.loc[uid]
        known = inputs.states[str(layer_id)].frame
        key = inputs.register.catalogue.layer(str(layer_id)).spec.key
        rows.append(
            {
                "uid": str(uid),
                "layer": str(layer_id),
                "code": str(known.at[uid, key]) if uid in known.index else None,
                "name": _text(record.get("name")),
                "kind": _text(record.get("kind")),
                "subdistrict": _text(record.get("subdistrict")),
                "scenario": str(uid).startswith(PREFIX),
                "proposed": False,
                "circle": ",".join(dict.fromkeys(group["circle"])),
                "radius_m": float(group["radius_m"].iloc[0]),
            }
        )
        shapes.append(shapely.point_on_surface(record.geometry))
    metric = inputs.register.catalogue.district.metric_crs
    places = gpd.GeoDataFrame(geometry=gpd.GeoSeries(shapes, crs=metric))
    columns = ("uid", "layer", "code", "name", "kind", "subdistrict", "scenario", "proposed", "circle", "radius_m")
    made = pd.DataFrame(rows, columns=list(columns))
    made["lon"], made["lat"] = _degrees(inputs, places) if rows else (np.empty(0), np.empty(0))
    return made


def capacity(inputs: Inputs, homes: pd.DataFrame) -> dict[str, Any] | None:
    """
    Relate places to people, where the circle knows capacities.

    Parameters
    ----------
    inputs
        What the run reads.
    homes
        The table of buildings; the column ``places_per_head`` is added to it.

    Returns
    -------
    dict or None
        The two-step catchment in short, and how many people fit into the places within reach.
    """
    circle = inputs.circles[0]
    if len(inputs.circles) > 1 or circle.capacity is None:
        return None
    found = coverage.facilities_of(circle, inputs.frames, inputs.register.catalogue, planned=inputs.question.planned)
    if found is None:
        return None
    places = coverage.capacities(found, circle.capacity)
    radius = circle.radius_m
    limit: Any = (
        radius if radius is not None else pd.Series(_numbers(found, str(circle.limit_field)), index=found.index)
    )
    within = coverage.reachable(
        inputs.graph, found, inputs.homes,
        limit_m=limit, snap_limit_m=inputs.question.snap_limit_m, towards=circle.towards,
    )  # fmt: skip
    people = inputs.homes["people"]
    shared, filled = coverage.two_step(within, places, people), coverage.allocate(within, places, people)
    homes["places_per_head"] = shared.demand["per_head"].to_numpy(dtype=float)
    heads = people.fillna(0.0)
    mean = float(np.average(homes["places_per_head"], weights=heads)) if heads.sum() > 0 else None
    return {
        "places": float(places.sum()),
        "places_per_head": mean,
        "people_in_reach": float(heads[shared.demand["facilities"].to_numpy() > 0].sum()),
        "people_placed": float(filled.demand["placed"].sum()),
        "people_unplaced": float(filled.demand["unplaced"].sum()),
    }


def network_summary(inputs: Inputs) -> dict[str, Any]:
    """
    Describe the network.

    Parameters
    ----------
    inputs
        What the run reads.

    Returns
    -------
    dict
        Hash, size, parts, the day it stands for and where it comes from.
    """
    graph = inputs.graph
    source = inputs.spec.source.model_dump()
    if inputs.question.network is not None:
        source = {
            "zh": f"OpenStreetMap 文件 {inputs.question.network}",
            "en": f"OpenStreetMap file {inputs.question.network}",
        }
    return {
        "hash": inputs.network_key,
        "mode": inputs.circles[0].mode,
        "date": inputs.day.isoformat(),
        "nodes": graph.nodes,
        "edges": graph.edges,
        "length_m": float(graph.length_m.sum()),
        "components": int(graph.component.max()) + 1 if graph.nodes else 0,
        "barriers": inputs.question.barriers,
        "slope": inputs.question.slope,
        "source": source,
    }


def _land_table(points: gpd.GeoDataFrame, table: pd.DataFrame) -> pd.DataFrame:
    kept = pd.DataFrame({"of": points["of"], "area": points["area"].astype(str)})
    for column in ("code", "name", "subdistrict", "community"):
        kept[column] = _texts(points, column)
    kept["land_m2"] = points["land_m2"].to_numpy(dtype=float)
    for column in ("distance_m", "straight_m", "limit_m", "covered", "straight_covered"):
        kept[column] = table[column].to_numpy()
    return kept


def _degrees(inputs: Inputs, frame: gpd.GeoDataFrame) -> tuple[Any, Any]:
    places = crs.to_crs(gpd.GeoDataFrame(geometry=frame.geometry), inputs.register.catalogue.district.storage_crs)
    xy = np.round(shapely.get_coordinates(places.geometry.to_numpy()), 7)
    return xy[:, 0], xy[:, 1]


def _numbers(frame: gpd.GeoDataFrame, column: str) -> Any:
    if column not in frame.columns:
        raise InputError(what=column, reason_zh="设施没有登记半径。", reason_en="the facilities have no radius.")
    return pd.to_numeric(frame[column], errors="coerce").to_numpy(dtype=float)


def _texts(frame: pd.DataFrame, column: str) -> list[str | None]:
    if column not in frame.columns:
        return [None] * len(frame)
    return [_text(value) for value in frame[column]]


def _text(value: Any) -> str | None:
    return None if value is None or pd.isna(value) else str(value)


def _plain(column: pd.Series) -> list[str | None]:
    return [_text(value) for value in column]
