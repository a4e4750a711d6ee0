"""OGC API."""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeVar

import orjson
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from yzgeo.catalogue import Access, DataStatus

from .overview import Box


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


Content = TypeVar("Content")
Finite = Annotated[float, Field(allow_inf_nan=False)]


def _plain_json(sent: Content) -> Content:
    """Refuse what Python reads but JSON cannot say: halves of characters, and whole numbers of any length."""
    try:
        orjson.dumps(sent)
    except TypeError as error:
        raise ValueError(str(error)) from None
    return sent


class FeatureSent(BaseModel):
    """A feature to be stored (GeoJSON); what the layer does not have is refused."""

    type: Literal["Feature"] = "Feature"
    id: str | int | None = None
    geometry: Annotated[dict[str, Any] | None, AfterValidator(_plain_json)] = None
    properties: Annotated[dict[str, str | int | Finite | bool | None] | None, AfterValidator(_plain_json)] = None
    links: list[Any] | None = None


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
