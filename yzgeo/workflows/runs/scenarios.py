"""Scenarios: named sets of changes that a run lays over the register, kept beside it and never written into it."""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Literal

import geopandas as gpd
import pandas as pd
import shapely
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from yzgeo import crs
from yzgeo.access import Role, may_see, may_write
from yzgeo.catalogue import Catalogue, Identifier
from yzgeo.coverage import Sources
from yzgeo.errors import (
    ConflictError,
    FeatureUnknownError,
    ForbiddenError,
    InputError,
    LayerUnknownError,
    ParameterError,
    ScenarioUnknownError,
)
from yzgeo.store.base import Store

from .files import read_json, write_json

FOLDER = "scenarios"
MOST_CHANGES = 500
PREFIX = "scenario-"
"""What the ids of a scenario's own facilities begin with; no feature of the register has such an id."""

Plain = str | int | float | bool | None


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class AddFacility(_Model):
    """A facility that does not exist."""

    kind: Literal["add_facility"]
    layer: Identifier
    lon: float = Field(ge=-180, le=180)
    lat: float = Field(ge=-90, le=90)
    properties: Mapping[Identifier, Plain] = {}


class OpenRoad(_Model):
    """A road or a road project that counts as open."""

    kind: Literal["open_road"]
    uid: str = Field(min_length=1, max_length=100)


class CloseRoad(_Model):
    """A road that counts as closed."""

    kind: Literal["close_road"]
    uid: str = Field(min_length=1, max_length=100)


class ReuseParcel(_Model):
    """A parcel that becomes a facility."""

    kind: Literal["reuse_parcel"]
    uid: str = Field(min_length=1, max_length=100)
    as_layer: Identifier
    layer: Identifier | None = Field(None, description="Layer of the parcel; the layer of cleared parcels without it")
    properties: Mapping[Identifier, Plain] = {}


Change = Annotated[AddFacility | OpenRoad | CloseRoad | ReuseParcel, Field(discriminator="kind")]


class Scenario(_Model):
    """One scenario as it is kept."""

    id: str
    title: str
    note: str = ""
    base: Mapping[str, int]
    changes: tuple[Change, ...]
    actor: str
    created_at: datetime
    updated_at: datetime
    version: int = 1


_CHANGES: TypeAdapter[tuple[Change, ...]] = TypeAdapter(tuple[Change, ...])


