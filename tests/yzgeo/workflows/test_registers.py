"""The district on any day equals a model kept by hand: a dictionary of features for each day, and a list of reports."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import geopandas as gpd
import mapbox_vector_tile
import pandas as pd
import pytest
from shapely.geometry import box

from tests.stores import Premises
from tests.yzgeo.workflows.progress.conftest import CHEN, DAY, LAYER, LI, PHOTO, draft
from yzgeo.catalogue import feature_uid
from yzgeo.ledger import ZONE
from yzgeo.store.base import Attachment, Batch, Provenance, Query, Store
from yzgeo.workflows import features, overview, progress
from yzgeo.workflows.registers import register_on
from yzgeo.workflows.tiles import encode
from yzgeo.workflows.workspace import prepare_frame

STREETS = ["211202001", "211202002", "211202003"]
ORDER = ["surveyed", "decided", "signing", "vacated", "demolished", "cleared"]
BY = Provenance("test", "test")
Known = dict[str, dict[str, Any]]


def on(day: int) -> date:
    """Days are counted from the first of the story's."""
    return (DAY + timedelta(days=day)).date()


def put(store: Store, uids: list[str], rows: Known, *, layer: str = LAYER) -> Batch:
    """Write features as an edit does; their stages are the ledger's."""
    frame = gpd.GeoDataFrame(
        {
            "code": uids,
            "subdistrict": [rows[uid]["street"] for uid in uids],
            "area_m2": [rows[uid]["area"] for uid in uids],
            "data_status": [rows[uid].get("status", "official") for uid in uids],
            "source": "test",
        },
        geometry=[box(123.8 + 0.01 * int(uid[1:]), 42.28, 123.801 + 0.01 * int(uid[1:]), 42.281) for uid in uids],
        crs="EPSG:4490",
    )
    made = prepare_frame(store.catalogue.layer(layer), frame, "EPSG:4490")
    assert list(made.index) == [feature_uid(layer, uid) for uid in uids]
    return store.write(layer, put=made, provenance=BY)


def dated(premises: Premises, batches: dict[int, int]) -> None:
    """Let batches have been recorded on days of the story, an hour before midnight of the country's clock."""
    for revision, day in batches.items():
        moment = datetime.combine(on(day), time(23), ZONE).astimezone(UTC).isoformat(timespec="microseconds")
        premises.tamper(
            f"UPDATE yzgeo_batch SET recorded_at = '{moment}' WHERE layer = '{LAYER}' AND revision = {revision}"
        )


def told_by_hand(snapshots: list[tuple[int, Known]], reports: list[tuple[str, int, str, float]], day: int) -> Known:
    """Fold everything written into what there was on a day; before the first day it is what stood at its end."""
    there = [rows for written, rows in snapshots if written <= max(day, snapshots[0][0])]
    found = {}
    for uid, row in there[-1].items():
        own = [(what, value) for other, at, what, value in reports if other == uid and at <= day]
        moves = [what for what, _ in own if what != "signed"]
        signed = max([value for what, value in own if what == "signed"], default=0.0)
        found[uid] = {**row, "stage": moves[-1] if moves else "planned", "signed": signed}
    return found


