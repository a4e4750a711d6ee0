"""A run's tiles hold what its tables hold, as far as the viewer may see, read back by a library of other people."""

from __future__ import annotations

import math
from typing import Any

import mapbox_vector_tile
import pytest

from yzgeo.errors import ParameterError
from yzgeo.workflows.runs import Viewer, run_tile, run_tilejson


def place_of(lon: float, lat: float, z: int) -> tuple[int, int, int]:
    """Zoom, row and column of a point, by the formula of the scheme."""
    across = (lon + 180) / 360
    down = (1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2
    return z, int(down * 2**z), int(across * 2**z)


def layers_at(desk: Any, run: dict[str, Any], viewer: Viewer, z: int = 8, **more: Any) -> dict[str, list[dict]]:
    """Properties by layer in the tile that the first house lies in."""
    home = desk.shelf.table(run["id"], "demand").iloc[0]
    data = run_tile(desk, run, viewer, place_of(home["lon"], home["lat"], z), **more)
    told = mapbox_vector_tile.decode(data) if data else {}
    return {name: [one["properties"] for one in layer["features"]] for name, layer in told.items()}


def test_a_tile_holds_every_house_with_its_verdict(desk, ask, uids) -> None:
    run = ask(metres=1500)
    told = layers_at(desk, run, Viewer("planner"))
    houses = {one["code"]: one for one in told["demand"]}
    assert {code: one["covered"] for code, one in houses.items()} == {"H1": False, "H2": True, "H3": False, "H4": False}
    assert houses["H1"]["distance_m"] == pytest.approx(2000, abs=0.01)
    assert "distance_m" not in houses["H3"]
    assert houses["H3"]["people"] == 30
    assert houses["H1"]["facility_uid"] == uids["F1"]
    assert [one["uid"] for one in told["facilities"]] == [uids["F1"]]
    # 1500 m from F1: all of R2 (500 m) and all of R1 (1000 m), nothing of R3.
    assert {one["edge"] for one in told["reach"]} == {uids["R1"], uids["R2"]}


def test_another_limit_decides_again(desk, ask) -> None:
    run = ask(metres=1500)
    told = layers_at(desk, run, Viewer("planner"), limit_m=2000.1)
    assert {one["code"] for one in told["demand"] if one["covered"]} == {"H1", "H2"}
    with pytest.raises(ParameterError):
        layers_at(desk, run, Viewer("planner"), limit_m=-1)


def test_people_are_withheld_in_tiles_too(desk, ask) -> None:
    run = ask(metres=1500)
    assert not any("people" in one or "dwellings" in one for one in layers_at(desk, run, Viewer("anonymous"))["demand"])
    field = layers_at(desk, run, Viewer("field", ("211202001",)))["demand"]
    assert {one["code"] for one in field if "people" in one} == {"H1", "H2"}


def test_a_close_tile_holds_only_what_is_near(desk, ask) -> None:
    run = ask(metres=1500)
    assert [one["code"] for one in layers_at(desk, run, Viewer("planner"), z=16)["demand"]] == ["H1"]
    assert run_tile(desk, run, Viewer("planner"), (8, 0, 0)) == b""


def test_the_description_tells_where_and_what(desk, ask) -> None:
    run = ask(metres=1500)
    told = run_tilejson(desk, run, Viewer("planner"), template="http://here/{z}/{x}/{y}")
    homes = desk.shelf.table(run["id"], "demand")
    west, south, east, north = told["bounds"]
    assert west <= homes["lon"].min() < homes["lon"].max() <= east
    assert south <= homes["lat"].min() < homes["lat"].max() <= north
    fields = {layer["id"]: layer["fields"] for layer in told["vector_layers"]}
    assert fields["demand"]["covered"] == "Boolean"
    assert fields["demand"]["distance_m"] == "Number"
    assert set(fields) == {"demand", "facilities", "reach"}
    assert "示意数据" in told["attribution"]
