"""Accounts: who may sign in. Passwords are kept as argon2 hashes only."""

from __future__ import annotations

import re
import secrets
from typing import get_args

from argon2 import PasswordHasher

from yzgeo.access import Role
from yzgeo.errors import ParameterError
from yzgeo.store.base import Account, Store

MIN_PASSWORD_LENGTH = 8
_NAME = re.compile(r"^[\w.@-]{1,64}$")


def hash_password(password: str) -> str:
    """
    Hash a password for storage.

    Parameters
    ----------
    password
        What the person types.

    Returns
    -------
    str
        argon2id hash with its salt and parameters.
    """
    return PasswordHasher().hash(password)


def generate_password() -> str:
    """
    Make a password nobody can guess.

    Returns
    -------
    str
        96 random bits as text.
    """
    return secrets.token_urlsafe(12)


def add_account(store: Store, name: str, *, role: str, password: str, subdistricts: tuple[str, ...] = ()) -> Account:
    """
    Create an account, or give an existing one a new role and password.

    Parameters
    ----------
    store
        Store of the workspace.
    name
        Letters, digits and ``. _ - @``, also Chinese; at most 64.
    role
        One of the roles except ``anonymous``.
    password
        At least eight characters.
    subdistricts
        Codes of the street offices a field account is limited to.

    Returns
    -------
    Account
        The account as stored.

    Raises
    ------
    ParameterError
        If the name, the role, the password or a street office cannot be used.
    """
    roles = [known for known in get_args(Role) if known != "anonymous"]
    if not _NAME.match(name):
        reason = "只能用字母、数字、汉字和 . _ - @，最多 64 个"
        raise ParameterError(name="name", reason_zh=reason, reason_en="use letters, digits and . _ - @, at most 64")
    if role not in roles:
        known = ", ".join(roles)
        raise ParameterError(name="role", reason_zh=f"应为 {known} 之一", reason_en=f"must be one of {known}")
    if len(password) < MIN_PASSWORD_LENGTH:
        reason = f"密码至少 {MIN_PASSWORD_LENGTH} 位"
        raise ParameterError(name="password", reason_zh=reason, reason_en=f"at least {MIN_PASSWORD_LENGTH} characters")
    if role == "field" and not subdistricts:
        raise ParameterError(
            name="subdistrict",
            reason_zh="街道人员账号必须指定所属街道",
            reason_en="a field account needs its street office",
        )
    known_codes = _street_offices(store)
    unknown = [code for code in subdistricts if known_codes and code not in known_codes]
    if unknown:
        raise ParameterError(
            name="subdistrict",
            reason_zh=f"没有街道 {', '.join(unknown)}；应为 {', '.join(known_codes)}",
            reason_en=f"there is no street office {', '.join(unknown)}; known are {', '.join(known_codes)}",
        )
    account = Account(name=name, role=role, subdistricts=subdistricts, password_hash=hash_password(password))
    store.put_account(account)
    return account


def _street_offices(store: Store) -> list[str]:
    """List the codes that the register of street offices knows; none before it is filled."""
    if "admin_subdistrict" not in store.catalogue.layers:
        return []
    return sorted(str(code) for code in store.rows("admin_subdistrict", fields=["code"]).columns["code"])
