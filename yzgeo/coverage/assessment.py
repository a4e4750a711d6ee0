"""Assessments: a circle asked of every demand point, and what that means for people, dwellings, buildings and land.

The straight-line answer stands beside the network's in every table. Their difference is the detour loss (绕行损失): who
would be counted as covered by a ring on the map and in truth is not.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

import geopandas as gpd
import numpy as np
import pandas as pd

from yzgeo import network
from yzgeo.catalogue import Catalogue
from yzgeo.errors import InputError, ParameterError

from .circles import Circle, circle, facilities_of
from .distances import nearest

ALL = "all"
"""The group of everyone, in tables by group."""


def measure(
    chosen: Circle,
    graph: network.Graph,
    facilities: gpd.GeoDataFrame | None,
    demand: gpd.GeoDataFrame,
    *,
    snap_limit_m: float = network.SNAP_LIMIT_M,
) -> pd.DataFrame:
    """
    Ask one circle, without members, of every demand point.

    Parameters
    ----------
    chosen
        The circle.
    graph
        The network of its mode.
    facilities
        Points with a column ``facility``, see `facilities_of`; None where there is none.
    demand
        Demand points.
    snap_limit_m
        Longest straight way to the network, in metres.

    Returns
    -------
    pandas.DataFrame
        On the demand's index: the columns of `nearest`, and ``limit_m`` (the radius that applied), ``minutes`` (where
        the circle has a speed), ``covered``, ``straight_covered``, ``gap_m`` (metres beyond the limit; 0 where covered,
        missing where there is no way) and ``detour_m`` (longer than as the crow flies).

    Raises
    ------
    NetworkError
        If facilities or demand cannot be used.
    InputError
        If no facility has a radius of its own, where the circle asks for that.
    """
    if facilities is None or facilities.empty:
        return _nobody(demand)
    best: pd.DataFrame | None = None
    for radius_m, group in _by_radius(chosen, facilities):
        found = nearest(
            graph, group, demand, snap_limit_m=snap_limit_m, facility_id="facility", towards=chosen.towards
        ).assign(limit_m=radius_m)
        found["covered"] = found["distance_m"] <= radius_m + network.TOLERANCE_M
        found["straight_covered"] = found["straight_m"] <= radius_m
        best = found if best is None else _nearer(best, found)
    if best is None:
        raise InputError(
            what=str(chosen.limit_field), reason_zh="没有一个设施登记了半径。", reason_en="no facility has a radius."
        )
    best["gap_m"] = (best["distance_m"] - best["limit_m"]).clip(lower=0).where(~best["covered"], 0.0)
    best["detour_m"] = best["distance_m"] - best["straight_m"]
    best["minutes"] = best["distance_m"] / (chosen.speed_kmh * 1000 / 60) if chosen.speed_kmh else np.nan
    return best


def assess(
    chosen: Circle,
    graph: network.Graph,
    frames: Mapping[str, gpd.GeoDataFrame],
    demand: gpd.GeoDataFrame,
    *,
    circles: Mapping[str, Circle],
    catalogue: Catalogue,
    planned: bool = False,
    extra: gpd.GeoDataFrame | None = None,
) -> pd.DataFrame:
    """
    Ask a circle, with or without members, of every demand point.

    Parameters
    ----------
    chosen
        The circle.
    graph
        The network of its mode.
    frames
        A frame per layer, in a projected system.
    demand
        Demand points.
    circles
        All circles, where members are looked up.
    catalogue
        The catalogue.
    planned
        Count facilities that are not finished yet, too.
    extra
        More facilities, of a scenario: points with ``facility`` and, where the circle has members, ``circle``.

    Returns
    -------
    pandas.DataFrame
        As `measure`. With members: covered means covered by all; distance, facility and gap are those of the kind that
        is farthest away; ``missing`` lists the members that do not cover.

    Raises
    ------
    CircleUnknownError
        If a member does not exist.
    """
    if chosen.members:
        tables = {}
        for member_id in chosen.members:
            more = None if extra is None else extra.loc[extra["circle"] == member_id]
            tables[member_id] = assess(
                circle(circles, member_id), graph, frames, demand,
                circles=circles, catalogue=catalogue, planned=planned, extra=more,
            )  # fmt: skip
        return _all_of(tables)
    facilities = facilities_of(chosen, frames, catalogue, planned=planned)
    if extra is not None and not extra.empty:
        joined = (
            extra if facilities is None else pd.concat([facilities, extra.to_crs(facilities.crs)], ignore_index=True)
        )
        facilities = gpd.GeoDataFrame(joined, crs=extra.crs if facilities is None else facilities.crs)
    return measure(chosen, graph, facilities, demand)


def shares(
    table: pd.DataFrame, demand: gpd.GeoDataFrame, *, weights: Iterable[str], by: str | None = None
) -> pd.DataFrame:
    """
    Add up who is covered, with every denominator named.

    Parameters
    ----------
    table
        What `assess` gave.
    demand
        The demand points, with weight and group columns, on the same index.
    weights
        Weight columns: ``people``, ``dwellings``, ``buildings``, ``land_m2``.
    by
        Group column, for instance ``subdistrict``; None gives only the whole.

    Returns
    -------
    pandas.DataFrame
        One row per group and weight, the whole (group ``all``) first: ``group``, ``weight``, ``total``, ``covered``,
        ``share``, ``straight_share`` and ``detour_loss`` (all three in percent; missing where the total is nought),
        ``points`` and ``unknown`` (points whose weight nobody knows, left out of the total).

    Raises
    ------
    InputError
        If a column is missing or the indexes differ.
    """
    if not table.index.equals(demand.index):
        raise InputError(
            what="demand", reason_zh="与结果的索引不同。", reason_en="its index differs from the result's."
        )
    columns = [*weights, *([by] if by else [])]
    for column in columns:
        if column not in demand.columns:
            raise InputError(
                what=column, reason_zh="需求点没有这一列。", reason_en="the demand points lack this column."
            )
    pieces = []
    for weight in weights:
        value = pd.to_numeric(demand[weight], errors="coerce").astype(float)
        sums = pd.DataFrame(
            {
                "total": value,
                "covered": value.where(table["covered"], 0.0),
                "straight": value.where(table["straight_covered"], 0.0),
                "points": 1,
                "unknown": value.isna().astype(int),
            }
        )
        whole = sums.sum().to_frame().T.assign(group=ALL)
        groups = [] if by is None else [sums.groupby(demand[by].fillna("")).sum().rename_axis("group").reset_index()]
        pieces.append(pd.concat([whole, *groups], ignore_index=True).assign(weight=weight))
    result = pd.concat(pieces, ignore_index=True)
    total = result["total"].where(result["total"] > 0)
    result["share"] = 100 * result["covered"] / total
    result["straight_share"] = 100 * result.pop("straight") / total
    result["detour_loss"] = result["straight_share"] - result["share"]
    result[["points", "unknown"]] = result[["points", "unknown"]].astype(int)
    order = ["group", "weight", "total", "covered", "share", "straight_share", "detour_loss", "points", "unknown"]
    return result[order]


def uncovered(table: pd.DataFrame, demand: gpd.GeoDataFrame, *, columns: Collection[str] = ()) -> pd.DataFrame:
    """
    List who is not covered, the worst off first.

    Parameters
    ----------
    table
        What `assess` gave.
    demand
        The demand points, on the same index.
    columns
        Columns of the demand to put in front: name, subdistrict, compound, people …

    Returns
    -------
    pandas.DataFrame
        Rows of uncovered points: the wanted columns, ``distance_m``, ``gap_m``, ``straight_m``, ``facility_id``,
        ``reason`` (``beyond_limit`` where only metres are missing). Points with no way at all stand first.
    """
    rows = table.loc[~table["covered"]]
    listed = demand.loc[rows.index, [column for column in columns if column in demand.columns]].join(
        rows[["distance_m", "gap_m", "straight_m", "facility_id", "reason"]]
    )
    listed["reason"] = listed["reason"].fillna("beyond_limit")
    worst_first: pd.DataFrame = listed.sort_values("gap_m", ascending=False, na_position="first", kind="stable")
    return worst_first


def least_served(table: pd.DataFrame, weight: pd.Series, *, fraction: float = 0.1) -> pd.Series:
    """
    Look at the tenth of the people who have it farthest, beside the average of all.

    Parameters
    ----------
    table
        What `assess` gave.
    weight
        How many people each point stands for, on the same index; missing counts as nought.
    fraction
        Part of all people to look at, above 0 and at most 1.

    Returns
    -------
    pandas.Series
        ``people``, ``from_m`` (they all have at least this far; infinite if they have no way), ``mean_m`` of those
        among them who have a way, ``mean_all_m``, and ``no_way`` (people without any).

    Raises
    ------
    ParameterError
        If the fraction is out of range.
    InputError
        If nobody lives there.
    """
    if not 0 < fraction <= 1:
        raise ParameterError(
            name="fraction", reason_zh="应在 0 与 1 之间", reason_en="it must be above 0 and at most 1"
        )
    people = weight.fillna(0.0).to_numpy(dtype=float)
    if not people.sum() > 0:
        raise InputError(what=str(weight.name), reason_zh="没有人口。", reason_en="there are no people.")
    metres = table["distance_m"].fillna(np.inf).to_numpy()
    order = np.argsort(-metres, kind="stable")
    wanted = fraction * people.sum()
    before = np.concatenate([[0.0], np.cumsum(people[order])[:-1]])
    # The last point is split, so that exactly the fraction is looked at.
    taken = np.clip(wanted - before, 0.0, people[order])
    far = metres[order]
    way = np.isfinite(far) & (taken > 0)
    known = np.isfinite(metres)
    last = far[taken > 0]
    return pd.Series(
        {
            "people": float(taken.sum()),
            "from_m": float(last[-1]),
            "mean_m": _mean(far[way], taken[way]),
            "mean_all_m": _mean(metres[known], people[known]),
            "no_way": float(people[~known].sum()),
        }
    )


def compare(before: pd.DataFrame, after: pd.DataFrame) -> pd.DataFrame:
    """
    Say who comes in and who falls out between two assessments of the same points.

    Parameters
    ----------
    before, after
        Two answers of `assess`, for instance today's and a scenario's, on the same index.

    Returns
    -------
    pandas.DataFrame
        On that index: ``change`` (``in``, ``out``, ``covered``, ``uncovered``) and ``saved_m`` (shorter way in the
        second; missing where one of the two has no way).

    Raises
    ------
    InputError
        If the points are not the same.
    """
    if not before.index.equals(after.index):
        raise InputError(what="after", reason_zh="需求点不同，不能比较。", reason_en="it is about other demand points.")
    then, now = before["covered"].to_numpy(dtype=bool), after["covered"].to_numpy(dtype=bool)
    change = np.select([now & ~then, then & ~now, now], ["in", "out", "covered"], "uncovered")
    return pd.DataFrame({"change": change, "saved_m": before["distance_m"] - after["distance_m"]}, index=before.index)


def _by_radius(chosen: Circle, facilities: gpd.GeoDataFrame) -> list[tuple[float, gpd.GeoDataFrame]]:
    if chosen.limit_field is None:
        return [(float(chosen.radius_m or 0.0), facilities)]
    radius = pd.to_numeric(facilities[chosen.limit_field], errors="coerce")
    return [(float(metres), facilities.loc[radius == metres]) for metres in np.unique(radius[radius > 0].dropna())]


def _nearer(one: pd.DataFrame, other: pd.DataFrame) -> pd.DataFrame:
    """Of two answers keep the one that leaves less to walk beyond its radius; the straight line has its own choice."""
    margin_one = (one["distance_m"] - one["limit_m"]).fillna(np.inf)
    margin_other = (other["distance_m"] - other["limit_m"]).fillna(np.inf)
    picked = one.where(margin_one <= margin_other, other)
    closer = one["straight_m"] - one["limit_m"] <= other["straight_m"] - other["limit_m"]
    picked["straight_m"] = one["straight_m"].where(closer, other["straight_m"])
    for column in ("covered", "straight_covered"):
        picked[column] = one[column] | other[column]
    typed: pd.DataFrame = picked.astype(one.dtypes.to_dict())
    return typed


def _nobody(demand: gpd.GeoDataFrame) -> pd.DataFrame:
    """Everyone is uncovered where there is no facility at all."""
    table = pd.DataFrame(index=demand.index)
    for column in ("distance_m", "straight_m", "access_m", "limit_m", "gap_m", "detour_m", "minutes"):
        table[column] = np.nan
    table["facility_id"] = pd.Series(None, index=demand.index, dtype=object)
    table["reason"] = pd.Series("no_facility", index=demand.index, dtype="string")
    table["covered"] = False
    table["straight_covered"] = False
    return table


def _all_of(tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    names, parts = list(tables), list(tables.values())
    covered = np.stack([part["covered"].to_numpy(dtype=bool) for part in parts])
    metres = np.stack([part["distance_m"].fillna(np.inf).to_numpy() for part in parts])
    worst = metres.argmax(axis=0)
    rows = np.arange(len(worst))
    stacked = pd.concat(parts, ignore_index=True)
    result: pd.DataFrame = stacked.iloc[worst * len(worst) + rows].set_axis(parts[0].index)
    straight = np.stack([part["straight_covered"].to_numpy(dtype=bool) for part in parts])
    missing = ["、".join(np.array(names)[~column]) for column in covered.T]
    # The longest straight line of all kinds, so that a slider decides the straight answer for all of them, too.
    straight_m = np.max(np.stack([part["straight_m"].to_numpy(dtype=float) for part in parts]), axis=0)
    return result.assign(
        covered=np.asarray(covered.all(axis=0)),
        straight_covered=np.asarray(straight.all(axis=0)),
        straight_m=straight_m,
        detour_m=result["distance_m"].to_numpy(dtype=float) - straight_m,
        missing=missing,
    )


def _mean(values: np.ndarray[tuple[int], np.dtype[np.float64]], weights: object) -> float:
    weighed = np.asarray(weights, dtype=float)
    return float(np.average(values, weights=weighed)) if weighed.sum() > 0 else float("nan")
