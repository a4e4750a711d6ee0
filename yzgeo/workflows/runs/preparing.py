"""From a question to everything that decides its answer: what is read, at which state, and the name of the run."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from importlib.metadata import version
from typing import Any

import orjson

from yzgeo.access import Role, may_see
from yzgeo.catalogue import Access, Catalogue
from yzgeo.coverage import Circle, circle
from yzgeo.errors import LayerUnknownError
from yzgeo.ledger import ZONE

from .covering import parts_of
from .inputs import Inputs, Register, gather, layers_read
from .parameters import QUESTIONS, Analysis, Question, SitingQuestion, parse
from .scenarios import Scenario, Scenarios
from .shelf import now_text

_VERSIONS = ("yzgeo", "numpy", "scipy", "shapely", "geopandas", "highspy")
_ORDER: tuple[Access, ...] = ("public", "internal", "restricted")


@dataclass(frozen=True)
class Prepared:
    """A question with everything it reads, named by what decides its answer."""

    id: str
    analysis: Analysis
    circle: Circle
    inputs: Inputs
    document: dict[str, Any]


class Preparer:
    """
    Prepares runs of one workspace.

    Parameters
    ----------
    register
        Reads the layers.
    circles
        All circles.
    scenarios
        All scenarios.
    """

    def __init__(self, register: Register, circles: Mapping[str, Circle], scenarios: Scenarios) -> None:
        self.register, self.circles, self.scenarios = register, circles, scenarios

    @property
    def catalogue(self) -> Catalogue:
        """The catalogue of the register."""
        return self.register.catalogue

    def prepare(
        self,
        analysis: Analysis,
        parameters: Mapping[str, Any],
        *,
        actor: str,
        role: Role,
        then: Mapping[str, Any] | None = None,
    ) -> Prepared:
        """
        Read what a question needs and name it.

        Parameters
        ----------
        analysis
            ``coverage`` or ``siting``.
        parameters
            Parameters by name.
        actor, role
            Who asks.
        then
            An earlier run, to ask again exactly what it asked.

        Returns
        -------
        Prepared
            Ready to be worked on.

        Raises
        ------
        ParameterError
            If a parameter is wrong.
        CircleUnknownError, ScenarioUnknownError, LayerUnknownError
            If something named does not exist for that role.
        """
        question = parse(QUESTIONS[analysis], parameters)
        chosen = circle(self.circles, question.circle)
        others = question.also if isinstance(question, SitingQuestion) else ()
        parts = parts_of(chosen, self.circles, question)
        for other in others:
            parts += parts_of(circle(self.circles, other), self.circles, question)
        scenario = self._scenario(question, role, then)
        layers = layers_read(self.catalogue, self.register.sources, parts, question)
        if scenario is not None:
            layers = sorted({*layers, *scenario.base} & set(self.catalogue.layers))
        for layer in layers:
            if not may_see(role, self.catalogue.layer(layer).spec.access):
                raise LayerUnknownError(layer=layer)
        day = datetime.now(ZONE).date() if then is None else datetime.fromisoformat(then["day"]).date()
        inputs = gather(
            self.register,
            question,
            parts,
            layers=layers,
            day=question.at or day,
            changes=() if scenario is None else scenario.changes,
            revisions=None if then is None else _revisions(then),
        )
        asked = question.model_dump(mode="json", exclude_none=True)
        described = inputs.described()
        deciding = {
            "analysis": analysis,
            "asked": {name: value for name, value in asked.items() if name not in {"at", "scenario"}},
            "inputs": {name: entry["sha256"] for name, entry in described.items()},
            "network": inputs.network_key,
            "changes": [] if scenario is None else scenario.model_dump(mode="json")["changes"],
            "scenario": question.scenario,
            "at": asked.get("at"),
            "circles": [one.model_dump(mode="json") for one in (chosen, *parts)],
            "version": version("yzgeo"),
        }
        run_id = sha256(orjson.dumps(deciding, option=orjson.OPT_SORT_KEYS)).hexdigest()[:20]
        document = {
            "id": run_id,
            "analysis": analysis,
            "state": "queued",
            "progress": {"done": 0, "total": 100, "step": "排队"},
            "parameters": asked,
            "circle": _described_circle(chosen),
            "inputs": described,
            "scenario": None if scenario is None else scenario.model_dump(mode="json"),
            "versions": {name: version(name) for name in _VERSIONS} | {"python": platform.python_version()},
            "data_status": {name: state.statuses for name, state in sorted(inputs.states.items())},
            "illustrative": any("illustrative" in state.statuses for state in inputs.states.values()),
            "day": inputs.day.isoformat(),
            "access": self._access(layers, with_scenario=scenario is not None),
            "actor": actor,
            "created_at": now_text(),
            "finished_at": None,
            "summary": None,
            "problem": None,
            "result_sha256": None,
        }
        return Prepared(run_id, analysis, chosen, inputs, document)

    def again(self, run: Mapping[str, Any], role: Role = "admin") -> Prepared:
        """
        Prepare what a run asked once more, of the layers as they were.

        Parameters
        ----------
        run
            The run.
        role
            Who asks.

        Returns
        -------
        Prepared
            Ready to be worked on.
        """
        return self.prepare(run["analysis"], run["parameters"], actor=run["actor"], role=role, then=run)

    def _scenario(self, question: Question, role: Role, then: Mapping[str, Any] | None) -> Scenario | None:
        if question.scenario is None:
            return None
        if then is not None:
            return Scenario.model_validate(then["scenario"])
        return self.scenarios.get(question.scenario, role)

    def _access(self, layers: list[str], *, with_scenario: bool) -> Access:
        found = [self.catalogue.layer(layer).spec.access for layer in layers]
        return max([*found, "internal" if with_scenario else "public"], key=_ORDER.index)


def _revisions(run: Mapping[str, Any]) -> dict[str, int]:
    return {name: entry["revision"] for name, entry in run["inputs"].items() if entry["revision"] is not None}


def _described_circle(chosen: Circle) -> dict[str, Any]:
    return {
        "id": chosen.id,
        "title": chosen.title.model_dump(),
        "mode": chosen.mode,
        "target_share": chosen.target_share,
        "target_source": chosen.target_source,
        "source": chosen.source_text,
        "evidence": chosen.evidence,
        "denominators": list(chosen.denominators),
    }
