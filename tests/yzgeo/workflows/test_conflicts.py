"""Keeping a contradiction and finding it again; each kind is played out in tests/api/routes/test_conflicts.py."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

import geopandas as gpd
import pytest
from shapely.geometry import box

from tests.stores import Premises
from yzgeo.access import Role
from yzgeo.catalogue import Catalogue, feature_uid
from yzgeo.errors import ForbiddenError, NotFoundError, ParameterError
from yzgeo.ledger import ZONE, Kind
from yzgeo.store.base import Attachment, Provenance, Store
from yzgeo.store.connections import Reader
from yzgeo.store.sqlite import GeoPackageStore
from yzgeo.workflows import conflicts, sync
from yzgeo.workflows.progress import Draft, may_see_attachment
from yzgeo.workflows.workspace import prepare_frame

LAYER = "shantytown_parcel"
FIRST = feature_uid(LAYER, "A1")
DAY = datetime(2023, 1, 1, 12, 0, tzinfo=ZONE)
PHOTO = "a" * 64


@dataclass(frozen=True)
class Person:
    """Who asks."""

    role: Role
    name: str
    subdistricts: tuple[str, ...] = ()


WANG = Person("field", "wang", ("211202001",))
ZHAO = Person("field", "zhao", ("211202001",))
SUN = Person("field", "sun", ("211202002",))
LI = Person("bureau", "li")


@pytest.fixture
def store(premises: Premises) -> Iterator[Store]:
    """A parcel of 20 households; the office knows of 8 that signed, and a phone with a photo of 5."""
    with closing(premises.store()) as made:
        begin(made)
        yield made


def begin(store: Store) -> None:
    frame = gpd.GeoDataFrame(
        {"code": ["A1"], "name": ["甲地块"], "subdistrict": ["211202001"], "households": [20], "stage": ["planned"]},
        geometry=[box(123.84, 42.28, 123.841, 42.281)],
        crs="EPSG:4490",
    )
    frame = frame.assign(area_m2=10_000.0, data_status="official", source="test")
    layer = store.catalogue.layer(LAYER)
    store.write(LAYER, put=prepare_frame(layer, frame, "EPSG:4490"), provenance=Provenance("test", "test"))
    store.ledger.put_attachment(Attachment(PHOTO, "image/jpeg", 1, "wang", DAY))
    sync.push(store, draft(1, "measure", base=None, households_signed=8), LI)


def draft(number: int, kind: Kind, *, base: int | None = 1, **payload: object) -> Draft:
    return Draft(str(UUID(int=number)), LAYER, FIRST, kind, DAY + timedelta(days=number), payload, base)


def lower(number: int = 2) -> Draft:
    return draft(number, "measure", households_signed=5)


def test_each_sees_what_they_may(store: Store) -> None:
    assert sync.push(store, lower(), WANG, device="d").outcome == "conflict"
    for who, count in ((WANG, 1), (ZHAO, 1), (LI, 1), (SUN, 0)):
        assert len(conflicts.list_conflicts(store, who)) == count, who
    with pytest.raises(NotFoundError):
        conflicts.conflict(store, lower().id, SUN)
    assert conflicts.conflict(store, lower().id, ZHAO)["choices"] is None
    told = conflicts.conflict(store, lower().id, LI)
    assert (told["kind"], told["device"], told["may_decide"]) == ("measure", "d", True)
    values = {name: [each["value"] for each in told[name]["measures"]] for name in ("before", "phone", "office")}
    assert values == {"before": [], "phone": [5], "office": [8]}
    store.write(LAYER, delete=[FIRST], provenance=Provenance("test", "gone"))
    assert [len(conflicts.list_conflicts(store, who)) for who in (ZHAO, SUN)] == [1, 0]


def test_a_list_asks_the_ledger_once_however_long_it_is(
    tmp_path: Path, catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Counted by the file's driver."""
    with closing(GeoPackageStore.create(tmp_path / "w", catalogue)) as store:
        begin(store)
        assert counted(store, monkeypatch) == {"wang": [3] * 6, "li": [3] * 6}  # conflicts, entries, versions
        assert len(conflicts.list_conflicts(store, LI, limit=4)) == 4


