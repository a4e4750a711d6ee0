"""The phone's pull and push over HTTP."""

from __future__ import annotations

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
