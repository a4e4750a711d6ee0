"""Frames: geometries and columns brought to exactly the fields that the catalogue declares for a layer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from yzgeo.catalogue import Catalogue

from .plan import IllustrativePlan
from .units import Units

Columns = Mapping[str, Sequence[Any] | NDArray[Any]]
_DTYPE = {"integer": np.int64, "boolean": np.bool_, "number": np.float64}


@dataclass(frozen=True)
class Recorder:
    """Makes frames that share source, status and the units they lie in."""

    catalogue: Catalogue
    plan: IllustrativePlan
    units: Units

    def frame(
        self,
        layer_id: str,
        shapes: Sequence[BaseGeometry | None] | NDArray[np.object_],
        columns: Columns,
        *,
        status: str = "illustrative",
        source: str | None = None,
        located: bool = True,
    ) -> gpd.GeoDataFrame:
        """
        Make the frame of a layer.

        Parameters
        ----------
        layer_id
            Id of the layer.
        shapes
            Geometries in the metric system, ``None`` in a layer without geometry.
        columns
            Values of the layer's fields; a field left out is empty.
        status
            Value of ``data_status``.
        source
            Value of ``source``; the plan's text for illustrative data if not given.
        located
            Fill in subdistrict and community from a point inside each geometry.

        Returns
        -------
        geopandas.GeoDataFrame
            One column for each field of the layer, in the catalogue's order, then the geometry.

        Raises
        ------
        FieldUnknownError
            If a column is no field of the layer.
        """
        layer = self.catalogue.layer(layer_id)
        count = len(shapes)
        values: dict[str, Any] = {field.id: [None] * count for field in layer.fields}
        values["data_status"] = [status] * count
        values["source"] = [source or self.plan.source] * count
        if located and count:
            homes = self.units.locate(
                shapely.get_coordinates(shapely.point_on_surface(np.asarray(shapes, dtype=object)))
            )
            members = [self.units.register.communities[home] for home in homes]
            values["community"] = [member.code for member in members]
            values["subdistrict"] = [member.subdistrict for member in members]
        for field_id, column in columns.items():
            layer.field(field_id)
            values[field_id] = [_plain(value) for value in column]
        table = pd.DataFrame({field: pd.Series(column, dtype=object) for field, column in values.items()})
        for spec in layer.fields:
            kind = _DTYPE.get(spec.type)
            if count and kind is not None and not table[spec.id].isna().any():
                table[spec.id] = table[spec.id].to_numpy().astype(kind)
        return gpd.GeoDataFrame(table, geometry=gpd.GeoSeries(list(shapes), crs=self.catalogue.district.metric_crs))


def codes(prefix: str, count: int) -> list[str]:
    """
    Number features.

    Parameters
    ----------
    prefix
        Letters before the number.
    count
        How many.

    Returns
    -------
    list of str
        For instance ``PH-001``; as many digits as the count needs, at least three.
    """
    width = max(3, len(str(count)))
    return [f"{prefix}-{number:0{width}d}" for number in range(1, count + 1)]


def _plain(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else value
