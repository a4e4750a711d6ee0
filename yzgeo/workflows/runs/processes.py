"""The analyses as processes: one entry each, from which call, command, description and form are made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from yzgeo.catalogue import Catalogue, Label
from yzgeo.coverage import Circle, Sources
from yzgeo.coverage.sources import Pick, Values
from yzgeo.errors import ProcessUnknownError

from .parameters import QUESTIONS, Analysis, Question


@dataclass(frozen=True)
class Process:
    """One analysis."""

    id: Analysis
    version: str
    title: Label
    description: Label
    keywords: tuple[str, ...]

    @property
    def question(self) -> type[Question]:
        """Model of its parameters."""
        return QUESTIONS[self.id]


PROCESSES: Mapping[str, Process] = MappingProxyType(
    {
        "coverage": Process(
            "coverage",
            "1.0.0",
            Label(zh="设施圈覆盖", en="Coverage of a circle"),
            Label(
                zh="逐栋楼沿路网计算到最近设施的距离，按居民、住宅、楼栋、用地给出覆盖率和未覆盖名单",
                en="Each building's distance to its nearest facility along the streets, shares and who is left out",
            ),
            ("coverage", "accessibility", "圈", "覆盖"),
        ),
        "siting": Process(
            "siting",
            "1.0.0",
            Label(zh="选址", en="Siting"),
            Label(
                zh="在净地地块等候选地点中选出新设施的位置，给出最优性差距和前后覆盖率",
                en="Choose sites for new facilities among cleared parcels or others, with the gap to the optimum",
            ),
            ("location", "facility", "选址", "净地"),
        ),
    }
)
RESULTS: Mapping[str, Label] = MappingProxyType(
    {
        "summary": Label(zh="覆盖率和分组统计", en="Shares and figures by unit"),
        "demand": Label(zh="逐栋楼结果（GeoJSON）", en="Every building (GeoJSON)"),
        "facilities": Label(zh="设施及推荐地点（GeoJSON）", en="Facilities and proposed sites (GeoJSON)"),
    }
)


def process(process_id: str) -> Process:
    """
    Look a process up.

    Parameters
    ----------
    process_id
        Its id.

    Returns
    -------
    Process
        The process.

    Raises
    ------
    ProcessUnknownError
        If there is none.
    """
    if process_id not in PROCESSES:
        raise ProcessUnknownError(process=process_id, known="、".join(PROCESSES))
    return PROCESSES[process_id]


def describe_inputs(entry: Process, circles: Mapping[str, Circle], sources: Sources) -> dict[str, Any]:
    """
    Describe the parameters of a process, as OGC API Processes asks; the page's form is made of it.

    Parameters
    ----------
    entry
        The process.
    circles
        The circles there are.
    sources
        What the analyses read, with the candidates there are.

    Returns
    -------
    dict
        By name: ``title``, ``description``, ``schema`` and how often it occurs.
    """
    schema = entry.question.model_json_schema()
    choices = {"circle": list(circles), "candidates": [*sources.candidates]}
    told: dict[str, Any] = {}
    for name, content in schema["properties"].items():
        plain = dict(content)
        description = plain.pop("description", "")
        plain.pop("title", None)
        if name in choices:
            plain["examples"] = choices[name]
        if name == "circle":
            plain["enum"] = choices[name]
        told[name] = {
            "title": name,
            "description": description,
            "schema": plain,
            "minOccurs": 1 if name in schema.get("required", ()) else 0,
            "maxOccurs": 1,
        }
    return told


def describe_circles(circles: Mapping[str, Circle], catalogue: Catalogue, sources: Sources) -> list[dict[str, Any]]:
    """
    List the circles.

    Parameters
    ----------
    circles
        The circles.
    catalogue
        The catalogue.
    sources
        What the analyses read.

    Returns
    -------
    list of dict
        Id, title, mode, limit, facilities, denominators, target and source of each.
    """
    asked = catalogue.layer(sources.demand.layer)
    return [
        {
            "id": one.id,
            "title": one.title.model_dump(),
            "mode": one.mode,
            "limit": {
                "metres": one.radius_m,
                "minutes": _minutes(one),
                "speed_kmh": one.speed_kmh,
                "field": one.limit_field,
            },
            "facility": _facility(one, circles, catalogue),
            "members": list(one.members),
            "demand": {"layer": asked.id, "title": asked.spec.title.model_dump()},
            "denominators": list(one.denominators),
            "capacity": one.capacity is not None,
            "target_share": one.target_share,
            "target_source": one.target_source,
            "source": one.source_text,
            "evidence": one.evidence,
        }
        for one in circles.values()
    ]


def describe_choices(sources: Sources) -> dict[str, Any]:
    """
    List what a scenario can change, and where something could be built.

    Parameters
    ----------
    sources
        What the analyses read.

    Returns
    -------
    dict
        ``roads``: projects that can be opened one by one; ``parcels``: what can be reused; ``candidates`` of a siting.
    """
    roads: list[dict[str, Any]] = []
    for network in sources.networks.values():
        if network.projects is not None:
            choice = _choice(network.projects) | {"where": _plain(network.projects.switches or network.projects.where)}
            roads += [] if choice in roads else [choice]
    candidates = [
        {"id": name, **_choice(one), "title": one.title.model_dump()} for name, one in sources.candidates.items()
    ]
    # What is built on already is no parcel to reuse, so the candidates of that layer say which are.
    parcels: list[Pick] = [one for one in sources.candidates.values() if one.layer == sources.parcels.layer]
    return {
        "roads": roads,
        "parcels": [_choice(one) for one in parcels or [sources.parcels]],
        "candidates": candidates,
    }


def _choice(pick: Pick) -> dict[str, Any]:
    return {"layer": pick.layer, "where": _plain(pick.where), "stages": list(pick.stages)}


def _plain(values: Values) -> dict[str, list[str]]:
    return {field: list(known) for field, known in values.items()}


def _minutes(one: Circle) -> float | None:
    if one.minutes is not None:
        return one.minutes
    if one.limit_m is None or one.speed_kmh is None:
        return None
    return one.limit_m / (one.speed_kmh * 1000 / 60)


def _facility(one: Circle, circles: Mapping[str, Circle], catalogue: Catalogue) -> dict[str, Any]:
    rules = [rule for part in (one.members or (one.id,)) for rule in circles[part].facilities]
    layers = list(dict.fromkeys(rule.layer for rule in rules))
    titles = [catalogue.layer(layer).spec.title for layer in layers]
    return {
        "layers": layers,
        "where": [
            {"layer": rule.layer, **{field: list(values) for field, values in rule.where.items()}} for rule in rules
        ],
        "title": {"zh": "、".join(title.zh for title in titles), "en": ", ".join(title.en for title in titles)},
    }
