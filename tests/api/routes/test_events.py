"""Recording over HTTP: receipts, repeats, refusals, conflicts, decisions and the district on another day."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import mapbox_vector_tile
import pytest
from PIL import Image

from api import models

LAYER = "shantytown_parcel"


@pytest.fixture
def uid(workspace) -> str:
    """P01, which is planned."""
    frame = workspace.store.frame(LAYER)
    return str(frame.index[frame["code"] == "P01"][0])


def story(uid: str) -> str:
    return f"/api/layers/{LAYER}/features/{uid}/events"


def move(to: str, day: str = "2024-07-01", **more: Any) -> dict[str, Any]:
    payload = {"to": to, **more.pop("payload", {})}
    return {"id": str(uuid4()), "kind": "transition", "valid_at": f"{day}T10:00:00+08:00", "payload": payload, **more}


def photo() -> bytes:
    image = Image.new("RGB", (600, 400), "green")
    exif = Image.Exif()
    exif[0x8825] = {1: "N", 2: (42.0, 17.0, 24.0), 3: "E", 4: (123.0, 50.0, 24.0)}
    exif[0x0132] = "2024:06:30 09:08:07"
    written = io.BytesIO()
    image.save(written, "JPEG", exif=exif)
    return written.getvalue()


def test_a_story_fits_its_model_and_offers_the_next_moves_to_those_who_may(connect, uid: str) -> None:
    seen = models.FeatureStory.model_validate(connect().get(story(uid)).json())
    assert seen.stage.id == "planned"
    assert seen.offered == []
    assert not seen.may_write
    told = models.FeatureStory.model_validate(connect("planner").get(story(uid)).json())
    assert told.may_write
    assert "surveyed" in [each.to for each in told.offered]


def test_sent_twice_is_recorded_once_with_the_same_receipt(connect, workspace, uid: str) -> None:
    client, sent = connect("planner"), move("surveyed")
    first, again = (client.post(story(uid), json=sent, headers={"X-Requested-With": "x"}) for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 200), first.text
    assert first.json()["receipt"] == again.json()["receipt"]
    recorded = models.EventRecorded.model_validate(first.json())
    assert recorded.state.stage.id == "surveyed"
    assert [event.id for event in workspace.store.ledger.events(LAYER, uid)].count(sent["id"]) == 1
    found = models.ReceiptFound.model_validate(client.get(f"/api/events/{sent['id']}").json())
    assert found.verified
    assert found.position == workspace.store.ledger.revision()
    newest = models.RecentEvents.model_validate(client.get("/api/events").json())
    assert newest.events[0].id == sent["id"]
    assert [event.id for event in newest.events].count(sent["id"]) == 1


@pytest.mark.parametrize(("role", "status"), [(None, 403), ("viewer", 403), ("field", 404), ("bureau", 201)])
def test_who_may_record(connect, uid: str, role: str | None, status: int) -> None:
    answer = connect(role).post(story(uid), json=move("surveyed"), headers={"X-Requested-With": "x"})
    assert answer.status_code == status, answer.text


def test_a_refusal_tells_all_reasons(connect, uid: str) -> None:
    sent = move("surveyed", day="2999-01-01")
    answer = connect("planner").post(story(uid), json=sent, headers={"X-Requested-With": "x"})
    assert answer.status_code == 422
    assert [issue["code"] for issue in answer.json()["issues"]] == ["date_in_future"]


def test_a_stale_contradiction_is_a_conflict_with_both_versions(connect, workspace, uid: str) -> None:
    client, base = connect("planner"), workspace.store.feature(LAYER, uid).revision
    headers = {"X-Requested-With": "x"}
    assert client.post(story(uid), json=move("surveyed"), headers=headers).status_code == 201
    assert client.post(story(uid), json=move("decided", "2024-08-01"), headers=headers).status_code == 201
    late = client.post(story(uid), json=move("signing", "2024-07-15", base_revision=base), headers=headers)
    assert late.status_code == 409
    assert late.json()["base_version"]["stage"] == "planned"
    assert late.json()["current_version"]["stage"]["id"] == "decided"
    strict = client.post(
        story(uid), json=move("signing", "2024-09-01"), headers={**headers, "If-Match": f'"{base}.ab"'}
    )
    assert strict.status_code == 412
    assert strict.json()["current_version"]["stage"]["id"] == "decided"
    assert strict.json()["base_version"]["revision"] == base


def test_an_id_used_for_something_else_is_a_conflict_that_tells_nothing_of_it(connect, uid: str) -> None:
    client, sent = connect("planner"), move("surveyed")
    headers = {"X-Requested-With": "x"}
    client.post(story(uid), json=sent, headers=headers)
    other = connect("bureau").post(story(uid), json={**sent, "payload": {"to": "decided"}}, headers=headers)
    assert other.status_code == 409
    assert "first" not in other.json()


def test_a_photo_is_cleaned_kept_and_shown_to_those_who_are_signed_in(connect, workspace) -> None:
    client = connect("planner")
    files = {"file": ("a.exe", photo(), "application/x-msdownload")}
    answer = client.post("/api/attachments", files=files, headers={"X-Requested-With": "x"})
    assert answer.status_code == 201, answer.text
    kept = models.AttachmentKept.model_validate(answer.json())
    note = workspace.store.ledger.attachment(kept.sha256)
    # 42° 17′ 24″ = 42.29, 123° 50′ 24″ = 123.84
    assert (note.lon, note.lat, note.taken_at) == (123.84, 42.29, "2024-06-30T09:08:07")
    shown = client.get(kept.address)
    assert not Image.open(io.BytesIO(shown.content)).getexif()
    assert Image.open(io.BytesIO(client.get(kept.thumbnail).content)).size == (320, 213)
    assert connect().get(kept.address).status_code == 403
    again = client.post("/api/attachments", files=files, headers={"X-Requested-With": "x"})
    assert again.json() == answer.json()


@pytest.mark.parametrize("content", [b"", b"<svg/>", b"GIF89a", b"\xff\xd8\xff\xe0 no picture"])
def test_what_is_no_photo_is_not_kept(connect, content: bytes) -> None:
    answer = connect("planner").post(
        "/api/attachments", files={"file": ("a.jpg", content, "image/jpeg")}, headers={"X-Requested-With": "x"}
    )
    assert answer.status_code == 422
    assert answer.json()["code"] == "attachment_refused"


def test_a_second_person_decides(connect, uid: str) -> None:
    planner, bureau, headers = connect("planner"), connect("bureau"), {"X-Requested-With": "x"}
    for month, stage in enumerate(("surveyed", "decided", "signing", "vacated"), start=1):
        answer = planner.post(story(uid), json=move(stage, f"2024-07-0{month}"), headers=headers)
        assert answer.status_code == 201, answer.text
    files = {"file": ("a.jpg", photo(), "image/jpeg")}
    sha256 = planner.post("/api/attachments", files=files, headers=headers).json()["sha256"]
    asked = move("demolished", "2024-08-01", payload={"evidence": [sha256]})
    answer = planner.post(story(uid), json=asked, headers=headers)
    assert answer.status_code == 201, answer.text
    assert answer.json()["state"]["stage"]["id"] == "vacated"
    waiting = models.Approvals.model_validate(bureau.get("/api/approvals").json()).waiting
    assert [(each.event, each.may_decide) for each in waiting] == [(asked["id"], True)]
    now = datetime.now(UTC).isoformat()
    word = {"id": str(uuid4()), "kind": "approval", "valid_at": now, "payload": {"event": asked["id"], "granted": True}}
    decided = bureau.post(story(uid), json=word, headers=headers)
    assert decided.status_code == 201, decided.text
    assert decided.json()["state"]["stage"]["id"] == "demolished"


def test_the_map_on_another_day(connect, uid: str) -> None:
    client, headers = connect("planner"), {"X-Requested-With": "x"}
    client.post(story(uid), json=move("surveyed", "2024-03-01"), headers=headers)
    client.post(story(uid), json=move("decided", "2024-05-01"), headers=headers)

    def stage(query: str) -> str:
        answer = client.get(f"/ogc/collections/{LAYER}/tiles/WebMercatorQuad/14/6064/13828{query}")
        features = mapbox_vector_tile.decode(answer.content)[LAYER]["features"]
        return {each["properties"]["uid"]: each["properties"]["stage"] for each in features}[uid]

    days = {"2024-02-29": "planned", "2024-03-01": "surveyed", "2024-04-30": "surveyed", "2024-05-01": "decided"}
    for day, expected in days.items():
        assert stage(f"?datetime={day}") == expected
        found = client.get(f"/ogc/collections/{LAYER}/items?datetime={day}&stage={expected}").json()["features"]
        assert uid in [each["id"] for each in found]
    style = client.get("/ogc/styles/district?datetime=2024-03-01").json()
    address = style["sources"][LAYER]["tiles"][0].replace("{z}/{y}/{x}", "14/6064/13828")
    answer = client.get(address.removeprefix("http://test"))
    assert "immutable" in answer.headers["cache-control"]
    client.post(story(uid), json=move("signing", "2024-06-01"), headers=headers)
    assert "immutable" not in client.get(address.removeprefix("http://test")).headers["cache-control"]


def test_progress_curves_and_changes_fit_their_models(connect, uid: str) -> None:
    client = connect("planner")
    client.post(story(uid), json=move("surveyed", "2024-03-01"), headers={"X-Requested-With": "x"})
    report = models.ProgressReport.model_validate(client.get("/api/progress?at=2024-06-30&by=subdistrict").json())
    assert report.district[LAYER].count == 6
    assert sum(unit.layers[LAYER].count for unit in report.groups if LAYER in unit.layers) == 6
    models.Curve.model_validate(client.get(f"/api/progress/curve?layer={LAYER}").json())
    moved = models.Movements.model_validate(client.get("/api/progress/changes?from=2024-02-01&to=2024-03-31").json())
    assert [(each.uid, each.from_stage, each.to_stage) for each in moved.moved] == [(uid, "planned", "surveyed")]


def test_hidden_layers_are_absent_from_progress(client) -> None:
    report = client.get("/api/progress").json()
    assert "pipe_segment" not in report["district"]
    assert all(target["layer"] != "pipe_segment" for target in report["targets"])
    assert client.get("/api/progress?layer=pipe_segment").status_code == 404
    assert client.get("/api/progress/curve?layer=pipe_segment").status_code == 404
