"""Styles that QGIS opens the layers with: the legend of the catalogue written as QML, kept in ``layer_styles``."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from datetime import datetime
from xml.etree.ElementTree import Element, SubElement, tostring

from yzgeo.catalogue import FieldSpec, Layer, LegendItem

from . import timestamps

VERSION = 1
"""Raised when the QML changes, so that existing workspaces get it."""

_OWNER = "yzgeo"
_PLAIN = {"polygon": "fill", "line": "line", "point": "marker"}
_GREY = "128,128,128,255"
_OTHERS = {"fill": "224,221,212,255", "line": _GREY, "marker": _GREY}


def store(connection: sqlite3.Connection, layer: Layer, *, now: datetime) -> None:
    """
    Write a layer's default style. Styles that people saved in QGIS stay, and stay default if they are.

    Parameters
    ----------
    connection
        The writer, inside a transaction.
    layer
        The layer.
    now
        Time to record, in UTC.
    """
    known = connection.execute(
        "SELECT id FROM layer_styles WHERE f_table_name = ? AND owner = ?", (layer.id, _OWNER)
    ).fetchone()
    text, stamp = qml(layer), timestamps.standard(now)
    if known is not None:
        connection.execute(
            "UPDATE layer_styles SET styleName = ?, styleQML = ?, description = ?, update_time = ? WHERE id = ?",
            (layer.spec.title.zh, text, layer.spec.description.zh, stamp, known[0]),
        )
        return
    connection.execute(
        "INSERT INTO layer_styles (f_table_catalog, f_table_schema, f_table_name, f_geometry_column, styleName, "
        "styleQML, styleSLD, useAsDefault, description, owner, ui, update_time) "
        "VALUES ('', '', ?, ?, ?, ?, '', 1, ?, ?, NULL, ?)",
        (
            layer.id,
            "" if layer.spec.geometry == "none" else "geom",
            layer.spec.title.zh,
            text,
            layer.spec.description.zh,
            _OWNER,
            stamp,
        ),
    )


def qml(layer: Layer) -> str:
    """
    Draw a layer as QGIS describes it.

    Parameters
    ----------
    layer
        The layer.

    Returns
    -------
    str
        A QML document: Chinese aliases and lists of values for the fields; for a layer with geometry one symbol per
        stage (or per value of the first field that the legend explains), otherwise a single symbol.
    """
    root = Element("qgis", version="3.22.0", styleCategories="Symbology|Fields|Forms|MapTips|Rendering")
    if layer.spec.geometry != "none":
        _renderer(root, layer)
    _fields(root, layer)
    SubElement(root, "previewExpression").text = f'"{layer.spec.label_field}"'
    if layer.spec.geometry != "none":
        SubElement(root, "layerGeometryType").text = str({"point": 0, "line": 1, "polygon": 2}[layer.spec.geometry])
    body = tostring(root, encoding="unicode")
    return f"<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n{body}\n"


def _renderer(root: Element, layer: Layer) -> None:
    classified = _classified(layer)
    kind = _PLAIN[layer.spec.geometry]
    if classified is None:
        renderer = SubElement(root, "renderer-v2", type="singleSymbol", symbollevels="0", forceraster="0")
        symbols = SubElement(renderer, "symbols")
        _symbol(symbols, "0", kind, layer.style.legend[0] if layer.style.legend else None)
        return
    field, items = classified
    renderer = SubElement(
        root, "renderer-v2", type="categorizedSymbol", attr=field.id, symbollevels="0", forceraster="0"
    )
    categories = SubElement(renderer, "categories")
    symbols = SubElement(renderer, "symbols")
    drawn = [value for value in field.values if value.id in items]
    for number, value in enumerate(drawn):
        SubElement(
            categories,
            "category",
            symbol=str(number),
            value=value.id,
            label=value.label.zh,
            type="string",
            render="true",
        )
        _symbol(symbols, str(number), kind, items[value.id])
    # QGIS leaves features without a matching category undrawn; nothing of the map may vanish.
    last = str(len(drawn))
    SubElement(categories, "category", symbol=last, value="", label="其他", type="string", render="true")
    _symbol(symbols, last, kind, None)


def _classified(layer: Layer) -> tuple[FieldSpec, Mapping[str, LegendItem]] | None:
    """Find the field that the legend explains: the stage where it does, else the first with two values or more."""
    by_label = {item.label.zh: item for item in reversed(layer.style.legend)}
    for field in sorted(layer.fields, key=lambda field: field.id != "stage"):
        items = {value.id: by_label[value.label.zh] for value in field.values if value.label.zh in by_label}
        if len(items) >= 2:
            return field, items
    return None


def _symbol(symbols: Element, name: str, kind: str, item: LegendItem | None) -> None:
    symbol = SubElement(
        symbols, "symbol", type=kind, name=name, alpha="0.8" if kind == "fill" else "1", clip_to_extent="1"
    )
    color = _rgba(item.color) if item else _OTHERS[kind]
    outline = _rgba(item.outline) if item and item.outline else "77,68,48,255"
    if kind == "fill":
        options = {
            "color": color,
            "style": "solid",
            "outline_color": outline,
            "outline_style": "solid",
            "outline_width": "0.3",
        }
        if item is not None and item.symbol == "line":
            options |= {"style": "no", "outline_color": color, "outline_width": "0.6"}
        options["outline_width_unit"] = "MM"
    elif kind == "line":
        options = {"line_color": color, "line_style": "solid", "line_width": "0.6", "line_width_unit": "MM"}
    else:
        options = {
            "name": "circle",
            "color": color,
            "outline_color": outline,
            "outline_style": "solid",
            "outline_width": "0.5" if item and item.outline else "0.2",
            "size": "2.6",
            "size_unit": "MM",
        }
    if item is not None and item.dash and kind != "marker":
        options["line_style" if kind == "line" else "outline_style"] = "dash"
    simple = {"fill": "SimpleFill", "line": "SimpleLine", "marker": "SimpleMarker"}[kind]
    drawing = SubElement(symbol, "layer", {"class": simple, "pass": "0", "enabled": "1", "locked": "0"})
    table = SubElement(drawing, "Option", type="Map")
    for key, value in options.items():
        SubElement(table, "Option", type="QString", name=key, value=value)


def _fields(root: Element, layer: Layer) -> None:
    configuration = SubElement(root, "fieldConfiguration")
    aliases = SubElement(root, "aliases")
    # The columns of the file in their order, without fid, which QGIS counts apart but lists first.
    titles = {"fid": "序号", "uid": "标识", "revision": "版本号"}
    titles |= {
        field.id: f"{field.title.zh}（{field.unit}）" if field.unit else field.title.zh for field in layer.fields
    }
    for index, (name, title) in enumerate(titles.items()):
        SubElement(aliases, "alias", field=name, index=str(index), name=title)
        field = layer.fields_by_id.get(name)
        if field is None or not field.values:
            continue
        widget = SubElement(SubElement(configuration, "field", name=name), "editWidget", type="ValueMap")
        options = SubElement(SubElement(widget, "config"), "Option", type="Map")
        choices = SubElement(options, "Option", type="List", name="map")
        for value in field.values:
            choice = SubElement(choices, "Option", type="Map")
            SubElement(choice, "Option", type="QString", name=value.label.zh, value=value.id)


def _rgba(color: str) -> str:
    """Write ``#rrggbb`` as QGIS does; any other notation becomes grey, since QGIS would draw it black."""
    digits = color.removeprefix("#")
    try:
        red, green, blue = bytes.fromhex(digits)
    except ValueError:
        return _GREY
    return f"{red},{green},{blue},255"
