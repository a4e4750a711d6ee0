"""Layers as they stood on a day: the features as registered then, with the stages and quantities of the ledger."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from yzgeo import crs, forecast, progress, stages, targets
from yzgeo.access import Role, own_part
from yzgeo.catalogue import Catalogue, Layer
from yzgeo.store.base import Store
from yzgeo.targets import Target
from yzgeo.workflows.overview import own_query
from yzgeo.workflows.registers import Register, register_on

_COUNTED = {"zh": "个", "en": "features"}


_promised: dict[tuple[str, int], tuple[Target, ...]] = {}


def promised(catalogue: Catalogue) -> tuple[Target, ...]:
    """
    Read the promises of the plan, once for each version of their file.

    Parameters
    ----------
    catalogue
        The district.

    Returns
    -------
    tuple of Target
        As `yzgeo.targets.load` gives them.
    """
    path = catalogue.root / targets.FILE
    if not path.exists():
        return ()
    key = (str(path), path.stat().st_mtime_ns)
    if key not in _promised:
        _promised.clear()
        _promised[key] = targets.load(catalogue)
    return _promised[key]


class LayerDays:
    """Reads each layer once for one answer: what the asker may see of it, so that every figure keeps to that."""

    def __init__(self, store: Store, role: Role = "admin", subdistricts: Sequence[str] = ()) -> None:
        self.store = store
        self._role = role
        self._subdistricts = subdistricts
        self._registers: dict[tuple[str, date], Register] = {}
        self._frames: dict[tuple[str, int | None], gpd.GeoDataFrame] = {}
        self._metres: dict[tuple[str, int | None], gpd.GeoDataFrame] = {}
        self._days: dict[tuple[str, date], pd.DataFrame] = {}
        self._measures: dict[tuple[str, date], Mapping[str, Mapping[str, float]]] = {}
        self._quantities: dict[tuple[str, int | None], tuple[pd.Series[float], dict[str, str]]] = {}

    def register(self, layer: Layer, day: date) -> Register:
        """
        Find the state of a layer's register that speaks for a day.

        Parameters
        ----------
        layer
            The layer.
        day
            The day, at its end.

        Returns
        -------
        Register
            As `yzgeo.workflows.registers.register_on` finds it.
        """
        key = (layer.id, day)
        if key not in self._registers:
            self._registers[key] = register_on(self.store, layer, day)
        return self._registers[key]

    def frame(self, layer: Layer, day: date) -> gpd.GeoDataFrame:
        """
        Read a layer as it was registered on a day.

        Parameters
        ----------
        layer
            The layer.
        day
            The day, at its end.

        Returns
        -------
        geopandas.GeoDataFrame
            Indexed by uid, in the storage system; what the ledger keeps of it is of no certain day.
        """
        revision = self.register(layer, day).revision
        key = (layer.id, revision)
        if key not in self._frames:
            query = replace(own_query(self.limits(layer)), revision=revision)
            self._frames[key] = self.store.frame(layer.id, query)
        return self._frames[key]

    def limits(self, layer: Layer) -> tuple[str, ...] | None:
        """
        Tell to which part of a layer the answer is limited.

        Parameters
        ----------
        layer
            The layer.

        Returns
        -------
        tuple of str or None
            Codes of street offices; None for the whole layer.
        """
        return own_part(self._role, self._subdistricts, layer)

    def on(self, layer: Layer, day: date) -> pd.DataFrame:
        """
        Read a layer as it was registered on a day, with the stages and the reported quantities of that day.

        Parameters
        ----------
        layer
            A layer with stages.
        day
            The day, at its end.

        Returns
        -------
        pandas.DataFrame
            Indexed by uid, without geometries; what the ledger keeps is as it says for the day.
        """
        key = (layer.id, day)
        if key not in self._days:
            shapes = self.frame(layer, day)
            frame = pd.DataFrame(shapes.drop(columns=shapes.geometry.name))
            known = self.store.ledger.stages_on(layer.id, day)
            initial = stages.machine(layer.stage_table).initial if layer.stage_table else None
            found = [known.get(uid) for uid in frame.index]
            frame["stage"] = pd.Series(
                [initial if each is None else each.stage for each in found], index=frame.index, dtype=object
            )
            frame["stage_date"] = pd.Series(
                [each.since.isoformat() if each is not None and each.since else None for each in found],
                index=frame.index,
                dtype=object,
            )
            if layer.stage_table and not self.register(layer, day).now:
                reported = self.measures(layer, day)
                for measure in layer.stage_table.measures:
                    values = [reported.get(uid, {}).get(measure.field, np.nan) for uid in frame.index]
                    frame[measure.field] = pd.Series(values, index=frame.index, dtype=float)
            self._days[key] = frame
        return self._days[key]

    def metric_on(self, target: Target, layer: Layer, day: date) -> pd.DataFrame:
        """
        Read a layer with the stages of one day, in metres where a promise is measured on geometries.

        Parameters
        ----------
        target
            The promise.
        layer
            Its layer.
        day
            The day.

        Returns
        -------
        pandas.DataFrame
            As `on`.
        """
        frame = self.on(layer, day)
        if not _by_shape(target):
            return frame
        metric: pd.DataFrame = self._metric(layer, day).assign(stage=frame["stage"])
        return metric

    def contributions(self, target: Target, day: date) -> pd.Series[float]:
        """
        Tell what each feature that was registered on a day adds to a promise.

        Parameters
        ----------
        target
            A promise with a layer.
        day
            The day.

        Returns
        -------
        pandas.Series
            By uid, in the unit of the promise.
        """
        layer = self.store.catalogue.layer(target.layer or "")
        return progress.contributions(target, self._metric(layer, day) if _by_shape(target) else self.on(layer, day))

    def deliveries(self, target: Target, day: date) -> tuple[NDArray[np.datetime64], NDArray[np.float64]]:
        """
        List when what was delivered of a promise, by the features and quantities registered on a day.

        Parameters
        ----------
        target
            A promise with a layer.
        day
            The day.

        Returns
        -------
        tuple of numpy.ndarray
            Days (datetime64[D], NaT for before anything is known) and amounts in the unit of the promise.
        """
        shares = self.contributions(target, day)
        found = self.store.ledger.deliveries(target.layer or "")
        amounts = shares.reindex(list(found.uids)).to_numpy(dtype=float) * found.amounts
        counted = ~np.isnan(amounts)
        return found.days[counted], amounts[counted]

    def delivered(self, target: Target, at: Sequence[date]) -> list[float]:
        """
        Tell what was delivered of a promise by the end of each of some days, as registered on that day.

        Parameters
        ----------
        target
            A promise with a layer.
        at
            The days.

        Returns
        -------
        list of float
            In the unit of the promise, one for each day.
        """
        layer = self.store.catalogue.layer(target.layer or "")
        alike: dict[int | None, list[date]] = {}
        for day in at:
            alike.setdefault(self.register(layer, day).revision, []).append(day)
        found: dict[date, float] = {}
        for days in alike.values():
            moved_on, amounts = self.deliveries(target, days[0])
            found |= zip(days, forecast.accumulated(moved_on, amounts, at=days), strict=True)
        return [found[day] for day in at]

    def measures(self, layer: Layer, day: date) -> Mapping[str, Mapping[str, float]]:
        """
        Read the quantities reported by the end of a day.

        Parameters
        ----------
        layer
            The layer.
        day
            The day.

        Returns
        -------
        mapping
            Uid to field to value.
        """
        key = (layer.id, day)
        if key not in self._measures:
            self._measures[key] = self.store.ledger.measures_on(layer.id, day)
        return self._measures[key]

    def quantity(self, layer: Layer, day: date) -> tuple[pd.Series[float], dict[str, str]]:
        """
        Tell how much each feature of a layer was on a day, as the plan measures the layer.

        Parameters
        ----------
        layer
            The layer.
        day
            The day.

        Returns
        -------
        tuple of pandas.Series and dict
            Amounts by uid, and their unit; 1 each where the plan only counts.
        """
        key = (layer.id, self.register(layer, day).revision)
        if key not in self._quantities:
            self._quantities[key] = self._quantity(layer, day)
        return self._quantities[key]

    def _metric(self, layer: Layer, day: date) -> gpd.GeoDataFrame:
        key = (layer.id, self.register(layer, day).revision)
        if key not in self._metres:
            self._metres[key] = crs.to_crs(self.frame(layer, day), self.store.catalogue.district.metric_crs)
        return self._metres[key]

    def _quantity(self, layer: Layer, day: date) -> tuple[pd.Series[float], dict[str, Any]]:
        for target in promised(self.store.catalogue):
            how = target.measure
            if target.layer == layer.id and how.kind in ("sum", "length", "area") and how.per is None:
                whole = target.model_copy(update={"measure": how.model_copy(update={"where": {}})})
                return self.contributions(whole, day), target.unit.model_dump()
        return pd.Series(1.0, index=self.frame(layer, day).index), _COUNTED


def _by_shape(target: Target) -> bool:
    return target.measure.kind in ("length", "area") and target.measure.field is None
