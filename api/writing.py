"""Features written as GeoJSON, many at a time, and kept: what is asked for again is not written again."""

from __future__ import annotations

import struct
from collections import OrderedDict
from collections.abc import AsyncIterator, Hashable, Sequence
from contextlib import asynccontextmanager
from itertools import islice
from threading import Lock

import anyio
import numpy as np
import orjson
import shapely
from numpy.typing import NDArray

from yzgeo.store.base import Rows

from .coordinates import CRS84, DEGREE_DECIMALS, outward

_ENTRY_BYTES = 250
_FORM_BYTES = 400
_AT_ONCE = 200
# How the WKB of a plain geometry begins: where its coordinates are, and what GeoJSON has before and after them.
_PLAIN = {
    struct.pack("<BI", 1, 1): (5, b'{"type":"Point","coordinates":[', b"]}"),
    struct.pack("<BI", 1, 2): (9, b'{"type":"LineString","coordinates":[[', b"]]}"),
    struct.pack("<BII", 1, 3, 1): (13, b'{"type":"Polygon","coordinates":[[[', b"]]]}"),
}
# Between two features, and nowhere else: inside a text quotes are escaped.
_BEGIN = b'{"type":"Feature",'


def written(rows: Rows, fields: Sequence[str], *, crs: str, storage_crs: str) -> list[bytes]:
    """
    Write features.

    Parameters
    ----------
    rows
        The features.
    fields
        Ids of the fields to be written, columns of ``rows``.
    crs
        URI of the system of the coordinates.
    storage_crs
        System of the stored ones.

    Returns
    -------
    list of bytes
        One GeoJSON feature each, in the order of the rows.
    """
    if not rows.uids:
        return []
    columns = zip(*(rows.columns[name] for name in fields), strict=True) if fields else [()] * len(rows.uids)
    geometries = shapes(rows.wkb, crs=crs, storage_crs=storage_crs)
    rest = zip(rows.uids, geometries, columns, strict=True)
    texts: list[bytes] = []
    # Many at once, since thousands of small texts that are made one by one leave memory full of holes.
    while some := [
        {"type": "Feature", "id": uid, "geometry": shape, "properties": dict(zip(fields, own, strict=True))}
        for uid, shape, own in islice(rest, _AT_ONCE)
    ]:
        texts += [_BEGIN + text + b"}" for text in orjson.dumps(some)[len(_BEGIN) + 1 : -2].split(b"}," + _BEGIN)]
    return texts


def shapes(wkb: Sequence[bytes | None], *, crs: str, storage_crs: str) -> list[orjson.Fragment | None]:
    """
    Write geometries as JSON, all numbers of the plain ones at once.

    Parameters
    ----------
    wkb
        Stored geometries, of two dimensions.
    crs
        URI of the system of the coordinates.
    storage_crs
        System of the stored ones.

    Returns
    -------
    list of orjson.Fragment or None
        None where there is no geometry.
    """
    if crs != CRS84:
        wkb = shapely.to_wkb(outward(_read(wkb), crs, storage_crs), byte_order=1).tolist()
    layouts = [None if one is None else _PLAIN.get(one[:9]) or _PLAIN.get(one[:5]) for one in wkb]
    pairs = _pairs([one[own[0] :] for one, own in zip(wkb, layouts, strict=True) if one and own], rounded=crs != CRS84)
    others = iter(_others([one for one, own in zip(wkb, layouts, strict=True) if not own], crs, storage_crs))
    made: list[orjson.Fragment | None] = []
    at = 0
    for one, own in zip(wkb, layouts, strict=True):
        if one is None or own is None:
            made.append(next(others))
            continue
        start, before, after = own
        end = at + (len(one) - start) // 16
        made.append(orjson.Fragment(before + b"],[".join(pairs[at:end]) + after))
        at = end
    return made


def _read(wkb: Sequence[bytes | None]) -> NDArray[np.object_]:
    return np.asarray(shapely.from_wkb(np.array(wkb, dtype=object)), dtype=object)


