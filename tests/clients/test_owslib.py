"""OWSLib, the client of notebooks."""

from __future__ import annotations

from owslib.ogcapi.features import Features

from tests.clients.conftest import Service


def test_owslib_reads_what_there_is(service: Service) -> None:
    client = Features(service.ogc)
    assert "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/core" in client.conformance()["conformsTo"]
    assert client.api()["openapi"] == "3.0.3"
    assert set(client.feature_collections()) >= {"shantytown_parcel", "road"}
    assert "pipe_segment" not in client.feature_collections()
    assert "stage" in client.collection_queryables("shantytown_parcel")["properties"]


def test_owslib_asks_for_items(service: Service) -> None:
    client = Features(service.ogc)
    cleared = service.parcels[service.parcels["stage"] == "cleared"]
    page = client.collection_items("shantytown_parcel", limit=100, stage="cleared")
    assert {feature["id"] for feature in page["features"]} == set(cleared.index)
    page = client.collection_items("shantytown_parcel", limit=100, filter="stage = 'cleared'")
    assert page["numberMatched"] == len(cleared)
    west, south, east, north = service.parcels.total_bounds
    everywhere = client.collection_items("shantytown_parcel", bbox=[west, south, east, north], limit=5)
    assert (everywhere["numberMatched"], everywhere["numberReturned"]) == (len(service.parcels), 5)
    uid = str(service.parcels.index[0])
    assert client.collection_item("shantytown_parcel", uid)["properties"]["code"] == service.parcels["code"].iloc[0]
