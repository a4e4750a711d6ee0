"""Recording: receipts, and every reason why not."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime

import geopandas as gpd
import pytest

from tests.stores import Premises
from tests.yzgeo.workflows.progress.conftest import (
    CHEN,
    FIRST,
    LAYER,
    LI,
    NOBODY,
    PHOTO,
    SECOND,
    WANG,
    Person,
    draft,
    here,
)
from yzgeo.access import Role
from yzgeo.errors import ConflictError, EventRefusedError, FeatureUnknownError, ForbiddenError, LayerUnknownError
from yzgeo.store.base import Attachment, Provenance, Store
from yzgeo.workflows import progress

ZHAO = Person("bureau", "zhao")


def codes(store: Store, told: progress.Draft, caller: Person = CHEN) -> list[str]:
    with pytest.raises(EventRefusedError) as caught:
        progress.record_event(store, told, caller)
    assert store.ledger.event(told.id) is None
    return [issue["code"] for issue in caught.value.fields["issues"]]  # type: ignore[attr-defined]


def test_a_field_worker_moves_a_parcel_of_their_street(store: Store) -> None:
    done = progress.record_event(store, draft(1, to="surveyed"), WANG)
    assert done.created
    assert done.code == f"{done.event.hash[:4]}-{done.event.hash[4:8]}".upper()
    assert store.feature(LAYER, FIRST).properties["stage"] == "surveyed"
    again = progress.record_event(store, draft(1, to="surveyed"), WANG)
    assert (again.created, again.event) == (False, done.event)


def test_another_street_is_not_theirs(store: Store) -> None:
    """The answer is that of a feature that does not exist."""
    with pytest.raises(FeatureUnknownError):
        progress.record_event(store, draft(1, uid=SECOND, to="surveyed"), WANG)


@pytest.mark.parametrize("role", ["anonymous", "viewer"])
def test_who_only_looks_does_not_record(store: Store, role: Role) -> None:
    with pytest.raises(ForbiddenError):
        progress.record_event(store, draft(1, to="surveyed"), Person(role, "x"))


def test_a_layer_that_may_not_be_seen_is_not_there(store: Store) -> None:
    with pytest.raises(LayerUnknownError):
        progress.record_event(store, replace(draft(1, to="designed"), layer="pipe_segment"), WANG)
    with pytest.raises(LayerUnknownError):
        progress.record_event(store, replace(draft(1, to="designed"), layer="nothing"), CHEN)


def test_a_feature_must_be_there_and_its_layer_must_have_stages(store: Store) -> None:
    with pytest.raises(FeatureUnknownError):
        progress.record_event(store, draft(1, uid="nobody", to="surveyed"), CHEN)
    assert codes(store, replace(draft(1, to="surveyed"), layer="road")) == ["layer_without_stages"]


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        (draft(1, to="cleared", evidence=[PHOTO]), ["move_not_allowed"]),
        (draft(1, to="suspended"), ["reason_missing"]),
        (draft(1, "measure", households_signed=21), ["measure_over_limit"]),
        (draft(1, "measure", households_signed=1.5), ["measure_not_whole"]),
        (draft(1, "measure", households=5), ["measure_unknown"]),
        (draft(1, "photo", attachment="b" * 64), ["attachment_unknown"]),
        (draft(1, to="surveyed", evidence=["b" * 64, PHOTO]), ["attachment_unknown"]),
        (draft(1, to="surveyed", evidence=PHOTO), ["payload_invalid"]),
        (draft(1, "note", text="好", illustrative=True), ["payload_invalid"]),
        (draft(1, "note", text="\ud800"), ["payload_invalid"]),
        (draft(1, "note", text={1}), ["payload_invalid"]),
        (draft(1, days=100_000, to="surveyed"), ["date_in_future"]),
        (replace(draft(1, to="surveyed"), valid_at=draft(1).valid_at.replace(tzinfo=None)), ["time_zone_missing"]),
        (here(draft(1, to="surveyed"), 500, 0), ["place_invalid"]),
    ],
)
def test_refusals_tell_why(store: Store, told: progress.Draft, expected: list[str]) -> None:
    assert codes(store, told) == expected


def test_reasons_are_in_words(store: Store) -> None:
    with pytest.raises(EventRefusedError) as caught:
        progress.record_event(store, draft(1, "measure", households_signed=21), CHEN)
    assert caught.value.message("zh") == "不能登记：已签约户数 超过上限 20。"
    with pytest.raises(EventRefusedError) as caught:
        progress.record_event(store, draft(1, to="cleared", evidence=[PHOTO]), CHEN)
    assert "从“未启动”到“净地”" in caught.value.message("zh")


def test_a_stale_form_that_contradicts_is_a_conflict(store: Store) -> None:
    seen = store.feature(LAYER, FIRST).revision
    progress.record_event(store, draft(1, to="surveyed"), CHEN)
    progress.record_event(store, draft(2, days=1, to="decided"), CHEN)
    stale = replace(draft(3, days=2, to="planned", reason="x"), base_revision=seen)
    assert progress.record_event(store, stale, CHEN).created  # it contradicts nothing
    with pytest.raises(ConflictError) as caught:
        progress.record_event(store, replace(draft(4, days=2, to="vacated"), base_revision=seen), CHEN)
    assert caught.value.fields["current"] == 3
    agreeing = replace(draft(5, days=1.5, to="decided"), base_revision=seen)
    assert progress.record_event(store, agreeing, WANG).created


def test_the_distance_is_ours_to_measure(store: Store) -> None:
    inside = progress.record_event(store, here(draft(1, to="surveyed"), 123.8405, 42.2805), WANG)
    assert inside.event.place is not None
    assert inside.event.place.distance_m == 0
    # a hundredth of a degree of latitude north of the parcel: 1,110.9 m at this latitude
    away = progress.record_event(store, here(draft(2, "note", text="远"), 123.8405, 42.291), WANG)
    assert away.event.place is not None
    assert away.event.place.distance_m == pytest.approx(1110.9, abs=1)


def test_the_story_of_a_demolition(store: Store) -> None:
    for step, stage in enumerate(["surveyed", "decided", "signing", "vacated"]):
        progress.record_event(store, draft(step + 1, days=step, to=stage), WANG)
    assert codes(store, draft(9, days=5, to="demolished"), WANG) == ["evidence_missing"]
    told = draft(9, days=5, to="demolished", evidence=[PHOTO])
    progress.record_event(store, told, WANG)
    assert store.feature(LAYER, FIRST).properties["stage"] == "vacated"
    word = draft(10, "approval", days=6, event=told.id, granted=True)
    assert codes(store, word, WANG) == ["role_not_allowed", "approval_by_same_person"]
    progress.record_event(store, word, LI)
    assert store.feature(LAYER, FIRST).properties["stage"] == "demolished"
    assert progress.verify(store)["ok"]
    assert progress.feature_stage(store, LAYER, FIRST, NOBODY)["stage"]["id"] == "demolished"


def test_of_all_who_write_on_one_revision_exactly_one_is_recorded(store: Store, premises: Premises) -> None:
    """200 conditional writes from 8 threads through two stores of one district, which share no lock of ours."""

    named: set[tuple[bool, object]] = set()

    def attempts(opened: Store, number: int) -> list[tuple[int, bool]]:
        outcomes = []
        for turn in range(25):
            seen = opened.feature(LAYER, FIRST).revision
            told = draft(1 + 100 * number + turn, "measure", days=seen / 1000, cleared_m2=seen + number / 10)
            try:
                progress.record_event(opened, told, CHEN, expected=seen)
            except ConflictError as refused:
                named.add((refused.fields["expected"] == seen, refused.fields["what"]))
            outcomes.append((seen, opened.ledger.event(told.id) is not None))
        return outcomes

    other = premises.store()
    with ThreadPoolExecutor(8) as pool:
        asked = [pool.submit(attempts, (store, other)[number % 2], number) for number in range(8)]
        outcomes = [outcome for each in asked for outcome in each.result()]
    other.close()
    tried = {revision for revision, _ in outcomes}
    assert sorted(revision for revision, won in outcomes if won) == sorted(tried), "one each: none twice, none missing"
    assert len(outcomes) == 200
    assert named == {(True, FIRST)}, "they did meet, and were told of the feature"
    assert len(store.ledger.events(LAYER, FIRST)) == len(tried)
    assert len(store.history(LAYER, FIRST)) == len(tried) + 1, "no version was skipped or lost"
    assert store.ledger.verify().ok


def test_what_was_recorded_is_confirmed_although_it_moved_the_feature_itself(store: Store) -> None:
    seen = store.feature(LAYER, FIRST).revision
    first = progress.record_event(store, draft(1, to="surveyed"), CHEN, expected=seen)
    again = progress.record_event(store, draft(1, to="surveyed"), CHEN, expected=seen)
    assert (again.created, again.event) == (False, first.event)


def test_naming_what_one_may_not_see_in_an_entry_of_ones_own_does_not_open_it(store: Store) -> None:
    """Zhao knows the hash of Wang's photo; only its bytes, or an entry Zhao may see, let Zhao name it and look."""
    zhao, photo = Person("field", "zhao", ("211202002",)), "c" * 64
    taken = Attachment(photo, "image/jpeg", 3, "wang", datetime(2023, 1, 1, tzinfo=UTC))
    store.ledger.put_attachment(taken)
    progress.record_event(store, draft(1, "photo", attachment=photo), WANG)
    named = draft(2, "photo", uid=SECOND, attachment=photo)
    assert codes(store, named, zhao) == ["attachment_unknown"]
    assert codes(store, draft(3, uid=SECOND, to="surveyed", evidence=[photo]), zhao) == ["attachment_unknown"]
    assert not progress.may_see_attachment(store, photo, zhao)
    store.ledger.put_attachment(replace(taken, actor="zhao"))
    assert progress.record_event(store, named, zhao).created
    assert progress.may_see_attachment(store, photo, zhao)
    assert progress.record_event(store, draft(4, "photo", attachment=photo), CHEN).created, "seen on a parcel"


