"""OGC API Tiles."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from .ogc import Link


class TileMatrixSetEntry(BaseModel):
    """A scheme in the list."""

    id: str
    uri: str
    links: list[Link]


class TileMatrixSets(BaseModel):
    """Schemes in which tiles lie."""

    model_config = ConfigDict(populate_by_name=True)

    tile_matrix_sets: list[TileMatrixSetEntry] = Field(alias="tileMatrixSets")


class TileMatrix(BaseModel):
    """One zoom of a scheme."""

    model_config = ConfigDict(populate_by_name=True)

    id: str
    scale_denominator: float = Field(alias="scaleDenominator")
    cell_size: float = Field(alias="cellSize")
    point_of_origin: tuple[float, float] = Field(alias="pointOfOrigin")
    tile_width: int = Field(alias="tileWidth")
    tile_height: int = Field(alias="tileHeight")
    matrix_width: int = Field(alias="matrixWidth")
    matrix_height: int = Field(alias="matrixHeight")


class TileMatrixSet(BaseModel):
    """A scheme in which tiles lie."""

    model_config = ConfigDict(populate_by_name=True)

    id: str
    title: str
    uri: str
    crs: str
    ordered_axes: list[str] = Field(alias="orderedAxes")
    well_known_scale_set: str = Field(alias="wellKnownScaleSet")
    tile_matrices: list[TileMatrix] = Field(alias="tileMatrices")


class TileLimits(BaseModel):
    """Tiles of one zoom that can hold something."""

    model_config = ConfigDict(populate_by_name=True)

    tile_matrix: str = Field(alias="tileMatrix")
    min_tile_row: int = Field(alias="minTileRow")
    max_tile_row: int = Field(alias="maxTileRow")
    min_tile_col: int = Field(alias="minTileCol")
    max_tile_col: int = Field(alias="maxTileCol")


class TileLayer(BaseModel):
    """A layer in the tiles."""

    model_config = ConfigDict(populate_by_name=True)

    id: str
    title: str
    description: str
    data_type: Literal["vector"] = Field(alias="dataType")
    geometry_dimension: int = Field(alias="geometryDimension")
    min_tile_matrix: str = Field(alias="minTileMatrix")
    max_tile_matrix: str = Field(alias="maxTileMatrix")
    properties_schema: dict[str, Any] = Field(alias="propertiesSchema")


class TileBounds(BaseModel):
    """Where the features of a tileset lie."""

    model_config = ConfigDict(populate_by_name=True)

    lower_left: tuple[float, float] = Field(alias="lowerLeft")
    upper_right: tuple[float, float] = Field(alias="upperRight")
    crs: str


class TileSetEntry(BaseModel):
    """A tileset in a list."""

    model_config = ConfigDict(populate_by_name=True)

    title: str
    data_type: Literal["vector"] = Field(alias="dataType")
    crs: str
    scheme: str = Field(alias="tileMatrixSetURI")
    links: list[Link]


class TileSets(BaseModel):
    """Tilesets of a layer, or of all."""

    tilesets: list[TileSetEntry]
    links: list[Link]


class TileSet(TileSetEntry):
    """What is in the tiles, and where they are."""

    limits: list[TileLimits] = Field(alias="tileMatrixSetLimits")
    bounds: TileBounds | None = Field(None, alias="boundingBox")
    attribution: str
    layers: list[TileLayer]
