"""What a run reads: layers at one state, the network made of them, and the points that are asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import orjson
import pandas as pd
import shapely

from yzgeo import crs, demand, network
from yzgeo.catalogue import Catalogue, Layer
from yzgeo.coverage import Circle, Sources
from yzgeo.coverage.sources import NetworkSpec, Projects
from yzgeo.errors import InputError, NetworkError, ParameterError
from yzgeo.network import Graph, Slope, barriers
from yzgeo.store import rasters
from yzgeo.store.base import Query, Store
from yzgeo.workflows.registers import register_on
from yzgeo.workflows.tiles import told_on

from . import scenarios
from .graphs import GraphCache, Memory
from .parameters import Question, SitingQuestion
from .scenarios import Change, CloseRoad, OpenRoad

NETWORKS = "networks"
_SNAP_M = 0.5
_FRAMES_KEPT = 24


@dataclass(frozen=True)
class LayerState:
    """A layer as a run reads it: in metres, indexed by uid, at one revision and perhaps on another day."""

    frame: gpd.GeoDataFrame
    revision: int
    sha256: str

    @property
    def statuses(self) -> dict[str, int]:
        """Features by the status of their data."""
        return {str(status): int(count) for status, count in self.frame["data_status"].value_counts().items()}


class Register:
    """
    Reads a workspace's layers for runs, and keeps what it read and built.

    Parameters
    ----------
    store
        The register.
    folder
        The workspace.
    sources
        What the analyses read.
    """

    def __init__(self, store: Store, folder: Path, sources: Sources) -> None:
        self.store, self.folder, self.sources = store, folder, sources
        self.graphs = GraphCache(folder / "cache")
        self._states: Memory[LayerState] = Memory(_FRAMES_KEPT)

    @property
    def catalogue(self) -> Catalogue:
        """The catalogue of the register."""
        return self.store.catalogue

    def state(self, layer_id: str, *, day: date | None = None, revision: int | None = None) -> LayerState:
        """
        Read a layer.

        Parameters
        ----------
        layer_id
            Its id.
        day
            With the stages and the reported quantities that the ledger, as known today, gives for the end of this day.
        revision
            As it was then; the present without it.

        Returns
        -------
        LayerState
            The layer.
        """
        layer = self.catalogue.layer(layer_id)
        wanted = self.store.revision(layer_id) if revision is None else revision
        staged = day if layer.stages else None
        events = self.store.ledger.revision() if staged else 0
        reported = staged is not None and not register_on(self.store, layer, staged).now
        key = (layer_id, wanted, staged, events, reported)
        return self._states.get(key, lambda: self._read(layer, wanted, staged, reported=reported))

    def _read(self, layer: Layer, revision: int, day: date | None, *, reported: bool) -> LayerState:
        current = self.store.revision(layer.id) == revision
        frame = self.store.frame(layer.id) if current else self.store.frame(layer.id, Query(revision=revision))
        if current and self.store.revision(layer.id) != revision:  # someone wrote meanwhile
            frame = self.store.frame(layer.id, Query(revision=revision))
        if day is not None:
            told = told_on(self.store, layer, list(frame.index), day, list(layer.fields_by_id) if reported else ())
            # Of the same type as the layer has them: equal quantities share a hash.
            frame = frame.assign(**{name: pd.Series(told[name], frame.index, frame[name].dtype) for name in told})
        digest = frame_hash(frame)
        if layer.spec.geometry != "none":
            frame = crs.to_crs(frame, self.catalogue.district.metric_crs)
        return LayerState(frame, revision, digest)


@dataclass(frozen=True)
class Inputs:
    """Everything one run reads, before the network is built."""

    register: Register
    question: Question
    circles: tuple[Circle, ...]
    day: date
    states: Mapping[str, LayerState]
    changes: tuple[Change, ...]
    files: Mapping[str, str]

    @property
    def spec(self) -> NetworkSpec:
        """The network of the circles' mode."""
        return self.register.sources.networks[self.circles[0].mode]

    @cached_property
    def frames(self) -> dict[str, gpd.GeoDataFrame]:
        """Layers by id with the scenario's facilities; the key column holds the uid, so that answers name it."""
        catalogue, plain = self.register.catalogue, {name: state.frame for name, state in self.states.items()}
        laid = scenarios.lay_over(self.changes, plain, catalogue, self.register.sources)
        return {name: frame.assign(**{catalogue.layer(name).spec.key: frame.index}) for name, frame in laid.items()}

    @cached_property
    def roads(self) -> gpd.GeoDataFrame:
        """Street lines that are open on the day, on the uid."""
        if self.question.network is not None:
            return self._from_file(self.question.network)
        opened = {change.uid for change in self.changes if isinstance(change, OpenRoad)}
        closed = {change.uid for change in self.changes if isinstance(change, CloseRoad)}
        projects = [self.spec.projects] if self.spec.projects else []
        parts = [self._open_lines(pick, opened, closed) for pick in (*self.spec.streets, *projects)]
        parts = [part for part in parts if not part.empty]
        if not parts:
            raise NetworkError(
                reason_zh="登记中没有在这一天开放的道路", reason_en="the register has no road that is open on that day"
            )
        lines: gpd.GeoDataFrame = gpd.GeoDataFrame(pd.concat(parts), crs=parts[0].crs)
        return lines

    @cached_property
    def network_key(self) -> str:
        """Hash of everything the network is made of."""
        digest = sha256()
        asked = self.question
        digest.update(frame_hash(self.roads).encode() if asked.network is None else self.files[asked.network].encode())
        digest.update(repr((self.circles[0].mode, asked.barriers, asked.network is None, asked.slope)).encode())
        if asked.barriers != "none":
            digest.update("".join(self.states[layer].sha256 for layer in self.spec.barriers).encode())
        if asked.slope:
            digest.update(self.files[f"{self.spec.terrain}.tif"].encode())
        return digest.hexdigest()[:32]

    @cached_property
    def graph(self) -> Graph:
        """The network, built once for all runs that share it."""
        return self.register.graphs.get(self.network_key, self._build)

    @cached_property
    def homes(self) -> gpd.GeoDataFrame:
        """Buildings as demand points."""
        spec = self.register.sources.demand
        frame = self.states[spec.layer].frame
        if frame.empty:
            raise InputError(
                what=self.register.catalogue.layer(spec.layer).spec.title.zh,
                reason_zh="没有数据，无法计算覆盖。",
                reason_en="the layer is empty, so nobody can be asked.",
            )
        return demand.from_buildings(frame, dwellings=spec.dwellings, people=spec.people)

    @cached_property
    def land(self) -> gpd.GeoDataFrame | None:
        """Land sampled by points; None where there is none."""
        return self._sampled(self.register.sources.land.layer, self.register.sources.land.spacing_m, parcels=False)

    @cached_property
    def parcels(self) -> gpd.GeoDataFrame | None:
        """Cleared parcels sampled by points; None where there is none."""
        return self._sampled(self.register.sources.parcels.layer, self.register.sources.parcels.spacing_m, parcels=True)

    def described(self) -> dict[str, dict[str, Any]]:
        """
        Name what was read.

        Returns
        -------
        dict
            ``revision`` and ``sha256`` by layer, and the files.
        """
        layers: dict[str, dict[str, Any]] = {
            name: {"revision": state.revision, "sha256": state.sha256} for name, state in sorted(self.states.items())
        }
        return layers | {name: {"revision": None, "sha256": digest} for name, digest in sorted(self.files.items())}

    def _open_lines(self, pick: Any, opened: set[str], closed: set[str]) -> gpd.GeoDataFrame:
        frame = self.states[pick.layer].frame
        frame = frame.loc[pick.rows(frame) & frame.geometry.notna() & ~frame.geometry.is_empty]
        named = frame.index.isin(opened)
        present = pd.Series(data=True, index=frame.index)
        layer = self.register.catalogue.layer(pick.layer)
        if isinstance(pick, Projects):
            done = frame["stage"].isin(layer.done_stages)
            aside = frame["stage"].isin([stage.id for stage in layer.stages if stage.aside])
            present = ~aside if self.question.planned else done
            raised = pd.Series(data=True, index=frame.index) if pick.raised else ~present & present
            for field, values in pick.raised.items():
                raised &= frame[field].isin(values)
            frame = frame.assign(bridge=raised, level=raised.astype(int))
        elif "open_from" in frame.columns and not self.question.planned:
            opens = pd.to_datetime(frame["open_from"], errors="coerce")
            present = opens.isna() | (opens <= pd.Timestamp(self.day))
        kept = frame.loc[(present | named) & ~frame.index.isin(closed)]
        columns = [name for name in ("level", "bridge", "tunnel", "oneway") if name in kept.columns]
        return gpd.GeoDataFrame(pd.DataFrame(kept[columns]), geometry=kept.geometry.to_numpy(), crs=kept.crs)

    def _from_file(self, name: str) -> gpd.GeoDataFrame:
        path = self.register.folder / NETWORKS / name
        return network.read_pbf(path, mode=self.circles[0].mode, target=self.register.catalogue.district.metric_crs)

    def _build(self) -> Graph:
        asked, from_file = self.question, self.question.network is not None
        edges = self.roads if from_file else network.clean(self.roads, snap_m=_SNAP_M).edges.set_index("road")
        walls = self._barriers()
        graph = network.build(
            edges,
            barriers=walls if asked.barriers == "strict" else None,
            slope=self._slope() if asked.slope else None,
            nodes=("from_node", "to_node") if from_file else None,
        )
        if walls is None or asked.barriers == "strict":
            return graph
        # A registered street is itself the way across; what is closed is the ground beside it.
        closed = barriers.walls(walls, None, target=graph.crs, crossing_radius_m=1.0)
        return replace(graph, barriers=closed)

    def _barriers(self) -> gpd.GeoDataFrame | None:
        if self.question.barriers == "none":
            return None
        parts = [self.states[layer].frame for layer in self.spec.barriers]
        shapes = [part.geometry.dropna() for part in parts if not part.empty]
        if not shapes:
            return None
        together = pd.concat(shapes)
        return gpd.GeoDataFrame(geometry=gpd.GeoSeries(together.to_numpy(), crs=shapes[0].crs))

    def _slope(self) -> Slope:
        if self.spec.terrain is None:
            raise ParameterError(name="slope", reason_zh="没有地形数据", reason_en="there is no terrain")
        raster = rasters.read(self.register.folder / "rasters" / f"{self.spec.terrain}.tif")
        if crs.parse(raster.crs) != crs.parse(self.register.catalogue.district.metric_crs):
            raise NetworkError(
                reason_zh="地形与道路的坐标系不同", reason_en="terrain and streets are in different coordinate systems"
            )
        heights = raster.array.astype(float)
        if raster.nodata is not None:
            heights[heights == raster.nodata] = np.nan
        a, b, c, d, e, f = tuple(raster.transform)[:6]
        return Slope(heights, (a, b, c, d, e, f))

    def _sampled(self, layer: str, spacing_m: float, *, parcels: bool) -> gpd.GeoDataFrame | None:
        pick = self.register.sources.parcels if parcels else self.register.sources.land
        frame = self.states[layer].frame
        rows = frame.loc[pick.rows(frame) & frame.geometry.notna() & ~frame.geometry.is_empty]
        if rows.empty:
            return None
        sampled = demand.from_land(rows, spacing_m=spacing_m)
        return sampled.assign(area=sampled.index).reset_index(drop=True)


