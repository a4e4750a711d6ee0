"""Drawings: layers become classes, texts inside closed lines become codes, and areas are measured.

A drawing has no table. What a person would read off the sheet is put into columns named like the layer's fields, with a
sentence for each reading; what cannot be read stays as it is written, so that it is told and not guessed.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from yzgeo import crs
from yzgeo.catalogue import FieldSpec, GeometryKind, Layer
from yzgeo.checks import Issue

from .crs_guess.evidence import District
from .reading import Source
from .values import words

_TECHNICAL = ("PaperSpace", "SubClasses", "Linetype")
_AREA = "area_m2"
_SEPARATORS = re.compile(r"[-_—·/|、.,:\s]+")


def as_table(source: Source, layer: Layer) -> Source:
    """
    Read off a drawing what the layer wants to know.

    Parameters
    ----------
    source
        Any source; only drawings are changed.
    layer
        The layer it is for.

    Returns
    -------
    Source
        The shapes of the layer's kind, with their texts as codes and the drawing's layers as classes.
    """
    if source.kind != "dxf" or source.geometry is None:
        return source
    source = _with_codes(source, layer.spec.geometry, layer.field(layer.spec.key).title.zh)
    table = source.table.drop(columns=[name for name in _TECHNICAL if name in source.table])
    issues: list[Issue] = []
    for spec in layer.fields:
        if spec.values and "Layer" in table and spec.title.zh not in table:
            read = {str(name): _class_of(str(name), spec) for name in table["Layer"].dropna().unique()}
            if any(read.values()):
                table[spec.title.zh] = [read.get(str(name)) or name for name in table["Layer"]]
                issues += [_told(name, found, spec) for name, found in read.items() if found]
    return replace(source, table=table, issues=(*source.issues, *issues))


def measured(source: Source, layer: Layer, district: District) -> tuple[Source, tuple[Issue, ...]]:
    """
    Measure the areas of a drawing, where the layer demands them.

    Parameters
    ----------
    source
        Any source in the storage system; only drawings are changed.
    layer
        The layer it is for.
    district
        Its metric system measures.

    Returns
    -------
    source : Source
        With a column of square metres.
    issues : tuple of Issue
        That it was done.
    """
    spec = next((one for one in layer.fields if one.id == _AREA and one.required), None)
    if source.kind != "dxf" or source.geometry is None or spec is None or spec.title.zh in source.table:
        return source, ()
    plane = crs.transform(source.geometry, district.storage_crs, district.metric_crs)
    areas = [None if shape is None else round(float(shape.area), 2) for shape in plane]
    table = source.table.assign(**{spec.title.zh: pd.Series(areas, dtype=object)})
    zh, en = "图上没有面积，按图形量算", "the drawing states no areas; they were measured on the shapes"
    return replace(source, table=table), (Issue("info", "area_measured", "文件", zh, en),)


def _with_codes(source: Source, kind: GeometryKind, called: str) -> Source:
    """Keep the shapes that the layer wants; a text is the code of the closed line around it, or of its point."""
    shapes = np.asarray(source.geometry, dtype=object)
    is_text = np.asarray(shapely.get_dimensions(shapes) == 0)
    words_of = source.table["Text"].to_numpy() if "Text" in source.table else np.full(len(shapes), None, dtype=object)
    kept = is_text if kind == "point" else ~is_text
    table = source.table[kept].reset_index(drop=True)
    if kind == "point":
        table[called] = pd.Series([_word(text) for text in words_of[kept]], dtype=object)
    elif kind == "polygon" and is_text.any() and kept.any():
        table[called] = pd.Series(_inside(shapes[kept], shapes[is_text], words_of[is_text]), dtype=object)
    return replace(source, table=table, geometry=shapes[kept], unreadable=source.unreadable[kept])


def _inside(lines: NDArray[np.object_], texts: NDArray[np.object_], words_of: NDArray[np.object_]) -> list[str | None]:
    areas = np.array([_area(line) for line in lines], dtype=object)
    row, text = shapely.STRtree(texts).query(areas, predicate="contains")
    found = {int(one): _word(words_of[other]) for one, other in zip(row[::-1], text[::-1], strict=True)}
    return [found.get(index) for index in range(len(lines))]


def _area(line: shapely.Geometry | None) -> shapely.Geometry | None:
    points = shapely.get_coordinates(line)
    return shapely.Polygon(points) if len(points) >= 4 and np.allclose(points[0], points[-1]) else None


def _word(text: Any) -> str | None:
    return str(text).strip() or None if text is not None else None


def _class_of(name: str, spec: FieldSpec) -> str | None:
    """Find the one value that the name of a drawing's layer, or one of its parts, is."""
    options = spec.values or ()
    found = {words.choice(part, options).id for part in (name, *_SEPARATORS.split(name)) if part} - {None}
    label = {option.id: option.label.zh for option in options}
    return label[str(found.pop())] if len(found) == 1 else None


def _told(name: str, found: str, spec: FieldSpec) -> Issue:
    english = {option.label.zh: option.label.en for option in spec.values or ()}
    zh = f"图层名读作{spec.title.zh}“{found}”"
    en = f"the drawing's layer was read as {spec.title.en} “{english[found]}”"
    return Issue("info", "drawing_class", name, zh, en)
