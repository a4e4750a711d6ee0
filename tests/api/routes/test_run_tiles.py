"""A run's tiles over HTTP: described, decoded, revalidated, and as secret as the run."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import geopandas as gpd
import mapbox_vector_tile
import pytest
import shapely
from fastapi import FastAPI

from yzgeo.store.base import Provenance
from yzgeo.workflows.runs import RunDesk
from yzgeo.workflows.workspace import prepare_frame

# Column: (123.842 + 180) / 360 × 2^14 = 13828.2; row by the Mercator formula at 42.292 N: 6064.4.
HERE, ELSEWHERE = "14/13828/6064", "14/0/0"
Connect = Callable[..., Any]


def write(desk: RunDesk, layer: str, shape: shapely.Geometry, **columns: Any) -> None:
    common = {"data_status": ["illustrative"], "source": ["test"]}
    frame = gpd.GeoDataFrame({**common, **columns}, geometry=[shape], crs="EPSG:4490")
    put = prepare_frame(desk.catalogue.layer(layer), frame, desk.catalogue.district.storage_crs)
    desk.store.write(layer, put=put, provenance=Provenance(actor="test", reason="test"))


@pytest.fixture
def desk(app: FastAPI) -> RunDesk:
    """The desk of the application, with a house and a facility beside the only road."""
    desk: RunDesk = app.state.runs
    home = shapely.box(123.8420, 42.2920, 123.8421, 42.2921)
    write(desk, "residential_building", home, code=["H1"], name=["一号楼"], residents=[12.0], dwellings=[4])
    place = shapely.Point(123.8412, 42.2912)
    write(desk, "fitness_site", place, code=["F9"], name=["广场"], kind=["square"], stage=["completed"])
    return desk


@pytest.fixture
def run(desk: RunDesk) -> dict[str, Any]:
    return desk.ask("coverage", {"circle": "fitness_10min"})


def tile(run: dict[str, Any], place: str = HERE) -> str:
    return f"/api/runs/{run['id']}/tiles/{place}"


def test_the_link_leads_to_tiles_that_decode(connect: Connect, run: dict[str, Any]) -> None:
    client = connect("planner")
    link = client.get(f"/api/runs/{run['id']}").json()["links"]["tiles"]
    told = client.get(link).json()
    west, south, east, north = told["bounds"]
    assert 123.83 < west <= east < 123.86
    assert 42.28 < south <= north < 42.31
    assert {layer["id"] for layer in told["vector_layers"]} == {"demand", "facilities", "reach"}
    answer = client.get(told["tiles"][0].format(z=14, x=13828, y=6064))
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/vnd.mapbox-vector-tile"
    layers = mapbox_vector_tile.decode(answer.content)
    (home,) = layers["demand"]["features"]
    assert home["properties"]["covered"] is True
    assert home["properties"]["people"] == 12
    assert layers["reach"]["features"]
    far = mapbox_vector_tile.decode(client.get(f"{tile(run)}?limit_m=1").content)["demand"]["features"]
    assert far[0]["properties"]["covered"] is False


def test_a_tile_is_revalidated_and_an_empty_one_has_no_content(connect: Connect, run: dict[str, Any]) -> None:
    client = connect("planner")
    tag = client.get(tile(run)).headers["etag"]
    assert client.get(tile(run), headers={"If-None-Match": tag}).status_code == 304
    # Who may not see the people is not told that the richer tile is current.
    assert connect().get(tile(run), headers={"If-None-Match": tag}).status_code == 200
    nothing = client.get(tile(run, ELSEWHERE))
    assert (nothing.status_code, nothing.content) == (204, b"")
    assert client.get(tile(run, ELSEWHERE), headers={"If-None-Match": nothing.headers["etag"]}).status_code == 304


def test_people_are_for_those_who_may_see_them(connect: Connect, run: dict[str, Any]) -> None:
    (home,) = mapbox_vector_tile.decode(connect().get(tile(run)).content)["demand"]["features"]
    assert "people" not in home["properties"]
    assert home["properties"]["covered"] is True


def test_tiles_are_as_secret_as_the_run(connect: Connect, desk: RunDesk) -> None:
    write(desk, "base_station_5g", shapely.Point(123.8425, 42.2925), code=["B1"], stage=["planned"])
    asked = {"circle": "fitness_10min", "sites": 1, "candidates": "layer:base_station_5g"}
    secret = desk.ask("siting", asked)
    assert secret["access"] == "restricted"
    for address in (tile(secret), f"/api/runs/{secret['id']}/tiles"):
        assert {role: connect(role).get(address).status_code for role in ("anonymous", "viewer", "field")} == {
            "anonymous": 404,
            "viewer": 404,
            "field": 404,
        }
        assert connect("planner").get(address).status_code == 200


@pytest.mark.parametrize(("place", "status"), [("14/16384/0", 404), ("99/0/0", 404), (f"{HERE}?limit_m=0", 400)])
def test_what_is_no_tile_is_refused(connect: Connect, run: dict[str, Any], place: str, status: int) -> None:
    assert connect("planner").get(tile(run, place)).status_code == status
