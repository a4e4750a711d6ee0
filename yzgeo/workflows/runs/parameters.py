"""What a run may be asked, as models: the one description that Python, command line, HTTP and the page's form share."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator

from yzgeo.errors import ParameterError

Analysis = Literal["coverage", "siting"]
Barriers = Literal["ground", "strict", "none"]
Model = Literal["lscp", "mclp", "p_median"]
Weight = Literal["people", "dwellings", "buildings"]
Id = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_\-]{1,64}$")]
FileName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_\-][A-Za-z0-9_.\-]{0,100}$")]
Candidates = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{1,40}$|^layer:[a-z][a-z0-9_]{1,40}$")]
Parsed = TypeVar("Parsed", bound="Question")

FAR_M = 50_000.0


class Question(BaseModel):
    """What every analysis may be asked."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    circle: Id = Field(description="圈的编号，见 /api/circles。 Id of the circle.")
    scenario: Id | None = Field(None, description="在哪个方案上计算；不给则为现状。 Scenario; today without one.")
    at: date | None = Field(None, description="按哪一天的台账和通车日期计算。 As of which day.")
    minutes: float | None = Field(None, gt=0, le=120, description="改用这么多分钟。 Minutes instead of the circle's.")
    speed_kmh: float | None = Field(None, gt=0, le=120, description="改用这个速度（km/h）。 Speed instead.")
    metres: float | None = Field(None, gt=0, le=FAR_M, description="改用这么多米。 Metres instead.")
    planned: bool = Field(
        default=False,
        description="按规划建成后的设施和道路计算。 Facilities and roads as the plan wants them in the end.",
    )
    barriers: Barriers = Field(
        "ground",
        description=(
            "河流、铁路：ground 只能走登记的道路通过；strict 连地面道路也切断；none 不考虑。 "
            "Rivers and railways: crossed on registered roads only; strict cuts those at ground level too; none."
        ),
    )
    slope: bool = Field(default=False, description="计入坡度。 Slope counts.")
    network: FileName | None = Field(
        None,
        description="改用工作区 networks/ 中的 OpenStreetMap 文件。 OpenStreetMap file in the workspace's networks/.",
    )
    snap_limit_m: float = Field(
        1000, gt=0, le=5000, description="到道路的最长直线距离（米）。 Longest straight way to a street, metres."
    )

    @model_validator(mode="after")
    def _one_limit(self) -> Question:
        if self.metres is not None and (self.minutes is not None or self.speed_kmh is not None):
            raise ValueError("metres 与 minutes、speed_kmh 只能给一种 (give either metres or minutes and speed)")
        return self


class CoverageQuestion(Question):
    """Who is within reach, who is not, and by how many metres."""


class SitingQuestion(Question):
    """Where to build next."""

    model: Model = Field(
        "mclp",
        description=(
            "lscp 用最少地点覆盖全部，mclp 给定数量覆盖最多，p_median 总路程最短。 "
            "Fewest sites for all; most people for so many sites; least walking."
        ),
    )
    sites: int | None = Field(
        None, ge=1, le=500, description="新建几处（mclp、p_median）。 Number of new sites (mclp, p_median)."
    )
    budget: float | None = Field(None, gt=0, description="预算，单位同 cost（mclp）。 Money, in the unit of the costs.")
    cost: Id | None = Field(None, description="候选图层中作为造价的字段。 Field of the candidates that is their cost.")
    capacity: float | None = Field(None, gt=0, description="每处新设施可服务的数量。 What each new site takes in.")
    candidates: Candidates = Field(
        "cleared_parcels",
        description="候选地点：cleared_parcels、parks、compounds 或 layer:图层。 Where: one of these or layer:<id>.",
    )
    weight: Weight = Field("people", description="按什么计数。 What is counted.")
    also: tuple[Id, ...] = Field(
        (), max_length=4, description="与这些圈争用同一批地点（mclp）。 Circles that compete for the same sites (mclp)."
    )
    time_limit_s: float = Field(60, ge=1, le=600, description="最长求解秒数。 Seconds to solve at most.")

    @model_validator(mode="after")
    def _fits_model(self) -> SitingQuestion:
        if self.model == "p_median" and self.sites is None:
            raise ValueError("p_median 需要 sites (p_median needs a number of sites)")
        if self.model == "mclp" and self.sites is None and self.budget is None:
            raise ValueError("mclp 需要 sites 或 budget (mclp needs a number of sites or a budget)")
        if self.also and self.model != "mclp":
            raise ValueError("also 只用于 mclp (several circles are for mclp only)")
        return self


QUESTIONS: Mapping[Analysis, type[Question]] = {"coverage": CoverageQuestion, "siting": SitingQuestion}

_REASONS_ZH = {
    "missing": "缺少这一项",
    "extra_forbidden": "不认识这一项",
    "greater_than": "应大于 {gt}",
    "greater_than_equal": "应不小于 {ge}",
    "less_than_equal": "应不大于 {le}",
    "literal_error": "应为 {expected} 之一",
    "string_pattern_mismatch": "格式不对",
    "finite_number": "应为有限的数",
}


def parse(kind: type[Parsed], given: Mapping[str, Any]) -> Parsed:
    """
    Check what was asked.

    Parameters
    ----------
    kind
        Model of the question.
    given
        Parameters by name; None counts as not given.

    Returns
    -------
    Question
        The question.

    Raises
    ------
    ParameterError
        If a parameter is unknown, out of range or does not fit the others.
    """
    try:
        return kind.model_validate({name: value for name, value in given.items() if value is not None})
    except ValidationError as error:
        first = error.errors()[0]
        said = str(first["msg"]).removeprefix("Value error, ")
        template = _REASONS_ZH.get(str(first["type"]), said)
        raise ParameterError(
            name=".".join(str(part) for part in first["loc"]) or "parameters",
            reason_zh=template.format_map(first.get("ctx") or {}),
            reason_en=said,
        ) from None
