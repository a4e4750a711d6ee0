"""Who is asking: sessions in a cookie or a bearer token, passwords, lock-out and the guard against other sites."""

from __future__ import annotations

import asyncio
import secrets
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from typing import TypeVar
from urllib.parse import urlsplit

import anyio
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from fastapi import Request

from yzgeo.access import ANONYMOUS, Caller
from yzgeo.errors import ForbiddenError, SignInRefusedError, YzgeoError
from yzgeo.store.base import Account, Store
from yzgeo.store.people import Grant
from yzgeo.workflows.accounts import By
from yzgeo.workflows.grants import caller_from, hash_token

from .errors import CrossSiteError, TooManyRequestsError
from .responses import header

COOKIE = "yzgeo_session"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_COOKIE_PREFIX = COOKIE.encode() + b"="
_WINDOW_S = 60.0
_MOST_REMEMBERED = 10_000
_ADDRESSES = 4
_EVERYWHERE = "*"  # no address's name
# A check takes tens of MiB and keeps a processor busy: so many at a time, however many ask.
_CHECKS_AT_A_TIME = 2
_PATIENCE_S = 10.0
_Key = TypeVar("_Key")
_Value = TypeVar("_Value")


@dataclass(frozen=True, slots=True)
class Entrant:
    """Someone who is signed in, with the grant that their request came with."""

    account: Account
    grant: Grant
    address: str

    @property
    def caller(self) -> Caller:
        """As whom they ask."""
        return caller_from(self.account)

    @property
    def by(self) -> By:
        """What the audit says of them."""
        return By(self.account.name, self.account.role, self.address)


class LastUse:
    """Notes now and then when grants were used, beside the requests: a write waits for the disk.

    Parameters
    ----------
    store
        Where it is noted.
    every_s
        How exact it is.
    """

    def __init__(self, store: Store, *, every_s: float = 300.0) -> None:
        self._store = store
        self._every_s = every_s
        self._noted: dict[str, float] = {}

    def note(self, token_hash: str) -> None:
        """
        Note a use, unless one was noted a moment ago.

        Parameters
        ----------
        token_hash
            Hash of the grant's token.
        """
        now = time.monotonic()
        last = self._noted.get(token_hash)
        if last is not None and now - last < self._every_s:
            return
        self._noted.pop(token_hash, None)
        self._noted[token_hash] = now
        while len(self._noted) > _MOST_REMEMBERED:
            self._noted.pop(next(iter(self._noted)))
        asyncio.get_running_loop().run_in_executor(None, self._write, token_hash, datetime.now(UTC))

    def _write(self, token_hash: str, at: datetime) -> None:
        # A service that shuts down, or a full disk, loses this and nothing else.
        with suppress(YzgeoError):
            self._store.people.used({token_hash: at})


async def caller_of(request: Request, session: Callable[[str], Awaitable[Account | None]]) -> Caller:
    """
    Find out who asks.

    Parameters
    ----------
    request
        The request.
    session
        Gives the account of a session by the hash of its token.

    Returns
    -------
    Caller
        The account's holder, or anonymous where there is no session, or one that is over.

    Raises
    ------
    SignInRefusedError
        If a bearer token was sent and is not valid: a program should not silently see less.
    """
    cookie, authorization = b"", b""
    for key, value in request.scope["headers"]:
        if key == b"cookie":
            cookie = value
        elif key == b"authorization":
            authorization = value
    if not cookie and not authorization:
        return ANONYMOUS
    token = bearer_token(authorization) or cookie_token(cookie)
    if token is None:
        return ANONYMOUS
    hashed = hash_token(token)
    account = await session(hashed)
    if account is None:
        if authorization:
            raise SignInRefusedError
        return ANONYMOUS
    request.app.state.last_use.note(hashed)
    return caller_from(account)


def bearer_token(authorization: bytes) -> str | None:
    """
    Take the token out of an ``Authorization`` header.

    Parameters
    ----------
    authorization
        The header's value.

    Returns
    -------
    str or None
        The token, None where the scheme is another.
    """
    scheme, _, token = authorization.decode("latin-1").partition(" ")
    return token.strip() or None if scheme.lower() == "bearer" else None


def cookie_token(cookie: bytes) -> str | None:
    """
    Take the session's token out of a ``Cookie`` header.

    Parameters
    ----------
    cookie
        The header's value.

    Returns
    -------
    str or None
        The token, None where there is none.
    """
    for part in cookie.split(b";"):
        piece = part.strip()
        if piece.startswith(_COOKIE_PREFIX):
            return piece[len(_COOKIE_PREFIX) :].decode("latin-1") or None
    return None


def token_of(request: Request) -> str | None:
    """
    Find the token that a request came with.

    Parameters
    ----------
    request
        The request.

    Returns
    -------
    str or None
        From the ``Authorization`` header, else from the cookie.
    """
    return bearer_token(header(request, b"authorization")) or cookie_token(header(request, b"cookie"))


def entrant_of(request: Request, store: Store) -> Entrant:
    """
    Find out who is signed in and how, where it matters more than on an ordinary request.

    Parameters
    ----------
    request
        The request.
    store
        Where grants are kept.

    Returns
    -------
    Entrant
        Account and grant.

    Raises
    ------
    ForbiddenError, SignInRefusedError
        If nobody is signed in, or a bearer token was sent that is not valid.
    """
    token = token_of(request)
    held = None if token is None else store.people.holder(hash_token(token), now=datetime.now(UTC))
    if held is None:
        raise SignInRefusedError if header(request, b"authorization") else ForbiddenError
    return Entrant(*held, address_of(request))


def address_of(request: Request) -> str:
    """
    Tell where a request comes from.

    Parameters
    ----------
    request
        The request.

    Returns
    -------
    str
        Address of the client, or of the last proxy that the server does not trust.
    """
    return request.client.host if request.client else ""


