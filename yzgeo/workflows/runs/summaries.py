"""The figures of a run: who is covered, by denominator and unit; asked again for any limit without a search."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from yzgeo import coverage
from yzgeo.network import TOLERANCE_M

WEIGHTS = ("people", "dwellings", "buildings")
INNER = frozenset({"people", "dwellings"})
"""Weights that are fields of the buildings, with an access of their own; a building itself is on the map."""


def summarise(
    tables: Mapping[str, pd.DataFrame], *, limit_m: float | None = None, names: Mapping[str, Mapping[str, str]]
) -> dict[str, Any]:
    """
    Add up a run.

    Parameters
    ----------
    tables
        Tables of the run.
    limit_m
        Another limit than the run's.
    names
        Name of each code, by column.

    Returns
    -------
    dict
        ``limit_m``, shares by weight, ``straight``, ``detour_loss`` in percentage points, tables by unit,
        ``least_served``, ``unreachable`` and ``facilities``.
    """
    homes = relimited(tables["demand"], limit_m)
    land = relimited(tables["land"], limit_m) if "land" in tables else None
    limits = homes["limit_m"].dropna().unique()
    whole = {weight: share(homes, weight) for weight in WEIGHTS}
    straight = {weight: share(homes, weight, "straight_covered") for weight in WEIGHTS}
    if land is not None:
        ground = land.loc[land["of"] == "land"]
        whole["land"], straight["land"] = share(ground, "land_m2"), share(ground, "land_m2", "straight_covered")
    lost = homes["distance_m"].isna()
    return {
        "limit_m": float(limits[0]) if len(limits) == 1 else None,
        **whole,
        "straight": straight,
        "detour_loss": {name: _difference(straight[name]["share"], whole[name]["share"]) for name in whole},
        "by_subdistrict": by_unit(homes, "subdistrict", names),
        "by_community": by_unit(homes, "community", names),
        "by_compound": by_unit(homes.loc[homes["compound"].notna()], "compound", names),
        "by_parcel": by_parcel(land),
        "least_served": least_served(homes),
        "unreachable": {
            "points": int(lost.sum()),
            "people": _amount(homes.loc[lost, "people"]),
            "reasons": {str(key): int(count) for key, count in homes.loc[lost, "reason"].value_counts().items()},
        },
        "facilities": len(tables["facilities"]),
    }


def relimited(table: pd.DataFrame, limit_m: float | None) -> pd.DataFrame:
    """
    Decide again who is covered.

    Parameters
    ----------
    table
        Points with ``distance_m`` and ``straight_m``.
    limit_m
        The limit; None leaves what the run decided.

    Returns
    -------
    pandas.DataFrame
        The points.
    """
    if limit_m is None:
        return table
    return table.assign(
        limit_m=limit_m,
        covered=coverage.within(table, limit_m=limit_m).to_numpy(),
        straight_covered=(table["straight_m"] <= limit_m + TOLERANCE_M).to_numpy(),
    )


def share(table: pd.DataFrame, weight: str, covered: str = "covered") -> dict[str, float | None]:
    """
    Add up one weight.

    Parameters
    ----------
    table
        Points.
    weight
        Column to add up; points that lack it are left out.
    covered
        Column that tells who counts.

    Returns
    -------
    dict
        ``covered``, ``total`` and ``share`` in percent; None where nobody knows.
    """
    values = table[weight].to_numpy(dtype=float)
    if not len(values) or np.isnan(values).all():
        return {"covered": None, "total": None, "share": None}
    total = float(np.nansum(values))
    reached = float(np.nansum(values[table[covered].to_numpy(dtype=bool)]))
    return {"covered": reached, "total": total, "share": 100 * reached / total if total > 0 else None}


def by_unit(homes: pd.DataFrame, column: str, names: Mapping[str, Mapping[str, str]]) -> list[dict[str, Any]]:
    """
    Add up by unit.

    Parameters
    ----------
    homes
        Buildings.
    column
        Column with the unit's code.
    names
        Name of each code, by column.

    Returns
    -------
    list of dict
        ``code``, ``name`` and a share per weight, the least covered first.
    """
    known = names.get(column, {})
    units = homes[column].fillna("").astype(str)
    unit_of, codes = pd.factorize(units, sort=True)
    told = pd.DataFrame({"unit": units, "office": homes["subdistrict"]}).dropna().drop_duplicates()
    alone = told.loc[~told["unit"].duplicated(keep=False)]
    offices = dict(zip(alone["unit"], alone["office"].astype(str), strict=True))
    covered = homes["covered"].to_numpy(dtype=bool)
    shares = {weight: _shares(homes[weight].to_numpy(dtype=float), covered, unit_of, len(codes)) for weight in WEIGHTS}
    rows = []
    for number, code in enumerate(codes.tolist()):
        entry: dict[str, Any] = {"code": code or None, "name": known.get(code)}
        if column != "subdistrict":
            entry["subdistrict"] = offices.get(code)
        rows.append(entry | {weight: shares[weight][number] for weight in WEIGHTS})
    return sorted(rows, key=lambda row: (_sortable(row["buildings"]["share"]), row["code"] or ""))


def by_parcel(land: pd.DataFrame | None) -> list[dict[str, Any]]:
    """
    Add up the land of cleared parcels.

    Parameters
    ----------
    land
        Sampled land.

    Returns
    -------
    list of dict
        ``uid``, ``code``, ``name``, ``subdistrict``, ``land`` and the nearest and farthest way.
    """
    if land is None:
        return []
    rows = []
    for uid, group in land.loc[land["of"] == "parcel"].groupby("area", sort=True):
        first = group.iloc[0]
        nearest = group["distance_m"].min()
        rows.append(
            {
                "uid": str(uid),
                "code": first["code"],
                "name": first["name"],
                "subdistrict": first["subdistrict"],
                "land": share(group, "land_m2"),
                "distance_m": None if pd.isna(nearest) else float(nearest),
            }
        )
    return rows


def least_served(homes: pd.DataFrame) -> dict[str, float | None] | None:
    """
    Look at the tenth of the people who have it farthest.

    Parameters
    ----------
    homes
        Buildings.

    Returns
    -------
    dict or None
        As `coverage.least_served`; None where no people are known.
    """
    if not homes["people"].fillna(0).sum() > 0:
        return None
    found = coverage.least_served(homes, homes["people"])
    return {str(name): None if not np.isfinite(value) else float(value) for name, value in found.items()}


def compare(one: pd.DataFrame, other: pd.DataFrame, *, limit_m: float | None = None) -> dict[str, Any]:
    """
    Say who comes in and who falls out.

    Parameters
    ----------
    one, other
        Buildings of two runs.
    limit_m
        Another limit than the runs' own.

    Returns
    -------
    dict
        ``gained`` and ``lost`` by weight, ``uids_in``, ``uids_out``, and ``only_before``, ``only_after``:
        buildings that only one of the two knows, which are not compared.
    """
    before, after = (relimited(table, limit_m).set_index("uid") for table in (one, other))
    both = before.index.intersection(after.index)
    then, now = before.loc[both], after.loc[both]
    change = coverage.compare(then, now)
    entered, left = change.index[change["change"] == "in"], change.index[change["change"] == "out"]
    shorter = change["saved_m"] > TOLERANCE_M
    return {
        "gained": {weight: _amount(now.loc[entered, weight]) for weight in WEIGHTS},
        "lost": {weight: _amount(now.loc[left, weight]) for weight in WEIGHTS},
        "uids_in": entered.tolist(),
        "uids_out": left.tolist(),
        "before": {weight: share(then, weight) for weight in WEIGHTS},
        "after": {weight: share(now, weight) for weight in WEIGHTS},
        "shorter": {weight: _amount(now.loc[shorter, weight]) for weight in WEIGHTS},
        "only_before": len(before.index.difference(both)),
        "only_after": len(after.index.difference(both)),
    }


def _shares(
    values: NDArray[np.float64], covered: NDArray[np.bool_], unit_of: NDArray[np.int64], count: int
) -> list[dict[str, float | None]]:
    """As `share`, for every unit at once: a district has hundreds, and the slider asks for all of them."""
    known = ~np.isnan(values)
    there = np.bincount(unit_of[known], minlength=count) > 0
    total = np.bincount(unit_of, weights=np.where(known, values, 0.0), minlength=count)
    reached = np.bincount(unit_of, weights=np.where(known & covered, values, 0.0), minlength=count)
    return [
        {"covered": part, "total": whole, "share": 100 * part / whole if whole > 0 else None}
        if any_known
        else {"covered": None, "total": None, "share": None}
        for any_known, part, whole in zip(there.tolist(), reached.tolist(), total.tolist(), strict=True)
    ]


def _amount(values: pd.Series) -> float | None:
    known = values.dropna()
    return None if len(values) and known.empty else float(known.sum())


def _difference(one: float | None, other: float | None) -> float | None:
    return None if one is None or other is None else one - other


def _sortable(value: float | None) -> float:
    return np.inf if value is None else value
