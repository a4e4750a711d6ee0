"""The catalogue: which layers a district keeps, read from ``layers/`` and nowhere else.

A layer is one folder ``layers/<id>/`` with ``<id>.yaml`` (this schema) and ``style.json`` (MapLibre layers and a
legend). Fields that every layer has stand once in ``layers/defaults.yaml``; the district itself (name, code,
boundary, coordinate systems) in ``layers/district.yaml``. Unknown keys are refused everywhere.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any, Literal, Self, TypeVar
from uuid import NAMESPACE_URL

import yaml
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator

from .errors import CatalogueError, FieldUnknownError, LayerUnknownError

Identifier = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{1,40}$")]
GeometryKind = Literal["point", "line", "polygon", "none"]
Access = Literal["public", "internal", "restricted"]
FieldType = Literal["text", "integer", "number", "boolean", "date", "datetime"]
DataStatus = Literal["official", "surveyed", "derived", "illustrative"]
Parsed = TypeVar("Parsed", bound=BaseModel)


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Label(_Model):
    """A text in Chinese and in English."""

    zh: str = Field(min_length=1)
    en: str = Field(min_length=1)


class AllowedValue(_Model):
    """One value a field may take."""

    id: str
    label: Label
    aliases: tuple[str, ...] = ()


class FieldSpec(_Model):
    """One attribute of a layer."""

    id: Identifier
    title: Label
    type: FieldType
    description: Label | None = None
    unit: str | None = Field(None, description="m, m2, count, percent, persons, t/d …")
    required: bool = False
    minimum: float | None = None
    maximum: float | None = None
    values: tuple[AllowedValue, ...] = ()
    aliases: tuple[str, ...] = Field((), description="Column names met in the files of district offices")
    access: Access | None = Field(None, description="Who may see the field, where stricter than its layer")


class StageSpec(_Model):
    """One stage of a layer's course, in order."""

    id: Identifier
    label: Label
    done: bool = Field(default=False, description="A feature at this stage counts as delivered")
    evidence: bool = Field(default=False, description="Needs a photo or a document")
    second_person: bool = Field(default=False, description="Needs a second person's approval")
    aside: bool = Field(default=False, description="Outside the normal order: suspended, decommissioned")
    optional: bool = Field(default=False, description="May be passed over on the way forward")
    aliases: tuple[str, ...] = ()


class MeasureSpec(_Model):
    """A quantity reported along the way, kept in a field of the layer; it only grows, up to its limit."""

    field: Identifier
    limit_field: Identifier | None = Field(None, description="Field of the same feature that bounds it")
    limit: float | None = Field(None, description="Bound where no field holds it, for instance 100 percent")


class StageRoles(_Model):
    """Which roles may make which kind of move."""

    forward: tuple[str, ...] = ("field", "planner", "bureau", "admin")
    back: tuple[str, ...] = ("planner", "bureau", "admin")
    aside: tuple[str, ...] = ("planner", "bureau", "admin")
    approve: tuple[str, ...] = ("bureau", "admin")


class StageTable(_Model):
    """The stages of one or several layers (a YAML file beside them)."""

    description: Label
    stages: tuple[StageSpec, ...] = Field(min_length=2)
    roles: StageRoles = StageRoles()
    measures: tuple[MeasureSpec, ...] = ()


class LegendItem(_Model):
    """One line of a layer's legend."""

    label: Label
    symbol: Literal["fill", "line", "circle"]
    color: str
    outline: str | None = None
    dash: tuple[float, ...] | None = None


class Style(_Model):
    """How a layer is drawn: MapLibre layers without source, and the legend that explains them."""

    layers: tuple[dict[str, Any], ...]
    legend: tuple[LegendItem, ...]


class LayerSpec(_Model):
    """One layer of the district."""

    id: Identifier
    title: Label
    description: Label
    group: Identifier
    order: int = Field(100, description="Position in its group; also the drawing order, higher on top")
    visible: bool = Field(default=False, description="Switched on when the map opens")
    geometry: GeometryKind
    access: Access
    owner: Label
    source: Label = Field(description="Where the shipped data come from")
    licence: str
    vintage: str = Field(description="The time the shipped data speak of, for instance 2020 or 2021-2025")
    key: Identifier = "code"
    label_field: Identifier = "name"
    search_fields: tuple[Identifier, ...] = ("code", "name")
    stages: str | None = Field(None, description="Path of the stage table, relative to the layer's folder")
    cluster_to: int | None = Field(
        None, ge=0, le=15, description="Up to this zoom points close together are one circle with their number"
    )
    fields: tuple[FieldSpec, ...] = ()

    @model_validator(mode="after")
    def _only_points_are_gathered(self) -> Self:
        if self.cluster_to is not None and self.geometry != "point":
            raise ValueError("cluster_to is for layers of points")
        return self