class Scenarios:
    """
    The scenarios of one workspace.

    Parameters
    ----------
    store
        The register, which is only read.
    folder
        The workspace.
    sources
        What the analyses read.
    """

    def __init__(self, store: Store, folder: Path, sources: Sources) -> None:
        self._store, self._folder, self._sources = store, folder / FOLDER, sources

    def listed(self, role: Role = "admin") -> list[Scenario]:
        """
        List the scenarios.

        Parameters
        ----------
        role
            Who asks.

        Returns
        -------
        list of Scenario
            The one changed last comes first.
        """
        found = [self._read(path) for path in self._folder.glob("*.json")] if self._folder.is_dir() else []
        return sorted(
            (one for one in found if one and self._seen(one, role)),
            key=lambda one: (one.updated_at, one.id),
            reverse=True,
        )

    def get(self, scenario_id: str, role: Role = "admin") -> Scenario:
        """
        Look a scenario up.

        Parameters
        ----------
        scenario_id
            Its id.
        role
            Who asks.

        Returns
        -------
        Scenario
            The scenario.

        Raises
        ------
        ScenarioUnknownError
            If there is none, or it speaks of layers that this role may not see.
        """
        found = self._read(self._path(scenario_id))
        if found is None or not self._seen(found, role):
            raise ScenarioUnknownError(scenario=scenario_id)
        return found

    def create(
        self, title: str, changes: Sequence[Mapping[str, Any]], *, note: str = "", actor: str, role: Role = "admin"
    ) -> Scenario:
        """
        Keep a new scenario.

        Parameters
        ----------
        title
            Its name.
        changes
            What is different in it.
        note
            Anything worth knowing.
        actor, role
            Who makes it.

        Returns
        -------
        Scenario
            As it is kept.

        Raises
        ------
        ParameterError
            If a change has the wrong shape.
        InputError
            If a change speaks of what does not exist.
        """
        now = datetime.now(UTC)
        checked = self._checked(changes, role)
        made = Scenario(
            id=secrets.token_hex(6),
            title=_title(title),
            note=note[:2000],
            base=self._base(checked),
            changes=checked,
            actor=actor,
            created_at=now,
            updated_at=now,
        )
        self._write(made)
        return made

    def change(
        self,
        scenario_id: str,
        *,
        actor: str,
        role: Role,
        title: str | None = None,
        note: str | None = None,
        changes: Sequence[Mapping[str, Any]] | None = None,
        version: int | None = None,
    ) -> Scenario:
        """
        Replace parts of a scenario.

        Parameters
        ----------
        scenario_id
            Its id.
        actor, role
            Who does it: the one who made the scenario, or a planner, the bureau or an administrator.
        title, note, changes
            What is new; None stays as it was.
        version
            The version that was looked at; None takes any.

        Returns
        -------
        Scenario
            As it is kept now.

        Raises
        ------
        ScenarioUnknownError
            If there is none.
        ForbiddenError
            If it belongs to someone else.
        ConflictError
            If somebody changed it meanwhile.
        """
        known = self.get(scenario_id, role)
        _require_owner(known, actor, role)
        if version is not None and version != known.version:
            raise ConflictError(what=known.title, base=version, current=known.version)
        checked = known.changes if changes is None else self._checked(changes, role)
        made = known.model_copy(
            update={
                "title": known.title if title is None else _title(title),
                "note": known.note if note is None else note[:2000],
                "changes": checked,
                "base": known.base if changes is None else self._base(checked),
                "updated_at": datetime.now(UTC),
                "version": known.version + 1,
            }
        )
        self._write(made)
        return made

    def drop(self, scenario_id: str, *, actor: str, role: Role) -> None:
        """
        Delete a scenario; runs made on it keep what it was.

        Parameters
        ----------
        scenario_id
            Its id.
        actor, role
            Who does it, as for `change`.

        Raises
        ------
        ScenarioUnknownError
            If there is none.
        ForbiddenError
            If it belongs to someone else.
        """
        _require_owner(self.get(scenario_id, role), actor, role)
        self._path(scenario_id).unlink(missing_ok=True)

    def _path(self, scenario_id: str) -> Path:
        if not re.fullmatch(r"[0-9a-f]{12}", scenario_id):
            raise ScenarioUnknownError(scenario=scenario_id)
        return self._folder / f"{scenario_id}.json"

    def _read(self, path: Path) -> Scenario | None:
        content = read_json(path)
        try:
            return None if content is None else Scenario.model_validate(content)
        except ValidationError:
            return None

    def _write(self, scenario: Scenario) -> None:
        write_json(self._path(scenario.id), scenario.model_dump(mode="json"))

    def _seen(self, scenario: Scenario, role: Role) -> bool:
        layers = self._store.catalogue.layers
        return all(layer not in layers or may_see(role, layers[layer].spec.access) for layer in scenario.base)

    def _checked(self, changes: Sequence[Mapping[str, Any]], role: Role) -> tuple[Change, ...]:
        if len(changes) > MOST_CHANGES:
            raise ParameterError(
                name="changes", reason_zh=f"最多 {MOST_CHANGES} 项", reason_en=f"at most {MOST_CHANGES}"
            )
        try:
            checked = _CHANGES.validate_python(changes)
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(str(part) for part in ("changes", *first["loc"]))
            raise ParameterError(name=where, reason_zh="格式不对", reason_en=str(first["msg"])) from None
        catalogue = self._store.catalogue
        for layer in sorted(layers_of(checked, self._sources)):
            if not may_see(role, catalogue.layer(layer).spec.access):
                raise LayerUnknownError(layer=layer)
        for change in checked:
            for problem_zh, problem_en in _problems(change, catalogue, self._sources, self._store):
                raise InputError(what="changes", reason_zh=problem_zh, reason_en=problem_en)
        return checked

    def _base(self, changes: Sequence[Change]) -> dict[str, int]:
        return {layer: self._store.revision(layer) for layer in sorted(layers_of(changes, self._sources))}


def layers_of(changes: Sequence[Change], sources: Sources) -> set[str]:
    """
    List the layers a scenario speaks of.

    Parameters
    ----------
    changes
        Its changes.
    sources
        What the analyses read.

    Returns
    -------
    set of str
        Ids of layers.
    """
    found: set[str] = set()
    for change in changes:
        if isinstance(change, AddFacility):
            found.add(change.layer)
        elif isinstance(change, ReuseParcel):
            found |= {change.as_layer, change.layer or sources.parcels.layer}
        else:
            found |= road_layers(sources)
    return found


def road_layers(sources: Sources) -> set[str]:
    """
    List the layers that hold roads.

    Parameters
    ----------
    sources
        What the analyses read.

    Returns
    -------
    set of str
        Ids of layers.
    """
    return {
        pick.layer
        for network in sources.networks.values()
        for pick in (*network.streets, *([network.projects] if network.projects else []))
    }


