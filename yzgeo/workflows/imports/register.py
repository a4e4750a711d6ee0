"""The register as an import meets it: whom the rows are, what they change, and what they leave as it is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from yzgeo import crs as systems
from yzgeo.catalogue import Layer
from yzgeo.checks import Issue
from yzgeo.ingest import matching, rows
from yzgeo.ingest.cells import UnfitError, coerce
from yzgeo.ingest.crs_guess.evidence import District, KnownPlaces
from yzgeo.ingest.reading import Source
from yzgeo.store.base import Rows, Store

from .reports import RowMatch

_LEAST_PLACES = 3
_MOST_PLACES = 500
_SAME_DEG = 1e-8  # a millimetre: a file that was drawn in another system repeats positions no better
_NAME = "name"
# What the import itself fills in says nothing about the feature.
_OWN = frozenset({"source"})


@dataclass(frozen=True)
class Register:
    """The features of a layer at one moment; ``index`` tells each uid's place in the columns."""

    layer: Layer
    rows: Rows
    index: Mapping[str, int]

    def __len__(self) -> int:
        """Count the features."""
        return len(self.rows.uids)

    def shapes(self, uids: Iterable[str]) -> NDArray[np.object_]:
        """
        Give the shapes of features.

        Parameters
        ----------
        uids
            Features; unknown ones have no shape.

        Returns
        -------
        numpy.ndarray
            Shapes in the storage system, None where there is none.
        """
        wkb = [self.rows.wkb[self.index[uid]] if uid in self.index else None for uid in uids]
        return np.asarray(shapely.from_wkb(np.array(wkb, dtype=object)), dtype=object)


@dataclass(frozen=True)
class Recognised:
    """Rows (from 0) known by other means than their code: the registered code of each, by what, and the doubtful."""

    keys: Mapping[int, str] = field(default_factory=dict)
    by: Mapping[int, str] = field(default_factory=dict)
    doubtful: Mapping[int, tuple[str, str]] = field(default_factory=dict)


@dataclass(frozen=True)
class Compared:
    """The frame with what is as it was left alone, and what each row is to the register."""

    frame: gpd.GeoDataFrame
    matches: tuple[RowMatch, ...]
    missing: tuple[str, ...]

    def counts(self, ambiguous: int) -> dict[str, int]:
        """
        Count the rows of each status.

        Parameters
        ----------
        ambiguous
            Rows that could be more than one feature, which are rejected.

        Returns
        -------
        dict
            ``new``, ``changed``, ``unchanged``, ``ambiguous`` and ``missing``.
        """
        found = dict.fromkeys(("new", "changed", "unchanged"), 0)
        for match in self.matches:
            if match.status in found:
                found[match.status] += 1
        return {**found, "ambiguous": ambiguous, "missing": len(self.missing)}


def load(store: Store, layer: Layer) -> Register:
    """
    Read the register of a layer.

    Parameters
    ----------
    store
        Where it is kept.
    layer
        The layer.

    Returns
    -------
    Register
        All features; none before the first write.
    """
    if not store.revision(layer.id):
        return Register(layer, Rows((), (), (), (), {spec.id: () for spec in layer.fields}), {})
    found = store.rows(layer.id)
    return Register(layer, found, {uid: number for number, uid in enumerate(found.uids)})


