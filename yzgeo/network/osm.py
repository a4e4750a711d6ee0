"""Streets from an OpenStreetMap file, by a rule table per mode that anyone can read.

The tags (``highway``, ``access``, ``foot``, ``vehicle``, ``motor_vehicle``, ``oneway``, ``layer``) mean what the
OpenStreetMap wiki says on its pages "OSM tags for routing/Access restrictions" (revision of 21 July 2024 read; it calls
itself a proposal that no mainstream engine follows to the letter) and "Key:highway" (not read again). Which classes
each mode uses is our decision and stands below.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import geopandas as gpd
import numpy as np
import osmium
import shapely

from yzgeo import crs
from yzgeo.errors import FileMissingError, FileUnreadableError, NetworkError

Mode = Literal["walk", "drive"]

_STREETS = frozenset(
    {"trunk", "primary", "secondary", "tertiary", "trunk_link", "primary_link", "secondary_link", "tertiary_link"}
    | {"unclassified", "residential", "living_street", "service", "road"}
)
_YES = frozenset({"yes", "designated", "permissive", "destination", "customers"})
_NO = frozenset({"no", "private", "use_sidepath"})


@dataclass(frozen=True)
class Rules:
    """What one mode may use. The first access key that is tagged decides; it is looked up in this order."""

    highways: frozenset[str]
    only_if_allowed: frozenset[str]
    access_keys: tuple[str, ...]
    denied_by: Mapping[str, str]
    one_way: bool


RULES: Mapping[Mode, Rules] = {
    "walk": Rules(
        highways=_STREETS | {"pedestrian", "footway", "path", "steps", "track", "corridor"},
        only_if_allowed=frozenset({"cycleway", "bridleway"}),
        access_keys=("foot", "access"),
        denied_by={"motorroad": "yes"},
        one_way=False,
    ),
    "drive": Rules(
        highways=_STREETS | {"motorway", "motorway_link"},
        only_if_allowed=frozenset({"pedestrian", "track"}),
        access_keys=("motorcar", "motor_vehicle", "vehicle", "access"),
        denied_by={"area": "yes"},
        one_way=True,
    ),
}


def read_pbf(path: Path, *, mode: Mode, target: str = crs.WGS84) -> gpd.GeoDataFrame:
    """
    Read the streets of an OpenStreetMap file as edges between junctions.

    Ways that meet share a node; ways that merely cross do not meet. Pass
    ``nodes=("from_node", "to_node")`` to `build` to join them by these nodes.

    Parameters
    ----------
    path
        An ``.osm.pbf`` (or ``.osm``) file.
    mode
        ``"walk"`` or ``"drive"``, see `RULES`.
    target
        Coordinate system of the result, as text; OpenStreetMap's own is WGS 84.

    Returns
    -------
    geopandas.GeoDataFrame
        One row per edge: ``way``, ``from_node``, ``to_node``, ``road_class``, ``name``, ``bridge``, ``tunnel``,
        ``level``, ``oneway``.

    Raises
    ------
    FileMissingError
        If there is no such file.
    FileUnreadableError
        If it is not an OpenStreetMap file.
    NetworkError
        If it holds no street of that mode.
    """
    if not Path(path).is_file():
        raise FileMissingError(path=str(path))
    rules = RULES[mode]
    ways: list[tuple[dict[str, Any], list[int], list[tuple[float, float]]]] = []
    try:
        stream = osmium.FileProcessor(str(path)).with_locations().with_filter(osmium.filter.KeyFilter("highway"))
        for item in stream:
            if not isinstance(item, osmium.osm.Way):
                continue
            tags = dict(item.tags)
            if allowed(tags, rules):
                # A cut-out file lists nodes that it does not contain.
                located = [node for node in item.nodes if node.location.valid()]
                ways.append(
                    (_columns(item.id, tags, rules), [n.ref for n in located], [(n.lon, n.lat) for n in located])
                )
    except (RuntimeError, ValueError) as error:
        raise FileUnreadableError(path=Path(path).name, reason=str(error), formats=".osm.pbf, .osm") from error
    uses = Counter(ref for _, refs, _ in ways for ref in refs)
    rows: list[dict[str, Any]] = []
    shapes: list[list[tuple[float, float]]] = []
    for columns, refs, points in ways:
        last = len(refs) - 1
        begin = 0
        for at in range(1, last + 1):
            if at == last or uses[refs[at]] > 1:
                rows.append({**columns, "from_node": refs[begin], "to_node": refs[at]})
                shapes.append(points[begin : at + 1])
                begin = at
    if not rows:
        raise NetworkError(reason_zh="文件中没有可用的道路", reason_en=f"the file has no street for {mode}")
    lines = np.array([shapely.LineString(points) for points in shapes], dtype=object)
    return crs.to_crs(gpd.GeoDataFrame(rows, geometry=lines, crs=crs.WGS84), target)


def allowed(tags: Mapping[str, str], rules: Rules) -> bool:
    """
    Decide whether a way may be used.

    Parameters
    ----------
    tags
        Tags of the way.
    rules
        One mode's table.

    Returns
    -------
    bool
        True if it may.
    """
    kind = tags.get("highway", "")
    permission = next((tags[key] for key in rules.access_keys if key in tags), "")
    if permission in _YES:
        return kind in rules.highways or kind in rules.only_if_allowed
    if kind not in rules.highways or permission in _NO:
        return False
    return not any(tags.get(key) == value for key, value in rules.denied_by.items())


def _columns(way: int, tags: Mapping[str, str], rules: Rules) -> dict[str, Any]:
    return {
        "way": way,
        "road_class": tags["highway"],
        "name": tags.get("name"),
        "bridge": tags.get("bridge", "no") != "no",
        "tunnel": tags.get("tunnel", "no") not in ("no", "building_passage"),
        "level": _level(tags.get("layer", "0")),
        "oneway": _direction(tags) if rules.one_way else "both",
    }


def _direction(tags: Mapping[str, str]) -> str:
    said = tags.get("oneway", "")
    if said in ("-1", "reverse"):
        return "backward"
    implied = tags.get("junction") in ("roundabout", "circular") or tags.get("highway") in ("motorway", "motorway_link")
    return "forward" if said in ("yes", "true", "1") or (implied and said != "no") else "both"


def _level(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        # Mappers write "0;1" where a way changes level; it counts as ground.
        return 0