def gather(
    register: Register,
    question: Question,
    circles: Sequence[Circle],
    *,
    layers: Sequence[str],
    day: date,
    changes: Sequence[Change] = (),
    revisions: Mapping[str, int] | None = None,
) -> Inputs:
    """
    Read what a question needs.

    Parameters
    ----------
    register
        Reads the layers.
    question
        The question.
    circles
        The circles that are asked, members in place of the circle that has them; all of one mode.
    layers
        Ids of the layers to read.
    day
        The day that opening dates are held against.
    changes
        The scenario's changes.
    revisions
        Revisions of the layers, to ask again what was asked before.

    Returns
    -------
    Inputs
        What the run reads.

    Raises
    ------
    ParameterError
        If a named file is not there, or the scenario changes roads that the file does not hold.
    """
    then = revisions or {}
    states = {name: register.state(name, day=question.at, revision=then.get(name)) for name in sorted(set(layers))}
    files: dict[str, str] = {}
    if question.network is not None:
        if any(isinstance(change, OpenRoad | CloseRoad) for change in changes):
            raise ParameterError(
                name="network",
                reason_zh="方案改动的是登记的道路，不能与 OpenStreetMap 路网同用",
                reason_en="the scenario changes roads of the register, which an OpenStreetMap network does not hold",
            )
        files[question.network] = _file_hash(register.folder / NETWORKS / question.network, "network")
    terrain = register.sources.networks[circles[0].mode].terrain
    if question.slope and terrain is not None:
        files[f"{terrain}.tif"] = _file_hash(register.folder / "rasters" / f"{terrain}.tif", "slope")
    return Inputs(register, question, tuple(circles), day, states, tuple(changes), files)


