"""What the analyses read from a register, as ``layers/coverage.yaml`` says: networks, demand, land and candidates."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pandas as pd
from pydantic import BaseModel, ConfigDict, Field

from yzgeo.catalogue import Catalogue, Identifier, Label, Layer, parse_file
from yzgeo.errors import CatalogueError

from .circles import Mode

FILE = "coverage.yaml"
Values = Mapping[Identifier, tuple[str, ...]]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Pick(_Model):
    """Some features of a layer."""

    layer: Identifier
    where: Values = Field({}, description="Only features whose field has such a value")
    unless: Values = Field({}, description="Not features whose field has such a value")
    stages: tuple[Identifier, ...] = Field((), description="Only features at such a stage")

    def rows(self, frame: pd.DataFrame) -> pd.Series:
        """
        Tell which features are meant.

        Parameters
        ----------
        frame
            The layer's features.

        Returns
        -------
        pandas.Series
            True for each that is, on the frame's index.
        """
        keep = pd.Series(data=True, index=frame.index)
        for field, values in self.where.items():
            keep &= frame[field].isin(values)
        for field, values in self.unless.items():
            keep &= ~frame[field].isin(values)
        return keep & frame["stage"].isin(self.stages) if self.stages else keep


class Projects(Pick):
    """Works that make a new way once they are delivered."""

    raised: Values = Field({}, description="These pass over the ground: bridges")
    switches: Values = Field({}, description="These the page offers to open one by one; all of them without it")


class NetworkSpec(_Model):
    """The network of one mode."""

    streets: tuple[Pick, ...] = Field(min_length=1)
    projects: Projects | None = None
    barriers: tuple[Identifier, ...] = ()
    terrain: str | None = Field(None, description="Raster of the workspace with the height of the ground")
    source: Label


class DemandSpec(_Model):
    """Who is asked: buildings with their weights."""

    layer: Identifier
    dwellings: Identifier
    people: Identifier
    compound: Identifier


class LandSpec(Pick):
    """Land that is sampled by points."""

    spacing_m: float = Field(20, gt=0, le=1000)
    title: Label


class CandidateSpec(Pick):
    """Where something could be built."""

    title: Label


class Sources(_Model):
    """``coverage.yaml``."""

    networks: Mapping[Mode, NetworkSpec]
    demand: DemandSpec
    land: LandSpec
    parcels: LandSpec
    units: Mapping[Identifier, Identifier] = Field(description="Layer that names the codes of a column")
    candidates: Mapping[Identifier, CandidateSpec] = Field(min_length=1)


def load_sources(catalogue: Catalogue) -> Sources:
    """
    Read what the analyses take from a catalogue's register.

    Parameters
    ----------
    catalogue
        The catalogue whose layers are spoken of.

    Returns
    -------
    Sources
        The content of the file.

    Raises
    ------
    CatalogueError
        If the file is wrong, or names a layer, a field or a stage that does not exist.
    """
    path = catalogue.root / FILE
    found = parse_file(Sources, path)
    for problem in _problems(found, catalogue):
        raise CatalogueError(path=str(path), reason=problem)
    return found


def _problems(sources: Sources, catalogue: Catalogue) -> Iterator[str]:
    picks: list[Pick] = [sources.land, sources.parcels, *sources.candidates.values()]
    barriers: list[str] = []
    for network in sources.networks.values():
        picks += [*network.streets, *([network.projects] if network.projects else [])]
        barriers += network.barriers
    demand = sources.demand
    fields = {demand.dwellings: (), demand.people: (), demand.compound: ()}
    picks.append(Pick(layer=demand.layer, where=fields))
    for layer_id in [*barriers, *sources.units.values()]:
        if layer_id not in catalogue.layers:
            yield f"there is no layer {layer_id!r}"
    for pick in picks:
        if pick.layer not in catalogue.layers:
            yield f"there is no layer {pick.layer!r}"
            continue
        yield from _wrong_values(pick, catalogue.layer(pick.layer))


def _wrong_values(pick: Pick, layer: Layer) -> Iterator[str]:
    named = [pick.where, pick.unless, *([pick.raised, pick.switches] if isinstance(pick, Projects) else [])]
    for field, values in [entry for each in named for entry in each.items()]:
        if field not in layer.fields_by_id:
            yield f"layer {layer.id!r} has no field {field!r}"
            continue
        known = {value.id for value in layer.field(field).values}
        yield from (f"{layer.id}.{field} never is {value!r}" for value in values if known and value not in known)
    stages = {stage.id for stage in layer.stages}
    yield from (f"layer {layer.id!r} has no stage {stage!r}" for stage in pick.stages if stage not in stages)
