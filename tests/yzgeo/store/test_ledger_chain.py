"""A touched ledger is found out, and the place is named."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.yzgeo.store.conftest import BY, Backend, Clock
from tests.yzgeo.store.ledger_samples import admit, event, staged_catalogue
from tests.yzgeo.store.test_ledger import works
from yzgeo.catalogue import Catalogue
from yzgeo.store.base import Verification
from yzgeo.store.ledger_rows import COLUMNS


@pytest.fixture(scope="session")
def layers(tmp_path_factory: pytest.TempPathFactory) -> Catalogue:
    return staged_catalogue(tmp_path_factory.mktemp("chain") / "layers")


@pytest.fixture
def tampered(backend: Backend, layers: Catalogue, clock: Clock) -> Callable[..., Verification]:
    """Five events; change them behind the store's back, past its triggers, and verify."""
    store = backend.create(layers)
    store.write("work", put=works(), provenance=BY)
    for number in range(1, 6):
        clock.advance(minutes=1)
        store.ledger.record(event(number, kind="measure", laid=float(number)), admit)
    store.close()

    def change(*statements: str) -> Verification:
        if statements:
            backend.tamper(*statements)
        return backend.reopen(layers).ledger.verify()

    return change


def test_the_untouched_chain_holds(tampered: Callable[..., Verification]) -> None:
    verdict = tampered()
    assert verdict.ok
    assert verdict.events == 5


NEW_VALUES = {
    "event_id": "'00000000-0000-0000-0000-0000000000ff'",
    "layer": "'note'",
    "uid": "'w2'",
    "kind": "'note'",
    "valid_at": "'2024-01-01T12:00:01+08:00'",
    "recorded_at": "'2024-05-01T08:03:00.000001+00:00'",
    "actor": "'wanG'",
    "role": "'admin'",
    "payload": """'{"laid":9.0}'""",
    "base_revision": "0",
    "place": "'[1.0,2.0,null,null]'",
    "payload_version": "2",
    "previous_hash": "substr(previous_hash, 1, 63) || 'x'",
    "hash": "substr(hash, 1, 63) || 'x'",
}


def test_every_column_is_tried() -> None:
    assert set(NEW_VALUES) == set(COLUMNS.split(", "))


@pytest.mark.parametrize("column", sorted(NEW_VALUES))
def test_a_change_of_any_column_is_located(tampered: Callable[..., Verification], column: str) -> None:
    verdict = tampered(f"UPDATE yzgeo_ledger SET {column} = {NEW_VALUES[column]} WHERE sequence = 3")
    assert verdict.broken is not None
    assert (verdict.broken.position, verdict.broken.sequence) == (2, 3)


@pytest.mark.parametrize(
    "value",
    ["'{\"laid\": 3.0}'", "'{\"laid\":3.00}'", "'not json'", "NULL || payload", "CAST(payload AS BLOB)", "'[]'"],
)
def test_not_even_a_space_can_be_added(tampered: Callable[..., Verification], store_kind: str, value: str) -> None:
    if store_kind == "postgis" and "BLOB" in value:
        value = "payload || chr(10)"  # a column of text takes nothing but text there
    statement = f"UPDATE yzgeo_ledger SET payload = coalesce({value}, '') WHERE sequence = 3"
    verdict = tampered(statement)
    assert verdict.broken is not None
    assert (verdict.broken.position, verdict.broken.reason) == (2, "content")


@pytest.mark.parametrize(
    ("statements", "position", "reason"),
    [
        (["DELETE FROM yzgeo_ledger WHERE sequence = 3"], 2, "predecessor"),
        (["DELETE FROM yzgeo_ledger WHERE sequence = 1"], 0, "predecessor"),
        (["DELETE FROM yzgeo_ledger WHERE sequence = 5"], 4, "tail"),
        (["DELETE FROM yzgeo_ledger"], 0, "tail"),
        (["UPDATE yzgeo_ledger SET sequence = 99 WHERE sequence = 3"], 2, "predecessor"),
        (["UPDATE yzgeo_ledger_head SET events = 6"], 5, "tail"),
    ],
)
def test_a_missing_or_moved_entry_is_located(
    tampered: Callable[..., Verification], statements: list[str], position: int, reason: str
) -> None:
    broken = tampered(*statements).broken
    assert broken is not None
    assert (broken.position, broken.reason) == (position, reason)
