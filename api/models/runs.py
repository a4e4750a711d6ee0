"""Runs of coverage and siting."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from yzgeo.catalogue import Label

RunState = Literal["queued", "running", "done", "failed", "dismissed"]


class CircleLimit(BaseModel):
    """How far a circle goes; ``field`` where each facility has its own radius."""

    metres: float | None
    minutes: float | None
    speed_kmh: float | None
    field: str | None


class CircleFacility(BaseModel):
    """What a circle is about: layers, and which of their features."""

    layers: list[str]
    where: list[dict[str, Any]]
    title: Label


class CircleDemand(BaseModel):
    """Who is asked."""

    layer: str
    title: Label


class CircleDescription(BaseModel):
    """A named service area, with the source of its figure and how far that was read."""

    id: str
    title: Label
    mode: Literal["walk", "drive"]
    limit: CircleLimit
    facility: CircleFacility
    members: list[str]
    demand: CircleDemand
    denominators: list[str]
    capacity: bool
    target_share: float | None
    target_source: str | None
    source: str
    evidence: str


class LayerChoice(BaseModel):
    """Some features of a layer."""

    layer: str
    where: dict[str, list[str]]
    stages: list[str]


class CandidateChoice(LayerChoice):
    """Where something could be built."""

    id: str
    title: Label


class ScenarioChoices(BaseModel):
    """Which roads a scenario can open, which parcels it can reuse, and what siting can choose from."""

    roads: list[LayerChoice]
    parcels: list[LayerChoice]
    candidates: list[CandidateChoice]


class Circles(BaseModel):
    """All circles, and what scenarios can change."""

    circles: list[CircleDescription]
    choices: ScenarioChoices


class RunSent(BaseModel):
    """A question; the parameters are described at ``/ogc/processes/{analysis}``."""

    model_config = ConfigDict(extra="forbid")

    analysis: Literal["coverage", "siting"]
    parameters: dict[str, Any] = Field(description="circle, scenario, at, minutes, speed_kmh, metres …")


class RunProgress(BaseModel):
    """How far a run is."""

    done: int
    total: int
    step: str


class RunInput(BaseModel):
    """A layer or file as a run read it."""

    revision: int | None
    sha256: str


class Share(BaseModel):
    """One weight: who is covered, of how many, in percent; null where nobody knows or it is withheld."""

    covered: float | None
    total: float | None
    share: float | None


class UnitShare(BaseModel):
    """Figures of a street office, a community or a compound."""

    code: str | None
    name: str | None
    subdistrict: str | None = None
    people: Share
    dwellings: Share
    buildings: Share


class ParcelShare(BaseModel):
    """A cleared parcel and how much of its land is covered."""

    uid: str
    code: str | None
    name: str | None
    subdistrict: str | None
    land: Share
    distance_m: float | None


class LeastServed(BaseModel):
    """The tenth of the people who have it farthest."""

    people: float | None
    from_m: float | None
    mean_m: float | None
    mean_all_m: float | None
    no_way: float | None


class Unreachable(BaseModel):
    """Buildings without a way, and why."""

    points: int
    people: float | None
    reasons: dict[str, int]


class RunCapacity(BaseModel):
    """Places and people: the two-step catchment, and how many fit in at all."""

    places: float
    places_per_head: float | None
    people_in_reach: float
    people_placed: float
    people_unplaced: float


class RunNetwork(BaseModel):
    """The network a run used."""

    hash: str
    mode: str
    date: str
    nodes: int
    edges: int
    length_m: float
    components: int
    barriers: str
    slope: bool
    source: Label


class ChosenSite(BaseModel):
    """A site of a proposal."""

    uid: str
    circle: str
    name: str | None
    cost: float
    demand: float | None
    farthest_m: float | None


class SitingResult(BaseModel):
    """A proposal: the sites, the proof and the gain."""

    model: Literal["lscp", "mclp", "p_median"]
    weight: str
    candidates: int
    sites: list[ChosenSite]
    objective: float | None
    bound: float | None
    gap: float
    optimal: bool
    weight_total: float | None
    share_before: float | None
    share_after: float | None


class RunSummary(BaseModel):
    """The figures of a run. ``detour_loss`` is straight minus network, in percentage points, by weight."""

    limit_m: float | None
    people: Share
    dwellings: Share
    buildings: Share
    land: Share | None = None
    straight: dict[str, Share]
    detour_loss: dict[str, float | None]
    before: dict[str, Share] | None = None
    by_subdistrict: list[UnitShare] | None = None
    by_community: list[UnitShare] | None = None
    by_compound: list[UnitShare] | None = None
    by_parcel: list[ParcelShare] | None = None
    least_served: LeastServed | None
    unreachable: Unreachable
    facilities: int
    capacity: RunCapacity | None = None
    siting: SitingResult | None = None
    network: RunNetwork
    withheld: list[str] = Field(description="Weights that the caller may not see")


class RunCircle(BaseModel):
    """The circle of a run."""

    id: str
    title: Label
    mode: str
    target_share: float | None
    target_source: str | None
    source: str
    evidence: str
    denominators: list[str]


class RunScenario(BaseModel):
    """The scenario of a run."""

    id: str
    title: str


class RunLinks(BaseModel):
    """Addresses of a run's answers."""

    self: str
    demand: str
    facilities: str
    reach: str
    tiles: str
    route: str
    uncovered: str
    compare: str
    job: str


class Run(BaseModel):
    """A run with everything that decided it."""

    id: str
    analysis: Literal["coverage", "siting"]
    state: RunState
    progress: RunProgress
    parameters: dict[str, Any]
    circle: RunCircle
    scenario: RunScenario | None
    inputs: dict[str, RunInput]
    versions: dict[str, str]
    data_status: dict[str, dict[str, int]]
    illustrative: bool
    day: str
    access: Literal["public", "internal", "restricted"]
    actor: str | None
    created_at: str
    finished_at: str | None
    summary: RunSummary | None
    problem: dict[str, Any] | None
    result_sha256: str | None
    links: RunLinks


class Runs(BaseModel):
    """Runs, the newest first, without their tables by unit."""

    runs: list[Run]


class RunPoints(BaseModel):
    """GeoJSON points of a run: buildings with their distances, or facilities."""

    type: Literal["FeatureCollection"]
    features: list[dict[str, Any]]


class VectorLayer(BaseModel):
    """A layer in a vector tile."""

    id: str
    description: str
    fields: dict[str, str]


class RunTiles(BaseModel):
    """TileJSON 3.0.0 of a run."""

    tilejson: Literal["3.0.0"]
    name: str
    attribution: str
    tiles: list[str]
    bounds: list[float] | None
    minzoom: int
    maxzoom: int
    vector_layers: list[VectorLayer]


class RunComparison(BaseModel):
    """Who comes in and who falls out between two runs."""

    run: str
    other: str
    gained: dict[str, float | None]
    lost: dict[str, float | None]
    shorter: dict[str, float | None]
    before: dict[str, Share]
    after: dict[str, Share]
    uids_in: list[str]
    uids_out: list[str]
    only_before: int
    only_after: int
    withheld: list[str]


class RunRecomputed(BaseModel):
    """A run asked again of the layers as they were, compared to the last digit."""

    id: str
    same: bool
    result_sha256: str
    recomputed_sha256: str
    inputs_changed: list[str]
    largest_difference_m: float | None
    versions: dict[str, dict[str, str]]
