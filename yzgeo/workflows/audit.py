"""Reading the audit: who came in, what was taken out, who was let in."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from yzgeo.errors import ParameterError
from yzgeo.store.base import Store
from yzgeo.store.people import AUDIT_KINDS, AuditLine

MOST_LINES = 1000
LABELS = {
    "sign_in": {"zh": "登录", "en": "signed in"},
    "sign_in_refused": {"zh": "登录被拒", "en": "sign-in refused"},
    "sign_in_locked": {"zh": "账号锁定时尝试登录", "en": "sign-in while locked"},
    "sign_out": {"zh": "退出", "en": "signed out"},
    "session_revoked": {"zh": "会话被收回", "en": "session taken back"},
    "token_made": {"zh": "新建令牌", "en": "token made"},
    "token_revoked": {"zh": "收回令牌", "en": "token taken back"},
    "account_made": {"zh": "新建账号", "en": "account made"},
    "account_changed": {"zh": "修改账号", "en": "account changed"},
    "account_disabled": {"zh": "停用账号", "en": "account disabled"},
    "account_enabled": {"zh": "启用账号", "en": "account enabled"},
    "password_changed": {"zh": "修改密码", "en": "password changed"},
    "download": {"zh": "下载", "en": "download"},
    "export": {"zh": "导出", "en": "export"},
    "import": {"zh": "导入", "en": "import"},
    "import_undone": {"zh": "撤销导入", "en": "import undone"},
    "conflict_decided": {"zh": "裁定冲突", "en": "conflict decided"},
    "device_registered": {"zh": "登记设备", "en": "device registered"},
    "device_revoked": {"zh": "吊销设备", "en": "device revoked"},
    "unsent_imported": {"zh": "导入未上传记录", "en": "unsent work imported"},
}


def audit_lines(
    store: Store,
    *,
    limit: int = 100,
    before: int | None = None,
    since: datetime | None = None,
    actor: str | None = None,
    kind: str | None = None,
) -> list[dict[str, Any]]:
    """
    List lines of the audit.

    Parameters
    ----------
    store
        The store.
    limit
        Most lines wanted.
    before
        Only lines below this number.
    since
        Only lines from this moment on, with zone.
    actor
        Only what this account did; ``""`` for anonymous.
    kind
        Only this kind.

    Returns
    -------
    list of dict
        Newest first.

    Raises
    ------
    ParameterError
        If there is no such kind.
    """
    if kind is not None and kind not in AUDIT_KINDS:
        known = ", ".join(AUDIT_KINDS)
        raise ParameterError(name="kind", reason_zh=f"应为 {known} 之一", reason_en=f"must be one of {known}")
    found = store.people.audit(limit, before=before, since=since, actor=actor, kind=kind)
    return [_describe(line) for line in found]


def _describe(line: AuditLine) -> dict[str, Any]:
    deed = line.deed
    return {
        "number": line.number,
        "at": line.at.isoformat(),
        "kind": deed.kind,
        "label": LABELS[deed.kind],
        "actor": deed.actor or None,
        "role": deed.role or None,
        "address": deed.address or None,
        "subject": deed.subject or None,
        "details": dict(deed.details),
    }
