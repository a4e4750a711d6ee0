"""Phones in both kinds of store."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from yzgeo.store.base import Store
from yzgeo.store.devices import MOST_OF_ONE
from yzgeo.store.people import Deed
from yzgeo.store.phones import Device, DeviceStore

AT = datetime(2024, 5, 1, 8, 0, tzinfo=UTC)
DEED = Deed("device_registered", "wang")


def device(name: str = "d1", actor: str = "wang", *, minutes: int = 0) -> Device:
    return Device(name, actor, "Android", AT, AT + timedelta(minutes=minutes))


def test_the_first_time_is_audited_and_the_latest_kept(store: Store) -> None:
    assert isinstance(store.devices, DeviceStore)
    store.devices.see(device(), deed=DEED)
    store.devices.see(device(minutes=9), deed=DEED)
    store.devices.see(device(actor="li"), deed=DEED)
    assert store.devices.of("d1") == [device(actor="li"), device(minutes=9)]
    assert store.devices.find("wang") == [device(minutes=9)]
    assert [each.actor for each in store.devices.find()] == ["wang", "li"]
    assert len(store.people.audit(9)) == 2


def test_shut_out_once_for_one_or_for_all(store: Store) -> None:
    for actor in ("wang", "li", "wu"):
        store.devices.see(device(actor=actor), deed=DEED)
    deed = Deed("device_revoked", "wang", subject="d1")
    assert store.devices.revoke("d1", actor="wang", by="wang", deed=deed) == 1
    assert store.devices.revoke("d1", actor="wang", by="wang", deed=deed) == 0
    assert store.devices.revoke("d1", actor=None, by="admin", deed=deed) == 2
    assert store.devices.revoke("d2", actor=None, by="admin", deed=deed) == 0
    assert [(each.actor, each.revoked_by) for each in store.devices.of("d1")] == [
        ("li", "admin"),
        ("wang", "wang"),
        ("wu", "admin"),
    ]
    assert len([line for line in store.people.audit(9) if line.deed.kind == "device_revoked"]) == 2


def test_the_longest_unseen_are_forgotten_but_never_those_shut_out(store: Store) -> None:
    store.devices.see(device("lost"), deed=DEED)
    store.devices.revoke("lost", actor=None, by="admin", deed=DEED)
    for number in range(MOST_OF_ONE + 2):
        store.devices.see(device(f"d{number:03d}", minutes=number), deed=DEED)
    left = {each.id for each in store.devices.find("wang")}
    assert len(left) == MOST_OF_ONE + 1
    assert "lost" in left
    assert {"d000", "d001"}.isdisjoint(left)