def lay_over(
    changes: Sequence[Change], frames: Mapping[str, gpd.GeoDataFrame], catalogue: Catalogue, sources: Sources
) -> dict[str, gpd.GeoDataFrame]:
    """
    Add a scenario's facilities to copies of the layers.

    Parameters
    ----------
    changes
        The scenario's changes; those of roads concern the network and are not looked at here.
    frames
        Layers by id, in one projected system, indexed by uid.
    catalogue
        The catalogue.
    sources
        What the analyses read.

    Returns
    -------
    dict
        The layers, with more rows where the scenario adds some.

    Raises
    ------
    InputError
        If a parcel no longer exists.
    """
    laid = dict(frames)
    for number, change in enumerate(changes):
        if isinstance(change, AddFacility):
            target, properties = change.layer, change.properties
            place: Any = shapely.Point(change.lon, change.lat)
        elif isinstance(change, ReuseParcel):
            target, properties = change.as_layer, change.properties
            place = None
        else:
            continue
        if target not in laid:
            continue
        layer, frame = catalogue.layer(target), laid[target]
        if isinstance(change, ReuseParcel):
            place = _parcel(change, frames, sources)
            place = place if layer.spec.geometry == "polygon" else shapely.point_on_surface(place)
        else:
            given = gpd.GeoSeries([place], crs=catalogue.district.storage_crs)
            place = crs.to_crs(gpd.GeoDataFrame(geometry=given), frame.crs.to_wkt()).geometry.iloc[0]
        uid = f"{PREFIX}{number}"
        row: dict[str, Any] = {"name": f"方案设施 {number + 1}", **properties, layer.spec.key: uid}
        if layer.stages:
            row["stage"] = layer.done_stages[0]
        added = gpd.GeoDataFrame([row], index=[uid], geometry=[place], crs=frame.crs)
        laid[target] = gpd.GeoDataFrame(pd.concat([frame, added]), crs=frame.crs)
    return laid


def _parcel(change: ReuseParcel, frames: Mapping[str, gpd.GeoDataFrame], sources: Sources) -> Any:
    layer = change.layer or sources.parcels.layer
    if change.uid not in frames[layer].index:
        raise InputError(what=change.uid, reason_zh="地块已不存在。", reason_en="the parcel no longer exists.")
    return frames[layer].geometry[change.uid]


def _problems(change: Change, catalogue: Catalogue, sources: Sources, store: Store) -> Iterator[tuple[str, str]]:
    if isinstance(change, OpenRoad | CloseRoad):
        if not any(_exists(store, layer, change.uid) for layer in road_layers(sources)):
            yield f"没有道路 {change.uid}。", f"there is no road {change.uid}."
        return
    target = change.layer if isinstance(change, AddFacility) else change.as_layer
    layer = catalogue.layers.get(target)
    if layer is None or layer.spec.geometry not in {"point", "polygon"}:
        yield f"图层 {target} 不能放设施。", f"layer {target} cannot hold facilities."
        return
    for field, value in change.properties.items():
        if field not in layer.fields_by_id:
            yield f"图层 {target} 没有字段 {field}。", f"layer {target} has no field {field}."
            continue
        known = {one.id for one in layer.field(field).values}
        if known and value not in known:
            yield f"{target}.{field} 不能是 {value}。", f"{target}.{field} cannot be {value}."
    if isinstance(change, ReuseParcel):
        parcels = change.layer or sources.parcels.layer
        if parcels not in catalogue.layers or not _exists(store, parcels, change.uid):
            yield f"没有地块 {change.uid}。", f"there is no parcel {change.uid}."


def _exists(store: Store, layer: str, uid: str) -> bool:
    try:
        store.feature(layer, uid)
    except FeatureUnknownError:
        return False
    return True


def _require_owner(scenario: Scenario, actor: str, role: Role) -> None:
    if scenario.actor != actor and not may_write(role):
        raise ForbiddenError


def _title(text: str) -> str:
    title = text.strip()
    if not 1 <= len(title) <= 200:
        raise ParameterError(
            name="title", reason_zh="应为 1 到 200 个字", reason_en="it should have 1 to 200 characters"
        )
    return title


def as_json(scenario: Scenario) -> dict[str, Any]:
    """
    Give the shape that the service and the command line use.

    Parameters
    ----------
    scenario
        The scenario.

    Returns
    -------
    dict
        Plain values.
    """
    content: dict[str, Any] = json.loads(scenario.model_dump_json())
    return content
