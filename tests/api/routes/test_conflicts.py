"""Two phones and an office on the same parcel: every kind of conflict, each ending as the rule says."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import geopandas as gpd
import pytest

from api import models
from api.main import create_app
from api.settings import Settings
from tests.api.conftest import Client, rows, square
from yzgeo.ledger import digest
from yzgeo.store.base import Provenance
from yzgeo.workflows.workspace import Workspace, prepare_frame

LAYER, OWN, OTHER = "shantytown_parcel", "211202001", "211202002"
HEADERS = {"X-Requested-With": "x"}
DEVICE = {**HEADERS, "x-yzgeo-device": "6f1e6f70-7e0b-4c5a-9d5e-2f6f5f0f0a01"}


@pytest.fixture(scope="module")
def scene(own_premises) -> Iterator[Scene]:
    """One application and twenty planned parcels of 10 households in the field's own street office."""
    premises = own_premises()
    with premises.workspace() as opened:
        columns = rows(20, code=[f"T{i:02d}" for i in range(20)], name=["地块"] * 20, households=[10] * 20)
        columns |= {"subdistrict": [OWN] * 20, "stage": ["planned"] * 20, "area_m2": [900.0] * 20}
        frame = gpd.GeoDataFrame(columns, geometry=[square(i, 3) for i in range(20)], crs="EPSG:4490")
        put = prepare_frame(opened.catalogue.layer(LAYER), frame, "EPSG:4490")
        opened.store.write(LAYER, put=put, provenance=Provenance("test", "placed"))
        settings = Settings(workspace=premises.folder, web_root=premises.folder / "no-page", sign_in_per_minute=1000)
        app = create_app(settings, opened.store)
        clients = {name: Client(app) for name in ("field", "planner", "bureau", "admin")}
        for name, client in clients.items():
            assert client.sign_in(name).status_code == 200
        yield Scene(opened, clients, iter(put.index))
        for client in clients.values():
            client.close()
        app.state.runs.close()


@dataclass
class Scene:
    """What the tests share; each takes a parcel of its own."""

    workspace: Workspace
    clients: dict[str, Client]
    parcels: Iterator[str]


@pytest.fixture
def workspace(scene: Scene) -> Workspace:
    return scene.workspace


@pytest.fixture
def parcel(scene: Scene) -> str:
    return str(next(scene.parcels))


class Phone:
    """A phone of the field that pulled once and has been without signal since."""

    def __init__(self, client, uid: str) -> None:
        self.client = client
        pulled = models.SyncPulled.model_validate(client.get("/api/sync", headers=DEVICE).json())
        self.token = pulled.token
        self.base = next(each.revision for each in pulled.features if each.uid == uid)
        self.uid = uid

    def record(self, kind: str, day: str, **payload: Any) -> dict[str, Any]:
        sent = {"id": str(uuid4()), "layer": LAYER, "uid": self.uid, "kind": kind, "payload": payload}
        return {**sent, "valid_at": f"2024-07-{day}T10:00:00+08:00", "base_revision": self.base}

    def push(self, record: dict[str, Any]):
        answer = self.client.post("/api/sync", json={"events": [record]}, headers=DEVICE)
        assert answer.status_code == 200, answer.text
        return models.SyncPushed.model_validate(answer.json()).answers[0]

    def decisions(self):
        pulled = self.client.get("/api/sync", params={"since": self.token}).json()
        return models.SyncPulled.model_validate(pulled).decisions


class Office:
    """Someone at a desk, who sees the newest state."""

    def __init__(self, client, uid: str) -> None:
        self.client = client
        self.path = f"/api/layers/{LAYER}/features/{uid}/events"

    def record(self, kind: str, day: str, **payload: Any) -> str:
        sent = {"id": str(uuid4()), "kind": kind, "valid_at": f"2024-07-{day}T09:00:00+08:00", "payload": payload}
        answer = self.client.post(self.path, json=sent, headers=HEADERS)
        assert answer.status_code == 201, answer.text
        return sent["id"]

    def stage(self) -> str:
        return self.client.get(self.path).json()["stage"]["id"]

    def measure(self, field: str) -> float | None:
        return self.client.get(self.path).json()["measures"][field]["value"]

    def conflict(self, record: dict[str, Any]) -> models.ConflictTold:
        answer = self.client.get(f"/api/conflicts/{record['id']}")
        assert answer.status_code == 200, answer.text
        return models.ConflictTold.model_validate(answer.json())

    def decide(self, record: dict[str, Any], keep: str, *, revision: int | None = None):
        seen = self.conflict(record).office
        sent = {"keep": keep, "reason": "现场核实", "office_revision": revision or (seen and seen.revision) or 0}
        return self.client.post(f"/api/conflicts/{record['id']}/decision", json=sent, headers=HEADERS)


