"""The overview: all layers on one folium map that asks no other machine for anything.

Either every script is inside the one HTML file, or the page takes them from our own service, which serves `ASSETS`.
"""

from __future__ import annotations

import base64
import html
import json
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import folium
import numpy as np
import orjson
import shapely
from branca.element import Element, MacroElement
from folium.template import Template
from folium.utilities import JsCode

from yzgeo.catalogue import DistrictSpec, GroupSpec, Layer, LegendItem

from .styling import leaflet_style
from .tables import UNITS, Table, shapes

ASSETS = Path(__file__).parent / "assets"
"""Folder with every script, style and picture the page needs."""

ASSETS_URL = "/maps/assets"
_SCRIPTS = ("leaflet.js", "overview.js")
_STYLES = ("leaflet.css", "overview.css")
_DEPTH = {"polygon": 0, "line": 1, "point": 2}
_DECIMALS = 6
# Folium and branca take whatever passes through them for a template, so a name such as "{{ … }}" would be run on the
# server. Therefore no data go that way: this mark stands for them until the templates are done.
_BODY = "<!-- everything that comes from data -->"


def render(
    tables: Sequence[Table],
    *,
    district: DistrictSpec,
    groups: Sequence[GroupSpec],
    inline: bool,
    names: Mapping[str, Mapping[str, str]] | None = None,
    as_of: datetime | None = None,
) -> str:
    """
    Draw layers on one map.

    Parameters
    ----------
    tables
        Layers as one role sees them; those without geometry are left out.
    district
        Title, first view and attributions.
    groups
        Groups of layers, in order.
    inline
        Put every script into the page, so that the file opens anywhere; otherwise they come from `ASSETS_URL`.
    names
        Names of codes by field id, such as ``{"subdistrict": {code: name}}``.
    as_of
        Time that the page names; now if not given.

    Returns
    -------
    str
        HTML page.
    """
    drawn = [table for table in tables if table.has_geometry]
    drawn.sort(key=lambda table: _DEPTH[table.layer.spec.geometry])
    longitude, latitude = district.center
    page = folium.Map((latitude, longitude), zoom_start=12, tiles=None, prefer_canvas=True, control_scale=False)
    page.default_js = [(name, f"{ASSETS_URL}/{name}") for name in _SCRIPTS]
    page.default_css = [(name, f"{ASSETS_URL}/{name}") for name in _STYLES]
    overlays: dict[str, folium.GeoJson] = {}
    features: dict[str, list[dict[str, Any]]] = {}
    counts: dict[str, Mapping[str, int]] = {}
    extent: list[np.ndarray[Any, Any]] = []
    for table in drawn:
        ident = table.layer.id
        features[ident], counts[ident], bounds = _features(table)
        if features[ident]:
            extent.append(bounds)
            overlays[ident] = _overlay(table, len(features[ident]), district)
            overlays[ident].add_to(page)
    if extent:
        west, south = np.min(extent, axis=0)[:2].tolist()
        east, north = np.max(extent, axis=0)[2:].tolist()
        page.fit_bounds(((south, west), (north, east)))
    folium.LayerControl(collapsed=True).add_to(page)
    page.add_child(_Start({ident: overlay.get_name() for ident, overlay in overlays.items()}))
    figure: Any = page.get_root()
    figure.html.add_child(Element(_BODY))
    described = {table.layer.id: _described(table) for table in drawn}
    told = ", ".join(_json(one) for one in (described, names or {}, features))
    heading = _heading(district, counts, as_of or datetime.now(UTC))
    body = f"<script>yzgeo.describe({told})</script>{heading}{_legend(drawn, groups, counts)}"
    text: str = _finished(figure.render(), title=district.product_title.zh, inline=inline)
    return text.replace(_BODY, body, 1)


class _Start(MacroElement):
    """Runs after Leaflet has made the map and its layers."""

    _template = Template(
        "{% macro script(this, kwargs) %}"
        "yzgeo.start({{ this._parent.get_name() }}, { "
        "{% for id, name in this.layers.items() %}{{ id }}: {{ name }}, {% endfor %}"
        "});"
        "{% endmacro %}"
    )

    def __init__(self, layers: Mapping[str, str]) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._name = "Start"
        self.layers = dict(layers)


def _overlay(table: Table, count: int, district: DistrictSpec) -> folium.GeoJson:
    spec = table.layer.spec
    overlay = folium.GeoJson(
        {"type": "FeatureCollection", "features": []},
        name=html.escape(f"{spec.title.zh}（{count}）"),
        show=spec.visible,
        style_function=None,
        on_each_feature=JsCode(f"function (feature, layer) {{ yzgeo.popup('{spec.id}', feature, layer) }}"),
        point_to_layer=JsCode("function (feature, place) { return L.circleMarker(place) }"),
    )
    overlay.options["attribution"] = "；".join(html.escape(one.text) for one in district.attributions)
    return overlay


def _features(table: Table) -> tuple[list[dict[str, Any]], dict[str, int], np.ndarray[Any, Any]]:
    names = [spec.id for spec in table.fields]
    flags = {spec.id for spec in table.fields if spec.type == "boolean"}
    styled = _StyleMemory(table.layer)
    features: list[dict[str, Any]] = []
    statuses: dict[str, int] = {}
    corners: list[np.ndarray[Any, Any]] = []
    for chunk in table.chunks():
        geometry = shapely.transform(shapes(chunk), lambda points: np.round(points, _DECIMALS))
        corners.append(shapely.total_bounds(geometry))
        texts = shapely.to_geojson(geometry)
        columns = [chunk.columns[name] for name in names]
        for number, text in enumerate(texts):
            if text is None:
                continue
            values = {name: column[number] for name, column in zip(names, columns, strict=True)}
            values |= {name: bool(values[name]) for name in flags if values[name] is not None}
            status = str(values.get("data_status"))
            statuses[status] = statuses.get(status, 0) + 1
            properties = {"v": list(values.values()), "style": styled.look(values)}
            features.append({"type": "Feature", "properties": properties, "geometry": orjson.loads(text)})
    bounds = np.array(corners).reshape(-1, 4)
    known = bounds[np.isfinite(bounds).all(axis=1)]
    extent = np.concatenate([known[:, :2].min(axis=0), known[:, 2:].max(axis=0)]) if len(known) else np.zeros(4)
    return features, statuses, extent