class Story:
    """Edits of the register and reports of progress, written to a store and into the model."""

    def __init__(self, store: Store, seed: int) -> None:
        self.store, self.chance = store, random.Random(seed)
        self.rows: Known = {f"A{n}": {"street": STREETS[n % 3], "area": 1_000.0 * (n + 1)} for n in range(4)}
        self.day = 10
        self.revisions = {put(store, list(self.rows), self.rows).revision: self.day}
        self.snapshots = [(self.day, dict(self.rows))]
        self.reports: list[tuple[str, int, str, float]] = []
        store.ledger.put_attachment(Attachment(PHOTO, "image/jpeg", 3, "chen", datetime(2023, 1, 1, tzinfo=UTC)))

    def step(self) -> None:
        self.day += self.chance.choice([0, 1, 3])
        uid = self.chance.choice(sorted(self.rows))
        what = self.chance.choice(["add", "resize", "move", "drop", "report", "report", "sign"])
        if what in ("report", "sign"):
            self.report(uid, what)
        else:
            self.edit(uid, what)

    def report(self, uid: str, what: str) -> None:
        number = len(self.reports) + 1
        reached = [report for report in self.reports if report[0] == uid and report[2] != "signed"]
        if what == "sign":
            told, kind = {"households_signed": float(number)}, "measure"
            self.reports.append((uid, self.day, "signed", float(number)))
        elif len(reached) < len(ORDER):
            told, kind = {"to": ORDER[len(reached)], "evidence": [PHOTO]}, "transition"
            self.reports.append((uid, self.day, ORDER[len(reached)], 0.0))
        else:
            return
        sent = draft(100 + number, kind, uid=feature_uid(LAYER, uid), days=self.day + number / 1000, **told)
        progress.record_event(self.store, sent, CHEN)
        if told.get("to") in ("demolished", "cleared"):
            word = draft(500 + number, "approval", uid=sent.uid, days=self.day, event=sent.id, granted=True)
            progress.record_event(self.store, word, LI)

    def edit(self, uid: str, what: str) -> None:
        if what == "drop":
            if len(self.rows) == 1:
                return
            del self.rows[uid]
            batch = self.store.write(LAYER, delete=[feature_uid(LAYER, uid)], provenance=BY)
        else:
            street, area = self.chance.choice(STREETS), self.chance.randint(1, 9) * 500.0
            new = {"add": {"street": street, "area": area}, "resize": {"area": area}, "move": {"street": street}}[what]
            uid = f"A{self.chance.randint(4, 19)}" if what == "add" else uid
            self.rows[uid] = {**self.rows.get(uid, {}), **new}
            batch = put(self.store, [uid], self.rows)
        self.remember(batch)

    def remember(self, batch: Batch) -> None:
        if batch.id:
            self.revisions[batch.revision] = self.day
            self.snapshots.append((self.day, dict(self.rows)))

    def hand_over(self) -> None:
        """Three features of the first street office: one goes to another's, one is deleted, one goes and is deleted."""
        own, other = STREETS[:2]
        self.day += 1
        self.rows |= {uid: {"street": own, "area": 100.0} for uid in ("A20", "A21", "A22")}
        self.remember(put(self.store, ["A20", "A21", "A22"], self.rows))
        self.day += 1
        self.rows |= {uid: {"street": other, "area": 100.0} for uid in ("A20", "A22")}
        self.remember(put(self.store, ["A20", "A22"], self.rows))
        self.day += 1
        del self.rows["A21"], self.rows["A22"]
        gone = [feature_uid(LAYER, uid) for uid in ("A21", "A22")]
        self.remember(self.store.write(LAYER, delete=gone, provenance=BY))