def known_places(register: Register, source: Source, columns: Mapping[str, str | None]) -> KnownPlaces | None:
    """
    Pair features of the file with registered ones by code.

    Invented positions prove nothing about the ground; but a file that repeats them to the centimetre was made from
    this register, so they count when there are no others, with that accuracy.

    Parameters
    ----------
    register
        The register.
    source
        The file, in its own system.
    columns
        Column to field.

    Returns
    -------
    KnownPlaces or None
        None where there are too few to prove anything.
    """
    key = register.layer.spec.key
    column = next((name for name, target in columns.items() if target == key), None)
    if source.geometry is None or column is None or not len(register):
        return None
    present = register.rows
    real = [status != "illustrative" for status in present.columns["data_status"]]
    only_real = sum(real) >= _LEAST_PLACES
    known = {
        str(code): wkb
        for code, wkb, is_real in zip(present.columns[key], present.wkb, real, strict=True)
        if wkb is not None and (is_real or not only_real)
    }
    pairs = [
        (shape, known[str(code)])
        for code, shape in zip(source.table[column], source.geometry, strict=True)
        if shape is not None and not shape.is_empty and str(code) in known
    ][:_MOST_PLACES]
    if len(pairs) < _LEAST_PLACES:
        return None
    ours = shapely.get_coordinates(shapely.centroid([shape for shape, _ in pairs]))
    theirs = shapely.get_coordinates(shapely.centroid(shapely.from_wkb([wkb for _, wkb in pairs])))
    if len(ours) != len(pairs) or len(theirs) != len(pairs):
        return None
    (x, y), (lon, lat) = ours.T, theirs.T
    return KnownPlaces(x, y, lon, lat, 5.0 if only_real else 0.05)


def recognise(
    register: Register, source: Source, columns: Mapping[str, str | None], *, district: District
) -> Recognised:
    """
    Recognise rows whose code is not in the register as it stands: written otherwise, or missing altogether.

    A code that differs only in case, width and separators is the same code. A row without code is known by its name,
    then by where it lies. A code that is really another one is another feature, whatever its name and place.

    Parameters
    ----------
    register
        The register.
    source
        The file, moved to the storage system.
    columns
        Column to field.
    district
        Its metric system measures how far shapes are apart.

    Returns
    -------
    Recognised
        The registered code of each row that was recognised.
    """
    spec = register.layer.spec
    if not len(register) or source.rows == 0:
        return Recognised()
    column_of = {target: name for name, target in columns.items() if target}
    codes = _texts(source, register.layer, column_of.get(spec.key))
    known = {str(code) for code in register.rows.columns[spec.key]}
    exact = {code for code in codes if code in known}
    open_rows = [row for row, code in enumerate(codes) if code not in exact]
    if not open_rows:
        return Recognised()
    names = _texts(source, register.layer, column_of.get(_NAME))
    bare = np.array([codes[row] is None for row in open_rows], dtype=bool)
    shapes = np.full(len(open_rows), None, dtype=object)
    if source.geometry is not None and bare.any():
        own = source.geometry[np.array(open_rows)[bare]]
        shapes[bare] = _plane(own, district)
    left = [number for number, code in enumerate(register.rows.columns[spec.key]) if str(code) not in exact]
    theirs = np.full(len(left), None, dtype=object)
    if bare.any():
        theirs = _plane(register.shapes(register.rows.uids[number] for number in left), district)
    registered = register.rows.columns
    found = matching.match(
        matching.Records(
            [codes[row] for row in open_rows],
            [names[row] if codes[row] is None else None for row in open_rows],
            shapes,
            {},
        ),
        matching.Records(
            [str(registered[spec.key][number]) for number in left],
            [_text(registered[_NAME][number]) if _NAME in registered else None for number in left],
            theirs,
            {},
        ),
    )
    keys, by, doubtful = {}, {}, {}
    times = Counter(codes)
    for row, match in zip(open_rows, found.rows, strict=True):
        # A code that stands twice in the file is told by the check of the rows, in its own words.
        if match.status == "ambiguous" and (codes[row] is None or times[codes[row]] == 1):
            doubtful[row] = (match.zh, match.en)
        elif match.registered is not None and match.by is not None:
            keys[row] = str(registered[spec.key][left[match.registered]])
            by[row] = match.by
    return Recognised(keys, by, doubtful)