def _others(wkb: Sequence[bytes | None], crs: str, storage_crs: str) -> list[orjson.Fragment | None]:
    """Write geometries with holes or several parts, and none where there is none."""
    if not any(wkb):
        return [None] * len(wkb)
    found = _read(wkb)
    empty = shapely.is_missing(found) | shapely.is_empty(found)
    texts = shapely.to_geojson(outward(found, crs, storage_crs) if crs == CRS84 else found)
    return [None if nothing else orjson.Fragment(text) for text, nothing in zip(texts, empty, strict=True)]


def _pairs(coordinates: Sequence[bytes], *, rounded: bool) -> list[bytes]:
    """Write the numbers of each point, as short as they can be: GEOS gives some of them 17 digits."""
    if not coordinates:
        return []
    numbers = np.frombuffer(b"".join(coordinates), dtype="<f8").reshape(-1, 2)
    shown = numbers if rounded else np.round(numbers, DEGREE_DECIMALS)
    return orjson.dumps(shown, option=orjson.OPT_SERIALIZE_NUMPY)[2:-2].split(b"],[")


class WrittenFeatures:
    """Keeps features as they were written, by their form, fid and revision, within a limit of bytes.

    A form is all that the bytes depend on besides the version of the feature: the layer, the fields that are shown, the
    system of coordinates. Who asks must know the present revision of a feature, so that nothing old can come out.

    Parameters
    ----------
    most_bytes
        Limit; 0 keeps nothing.
    """

    def __init__(self, most_bytes: int) -> None:
        self._most = most_bytes
        self._held = 0
        self._forms: OrderedDict[Hashable, dict[int, tuple[int, bytes]]] = OrderedDict()
        self._lock = Lock()

    @property
    def held_bytes(self) -> int:
        """What is kept at present, with an allowance for each feature and each form."""
        return self._held

    def find(self, form: Hashable, fids: Sequence[int], revisions: Sequence[int]) -> list[bytes | None]:
        """
        Look features up.

        Parameters
        ----------
        form
            Their form.
        fids, revisions
            The features, and the version of each.

        Returns
        -------
        list of bytes or None
            None for a version that is not kept.
        """
        with self._lock:
            own = self._forms.get(form)
            if own is None:
                return [None] * len(fids)
            self._forms.move_to_end(form)
            nothing = (None, None)
            kept = [own.get(fid, nothing) for fid in fids]
        return [text if there == revision else None for (there, text), revision in zip(kept, revisions, strict=True)]

    def keep(self, form: Hashable, fids: Sequence[int], revisions: Sequence[int], texts: Sequence[bytes]) -> None:
        """
        Keep features, in the place of other versions of them; where there is no room, what stands longest goes.

        Parameters
        ----------
        form
            Their form.
        fids, revisions
            The features, and the version of each.
        texts
            What was written.
        """
        if not self._most or not fids:
            return
        with self._lock:
            if form not in self._forms:
                self._forms[form] = {}
                self._held += _FORM_BYTES
            own = self._forms[form]
            self._forms.move_to_end(form)
            for fid, revision, text in zip(fids, revisions, texts, strict=True):
                old = own.pop(fid, None)
                if old is not None:
                    self._held -= len(old[1]) + _ENTRY_BYTES
                own[fid] = (revision, text)
                self._held += len(text) + _ENTRY_BYTES
            while self._held > self._most:
                self._make_room()

    def _make_room(self) -> None:
        """Drop the older half of the form that was asked for longest ago."""
        form, own = next(iter(self._forms.items()))
        for fid in list(own)[: len(own) // 2 + 1]:
            self._held -= len(own.pop(fid)[1]) + _ENTRY_BYTES
        if not own:
            del self._forms[form]
            self._held -= _FORM_BYTES


class Turns:
    """Lets one work after the other, where two at a time would only take the interpreter from each other.

    Parameters
    ----------
    patience_s
        Nobody waits longer than that: what goes before may be slow.
    """

    def __init__(self, patience_s: float) -> None:
        self._patience_s = patience_s
        self._free = anyio.Lock(fast_acquire=True)

    @asynccontextmanager
    async def one(self) -> AsyncIterator[None]:
        """
        Wait for one's turn.

        Yields
        ------
        None
            When it has come, or when waiting has been long enough.
        """
        own = False
        with anyio.move_on_after(self._patience_s):
            await self._free.acquire()
            own = True
        try:
            yield
        finally:
            if own:
                self._free.release()
