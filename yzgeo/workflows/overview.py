"""What there is: the district, its layers as one role may see them, the targets, and search."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from functools import lru_cache, partial
from hashlib import blake2b
from typing import Any

import geopandas as gpd
import numpy as np
import orjson
import shapely

from yzgeo import crs, progress, stages, targets
from yzgeo.access import Role, may_see, may_see_feature, own_part
from yzgeo.catalogue import Catalogue, Layer
from yzgeo.errors import FeatureUnknownError
from yzgeo.store.base import BBox, Feature, Query, Rows, Store, Value
from yzgeo.workflows.registers import Register, register_on

SEARCH_MOST = 100


def visible_layers(catalogue: Catalogue, role: Role) -> tuple[Layer, ...]:
    """
    List the layers that exist for a role.

    Parameters
    ----------
    catalogue
        All layers.
    role
        Role of the one who asks.

    Returns
    -------
    tuple of Layer
        In catalogue order.
    """
    return tuple(layer for layer in catalogue.layers.values() if may_see(role, layer.spec.access))


def visible_fields(layer: Layer, role: Role) -> tuple[str, ...]:
    """
    List the fields of a layer that exist for a role.

    Parameters
    ----------
    layer
        A layer the role may see.
    role
        Role of the one who asks.

    Returns
    -------
    tuple of str
        Ids in the layer's order; a field may be stricter than its layer, never laxer.
    """
    return tuple(field.id for field in layer.fields if field.access is None or may_see(role, field.access))


def visible_feature(store: Store, role: Role, layer: Layer, uid: str, *, subdistricts: Sequence[str] = ()) -> Feature:
    """
    Look a feature up for someone.

    Parameters
    ----------
    store
        The store.
    role
        Role of the one who asks.
    layer
        The feature's layer, which the role may see.
    uid
        Id of the feature.
    subdistricts
        Street offices of an account of the field.

    Returns
    -------
    Feature
        The feature as it is now.

    Raises
    ------
    FeatureUnknownError
        If there is none, or it lies in the street office of others: the two answers are the same.
    """
    feature = store.feature(layer.id, uid)
    if not may_see_feature(role, subdistricts, layer, feature.properties):
        raise FeatureUnknownError(layer=layer.id, uid=uid)
    return feature


def state_of(store: Store, role: Role, *, subdistricts: Sequence[str] = ()) -> str:
    """
    Name the state of everything someone may see.

    Parameters
    ----------
    store
        The store.
    role
        Role of the one who asks.
    subdistricts
        Street offices of an account of the field.

    Returns
    -------
    str
        Hexadecimal text that changes with any revision of any visible layer, with the role and with the part of the
        layers that is shown.
    """
    layers = visible_layers(store.catalogue, role)
    seen = [(layer.id, store.revision(layer.id), own_part(role, subdistricts, layer)) for layer in layers]
    return blake2b(repr((role, seen)).encode(), digest_size=8).hexdigest()


def district_overview(store: Store, role: Role, *, subdistricts: Sequence[str] = ()) -> dict[str, Any]:
    """
    Describe the district and its layers.

    Parameters
    ----------
    store
        The store.
    role
        Role of the one who asks.
    subdistricts
        Street offices of an account of the field.

    Returns
    -------
    dict
        ``district``, ``groups``, ``layers``, ``illustrative``, ``revision``; labels are ``{"zh": …, "en": …}``.
    """
    catalogue = store.catalogue
    layers = [
        _describe_layer(store, layer, role, own_part(role, subdistricts, layer))
        for layer in visible_layers(catalogue, role)
    ]
    return {
        "district": describe_district(catalogue),
        "groups": [group.model_dump() for group in catalogue.groups],
        "layers": layers,
        "illustrative": any(layer["data_status"].get("illustrative") for layer in layers),
        "revision": state_of(store, role, subdistricts=subdistricts),
    }


def describe_district(catalogue: Catalogue) -> dict[str, Any]:
    """
    Describe the district itself.

    Parameters
    ----------
    catalogue
        The catalogue.

    Returns
    -------
    dict
        Names, code, centre, bounds in degrees, areas and population with their sources, plan and notices.
    """
    district = catalogue.district
    return {
        "id": district.id,
        "code": district.code,
        "name": district.name.model_dump(),
        "title": district.product_title.model_dump(),
        "city": district.city.model_dump(),
        "center": district.center,
        "bounds": boundary_box(catalogue),
        "attributions": [notice.model_dump() for notice in district.attributions],
        "areas": [area.model_dump() for area in district.areas],
        "population": district.population.model_dump(),
        "plan": district.plan.model_dump(),
        "plan_period": district.plan_period,
    }


def boundary_box(catalogue: Catalogue) -> BBox:
    """
    Measure the extent of the district's boundary.

    Parameters
    ----------
    catalogue
        The catalogue, whose boundary file is GeoJSON in degrees.

    Returns
    -------
    tuple of float
        West, south, east, north in degrees.
    """
    return _box_of_file(str(catalogue.root / catalogue.district.boundary_file))


@dataclass(frozen=True, slots=True)
class Extent:
    """How much of a layer there is: features, where, and how many of each status of their data."""

    count: int
    bounds: BBox | None
    data_status: Mapping[str, int]


def extent_of(store: Store, layer: Layer, own: Sequence[str] | None) -> Extent:
    """
    Tell how much of a layer there is for someone.

    Parameters
    ----------
    store
        The store.
    layer
        The layer.
    own
        The part someone is limited to (`yzgeo.access.own_part`); None for the whole layer.

    Returns
    -------
    Extent
        Of that part alone.
    """
    if own is None:
        return Extent(store.count(layer.id), store.bounds(layer.id), data_status(store, layer))
    rows = store.rows(layer.id, own_query(own), fields=["data_status"])
    counted = Counter(str(status) for status in rows.columns["data_status"] if status is not None)
    shapes = [shapely.from_wkb(blob) for blob in rows.wkb if blob]
    if all(shape.is_empty for shape in shapes):
        return Extent(len(rows.uids), None, dict(counted))
    west, south, east, north = shapely.total_bounds(np.array(shapes, dtype=object)).tolist()
    return Extent(len(rows.uids), (west, south, east, north), dict(counted))


def data_status(store: Store, layer: Layer) -> dict[str, int]:
    """
    Count a layer's features by the status of their data.

    Parameters
    ----------
    store
        The store.
    layer
        The layer.

    Returns
    -------
    dict
        Number of features by status.
    """
    return {str(status): count for status, count in store.tally(layer.id, "data_status").items() if status is not None}


def search(
    store: Store, role: Role, text: str, limit: int, *, subdistricts: Sequence[str] = ()
) -> list[dict[str, Any]]:
    """
    Find features by a piece of their code or name.

    Parameters
    ----------
    store
        The store.
    role
        Role of the one who asks; layers and fields it may not see are not searched.
    text
        What to look for.
    limit
        Most results wanted.
    subdistricts
        Street offices of an account of the field.

    Returns
    -------
    list of dict
        ``layer``, ``layer_title``, ``uid``, ``code``, ``name``, ``center``, ``bbox``; exact matches first, then what
        can be drawn before rows of tables; in each, what begins with the text before the rest, in catalogue order.
    """
    wanted = text.strip().casefold()
    if not wanted:
        return []
    ranked: list[tuple[tuple[bool, bool, int], int, Callable[[], dict[str, Any]]]] = []
    for layer in visible_layers(store.catalogue, role):
        visible = visible_fields(layer, role)
        looked_at = [field for field in layer.spec.search_fields if field in visible]
        if not looked_at:
            continue
        shown = tuple(dict.fromkeys((*looked_at, layer.spec.key, layer.spec.label_field)))
        query = replace(own_query(own_part(role, subdistricts, layer)), search=text.strip(), limit=SEARCH_MOST)
        rows = store.rows(layer.id, query, fields=_allowed(shown, visible))
        found: list[tuple[Rows, Sequence[int]]] = [(rows, range(len(rows.uids)))]
        if len(rows.uids) == SEARCH_MOST:
            found += _exact(store, layer, query, looked_at, rows, fields=_allowed(shown, visible))
        for part, indices in found:
            for index in indices:
                match = _rank(wanted, [part.columns[field][index] for field in looked_at])
                if match is not None:
                    # What can be shown on the map is what people look for; only the very word goes before it.
                    rank = (match > 0, layer.spec.geometry == "none", match)
                    ranked.append((rank, len(ranked), partial(_hit, layer, part, index)))
    ranked.sort(key=lambda entry: entry[:2])
    return [make() for _, _, make in ranked[:limit]]


def target_board(
    store: Store,
    role: Role,
    *,
    promises: Sequence[targets.Target] | None = None,
    subdistricts: Sequence[str] = (),
    at: date | None = None,
) -> dict[str, Any]:
    """
    Measure every promise of the plan.

    Parameters
    ----------
    store
        The store.
    role
        Role of the one who asks. The promise itself is public; figures measured on what the role may not see are
        withheld.
    promises
        What the plan promises, where it was read before; read from the catalogue if not given.
    subdistricts
        Street offices of an account of the field, whose figures then speak of their part of a layer: what is
        registered and done there, and no share of what the whole district promised (``own_part`` is true).
    at
        The features as they were registered at the end of this day, with the stages and quantities of the ledger;
        those of today if not given. What a layer without stages was before its first record is not known.

    Returns
    -------
    dict
        ``plan``, ``period``, ``as_of`` (``at``, or the day of the last change of any visible layer), ``registers``
        (what the figures of each layer rest on) and ``targets``.
    """
    catalogue = store.catalogue
    frames = _Frames(store, role, subdistricts, at)
    given = promises or targets.load(catalogue)
    seen = {target.layer for target in given} & {layer.id for layer in visible_layers(catalogue, role)}
    return {
        "plan": catalogue.district.plan.model_dump(),
        "period": catalogue.district.plan_period,
        "as_of": _last_change(store, role) if at is None else at.isoformat(),
        "registers": {
            layer_id: frames.register(layer).told(layer)
            for layer_id, layer in catalogue.layers.items()
            if layer_id in seen
        },
        "targets": [_describe_target(target, frames, role) for target in given],
    }


def _describe_layer(store: Store, layer: Layer, role: Role, own: Sequence[str] | None) -> dict[str, Any]:
    spec = layer.spec
    extent = extent_of(store, layer, own)
    visible = set(visible_fields(layer, role))
    return {
        "id": layer.id,
        "title": spec.title.model_dump(),
        "description": spec.description.model_dump(),
        "group": spec.group,
        "order": spec.order,
        "visible": spec.visible,
        "geometry": spec.geometry,
        "access": spec.access,
        "owner": spec.owner.model_dump(),
        "source": spec.source.model_dump(),
        "licence": spec.licence,
        "vintage": spec.vintage,
        "key": spec.key,
        "label_field": spec.label_field,
        "search_fields": [field for field in spec.search_fields if field in visible],
        "count": extent.count,
        "revision": store.revision(layer.id),
        "bounds": extent.bounds,
        "data_status": dict(extent.data_status),
        "fields": [_describe_field(layer, field_id) for field_id in visible_fields(layer, role)],
        "stages": [stage.model_dump(include={"id", "label", "done", "aside"}) for stage in layer.stages],
        "legend": [entry.model_dump() for entry in layer.style.legend],
    }


def _describe_field(layer: Layer, field_id: str) -> dict[str, Any]:
    field = layer.field(field_id)
    return {
        "id": field.id,
        "title": field.title.model_dump(),
        "type": field.type,
        "unit": field.unit,
        "description": field.description.model_dump() if field.description else None,
        "values": [{"id": value.id, "label": value.label.model_dump()} for value in field.values],
    }


class _Frames:
    """Reads each layer once, and moves it to metres only where a measure needs its geometry."""

    def __init__(self, store: Store, role: Role, subdistricts: Sequence[str], at: date | None) -> None:
        self._store = store
        self._at = at
        self._role = role
        self._subdistricts = subdistricts
        self._frames: dict[str, gpd.GeoDataFrame] = {}
        self._registers: dict[str, Register] = {}
        self.catalogue = store.catalogue

    def limits(self, target: targets.Target) -> tuple[str, ...] | None:
        """Tell to which part of a promise's layer the asker is limited."""
        return own_part(self._role, self._subdistricts, self.catalogue.layer(target.layer)) if target.layer else None

    def register(self, layer: Layer) -> Register:
        """Tell which state of a layer's register speaks for the day asked for."""
        if layer.id not in self._registers:
            self._registers[layer.id] = register_on(self._store, layer, self._at)
        return self._registers[layer.id]

    def measure(self, target: targets.Target) -> progress.Measurement:
        if target.layer is None:
            return progress.measure(target, None, None)
        layer = self.catalogue.layer(target.layer)
        own = self.limits(target)
        register = self.register(layer)
        if not (register.recorded or layer.stages):
            return progress.Measurement(None, None, None, None, progress.denominator(target))
        if layer.id not in self._frames:
            query = replace(own_query(own), revision=register.revision)
            self._frames[layer.id] = self._staged(layer, self._store.frame(layer.id, query))
        frame = self._frames[layer.id]
        if layer.spec.geometry != "none" and frame.crs is not None and not frame.crs.is_projected:
            frame = self._frames[layer.id] = crs.to_crs(frame, self.catalogue.district.metric_crs)
        found = progress.measure(target, layer, frame)
        # A street office's part of what the district promised is no verdict on either.
        return found if own is None else replace(found, share=None, reached=None)

    def _staged(self, layer: Layer, frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
        if self._at is None or layer.stage_table is None:
            return frame
        known, initial = self._store.ledger.stages_on(layer.id, self._at), stages.machine(layer.stage_table).initial
        columns: dict[str, list[str] | list[float]] = {
            "stage": [known[uid].stage if uid in known else initial for uid in frame.index]
        }
        if not self.register(layer).now:
            reported = self._store.ledger.measures_on(layer.id, self._at)
            for measure in layer.stage_table.measures:
                columns[measure.field] = [reported.get(uid, {}).get(measure.field, np.nan) for uid in frame.index]
        return frame.assign(**columns)


def own_query(own: Sequence[str] | None) -> Query:
    """
    Ask for the part of a layer that someone may see.

    Parameters
    ----------
    own
        Codes of street offices (`yzgeo.access.own_part`); None for the whole layer.

    Returns
    -------
    Query
        Without any other condition.
    """
    return Query() if own is None else Query(equals={"subdistrict": own}, own=own)


def _describe_target(target: targets.Target, frames: _Frames, role: Role) -> dict[str, Any]:
    catalogue = frames.catalogue
    layer = catalogue.layers.get(target.layer) if target.layer else None
    hidden = layer is not None and not may_see(role, layer.spec.access)
    withheld = hidden or (layer is not None and not _asks_for(target) <= set(visible_fields(layer, role)))
    found = (
        progress.Measurement(None, None, None, None, progress.denominator(target))
        if withheld
        else frames.measure(target)
    )
    return {
        "id": target.id,
        "title": target.title.model_dump(),
        "chapter": target.chapter,
        "section": target.section,
        "quote": target.quote,
        "figure": target.figure,
        "value": target.value,
        "unit": target.unit.model_dump(),
        "horizon": target.horizon,
        "kind": target.kind,
        "direction": target.direction,
        "table1": target.table1,
        "note": target.note.model_dump() if target.note else None,
        "layer": None if hidden else target.layer,
        "measure": None if withheld else target.measure.model_dump(),
        "withheld": withheld,
        "own_part": not withheld and frames.limits(target) is not None,
        "registered": found.registered,
        "done": found.done,
        "share": found.share,
        "reached": found.reached,
        "unmeasured": found.unmeasured,
        "denominator": found.denominator.model_dump(),
        "data_status": dict(found.data_status),
        "illustrative": bool(found.data_status.get("illustrative")),
        "source": f"{catalogue.district.plan.zh}，{target.chapter}，{target.section}",
    }


def _asks_for(target: targets.Target) -> set[str]:
    """List the fields that a target's figure is made of."""
    how = target.measure
    return {*([how.field] if how.field else []), *how.where, *how.done_where}


def _last_change(store: Store, role: Role) -> date:
    latest = [
        batch.recorded_at for layer in visible_layers(store.catalogue, role) for batch in store.batches(layer.id)[:1]
    ]
    return max(latest, default=datetime.now(UTC)).date()


@lru_cache(maxsize=4)
def _box_of_file(path: str) -> BBox:
    with open(path, "rb") as file:  # noqa: PTH123 - one small file, read once
        content = orjson.loads(file.read())
    shapes = [shapely.from_geojson(orjson.dumps(feature["geometry"])) for feature in content["features"]]
    west, south, east, north = shapely.total_bounds(np.array(shapes, dtype=object)).tolist()
    return west, south, east, north


def _allowed(fields: tuple[str, ...], visible: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(field for field in fields if field in visible)


def _exact(
    store: Store, layer: Layer, query: Query, looked_at: Sequence[str], known: Rows, *, fields: tuple[str, ...]
) -> list[tuple[Rows, Sequence[int]]]:
    """Read the rows that are named exactly so, where more hold the text than are read: they come first in any case."""
    seen = set(known.uids)
    found: list[tuple[Rows, Sequence[int]]] = []
    for field in (field for field in looked_at if field not in query.equals):
        exact = replace(query, search=None, equals={**query.equals, field: query.search})
        rows = store.rows(layer.id, exact, fields=fields)
        found.append((rows, [index for index, uid in enumerate(rows.uids) if uid not in seen]))
        seen.update(rows.uids)
    return found


def _rank(wanted: str, values: list[Value]) -> int | None:
    texts = [str(value).casefold() for value in values if value is not None]
    if wanted in texts:
        return 0
    if any(text.startswith(wanted) for text in texts):
        return 1
    return 2 if any(wanted in text for text in texts) else None


def _hit(layer: Layer, rows: Rows, index: int) -> dict[str, Any]:
    blob = rows.wkb[index]
    shape = shapely.from_wkb(blob) if blob is not None else None
    empty = shape is None or shape.is_empty
    inside = None if empty else shapely.point_on_surface(shape)
    return {
        "layer": layer.id,
        "layer_title": layer.spec.title.model_dump(),
        "uid": rows.uids[index],
        "code": _text(rows.columns, layer.spec.key, index),
        "name": _text(rows.columns, layer.spec.label_field, index),
        "center": None if inside is None else (round(inside.x, 7), round(inside.y, 7)),
        "bbox": None if empty or shape is None else tuple(round(number, 7) for number in shape.bounds),
    }


def _text(columns: Mapping[str, Any], field: str, index: int) -> str | None:
    value = columns[field][index] if field in columns else None
    return None if value is None else str(value)
