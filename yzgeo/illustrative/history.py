"""How the illustrative district came to stand where it does: an invented ledger, flagged in every entry."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from itertools import count
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import geopandas as gpd
import numpy as np
import pandas as pd

from yzgeo import ledger, stages
from yzgeo.access import may_see
from yzgeo.catalogue import Catalogue, Layer, StageTable, feature_uid
from yzgeo.ledger import ZONE, Event, Kind

from .placeholder import placeholder_png

# A quantity is reported between two stages: (field, from this stage on, complete at this stage).
_REPORTED = {
    "households_signed": ("signing", "vacated"),
    "households_relocated": ("signing", "vacated"),
    "cleared_m2": ("demolished", "cleared"),
    "buildings_finished": ("construction", "accepted"),
    "laid_m": ("construction", "accepted"),
    "accepted_m": ("accepted", "accepted"),
}
_REASONS = ("资金未到位（示意）", "手续待补（示意）", "冬季停工（示意）", "管线迁改未完成（示意）")
_NOTES = ("现场正常推进（示意）", "已入户走访（示意）", "材料已进场（示意）", "居民意见已收集（示意）")


@dataclass(frozen=True)
class History:
    """Events in the order of recording, the columns that follow from them, and the picture they show as evidence."""

    events: tuple[Event, ...]
    columns: Mapping[str, pd.DataFrame]
    picture: bytes
    width: int
    height: int


def write_history(catalogue: Catalogue, frames: Mapping[str, gpd.GeoDataFrame], *, as_of: date, seed: int) -> History:
    """
    Invent the events that lead to the stages of the illustrative district.

    Parameters
    ----------
    catalogue
        Layers of the district.
    frames
        The illustrative district by layer, with stages and dates.
    as_of
        The day it speaks of; nothing is later.
    seed
        Start of the pseudo-random numbers; the same seed gives the same events with the same ids.

    Returns
    -------
    History
        For every layer with stages. The columns are what `yzgeo.ledger.fold` makes of the events, indexed like the
        frame.
    """
    picture, width, height = placeholder_png()
    evidence = hashlib.sha256(picture).hexdigest()
    streets = frames.get("admin_subdistrict")
    names = {} if streets is None else dict(zip(streets["code"], streets["name"], strict=True))
    told: list[Event] = []
    columns: dict[str, pd.DataFrame] = {}
    for number, (layer_id, frame) in enumerate(frames.items()):
        layer = catalogue.layer(layer_id)
        if layer.stage_table is None:
            continue
        writer = _Writer(
            layer=layer,
            table=layer.stage_table,
            first=catalogue.district.plan_period[0],
            as_of=as_of,
            evidence=evidence,
            names=names,
            rng=np.random.default_rng([seed, number]),
        )
        states = []
        for row in frame.drop(columns=frame.geometry.name).to_dict("records"):
            events = writer.course({str(key): value for key, value in row.items()})
            told += events
            states.append(ledger.fold(events, writer.machine))
        columns[layer_id] = _columns(layer.stage_table, states, frame.index)
    told.sort(key=lambda event: (event.recorded_at, event.valid_at, event.kind == "approval", event.id))
    return History(tuple(told), columns, picture, width, height)


def _columns(table: StageTable, states: Sequence[ledger.State], index: pd.Index[Any]) -> pd.DataFrame:
    made: dict[str, list[Any]] = {
        "stage": [state.stage for state in states],
        "stage_date": [state.stage_on and state.stage_on.isoformat() for state in states],
    }
    for measure in table.measures:
        made[measure.field] = [state.measures.get(measure.field) for state in states]
    return pd.DataFrame(made, index=index, dtype=object)


@dataclass(frozen=True)
class _Entry:
    """Who tells of which feature; ``numbers`` counts its events, so that their ids stay the same."""

    layer: str
    key: str
    home: str | None
    actor: str
    role: str
    numbers: Iterator[int] = field(default_factory=lambda: count(1))


@dataclass(frozen=True, kw_only=True)
class _Writer:
    """Invents the events of one layer's features."""

    layer: Layer
    table: StageTable
    first: date
    as_of: date
    evidence: str
    names: Mapping[str, str]
    rng: np.random.Generator

    @cached_property
    def machine(self) -> stages.Machine:
        return stages.machine(self.table)

    @cached_property
    def order(self) -> list[str]:
        return [stage.id for stage in self.table.stages if not stage.aside]

    @cached_property
    def reporter(self) -> tuple[str, str]:
        in_the_field = "field" in self.table.roles.forward and may_see("field", self.layer.spec.access)
        return ("示意街道员", "field") if in_the_field else ("示意规划员", "planner")

    def course(self, row: Mapping[str, Any]) -> list[Event]:
        """Invent the events of one feature."""
        key = str(row[self.layer.spec.key])
        entry = _Entry(self.layer.id, key, self.names.get(str(row.get("subdistrict"))), *self.reporter)
        stage = str(row["stage"])
        if stage == self.machine.initial:
            return []
        reached = _day(row.get("stage_date"))
        if reached is None:
            return [self._standing(entry, stage)]
        path = self._path(stage)
        days = self._days(len(path), _day(row.get("planned_start")), reached)
        moves = list(self._moves(entry, path, days))
        dated = dict(zip(path, days, strict=True))
        return [*moves, *self._reports(entry, row, dated), *self._extras(entry, path, days[-1])]

    def _path(self, stage: str) -> list[str]:
        if stage in self.order:
            return self.order[1 : self.order.index(stage) + 1]
        open_stages = [each for each in self.order[1:] if each not in self.machine.done]
        return [*open_stages[: int(self.rng.integers(1, len(open_stages) + 1))], stage]

    def _days(self, moves: int, start: date | None, reached: date) -> list[date]:
        """Spread the moves between the planned start and the day the last stage was reached."""
        room = max((reached - self.first).days, moves)
        span = min(max((reached - start).days if start else 0, 40 * moves), room)
        gaps = self.rng.dirichlet(np.full(moves, 2.0)) * max(span - moves, 0)
        behind = np.concatenate([np.cumsum((gaps.astype(int) + 1)[::-1])[::-1][1:], [0]])
        return [reached - timedelta(days=int(days)) for days in behind]

    def _moves(self, entry: _Entry, path: Sequence[str], days: Sequence[date]) -> Iterator[Event]:
        origin = self.machine.initial
        for stage, day in zip(path, days, strict=True):
            move = self.machine.moves[origin, stage]
            payload: dict[str, Any] = {"to": stage}
            if move.evidence:
                payload["evidence"] = [self.evidence]
            if move.reason:
                payload["reason"] = str(self.rng.choice(_REASONS))
            teller = entry if entry.role in move.roles else replace(entry, actor="示意规划员", role="planner")
            event = self._event(teller, "transition", day, payload)
            yield event
            if move.second_person:
                yield self._approval(entry, event)
            origin = stage

    def _approval(self, entry: _Entry, event: Event) -> Event:
        day = min(ledger.day_of(event) + timedelta(days=int(self.rng.integers(1, 6))), self.as_of)
        office = replace(entry, actor="示意住建局审批员", role="bureau", home=None)
        return self._event(office, "approval", day, {"event": event.id, "granted": True}, after=event.recorded_at)

    def _reports(self, entry: _Entry, row: Mapping[str, Any], dated: Mapping[str, date]) -> Iterator[Event]:
        bounds = stages.limits(self.table, row)
        for measure in self.table.measures:
            begun, complete = _REPORTED.get(measure.field, ("", ""))
            if begun not in dated or measure.field not in bounds:
                continue
            whole = self.layer.field(measure.field).type == "integer"
            end = dated.get(complete)
            goal = bounds[measure.field] if end else self._so_far(row.get(measure.field), bounds[measure.field])
            first, last = dated[begun], end or min(dated[begun] + timedelta(days=240), self.as_of)
            if goal <= 0:
                continue
            steps = max(min(int(self.rng.integers(2, 5)), (last - first).days), 1)
            shares = [*np.sort(self.rng.uniform(0.1, 0.95, steps - 1)).tolist(), 1.0]
            for number, share in enumerate(shares, 1):
                value = goal if number == steps else min(round(goal * share, 0 if whole else 1), goal)
                day = first + timedelta(days=(last - first).days * number // steps)
                yield self._event(entry, "measure", day, {measure.field: int(value) if whole else value})

    def _so_far(self, stored: object, bound: float) -> float:
        known = isinstance(stored, int | float) and not pd.isna(stored)
        return float(stored) if known and isinstance(stored, int | float) else round(bound * self.rng.uniform(0.2, 0.8))

    def _extras(self, entry: _Entry, path: Sequence[str], reached: date) -> Iterator[Event]:
        """A note here and there, a mistake put right in the open, and moves that wait for a second person."""
        if self.rng.random() < 0.25:
            yield self._event(entry, "note", reached, {"text": str(self.rng.choice(_NOTES))})
        onward = [move for move in self.machine.onward(path[-1], entry.role) if move.kind == "forward"]
        if not onward:
            return
        chance = self.rng.random()
        day = min(reached + timedelta(days=int(self.rng.integers(1, 30))), self.as_of)
        if day <= reached:
            return
        payload = {"to": onward[0].target, **({"evidence": [self.evidence]} if onward[0].evidence else {})}
        if onward[0].second_person and chance < 0.3:
            recent = max(day, self.as_of - timedelta(days=int(self.rng.integers(1, 20))))
            yield self._event(entry, "transition", recent, payload)
        elif not onward[0].second_person and chance < 0.03:
            wrong = self._event(entry, "transition", day, payload)
            yield wrong
            undone = {"cancels": wrong.id, "reason": "点错地块（示意）"}
            yield self._event(entry, "correction", day, undone, after=wrong.recorded_at)

    def _standing(self, entry: _Entry, stage: str) -> Event:
        """What stood before the plan began: nobody knows since when."""
        yesterday = self.first - timedelta(days=1)
        return self._event(
            replace(entry, actor="示意导入员", role="import", home=None),
            "opening",
            yesterday,
            {"stage": stage, "on": None},
        )

    def _event(
        self, entry: _Entry, kind: Kind, day: date, payload: Mapping[str, Any], *, after: datetime | None = None
    ) -> Event:
        valid = datetime.combine(day, time(8, 30), ZONE) + timedelta(minutes=int(self.rng.integers(0, 500)))
        late = timedelta(minutes=int(self.rng.integers(5, 60 * 30)))
        end = datetime.combine(self.as_of, time(23, 0), ZONE)
        recorded = min(valid + late, end)
        if after is not None:
            recorded = min(max(recorded, after + timedelta(minutes=5)), end + timedelta(minutes=30))
            valid = max(valid, after.astimezone(ZONE)) if after > valid else valid
        actor = f"{entry.actor}·{entry.home}" if entry.home else entry.actor
        return Event(
            id=str(uuid5(NAMESPACE_URL, f"yzgeo:illustrative:{entry.layer}:{entry.key}:{next(entry.numbers)}")),
            layer=entry.layer,
            uid=feature_uid(entry.layer, entry.key),
            kind=kind,
            valid_at=valid,
            actor=actor,
            role=entry.role,
            payload={**payload, "illustrative": True},
            recorded_at=recorded.astimezone(UTC),
        )


def _day(value: object) -> date | None:
    return date.fromisoformat(value) if isinstance(value, str) else None
