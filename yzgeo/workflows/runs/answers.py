"""What people are shown of a run: only what their role may see of the layers and fields it was made of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import orjson
import pandas as pd
import shapely

from yzgeo import coverage, crs, network
from yzgeo.access import Role
from yzgeo.errors import FeatureUnknownError, ParameterError
from yzgeo.workflows.overview import visible_fields

from .desk import RunDesk
from .parameters import FAR_M
from .summaries import INNER, compare, relimited, summarise

_EMPTY = {"covered": None, "total": None, "share": None}
_UNITS = ("by_subdistrict", "by_community", "by_compound")
_DEMAND = (
    "uid", "code", "name", "subdistrict", "community", "compound", "people", "dwellings", "distance_m", "straight_m",
    "limit_m", "covered", "straight_covered", "minutes", "reason", "missing", "places_per_head",
)  # fmt: skip
_DECIMALS = {"distance_m": 2, "straight_m": 2, "limit_m": 2, "minutes": 2, "places_per_head": 4, "radius_m": 2}


@dataclass(frozen=True)
class Viewer:
    """The one who looks."""

    role: Role
    subdistricts: Sequence[str] = ()

    @property
    def limited(self) -> bool:
        """Whether what is not public may be seen for some street offices only."""
        return self.role == "field"

    @property
    def key(self) -> str:
        """Names everything that answers differ by."""
        return f"{self.role}:{','.join(sorted(self.subdistricts)) if self.limited else ''}"


def describe(desk: RunDesk, run: Mapping[str, Any], viewer: Viewer, *, limit_m: float | None = None) -> dict[str, Any]:
    """
    Describe a run.

    Parameters
    ----------
    desk
        The desk.
    run
        The run.
    viewer
        Who looks.
    limit_m
        Another limit for the figures.

    Returns
    -------
    dict
        State, parameters, inputs, versions and figures; what the viewer may not see is None and named in ``withheld``.

    Raises
    ------
    ParameterError
        If the limit is absurd.
    """
    summary = run["summary"]
    if limit_m is not None and run["state"] == "done":
        check_limit(limit_m)
        again = summarise(tables_of(desk, run["id"]), limit_m=limit_m, names=desk.names())
        summary = {**summary, **again}
    scenario = run.get("scenario")
    return {
        **{name: value for name, value in run.items() if name not in {"summary", "scenario"}},
        "actor": None if viewer.role == "anonymous" else run["actor"],
        "scenario": None if scenario is None else {"id": scenario["id"], "title": scenario["title"]},
        "summary": None if summary is None else masked_summary(summary, hidden_weights(desk, viewer), viewer),
        "links": links(run["id"]),
    }


def briefly(told: dict[str, Any]) -> dict[str, Any]:
    """
    Leave the tables by unit out of a described run.

    Parameters
    ----------
    told
        What `describe` gave.

    Returns
    -------
    dict
        The same without them.
    """
    summary = told["summary"]
    if summary is None:
        return told
    return {**told, "summary": {name: part for name, part in summary.items() if not name.startswith("by_")}}


def links(run_id: str) -> dict[str, str]:
    """
    List the addresses of a run's answers.

    Parameters
    ----------
    run_id
        Its id.

    Returns
    -------
    dict
        Address by name.
    """
    base = f"/api/runs/{run_id}"
    return {
        "self": base,
        "demand": f"{base}/demand",
        "facilities": f"{base}/facilities",
        "reach": f"{base}/reach",
        "tiles": f"{base}/tiles",
        "route": f"{base}/route?uid={{uid}}",
        "uncovered": f"{base}/uncovered.xlsx",
        "compare": f"{base}/compare/{{other}}",
        "job": f"/ogc/jobs/{run_id}",
    }


def hidden_weights(desk: RunDesk, viewer: Viewer) -> frozenset[str]:
    """
    List the weights a viewer may not see at all.

    Parameters
    ----------
    desk
        The desk.
    viewer
        Who looks.

    Returns
    -------
    frozenset of str
        Of ``people`` and ``dwellings``.
    """
    spec = desk.sources.demand
    visible = visible_fields(desk.catalogue.layer(spec.layer), viewer.role)
    fields = {"people": spec.people, "dwellings": spec.dwellings}
    return frozenset(weight for weight, field in fields.items() if field not in visible)


def masked_summary(summary: Mapping[str, Any], hidden: frozenset[str], viewer: Viewer) -> dict[str, Any]:
    """
    Take out of the figures what a viewer may not see.

    Parameters
    ----------
    summary
        The figures.
    hidden
        Weights to take out.
    viewer
        Who looks.

    Returns
    -------
    dict
        The figures with gaps, and ``withheld``.
    """
    told = dict(summary)
    for weight in hidden:
        told[weight] = _EMPTY
        told["straight"] = {**told["straight"], weight: _EMPTY}
        told["detour_loss"] = {**told["detour_loss"], weight: None}
        if "before" in told:
            told["before"] = {**told["before"], weight: _EMPTY}
    for table in _UNITS:
        told[table] = [_masked_unit(row, table, hidden, viewer) for row in summary[table]]
    if "people" in hidden:
        told["least_served"] = None
        told["unreachable"] = {**summary["unreachable"], "people": None}
        told.pop("capacity", None)
    chosen = told.get("siting")
    if chosen is not None and chosen["weight"] in hidden:
        gone = dict.fromkeys(("objective", "bound", "weight_total", "share_before", "share_after"))
        told["siting"] = {**chosen, **gone, "sites": [{**site, "demand": None} for site in chosen["sites"]]}
    told["withheld"] = sorted(hidden)
    return told


def masked_homes(homes: pd.DataFrame, hidden: frozenset[str], viewer: Viewer) -> pd.DataFrame:
    """
    Take out of the buildings what a viewer may not see.

    Parameters
    ----------
    homes
        Buildings.
    hidden
        Weights to take out.
    viewer
        Who looks; staff of the field see weights in their own street offices.

    Returns
    -------
    pandas.DataFrame
        The buildings with gaps.
    """
    told = homes.assign(**dict.fromkeys(hidden, np.nan))
    if viewer.limited:
        foreign = ~told["subdistrict"].isin(list(viewer.subdistricts))
        for weight in INNER:
            told.loc[foreign, weight] = np.nan
    if "places_per_head" in told.columns and "people" in hidden:
        told = told.drop(columns="places_per_head")
    return told


def demand_points(desk: RunDesk, run_id: str, viewer: Viewer, *, limit_m: float | None = None) -> pd.DataFrame:
    """
    List every building with its distance, as far as a viewer may see.

    Parameters
    ----------
    desk
        The desk.
    run_id
        Id of a run that is done.
    viewer
        Who looks.
    limit_m
        Another limit than the run's.

    Returns
    -------
    pandas.DataFrame
        One row per building with ``lon`` and ``lat``.
    """
    known = relimited(tables_of(desk, run_id)["demand"], limit_m)
    homes = masked_homes(known, hidden_weights(desk, viewer), viewer)
    columns = [name for name in _DEMAND if name in homes.columns]
    told = homes[[*columns, "lon", "lat"]].assign(facility_uid=homes["facility"])
    before = desk.shelf.table(run_id, "before")
    if before is not None:
        told["before_m"] = before["distance_m"].round(2).to_numpy()
        told["before_covered"] = before["covered"].to_numpy()
    return told


def demand_geojson(desk: RunDesk, run_id: str, viewer: Viewer) -> bytes:
    """
    Give every building with its distance, so that a slider needs no new search.

    Parameters
    ----------
    desk
        The desk.
    run_id
        Id of a run that is done.
    viewer
        Who looks.

    Returns
    -------
    bytes
        GeoJSON points.
    """
    return points_geojson(demand_points(desk, run_id, viewer))


def facilities_geojson(desk: RunDesk, run_id: str) -> bytes:
    """
    Give the facilities of a run, proposed ones among them.

    Parameters
    ----------
    desk
        The desk.
    run_id
        Id of a run that is done.

    Returns
    -------
    bytes
        GeoJSON points.
    """
    return points_geojson(tables_of(desk, run_id)["facilities"])


def points_geojson(table: pd.DataFrame) -> bytes:
    """
    Write points as GeoJSON.

    Parameters
    ----------
    table
        Rows with ``lon``, ``lat`` and properties.

    Returns
    -------
    bytes
        A feature collection; gaps are null.
    """
    columns = [name for name in table.columns if name not in {"lon", "lat"}]
    rounded = {name: table[name].round(_DECIMALS[name]) if name in _DECIMALS else table[name] for name in columns}
    values = [rounded[name].astype(object).where(table[name].notna(), None).tolist() for name in columns]
    places = zip(table["lon"].tolist(), table["lat"].tolist(), strict=True)
    features = [
        {
            "type": "Feature",
            "geometry": {"type": "Point", "coordinates": place},
            "properties": dict(zip(columns, row, strict=True)),
        }
        for place, row in zip(places, zip(*values, strict=True), strict=True)
    ]
    return orjson.dumps({"type": "FeatureCollection", "features": features}, option=orjson.OPT_SERIALIZE_NUMPY)


def route_geojson(desk: RunDesk, run: Mapping[str, Any], uid: str) -> bytes:
    """
    Draw the way between a building and its nearest facility.

    Parameters
    ----------
    desk
        The desk.
    run
        A run that is done.
    uid
        The building.

    Returns
    -------
    bytes
        GeoJSON: a line with ``metres`` and ``minutes``, or no feature where there is no way.

    Raises
    ------
    FeatureUnknownError
        If the run does not know the building.
    """
    tables = tables_of(desk, run["id"])
    found = tables["demand"].loc[tables["demand"]["uid"] == uid]
    if found.empty:
        raise FeatureUnknownError(layer=desk.sources.demand.layer, uid=uid)
    row = found.iloc[0]
    if pd.isna(row["distance_m"]):
        return _collection([])
    inputs = desk.inputs_of(run)
    graph, asked = inputs.graph, inputs.question
    home = inputs.homes.loc[[uid]]
    spots = tables["entrances"].loc[tables["entrances"]["facility"] == row["facility"]]
    doors = gpd.GeoDataFrame(geometry=gpd.points_from_xy(spots["x"], spots["y"]), crs=graph.crs)
    towards = inputs.circles[0].towards
    nearest = coverage.nearest(graph, doors, home, snap_limit_m=asked.snap_limit_m, towards=towards)
    door = doors.loc[[int(nearest["facility_id"].iloc[0])]]
    ends = [
        network.snap(graph, shapely.get_coordinates(one.geometry.to_numpy()), limit_m=asked.snap_limit_m)
        for one in (door, home)
    ]
    metres, lines = network.route(graph, ends[0], ends[1], towards=towards)
    minutes = None if pd.isna(row["minutes"]) else round(float(row["minutes"]), 2)
    line = gpd.GeoDataFrame(
        {
            "uid": [uid],
            "facility_uid": [row["facility"]],
            "metres": [round(float(metres[0]), 2)],
            "straight_m": [round(float(row["straight_m"]), 2)],
            "minutes": [minutes],
        },
        geometry=list(lines),
        crs=graph.crs,
    )
    return _lines_geojson(line, desk)


def reach_geojson(desk: RunDesk, run: Mapping[str, Any], *, limit_m: float | None = None) -> bytes:
    """
    Draw the streets within reach of the facilities, cut exactly at the limit.

    Parameters
    ----------
    desk
        The desk.
    run
        A run that is done.
    limit_m
        Another limit than the run's, which may differ between facilities.

    Returns
    -------
    bytes
        GeoJSON lines with ``edge`` (uid of the road), ``whole``, ``circle`` and ``limit_m``.

    Raises
    ------
    ParameterError
        If the limit is absurd.
    """
    if limit_m is not None:
        check_limit(limit_m)
    lines = reached_lines(desk, run, limit_m=limit_m)
    return _collection([]) if lines is None else _lines_geojson(lines, desk)


def reached_lines(desk: RunDesk, run: Mapping[str, Any], *, limit_m: float | None = None) -> gpd.GeoDataFrame | None:
    """
    Cut the streets within reach of the facilities.

    Parameters
    ----------
    desk
        The desk.
    run
        A run that is done.
    limit_m
        Another limit than the run's.

    Returns
    -------
    geopandas.GeoDataFrame or None
        Lines in metres with ``edge``, ``whole``, ``circle`` and ``limit_m``; None where nothing is within reach.
    """
    inputs, spots = desk.inputs_of(run), tables_of(desk, run["id"])["entrances"]
    spots = spots if limit_m is None else spots.assign(radius_m=limit_m)
    parts = []
    for (part, _), group in spots.dropna(subset=["radius_m"]).groupby(["circle", "radius_m"], sort=True):
        radius = float(group["radius_m"].iloc[0])
        doors = gpd.GeoDataFrame(geometry=gpd.points_from_xy(group["x"], group["y"]), crs=inputs.graph.crs)
        reached = coverage.reached_edges(
            inputs.graph,
            doors,
            limit_m=radius,
            snap_limit_m=inputs.question.snap_limit_m,
            towards=inputs.circles[0].towards,
        )
        parts.append(reached.assign(circle=part, limit_m=round(radius, 2)))
    if not parts:
        return None
    return gpd.GeoDataFrame(pd.concat(parts, ignore_index=True), crs=inputs.graph.crs)


def compared(desk: RunDesk, one: str, other: str, viewer: Viewer, *, limit_m: float | None = None) -> dict[str, Any]:
    """
    Say who comes in and who falls out between two runs.

    Parameters
    ----------
    desk
        The desk.
    one, other
        Ids of two runs that are done; the first is how it was before.
    viewer
        Who looks.
    limit_m
        Another limit than the runs' own.

    Returns
    -------
    dict
        As `summaries.compare`, with gaps for what the viewer may not see.

    Raises
    ------
    ParameterError
        If the limit is absurd.
    """
    if limit_m is not None:
        check_limit(limit_m)
    hidden = hidden_weights(desk, viewer)
    tables = [tables_of(desk, run_id)["demand"] for run_id in (one, other)]
    told = compare(*tables, limit_m=limit_m)
    for weight in hidden:
        for part in ("gained", "lost", "shorter"):
            told[part] = {**told[part], weight: None}
        for part in ("before", "after"):
            told[part] = {**told[part], weight: _EMPTY}
    return {"run": one, "other": other, **told, "withheld": sorted(hidden)}


def uncovered_rows(desk: RunDesk, run_id: str, viewer: Viewer, *, limit_m: float | None = None) -> pd.DataFrame:
    """
    List who is not covered, by street office, the worst off first.

    Parameters
    ----------
    desk
        The desk.
    run_id
        Id of a run that is done.
    viewer
        Who looks.
    limit_m
        Another limit than the run's.

    Returns
    -------
    pandas.DataFrame
        Buildings with ``gap_m`` and the name of their nearest facility.
    """
    tables = tables_of(desk, run_id)
    homes = relimited(masked_homes(tables["demand"], hidden_weights(desk, viewer), viewer), limit_m)
    rows = homes.loc[~homes["covered"].astype(bool)].copy()
    rows["gap_m"] = (rows["distance_m"] - rows["limit_m"]).clip(lower=0)
    known = tables["facilities"].drop_duplicates("uid").set_index("uid")
    for column in ("code", "name"):
        told = known[column].to_dict()
        rows[f"facility_{column}"] = [told.get(uid) for uid in rows["facility"]]
    rows["reason"] = ["beyond_limit" if pd.isna(reason) else str(reason) for reason in rows["reason"]]
    listed: pd.DataFrame = rows.sort_values(["subdistrict", "gap_m"], ascending=[True, False], na_position="first")
    return listed


def tables_of(desk: RunDesk, run_id: str) -> dict[str, pd.DataFrame]:
    """
    Read the tables of a run that every run has, and its land.

    Parameters
    ----------
    desk
        The desk.
    run_id
        Its id.

    Returns
    -------
    dict
        Tables by name.
    """
    found = {name: desk.shelf.table(run_id, name) for name in ("demand", "facilities", "entrances", "land")}
    return {name: table for name, table in found.items() if table is not None}


def check_limit(limit_m: float) -> None:
    """
    Refuse a limit that makes no sense.

    Parameters
    ----------
    limit_m
        Metres.

    Raises
    ------
    ParameterError
        If it is not above 0 and at most 50 km.
    """
    if not 0 < limit_m <= FAR_M:
        raise ParameterError(
            name="limit_m", reason_zh="应在 0 与 50000 米之间", reason_en="it must lie between 0 and 50,000 metres"
        )


def _masked_unit(row: Mapping[str, Any], table: str, hidden: frozenset[str], viewer: Viewer) -> dict[str, Any]:
    gone = set(hidden)
    office = row["code"] if table == "by_subdistrict" else row.get("subdistrict")
    if viewer.limited and office not in viewer.subdistricts:
        gone |= INNER
    return {**row, **dict.fromkeys(gone, _EMPTY)}


def _lines_geojson(lines: gpd.GeoDataFrame, desk: RunDesk) -> bytes:
    degrees = crs.to_crs(lines, desk.catalogue.district.storage_crs)
    shapes = shapely.to_geojson(shapely.set_precision(degrees.geometry.to_numpy(), 1e-7, mode="pointwise"))
    records = pd.DataFrame(degrees.drop(columns=degrees.geometry.name))
    records = records.astype(object).where(records.notna(), None)
    return _collection(
        [
            {"type": "Feature", "geometry": orjson.Fragment(shape), "properties": record}
            for shape, record in zip(shapes, records.to_dict("records"), strict=True)
        ]
    )


def _collection(features: list[dict[str, Any]]) -> bytes:
    return orjson.dumps({"type": "FeatureCollection", "features": features}, option=orjson.OPT_SERIALIZE_NUMPY)
