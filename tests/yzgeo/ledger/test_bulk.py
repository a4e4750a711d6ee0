"""Openings in bulk: byte for byte what one by one gives."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import orjson
from hypothesis import given
from hypothesis import strategies as st

from yzgeo.ledger import GENESIS, Told, chained, opening_for, openings_for, sealed
from yzgeo.store import ledger_rows

NOW = datetime(2024, 5, 1, 20, 0, 1, 250, tzinfo=UTC)
ROW = st.tuples(
    st.text(st.characters(codec="utf-8"), max_size=8),
    st.sampled_from(["planned", "施工", '"', "%b", "%(id)s"]),
    st.sampled_from([None, "2021-01-01", "2024-05-02", "2024-05-01"]),
    st.dictionaries(st.sampled_from(["laid", "percent"]), st.one_of(st.integers(0, 9), st.floats(0, 1e9))),
    st.booleans(),
)


@given(rows=st.lists(ROW, max_size=6), actor=st.sampled_from(["wang", '王"', "%d\\"]))
def test_the_same_entries_with_the_same_hashes(rows: list[Any], actor: str) -> None:
    uids, stages, days, measures, illustrative = map(list, zip(*rows, strict=True)) if rows else ([] for _ in range(5))
    told = Told(uids, stages, days, measures, illustrative)
    found = openings_for("work", told, actor=actor, batch="b-1", now=NOW)
    previous, wanted = GENESIS, []
    for uid, stage, day, quantities, made_up in rows:
        single = opening_for(
            "work",
            uid,
            stage=stage,
            on=day,
            measures=quantities,
            existing=[],
            illustrative=made_up,
            actor=actor,
            batch="b-1",
            now=NOW,
        )
        wanted.append(sealed(single, previous, NOW))
        previous = wanted[-1].hash
    assert list(chained(found, GENESIS, NOW)) == [each.hash for each in wanted]
    assert list(found.ids) == [each.id for each in wanted]
    assert list(found.valid_at) == [ledger_rows.to_row(each)[4] for each in wanted]
    assert [payload.decode() for payload in found.payloads] == [ledger_rows.to_row(each)[8] for each in wanted]
    assert all(orjson.loads(payload)["batch"] == "b-1" for payload in found.payloads)
