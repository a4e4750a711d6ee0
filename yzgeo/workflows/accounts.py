"""Accounts: who may sign in. Passwords are kept as argon2 hashes only; every change stands in the audit."""

from __future__ import annotations

import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from argon2 import PasswordHasher

from yzgeo.access import ROLES, may_administer
from yzgeo.errors import AccountExistsError, LastAdministratorError, NotFoundError, ParameterError
from yzgeo.store.base import Account, Store
from yzgeo.store.people import AuditKind, Deed

MIN_PASSWORD_LENGTH = 8
_NAME = re.compile(r"[\w.@-]{1,64}")


@dataclass(frozen=True, slots=True)
class By:
    """Who does something, in which role and from which address; what the audit says of it."""

    name: str = "yzgeo"
    role: str = ""
    address: str = ""

    def deed(self, kind: AuditKind, subject: str = "", **details: Any) -> Deed:
        """
        Say what was done.

        Parameters
        ----------
        kind
            What.
        subject
            To what or whom.
        **details
            Anything else worth remembering; never a secret.

        Returns
        -------
        Deed
            A line of the audit to be.
        """
        return Deed(kind, self.name, self.role, self.address, subject, details)


PROGRAM = By()


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


def add_account(
    store: Store,
    name: str,
    *,
    role: str,
    password: str,
    subdistricts: tuple[str, ...] = (),
    by: By = PROGRAM,
    fresh: bool = False,
) -> Account:
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
    by
        Who does it.
    fresh
        Refuse if there is such an account already.

    Returns
    -------
    Account
        The account as stored.

    Raises
    ------
    ParameterError
        If the name, the role, the password or a street office cannot be used.
    AccountExistsError
        If it must be fresh and is not.
    LastAdministratorError
        If nobody could administer any more.
    """
    check_name(name)
    _check_password(password)
    before = store.account(name)
    if fresh and before is not None:
        raise AccountExistsError(name=name)
    account = Account(name=name, role=role, subdistricts=subdistricts, password_hash=hash_password(password))
    return _put(store, before, account, by)


def change_account(
    store: Store,
    name: str,
    *,
    role: str | None = None,
    subdistricts: Sequence[str] | None = None,
    disabled: bool | None = None,
    by: By = PROGRAM,
) -> Account:
    """
    Change what an account may do, or whether it may come in at all.

    Parameters
    ----------
    store
        Store of the workspace.
    name
        Its name.
    role, subdistricts, disabled
        What is to change; the rest stays. Disabling ends every session and token of the account.
    by
        Who does it.

    Returns
    -------
    Account
        The account as stored.

    Raises
    ------
    NotFoundError
        If there is none.
    ParameterError
        If the role or a street office cannot be used.
    LastAdministratorError
        If nobody could administer any more.
    """
    before = find_account(store, name)
    account = replace(
        before,
        role=before.role if role is None else role,
        subdistricts=before.subdistricts if subdistricts is None else tuple(subdistricts),
        disabled=before.disabled if disabled is None else disabled,
    )
    return before if account == before else _put(store, before, account, by)


def set_password(store: Store, name: str, password: str, *, by: By = PROGRAM) -> Account:
    """
    Give an account a new password, which ends every session and token it has.

    Parameters
    ----------
    store
        Store of the workspace.
    name
        Its name.
    password
        At least eight characters.
    by
        Who does it.

    Returns
    -------
    Account
        The account as stored.

    Raises
    ------
    NotFoundError
        If there is none.
    ParameterError
        If the password cannot be used.
    """
    before = find_account(store, name)
    _check_password(password)
    return _put(store, before, replace(before, password_hash=hash_password(password)), by)


def find_account(store: Store, name: str) -> Account:
    """
    Get an account.

    Parameters
    ----------
    store
        Store of the workspace.
    name
        Its name.

    Returns
    -------
    Account
        The account.

    Raises
    ------
    NotFoundError
        If there is none.
    """
    account = store.account(name)
    if account is None:
        raise NotFoundError(what=name)
    return account


def describe_account(account: Account) -> dict[str, Any]:
    """
    Describe an account for people and programs, without its password's hash.

    Parameters
    ----------
    account
        The account.

    Returns
    -------
    dict
        ``name``, ``role``, ``subdistricts``, ``disabled`` and ``external``: another service vouches for it.
    """
    return {
        "name": account.name,
        "role": account.role,
        "subdistricts": list(account.subdistricts),
        "disabled": account.disabled,
        "external": bool(account.origin),
    }


def check_name(name: str) -> None:
    """
    Refuse a name that nobody can have.

    Parameters
    ----------
    name
        The name.

    Raises
    ------
    ParameterError
        If it has other characters, is too long, or is the one under which the program itself acts.
    """
    if not _NAME.fullmatch(name):
        reason = "只能用字母、数字、汉字和 . _ - @，最多 64 个"
        raise ParameterError(name="name", reason_zh=reason, reason_en="use letters, digits and . _ - @, at most 64")
    if name == PROGRAM.name:
        reason = "这是程序自己的名字，请换一个"
        raise ParameterError(name="name", reason_zh=reason, reason_en="this is the program's own name, take another")


def check_powers(store: Store, role: str, subdistricts: Sequence[str]) -> None:
    """
    Refuse a role that nobody can have, or street offices that do not exist.

    Parameters
    ----------
    store
        Store of the workspace.
    role
        The role.
    subdistricts
        Codes of street offices.

    Raises
    ------
    ParameterError
        If it cannot be used.
    """
    roles = [known for known in ROLES if known != "anonymous"]
    if role not in roles:
        known = ", ".join(roles)
        raise ParameterError(name="role", reason_zh=f"应为 {known} 之一", reason_en=f"must be one of {known}")
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


def _check_password(password: str) -> None:
    if len(password) < MIN_PASSWORD_LENGTH:
        reason = f"密码至少 {MIN_PASSWORD_LENGTH} 位"
        raise ParameterError(name="password", reason_zh=reason, reason_en=f"at least {MIN_PASSWORD_LENGTH} characters")


def _put(store: Store, before: Account | None, account: Account, by: By) -> Account:
    check_powers(store, account.role, account.subdistricts)
    _require_an_administrator(store, before, account)
    details: dict[str, Any] = {"role": account.role, "subdistricts": list(account.subdistricts)}
    if before is not None and before.role != account.role:
        details["role_before"] = before.role
    if before is not None and before.subdistricts != account.subdistricts:
        details["subdistricts_before"] = list(before.subdistricts)
    store.people.put_account(account, deed=by.deed(_kind(before, account), account.name, **details))
    return account


def _kind(before: Account | None, account: Account) -> AuditKind:
    if before is None:
        return "account_made"
    if before.disabled != account.disabled:
        return "account_disabled" if account.disabled else "account_enabled"
    same_powers = (before.role, before.subdistricts) == (account.role, account.subdistricts)
    return "password_changed" if same_powers and before.password_hash != account.password_hash else "account_changed"


def _require_an_administrator(store: Store, before: Account | None, account: Account) -> None:
    """Keep one account that can let others in; losing the last one is repaired only at the machine itself."""
    administers = may_administer_account(account)
    if before is None or administers or not may_administer_account(before):
        return
    if not any(may_administer_account(other) for other in store.accounts() if other.name != account.name):
        raise LastAdministratorError(name=account.name)


def may_administer_account(account: Account) -> bool:
    """
    Tell whether an account decides who else may come in.

    Parameters
    ----------
    account
        The account.

    Returns
    -------
    bool
        True for an administrator that is not disabled.
    """
    return not account.disabled and any(may_administer(role) for role in ROLES if role == account.role)


def _street_offices(store: Store) -> list[str]:
    """List the codes that the register of street offices knows; none before it is filled."""
    if "admin_subdistrict" not in store.catalogue.layers:
        return []
    return sorted(str(code) for code in store.rows("admin_subdistrict", fields=["code"]).columns["code"])
