"""A phone is known from its first word on; shut out, it gets one answer to all its calls."""

from __future__ import annotations

from api import models
from yzgeo.store.base import Account

PHONE = "6f1e6f70-7e0b-4c5a-9d5e-2f6f5f0f0a01"
OTHER = "6f1e6f70-7e0b-4c5a-9d5e-2f6f5f0f0a02"
AGENT = "Mozilla/5.0 (Linux; Android 13; V2055A) AppleWebKit/537.36 Chrome/126.0.0.0 Mobile Safari/537.36"
CSRF = {"X-Requested-With": "x"}


def named(device: str) -> dict[str, str]:
    return {**CSRF, "x-yzgeo-device": device, "User-Agent": AGENT}


def devices(client) -> list[models.DeviceTold]:
    return models.Devices.model_validate(client.get("/api/devices").json()).devices


def test_a_phone_is_registered_listed_and_shut_out(connect, workspace) -> None:
    client, admin, planner = connect("field"), connect("admin"), connect("planner")
    assert client.get("/api/sync", headers=named(PHONE)).status_code == 200
    assert client.get("/api/sync/size", headers=named(OTHER)).status_code == 200
    assert client.get("/api/sync/size", headers=named(OTHER)).status_code == 200
    assert planner.get("/api/sync/size", headers=named(PHONE)).status_code == 200
    assert {(each.id, each.actor) for each in devices(client)} == {(PHONE, "field"), (OTHER, "field")}
    assert devices(client)[0].label == "Android V2055A · Chrome 126"
    assert len(devices(admin)) == 3
    # Not one's own: unknown. One's own: shut out, for oneself.
    assert planner.request("DELETE", f"/api/devices/{OTHER}", headers=CSRF).status_code == 404
    assert client.request("DELETE", f"/api/devices/{PHONE}", headers=CSRF).json() == {"revoked": 1}
    assert client.request("DELETE", f"/api/devices/{PHONE}", headers=CSRF).json() == {"revoked": 0}
    asked = (
        ("GET", "/api/sync", {}),
        ("GET", "/api/sync/size", {}),
        ("POST", "/api/sync", {"json": {"events": []}}),
        ("POST", "/api/attachments", {"files": {"file": ("a.pdf", b"%PDF-", "application/pdf")}}),
        ("GET", f"/api/attachments/{'a' * 64}", {}),
    )
    for method, path, more in asked:
        answer = client.request(method, path, headers=named(PHONE), **more)
        assert (answer.status_code, answer.json()["code"]) == (403, "device_revoked"), path
    assert client.get("/api/sync", headers=named(OTHER)).status_code == 200
    assert client.get("/api/sync", headers=CSRF).status_code == 200
    assert planner.get("/api/sync/size", headers=named(PHONE)).status_code == 200
    # A session that has run out does not keep a lost phone from hearing of it.
    assert connect().get("/api/sync", headers=named(PHONE)).json()["code"] == "device_revoked"
    assert connect().get("/api/sync", headers=named(OTHER)).json()["code"] == "forbidden"
    lines = admin.get("/api/audit", params={"kind": "device_revoked"}).json()["lines"]
    assert [(line["actor"], line["subject"]) for line in lines] == [("field", PHONE)]
    assert len(admin.get("/api/audit", params={"kind": "device_registered"}).json()["lines"]) == 3


def test_the_session_on_a_lost_phone_opens_nothing_without_its_name(connect) -> None:
    """Whoever found the phone leaves the header out, or opens the map page; the one who reports it stays signed in."""
    phone, desk, other = connect("field"), connect("field"), connect("planner")
    for client in (phone, other):
        assert client.get("/api/sync/size", headers=named(PHONE)).status_code == 200
    assert desk.request("DELETE", f"/api/devices/{PHONE}", headers=CSRF).json() == {"revoked": 1}
    assert [client.get("/api/auth/me").json()["role"] for client in (phone, desk, other)] == [
        "anonymous",
        "field",
        "planner",
    ]
    # The page asks who it is before anything else, and goes no further without a session.
    for path in ("/api/auth/me", "/api/sync/size"):
        assert phone.get(path, headers=named(PHONE)).json()["code"] == "device_revoked", path
    assert connect("admin").request("DELETE", f"/api/devices/{PHONE}", headers=CSRF).json() == {"revoked": 1}
    assert [client.get("/api/auth/me").json()["role"] for client in (desk, other)] == ["field", "anonymous"]


def test_an_administrator_shuts_a_phone_out_for_all(connect, workspace) -> None:
    for role in ("field", "planner"):
        connect(role).get("/api/sync/size", headers=named(PHONE))
    assert connect("admin").request("DELETE", f"/api/devices/{PHONE}", headers=CSRF).json() == {"revoked": 2}
    workspace.store.put_account(Account("late", "bureau", (), workspace.store.account("bureau").password_hash))
    for name in ("field", "planner", "late"):  # whoever takes the phone next
        client = connect()
        client.sign_in(name)
        assert client.get("/api/sync/size", headers=named(PHONE)).json()["code"] == "device_revoked", name
    [told] = [each for each in devices(connect("field")) if each.id == PHONE]
    assert (told.revoked_by, told.revoked_at is None) == ("admin", False)
