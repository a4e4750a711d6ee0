"""Questions that go together: nobody gets an old answer, a foreign one or another's misfortune."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

import pytest

from yzgeo.store.postgis.together import Together


class Desk:
    """Answers with what is stored when the question goes out, and later than that."""

    def __init__(self) -> None:
        self.stored = {"a": 1, "b": 1}
        self.asked: list[tuple[str, list[str]]] = []
        self.together = Together(self.ask)
        self.answers = asyncio.Event()  # what was asked is answered from then on

    async def ask(self, kind: str, names: Sequence[str]) -> Mapping[str, int]:
        self.asked.append((kind, sorted(names)))
        found = {name: self.stored[name] for name in names if name in self.stored}
        await self.answers.wait()
        if "bad" in names:
            raise ZeroDivisionError
        return found


async def _settle() -> None:
    """Let everybody go on as far as they can."""
    for _ in range(10):
        await asyncio.sleep(0)


def test_who_comes_meanwhile_shares_the_next_question() -> None:
    desk = Desk()

    async def ask() -> None:
        first = [asyncio.create_task(desk.together.one("k", "a"))]
        await _settle()
        first.append(asyncio.create_task(desk.together.one("k", "b")))
        await _settle()
        desk.stored["a"] = 2  # too late for the questions that are out, so they must not answer who comes now
        later = [asyncio.create_task(desk.together.one("k", name)) for name in ("a", "b", "a", "none")]
        other = asyncio.create_task(desk.together.one("other", "b"))
        await _settle()
        desk.answers.set()
        assert await asyncio.gather(*first, *later, other) == [1, 1, 2, 1, 2, None, 1]

    asyncio.run(ask())
    assert desk.asked == [("k", ["a"]), ("k", ["b"]), ("other", ["b"]), ("k", ["a", "b", "none"])]


def test_one_after_the_other_is_asked_at_once_in_any_loop() -> None:
    desk = Desk()

    async def ask() -> None:
        desk.answers.set()
        for _ in range(2):
            assert await desk.together.one("k", "a") == 1

    asyncio.run(ask())
    asyncio.run(ask())
    assert desk.asked == [("k", ["a"])] * 4


def test_nothing_is_left_of_what_was_answered() -> None:
    desk = Desk()

    async def ask() -> None:
        tasks = []
        for kind in ("k", "k", "k", "l", "m"):
            tasks.append(asyncio.create_task(desk.together.one(kind, "a")))
            await _settle()
        desk.answers.set()
        assert await asyncio.gather(*tasks) == [1] * 5

    asyncio.run(ask())
    assert len(desk.asked) == 5
    assert (desk.together._out, desk.together._next) == ({}, {})


def test_who_gives_up_harms_nobody() -> None:
    desk = Desk()

    async def ask() -> None:
        tasks = []
        for _ in range(3):  # two go out, the third waits
            tasks += [asyncio.create_task(desk.together.one("k", name)) for name in ("a", "b")]
            await _settle()
        for task in tasks[::2]:  # of each question the one who started it
            task.cancel()
        desk.answers.set()
        done = await asyncio.gather(*tasks, return_exceptions=True)
        assert [type(each) for each in done] == [asyncio.CancelledError, int] * 3

    asyncio.run(ask())


def test_a_loop_that_ends_early_leaves_nothing_behind() -> None:
    """The question is cancelled before it goes out, and before its first step."""
    desk = Desk()

    async def leave(*, waits: bool) -> None:
        kept = []
        for _ in range(3):
            kept.append(asyncio.create_task(desk.together.one("k", "a")))
            if waits:
                await _settle()
        await asyncio.sleep(0)

    async def ask() -> int | None:
        desk.answers = asyncio.Event()
        desk.answers.set()
        return await desk.together.one("k", "a")

    for waits in (False, True):
        desk.answers = asyncio.Event()
        asyncio.run(leave(waits=waits))
        assert asyncio.run(ask()) == 1


def test_an_error_is_told_to_those_who_asked_only() -> None:
    desk = Desk()

    async def ask() -> None:
        first = [asyncio.create_task(desk.together.one("k", name)) for name in ("bad", "a")]
        await _settle()
        later = asyncio.create_task(desk.together.one("k", "b"))
        await _settle()
        desk.answers.set()
        for task in first:
            with pytest.raises(ZeroDivisionError):
                await task
        assert await later == 1

    asyncio.run(ask())


@pytest.mark.parametrize("name", ["a\0", "\ud800", "街\udfff"])
def test_a_name_that_no_database_holds_is_not_asked_for(name: str) -> None:
    desk = Desk()
    assert asyncio.run(desk.together.one("k", name)) is None
    assert desk.asked == []
