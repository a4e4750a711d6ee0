"""Stage machines: every move a feature may make is a row of a table, made from the layer's stage file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from .catalogue import Label, Layer, StageSpec, StageTable

MoveKind = Literal["forward", "back", "aside", "resume"]


_KEPT = 64


@dataclass(frozen=True, slots=True)
class Move:
    """One allowed move and what it asks for."""

    origin: str
    target: str
    kind: MoveKind
    roles: frozenset[str]
    evidence: bool
    second_person: bool
    reason: bool


@dataclass(frozen=True)
class Machine:
    """The moves of one stage table, looked up by where from and where to."""

    initial: str
    order: Mapping[str, int]
    moves: Mapping[tuple[str, str], Move]
    done: frozenset[str]
    asides: frozenset[str]
    approvers: frozenset[str]
    labels: Mapping[str, Label]

    def move(self, origin: str, target: str) -> Move | None:
        """
        Look a move up.

        Parameters
        ----------
        origin, target
            Stage ids.

        Returns
        -------
        Move or None
            None where the table has no such move.
        """
        return self.moves.get((origin, target))

    def onward(self, origin: str, role: str) -> list[Move]:
        """
        List the moves a role may make from a stage, forward ones first: what a form offers.

        Parameters
        ----------
        origin
            Present stage.
        role
            Role of the one who asks.

        Returns
        -------
        list of Move
            Forward moves in order, then resuming and stepping aside, then going back.
        """
        ranks = {"forward": 0, "resume": 1, "aside": 2, "back": 3}
        mine = [move for move in self.moves.values() if move.origin == origin and role in move.roles]
        return sorted(mine, key=lambda move: (ranks[move.kind], self.order[move.target]))


_machines: dict[int, tuple[StageTable, Machine]] = {}


def machine(table: StageTable) -> Machine:
    """
    Make the table of moves of a layer.

    From a stage one goes forward to the next one, past stages marked optional; back to any earlier one, with a reason
    and a second person; aside from anywhere, with a reason; and from aside to any stage of the normal order, of which
    `yzgeo.ledger` admits the one that was left.

    Parameters
    ----------
    table
        A layer's stage table.

    Returns
    -------
    Machine
        Its moves.

    Examples
    --------
    >>> from yzgeo import catalogue
    >>> table = catalogue.load().layer("shantytown_parcel").stage_table
    >>> machine(table).move("decided", "signing").kind
    'forward'
    >>> machine(table).move("decided", "cleared") is None
    True
    """
    found = _machines.get(id(table))
    if found is None:
        # Looked up by identity: hashing a whole table costs more than folding a feature.
        if len(_machines) >= _KEPT:
            _machines.clear()
        found = _machines[id(table)] = (table, _make(table))
    return found[1]


def limits(table: StageTable, properties: Mapping[str, object]) -> dict[str, float]:
    """
    Tell how far each measure of one feature can go.

    Parameters
    ----------
    table
        The layer's stage table.
    properties
        Values of the feature's fields.

    Returns
    -------
    dict of str to float
        Largest value by field; a measure without a known bound is missing.
    """
    found: dict[str, float] = {}
    for measure in table.measures:
        bound = measure.limit if measure.limit_field is None else properties.get(measure.limit_field)
        if isinstance(bound, int | float) and not isinstance(bound, bool):
            found[measure.field] = float(bound)
    return found


def kept_fields(layer: Layer, table: StageTable) -> list[str]:
    """
    List the fields of a layer that the ledger keeps.

    Parameters
    ----------
    layer
        The layer.
    table
        Its stage table.

    Returns
    -------
    list of str
        Field ids.
    """
    names = ("stage", "stage_date", *(measure.field for measure in table.measures))
    return [name for name in names if name in layer.fields_by_id]


def _make(table: StageTable) -> Machine:
    normal = [stage for stage in table.stages if not stage.aside]
    asides = [stage for stage in table.stages if stage.aside]
    rows = [*_forward(normal, table), *_back(normal, table), *_aside(normal, asides, table)]
    return Machine(
        initial=normal[0].id,
        order=MappingProxyType({stage.id: rank for rank, stage in enumerate((*normal, *asides))}),
        moves=MappingProxyType({(row.origin, row.target): row for row in rows}),
        done=frozenset(stage.id for stage in table.stages if stage.done),
        asides=frozenset(stage.id for stage in asides),
        approvers=frozenset(table.roles.approve),
        labels=MappingProxyType({stage.id: stage.label for stage in table.stages}),
    )


def _forward(normal: list[StageSpec], table: StageTable) -> list[Move]:
    rows = []
    for rank, origin in enumerate(normal):
        for target in normal[rank + 1 :]:
            rows.append(_row(origin, target, "forward", table))
            if not target.optional:
                break
    return rows


def _back(normal: list[StageSpec], table: StageTable) -> list[Move]:
    return [_row(origin, target, "back", table) for rank, origin in enumerate(normal) for target in normal[:rank]]


def _aside(normal: list[StageSpec], asides: list[StageSpec], table: StageTable) -> list[Move]:
    out = [_row(origin, target, "aside", table) for origin in normal for target in asides]
    back = [_row(origin, target, "resume", table) for origin in asides for target in normal]
    return out + back


def _row(origin: StageSpec, target: StageSpec, kind: MoveKind, table: StageTable) -> Move:
    roles = {"forward": table.roles.forward, "back": table.roles.back}.get(kind, table.roles.aside)
    return Move(
        origin=origin.id,
        target=target.id,
        kind=kind,
        roles=frozenset(roles),
        evidence=target.evidence if kind == "forward" else False,
        second_person=kind == "back" or (kind == "forward" and target.second_person),
        reason=kind in ("back", "aside"),
    )
