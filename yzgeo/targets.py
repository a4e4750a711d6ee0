"""The plan's promises: what is promised, where it is written, and how it is measured on a layer.

``layers/targets.yaml`` holds them section by section in the plan's own words. A promise whose quantity no layer can
give is ``manual``: its value is entered by hand as a row of an indicator layer.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from .catalogue import Catalogue, Identifier, Label, Layer, SourcedNumber, parse_file
from .errors import CatalogueError

MeasureKind = Literal["count", "length", "area", "sum", "share", "coverage", "manual"]
TargetKind = Literal["expected", "binding", "project"]
Value = bool | int | float | str
Conditions = dict[Identifier, tuple[Value, ...]]

FILE = "targets.yaml"


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class TargetMeasure(_Model):
    """How a promise is measured on its layer."""

    kind: MeasureKind
    field: Identifier | None = Field(
        None, description="Field that holds the quantity; without it lengths and areas come from the geometry"
    )
    where: Conditions = Field({}, description="Only features whose field has one of these values count")
    done_where: Conditions = Field(
        {}, description="What counts as delivered, on layers where it is no stage that tells"
    )
    scale: float = Field(1.0, gt=0, description="From the layer's unit to the unit of the figure")
    per: Literal["resident"] | None = Field(None, description="Divide by the district's population")


class Promise(_Model):
    """One promise as it stands in the file, under its chapter and section."""

    id: Identifier
    title: Label
    quote: str = Field(min_length=2, description="Piece of a sentence, word for word as the plan has it")
    figure: str = Field(min_length=1, description="The figure as written, a part of the quote")
    value: float | None = Field(None, description="The figure as a number; empty where the plan gives none")
    unit: Label
    horizon: int = Field(2025, ge=2000, le=2100)
    kind: TargetKind = "project"
    direction: Literal["at_least", "at_most"] = "at_least"
    table1: int | None = Field(None, ge=1, description="Number of the indicator in the plan's table 1")
    layer: Identifier | None = None
    measure: TargetMeasure
    note: Label | None = None


class Target(Promise):
    """A promise with its place in the plan."""

    chapter: str
    section: str
    population: SourcedNumber | None = Field(None, description="The residents it is divided by, with their source")


class PlanSection(_Model):
    """The promises of one section of the plan."""

    chapter: str = Field(min_length=2)
    section: str = Field(min_length=2)
    targets: tuple[Promise, ...] = Field(min_length=1)


class TargetFile(_Model):
    """``targets.yaml``: sections in the order of the plan."""

    sections: tuple[PlanSection, ...]


def load(catalogue: Catalogue) -> tuple[Target, ...]:
    """
    Read and check the promises of a district's plan.

    Parameters
    ----------
    catalogue
        The district; ``targets.yaml`` stands in its folder.

    Returns
    -------
    tuple of Target
        In the order of the file; empty if the district has no such file.

    Raises
    ------
    CatalogueError
        If the file breaks a rule, or a promise names a layer, a field or a value that does not exist.

    Examples
    --------
    >>> from yzgeo import catalogue
    >>> {target.id: target for target in load(catalogue.load())}["shantytown_parcels"].value
    63.0
    """
    path = catalogue.root / FILE
    if not path.exists():
        return ()
    found = tuple(
        Target(
            **promise.model_dump(),
            chapter=section.chapter,
            section=section.section,
            population=catalogue.district.population if promise.measure.per == "resident" else None,
        )
        for section in parse_file(TargetFile, path).sections
        for promise in section.targets
    )
    problems = [*_repeated(found), *(text for target in found for text in _problems(target, catalogue))]
    if problems:
        raise CatalogueError(path=str(path), reason="; ".join(problems))
    return found


def _repeated(targets: tuple[Target, ...]) -> Iterator[str]:
    ids = [target.id for target in targets]
    numbers = [target.table1 for target in targets if target.table1 is not None]
    yield from (f"{name}: the id stands twice" for name in sorted({name for name in ids if ids.count(name) > 1}))
    yield from (f"table1 {number} stands twice" for number in sorted({n for n in numbers if numbers.count(n) > 1}))


def _problems(target: Target, catalogue: Catalogue) -> Iterator[str]:
    """Find what a promise names and the catalogue does not have."""
    measure = target.measure
    if _squeezed(target.figure) not in _squeezed(target.quote):
        yield f"{target.id}: the figure is not part of the quote"
    if target.layer is None:
        if measure.kind != "manual" or measure.field or measure.where or measure.done_where:
            yield f"{target.id}: {measure.kind} needs a layer"
        return
    if target.layer not in catalogue.layers:
        yield f"{target.id}: unknown layer {target.layer}"
        return
    layer = catalogue.layer(target.layer)
    yield from (
        f"{target.id}: {text}" for text in (*_quantity_problems(measure, layer), *_where_problems(measure, layer))
    )


def _quantity_problems(measure: TargetMeasure, layer: Layer) -> Iterator[str]:
    if measure.field is not None:
        field = layer.fields_by_id.get(measure.field)
        if field is None or field.type not in ("integer", "number"):
            yield f"{layer.id} has no number {measure.field}"
    elif measure.kind == "sum":
        yield "sum needs a field"
    elif (
        measure.kind in ("length", "area")
        and layer.spec.geometry != {"length": "line", "area": "polygon"}[measure.kind]
    ):
        yield f"{measure.kind} needs a field on {layer.id}"
    if measure.kind == "share" and not (layer.stages or measure.done_where):
        yield f"share needs stages or done_where on {layer.id}"


def _where_problems(measure: TargetMeasure, layer: Layer) -> Iterator[str]:
    for name, values in (*measure.where.items(), *measure.done_where.items()):
        field = layer.fields_by_id.get(name)
        if field is None:
            yield f"{layer.id} has no field {name}"
        elif field.values:
            known = {value.id for value in field.values}
            yield from (f"{layer.id}.{name} has no value {value}" for value in values if value not in known)


def _squeezed(text: str) -> str:
    return "".join(text.split())
