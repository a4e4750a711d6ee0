"""MapLibre styles in plain values: what one feature looks like at one zoom, for maps that know no expressions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from yzgeo.catalogue import Layer

ZOOM = 12.5
"""Zoom at which widths and radii are taken: the first view of a district is about there."""

_LEAST_RADIUS = 3.5  # smaller points cannot be hit with a finger

_Properties = Mapping[str, Any]


def leaflet_style(layer: Layer, properties: _Properties) -> dict[str, Any]:
    """
    Find how a feature is drawn.

    Parameters
    ----------
    layer
        Layer whose style is asked.
    properties
        Values of the feature.

    Returns
    -------
    dict
        Options of a Leaflet path: colour, weight, dashes, fill, radius in pixels.
    """
    style: dict[str, Any] = {"weight": 1, "opacity": 1, "fill": False, "stroke": False}
    for part in layer.style.layers:
        wanted = part.get("filter")
        if part["type"] == "symbol" or (wanted is not None and not evaluate(wanted, properties)):
            continue
        paint = {name: evaluate(value, properties) for name, value in part.get("paint", {}).items()}
        if part["type"] == "fill":
            style |= {"fill": True, "fillColor": paint["fill-color"], "fillOpacity": paint.get("fill-opacity", 1)}
        elif part["type"] == "line":
            width = round(float(paint.get("line-width", 1)), 2)
            style |= {"stroke": True, "color": paint["line-color"], "opacity": paint.get("line-opacity", 1)}
            style["weight"] = width
            if "line-dasharray" in paint:
                style["dashArray"] = " ".join(f"{length * width:.1f}" for length in paint["line-dasharray"])
        elif part["type"] == "circle":
            style |= {"fill": True, "fillColor": paint["circle-color"], "fillOpacity": paint.get("circle-opacity", 1)}
            style |= {"stroke": True, "color": paint.get("circle-stroke-color", paint["circle-color"])}
            style |= {
                "weight": paint.get("circle-stroke-width", 1),
                "radius": max(_LEAST_RADIUS, round(float(paint["circle-radius"]), 2)),
            }
    return style


def evaluate(expression: Any, properties: _Properties) -> Any:
    """
    Work out a MapLibre expression for one feature at `ZOOM`.

    Parameters
    ----------
    expression
        A value, or one of the operators that our styles use.
    properties
        Values of the feature.

    Returns
    -------
    object
        The value.

    Raises
    ------
    ValueError
        If a style uses an operator that is not known here.

    Examples
    --------
    >>> evaluate(["match", ["get", "stage"], "planned", "#999999", "#000000"], {"stage": "planned"})
    '#999999'
    """
    if not isinstance(expression, list) or not expression or not isinstance(expression[0], str):
        return expression
    operator, arguments = expression[0], expression[1:]
    if operator not in _OPERATORS:
        raise ValueError(f"the web map does not know the style operator {operator!r}")
    return _OPERATORS[operator](arguments, properties)


def _match(arguments: Sequence[Any], properties: _Properties) -> Any:
    value = evaluate(arguments[0], properties)
    for label, result in zip(arguments[1:-1:2], arguments[2::2], strict=False):
        if value in label if isinstance(label, list) else value == label:
            return evaluate(result, properties)
    return evaluate(arguments[-1], properties)


def _case(arguments: Sequence[Any], properties: _Properties) -> Any:
    for condition, result in zip(arguments[:-1:2], arguments[1::2], strict=False):
        if evaluate(condition, properties):
            return evaluate(result, properties)
    return evaluate(arguments[-1], properties)


def _interpolate(arguments: Sequence[Any], properties: _Properties) -> Any:
    position = evaluate(arguments[1], properties)
    stops = [(stop, evaluate(value, properties)) for stop, value in zip(arguments[2::2], arguments[3::2], strict=True)]
    if position is None or position <= stops[0][0]:
        return stops[0][1]
    for (low, start), (high, end) in pairwise(stops):
        if position <= high:
            if not isinstance(start, int | float):
                return start
            return start + (end - start) * (position - low) / (high - low)
    return stops[-1][1]


def _step(arguments: Sequence[Any], properties: _Properties) -> Any:
    position = evaluate(arguments[0], properties)
    result = arguments[1]
    for stop, value in zip(arguments[2::2], arguments[3::2], strict=True):
        if position is not None and position >= stop:
            result = value
    return evaluate(result, properties)


def _coalesce(arguments: Sequence[Any], properties: _Properties) -> Any:
    values = (evaluate(one, properties) for one in arguments)
    return next((value for value in values if value is not None), None)


_OPERATORS: Mapping[str, Any] = {
    "get": lambda arguments, properties: properties.get(arguments[0]),
    "has": lambda arguments, properties: properties.get(arguments[0]) is not None,
    "zoom": lambda _, __: ZOOM,
    "literal": lambda arguments, _: arguments[0],
    "match": _match,
    "case": _case,
    "interpolate": _interpolate,
    "step": _step,
    "coalesce": _coalesce,
    "==": lambda arguments, properties: evaluate(arguments[0], properties) == evaluate(arguments[1], properties),
    "!=": lambda arguments, properties: evaluate(arguments[0], properties) != evaluate(arguments[1], properties),
    "in": lambda arguments, properties: evaluate(arguments[0], properties) in evaluate(arguments[1], properties),
    "!": lambda arguments, properties: not evaluate(arguments[0], properties),
    "all": lambda arguments, properties: all(evaluate(one, properties) for one in arguments),
    "any": lambda arguments, properties: any(evaluate(one, properties) for one in arguments),
}
