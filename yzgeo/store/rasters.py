"""Rasters of a workspace as cloud-optimised GeoTIFFs."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from affine import Affine
from numpy.typing import NDArray
from rasterio.errors import RasterioError
from rasterio.io import MemoryFile

from yzgeo.errors import FileMissingError, FileUnreadableError, InputError, StorageError

from . import guard


@dataclass(frozen=True, slots=True)
class StoredRaster:
    """A raster as it was read: ``array`` has shape (rows, columns), row 0 in the north.

    ``transform`` gives the coordinates of a cell's upper left corner in ``crs``; ``nodata`` marks empty cells.
    """

    array: NDArray[Any]
    transform: Affine
    crs: str
    nodata: float | None
    tags: dict[str, str]


def write_cog(
    path: str | os.PathLike[str],
    array: NDArray[Any],
    transform: Affine,
    crs: str,
    *,
    nodata: float | None = None,
    tags: dict[str, str] | None = None,
) -> Path:
    """
    Write a raster; a reader sees the old file or the new one, never half of one.

    Parameters
    ----------
    path
        File to be made or replaced.
    array
        Values, shape (rows, columns), row 0 in the north.
    transform
        Coordinates of a cell's upper left corner.
    crs
        Coordinate system as text, for instance ``EPSG:4529``.
    nodata
        Value of empty cells.
    tags
        Facts about the raster, for instance ``source`` and ``data_status``.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    InputError
        If the array is not two-dimensional.
    StorageError
        If the disk refuses; an older file stays.
    """
    if array.ndim != 2:
        raise InputError(
            what=str(path), reason_zh="栅格必须是二维数组。", reason_en="a raster is a two-dimensional array."
        )
    target = Path(path)
    profile = {
        "driver": "COG",
        "height": array.shape[0],
        "width": array.shape[1],
        "count": 1,
        "dtype": array.dtype.name,
        "crs": crs,
        "transform": transform,
        "nodata": nodata,
        "compress": "deflate",
        "predictor": "yes",
        "blocksize": 256,
    }
    # In memory first, so that the disk is touched by our own code alone and its refusals can be told apart.
    with MemoryFile() as memory:
        with memory.open(**profile) as raster:
            raster.write(array, 1)
            raster.update_tags(**(tags or {}))
        content = bytes(memory.getbuffer())
    unfinished = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with unfinished.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(target)
    except OSError as error:
        with suppress(OSError):
            unfinished.unlink(missing_ok=True)
        raise StorageError(path=str(target), reason=error.strerror or str(error)) from error
    return target


def read(path: str | os.PathLike[str]) -> StoredRaster:
    """
    Read the first band of a raster.

    Parameters
    ----------
    path
        The file.

    Returns
    -------
    StoredRaster
        Its values and where they lie.

    Raises
    ------
    FileMissingError, FileUnreadableError
        If it is not there or is no raster.
    LiveFileError
        If it is a database that this process has open.
    """
    guard.refuse_live(path)
    if not Path(path).is_file():
        raise FileMissingError(path=str(path))
    try:
        with rasterio.open(path) as raster:  # noqa: TID251 - this is the one place
            return StoredRaster(
                array=np.asarray(raster.read(1)),
                transform=raster.transform,
                crs=raster.crs.to_string() if raster.crs else "",
                nodata=raster.nodata,
                tags=dict(raster.tags()),
            )
    except RasterioError as error:
        raise FileUnreadableError(path=str(path), reason=str(error), formats="GeoTIFF") from error
