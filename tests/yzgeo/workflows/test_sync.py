"""Pulling by revision and pushing what phones recorded offline, on two parcels in two street offices."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

import geopandas as gpd
import orjson
import pytest
from shapely.geometry import box

from tests.stores import Premises
from yzgeo.access import Role
from yzgeo.catalogue import feature_uid
from yzgeo.errors import ConflictError, ForbiddenError, RecordIdTakenError
from yzgeo.ledger import ZONE, Kind
from yzgeo.store.base import Provenance, Store
from yzgeo.workflows import sync
from yzgeo.workflows.progress import Draft
from yzgeo.workflows.workspace import prepare_frame

LAYER = "shantytown_parcel"
FIRST, SECOND = feature_uid(LAYER, "A1"), feature_uid(LAYER, "A2")
DAY = datetime(2023, 1, 1, 12, 0, tzinfo=ZONE)
TEST = Provenance("test", "test")


@dataclass(frozen=True)
class Person:
    """Who asks."""

    role: Role
    name: str
    subdistricts: tuple[str, ...] = ()


WANG = Person("field", "wang", ("211202001",))
ZHAO = Person("field", "zhao", ("211202001",))
CHEN = Person("planner", "chen")


@pytest.fixture
def store(premises: Premises) -> Iterator[Store]:
    """Two planned parcels with 20 households each, in two street offices."""
    made = premises.store()
    made.write(LAYER, put=parcels(made), provenance=TEST)
    yield made
    made.close()


def parcels(store: Store, **more: list[object]) -> gpd.GeoDataFrame:
    frame = gpd.GeoDataFrame(
        {
            "code": ["A1", "A2"],
            "name": ["甲地块", "乙地块"],
            "subdistrict": ["211202001", "211202002"],
            "area_m2": [10_000.0, 10_000.0],
            "households": [20, 20],
            "stage": ["planned", "planned"],
            "data_status": ["official", "official"],
            "source": ["test", "test"],
            **more,
        },
        geometry=[box(123.84, 42.28, 123.841, 42.281), box(123.85, 42.28, 123.851, 42.281)],
        crs="EPSG:4490",
    )
    return prepare_frame(store.catalogue.layer(LAYER), frame, "EPSG:4490")


def draft(number: int, kind: Kind = "transition", *, uid: str = FIRST, days: float = 0, **payload: object) -> Draft:
    return Draft(str(UUID(int=number)), LAYER, uid, kind, DAY + timedelta(days=days), payload)


def told(store: Store, since: str | None, who: Person = WANG) -> tuple[list[str], list[str], str]:
    answer = sync.pull(store, who, since=since)
    return [each["uid"] for each in answer["features"]], [each["uid"] for each in answer["gone"]], answer["token"]


def test_a_phone_gets_its_own_street_office_and_then_only_what_changed(store: Store) -> None:
    first = sync.pull(store, WANG)
    assert first["full"]
    [parcel] = first["features"]
    assert (parcel["uid"], parcel["stage"], parcel["limits"]["households_signed"]) == (FIRST, "planned", 20)
    assert orjson.loads(orjson.dumps(parcel["geometry"]))["type"] == "Polygon"
    [form] = [each for each in first["layers"] if each["id"] == LAYER]
    assert [stage["id"] for stage in form["stages"] if stage["done"]] == ["cleared", "reused"]
    onward = [move["to"] for move in form["moves"] if move["from"] == "planned"]
    assert onward == ["surveyed"]  # the field goes forward only; going aside is for planners
    assert told(store, first["token"])[:2] == ([], [])
    sync.push(store, draft(1, to="surveyed"), CHEN)
    assert told(store, first["token"])[0] == [FIRST]
    sync.push(store, draft(2, "note", uid=SECOND, text="别处"), CHEN)
    assert told(store, told(store, first["token"])[2])[:2] == ([], [])


def test_an_entry_that_changes_no_column_is_told_too(store: Store) -> None:
    token = sync.pull(store, WANG)["token"]
    revision = store.revision(LAYER)
    sync.push(store, draft(1, "note", text="看过"), CHEN)
    assert store.revision(LAYER) == revision
    assert told(store, token)[0] == [FIRST]


def test_what_is_deleted_or_moved_away_is_gone_and_others_learn_nothing(store: Store) -> None:
    token, other = sync.pull(store, WANG)["token"], sync.pull(store, replace(WANG, subdistricts=("211202003",)))
    store.write(LAYER, put=parcels(store, subdistrict=["211202002", "211202002"]), provenance=TEST)
    assert told(store, token)[:2] == ([], [FIRST])
    store.write(LAYER, delete=[SECOND], provenance=TEST)
    assert told(store, token)[1] == [FIRST]
    assert told(store, other["token"], replace(WANG, subdistricts=("211202003",)))[:2] == ([], [])


@pytest.mark.parametrize("since", ["", "x", "e30", "bnVsbA", "é"])
def test_a_token_that_says_nothing_brings_everything(store: Store, since: str) -> None:
    assert sync.pull(store, WANG, since=since)["full"]


def test_a_token_with_numbers_that_no_database_holds_brings_everything(store: Store) -> None:
    token = sync.pull(store, WANG)["token"]
    told = orjson.loads(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
    forged = base64.urlsafe_b64encode(json.dumps({**told, "ledger": 10**30}).encode()).decode()
    assert sync.pull(store, WANG, since=forged)["full"]


def test_another_reach_brings_everything(store: Store) -> None:
    token = sync.pull(store, WANG)["token"]
    answer = sync.pull(store, replace(WANG, subdistricts=("211202002",)), since=token)
    assert (answer["full"], [each["uid"] for each in answer["features"]]) == (True, [SECOND])


@pytest.mark.parametrize("who", [Person("anonymous", ""), Person("viewer", "v"), Person("field", "f")])
def test_those_who_record_nowhere_pull_nothing(store: Store, who: Person) -> None:
    with pytest.raises(ForbiddenError):
        sync.pull(store, who)


def test_each_outcome(store: Store) -> None:
    base = store.feature(LAYER, FIRST).revision
    assert sync.push(store, draft(1, to="surveyed"), WANG).outcome == "accepted"
    again = sync.push(store, draft(1, to="surveyed"), WANG)
    assert (again.outcome, again.event and again.event.id) == ("repeated", str(UUID(int=1)))
    # Another phone, which had not heard of it, reports the same stage; then one reports what still fits.
    assert sync.push(store, replace(draft(2, days=1, to="surveyed"), base_revision=base), ZHAO).outcome == "agreed"
    later = replace(draft(3, "measure", days=2, households_signed=5), base_revision=base)
    assert sync.push(store, later, ZHAO).outcome == "rebased"
    assert sync.push(store, draft(4, days=3, to="decided"), CHEN).outcome == "accepted"
    # The same quantity, seen on the old state, that shrinks what the office holds by now.
    conflict = sync.push(store, replace(draft(5, "measure", days=4, households_signed=3), base_revision=base), ZHAO)
    assert conflict.outcome == "conflict"
    assert isinstance(conflict.refusal, ConflictError)
    assert conflict.refusal.fields["current_version"]["stage"]["id"] == "decided"
    assert sync.push(store, draft(6, "measure", days=4, households_signed=21), ZHAO).outcome == "refused"
    assert sync.push(store, draft(7, uid=SECOND, to="surveyed"), WANG).outcome == "refused"
    stolen = sync.push(store, draft(1, to="decided"), ZHAO)
    assert stolen.outcome == "refused"
    assert isinstance(stolen.refusal, RecordIdTakenError)
    assert "first" not in stolen.refusal.fields
    assert [event.id for event in store.ledger.events(LAYER, FIRST)] == [str(UUID(int=n)) for n in (1, 2, 3, 4)]
    assert store.ledger.verify().ok