def compare(
    register: Register, frame: gpd.GeoDataFrame, numbers: Sequence[int], *, given: Sequence[str], by: Mapping[int, str]
) -> Compared:
    """
    Tell what each row is to the register, field by field, and leave alone what is as it was.

    Parameters
    ----------
    register
        The register.
    frame
        Rows by uid, complete, in the storage system.
    numbers
        Row number in the file (from 1) of each row of the frame.
    given
        Fields that the file speaks of.
    by
        How rows (from 0) were recognised, where not by their code.

    Returns
    -------
    Compared
        A row of which nothing changed keeps everything that is registered, so that it makes no new version.
    """
    titles = list(frame[_NAME]) if _NAME in frame else [None] * len(frame)
    uids = [str(uid) for uid in frame.index]
    places = np.array([register.index.get(uid, -1) for uid in uids], dtype=int)
    known = np.flatnonzero(places >= 0)
    differing = _differing(register, frame, known, places[known], [name for name in given if name not in _OWN])
    moved = _moved(register, frame, known)
    complete = frame
    if len(known):
        complete = _left_alone(register, frame, known, differing, moved)
    matches = []
    for position, uid in enumerate(uids):
        if places[position] < 0:
            status, changed, how = "new", (), None
        else:
            changed = (*differing.get(position, ()), *(("geometry",) if position in moved else ()))
            status, how = "changed" if changed else "unchanged", by.get(numbers[position] - 1, "code")
        matches.append(RowMatch(numbers[position], uid, _text(titles[position]), status, how, changed))
    coming = set(uids)
    missing = tuple(uid for uid in register.rows.uids if uid not in coming)
    return Compared(complete, tuple(matches), missing)


def missing_matches(register: Register, compared: Compared) -> tuple[RowMatch, ...]:
    """
    List the registered features that the file lacks.

    Parameters
    ----------
    register
        The register.
    compared
        The comparison.

    Returns
    -------
    tuple of RowMatch
        One per feature.
    """
    names = register.rows.columns.get(_NAME)
    return tuple(
        RowMatch(None, uid, _text(names[register.index[uid]]) if names is not None else None, "missing", None, ())
        for uid in compared.missing
    )


def doubtful_matches(recognised: Recognised) -> tuple[RowMatch, ...]:
    """
    List the rows that could be more than one registered feature.

    Parameters
    ----------
    recognised
        What was recognised, and what was not.

    Returns
    -------
    tuple of RowMatch
        One per row.
    """
    return tuple(RowMatch(row + 1, None, None, "ambiguous", None, ()) for row in recognised.doubtful)


def carry_over(register: Register, checked: rows.Checked) -> tuple[gpd.GeoDataFrame, tuple[Issue, ...]]:
    """
    Complete the rows with what the file does not speak of.

    Known features keep those values, except illustrative ones: an invented number must not travel on under the status
    of a real file.

    Parameters
    ----------
    register
        The register.
    checked
        The rows kept.

    Returns
    -------
    frame : geopandas.GeoDataFrame
        With all fields of the layer.
    issues : tuple of Issue
        What was not carried over.
    """
    frame, layer = checked.frame, register.layer
    absent = [spec.id for spec in layer.fields if spec.id not in checked.given]
    places = [register.index.get(uid) for uid in frame.index] if absent and len(register) else [None] * len(frame)
    status = register.rows.columns["data_status"]
    dropped = sum(place is not None and status[place] == "illustrative" for place in places)
    kept = [None if place is None or status[place] == "illustrative" else place for place in places]
    columns = {
        spec.id: frame[spec.id].to_numpy()
        if spec.id not in absent
        else [None if place is None else register.rows.columns[spec.id][place] for place in kept]
        for spec in layer.fields
    }
    table = pd.DataFrame(columns, index=frame.index, dtype=object)
    notes: tuple[Issue, ...] = ()
    if dropped:
        zh = f"{dropped} 个示意要素被文件中的要素取代，其余示意取值不保留"
        en = f"{dropped} illustrative features give way to the file's; their other values are not kept"
        notes = (Issue("info", "illustrative_replaced", "文件", zh, en),)
    return gpd.GeoDataFrame(table, geometry=frame.geometry), notes


