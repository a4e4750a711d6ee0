"""The header by which a phone names itself."""

from __future__ import annotations

from tests.api.conftest import Client

PHONE = "6f1e6f70-7e0b-4c5a-9d5e-2f6f5f0f0a01"


def test_an_id_that_is_none_is_told_and_programs_need_none(connect) -> None:
    client: Client = connect("planner")
    assert client.get("/api/sync/size").status_code == 200
    answer = client.get("/api/sync/size", headers={"x-yzgeo-device": "my phone"})
    assert (answer.status_code, answer.json()["code"]) == (400, "parameter_invalid")
    assert client.get("/api/devices").json() == {"devices": []}
    assert client.get("/api/sync/size", headers={"x-yzgeo-device": PHONE.upper()}).status_code == 200
    assert [each["id"] for each in client.get("/api/devices").json()["devices"]] == [PHONE]
