"""Rasters written whole and read back."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from affine import Affine

from yzgeo.errors import FileMissingError, FileUnreadableError, InputError, StorageError
from yzgeo.store import rasters

PLACE = Affine(30, 0, 41_500_000, 0, -30, 4_690_000)


@pytest.mark.parametrize("dtype", ["float32", "float64", "uint8", "int16"])
def test_round_trip(tmp_path: Path, dtype: str) -> None:
    array: np.ndarray[Any, Any] = np.arange(12, dtype=dtype).reshape(3, 4)
    path = rasters.write_cog(
        tmp_path / "rasters" / "地形.tif", array, PLACE, "EPSG:4529", nodata=0, tags={"data_status": "illustrative"}
    )
    back = rasters.read(path)
    assert back.array.dtype == array.dtype
    assert (back.array == array).all()
    assert back.transform == PLACE
    assert back.crs == "EPSG:4529"
    assert back.nodata == 0
    assert back.tags["data_status"] == "illustrative"
    assert [found.name for found in path.parent.iterdir()] == ["地形.tif"]


def test_it_is_a_cloud_optimised_geotiff(tmp_path: Path) -> None:
    path = rasters.write_cog(tmp_path / "r.tif", np.zeros((1000, 1000), "float32"), PLACE, "EPSG:4529")
    told = subprocess.run(["gdalinfo", path], check=True, capture_output=True, text=True).stdout
    assert "LAYOUT=COG" in told
    assert "Block=256x256" in told
    assert "Overviews: 500x500" in told
    assert 'ID["EPSG",4529]' in told


def test_replacing_is_all_or_nothing(tmp_path: Path) -> None:
    path = rasters.write_cog(tmp_path / "r.tif", np.zeros((2, 2)), PLACE, "EPSG:4529")
    rasters.write_cog(path, np.ones((2, 2)), PLACE, "EPSG:4529")
    assert rasters.read(path).array.tolist() == [[1, 1], [1, 1]]
    with pytest.raises(InputError):
        rasters.write_cog(path, np.ones((2, 2, 2)), PLACE, "EPSG:4529")
    assert rasters.read(path).array.tolist() == [[1, 1], [1, 1]]


def test_refusals(tmp_path: Path) -> None:
    with pytest.raises(FileMissingError):
        rasters.read(tmp_path / "missing.tif")
    (tmp_path / "text.tif").write_text("no raster")
    with pytest.raises(FileUnreadableError):
        rasters.read(tmp_path / "text.tif")
    with pytest.raises(StorageError):
        rasters.write_cog(tmp_path / "text.tif" / "r.tif", np.zeros((2, 2)), PLACE, "EPSG:4529")
