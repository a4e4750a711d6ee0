"""What every store's ledger must do: the contract, run on each backend."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from shapely.geometry import Point

from tests.yzgeo.store.conftest import BY, Backend, Clock, frame
from tests.yzgeo.store.ledger_samples import DAY, admit, approval, event, staged_catalogue
from yzgeo.catalogue import Catalogue
from yzgeo.errors import ConflictError, EventRefusedError, FeatureUnknownError, LayerUnknownError
from yzgeo.ledger import GENESIS, Event, Place, check, first_break, fold
from yzgeo.stages import machine
from yzgeo.store.base import Attachment, LedgerStore, Provenance, Store


@pytest.fixture(scope="session")
def staged(tmp_path_factory: pytest.TempPathFactory) -> Catalogue:
    return staged_catalogue(tmp_path_factory.mktemp("staged") / "layers")


def works(count: int = 3, **columns: object) -> gpd.GeoDataFrame:
    """Works of 10 m, 20 m, 30 m … that nobody has begun."""
    uids = [f"w{n + 1}" for n in range(count)]
    table: dict[str, object] = {
        "code": uids,
        "length": [10.0 * (n + 1) for n in range(count)],
        "stage": ["planned"] * count,
        "data_status": ["official"] * count,
    }
    return frame({uid: Point(123 + n / 100, 42) for n, uid in enumerate(uids)}, **(table | columns))


@pytest.fixture
def store(backend: Backend, staged: Catalogue) -> Store:
    made = backend.create(staged)
    made.write("work", put=works(), provenance=BY)
    return made


def test_the_store_keeps_a_ledger(store: Store) -> None:
    assert isinstance(store.ledger, LedgerStore)
    assert store.ledger.revision() == 0
    assert store.ledger.verify().ok


def test_an_event_moves_the_feature_in_the_same_write(store: Store, clock: Clock) -> None:
    done = store.ledger.record(event(1, to="works"), admit)
    assert (done.created, done.revision) == (True, 2)
    assert done.event.previous_hash == GENESIS
    assert done.event.recorded_at == clock.now
    feature = store.feature("work", "w1")
    assert (feature.properties["stage"], feature.properties["stage_date"]) == ("works", "2024-01-01")
    assert feature.revision == 2
    before = store.feature("work", "w1", revision=1)
    assert before.properties["stage"] == "planned"
    assert [batch.actor for batch in store.batches("work")] == ["wang", "tester"]
    assert [change.uid for change in store.changes("work", since=1)] == ["w1"]
    assert store.ledger.verify().ok


def test_what_changes_no_column_makes_no_revision(store: Store) -> None:
    done = store.ledger.record(event(1, kind="note", text="好"), admit)
    assert done.revision == store.revision("work") == 1
    assert store.ledger.revision() == 1


def test_sending_again_gives_the_first_receipt(store: Store, clock: Clock) -> None:
    first = store.ledger.record(event(1, to="works"), admit)
    clock.advance(hours=1)

    def never(*_: object) -> None:
        raise AssertionError

    again = store.ledger.record(replace(event(1, to="works"), base_revision=7, role="bureau"), never)
    assert (again.created, again.event) == (False, first.event)
    assert store.ledger.revision() == 1


@pytest.mark.parametrize(
    "other",
    [event(1, to="paused", reason="x"), event(1, "w2", to="works"), event(1, days=1, to="works"),
     event(1, actor="li", to="works")],
)  # fmt: skip
def test_an_id_stands_for_one_event(store: Store, other: Event) -> None:
    store.ledger.record(event(1, to="works"), admit)
    with pytest.raises(ConflictError):
        store.ledger.record(other, admit)
    assert store.ledger.revision() == 1


def test_what_is_refused_leaves_nothing(store: Store) -> None:
    def refuse(*_: object) -> None:
        raise EventRefusedError(first_zh="不", first_en="no", issues=[])

    with pytest.raises(EventRefusedError):
        store.ledger.record(event(1, to="works"), refuse)
    assert (store.ledger.revision(), store.revision("work")) == (0, 1)


def test_the_judge_sees_the_feature_and_its_events(store: Store, clock: Clock) -> None:
    first = store.ledger.record(event(1, to="works"), admit).event
    seen: list[object] = []
    store.ledger.record(event(2, kind="note", text="x"), lambda *given: seen.extend(given))
    existing, feature, now = seen
    assert list(existing) == [first]
    assert feature == store.feature("work", "w1")
    assert now == clock.now


def test_events_need_a_feature_and_a_layer_with_stages(store: Store) -> None:
    with pytest.raises(FeatureUnknownError):
        store.ledger.record(event(1, "nobody", to="works"), admit)
    with pytest.raises(EventRefusedError):
        store.ledger.record(event(1, layer="note", to="works"), admit)
    with pytest.raises(LayerUnknownError):
        store.ledger.record(event(1, layer="nothing", to="works"), admit)
    assert store.ledger.revision() == 0


def test_everything_an_event_says_comes_back(store: Store, backend: Backend, staged: Catalogue) -> None:
    told = replace(
        event(1, kind="measure", laid=1.5, percent=3),
        place=Place(123.4567891234, 42.1, 8.5, None),
        base_revision=1,
        valid_at=DAY.replace(microsecond=123),
    )
    kept = store.ledger.record(told, admit).event
    assert replace(kept, hash="", recorded_at=None, previous_hash=GENESIS) == told
    again = backend.reopen(staged).ledger
    assert again.event(kept.id) == kept
    assert list(again.chain()) == [kept] == list(again.events("work", "w1"))
    assert again.position(kept.id) == 1
    assert (again.event("x"), again.position("x")) == (None, None)


def test_the_chain_goes_through_the_whole_district(store: Store) -> None:
    for number in range(1, 6):
        store.ledger.record(event(number, f"w{number % 3 + 1}", kind="note", text=str(number)), admit)
    chain = list(store.ledger.chain())
    assert [each.payload["text"] for each in chain] == ["1", "2", "3", "4", "5"]
    assert first_break(chain) is None


def test_stages_on_a_day_are_those_known_today(store: Store) -> None:
    store.ledger.record(event(1, days=0, to="works"), admit)
    store.ledger.record(event(2, days=10, to="finished"), admit)
    assert store.ledger.stages_on("work", date(2024, 1, 20))["w1"].stage == "works"
    assert [each.id for each in store.ledger.pending()] == [event(2).id]
    store.ledger.record(approval(3, 2, days=15), admit)
    assert store.ledger.pending() == []
    on = {day: store.ledger.stages_on("work", date(2024, 1, day)) for day in (1, 10, 11, 12)}
    assert (on[10]["w1"].stage, on[10]["w1"].since) == ("works", date(2024, 1, 1))
    assert (on[11]["w1"].stage, on[11]["w1"].since, on[11]["w1"].event) == ("finished", date(2024, 1, 11), event(2).id)
    assert "w2" not in on[12]
    assert store.ledger.stages_on("work", date(2023, 12, 31))["w1"].stage == "planned"
    assert store.ledger.last_day() == date(2024, 1, 11)


def test_deliveries_go_both_ways(store: Store) -> None:
    steps = [
        event(1, days=0, to="works"),
        event(2, days=1, to="finished"),
        approval(3, 2, days=2),
        event(4, days=5, to="works", reason="漏水"),
        approval(5, 4, days=6),
        event(6, "w2", days=0, to="works"),
        event(7, "w2", days=3, to="finished"),
        approval(8, 7, "w2", days=3),
    ]
    for step in steps:
        store.ledger.record(step, admit)
    found = store.ledger.deliveries("work", "length")
    assert list(found.uids) == ["w1", "w2", "w1"]
    assert found.days.astype(str).tolist() == ["2024-01-02", "2024-01-04", "2024-01-06"]
    assert found.amounts.tolist() == [10.0, 20.0, -10.0]
    assert store.ledger.deliveries("work").amounts.sum() == 1


def test_reported_quantities_stand_in_their_fields_and_on_their_days(store: Store) -> None:
    for number, (days, laid) in enumerate([(0, 2.0), (5, 4.0), (5.1, 5.0)], 1):
        store.ledger.record(event(number, days=days, kind="measure", laid=laid, percent=number * 10), admit)
    properties = store.feature("work", "w1").properties
    assert (properties["laid"], properties["percent"]) == (5.0, 30)
    assert store.ledger.measures_on("work", date(2024, 1, 5)) == {"w1": {"laid": 2.0, "percent": 10}}
    assert store.ledger.measures_on("work", date(2024, 1, 6)) == {"w1": {"laid": 5.0, "percent": 30}}
    assert store.ledger.measures_on("work", date(2023, 1, 6)) == {}


def test_a_correction_takes_columns_back(store: Store) -> None:
    store.ledger.record(event(1, to="works"), admit)
    store.ledger.record(event(2, kind="measure", laid=3.0), admit)
    for number in (1, 2):
        fix = event(10 + number, days=1, kind="correction", cancels=event(number).id, reason="写错")
        store.ledger.record(fix, admit)
    properties = store.feature("work", "w1").properties
    assert (properties["stage"], properties["stage_date"], properties["laid"]) == ("planned", None, None)
    assert store.ledger.verify().ok


def test_recent_events_page_backwards(store: Store) -> None:
    for number in range(1, 8):
        store.ledger.record(event(number, kind="note", text=str(number)), admit)
    page = store.ledger.recent(3)
    assert [position for position, _ in page] == [7, 6, 5]
    assert [each.payload["text"] for _, each in store.ledger.recent(3, before=5)] == ["4", "3", "2"]
    assert store.ledger.recent(3, layers=["note"]) == []
    assert store.ledger.recent(3, layers=[]) == []


def test_bulk_keeps_record_times_and_ends_in_the_same_state(store: Store) -> None:
    moment = datetime(2021, 3, 4, 5, 6, tzinfo=UTC)
    events = [
        replace(event(1, to="works"), recorded_at=moment),
        replace(event(2, "w2", to="works"), recorded_at=moment + timedelta(days=1)),
        replace(event(3, kind="measure", laid=4.0), recorded_at=moment + timedelta(days=2)),
    ]
    assert store.ledger.record_many(events, actor="bulk", reason="test") == 3
    assert [each.recorded_at for each in store.ledger.chain()] == [each.recorded_at for each in events]
    assert store.feature("work", "w1").properties["laid"] == 4.0
    assert store.revision("work") == 2
    assert store.ledger.verify().ok


def test_rebuilding_finds_nothing_to_do(store: Store) -> None:
    store.ledger.record(event(1, to="works"), admit)
    assert store.ledger.rebuild() == 0
    assert store.revision("work") == 2


def test_attachments_are_noted_once(store: Store, clock: Clock) -> None:
    photo = Attachment("a" * 64, "image/jpeg", 9, "wang", clock.now, width=4, height=3, lon=123.0, lat=42.0)
    store.ledger.put_attachment(photo)
    store.ledger.put_attachment(replace(photo, actor="li"))
    store.ledger.put_attachment(photo)
    assert store.ledger.senders(photo.sha256) == ["li", photo.actor]
    assert store.ledger.senders("f" * 64) == []
    assert store.ledger.attachment("a" * 64) == photo
    assert store.ledger.attachment("b" * 64) is None


def test_a_backup_carries_the_ledger(store: Store, staged: Catalogue, tmp_path: Path, backend: Backend) -> None:
    store.ledger.record(event(1, to="works"), admit)
    store.backup(tmp_path / "copy" / "yzgeo.gpkg")
    from yzgeo.store.sqlite import GeoPackageStore

    copy = GeoPackageStore.open(tmp_path / "copy", staged)
    assert copy.ledger.verify().ok
    assert copy.ledger.revision() == 1
    copy.close()


ANY = st.builds(
    lambda number, uid, days, kind, to, extra: {
        "transition": event(number, uid, days=days, role="bureau", to=to, **extra),
        "measure": event(number, uid, days=days, kind="measure", laid=float(days)),
        "correction": event(number, uid, days=days, kind="correction", role="bureau", cancels=event(number // 2).id,
                            reason="r"),
        "approval": approval(number, number // 2, uid, days=days),
    }[kind],
    st.integers(1, 40),
    st.sampled_from(["w1", "w2"]),
    st.integers(0, 60),
    st.sampled_from(["transition", "transition", "measure", "correction", "approval"]),
    st.sampled_from(["planned", "works", "finished", "paused"]),
    st.sampled_from([{}, {"reason": "r"}]),
)  # fmt: skip


@given(
    events=st.lists(ANY, max_size=20, unique_by=lambda each: each.id), days=st.lists(st.integers(-1, 61), max_size=4)
)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_replay_equals_projection_on_every_day(
    staged: Catalogue, backend: Backend, events: list[Event], days: list[int]
) -> None:
    """What the door admits is folded to the same stages that the tables give, for the present and for any day."""
    store = backend.sibling().create(staged)
    table = staged.layer("work").stage_table
    assert table is not None
    store.write("work", put=works(2), provenance=BY)

    def judge(existing, feature, now) -> None:
        if check(current, existing, machine(table), now=now, limits={"laid": 50.0}):
            raise EventRefusedError(first_zh="不", first_en="no", issues=[])

    for current in events:
        try:
            store.ledger.record(current, judge)
        except EventRefusedError:
            continue
    assert store.ledger.verify().ok
    for uid in ("w1", "w2"):
        told = store.ledger.events("work", uid)
        assert fold(told, machine(table)).conflicts == ()
        for offset in days:
            day = (DAY + timedelta(days=offset)).date()
            found = store.ledger.stages_on("work", day).get(uid)
            assert (found.stage if found else "planned") == fold(told, machine(table), on=day).stage
            moved = store.ledger.deliveries("work")
            net = sum(a for u, a, d in zip(moved.uids, moved.amounts, moved.days, strict=True)
                      if u == uid and d <= np.datetime64(day))  # fmt: skip
            assert net == (fold(told, machine(table), on=day).stage in machine(table).done)
    before = {uid: store.feature("work", uid).properties for uid in ("w1", "w2")}
    assert store.ledger.rebuild() == 0
    assert {uid: store.feature("work", uid).properties for uid in ("w1", "w2")} == before
    store.close()


def test_importing_stages_enters_the_ledger(store: Store) -> None:
    put = works(stage=["works", "finished", "planned"], stage_date=["2023-05-01", None, None], laid=[4.0, None, 0.0])
    store.write("work", put=put, provenance=Provenance("office", "import"))
    openings = {each.uid: each for each in store.ledger.chain()}
    assert set(openings) == {"w1", "w2"}
    assert openings["w1"].payload["measures"] == {"laid": 4.0}
    assert store.ledger.stages_on("work", date(2023, 4, 30))["w1"].stage == "planned"
    assert store.ledger.stages_on("work", date(2023, 5, 1))["w1"].stage == "works"
    assert store.ledger.stages_on("work", date(1990, 1, 1))["w2"].stage == "finished"
    assert np.isnat(store.ledger.deliveries("work").days).tolist() == [True]
    assert store.ledger.verify().ok


def test_events_that_name_an_attachment(store: Store) -> None:
    """Each event once, whether the file is evidence, the photo itself or both; other text names nothing."""
    one, two = "1" * 64, "2" * 64
    said = (
        {"to": "works", "evidence": [one, two]},
        {"attachment": one, "evidence": [one]},
        {"text": f'"evidence" {two}'},
        {"evidence": "no list", "attachment": 7},
    )
    for number, payload in enumerate(said, start=1):
        kind = "transition" if number == 1 else "note"
        store.ledger.record(event(number, days=number, kind=kind, **payload), admit)
    assert [each.payload for each in store.ledger.citing(one)] == [dict(said[0]), dict(said[1])]
    assert [each.payload for each in store.ledger.citing(two)] == [dict(said[0])]
    assert store.ledger.citing("3" * 64) == []
