"""Search over HTTP."""

from __future__ import annotations

import pytest

from api import models


def test_hits_fit_their_model(client) -> None:
    found = models.SearchResults.model_validate(client.get("/api/search", params={"q": "地块"}).json())
    # 地块六 begins with the text, the others only hold it; P03 has no name.
    assert [hit.code for hit in found.results] == ["P06", "P01", "P02", "P04", "P05"]
    first = found.results[1]
    assert first.layer == "shantytown_parcel"
    assert first.layer_title.zh == "棚户区改造地块"
    assert first.center == pytest.approx((123.8404, 42.2904), abs=1e-6)
    assert first.bbox == pytest.approx((123.84, 42.29, 123.8408, 42.2908), abs=1e-6)


def test_the_limit_holds(client) -> None:
    assert len(client.get("/api/search", params={"q": "P0", "limit": 2}).json()["results"]) == 2


@pytest.mark.parametrize(
    "params", [{}, {"q": ""}, {"q": "x", "limit": 0}, {"q": "x", "limit": 101}, {"q": "x", "w": 1}]
)
def test_bad_parameters(client, params: dict[str, object]) -> None:
    answer = client.get("/api/search", params=params)
    assert answer.status_code == 400
    assert answer.json()["code"] == "parameter_invalid"
