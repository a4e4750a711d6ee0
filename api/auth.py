"""Who is asking: sessions in a cookie or a bearer token, passwords, lock-out and the guard against other sites."""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property
from hashlib import sha256
from typing import cast
from urllib.parse import urlsplit

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from fastapi import Request

from yzgeo.access import ANONYMOUS, ROLES, Caller, Role
from yzgeo.errors import SignInRefusedError
from yzgeo.store.base import Account, Store

from .errors import CrossSiteError, TooManyRequestsError
from .responses import header

COOKIE = "yzgeo_session"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_COOKIE_PREFIX = COOKIE.encode() + b"="
_WINDOW_S = 60.0
_MOST_REMEMBERED = 10_000


@dataclass(frozen=True, slots=True)
class Session:
    """A fresh session: the token is shown once, the store keeps its hash."""

    token: str
    expires_at: datetime
    caller: Caller


def caller_of(request: Request, store: Store) -> Caller:
    """
    Find out who asks.

    Parameters
    ----------
    request
        The request.
    store
        Where sessions are kept.

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
    account = store.session(hash_token(token), now=datetime.now(UTC))
    if account is None:
        if authorization:
            raise SignInRefusedError
        return ANONYMOUS
    return _caller(account)


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


def hash_token(token: str) -> str:
    """
    Hash a token for storage. Tokens are 32 random bytes, so a plain fast hash is enough.

    Parameters
    ----------
    token
        The token.

    Returns
    -------
    str
        SHA-256, hexadecimal.
    """
    return sha256(token.encode()).hexdigest()


def open_session(store: Store, account: Account, *, hours: float) -> Session:
    """
    Start a session.

    Parameters
    ----------
    store
        Where sessions are kept.
    account
        Whose session it is.
    hours
        How long it lasts.

    Returns
    -------
    Session
        With the only copy of the token.
    """
    token = secrets.token_urlsafe(32)
    expires_at = datetime.now(UTC) + timedelta(hours=hours)
    store.put_session(hash_token(token), account.name, expires_at=expires_at)
    return Session(token, expires_at, _caller(account))


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

    Kept in memory: a restart forgets it, which costs an attacker more than it gives.
    """

    failures: int
    lock_s: float
    per_minute: int
    clock: Callable[[], float] = time.monotonic
    _failed: dict[str, tuple[int, float]] = field(default_factory=dict)
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
        with self._lock:
            now = self.clock()
            recent = [at for at in self._attempts.get(address, []) if now - at < _WINDOW_S]
            if len(recent) >= self.per_minute:
                raise TooManyRequestsError(retry_after_s=max(1, round(_WINDOW_S - (now - recent[0]))))
            self._remember(self._attempts, address, [*recent, now])
            count, last = self._failed.get(name, (0, 0.0))
            if count >= self.failures and now - last < self.lock_s:
                raise SignInRefusedError

    def settle(self, name: str, *, success: bool) -> None:
        """
        Remember how an attempt ended.

        Parameters
        ----------
        name
            Account that was tried.
        success
            Whether the password was right.
        """
        with self._lock:
            if success:
                self._failed.pop(name, None)
                return
            count, last = self._failed.get(name, (0, 0.0))
            expired = self.clock() - last >= self.lock_s
            self._remember(self._failed, name, (1 if expired else count + 1, self.clock()))

    @staticmethod
    def _remember(
        table: dict[str, object] | dict[str, list[float]] | dict[str, tuple[int, float]], key: str, value: object
    ) -> None:
        remembered = cast("dict[str, object]", table)
        remembered.pop(key, None)
        remembered[key] = value
        while len(remembered) > _MOST_REMEMBERED:
            remembered.pop(next(iter(remembered)))


class Passwords:
    """Checks passwords against argon2 hashes, taking as long for an unknown name as for a known one."""

    def __init__(self) -> None:
        self._hasher = PasswordHasher()

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


def _caller(account: Account) -> Caller:
    role: Role = next((role for role in ROLES if role == account.role), "anonymous")
    return Caller(role, account.name, tuple(account.subdistricts))
