"""The district, its layers, its targets and search."""

from __future__ import annotations

from datetime import date
from typing import Literal

from pydantic import BaseModel

from yzgeo.catalogue import Access, DataStatus, FieldType, GeometryKind, Label

Position = tuple[float, float]
Box = tuple[float, float, float, float]


class Figure(BaseModel):
    """A number with its source."""

    value: float
    unit: str
    date: str
    source: str


class AttributionNotice(BaseModel):
    """A notice that belongs on every map."""

    text: str
    url: str | None
    licence: str


class District(BaseModel):
    """The district."""

    id: str
    code: str
    name: Label
    title: Label
    city: Label
    center: Position
    bounds: Box
    attributions: list[AttributionNotice]
    areas: list[Figure]
    population: Figure
    plan: Label
    plan_period: tuple[date, date]


class Group(BaseModel):
    """A group of layers."""

    id: str
    title: Label


class Choice(BaseModel):
    """A value a field may take."""

    id: str
    label: Label


class FieldDescription(BaseModel):
    """One field of a layer."""

    id: str
    title: Label
    type: FieldType
    unit: str | None
    description: Label | None
    values: list[Choice]


class Stage(BaseModel):
    """One stage of a layer's course."""

    id: str
    label: Label
    done: bool
    aside: bool


class LegendEntry(BaseModel):
    """One line of a legend."""

    label: Label
    symbol: Literal["fill", "line", "circle"]
    color: str
    outline: str | None
    dash: list[float] | None


class LayerLinks(BaseModel):
    """Where a layer is served; paths on this service."""

    items: str
    tiles: str | None
    style: str | None


class LayerDescription(BaseModel):
    """One layer as the caller may see it."""

    id: str
    title: Label
    description: Label
    group: str
    order: int
    visible: bool
    geometry: GeometryKind
    access: Access
    owner: Label
    source: Label
    licence: str
    vintage: str
    key: str
    label_field: str
    search_fields: list[str]
    count: int
    revision: int
    bounds: Box | None
    data_status: dict[DataStatus, int]
    fields: list[FieldDescription]
    stages: list[Stage]
    legend: list[LegendEntry]
    links: LayerLinks


class BaseMap(BaseModel):
    """An outside base map, only where its key is configured."""

    kind: Literal["tianditu"]
    key: str


class Overview(BaseModel):
    """The district and every layer the caller may see."""

    district: District
    groups: list[Group]
    layers: list[LayerDescription]
    illustrative: bool
    revision: str
    base_map: BaseMap | None


class Measure(BaseModel):
    """How a target is measured on its layer."""

    kind: Literal["count", "length", "area", "sum", "share", "coverage", "manual"]
    field: str | None
    where: dict[str, list[bool | int | float | str]]
    done_where: dict[str, list[bool | int | float | str]]
    scale: float
    per: Literal["resident"] | None


class TargetState(BaseModel):
    """A promise of the plan and where it stands.

    ``registered`` and ``done`` are in the figure's unit and null where nothing can tell. ``share`` is ``done`` over
    the promised ``value``. With ``withheld`` the caller may not see what is measured; with ``own_part`` the figures are
    those of the caller's own street offices.
    """

    id: str
    title: Label
    chapter: str
    section: str
    quote: str
    figure: str
    value: float | None
    unit: Label
    horizon: int
    kind: Literal["expected", "binding", "project"]
    direction: Literal["at_least", "at_most"]
    table1: int | None
    note: Label | None
    layer: str | None
    measure: Measure | None
    withheld: bool
    own_part: bool
    registered: float | None
    done: float | None
    share: float | None
    reached: bool | None
    unmeasured: int
    denominator: Label
    data_status: dict[DataStatus, int]
    illustrative: bool
    source: str


class RegisterTold(BaseModel):
    """What the figures of a layer rest on; ``note`` says what is not known of the day."""

    known_since: date | None
    recorded: bool
    note: Label | None


class TargetBoard(BaseModel):
    """All promises of the plan; ``registers`` by layer."""

    plan: Label
    period: tuple[date, date]
    as_of: date
    registers: dict[str, RegisterTold]
    targets: list[TargetState]


class SearchHit(BaseModel):
    """One feature that was found."""

    layer: str
    layer_title: Label
    uid: str
    code: str | None
    name: str | None
    center: Position | None
    bbox: Box | None


class SearchResults(BaseModel):
    """Features found by a piece of text, best first."""

    results: list[SearchHit]
