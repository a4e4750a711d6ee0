"""A siting run: where to build next, proven as far as it goes, with who gains shown beside today."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from yzgeo import coverage, siting
from yzgeo.checks import Progress
from yzgeo.coverage import Circle
from yzgeo.errors import ParameterError, SitingError
from yzgeo.network import TOLERANCE_M
from yzgeo.siting import Problem, Proposal

from .covering import Answer, demand_table, entrances, facility_table, limited, network_summary
from .inputs import Inputs, candidate_layer
from .parameters import FAR_M, SitingQuestion

_PLACES = "places"


def propose(inputs: Inputs, circle: Circle, circles: Mapping[str, Circle], tell: Progress) -> Answer:
    """
    Solve a siting question.

    Parameters
    ----------
    inputs
        What the run reads; its question is a `SitingQuestion`.
    circle
        The circle that was asked for.
    circles
        All circles.
    tell
        Told what is being done; may raise to stop it.

    Returns
    -------
    Answer
        Tables ``demand`` (with the proposal built), ``before``, ``facilities`` with the proposed ones, ``entrances``
        and ``proposal``.

    Raises
    ------
    SitingError
        If there is nothing to choose from, or no answer.
    ParameterError
        If the circle cannot be sited for.
    """
    asked = inputs.question
    if not isinstance(asked, SitingQuestion):
        raise TypeError("a siting run needs a siting question")
    kinds = {one: limited(circles[one], asked) for one in (circle.id, *asked.also)}
    for kind in kinds.values():
        _require_single(kind, circle)
    tell("读取建筑和候选地点", 0.05)
    homes, places = inputs.homes, candidates(inputs, asked)
    tell("构建路网", 0.15)
    graph = inputs.graph
    tell("计算候选地点到各栋楼的距离", 0.3)
    standing = {
        name: coverage.facilities_of(kind, inputs.frames, inputs.register.catalogue, planned=asked.planned)
        for name, kind in kinds.items()
    }
    problems = {name: _pose(inputs, asked, kind, places, standing[name]) for name, kind in kinds.items()}
    if not any(len(problem.way_m) for problem in problems.values()):
        raise SitingError(
            reason_zh="没有任何候选地点或设施能在限值内到达任何一栋楼",
            reason_en="no candidate or facility reaches any building within the limit",
        )
    tell("求解", 0.4)
    proposal = _solve(asked, problems, circle.id)
    _hold_radius(proposal, problems)
    tell("计算前后差别", 0.85)
    before = coverage.measure(kinds[circle.id], graph, standing[circle.id], homes, snap_limit_m=asked.snap_limit_m)
    mine = proposal.chosen.loc[proposal.chosen["kind"].isin(["", circle.id])]
    after_sites = _with_chosen(inputs, standing[circle.id], places.loc[mine.index])
    after = coverage.measure(kinds[circle.id], graph, after_sites, homes, snap_limit_m=asked.snap_limit_m)
    tables = {"demand": demand_table(inputs, homes, after), "before": demand_table(inputs, homes, before)}
    tables["entrances"] = _all_entrances(inputs, circle, kinds[circle.id], places.loc[mine.index])
    known = entrances(inputs)
    tables["facilities"] = pd.concat(
        [
            table
            for table in (
                facility_table(inputs, known.loc[known["circle"] == circle.id]),
                _proposed(inputs, places, proposal, kinds),
            )
            if len(table)
        ],
        ignore_index=True,
    )
    tables["proposal"] = _proposal_table(places, proposal, circle.id)
    return Answer(
        tables, {"network": network_summary(inputs), "siting": _summary(asked, proposal, tables, len(places))}
    )


def candidates(inputs: Inputs, question: SitingQuestion) -> gpd.GeoDataFrame:
    """
    List where something could be built.

    Parameters
    ----------
    inputs
        What the run reads.
    question
        Names the candidates, and perhaps their cost.

    Returns
    -------
    geopandas.GeoDataFrame
        Points inside the candidates with all columns of theirs, on the uid.

    Raises
    ------
    SitingError
        If there is none.
    ParameterError
        If the cost is not a field of theirs.
    """
    layer_id = candidate_layer(inputs.register.sources, question.candidates)
    frame = inputs.states[layer_id].frame
    picked = inputs.register.sources.candidates.get(question.candidates)
    if picked is not None:
        frame = frame.loc[picked.rows(frame)]
    frame = frame.loc[frame.geometry.notna() & ~frame.geometry.is_empty]
    if frame.empty:
        raise SitingError(reason_zh="没有候选地点", reason_en="there is no candidate")
    if question.cost is not None and question.cost not in inputs.register.catalogue.layer(layer_id).fields_by_id:
        raise ParameterError(
            name="cost", reason_zh=f"图层 {layer_id} 没有这个字段", reason_en=f"layer {layer_id} has no such field"
        )
    inside = shapely.point_on_surface(frame.geometry.to_numpy())
    made: gpd.GeoDataFrame = frame.set_geometry(gpd.GeoSeries(inside, index=frame.index, crs=frame.crs))
    made[_PLACES] = np.inf if question.capacity is None else question.capacity
    return made


def _require_single(kind: Circle, asked: Circle) -> None:
    if kind.members or kind.mode != asked.mode:
        raise ParameterError(
            name="circle",
            reason_zh=f"选址一次只针对同一出行方式的单类设施，{kind.id} 不行",
            reason_en=f"siting is for single kinds of facility of one mode, which {kind.id} is not",
        )
    if kind.radius_m is None:
        raise ParameterError(
            name="metres",
            reason_zh=f"{kind.id} 的半径由各设施自定，请给出 metres",
            reason_en=f"{kind.id} takes each facility's own radius; give metres",
        )


def _pose(
    inputs: Inputs, asked: SitingQuestion, kind: Circle, places: gpd.GeoDataFrame, standing: gpd.GeoDataFrame | None
) -> Problem:
    limit = FAR_M if asked.model == "p_median" else float(kind.radius_m or 0.0)
    existing = standing
    if existing is not None:
        room = np.full(len(existing), np.inf)
        if asked.capacity is not None and kind.capacity is not None:
            room = coverage.capacities(existing, kind.capacity).to_numpy(dtype=float)
        existing = existing.assign(**{_PLACES: room}).set_index("facility")
    return siting.pose(
        inputs.graph,
        inputs.homes,
        places,
        limit_m=limit,
        weight=asked.weight,
        existing=existing,
        cost=asked.cost,
        capacity=None if asked.capacity is None else _PLACES,
        snap_limit_m=asked.snap_limit_m,
    )


def _solve(asked: SitingQuestion, problems: Mapping[str, Problem], main: str) -> Proposal:
    if asked.model == "lscp":
        return siting.lscp(problems[main], time_limit_s=asked.time_limit_s)
    if asked.model == "p_median":
        return siting.p_median(problems[main], sites=asked.sites or 0, time_limit_s=asked.time_limit_s)
    question = problems if len(problems) > 1 else problems[main]
    return siting.mclp(question, sites=asked.sites, budget=asked.budget, time_limit_s=asked.time_limit_s)


def _hold_radius(proposal: Proposal, problems: Mapping[str, Problem]) -> None:
    """Nobody is said to be covered from farther than the radius; otherwise the answer would be a lie."""
    limit = max(problem.limit_m for problem in problems.values())
    covered = proposal.assignment.loc[proposal.assignment["covered"], "distance_m"]
    if (covered > limit + TOLERANCE_M).any():
        raise AssertionError("a site of the proposal lies farther than the radius")


def _with_chosen(
    inputs: Inputs, standing: gpd.GeoDataFrame | None, chosen: gpd.GeoDataFrame
) -> gpd.GeoDataFrame | None:
    added = gpd.GeoDataFrame(
        {"facility": chosen.index.astype(str)}, geometry=chosen.geometry.to_numpy(), crs=inputs.graph.crs
    )
    if standing is None:
        return None if added.empty else added
    if added.empty:
        return standing
    plain = gpd.GeoDataFrame(
        pd.DataFrame(standing[["facility"]]), geometry=standing.geometry.to_numpy(), crs=standing.crs
    )
    return gpd.GeoDataFrame(pd.concat([plain, added], ignore_index=True), crs=added.crs)


def _all_entrances(inputs: Inputs, circle: Circle, kind: Circle, chosen: gpd.GeoDataFrame) -> pd.DataFrame:
    known = entrances(inputs)
    known = known.loc[known["circle"] == circle.id]
    xy = shapely.get_coordinates(chosen.geometry.to_numpy())
    added = pd.DataFrame(
        {
            "facility": chosen.index.astype(str),
            "layer": "",
            "circle": circle.id,
            "radius_m": float(kind.radius_m or 0.0),
            "x": xy[:, 0],
            "y": xy[:, 1],
        }
    )
    filled = [table for table in (known, added) if len(table)]
    return pd.concat(filled, ignore_index=True) if filled else known


def _proposed(
    inputs: Inputs, places: gpd.GeoDataFrame, proposal: Proposal, kinds: Mapping[str, Circle]
) -> pd.DataFrame:
    asked = inputs.question
    layer_id = candidate_layer(inputs.register.sources, getattr(asked, "candidates", ""))
    main = next(iter(kinds))
    rows = places.loc[proposal.chosen.index]
    known = [str(kind) or main for kind in proposal.chosen["kind"]]
    degrees = rows.geometry.to_crs(inputs.register.catalogue.district.storage_crs)
    key = inputs.register.catalogue.layer(layer_id).spec.key
    return pd.DataFrame(
        {
            "uid": rows.index.astype(str),
            "layer": layer_id,
            "code": rows[key].astype(str).to_numpy(),
            "name": [None if pd.isna(name) else str(name) for name in rows["name"]],
            "kind": None,
            "subdistrict": [None if pd.isna(code) else str(code) for code in rows["subdistrict"]],
            "scenario": False,
            "proposed": True,
            "circle": known,
            "radius_m": [float(kinds[kind].radius_m or 0.0) for kind in known],
            "lon": np.round(degrees.x.to_numpy(), 7),
            "lat": np.round(degrees.y.to_numpy(), 7),
        }
    )


def _proposal_table(places: gpd.GeoDataFrame, proposal: Proposal, main: str) -> pd.DataFrame:
    chosen = proposal.chosen
    return pd.DataFrame(
        {
            "uid": chosen.index.astype(str),
            "circle": [str(kind) or main for kind in chosen["kind"]],
            "name": [None if pd.isna(name) else str(name) for name in places.loc[chosen.index, "name"]],
            "cost": chosen["cost"].to_numpy(dtype=float),
            "demand": chosen["demand"].to_numpy(dtype=float),
            "farthest_m": chosen["farthest_m"].to_numpy(dtype=float),
        }
    )


def _summary(
    asked: SitingQuestion, proposal: Proposal, tables: Mapping[str, pd.DataFrame], offered: int
) -> dict[str, Any]:
    sites = tables["proposal"].astype(object).where(tables["proposal"].notna(), None).to_dict("records")
    return {
        "model": proposal.model,
        "weight": asked.weight,
        "candidates": offered,
        "sites": sites,
        "objective": float(proposal.objective),
        "bound": float(proposal.bound),
        "gap": float(proposal.gap),
        "optimal": bool(proposal.optimal),
        "weight_total": float(proposal.weight_total),
        "share_before": _number(proposal.share_before),
        "share_after": _number(proposal.share_after),
    }


def _number(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
