"""Scenarios over the register."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field


class ScenarioChange(BaseModel):
    """One change; which fields it needs depends on its kind."""

    model_config = ConfigDict(extra="forbid")

    kind: Literal["add_facility", "open_road", "close_road", "reuse_parcel"]
    layer: str | None = None
    lon: float | None = None
    lat: float | None = None
    uid: str | None = None
    as_layer: str | None = None
    properties: dict[str, Any] | None = None


class ScenarioSent(BaseModel):
    """A new scenario."""

    model_config = ConfigDict(extra="forbid")

    title: str = Field(min_length=1, max_length=200)
    note: str = Field("", max_length=2000)
    changes: list[ScenarioChange] = Field([], max_length=500)


class ScenarioChanged(BaseModel):
    """What is new in a scenario; a version refuses the change where somebody else was faster."""

    model_config = ConfigDict(extra="ignore")

    title: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    note: Annotated[str, Field(max_length=2000)] | None = None
    changes: Annotated[list[ScenarioChange], Field(max_length=500)] | None = None
    version: int | None = None


class ScenarioRead(BaseModel):
    """A scenario as it is kept."""

    id: str
    title: str
    note: str
    base: dict[str, int] = Field(description="Revision of each layer when the scenario was made")
    changes: list[ScenarioChange]
    actor: str
    created_at: str
    updated_at: str
    version: int


class ScenarioList(BaseModel):
    """Scenarios, the one changed last first."""

    scenarios: list[ScenarioRead]


class ProposalAccepted(BaseModel):
    """A siting run whose proposal goes into a scenario."""

    model_config = ConfigDict(extra="forbid")

    run: str