class GroupSpec(_Model):
    """A group of layers in the tree of the map page."""

    id: Identifier
    title: Label


class Defaults(_Model):
    """What all layers share."""

    groups: tuple[GroupSpec, ...]
    fields: tuple[FieldSpec, ...]
    stage_fields: tuple[FieldSpec, ...] = Field(description="Added to layers that have stages")


class SourcedNumber(_Model):
    """A figure that never travels without its source."""

    value: float
    unit: str
    date: str
    source: str


class Attribution(_Model):
    """A notice that the licence of some data asks for."""

    text: str
    url: str | None = None
    licence: str


class DistrictSpec(_Model):
    """The district that this catalogue describes."""

    id: Identifier
    code: str = Field(pattern=r"^\d{6}$")
    name: Label
    city: Label
    province: Label
    product_title: Label
    plan: Label
    plan_period: tuple[date, date]
    storage_crs: str = Field(pattern=r"^EPSG:\d+$")
    metric_crs: str = Field(pattern=r"^EPSG:\d+$")
    served_crs: tuple[Annotated[str, Field(pattern=r"^EPSG:\d+$")], ...] = Field(
        default=(), description="Further systems that the service gives coordinates in"
    )
    center: tuple[float, float] = Field(description="Longitude, latitude of the first view")
    boundary_file: str
    subdistricts_file: str
    communities_file: str
    population: SourcedNumber
    areas: tuple[SourcedNumber, ...] = Field(min_length=1)
    attributions: tuple[Attribution, ...]


@dataclass(frozen=True)
class Layer:
    """A layer's declaration joined with the shared fields, its stages and its style."""

    spec: LayerSpec
    fields: tuple[FieldSpec, ...]
    stage_table: StageTable | None
    style: Style

    @property
    def id(self) -> str:
        """Stable id, equal to the folder's name."""
        return self.spec.id

    @property
    def stages(self) -> tuple[StageSpec, ...]:
        """The layer's stages in order; empty where it has none."""
        return self.stage_table.stages if self.stage_table is not None else ()

    @cached_property
    def fields_by_id(self) -> Mapping[str, FieldSpec]:
        """Every field by its id, in order."""
        return MappingProxyType({field.id: field for field in self.fields})

    @cached_property
    def done_stages(self) -> tuple[str, ...]:
        """Ids of the stages that count as delivered."""
        return tuple(stage.id for stage in self.stages if stage.done)

    def field(self, field_id: str) -> FieldSpec:
        """
        Look a field up.

        Parameters
        ----------
        field_id
            Id of the field.

        Returns
        -------
        FieldSpec
            Its declaration.

        Raises
        ------
        FieldUnknownError
            If the layer has no such field.
        """
        try:
            return self.fields_by_id[field_id]
        except KeyError:
            raise FieldUnknownError(layer=self.id, field=field_id, known=", ".join(self.fields_by_id)) from None


@dataclass(frozen=True)
class Catalogue:
    """All layers of a district, and the district."""

    root: Path
    district: DistrictSpec
    groups: tuple[GroupSpec, ...]
    layers: Mapping[str, Layer]

    def layer(self, layer_id: str) -> Layer:
        """
        Look a layer up.

        Parameters
        ----------
        layer_id
            Id of the layer.

        Returns
        -------
        Layer
            Its declaration.

        Raises
        ------
        LayerUnknownError
            If there is no such layer.
        """
        try:
            return self.layers[layer_id]
        except KeyError:
            raise LayerUnknownError(layer=layer_id) from None


def default_root() -> Path:
    """
    Find the catalogue that ships with this program.

    Returns
    -------
    Path
        ``layers/`` of the checkout, or the copy inside an installed package.
    """
    package = Path(__file__).parent
    installed = package / "_layers"
    return installed if installed.is_dir() else package.parent / "layers"


def load(root: str | os.PathLike[str] | None = None) -> Catalogue:
    """
    Read and check a whole catalogue.

    Parameters
    ----------
    root
        Folder with ``district.yaml``, ``defaults.yaml`` and one folder per layer; the shipped one if not given.

    Returns
    -------
    Catalogue
        Layers ordered by group, then by their ``order``.

    Raises
    ------
    CatalogueError
        If a file is missing, has an unknown key or breaks a rule; the message names the file and the key.

    Examples
    --------
    >>> load().layer("shantytown_parcel").spec.title.zh
    '棚户区改造地块'
    """
    folder = Path(root) if root is not None else default_root()
    defaults = parse_file(Defaults, folder / "defaults.yaml")
    district = parse_file(DistrictSpec, folder / "district.yaml")
    found = [_load_layer(path.parent, defaults) for path in sorted(folder.glob("*/*.yaml")) if _is_layer(path)]
    ranks = {group.id: rank for rank, group in enumerate(defaults.groups)}
    for layer in found:
        if layer.spec.group not in ranks:
            raise CatalogueError(path=f"{layer.id}.yaml", reason=f"unknown group {layer.spec.group!r}")
    found.sort(key=lambda layer: (ranks[layer.spec.group], layer.spec.order, layer.id))
    return Catalogue(folder, district, defaults.groups, MappingProxyType({layer.id: layer for layer in found}))