def require_same_site(request: Request, public_url: str | None) -> None:
    """
    Refuse a changing request that another site's page sends with the caller's cookie.

    Browsers send ``Origin`` with every such request; a program sends none, and then needs either no cookie at all or
    the header ``X-Requested-With``, which a foreign page cannot set without our consent.

    Parameters
    ----------
    request
        The request.
    public_url
        Address of the service if configured.

    Raises
    ------
    CrossSiteError
        If it comes from elsewhere.
    """
    if request.method in SAFE_METHODS:
        return
    origin = header(request, b"origin").decode("latin-1")
    if origin:
        host = header(request, b"host").decode("latin-1")
        same = origin == public_url if public_url else urlsplit(origin).netloc == host
        if not same:
            raise CrossSiteError
    elif header(request, b"cookie") and not header(request, b"x-requested-with"):
        raise CrossSiteError


@dataclass
class SignInGuard:
    """Slows down guessing: locks a name after failures in a row and limits attempts of an address.

    Nobody locks a colleague out: failures lock the name for the address they came from. For every address they lock it
    only when they come from `_ADDRESSES` or more, and even then not where the account has come in before.
    Kept in memory: a restart forgets it, which costs an attacker more than it gives.
    """

    failures: int
    lock_s: float
    per_minute: int
    clock: Callable[[], float] = time.monotonic
    _failed: dict[tuple[str, str], tuple[int, float]] = field(default_factory=dict)
    _welcome: dict[tuple[str, str], float] = field(default_factory=dict)
    _attempts: dict[str, list[float]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def admit(self, name: str, address: str) -> None:
        """
        Count an attempt.

        Parameters
        ----------
        name
            Account that is tried.
        address
            Where the attempt comes from.

        Raises
        ------
        TooManyRequestsError
            If the address tries too often.
        SignInRefusedError
            If the name is locked; the same answer as for a wrong password.
        """
        here, everywhere = (name, address), (name, _EVERYWHERE)
        with self._lock:
            now = self.clock()
            self._count(address, now)
            if self._is_locked(here, self.failures, now):
                raise SignInRefusedError
            if here not in self._welcome and self._is_locked(everywhere, self.failures * _ADDRESSES, now):
                raise SignInRefusedError

    def pace(self, address: str) -> None:
        """
        Count what nobody has to sign in for and still leaves a line of the audit, apart from attempts to sign in.

        Parameters
        ----------
        address
            Where it comes from.

        Raises
        ------
        TooManyRequestsError
            If it comes too often.
        """
        with self._lock:
            self._count(f"unknown at {address}", self.clock())

    def settle(self, name: str, address: str, *, success: bool) -> None:
        """
        Remember how an attempt ended.

        Parameters
        ----------
        name
            Account that was tried.
        address
            Where the attempt came from.
        success
            Whether the password was right.
        """
        with self._lock:
            now = self.clock()
            if success:
                self._failed.pop((name, address), None)
                self._remember(self._welcome, (name, address), now)
                return
            for key in ((name, address), (name, _EVERYWHERE)):
                count, last = self._failed.get(key, (0, 0.0))
                self._remember(self._failed, key, (1 if now - last >= self.lock_s else count + 1, now))

    def _count(self, address: str, now: float) -> None:
        recent = [at for at in self._attempts.get(address, []) if now - at < _WINDOW_S]
        if len(recent) >= self.per_minute:
            raise TooManyRequestsError(retry_after_s=max(1, round(_WINDOW_S - (now - recent[0]))))
        self._remember(self._attempts, address, [*recent, now])

    def _is_locked(self, key: tuple[str, str], most: int, now: float) -> bool:
        count, last = self._failed.get(key, (0, 0.0))
        return count >= most and now - last < self.lock_s

    @staticmethod
    def _remember(table: dict[_Key, _Value], key: _Key, value: _Value) -> None:
        table.pop(key, None)
        table[key] = value
        while len(table) > _MOST_REMEMBERED:
            table.pop(next(iter(table)))


class Passwords:
    """Checks passwords against argon2 hashes, taking as long for an unknown name as for a known one.

    Parameters
    ----------
    at_a_time
        Most turns at a time.
    patience_s
        Nobody waits longer than that for a turn.
    """

    def __init__(self, *, at_a_time: int = _CHECKS_AT_A_TIME, patience_s: float = _PATIENCE_S) -> None:
        self._hasher = PasswordHasher()
        self._turns = anyio.Semaphore(at_a_time, fast_acquire=True)
        self._patience_s = patience_s

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """
        Wait until a check may begin.

        Yields
        ------
        None
            When it may.

        Raises
        ------
        TooManyRequestsError
            If so many check that waiting has been long enough.
        """
        own = False
        with anyio.move_on_after(self._patience_s):
            await self._turns.acquire()
            own = True
        if not own:
            raise TooManyRequestsError(retry_after_s=max(1, round(self._patience_s)))
        try:
            yield
        finally:
            self._turns.release()

    @cached_property
    def _decoy(self) -> str:
        return self._hasher.hash(secrets.token_urlsafe(16))

    def check(self, account: Account | None, password: str) -> bool:
        """
        Tell whether a password opens an account.

        Parameters
        ----------
        account
            The account, None if the name is unknown.
        password
            What was typed.

        Returns
        -------
        bool
            True only for an enabled account and its password.
        """
        decoy = self._decoy  # made before the first check of any name, so that its making tells nothing
        known = account is not None and bool(account.password_hash)
        hashed = account.password_hash if account is not None and known else decoy
        try:
            self._hasher.verify(hashed, password)
        except (VerificationError, InvalidHashError):
            return False
        return account is not None and known and not account.disabled