def test_any_day_is_the_fold_of_everything_that_was_written(premises: Premises) -> None:
    store = premises.store()
    story = Story(store, 4)
    for _ in range(14):
        story.step()
    story.hand_over()
    revisions, snapshots, reports, day = story.revisions, story.snapshots, story.reports, story.day
    store.close()
    dated(premises, revisions)
    opened = premises.store()
    days = sorted({0, *revisions.values(), *(at - 1 for at in revisions.values()), day + 5})
    asked = [on(each) for each in days]
    curve = progress.curve_of(opened, "admin", target="shantytown_area", start=asked[0], end=asked[-1], step="week")
    drawn = dict(zip(curve["days"], curve["delivered"], strict=True))
    for each in days:
        model = told_by_hand(snapshots, reports, each)
        found = progress.progress_on(opened, "admin", at=on(each), layer=LAYER, by="subdistrict")
        whole = found["district"][LAYER]
        assert summed(whole) == counted(model), each
        assert {group["code"]: summed(group["layers"][LAYER]) for group in found["groups"]} == {
            street: counted(own)
            for street in STREETS
            if (own := {uid: row for uid, row in model.items() if row["street"] == street})
        }
        assert progress.stage_counts(opened, "admin", at=on(each))["layers"][LAYER] == whole["stages"]
        area = next(line for line in found["targets"] if line["id"] == "shantytown_area")
        expected = sum(row["area"] for row in model.values() if row["stage"] == "cleared") / 1e4
        assert area["done"] == pytest.approx(expected)
        assert drawn.get(on(each).isoformat(), expected) == pytest.approx(expected)
        fields, layer = ("code", "households_signed"), opened.catalogue.layer(LAYER)
        page, matched = features.page(opened, layer, Query(on=on(each)), fields=fields)
        assert (sorted(page.columns["code"]), matched) == (sorted(model), len(model))
        signed = {uid: row["signed"] or None for uid, row in model.items()}
        assert dict(zip(*(page.columns[name] for name in fields), strict=True)) == signed, each
        tile = mapbox_vector_tile.decode(encode(opened, LAYER, 0, 0, 0, revision=None, fields=fields, day=on(each)))
        shown = [feature["properties"] for feature in tile[LAYER]["features"]]
        assert {one["code"]: one.get("households_signed") for one in shown} == signed, each
        most = max(signed.values(), key=lambda value: value or 0)
        alike, _ = features.page(
            opened, layer, Query(on=on(each), equals={"households_signed": most}), fields=("code",)
        )
        assert set(alike.columns["code"]) == {uid for uid, value in signed.items() if value == most}
        mine = {uid: row for uid, row in model.items() if {row["street"], last_street(snapshots, uid)} == {STREETS[0]}}
        assert seen_by_field(opened, on(each)) == (sorted(mine), counted(mine)), each
        assert found["registers"][LAYER]["recorded"] is (each >= 10)
        assert (found["registers"][LAYER]["note"] is None) is (each >= 10)
        if each in (0, days[-1]):
            board = overview.target_board(opened, "admin", at=on(each))["targets"]
            told = next(line for line in board if line["id"] == "shantytown_area")
            assert (told["done"], told["registered"]) == (area["done"], area["registered"])
    opened.close()


def last_street(snapshots: list[tuple[int, Known]], uid: str) -> str:
    """Where a feature is now, or was when it was deleted: if that is others', the field sees no more of it."""
    return next(rows[uid]["street"] for _, rows in reversed(snapshots) if uid in rows)


def seen_by_field(store: Store, day: date) -> tuple[list[str], tuple[float, ...]]:
    """Codes and figures of a day that an account of the first street office is told, by every way the same."""
    layer, own = store.catalogue.layer(LAYER), STREETS[:1]
    asked = replace(overview.own_query(own), on=day)
    page, matched = features.page(store, layer, asked, fields=("code",))
    codes = sorted(page.columns["code"])
    tile = encode(store, LAYER, 0, 0, 0, revision=None, fields=("code",), day=day, own=own)
    drawn = mapbox_vector_tile.decode(tile).get(LAYER, {"features": []})["features"]
    assert (len(codes), sorted(each["properties"]["code"] for each in drawn)) == (matched, codes)
    told = progress.progress_on(store, "field", at=day, layer=LAYER, by="subdistrict", subdistricts=own)
    stages = progress.stage_counts(store, "field", at=day, subdistricts=own)["layers"].get(LAYER, {})
    figures = told["district"][LAYER]
    assert stages == figures["stages"]
    return codes, summed(figures)


def summed(figures: dict[str, Any]) -> tuple[float, ...]:
    """The figures of a group that the model tells too."""
    return (
        figures["count"],
        figures["done"],
        round(figures["amount"], 6),
        round(figures["amount_done"], 6),
        figures["measures"]["households_signed"],
    )


