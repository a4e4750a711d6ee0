"""Units of the columns of a foreign table: what the head says, what a person says instead, and what comes of it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from yzgeo.catalogue import FieldSpec, Label, Layer
from yzgeo.errors import ParameterError

from .cells import UnfitError, coerce
from .reading import Source
from .tables.layout import split_unit
from .values.numbers import Dimension, Unit, parse_unit

_LABELS: Mapping[Dimension, tuple[tuple[str, str, str], ...]] = {
    "area": (
        ("m2", "平方米", "m²"),
        ("亩", "亩", "mu"),
        ("公顷", "公顷", "ha"),
        ("万m2", "万平方米", "10,000 m²"),
        ("km2", "平方公里", "km²"),
    ),
    "length": (("m", "米", "m"), ("km", "公里", "km"), ("里", "里（500 米）", "li (500 m)")),
}
_SAMPLES = 3


@dataclass(frozen=True, slots=True)
class Reading:
    """
    In which unit a column is read.

    ``unit`` is None where its numbers are taken as they stand; ``by`` tells who said so. ``options`` are the units a
    person can choose, ``samples`` some cells before and after.
    """

    column: str
    field: str
    unit: str | None
    to: str
    by: Literal["chosen", "head", "nobody"]
    options: tuple[tuple[str, Label], ...]
    samples: tuple[tuple[str, float], ...]

    def as_dict(self) -> dict[str, Any]:
        """
        Give the shape that reports and the API use.

        Returns
        -------
        dict
            The fields; options as ``id`` and ``title``, samples as ``before`` and ``after``.
        """
        return {
            "column": self.column,
            "field": self.field,
            "unit": self.unit,
            "to": self.to,
            "by": self.by,
            "options": [{"id": name, "title": title.model_dump()} for name, title in self.options],
            "samples": [{"before": before, "after": after} for before, after in self.samples],
        }


def unit_of(source: Source, column: str, chosen: Mapping[str, str]) -> Unit | None:
    """
    Tell in which unit a column's plain numbers are.

    Parameters
    ----------
    source
        The file.
    column
        One of its columns.
    chosen
        Column to unit, as a person decided.

    Returns
    -------
    Unit or None
        What was chosen, else what the head says; None where the numbers are taken as they stand.
    """
    if column in chosen:
        return parse_unit(chosen[column])
    return next((head.unit for head in source.heads if head.name == column), None) or split_unit(column)[1]


def parse(name: str) -> Unit:
    """
    Read the unit that a person chose.

    Parameters
    ----------
    name
        For instance ``亩``.

    Returns
    -------
    Unit
        The unit.

    Raises
    ------
    ParameterError
        If it is no unit known here.
    """
    unit = parse_unit(name)
    if unit is None:
        raise ParameterError(name="--unit", reason_zh=f"不认识的单位“{name}”", reason_en=f"unknown unit “{name}”")
    return unit


def fits(name: str, layer: Layer, target: str | None) -> bool:
    """
    Tell whether a unit measures what a field measures.

    Parameters
    ----------
    name
        Name of the unit.
    layer
        Layer with the fields.
    target
        Id of the field, None where a column has none.

    Returns
    -------
    bool
        True if numbers in the unit can be brought to the field's.
    """
    unit, goal = parse_unit(name), _goal(layer.field(target)) if target else None
    return unit is not None and goal is not None and unit.dimension == goal.dimension


def check_chosen(chosen: Mapping[str, str], columns: Mapping[str, str | None], layer: Layer) -> None:
    """
    Refuse units that do not exist, or do not measure what the field measures.

    Parameters
    ----------
    chosen
        Column to unit, as a person decided.
    columns
        Every column of the file with its field, or None.
    layer
        Layer with the fields.

    Raises
    ------
    ParameterError
        If the file has no such column, or the unit does not fit its field.
    """
    for column, name in chosen.items():
        if column not in columns:
            raise ParameterError(
                name="--unit",
                reason_zh=f"文件里没有列“{column}”",
                reason_en=f"the file has no column “{column}”",
            )
        parse(name)
        target = columns[column]
        if target and not fits(name, layer, target):
            title = layer.field(target).title
            raise ParameterError(
                name="--unit",
                reason_zh=f"“{name}”量的不是“{title.zh}”",
                reason_en=f"“{name}” does not measure “{title.en}”",
            )


def readings(
    source: Source, layer: Layer, columns: Mapping[str, str | None], chosen: Mapping[str, str]
) -> tuple[Reading, ...]:
    """
    Tell for each column that measures something in which unit it is read.

    Parameters
    ----------
    source
        The file.
    layer
        Layer with the fields.
    columns
        Column to field.
    chosen
        Column to unit, as a person decided.

    Returns
    -------
    tuple of Reading
        In the order of the columns.
    """
    found = []
    for column, target in columns.items():
        spec = layer.field(target) if target else None
        goal = _goal(spec) if spec is not None else None
        if spec is None or goal is None or goal.dimension not in _LABELS:
            continue
        unit = unit_of(source, column, chosen)
        options = _options(spec, goal)
        found.append(
            Reading(
                column=column,
                field=spec.id,
                unit=None if unit is None else _name(unit, options),
                to=str(spec.unit),
                by="chosen" if column in chosen else "head" if unit is not None else "nobody",
                options=options,
                samples=_samples(source, column, spec, unit),
            )
        )
    return tuple(found)


def _goal(spec: FieldSpec) -> Unit | None:
    return parse_unit(spec.unit) if spec.unit and spec.type in {"number", "integer"} else None


def _options(spec: FieldSpec, goal: Unit) -> tuple[tuple[str, Label], ...]:
    options = [(name, Label(zh=zh, en=en)) for name, zh, en in _LABELS[goal.dimension]]
    own = str(spec.unit)
    return tuple(options if own in dict(options) else [(own, Label(zh=own, en=own)), *options])


def _name(unit: Unit, options: Sequence[tuple[str, Label]]) -> str:
    """Name a unit as the options do: 平米 and ㎡ are one, and so are 公顷 and 万㎡, which keep their names."""
    same = [name for name, _ in options if (found := parse_unit(name)) is not None and found.factor == unit.factor]
    return next((name for name in same if name[0] == unit.name[0]), same[0] if same else unit.name)


def _samples(source: Source, column: str, spec: FieldSpec, unit: Unit | None) -> tuple[tuple[str, float], ...]:
    samples: dict[str, float] = {}
    for cell in source.table[column][:200]:
        try:
            after = coerce(cell, spec, unit=unit)
        except UnfitError:
            continue
        if isinstance(after, int | float) and math.isfinite(after):
            samples.setdefault(str(cell)[:60], after)
        if len(samples) == _SAMPLES:
            break
    return tuple(samples.items())