class _StyleMemory:
    """Works a style out once for every combination of the values that it looks at."""

    def __init__(self, layer: Layer) -> None:
        self._layer = layer
        self._names = sorted(set(re.findall(r'\["(?:get|has)", "(\w+)"\]', json.dumps(layer.style.layers))))
        self._known: dict[tuple[Any, ...], dict[str, Any]] = {}

    def look(self, values: Mapping[str, Any]) -> dict[str, Any]:
        key = tuple(values.get(name) for name in self._names)
        if key not in self._known:
            self._known[key] = leaflet_style(self._layer, values)
        return self._known[key]


def _described(table: Table) -> dict[str, Any]:
    fields = []
    for spec in table.fields:
        unit = UNITS.get(spec.unit, spec.unit) if spec.unit else None
        labels = {value.id: value.label.zh for value in spec.values}
        fields.append({"id": spec.id, "title": spec.title.zh, "unit": unit, "labels": labels or None})
    return {"title": table.layer.spec.title.zh, "fields": fields}


def _heading(district: DistrictSpec, counts: Mapping[str, Mapping[str, int]], as_of: datetime) -> str:
    invented = sum(statuses.get("illustrative", 0) for statuses in counts.values())
    banner = ""
    if invented:
        told = f"示意数据 {invented} 个要素 · illustrative, not real positions"
        banner = f'<strong class="yz-banner" role="note">{told}</strong>'
    period = "–".join(str(day.year) for day in district.plan_period)
    return (
        f'<header class="yz-head"><h1>{html.escape(district.product_title.zh)}</h1>'
        f"<p>{html.escape(district.city.zh + district.name.zh)} · {period} · {as_of:%Y-%m-%d %H:%M} UTC</p>"
        f"{banner}</header>"
    )


def _legend(tables: Sequence[Table], groups: Sequence[GroupSpec], counts: Mapping[str, Mapping[str, int]]) -> str:
    parts = ['<details class="yz-legend"><summary>图例 Legend</summary>']
    for group in groups:
        for table in tables:
            spec = table.layer.spec
            statuses = counts[spec.id]
            if spec.group != group.id or not statuses:
                continue
            flag = ' <span class="yz-flag">示意</span>' if statuses.get("illustrative") else ""
            total = sum(statuses.values())
            parts.append(f'<section data-layer="{spec.id}">')
            parts.append(f'<h2>{html.escape(spec.title.zh)} <span class="yz-count">{total}</span>{flag}</h2><ul>')
            parts += [f"<li>{_swatch(item)}{html.escape(item.label.zh)}</li>" for item in table.layer.style.legend]
            parts.append("</ul></section>")
    return "".join([*parts, "</details>"])


def _swatch(item: LegendItem) -> str:
    color, outline = html.escape(item.color), html.escape(item.outline or item.color)
    dash = f' stroke-dasharray="{" ".join(str(length * 2) for length in item.dash)}"' if item.dash else ""
    shape = {
        "fill": f'<rect x="1" y="1" width="16" height="12" fill="{color}" stroke="{outline}"{dash}/>',
        "line": f'<line x1="0" y1="7" x2="18" y2="7" stroke="{color}" stroke-width="3"{dash}/>',
        "circle": f'<circle cx="9" cy="7" r="5" fill="{color}" stroke="{outline}"/>',
    }[item.symbol]
    return f'<svg width="18" height="14" aria-hidden="true">{shape}</svg>'


def _finished(text: str, *, title: str, inline: bool) -> str:
    """Give the page its language and title, let people zoom, and put the scripts inside if wanted."""
    head = f'<head>\n    <meta charset="utf-8"><title>{html.escape(title)}</title><link rel="icon" href="data:,">'
    text = text.replace("<html>", '<html lang="zh-CN">', 1).replace("<head>", head, 1)
    text = re.sub(r",\s*initial-scale=1.0, maximum-scale=1.0, user-scalable=no", ", initial-scale=1.0", text, count=1)
    if not inline:
        return text
    for name in _SCRIPTS:
        script = (ASSETS / name).read_text(encoding="utf-8")
        text = text.replace(f'<script src="{ASSETS_URL}/{name}"></script>', f"<script>{script}</script>", 1)
    for name in _STYLES:
        sheet = re.sub(r"url\((images/[^)]+)\)", _picture, (ASSETS / name).read_text(encoding="utf-8"))
        text = text.replace(f'<link rel="stylesheet" href="{ASSETS_URL}/{name}"/>', f"<style>{sheet}</style>", 1)
    return text


def _picture(found: re.Match[str]) -> str:
    path = ASSETS / found[1]
    if not path.is_file():  # the picture of Leaflet's own pin, which this map never shows
        return "none"
    return f"url(data:image/png;base64,{base64.b64encode(path.read_bytes()).decode()})"


def _json(value: Any) -> str:
    """JSON that may stand in a page: no text in it can end the script."""
    return json.dumps(value, ensure_ascii=False).replace("<", "\\u003c")
