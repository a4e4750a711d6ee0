from __future__ import annotations

from typing import Any

import pytest

from yzgeo.catalogue import Catalogue
from yzgeo.report.styling import ZOOM, evaluate, leaflet_style


@pytest.mark.parametrize(
    ("expression", "wanted"),
    [
        (3, 3),
        (["get", "a"], "x"),
        (["has", "b"], False),
        (["match", ["get", "a"], "y", 1, ["w", "x"], 2, 3], 2),
        (["match", ["get", "b"], "y", 1, 3], 3),
        (["case", ["==", ["get", "a"], "x"], 1, 2], 1),
        (["interpolate", ["linear"], ["zoom"], ZOOM - 1, 2, ZOOM + 1, 6], 4),
        (["interpolate", ["linear"], ["zoom"], ZOOM + 1, 2, ZOOM + 2, 6], 2),
        (["interpolate", ["linear"], ["zoom"], 1, 2, 2, 6], 6),
        (["step", ["get", "n"], "low", 5, "mid", 10, "high"], "mid"),
        (["coalesce", ["get", "b"], ["get", "a"]], "x"),
        (["in", ["get", "a"], ["literal", ["x", "y"]]], True),
        (["all", ["!=", ["get", "a"], "y"], ["!", ["has", "b"]]], True),
        (["any", ["has", "b"], ["has", "a"]], True),
    ],
)
def test_expressions(expression: Any, wanted: Any) -> None:
    assert evaluate(expression, {"a": "x", "b": None, "n": 7}) == wanted


def test_an_operator_nobody_taught_it() -> None:
    with pytest.raises(ValueError, match="heatmap-density"):
        evaluate(["heatmap-density"], {})


def test_every_layer_of_the_catalogue_is_drawn_in_a_colour_of_its_legend(catalogue: Catalogue) -> None:
    for layer in catalogue.layers.values():
        if layer.spec.geometry == "none":
            continue
        choices: list[dict[str, Any]] = [{}]
        choices += [{spec.id: value.id} for spec in layer.fields for value in spec.values]
        styles = [leaflet_style(layer, values) for values in choices]
        colours = {str(style.get(key)).lower() for style in styles for key in ("fillColor", "color")}
        assert colours & {item.color.lower() for item in layer.style.legend}, layer.id
