"""The phone's pull and push over HTTP."""

from __future__ import annotations

import base64
import json
from typing import Any
from uuid import uuid4

import pytest

from api import models

LAYER = "shantytown_parcel"
HEADERS = {"X-Requested-With": "x"}


@pytest.fixture
def uid(workspace) -> str:
    """P01, which is planned."""
    frame = workspace.store.frame(LAYER)
    return str(frame.index[frame["code"] == "P01"][0])


def move(uid: str, to: str, **more: Any) -> dict[str, Any]:
    made = {"id": str(uuid4()), "layer": LAYER, "uid": uid, "kind": "transition", "payload": {"to": to}}
    return {**made, "valid_at": "2024-07-01T10:00:00+08:00", **more}


def push(client, *events: Any) -> list[models.sync.SyncAnswer]:
    answer = client.post("/api/sync", json={"events": list(events)}, headers=HEADERS)
    assert answer.status_code == 200, answer.text
    return models.SyncPushed.model_validate(answer.json()).answers


def test_pulls_fit_their_model_and_grow_small(connect, uid: str) -> None:
    client = connect("planner")
    first = models.SyncPulled.model_validate(client.get("/api/sync").json())
    assert first.full
    size = models.SyncSize.model_validate(client.get("/api/sync/size").json())
    assert size.features == len(first.features)
    assert size.bytes > 0
    push(client, move(uid, "surveyed"))
    second = models.SyncPulled.model_validate(client.get("/api/sync", params={"since": first.token}).json())
    assert not second.full
    assert [(each.uid, each.stage) for each in second.features] == [(uid, "surveyed")]


def test_a_phone_without_parcels_of_its_own_gets_none(connect) -> None:
    told = models.SyncPulled.model_validate(connect("field").get("/api/sync").json())
    assert told.features == []
    assert told.subdistricts == ["211202001"]


def test_every_record_has_its_own_answer(connect, workspace, uid: str) -> None:
    client, good = connect("planner"), move(uid, "surveyed")
    shapeless, unknown = {"id": "7", "kind": "dance"}, move("nothing", "surveyed")
    answers = push(client, shapeless, good, unknown, good)
    assert [each.outcome for each in answers] == ["refused", "accepted", "refused", "repeated"]
    assert [each.id for each in answers] == ["7", good["id"], unknown["id"], good["id"]]
    assert answers[1].receipt == answers[3].receipt
    assert answers[0].problem is not None
    assert answers[0].problem.code == "body_invalid"
    assert answers[2].problem is not None
    assert answers[2].problem.code == "feature_unknown"
    assert [event.id for event in workspace.store.ledger.events(LAYER, uid)].count(good["id"]) == 1


def test_a_file_of_unsent_work_is_entered_for_its_author(connect, workspace, uid: str) -> None:
    """Photos first; a phone that sends the same afterwards is told that it stands."""
    pdf = b"%PDF-1.4\n%%EOF\n"
    photo = {"id": str(uuid4()), "type": "photo", "owner": "bureau", "order": 1, "bytes": len(pdf)}
    note = {**move(uid, ""), "kind": "photo", "payload": {"caption": "门牌"}, "photos": [photo["id"]]}
    entries = [move(uid, "surveyed"), note, {**move("nothing", "surveyed")}]
    items = [photo, *({**each, "type": "event", "owner": "bureau", "order": 2} for each in entries)]
    content = {"format": "yzgeo-unsent", "version": 1, "items": items}
    sent = json.dumps({**content, "photos": {photo["id"]: base64.b64encode(pdf).decode()}}).encode()

    def bring(role: str, body: bytes = sent):
        return connect(role).post("/api/sync/unsent", files={"file": ("unsent.json", body)}, headers=HEADERS)

    for _, outcomes in ((1, ["accepted", "accepted", "refused"]), (2, ["repeated", "repeated", "refused"])):
        answer = bring("planner")
        assert answer.status_code == 200, answer.text
        assert [each.outcome for each in models.SyncPushed.model_validate(answer.json()).answers] == outcomes
    [moved, shown] = workspace.store.ledger.events(LAYER, uid)[-2:]
    assert (moved.actor, moved.payload) == ("planner", {"to": "surveyed", "on_behalf_of": "bureau"})
    assert workspace.store.ledger.attachment(shown.payload["attachment"]) is not None
    assert push(connect("bureau"), entries[0])[0].outcome == "repeated"
    assert push(connect("admin"), entries[0])[0].outcome == "refused"
    assert bring("field").status_code == 403  # nothing of it is theirs
    assert bring("planner", sent.replace(b'"bureau"', b'"nobody"')).status_code == 400
    for broken in (b"{", b"[]", b'{"format": "yzgeo-unsent", "version": 2}', json.dumps(content).encode()):
        assert bring("planner", broken).status_code == 400