def illustrative_left(register: Register, compared: Compared) -> tuple[Issue, ...]:
    """
    Warn where invented features would stay beside real ones.

    Parameters
    ----------
    register
        The register.
    compared
        The comparison with the file.

    Returns
    -------
    tuple of Issue
        One warning, or nothing.
    """
    status = register.rows.columns["data_status"]
    left = sum(status[register.index[uid]] == "illustrative" for uid in compared.missing)
    if not left:
        return ()
    zh = f"图层中还有 {left} 个示意要素；方式选“整层替换”（命令行 --mode replace）可用文件取代整个图层"
    en = f"{left} illustrative features stay in the layer; with --mode replace the file takes their place"
    return (Issue("warning", "illustrative_left", "文件", zh, en),)


def _differing(
    register: Register, frame: gpd.GeoDataFrame, known: NDArray[np.intp], places: NDArray[np.intp], names: Sequence[str]
) -> dict[int, tuple[str, ...]]:
    found: dict[int, tuple[str, ...]] = {}
    for name in names:
        ours, theirs = frame[name].to_numpy(), register.rows.columns[name]
        for position, place in zip(known.tolist(), places.tolist(), strict=True):
            if not matching.same_value(ours[position], theirs[place]):
                found[position] = (*found.get(position, ()), name)
    return found


def _moved(register: Register, frame: gpd.GeoDataFrame, known: NDArray[np.intp]) -> set[int]:
    ours = frame.geometry.to_numpy()[known]
    theirs = register.shapes(frame.index[known])
    there = ~shapely.is_missing(ours)
    same = np.array(shapely.equals_exact(ours, theirs, _SAME_DEG), dtype=bool)
    rest = np.flatnonzero(there & ~same & ~shapely.is_missing(theirs))
    # Formats turn rings and begin them elsewhere.
    same[rest] = shapely.equals_exact(shapely.normalize(ours[rest]), shapely.normalize(theirs[rest]), _SAME_DEG)
    return {int(position) for position in known[there & ~same]}


def _left_alone(
    register: Register,
    frame: gpd.GeoDataFrame,
    known: NDArray[np.intp],
    differing: Mapping[int, Any],
    moved: set[int],
) -> gpd.GeoDataFrame:
    shapes = frame.geometry.to_numpy().copy()
    still = [position for position in known.tolist() if position not in moved]
    shapes[still] = register.shapes(frame.index[still])
    table = pd.DataFrame(frame.drop(columns=frame.geometry.name))
    same = [position for position in still if position not in differing]
    for name in _OWN & set(table.columns):
        values = table[name].to_numpy(dtype=object).copy()
        values[same] = [register.rows.columns[name][register.index[uid]] for uid in frame.index[same]]
        table[name] = values
    return gpd.GeoDataFrame(table, geometry=gpd.GeoSeries(shapes, index=frame.index, crs=frame.crs))


def _texts(source: Source, layer: Layer, column: str | None) -> list[str | None]:
    if column is None:
        return [None] * source.rows
    spec = layer.field(layer.spec.key)
    found: list[str | None] = []
    for cell in source.table[column]:
        try:
            found.append(_text(coerce(cell, spec)))
        except UnfitError:
            found.append(None)
    return found


def _text(value: Any) -> str | None:
    return None if value is None or (isinstance(value, float) and np.isnan(value)) else str(value)


def _plane(shapes: NDArray[np.object_], district: District) -> NDArray[np.object_]:
    flat = np.asarray(shapes, dtype=object)
    plane = np.asarray(systems.transform(flat, district.storage_crs, district.metric_crs), dtype=object)
    usable = np.isfinite(shapely.bounds(plane)).all(axis=1) & np.asarray(shapely.is_valid(plane), dtype=bool)
    plane[~usable] = None
    return plane
