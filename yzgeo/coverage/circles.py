"""Circles (圈): named service areas, read from ``layers/circles.yaml``, each with the source of its figure."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal

import geopandas as gpd
import pandas as pd
from pydantic import BaseModel, ConfigDict, Field, model_validator

from yzgeo.catalogue import Catalogue, Identifier, Label, parse_file
from yzgeo.errors import CatalogueError, CircleUnknownError
from yzgeo.network import Towards

from .distances import access_points

FILE = "circles.yaml"
Mode = Literal["walk", "drive"]
Evidence = Literal["transcription", "usage", "plan", "unverified"]
Weight = Literal["people", "dwellings", "buildings", "land_m2"]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Source(_Model):
    """Where a figure comes from, and how far that was read."""

    text: str = Field(min_length=10)
    evidence: Evidence


class FacilityRule(_Model):
    """Which features of a layer serve a circle."""

    layer: Identifier
    where: Mapping[Identifier, tuple[str, ...]] = Field({}, description="Only features whose field has such a value")
    entrance: Literal["point", "edge"] = Field("point", description="Areas are entered anywhere along their edge")


class CapacityRule(_Model):
    """How many people a facility takes in."""

    field: Identifier
    area_field: Identifier | None = None
    area_per_head_m2: float | None = Field(None, gt=0, description="Stands in where no capacity is registered")


class CircleSpec(_Model):
    """One circle as it stands in the file."""

    id: Identifier
    title: Label
    mode: Mode
    minutes: float | None = Field(None, gt=0, le=120)
    speed_kmh: float | None = Field(None, gt=0, le=120)
    limit_m: float | None = Field(None, gt=0, le=50_000)
    limit_field: Identifier | None = Field(None, description="Each facility's own radius in metres")
    facilities: tuple[FacilityRule, ...] = ()
    members: tuple[Identifier, ...] = Field((), description="Covered means covered by every one of these circles")
    capacity: CapacityRule | None = None
    denominators: tuple[Weight, ...] = Field(min_length=1)
    target_share: float | None = Field(None, gt=0, le=100, description="Percent")
    target_source: str | None = None
    towards: Towards = "facility"
    source: str

    @model_validator(mode="after")
    def _one_limit(self) -> CircleSpec:
        ways = [self.minutes is not None, self.limit_m is not None, self.limit_field is not None]
        if sum(ways) != 1:
            raise ValueError(f"{self.id}: give exactly one of minutes, limit_m and limit_field")
        if self.minutes is not None and self.speed_kmh is None:
            raise ValueError(f"{self.id}: minutes need speed_kmh")
        if bool(self.facilities) == bool(self.members):
            raise ValueError(f"{self.id}: give either facilities or members")
        if (self.target_share is None) != (self.target_source is None):
            raise ValueError(f"{self.id}: a target needs its source")
        return self


class CircleFile(_Model):
    """``circles.yaml``."""

    sources: dict[Identifier, Source]
    circles: tuple[CircleSpec, ...] = Field(min_length=1)


class Circle(CircleSpec):
    """A circle with its source spelled out."""

    source_text: str
    evidence: Evidence

    @property
    def radius_m(self) -> float | None:
        """The limit in metres; None where each facility has its own."""
        if self.minutes is not None and self.speed_kmh is not None:
            return self.minutes * self.speed_kmh * 1000 / 60
        return self.limit_m


def load_circles(catalogue: Catalogue) -> Mapping[str, Circle]:
    """
    Read the circles of a catalogue.

    Parameters
    ----------
    catalogue
        The catalogue whose layers the circles speak of.

    Returns
    -------
    Mapping of str to Circle
        By id, in the order of the file.

    Raises
    ------
    CatalogueError
        If the file is wrong, or names a source, a circle, a layer or a field that does not exist.
    """
    path = catalogue.root / FILE
    content = parse_file(CircleFile, path)
    circles: dict[str, Circle] = {}
    for spec in content.circles:
        if spec.source not in content.sources:
            raise CatalogueError(path=str(path), reason=f"{spec.id}: there is no source {spec.source!r}")
        if spec.id in circles:
            raise CatalogueError(path=str(path), reason=f"{spec.id} stands twice")
        source = content.sources[spec.source]
        circles[spec.id] = Circle(**spec.model_dump(), source_text=source.text, evidence=source.evidence)
    for circle in circles.values():
        for problem in _problems(circle, circles, catalogue):
            raise CatalogueError(path=str(path), reason=f"{circle.id}: {problem}")
    return MappingProxyType(circles)


def circle(circles: Mapping[str, Circle], circle_id: str) -> Circle:
    """
    Pick one circle.

    Parameters
    ----------
    circles
        What `load_circles` gave.
    circle_id
        Id of the circle.

    Returns
    -------
    Circle
        The circle.

    Raises
    ------
    CircleUnknownError
        If there is none of that id.
    """
    if circle_id not in circles:
        raise CircleUnknownError(circle=circle_id, known="、".join(circles))
    return circles[circle_id]


def facilities_of(
    chosen: Circle, frames: Mapping[str, gpd.GeoDataFrame], catalogue: Catalogue, *, planned: bool = False
) -> gpd.GeoDataFrame | None:
    """
    Pick the facilities that serve a circle.

    Parameters
    ----------
    chosen
        The circle; not one with members.
    frames
        A frame per layer, in a projected system, with the layers' fields.
    catalogue
        The catalogue, which tells the stages at which a facility is in use.
    planned
        Count facilities that are not finished yet, too: a look at the plan's end.

    Returns
    -------
    geopandas.GeoDataFrame or None
        Points with ``layer``, ``facility`` (the layer's key) and the layers' columns, on a fresh index; None where
        there is no facility.
    """
    picked: list[gpd.GeoDataFrame] = []
    for rule in chosen.facilities:
        layer = catalogue.layer(rule.layer)
        frame = frames[rule.layer]
        keep = pd.Series(data=True, index=frame.index)
        for field, values in rule.where.items():
            keep &= frame[field].isin(values)
        if layer.stages and not planned:
            keep &= frame["stage"].isin(layer.done_stages)
        rows = frame.loc[keep & frame.geometry.notna()]
        if rows.empty:
            continue
        rows = access_points(rows) if rule.entrance == "edge" else rows
        picked.append(rows.assign(layer=rule.layer, facility=rows[layer.spec.key]))
    if not picked:
        return None
    return gpd.GeoDataFrame(pd.concat(picked, ignore_index=True), crs=picked[0].crs)


def _problems(chosen: Circle, circles: Mapping[str, Circle], catalogue: Catalogue) -> list[str]:
    found = [
        f"member {member!r} does not exist or has members itself"
        for member in chosen.members
        if member not in circles or circles[member].members
    ]
    for rule in chosen.facilities:
        if rule.layer not in catalogue.layers:
            found.append(f"there is no layer {rule.layer!r}")
            continue
        fields = catalogue.layer(rule.layer).fields_by_id
        wanted = [*rule.where, *([chosen.limit_field] if chosen.limit_field else [])]
        if chosen.capacity is not None:
            wanted += [chosen.capacity.field, *([chosen.capacity.area_field] if chosen.capacity.area_field else [])]
        found += [f"layer {rule.layer!r} has no field {field!r}" for field in wanted if field not in fields]
        for field, values in rule.where.items():
            known = {value.id for value in fields[field].values} if field in fields else set(values)
            found += [f"{rule.layer}.{field} never is {value!r}" for value in values if known and value not in known]
    return found
