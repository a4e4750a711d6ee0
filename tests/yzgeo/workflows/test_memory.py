"""Memory within a limit of bytes."""

from __future__ import annotations

from yzgeo.workflows.memory import ByteCache


def test_the_memory_is_bounded_and_keeps_what_is_used() -> None:
    kept: ByteCache[str] = ByteCache(10_000)
    for number in range(5):
        kept.put(number, f"{number}", 1_600)
    assert kept.get(0) == "0"
    kept.put(5, "5", 1_600)
    assert kept.get(1) is None
    assert kept.get(0) == "0"
    assert kept.held_bytes <= 10_000
    kept.put("large", "x", 20_000)
    assert kept.get("large") is None
    kept.put(0, "new", 1_000)
    assert kept.get(0) == "new"
    assert len(kept) == 5


def test_what_is_dropped_weighs_nothing() -> None:
    kept: ByteCache[str] = ByteCache(10_000)
    kept.put("a", "a", 1_600)
    kept.drop("a")
    kept.drop("b")
    assert kept.get("a") is None
    assert kept.held_bytes == 0
