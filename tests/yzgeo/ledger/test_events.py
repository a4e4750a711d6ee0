"""What an event says, its hash, and the day it speaks of."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from tests.yzgeo.store.ledger_samples import event
from yzgeo.ledger import GENESIS, Place, day_of, digest, says_the_same, sealed

NOW = datetime(2024, 7, 1, tzinfo=UTC)


def test_the_day_is_that_of_the_country_whatever_the_phone_says() -> None:
    early = datetime(2024, 1, 2, 6, 30, tzinfo=timezone(timedelta(hours=8)))
    assert day_of(replace(event(1), valid_at=early)) == date(2024, 1, 2)
    assert day_of(replace(event(1), valid_at=early.astimezone(UTC))) == date(2024, 1, 2)


def test_the_hash_covers_everything_but_itself() -> None:
    kept = sealed(event(1, to="works"), GENESIS, NOW)
    assert digest(replace(kept, hash="x")) == kept.hash
    changes = {
        "uid": "w2",
        "actor": "li",
        "role": "field",
        "payload": {"to": "finished"},
        "recorded_at": NOW + timedelta(seconds=1),
        "base_revision": 1,
        "place": Place(1.0, 2.0),
        "payload_version": 2,
        "previous_hash": "1" * 64,
        "valid_at": kept.valid_at + timedelta(microseconds=1),
    }
    for name, value in changes.items():
        assert digest(replace(kept, **{name: value})) != kept.hash, name


def test_the_order_of_keys_says_nothing() -> None:
    one = replace(event(1), payload={"a": 1, "b": {"c": 2, "d": 3}})
    other = replace(event(1), payload={"b": {"d": 3, "c": 2}, "a": 1})
    assert sealed(one, GENESIS, NOW).hash == sealed(other, GENESIS, NOW).hash


@pytest.mark.parametrize(
    ("change", "same"),
    [
        ({"role": "admin"}, True),
        ({"base_revision": 3}, True),
        ({"place": Place(123.0, 42.0, 5.0, 17.0)}, True),
        ({"place": Place(123.0, 42.1, 5.0)}, False),
        ({"payload": {"to": "paused"}}, False),
        ({"actor": "li"}, False),
    ],
)
def test_saying_the_same_again(change: dict[str, object], same: bool) -> None:
    first = replace(event(1, to="works"), place=Place(123.0, 42.0, 5.0, 4.0))
    assert says_the_same(sealed(first, GENESIS, NOW), replace(first, **change)) is same
