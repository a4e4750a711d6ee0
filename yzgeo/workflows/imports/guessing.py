"""For which layer a file could be: by the names of its columns, the kind of its shapes, and what it is called."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely

from yzgeo.catalogue import Catalogue, Layer
from yzgeo.ingest import rows
from yzgeo.ingest.cells import normalise
from yzgeo.ingest.reading import Source
from yzgeo.ingest.tables.layout import split_unit

_DIMENSION = {"point": 0, "line": 1, "polygon": 2}
_CLEAR = 0.55
_AHEAD = 0.12
_MOST = 6
_SHORTEST_NAME = 2


@dataclass(frozen=True)
class LayerGuess:
    """A layer that a file could be for, how surely, and why in Chinese and English."""

    layer: Layer
    score: float
    zh: tuple[str, ...]
    en: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        """
        Give the shape that the API uses.

        Returns
        -------
        dict
            ``id``, ``title``, ``score`` and the evidence.
        """
        return {
            "id": self.layer.id,
            "title": self.layer.spec.title.model_dump(),
            "score": round(self.score, 3),
            "evidence": list(self.zh),
            "evidence_en": list(self.en),
        }


def guess_layer(catalogue: Catalogue, source: Source, *, titles: Sequence[str] = ()) -> tuple[LayerGuess, ...]:
    """
    Rank the layers that a file could be for.

    Parameters
    ----------
    catalogue
        The layers there are.
    source
        The file as it was read.
    titles
        What the file and its parts are called.

    Returns
    -------
    tuple of LayerGuess
        The likeliest first, at most six.
    """
    named = " ".join(normalise(text) for text in (*titles, *source.stated, source.layer))
    names = [
        normalise(text)
        for name in source.table.columns
        if name not in {*source.positions, *rows.OWN_COLUMNS}
        for text in [split_unit(str(name))[0].rpartition("/")[2]]
    ]
    found = [_weigh(layer, names, named, source) for layer in catalogue.layers.values()]
    likely = sorted((one for one in found if one is not None and one.score > 0.2), key=lambda one: -one.score)
    return tuple(likely[:_MOST])


def is_clear(guesses: Sequence[LayerGuess]) -> bool:
    """
    Tell whether the first of the ranked layers may be taken without asking.

    Parameters
    ----------
    guesses
        Ranked layers.

    Returns
    -------
    bool
        True if it is likely and well ahead of the second.
    """
    if not guesses or guesses[0].score < _CLEAR:
        return False
    return len(guesses) == 1 or guesses[0].score - guesses[1].score >= _AHEAD


def _weigh(layer: Layer, names: Sequence[str], named: str, source: Source) -> LayerGuess | None:
    fit = _fit(layer, source)
    if fit == 0.0:
        return None
    known = {
        normalise(text): spec.title
        for spec in layer.fields
        for text in (spec.id, spec.title.zh, spec.title.en, *spec.aliases)
    }
    matched = [known[name] for name in names if name in known]
    share = len(matched) / len(names) if names else 0.0
    zh, en = [], []
    if matched:
        zh.append(f"{len(matched)}/{len(names)} 列的名称相同")
        en.append(f"{len(matched)} of {len(names)} columns are called as here")
    if source.geometry is not None and layer.spec.geometry != "none":
        zh.append(f"{fit:.0%} 是{rows.KINDS[layer.spec.geometry]}")
        en.append(f"{fit:.0%} of the shapes are of its kind")
    words = {normalise(text) for text in (layer.spec.title.zh, layer.spec.title.en, layer.id)}
    called = any(len(word) >= _SHORTEST_NAME and word in named for word in words)
    if called:
        zh.append("文件名或标题写着它")
        en.append("the file or a title names it")
    score = 0.5 * share + 0.25 * fit + (0.25 if called else 0.0)
    return LayerGuess(layer, score, tuple(zh), tuple(en))


def _fit(layer: Layer, source: Source) -> float:
    """Tell which share of the shapes the layer could hold; closed lines may be outlines."""
    kind = layer.spec.geometry
    if source.geometry is None:
        return 0.5
    if kind == "none":
        return 0.1
    present = source.geometry[~shapely.is_missing(source.geometry)]
    if not len(present):
        return 0.5
    dimensions = shapely.get_dimensions(present)
    fits = dimensions == _DIMENSION[kind]
    if source.kind == "dxf" and kind == "polygon":
        fits |= (dimensions == 1) & np.asarray(shapely.is_closed(present), dtype=bool)
    return float(np.mean(fits))
