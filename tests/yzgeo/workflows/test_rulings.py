"""What a decision adds to the ledger, from both sides of a conflict."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

import pytest

from yzgeo import ledger, stages
from yzgeo.catalogue import Catalogue
from yzgeo.errors import EventRefusedError
from yzgeo.ledger import ZONE, Event, Kind
from yzgeo.workflows.rulings import Case, entries, rivals, told

LAYER = "shantytown_parcel"
DAY = datetime(2023, 1, 1, 12, 0, tzinfo=ZONE)
LEARNT = DAY + timedelta(days=50)


def event(number: int, kind: Kind, day: float, *, actor: str = "zhao", role: str = "field", **payload: object) -> Event:
    made = Event(str(UUID(int=number)), LAYER, "u", kind, DAY + timedelta(days=day), actor, role, payload)
    return replace(made, recorded_at=LEARNT + timedelta(hours=number))


def case(catalogue: Catalogue, record: Event, *existing: Event, before: dict[str, float] | None = None) -> Case:
    layer = catalogue.layer(LAYER)
    assert layer.stage_table is not None
    by = replace(record, actor="li", role="bureau", payload={**record.payload, "on_behalf_of": record.actor})
    return Case(
        record=by,
        layer=layer,
        table=layer.stage_table,
        existing=existing,
        properties={"households": 20, "area_m2": 100.0},
        before=before or {},
        since=LEARNT,
        now=LEARNT + timedelta(days=30),
    )


def folded(found: Case, added: Sequence[Event]) -> ledger.State:
    state = ledger.fold([*found.existing, *added], stages.machine(found.table))
    assert state.conflicts == ()
    return state


def test_no_more_is_taken_back_than_has_to_be(catalogue: Catalogue) -> None:
    """Surveyed on the 1st, decided on the 3rd, signing on the 5th; the phone says decided only on the 4th."""
    steps = [event(1, "transition", 1, to="surveyed"), event(2, "transition", 3, to="decided")]
    found = case(catalogue, event(9, "transition", 6, to="decided"), *steps, event(3, "transition", 5, to="signing"))
    main, added = entries(found, "phone", "核实")
    assert main == found.record.id
    assert [each.payload["cancels"] for each in added if each.kind == "correction"] == [str(UUID(int=3))]
    assert folded(found, added).stage == "decided"
    assert [each.kind for each in added] == ["correction", "transition", "note"]


def test_what_the_phone_knew_is_not_taken_back(catalogue: Catalogue) -> None:
    known = replace(event(1, "measure", 1, households_signed=8), recorded_at=LEARNT - timedelta(days=1))
    found = case(catalogue, event(9, "measure", 6, households_signed=5), known)
    assert rivals(found) == []
    with pytest.raises(EventRefusedError) as refusal:
        entries(found, "phone", "核实")
    assert "签约" in str(refusal.value.fields["first_zh"])


def test_other_quantities_of_a_corrected_entry_stay(catalogue: Catalogue) -> None:
    rival = event(1, "measure", 2, households_signed=8, households_relocated=3)
    found = case(catalogue, event(9, "measure", 6, households_signed=5), rival)
    _, added = entries(found, "phone", "核实")
    assert dict(folded(found, added).measures) == {"households_signed": 5, "households_relocated": 3}
    again = next(each for each in added if each.kind == "measure" and each.id != found.record.id)
    assert (again.valid_at, again.payload["on_behalf_of"]) == (rival.valid_at, "zhao")


def test_increments_are_added_up(catalogue: Catalogue) -> None:
    """The phone went from 4 to 6 and the office to 9: 11; without a common start nothing can be said."""
    found = case(
        catalogue,
        event(9, "measure", 6, households_signed=6),
        event(1, "measure", 7, households_signed=9),
        before={"households_signed": 4},
    )
    _, added = entries(found, "both", "核实")
    assert folded(found, added).measures["households_signed"] == 11
    shrunk = replace(found, before={"households_signed": 7})
    with pytest.raises(EventRefusedError):
        entries(shrunk, "both", "核实")


@pytest.mark.parametrize("number", [1, 9], ids=["first by its id", "last by its id"])
def test_a_sum_comes_after_what_it_adds_up(catalogue: Catalogue, number: int) -> None:
    """The office reports 6 a day after the phone's 7, on 0: together 13, whatever ids the two have."""
    office = event(5, "measure", 3, actor="chen", households_signed=6)
    found = case(catalogue, event(number, "measure", 2, households_signed=7), office)
    _, added = entries(found, "both", "核实")
    assert folded(found, added).measures["households_signed"] == 13


def test_a_decision_of_someone_else_gives_way(catalogue: Catalogue) -> None:
    """Two approvers, one without signal: the other refused meanwhile, and the desk follows the first."""
    moved = [
        replace(event(number, "transition", number, to=to, evidence=["a"]), recorded_at=DAY)
        for number, to in enumerate(("surveyed", "decided", "signing", "vacated", "demolished"), 1)
    ]
    no = event(8, "approval", 8, actor="chen", role="bureau", event=str(UUID(int=5)), granted=False)
    yes = event(9, "approval", 9, actor="wu", role="bureau", event=str(UUID(int=5)), granted=True)
    found = case(catalogue, yes, *moved, no)
    assert folded(found, []).stage == "vacated"
    _, added = entries(found, "phone", "核实")
    assert folded(found, added).stage == "demolished"


def test_the_office_is_kept_by_a_note_that_tells_of_the_record(catalogue: Catalogue) -> None:
    found = case(catalogue, event(9, "measure", 6, households_signed=5), event(1, "measure", 2, households_signed=8))
    main, [note] = entries(found, "office", "以合同为准")
    assert (main, note.kind, note.actor) == (note.id, "note", "li")
    assert note.id != found.record.id
    assert "以合同为准" in note.payload["text"]
    assert told(found)[0] in note.payload["text"]
    assert "zhao 2023-01-07" in told(found)[1]
    assert folded(found, [note]).measures["households_signed"] == 8


def test_deciding_the_same_makes_the_same_entries(catalogue: Catalogue) -> None:
    """Ids follow from the record's, so that two desks at once cannot leave two corrections."""
    found = case(catalogue, event(9, "measure", 6, households_signed=5), event(1, "measure", 2, households_signed=8))
    assert entries(found, "phone", "核实") == entries(found, "phone", "核实")