def counted(model: Known) -> tuple[float, ...]:
    """The same by hand; areas in 万平方米, as the plan has them."""
    done = [row for row in model.values() if row["stage"] == "cleared"]
    return (
        len(model),
        len(done),
        round(sum(row["area"] for row in model.values()) / 1e4, 6),
        round(sum(row["area"] for row in done) / 1e4, 6),
        sum(row["signed"] for row in model.values()),
    )


def test_what_was_invented_does_not_speak_for_days_before_the_facts(premises: Premises) -> None:
    store = premises.store()
    invented = put(
        store,
        ["A1", "A2"],
        {uid: {"street": STREETS[0], "area": 1.0, "status": "illustrative"} for uid in ("A1", "A2")},
    )
    real = put(store, ["A3"], {"A3": {"street": STREETS[0], "area": 2.0}})
    mixed = register_on(store, store.catalogue.layer(LAYER), on(0))
    gone = store.write(LAYER, delete=[feature_uid(LAYER, "A1"), feature_uid(LAYER, "A2")], provenance=BY)
    late = put(store, ["A4"], {"A4": {"street": STREETS[0], "area": 2.0}})
    store.close()
    dated(premises, {invented.revision: 10, real.revision: 20, gone.revision: 20, late.revision: 30})
    opened = premises.store()
    layer = opened.catalogue.layer(LAYER)
    assert (mixed.revision, mixed.recorded) == (None, False)
    assert [register_on(opened, layer, on(day)).revision for day in (5, 15, 25, 30)] == [gone.revision] * 3 + [None]
    assert opened.count(LAYER, Query(revision=register_on(opened, layer, on(5)).revision)) == 1
    assert register_on(opened, layer, on(25)).told(layer) == {
        "known_since": on(20).isoformat(),
        "recorded": True,
        "note": None,
    }
    assert on(20).isoformat() in register_on(opened, layer, on(15)).told(layer)["note"]["zh"]
    opened.close()


def test_a_day_before_the_records_of_a_layer_without_stages_is_not_known(premises: Premises) -> None:
    """A number entered by hand today says nothing of last year; one entered then does."""
    store = premises.store()
    layer = store.catalogue.layer("indicator")
    for value in (1.0, 2.0):
        entered = pd.DataFrame(
            {"code": ["small_rivers"], "value": [value], "data_status": ["official"], "source": ["test"]}
        )
        store.write("indicator", put=prepare_frame(layer, entered, "EPSG:4490"), provenance=BY)
    moment = datetime.combine(on(10), time(12), UTC).isoformat(timespec="microseconds")
    premises.tamper(f"UPDATE yzgeo_batch SET recorded_at = '{moment}' WHERE layer = 'indicator' AND revision = 1")
    store.close()
    opened = premises.store()
    boards = [overview.target_board(opened, "admin", at=day) for day in (on(9), on(10), None)]
    done = [next(line["done"] for line in board["targets"] if line["id"] == "small_rivers") for board in boards]
    assert done == [None, 1.0, 2.0]
    told = [board["registers"]["indicator"] for board in boards]
    assert [each["recorded"] for each in told] == [False, True, True]
    assert told[0]["note"]["zh"] == f"没有阶段的图层 {on(10)} 以前没有登记，当日数量无从得知。"
    assert boards[0]["registers"][LAYER]["note"]["zh"] == "尚未登记。"
    opened.close()


def test_a_tile_of_a_day_has_the_features_of_that_day(premises: Premises) -> None:
    store = premises.store()
    first = put(store, ["A4"], {"A4": {"street": STREETS[0], "area": 2.0}})
    gone = store.write(LAYER, delete=[feature_uid(LAYER, "A4")], provenance=BY)
    store.close()
    dated(premises, {first.revision: 10, gone.revision: 20})
    opened = premises.store()
    assert [
        b"A4" in encode(opened, LAYER, 0, 0, 0, revision=None, fields=("code",), day=on(day)) for day in (10, 19, 20)
    ] == [True, True, False]
    opened.close()