def layers_read(catalogue: Catalogue, sources: Sources, circles: Sequence[Circle], question: Question) -> list[str]:
    """
    List the layers a question needs.

    Parameters
    ----------
    catalogue
        The catalogue.
    sources
        What the analyses read.
    circles
        The circles that are asked, members in place of the circle that has them.
    question
        The question.

    Returns
    -------
    list of str
        Ids of layers.
    """
    spec = sources.networks[circles[0].mode]
    found = {sources.demand.layer, sources.land.layer, sources.parcels.layer, *sources.units.values()}
    found |= {rule.layer for one in circles for rule in one.facilities}
    if question.barriers != "none":
        found |= set(spec.barriers)
    if question.network is None:
        found |= {pick.layer for pick in (*spec.streets, *([spec.projects] if spec.projects else []))}
    if isinstance(question, SitingQuestion):
        found.add(candidate_layer(sources, question.candidates))
    return sorted(layer for layer in found if layer in catalogue.layers or catalogue.layer(layer))


def candidate_layer(sources: Sources, candidates: str) -> str:
    """
    Tell in which layer candidates lie.

    Parameters
    ----------
    sources
        What the analyses read.
    candidates
        A named choice, or ``layer:`` and an id.

    Returns
    -------
    str
        Id of the layer.

    Raises
    ------
    ParameterError
        If there is no such choice.
    """
    if candidates.startswith("layer:"):
        return candidates.removeprefix("layer:")
    if candidates not in sources.candidates:
        known = ", ".join(sources.candidates)
        raise ParameterError(
            name="candidates", reason_zh=f"可用：{known} 或 layer:图层", reason_en=f"use {known} or layer:<id>"
        )
    return sources.candidates[candidates].layer


def frame_hash(frame: gpd.GeoDataFrame) -> str:
    """
    Hash features with their ids, values and geometry; equal features share it, on any machine.

    Parameters
    ----------
    frame
        The features.

    Returns
    -------
    str
        SHA-256, hexadecimal.
    """
    digest = sha256()
    digest.update(orjson.dumps([str(label) for label in frame.index]))
    geometry = getattr(frame, "active_geometry_name", None)
    for column in sorted(str(name) for name in frame.columns if name != geometry):
        values = frame[column].astype(object)
        plain = values.where(values.notna(), None).tolist()
        digest.update(orjson.dumps([column, plain], default=str, option=orjson.OPT_SERIALIZE_NUMPY))
    if geometry is not None:
        for blob in shapely.to_wkb(frame.geometry.to_numpy()):
            digest.update(b"-" if blob is None else blob)
    return digest.hexdigest()


def _file_hash(path: Path, parameter: str) -> str:
    try:
        return sha256(path.read_bytes()).hexdigest()
    except OSError:
        raise ParameterError(
            name=parameter,
            reason_zh=f"工作区里没有文件 {path.parent.name}/{path.name}",
            reason_en=f"the workspace has no file {path.parent.name}/{path.name}",
        ) from None
