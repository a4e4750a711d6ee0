"""The circles over HTTP."""

from __future__ import annotations

from api import models


def test_every_circle_with_its_limit_and_source(client) -> None:
    answer = client.get("/api/circles")
    told = models.Circles.model_validate(answer.json())
    assert [one.layer for one in told.choices.roads] == ["road_project"]
    circles = told.circles
    limits = {one.id: one.limit.metres for one in circles}
    assert limits["fitness_10min_1000m"] == 1000
    assert limits["shelter"] is None
    assert all(one.source for one in circles)
    assert client.get("/api/circles", headers={"If-None-Match": answer.headers["etag"]}).status_code == 304