@pytest.fixture
def phones(scene: Scene, parcel: str) -> tuple[Phone, Phone]:
    """Two phones of one account."""
    return Phone(scene.clients["field"], parcel), Phone(scene.clients["field"], parcel)


@pytest.fixture
def office(scene: Scene, parcel: str) -> Office:
    return Office(scene.clients["bureau"], parcel)


def test_agreement_merges_silently(phones, office: Office) -> None:
    one, other = phones
    office.record("transition", "01", to="surveyed")
    assert one.push(one.record("transition", "02", to="surveyed")).outcome == "agreed"
    assert other.push(other.record("transition", "03", to="surveyed")).outcome == "agreed"
    assert office.stage() == "surveyed"
    told = office.client.get("/api/conflicts").json()["conflicts"]
    assert [each for each in told if each["uid"] == one.uid] == []


def test_a_lawful_rebase_is_applied_and_told(phones, office: Office) -> None:
    one, _ = phones
    office.record("transition", "01", to="surveyed")
    assert one.push(one.record("transition", "02", to="decided")).outcome == "rebased"
    assert one.push(one.record("measure", "03", households_signed=4)).outcome == "rebased"
    assert office.measure("households_signed") == 4


def test_ones_own_earlier_record_is_no_news(phones) -> None:
    one, _ = phones
    assert one.push(one.record("transition", "01", to="surveyed")).outcome == "accepted"
    assert one.push(one.record("transition", "02", to="decided")).outcome == "accepted"


def test_an_illegal_move_against_a_moved_state_is_kept_until_decided_for_the_phone(
    phones, office: Office, workspace
) -> None:
    one, other = phones
    office.record("transition", "01", to="surveyed")
    taken = office.record("transition", "03", to="decided")
    sent = one.record("transition", "05", to="surveyed")
    answer = one.push(sent)
    assert (answer.outcome, answer.receipt) == ("conflict", None)
    assert answer.problem is not None
    assert answer.problem.code == "conflict"
    again = one.push(sent)
    assert (again.outcome, again.problem and again.problem.detail) == ("conflict", answer.problem.detail)
    told = office.conflict(sent)
    assert (told.kind, told.state, told.device) == ("move", "open", DEVICE["x-yzgeo-device"])
    assert told.office is not None
    assert (told.before.stage.id, told.phone.stage.id, told.office.stage.id) == ("planned", "surveyed", "decided")
    assert told.choices is not None
    assert [each.event for each in told.choices.phone.cancels] == [taken]
    before = workspace.store.ledger.revision()
    assert office.decide(sent, "phone", revision=1).status_code == 409
    assert workspace.store.ledger.revision() == before
    assert office.stage() == "decided"
    assert office.decide(sent, "phone").status_code == 200
    assert office.stage() == "surveyed"
    late = office.decide(sent, "office")
    assert (late.status_code, late.json()["code"]) == (409, "conflict_decided")
    done = one.push(sent)
    assert (done.outcome, done.receipt and done.receipt.event) == ("accepted", sent["id"])
    assert [(each.id, each.keep, each.reason, each.by) for each in one.decisions()] == [
        (sent["id"], "phone", "现场核实", "bureau")
    ]
    # In the ledger: who decided, for whom, and what was taken back; the chain holds.
    events = {event.id: event for event in workspace.store.ledger.events(LAYER, one.uid)}
    assert (events[sent["id"]].actor, events[sent["id"]].payload["on_behalf_of"]) == ("bureau", "field")
    assert [each.payload["cancels"] for each in events.values() if each.kind == "correction"] == [taken]
    assert [each.payload["conflict"] for each in events.values() if each.kind == "note"] == [sent["id"]]
    assert all(digest(event) == event.hash for event in events.values())
    found = workspace.store.ledger.verify()
    assert found.broken is None
    assert [each for each in found.differences if each.uid == one.uid] == []
    assert other.decisions()[0].id == sent["id"]  # the account's, whichever phone it holds