def feature_uid(layer_id: str, key: str) -> str:
    """
    Name a feature for good: the same key in the same layer always has the same uid.

    Parameters
    ----------
    layer_id
        Id of the layer.
    key
        Value of the layer's key field.

    Returns
    -------
    str
        A UUID (version 5).
    """
    return feature_uids(layer_id, (key,))[0]


def feature_uids(layer_id: str, keys: Iterable[str]) -> list[str]:
    """
    Name many features at once, see `feature_uid`.

    Parameters
    ----------
    layer_id
        Id of the layer.
    keys
        Values of the layer's key field.

    Returns
    -------
    list of str
        A UUID (version 5, RFC 9562) for each key.
    """
    # Python's uuid5 hashes the name space anew for each name and makes an object of it, at five times the price.
    begun = hashlib.sha1(NAMESPACE_URL.bytes + f"yzgeo:{layer_id}:".encode(), usedforsecurity=False)
    uids = []
    for key in keys:
        hashed = begun.copy()
        hashed.update(key.encode())
        digits = hashed.hexdigest()
        variant = "89ab"[int(digits[16], 16) & 3]
        uids.append(f"{digits[:8]}-{digits[8:12]}-5{digits[13:16]}-{variant}{digits[17:20]}-{digits[20:32]}")
    return uids


def json_schema() -> dict[str, Any]:
    """
    Describe ``<id>.yaml`` for editors and checks.

    Returns
    -------
    dict
        JSON Schema of a layer file; unknown keys are refused.
    """
    return LayerSpec.model_json_schema()


def parse_file(model: type[Parsed], path: Path) -> Parsed:
    """
    Read one file of a catalogue strictly.

    Parameters
    ----------
    model
        The pydantic model the file must fit.
    path
        A YAML file, or JSON if it ends so.

    Returns
    -------
    Parsed
        The content as an instance of ``model``.

    Raises
    ------
    CatalogueError
        If the file is missing, is no YAML or JSON, repeats a key or does not fit the model.
    """
    try:
        text = path.read_text(encoding="utf-8")
        content = json.loads(text) if path.suffix == ".json" else yaml.load(text, Loader=_StrictLoader)  # noqa: S506
        return model.model_validate(content)
    except FileNotFoundError:
        raise CatalogueError(path=str(path), reason="the file is missing") from None
    except (yaml.YAMLError, json.JSONDecodeError) as error:
        raise CatalogueError(path=str(path), reason=str(error)) from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise CatalogueError(path=str(path), reason=f"{where}: {first['msg']}") from error


def _is_layer(path: Path) -> bool:
    return path.stem == path.parent.name


def _load_layer(folder: Path, defaults: Defaults) -> Layer:
    path = folder / f"{folder.name}.yaml"
    spec = parse_file(LayerSpec, path)
    if spec.id != folder.name:
        raise CatalogueError(path=str(path), reason=f"id {spec.id!r} is not the folder's name")
    table = parse_file(StageTable, (folder / spec.stages).resolve()) if spec.stages else None
    stages = table.stages if table is not None else ()
    shared = (*defaults.fields, *(defaults.stage_fields if stages else ()))
    fields = _merge_fields(spec.fields, shared, stages)
    ids = {field.id for field in fields}
    for wanted in (spec.key, spec.label_field, *spec.search_fields):
        if wanted not in ids:
            raise CatalogueError(path=str(path), reason=f"names the field {wanted!r}, which it does not have")
    return Layer(spec, fields, table, parse_file(Style, folder / "style.json"))


def _merge_fields(
    own: tuple[FieldSpec, ...], shared: tuple[FieldSpec, ...], stages: tuple[StageSpec, ...]
) -> tuple[FieldSpec, ...]:
    """Put shared fields first; a layer's own field of the same id replaces the shared one in its place."""
    merged = {field.id: field for field in shared}
    merged.update({field.id: field for field in own})
    if stages:
        values = tuple(AllowedValue(id=stage.id, label=stage.label, aliases=stage.aliases) for stage in stages)
        merged["stage"] = merged["stage"].model_copy(update={"values": values})
    return tuple(merged.values())


class _StrictLoader(yaml.CSafeLoader):
    """YAML, read by libyaml, that refuses a key written twice, which plain YAML silently drops."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:  # noqa: FBT001, FBT002
        keys = [self.construct_object(key, deep=deep) for key, _ in node.value]
        for key in keys:
            if keys.count(key) > 1:
                raise yaml.constructor.ConstructorError(None, None, f"key {key!r} stands twice", node.start_mark)
        return super().construct_mapping(node, deep)
