"""Shapes of the answers, for the OpenAPI document and the clients generated from it."""

from __future__ import annotations

from datetime import date
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from yzgeo.access import Role
from yzgeo.catalogue import Access, DataStatus, FieldType, GeometryKind, Label

Position = tuple[float, float]
Box = tuple[float, float, float, float]
Counts = dict[str, int]


class Problem(BaseModel):
    """A refusal (RFC 9457) in Chinese and in English; further facts of the refusal stand beside."""

    model_config = ConfigDict(extra="allow")

    type: str
    title: str
    status: int
    code: str
    detail: str
    detail_en: str
    remedy: str
    remedy_en: str


class Health(BaseModel):
    """The service answers."""

    status: Literal["ok"]


class Versions(BaseModel):
    """What is running."""

    yzgeo: str
    python: str
    packages: dict[str, str]


class Setting(BaseModel):
    """One setting in force; a secret is hidden."""

    name: str
    value: str | int | float | None
    default: str | int | float | None
    description: str


class Settings(BaseModel):
    """All settings in force."""

    settings: list[Setting]


class ErrorKind(BaseModel):
    """One kind of refusal."""

    code: str
    status: int
    description: str
    zh: str
    en: str
    remedy_zh: str
    remedy_en: str


class ErrorKinds(BaseModel):
    """Every kind of refusal the service gives."""

    errors: list[ErrorKind]


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
    the promised ``value``. With ``withheld`` the caller may not see what is measured.
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
    registered: float | None
    done: float | None
    share: float | None
    reached: bool | None
    unmeasured: int
    denominator: Label
    data_status: dict[DataStatus, int]
    illustrative: bool
    source: str


class TargetBoard(BaseModel):
    """All promises of the plan."""

    plan: Label
    period: tuple[date, date]
    as_of: date
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


class Credentials(BaseModel):
    """Name and password."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(min_length=1, max_length=100)
    password: str = Field(min_length=1, max_length=1000)


class Me(BaseModel):
    """Who is asking; anonymous if not signed in."""

    name: str | None
    role: Role
    subdistricts: list[str]


class SignedIn(Me):
    """A new session. The token is for programs; browsers use the cookie that comes with it."""

    token: str
    expires_at: str


class Link(BaseModel):
    """A link (OGC API)."""

    href: str
    rel: str
    type: str | None = None
    title: str | None = None
    templated: bool | None = None


class Landing(BaseModel):
    """Landing page (OGC API)."""

    title: str
    description: str
    links: list[Link]


class Conformance(BaseModel):
    """Conformance classes that tests prove."""

    conforms_to: list[str] = Field(serialization_alias="conformsTo", validation_alias="conformsTo")


class SpatialExtent(BaseModel):
    """Extent in longitude and latitude."""

    bbox: list[Box]
    crs: str


class TemporalExtent(BaseModel):
    """Extent in time; null is open."""

    interval: list[tuple[str | None, str | None]]


class Extent(BaseModel):
    """Extent of a collection."""

    spatial: SpatialExtent | None = None
    temporal: TemporalExtent | None = None


class Collection(BaseModel):
    """A collection (OGC API Features): one layer."""

    model_config = ConfigDict(populate_by_name=True)

    id: str
    title: str
    description: str
    attribution: str
    license: str
    extent: Extent
    item_type: Literal["feature", "record"] = Field(alias="itemType")
    crs: list[str]
    storage_crs: str = Field(alias="storageCrs")
    links: list[Link]
    number_of_features: int = Field(alias="yzgeo:count")
    revision: int = Field(alias="yzgeo:revision")
    access: Access = Field(alias="yzgeo:access")
    data_status: dict[DataStatus, int] = Field(alias="yzgeo:data_status")


class Collections(BaseModel):
    """All collections the caller may see."""

    links: list[Link]
    collections: list[Collection]


class FeatureItem(BaseModel):
    """One feature (GeoJSON)."""

    type: Literal["Feature"]
    id: str
    geometry: dict[str, Any] | None
    properties: dict[str, str | int | float | bool | None]
    links: list[Link] | None = None


class FeatureItems(BaseModel):
    """A page of features (GeoJSON)."""

    model_config = ConfigDict(populate_by_name=True)

    type: Literal["FeatureCollection"]
    time_stamp: str = Field(alias="timeStamp")
    number_matched: int = Field(alias="numberMatched")
    number_returned: int = Field(alias="numberReturned")
    links: list[Link]
    features: list[FeatureItem]


class StyleEntry(BaseModel):
    """One style in the list."""

    id: str
    title: str
    links: list[Link]


class StyleList(BaseModel):
    """All styles the caller may use."""

    styles: list[StyleEntry]