def test_contradicting_measures_can_be_added_up(phones, office: Office) -> None:
    """Both began at 2; the office reported 6 (four more) and then the phone 5 (three more): 9 in all."""
    one, other = phones
    office.record("measure", "01", households_signed=2)
    fresh, late = Phone(one.client, one.uid), Phone(other.client, other.uid)
    office.record("measure", "02", households_signed=6)
    sent, rival = fresh.record("measure", "03", households_signed=5), late.record("measure", "04", households_signed=4)
    assert fresh.push(sent).outcome == "conflict"
    assert late.push(rival).outcome == "conflict"
    told = office.conflict(sent)
    assert told.choices is not None
    assert told.choices.both.measures == {"households_signed": 9}
    assert office.decide(sent, "both").status_code == 200
    assert office.measure("households_signed") == 9
    # Two more would be 11 of 10 households: the ledger takes that from nobody.
    told = office.conflict(rival)
    assert told.choices is not None
    assert not told.choices.both.possible
    refused = office.decide(rival, "both")
    assert (refused.status_code, refused.json()["issues"][0]["code"]) == (422, "measure_over_limit")
    assert office.decide(rival, "office").status_code == 200
    assert office.measure("households_signed") == 9
    turned_down = late.push(rival)
    assert turned_down.problem is not None
    assert (turned_down.outcome, turned_down.problem.code) == ("refused", "conflict_decided")
    assert {each.id: each.keep for each in fresh.decisions()} == {sent["id"]: "both", rival["id"]: "office"}


def test_the_phones_lower_measure_takes_the_offices_place(phones, office: Office) -> None:
    one, _ = phones
    office.record("measure", "02", households_signed=6, households_relocated=1)
    sent = one.record("measure", "03", households_signed=5)
    assert one.push(sent).outcome == "conflict"
    assert office.decide(sent, "phone").status_code == 200
    assert (office.measure("households_signed"), office.measure("households_relocated")) == (5, 1)


def test_a_feature_deleted_meanwhile(phones, office: Office, workspace) -> None:
    one, other = phones
    workspace.store.write(LAYER, delete=[one.uid], provenance=Provenance("test", "gone"))
    sent, word = one.record("transition", "05", to="surveyed"), other.record("note", "05", text="拆到一半")
    assert one.push(sent).outcome == "conflict"
    assert other.push(word).outcome == "conflict"
    told = office.conflict(sent)
    assert (told.kind, told.office and told.office.deleted) == ("deleted", True)
    refused = office.decide(sent, "phone")
    assert (refused.status_code, refused.json()["issues"][0]["code"]) == (422, "feature_deleted")
    assert office.decide(word, "phone").status_code == 200
    assert other.push(word).outcome == "accepted"
    # Brought back by undoing the deletion, the record can be taken.
    batch = workspace.store.batches(LAYER)[0]
    workspace.store.undo_batch(batch.id, actor="test", reason="back")
    assert office.decide(sent, "phone").status_code == 200
    assert office.stage() == "surveyed"


def test_a_parcel_given_to_another_street_office_tells_the_phone_nothing_of_it(
    phones, office: Office, workspace
) -> None:
    one, _ = phones
    frame = workspace.store.frame(LAYER)
    frame.loc[one.uid, "subdistrict"] = OTHER
    workspace.store.write(LAYER, put=frame, provenance=Provenance("test", "moved"))
    office.record("transition", "04", to="surveyed")
    sent = one.record("measure", "05", households_signed=3)
    answer = one.push(sent)
    assert (answer.outcome, answer.problem and answer.problem.code) == ("conflict", "conflict")
    for text in (str(answer.problem), one.client.get(f"/api/conflicts/{sent['id']}").text):
        assert OTHER not in text
        assert "current_version" not in text
    assert one.client.get(f"/api/conflicts/{sent['id']}").json()["office"] is None
    assert office.conflict(sent).kind == "moved_away"
    assert office.decide(sent, "phone").status_code == 200
    assert office.measure("households_signed") == 3
    assert one.push(sent).outcome == "accepted"


