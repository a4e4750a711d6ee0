"""The service on PostGIS: two services on one database answer alike, and an edit shows on both at once."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd

from api.main import create_app
from api.settings import Settings
from tests.api.conftest import Client
from tests.stores import Shelf
from yzgeo.catalogue import Catalogue
from yzgeo.store.base import Provenance
from yzgeo.workflows.workspace import open_workspace

ITEMS = "/ogc/collections/shantytown_parcel/items"


def test_two_services_on_one_database(small_shelf: Shelf, catalogue: Catalogue, tmp_path: Path) -> None:
    url = small_shelf.fresh()
    settings = Settings(workspace=tmp_path / "files", web_root=tmp_path / "no-page")
    opened = [open_workspace(tmp_path / "files", catalogue, database_url=url) for _ in range(3)]
    one, other = (Client(create_app(settings, each.store)) for each in opened[:2])
    editor = opened[2].store
    try:
        shown = one.get(ITEMS + "?filter=area_m2>2000&sortby=-area_m2&limit=2").json()
        assert shown == shown | {"numberMatched": 4, "numberReturned": 2}
        assert [each["properties"]["area_m2"] for each in shown["features"]] == [6000, 5000]
        assert one.get(ITEMS + "?bbox=123.84,42.29,123.8405,42.2905").json()["numberMatched"] == 1
        uid = shown["features"][0]["id"]
        tags = [client.get(f"{ITEMS}/{uid}").headers["etag"] for client in (one, other)]
        put = gpd.GeoDataFrame({"name": ["改过的地块"]}, index=[uid])
        editor.write("shantytown_parcel", put=put, provenance=Provenance("editor", "edit"))
        for client, tag in zip((one, other), tags, strict=True):
            answer = client.get(f"{ITEMS}/{uid}", headers={"If-None-Match": tag})
            assert answer.status_code == 200
            assert answer.json()["properties"]["name"] == "改过的地块"
    finally:
        for client in (one, other):
            client.close()
        for each in opened:
            each.close()