def test_who_wrote_a_move_is_not_its_second_person_whoever_entered_it(store: Store) -> None:
    """Chen enters what Li wrote on a phone; Li's word is no other's, also if it is sent in the same way."""
    for step, stage in enumerate(["surveyed", "decided", "signing", "vacated"]):
        progress.record_event(store, draft(step + 1, days=step, to=stage), CHEN)
    told = replace(draft(9, days=5, to="demolished", evidence=[PHOTO]), on_behalf_of=LI.name)
    progress.record_event(store, told, CHEN)
    word = draft(10, "approval", days=6, event=told.id, granted=True)
    assert codes(store, word, LI) == ["approval_by_same_person"]
    assert codes(store, replace(word, on_behalf_of=LI.name), ZHAO) == ["approval_by_same_person"]
    assert [each["may_decide"] for person in (LI, CHEN, ZHAO) for each in progress.approvals(store, person)] == [
        False,
        False,
        True,
    ]
    progress.record_event(store, word, ZHAO)
    assert store.feature(LAYER, FIRST).properties["stage"] == "demolished"


def test_a_feature_that_moves_to_others_at_the_last_moment_is_not_recorded_on(store: Store) -> None:
    """It was found to be the caller's own; before the write begins it goes to another street office."""
    looks = []

    class Slow(Person):
        def __getattribute__(self, name: str) -> object:
            if name == "subdistricts":
                looks.append(name)
                if len(looks) == 3:  # may record somewhere, may see this one, may record on it
                    put = gpd.GeoDataFrame({"subdistrict": ["211202002"]}, index=[FIRST])
                    store.write(LAYER, put=put, provenance=Provenance("test", "moved"))
            return super().__getattribute__(name)

    with pytest.raises(FeatureUnknownError):
        progress.record_event(store, draft(1, to="surveyed"), Slow("field", "wang", ("211202001",)))
    assert (len(looks), store.ledger.revision()) == (4, 0)