def test_the_order_of_dates_alone(phones, office: Office, scene: Scene, parcel: str) -> None:
    """A planner's phone saw a standstill on the 2nd; the office went on to the decision of the 3rd."""
    planner = Phone(scene.clients["planner"], parcel)
    office.record("transition", "01", to="surveyed")
    planner = Phone(planner.client, parcel)
    office.record("transition", "03", to="decided")
    sent = planner.record("transition", "02", to="suspended", reason="停工")
    assert planner.push(sent).outcome == "conflict"
    told = office.conflict(sent)
    assert told.kind == "dates"
    assert office.decide(sent, "both").status_code == 200
    assert office.stage() == "decided"
    [note] = [each for each in office.client.get(office.path).json()["events"] if each["id"] == sent["id"]]
    assert (note["kind"], "暂停" in note["payload"]["text"]) == ("note", True)


def test_who_may_not_take_back_may_not_decide_so(phones, office: Office, scene: Scene, parcel: str) -> None:
    """The ledger lets only approvers correct what others recorded; a planner is told so, and may keep the office."""
    one, _ = phones
    office.record("measure", "02", households_signed=6)
    sent = one.record("measure", "03", households_signed=5)
    one.push(sent)
    planner = Office(scene.clients["planner"], parcel)
    told = planner.conflict(sent)
    assert told.choices is not None
    assert [told.choices.phone.possible, told.choices.office.possible] == [False, True]
    assert told.choices.phone.issues[0].code == "role_not_allowed"
    assert planner.decide(sent, "phone").status_code == 422
    assert (
        scene.clients["field"]
        .post(
            f"/api/conflicts/{sent['id']}/decision",
            json={"keep": "office", "reason": "x", "office_revision": 1},
            headers=HEADERS,
        )
        .status_code
        == 403
    )
    assert planner.decide(sent, "office").status_code == 200
    audit = scene.clients["admin"].get("/api/audit", params={"kind": "conflict_decided"}).json()
    assert [line["actor"] for line in audit["lines"] if line["subject"] == sent["id"]] == ["planner"]


def test_nobody_else_learns_what_stands_behind_an_id(phones, office: Office, scene: Scene, parcel: str) -> None:
    one, _ = phones
    office.record("measure", "02", households_signed=6)
    sent = one.record("measure", "03", households_signed=5)
    one.push(sent)
    stranger = Phone(scene.clients["planner"], parcel)
    for record in (sent, {**sent, "payload": {"households_signed": 4}}):
        answer = stranger.push(record)
        assert (answer.outcome, answer.problem and answer.problem.code) == ("refused", "record_id_taken")
        assert "households" not in str(answer.problem)
    changed = one.push({**sent, "payload": {"households_signed": 4}})
    assert changed.outcome == "refused"


def test_a_recorded_entry_stays_recorded_for_a_phone_whose_parcel_moved_away(phones, workspace) -> None:
    """The answer was lost, and the parcel went to another office: sent again, it is told as it stands."""
    one, _ = phones
    sent = {**one.record("transition", "05", to="surveyed"), "base_revision": None}
    assert one.push(sent).outcome == "accepted"
    frame = workspace.store.frame(LAYER)
    frame.loc[one.uid, "subdistrict"] = OTHER
    workspace.store.write(LAYER, put=frame, provenance=Provenance("test", "moved"))
    assert one.push(sent).outcome == "repeated"


def test_lists_by_state_and_layer(phones, office: Office) -> None:
    one, _ = phones
    office.record("measure", "02", households_signed=6)
    records = [one.record("measure", "03", households_signed=number) for number in (5, 4)]
    for record in records:
        one.push(record)
    office.decide(records[0], "office")

    def ids(query: str) -> list[str]:
        answer = office.client.get(f"/api/conflicts?{query}")
        told = models.Conflicts.model_validate(answer.json()).conflicts
        return [each.id for each in told if each.uid == one.uid]

    assert ids("") == [records[1]["id"], records[0]["id"]]
    assert ids("state=open") == [records[1]["id"]]
    assert ids("state=decided") == [records[0]["id"]]
    assert ids("limit=1") == [records[1]["id"]]
    assert ids("layer=pipe_segment") == []
    assert office.client.get("/api/conflicts?state=shut").status_code == 400
