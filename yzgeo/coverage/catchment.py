"""Capacity: two-step floating catchment (2SFCA), and how many fit into the places within reach."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_matrix

from yzgeo import network
from yzgeo.errors import InputError, ParameterError

from .circles import CapacityRule
from .distances import point_coordinates


@dataclass(frozen=True, eq=False)
class Catchment:
    """Two-step floating catchment: places per head at each facility and within reach of each demand point."""

    facilities: pd.DataFrame
    demand: pd.DataFrame


@dataclass(frozen=True, eq=False)
class Allocation:
    """The most people that the places within reach can take in, and how they are shared out."""

    facilities: pd.DataFrame
    demand: pd.DataFrame


def reachable(
    graph: network.Graph,
    facilities: gpd.GeoDataFrame,
    demand: gpd.GeoDataFrame,
    *,
    limit_m: float | pd.Series,
    snap_limit_m: float = network.SNAP_LIMIT_M,
    towards: network.Towards = "facility",
) -> pd.DataFrame:
    """
    List every facility within reach of every demand point.

    Parameters
    ----------
    graph
        The network.
    facilities
        Points on any index.
    demand
        Points on any index.
    limit_m
        Longest way in metres: one for all, or one per facility on the facilities' index (missing: not used).
    snap_limit_m
        Longest straight way to the network, in metres.
    towards
        As in `nearest`.

    Returns
    -------
    pandas.DataFrame
        ``source`` (position of the facility), ``destination`` (position of the demand point) and ``distance_m``.

    Raises
    ------
    ParameterError
        If a limit is negative.
    """
    per_facility = np.broadcast_to(np.asarray(limit_m, dtype=float), len(facilities))
    longest = float(np.nanmax(per_facility, initial=0.0))
    xy = [
        point_coordinates(facilities, graph.crs, what_zh="设施", what_en="facility"),
        point_coordinates(demand, graph.crs, what_zh="需求点", what_en="demand point"),
    ]
    sources, points = (network.snap(graph, places, limit_m=snap_limit_m) for places in xy)
    table = network.pairs(graph, sources, points, limit_m=longest, towards=towards)
    near = table["distance_m"].to_numpy() <= per_facility[table["source"].to_numpy()] + network.TOLERANCE_M
    kept: pd.DataFrame = table.loc[near].reset_index(drop=True)
    return kept


def two_step(within_reach: pd.DataFrame, capacity: pd.Series, people: pd.Series) -> Catchment:
    """
    Relate places to the people who share them.

    First each facility's places are divided by everyone within its reach, then each demand point adds up what is within
    its own reach. Nothing fades with distance inside the limit.

    Parameters
    ----------
    within_reach
        What `reachable` gave.
    capacity
        Places of each facility, on the facilities' index.
    people
        People of each demand point, on the demand's index; missing counts as nought.

    Returns
    -------
    Catchment
        ``facilities``: ``capacity``, ``people`` in reach and ``per_head`` (missing where nobody is); ``demand``:
        ``per_head`` (nought where nothing is in reach) and ``facilities`` in reach.

    Raises
    ------
    InputError
        If a capacity or a number of people is negative or a capacity is missing.
    """
    places, heads = _amounts(capacity, people)
    source, point = within_reach["source"].to_numpy(), within_reach["destination"].to_numpy()
    sharing = np.bincount(source, weights=heads[point], minlength=len(places))
    ratio = np.divide(places, sharing, out=np.full(len(places), np.nan), where=sharing > 0)
    offered = np.nan_to_num(ratio[source])
    return Catchment(
        facilities=pd.DataFrame({"capacity": places, "people": sharing, "per_head": ratio}, index=capacity.index),
        demand=pd.DataFrame(
            {
                "per_head": np.bincount(point, weights=offered, minlength=len(heads)),
                "facilities": np.bincount(point, minlength=len(heads)),
            },
            index=people.index,
        ),
    )


def allocate(within_reach: pd.DataFrame, capacity: pd.Series, people: pd.Series) -> Allocation:
    """
    Fill the places within reach with as many people as possible.

    A shelter nearby helps nobody when it is full: this is the most that any distribution can take in, solved as a
    linear programme.

    Parameters
    ----------
    within_reach
        What `reachable` gave.
    capacity
        Places of each facility, on the facilities' index.
    people
        People of each demand point, on the demand's index; missing counts as nought.

    Returns
    -------
    Allocation
        ``facilities``: ``capacity`` and ``taken``; ``demand``: ``people``, ``placed`` and ``unplaced``.

    Raises
    ------
    InputError
        As in `two_step`.
    """
    places, heads = _amounts(capacity, people)
    source, point = within_reach["source"].to_numpy(), within_reach["destination"].to_numpy()
    count = len(within_reach)
    flow = np.zeros(count)
    if count:
        columns = np.arange(count)
        rows = np.concatenate([source, len(places) + point])
        matrix = csr_matrix(
            (np.ones(2 * count), (rows, np.concatenate([columns, columns]))), shape=(len(places) + len(heads), count)
        )
        full = LinearConstraint(matrix, ub=np.concatenate([places, heads]))
        # Among equal solutions prefer the shorter ways, far too lightly to cost anyone a place.
        metres = within_reach["distance_m"].to_numpy()
        preference = metres / (1000.0 * max(float(metres.max()), 1.0))
        solved = milp(preference - 1.0, constraints=full, bounds=Bounds(0, np.inf))
        flow = np.asarray(solved.x, dtype=float)
    taken = np.bincount(source, weights=flow, minlength=len(places))
    placed = np.bincount(point, weights=flow, minlength=len(heads))
    return Allocation(
        facilities=pd.DataFrame({"capacity": places, "taken": taken}, index=capacity.index),
        demand=pd.DataFrame({"people": heads, "placed": placed, "unplaced": heads - placed}, index=people.index),
    )


def capacities(facilities: gpd.GeoDataFrame, rule: CapacityRule) -> pd.Series:
    """
    Read how many people each facility takes in.

    Parameters
    ----------
    facilities
        Facilities with the fields that the rule names.
    rule
        The circle's rule.

    Returns
    -------
    pandas.Series
        People; where none is registered, the area divided by the area per head, and nought where there is neither.

    Raises
    ------
    ParameterError
        If the facilities lack the field.
    """
    if rule.field not in facilities.columns:
        raise ParameterError(name=rule.field, reason_zh="设施没有这一列", reason_en="the facilities lack this column")
    places: pd.Series = pd.to_numeric(facilities[rule.field], errors="coerce").astype(float)
    if rule.area_field is not None and rule.area_per_head_m2 is not None:
        area = pd.to_numeric(facilities[rule.area_field], errors="coerce").astype(float)
        places = places.fillna(np.floor(area / rule.area_per_head_m2))
    known: pd.Series = places.fillna(0.0).rename("capacity")
    return known


def _amounts(capacity: pd.Series, people: pd.Series) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    places, heads = capacity.to_numpy(dtype=float), people.fillna(0.0).to_numpy(dtype=float)
    if not (places >= 0).all() or not (heads >= 0).all():
        raise InputError(
            what="capacity", reason_zh="容量或人数为负或缺失。", reason_en="places or people are negative or missing."
        )
    return places, heads
