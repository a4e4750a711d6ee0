"""Phones: known from their first word on, and shut out for good when someone says so."""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

from yzgeo.access import may_administer
from yzgeo.errors import DeviceRevokedError, ForbiddenError, NotFoundError, StorageBusyError, StorageError
from yzgeo.store.base import Store
from yzgeo.store.phones import Device

from .accounts import By
from .progress import Caller

_SEEN_EVERY = timedelta(minutes=5)
_SYSTEMS = (
    ("HarmonyOS", re.compile(r"HarmonyOS|OpenHarmony")),
    ("iPhone", re.compile(r"iPhone")),
    ("iPad", re.compile(r"iPad")),
    ("Android", re.compile(r"Android")),
    ("Windows", re.compile(r"Windows")),
    ("macOS", re.compile(r"Macintosh")),
    ("Linux", re.compile(r"Linux|X11")),
)
# The more particular name first: most browsers also call themselves Chrome and Safari.
_BROWSERS = (
    ("微信", re.compile(r"MicroMessenger/(\d+)")),
    ("钉钉", re.compile(r"DingTalk/(\d+)")),
    ("华为浏览器", re.compile(r"HuaweiBrowser/(\d+)")),
    ("小米浏览器", re.compile(r"MiuiBrowser/(\d+)")),
    ("Edge", re.compile(r"Edg[A-Za-z]*/(\d+)")),
    ("Firefox", re.compile(r"(?:Firefox|FxiOS)/(\d+)")),
    ("Chrome", re.compile(r"(?:Chrome|CriOS|HeadlessChrome)/(\d+)")),
    ("Safari", re.compile(r"Version/(\d+).*Safari")),
)
_MODEL = re.compile(r"Android [\d.]+; ([^;)/]{2,40}?)(?: Build| HMSCore|\)|;|/)")


def meet(store: Store, device_id: str, caller: Caller, *, user_agent: str = "", address: str = "") -> None:
    """
    Let a phone in, and remember that it was there.

    Parameters
    ----------
    store
        The store.
    device_id
        What the phone calls itself, a UUID.
    caller
        Who holds it; anonymous where a session has run out.
    user_agent
        What its browser says of itself.
    address
        Where the request came from, for the audit.

    Raises
    ------
    DeviceRevokedError
        If it was shut out for this account, or by someone else for all; without a session, if it was for anyone.
    """
    known = store.devices.of(device_id)
    out = [each for each in known if each.revoked_at is not None]
    if any(caller.role == "anonymous" or each.actor == caller.name or each.revoked_by != each.actor for each in out):
        raise DeviceRevokedError
    if caller.role == "anonymous":
        return
    now = datetime.now(UTC)
    own = next((each for each in known if each.actor == caller.name), None)
    if own is not None and now - own.last_seen < _SEEN_EVERY:
        return
    label = label_of(user_agent)
    deed = By(caller.name, caller.role, address).deed("device_registered", device_id, label=label)
    if own is None:
        store.devices.see(Device(device_id, caller.name, label, now, now), deed=deed)
        return
    with suppress(StorageBusyError, StorageError):  # a full disk loses this and nothing else
        store.devices.see(Device(device_id, caller.name, label, own.first_seen, now), deed=deed)


def list_devices(store: Store, caller: Caller) -> list[dict[str, Any]]:
    """
    List the phones of an account, for administrators those of all.

    Parameters
    ----------
    store
        The store.
    caller
        Who asks.

    Returns
    -------
    list of dict
        Latest seen first.

    Raises
    ------
    ForbiddenError
        If nobody is signed in.
    """
    if caller.role == "anonymous":
        raise ForbiddenError
    return [
        {
            "id": each.id,
            "label": each.label,
            "actor": each.actor,
            "first_seen": each.first_seen.isoformat(),
            "last_seen": each.last_seen.isoformat(),
            "revoked_at": each.revoked_at and each.revoked_at.isoformat(),
            "revoked_by": each.revoked_by,
        }
        for each in store.devices.find(None if may_administer(caller.role) else caller.name)
    ]


def revoke_device(store: Store, device_id: str, caller: Caller, *, address: str = "", session: str = "") -> int:
    """
    Shut a phone out: at its next contact it forgets everything it holds, and the session that is on it opens nothing.

    Parameters
    ----------
    store
        The store.
    device_id
        Id of the phone.
    caller
        Who does it; an account for itself, an administrator for all that have used the phone.
    address
        Where the request came from, for the audit.
    session
        Id of the caller's own session, which goes on; all others of the accounts concerned end.

    Returns
    -------
    int
        For how many accounts it was not shut out yet; doing it again changes nothing.

    Raises
    ------
    ForbiddenError
        If nobody is signed in.
    NotFoundError
        If the caller has no such phone.
    """
    if caller.role == "anonymous":
        raise ForbiddenError
    everyone = may_administer(caller.role)
    known = [each for each in store.devices.of(device_id) if everyone or each.actor == caller.name]
    if not known:
        raise NotFoundError(what=device_id)
    by = By(caller.name, caller.role, address)
    deed = by.deed("device_revoked", device_id, label=known[0].label, accounts=[each.actor for each in known])
    actor = None if everyone else caller.name
    return store.devices.revoke(device_id, actor=actor, by=caller.name, deed=deed, spared=session)


def label_of(user_agent: str) -> str:
    """
    Name a phone for people, by what its browser says of itself.

    Parameters
    ----------
    user_agent
        The header.

    Returns
    -------
    str
        System, model where told, and browser, for instance ``Android V2055A · Chrome 126``.
    """
    system = next((name for name, pattern in _SYSTEMS if pattern.search(user_agent)), "")
    model = _MODEL.search(user_agent)
    told = " ".join(filter(None, (system, model[1].strip() if model and model[1] != "K" else "")))
    for name, pattern in _BROWSERS:
        found = pattern.search(user_agent)
        if found:
            return " · ".join(filter(None, (told, f"{name} {found[1]}")))
    return told or "?"
