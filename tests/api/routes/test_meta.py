"""The service about itself."""

from __future__ import annotations

import pytest

from api import models
from yzgeo.errors import leaves


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_it_is_well(client, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 200
    assert answer.json() == {"status": "ok"}
    assert answer.headers["cache-control"] == "no-store"


def test_it_is_not_ready_without_its_database(client, app) -> None:
    app.state.context.store.close()
    answer = client.get("/readyz")
    assert answer.status_code == 507
    assert answer.json()["code"] == "storage_refused"


def test_versions_settings_and_errors_fit_their_models(client) -> None:
    models.Versions.model_validate(client.get("/-/versions").json())
    models.Settings.model_validate(client.get("/-/settings").json())
    kinds = models.ErrorKinds.model_validate(client.get("/-/errors").json())
    assert {kind.code for kind in kinds.errors} == {kind.code for kind in leaves()}


@pytest.mark.parametrize("path", ["/metrics", "/-/settings"])
def test_insides_are_for_this_machine_and_administrators(connect, path: str) -> None:
    assert connect(address="127.0.0.1").get(path).status_code == 200
    assert connect(address="192.0.2.7").get(path).status_code == 403
    assert connect("viewer", address="192.0.2.7").get(path).status_code == 403
    assert connect("admin", address="192.0.2.7").get(path).status_code == 200


def test_metrics_count_by_template_not_by_path(client) -> None:
    for uid in ("one", "two"):
        client.get(f"/ogc/collections/road/items/{uid}")
    text = client.get("/metrics").text
    wanted = 'yzgeo_requests_total{method="GET",route="/ogc/collections/{layer_id}/items/{uid}",status="404"} 2.0'
    assert wanted in text
    assert "one" not in text.replace("none", "")


def test_the_overview_fits_its_model_and_counts(client) -> None:
    answer = client.get("/-/layers")
    overview = models.Overview.model_validate(answer.json())
    layers = {layer.id: layer for layer in overview.layers}
    assert layers["shantytown_parcel"].count == 6
    assert layers["shantytown_parcel"].data_status == {"illustrative": 6}
    assert layers["shantytown_parcel"].links.items == "/ogc/collections/shantytown_parcel/items"
    assert overview.illustrative
    assert overview.base_map is None
    assert overview.district.bounds[0] < 123.85 < overview.district.bounds[2]
    west, south, east, north = layers["shantytown_parcel"].bounds
    assert (west, south, east, north) == pytest.approx((123.84, 42.29, 123.8458, 42.2908), abs=1e-6)


def test_the_overview_is_revalidated_until_something_changes(client, connect) -> None:
    first = client.get("/-/layers")
    etag = first.headers["etag"]
    assert client.get("/-/layers", headers={"If-None-Match": etag}).status_code == 304
    other = connect("planner").get("/-/layers", headers={"If-None-Match": etag})
    assert other.status_code == 200
