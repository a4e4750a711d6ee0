"""Questions of coroutines: one row each, however many ask, in any event loop, and after the server hung up."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import psycopg
import pytest

from yzgeo.errors import InputError, StorageError
from yzgeo.store.postgis.address import parse
from yzgeo.store.postgis.awaiting import AwaitedConnections

PID = "SELECT pg_backend_pid()"


@pytest.fixture
def asked(postgis_server: str) -> Iterator[AwaitedConnections]:
    made = AwaitedConnections(parse(postgis_server), most=2)
    yield made
    made.close()


def test_a_row_in_any_loop(asked: AwaitedConnections) -> None:
    wanted = "SELECT ?2::text, ?1::int + 1 WHERE ?1 < 5"
    for _ in range(2):  # each run has a loop of its own
        assert asyncio.run(asked.row(wanted, (4, "街道"))) == ("街道".encode(), 5)
    assert asyncio.run(asked.row(wanted, (5, ""))) is None


def test_what_comes_again_is_prepared_for_each_type(asked: AwaitedConnections) -> None:
    async def ask() -> None:
        double, known = (
            "SELECT ?1 + ?1",
            "SELECT count(*) FROM pg_prepared_statements WHERE statement = 'SELECT $1 + $1'",
        )
        for value in (1, 2, 3, 0.5, 1 << 40, 4, 1.25, 5, 0.25):
            assert await asked.row(double, (value,)) == (value + value,)
        assert await asked.row(known, ()) == (2,)

    asyncio.run(ask())


def test_what_was_prepared_long_ago_makes_room(postgis_server: str) -> None:
    line = AwaitedConnections(parse(postgis_server), most=1)

    async def ask() -> None:
        for number in range(130):
            for _ in range(4):
                assert await line.row(f"SELECT {number}", ()) == (number,)
        prepared = await line.rows("SELECT statement FROM pg_prepared_statements", ())
        assert (b"SELECT 129",) in prepared
        assert len(prepared) <= 100

    asyncio.run(ask())
    line.close()


def test_an_answer_given_up_is_nobody_elses(postgis_server: str) -> None:
    """A question is left at every moment there is, on one connection; the next one gets its own answer."""
    line = AwaitedConnections(parse(postgis_server), most=1)

    async def ask() -> None:
        for turn in range(60):
            left = asyncio.create_task(line.row(f"SELECT -{turn}::int, repeat('x', 200000)", ()))
            await asyncio.sleep(turn * 1e-4)
            left.cancel()
            assert await line.row("SELECT ?::int", (turn,)) == (turn,)
            await asyncio.wait((left,))

    asyncio.run(ask())
    line.close()


def test_who_comes_late_waits(asked: AwaitedConnections) -> None:
    async def ask() -> list[int]:
        slow = "SELECT pg_backend_pid() FROM (SELECT pg_sleep(0.02)) AS waited"
        return [row[0] for row in await asyncio.gather(*(asked.row(slow, ()) for _ in range(7))) if row]

    pids = asyncio.run(ask())
    assert len(pids) == 7
    assert len(set(pids)) == 2


def test_who_waits_comes_before_who_asks_again(postgis_server: str) -> None:
    line = AwaitedConnections(parse(postgis_server), most=1)
    turns: list[int] = []

    async def client(number: int) -> None:
        for _ in range(20):
            await line.row("SELECT 1", ())
            turns.append(number)

    async def ask() -> None:
        await asyncio.gather(*(client(number) for number in range(4)))

    asyncio.run(ask())
    line.close()
    assert turns == [0, 1, 2, 3] * 20


def test_a_question_given_up_leaves_the_others_their_turn(asked: AwaitedConnections) -> None:
    async def ask() -> tuple[object, ...]:
        long = [asyncio.create_task(asked.row("SELECT pg_sleep(60)", ())) for _ in range(2)]
        await asyncio.sleep(0.1)
        later = [asyncio.create_task(asked.row("SELECT 1", ())) for _ in range(3)]
        await asyncio.sleep(0.1)
        for task in (*long, later[0]):
            task.cancel()
        await asyncio.wait([*long, *later], timeout=20)
        return tuple(task.result() for task in later[1:])

    assert asyncio.run(ask()) == ((1,), (1,))


def test_an_error_is_a_refusal_and_the_connection_goes_on(asked: AwaitedConnections) -> None:
    async def ask() -> None:
        before = await asked.row(PID, ())
        with pytest.raises(psycopg.errors.DivisionByZero):
            await asked.row("SELECT 1 / ?::int", (0,))
        assert await asked.row("SELECT ?::text", ("a\0b",)) != (b"a\0b",)
        assert await asked.row(PID, ()) == before

    asyncio.run(ask())


def test_the_server_hangs_up(asked: AwaitedConnections, postgis_server: str) -> None:
    async def ask() -> None:
        both = await asyncio.gather(*(asked.row(f"{PID}, pg_sleep(0.02)", ()) for _ in range(2)))
        with psycopg.connect(postgis_server, autocommit=True) as other:
            for row in both:
                assert row is not None
                other.execute("SELECT pg_terminate_backend(%s, 5000)", (row[0],))
        with pytest.raises(StorageError):
            await asked.row(PID, ())
        # One hit tells of all: nobody else is sent to a line that is dead.
        assert await asked.row("SELECT 1", ()) == (1,)

    asyncio.run(ask())


def test_closed(asked: AwaitedConnections) -> None:
    async def ask() -> None:
        slow = "SELECT 1 FROM (SELECT pg_sleep(0.05)) AS waited"
        going = [asyncio.create_task(asked.row(slow, ())) for _ in range(6)]
        await asyncio.sleep(0.02)
        asked.close()
        asked.close()
        ends = await asyncio.wait_for(asyncio.gather(*going, return_exceptions=True), 20)
        assert [type(end) for end in ends] == [tuple] * 2 + [StorageError] * 4
        with pytest.raises(StorageError, match="已关闭"):
            await asked.row("SELECT 1", ())

    asyncio.run(ask())


def test_no_server() -> None:
    gone = AwaitedConnections(parse("postgresql://nobody@127.0.0.1:1/none?connect_timeout=2"))
    with pytest.raises(StorageError) as refusal:
        asyncio.run(gone.row("SELECT 1", ()))
    assert not isinstance(refusal.value, InputError)