def counted(store: GeoPackageStore, monkeypatch: pytest.MonkeyPatch) -> dict[str, list[int]]:
    """Tell how many questions lists of one to six conflicts take."""
    statements: list[str] = []

    @contextmanager
    def watched() -> Iterator[Reader]:
        with read() as reader:
            reader.connection.set_trace_callback(statements.append)
            yield reader
            reader.connection.set_trace_callback(None)

    read = store.access.read
    monkeypatch.setattr(store.access, "read", watched)
    asked: dict[str, list[int]] = {"wang": [], "li": []}
    for number in range(2, 8):
        assert sync.push(store, lower(number), WANG).outcome == "conflict"
        for who in (WANG, LI):
            statements.clear()
            assert len(conflicts.list_conflicts(store, who)) == number - 1
            asked[who.name].append(sum("SELECT" in each for each in statements))
    return asked


def test_its_photo_opens_to_those_who_see_the_conflict(store: Store) -> None:
    store.write(LAYER, delete=[FIRST], provenance=Provenance("test", "gone"))
    sent = draft(3, "photo", attachment=PHOTO)
    assert sync.push(store, sent, ZHAO).outcome == "refused"  # not sent by ZHAO, and cited nowhere
    assert sync.push(store, sent, WANG).outcome == "conflict"
    assert [may_see_attachment(store, PHOTO, who) for who in (WANG, ZHAO, LI, SUN)] == [True, True, True, False]


def test_a_decision_takes_a_reason_and_someone_who_may(store: Store) -> None:
    sync.push(store, lower(), WANG)
    told = conflicts.conflict(store, lower().id, LI)
    revision = told["office"]["revision"]
    with pytest.raises(ParameterError):
        conflicts.decide(store, lower().id, LI, keep="office", reason="  ", office_revision=revision)
    with pytest.raises(ForbiddenError):
        conflicts.decide(store, lower().id, WANG, keep="office", reason="我说的", office_revision=revision)
    with pytest.raises(NotFoundError):
        conflicts.decide(store, lower(7).id, LI, keep="office", reason="核实", office_revision=revision)
    done = conflicts.decide(store, lower().id, LI, keep="office", reason="核实", office_revision=revision)
    assert (done["state"], done["decision"]["by"]) == ("decided", "li")


def test_decisions_are_told_once_to_their_author(store: Store) -> None:
    sync.push(store, lower(), WANG)
    token = sync.pull(store, WANG)["token"]
    revision = conflicts.conflict(store, lower().id, LI)["office"]["revision"]
    conflicts.decide(store, lower().id, LI, keep="phone", reason="核实", office_revision=revision)
    told = sync.pull(store, WANG, since=token)
    assert [(each["id"], each["keep"]) for each in told["decisions"]] == [(lower().id, "phone")]
    assert [each["uid"] for each in told["features"]] == [FIRST]
    assert sync.pull(store, WANG, since=told["token"])["decisions"] == []
    assert sync.pull(store, ZHAO, since=token)["decisions"] == []
    assert len(sync.pull(store, WANG)["decisions"]) == 1  # a phone that begins anew is told all


def test_what_was_never_seen_is_no_conflict(store: Store) -> None:
    """A base revision that is made up opens nothing: the feature lay elsewhere then, or was not there."""
    store.write(LAYER, delete=[FIRST], provenance=Provenance("test", "gone"))
    for who, sent in ((SUN, lower()), (WANG, replace(lower(), base_revision=None)), (WANG, replace(lower(), uid="x"))):
        pushed = sync.push(store, sent, who)
        assert (pushed.outcome, pushed.refusal and pushed.refusal.code) == ("refused", "feature_unknown")
    assert sync.push(store, replace(lower(), payload={"nothing": 1}), WANG).outcome == "refused"
    assert conflicts.list_conflicts(store, LI) == []
