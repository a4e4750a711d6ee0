"""Tokens, passwords and the guard, without HTTP."""

from __future__ import annotations

import anyio
import pytest
from argon2 import PasswordHasher

from api.auth import Passwords, SignInGuard, bearer_token, cookie_token, hash_token
from api.errors import TooManyRequestsError
from yzgeo.errors import SignInRefusedError
from yzgeo.store.base import Account


@pytest.mark.parametrize(
    ("value", "token"),
    [(b"Bearer abc", "abc"), (b"bearer  abc ", "abc"), (b"Basic abc", None), (b"", None), (b"Bearer ", None)],
)
def test_bearer(value: bytes, token: str | None) -> None:
    assert bearer_token(value) == token


@pytest.mark.parametrize(
    ("value", "token"),
    [
        (b"yzgeo_session=abc", "abc"),
        (b"a=1; yzgeo_session=abc; b=2", "abc"),
        (b"xyzgeo_session=abc", None),
        (b"", None),
        (b"yzgeo_session=", None),
    ],
)
def test_cookie(value: bytes, token: str | None) -> None:
    assert cookie_token(value) == token


def test_a_hash_is_not_the_token() -> None:
    assert hash_token("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def test_passwords() -> None:
    hashed = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1).hash("right")
    check = Passwords().check
    assert check(Account("a", "viewer", (), hashed), "right")
    assert not check(Account("a", "viewer", (), hashed), "wrong")
    assert not check(Account("a", "viewer", (), hashed, disabled=True), "right")
    assert not check(Account("a", "viewer", (), ""), "")
    assert not check(Account("a", "viewer", (), "no hash"), "right")
    assert not check(None, "right")


def test_two_passwords_are_checked_at_a_time() -> None:
    passwords, now, most = Passwords(patience_s=60), 0, 0

    async def check() -> None:
        nonlocal now, most
        async with passwords.turn():
            now += 1
            most = max(most, now)
            await anyio.sleep(0.01)
            now -= 1

    async def all_at_once() -> None:
        async with anyio.create_task_group() as group:
            for _ in range(7):
                group.start_soon(check)

    anyio.run(all_at_once)
    assert (now, most) == (0, 2)


def test_nobody_waits_for_ever_for_a_check() -> None:
    passwords = Passwords(at_a_time=1, patience_s=0.05)

    async def wait_in_vain() -> None:
        async with passwords.turn():
            with pytest.raises(TooManyRequestsError):
                async with passwords.turn():
                    pytest.fail("two at a time")
        async with passwords.turn():
            pass

    anyio.run(wait_in_vain)


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_the_lock_opens_after_its_time() -> None:
    clock = Clock()
    guard = SignInGuard(failures=3, lock_s=60, per_minute=1000, clock=clock)
    for _ in range(3):
        guard.admit("a", "x")
        guard.settle("a", "x", success=False)
    with pytest.raises(SignInRefusedError):
        guard.admit("a", "x")
    guard.admit("b", "x")
    clock.now = 61
    guard.admit("a", "x")
    guard.settle("a", "x", success=False)
    guard.admit("a", "x")


def test_nobody_locks_a_colleague_out_from_one_address() -> None:
    """However long they keep trying; only the address that fails has to wait."""
    clock = Clock()
    guard = SignInGuard(failures=3, lock_s=60, per_minute=1000, clock=clock)
    refused = 0
    for _ in range(500):
        clock.now += 1
        try:
            guard.admit("a", "spiteful")
        except SignInRefusedError:
            refused += 1
        else:
            guard.settle("a", "spiteful", success=False)
        guard.admit("a", "desk")
    assert refused > 400


def test_guessing_from_many_addresses_locks_the_name_except_where_its_owner_sits() -> None:
    clock = Clock()
    guard = SignInGuard(failures=3, lock_s=60, per_minute=1000, clock=clock)
    guard.admit("a", "desk")
    guard.settle("a", "desk", success=True)
    for number in range(12):
        guard.admit("a", f"address {number}")
        guard.settle("a", f"address {number}", success=False)
    with pytest.raises(SignInRefusedError):
        guard.admit("a", "one more")
    guard.admit("b", "one more")
    guard.admit("a", "desk")
    for _ in range(3):
        guard.settle("a", "desk", success=False)
    with pytest.raises(SignInRefusedError):
        guard.admit("a", "desk")
    clock.now = 61
    guard.admit("a", "one more")


def test_success_forgets_failures() -> None:
    guard = SignInGuard(failures=2, lock_s=60, per_minute=1000, clock=Clock())
    for success in (False, True, False):
        guard.admit("a", "x")
        guard.settle("a", "x", success=success)
    guard.admit("a", "x")


def test_an_address_waits_for_its_window() -> None:
    clock = Clock()
    guard = SignInGuard(failures=9, lock_s=60, per_minute=2, clock=clock)
    guard.admit("a", "x")
    clock.now = 20
    guard.admit("a", "x")
    with pytest.raises(TooManyRequestsError) as refused:
        guard.admit("a", "x")
    assert refused.value.fields["retry_after_s"] == 40
    guard.admit("a", "y")
    clock.now = 61
    guard.admit("a", "x")


def test_what_is_remembered_is_bounded() -> None:
    guard = SignInGuard(failures=1, lock_s=60, per_minute=1000, clock=Clock())
    for number in range(10_500):
        guard.settle(f"name {number}", "x", success=number % 2 == 1)
        guard.settle("known", f"address {number}", success=True)
        guard.admit("known", f"address {number}")
    assert len(guard._failed) == len(guard._welcome) == 10_000
    assert len(guard._attempts) == 10_000
