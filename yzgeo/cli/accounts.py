"""Commands about who may sign in, and who did."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import click

from yzgeo.access import ROLES
from yzgeo.ledger import ZONE
from yzgeo.store.people import AUDIT_KINDS, GrantKind
from yzgeo.workflows import accounts, audit, grants

from .session import Session, common, who

_ROLES = [role for role in ROLES if role != "anonymous"]


@click.group("user")
def user() -> None:
    """登录账号。 Accounts."""


@user.command("add")
@click.argument("name")
@click.option("--role", required=True, type=click.Choice(_ROLES), help="角色。 Role.")
@click.option(
    "--subdistrict",
    "subdistricts",
    multiple=True,
    metavar="CODE",
    help="街道代码（field 必填，可多次）。 Street office.",
)
@click.option("--generate", is_flag=True, help="生成密码并显示一次。 Make a password and show it once.")
@common
@click.pass_obj
def add(session: Session, *, name: str, role: str, subdistricts: Sequence[str], generate: bool) -> None:
    """新建账号，或重设已有账号。 Make an account, or reset one."""
    chosen = _password(generate=generate)
    with session.open() as opened:
        made = accounts.add_account(
            opened.store, name, role=role, password=chosen, subdistricts=tuple(subdistricts), by=who()
        )
    data = {"name": made.name, "role": made.role, "subdistricts": list(made.subdistricts)}
    shown = {**data, **({"password": chosen} if generate else {})}
    told = f"已保存账号 {made.name}（{made.role}）。 Account stored."
    session.answer(shown, told, *_shown_once(chosen, generate=generate))


@user.command("list")
@common
@click.pass_obj
def list_accounts(session: Session) -> None:
    """列出账号。 List the accounts."""
    with session.open() as opened:
        found = opened.store.accounts()
    headings = [("账号", "Name"), ("角色", "Role"), ("街道", "Street offices"), ("停用", "Disabled")]
    rows = [(one.name, one.role, "、".join(one.subdistricts), "✓" if one.disabled else "") for one in found]
    session.table([accounts.describe_account(one) for one in found], headings, rows)


@user.command("change")
@click.argument("name")
@click.option("--role", type=click.Choice(_ROLES), help="角色。 Role.")
@click.option(
    "--subdistrict", "subdistricts", multiple=True, metavar="CODE", help="街道代码（可多次）。 Street office."
)
@common
@click.pass_obj
def change(session: Session, *, name: str, role: str | None, subdistricts: Sequence[str]) -> None:
    """修改账号的角色或街道，下一个请求起生效。 Change what an account may do."""
    with session.open() as opened:
        made = accounts.change_account(
            opened.store, name, role=role, subdistricts=tuple(subdistricts) or None, by=who()
        )
    session.answer(accounts.describe_account(made), f"{made.name}：{made.role}。 Account changed.")


@user.command("disable")
@click.argument("name")
@common
@click.pass_obj
def disable(session: Session, *, name: str) -> None:
    """停用账号，立即结束其全部会话和令牌。 Disable an account; its sessions and tokens end."""
    _switch(session, name, disabled=True)


@user.command("enable")
@click.argument("name")
@common
@click.pass_obj
def enable(session: Session, *, name: str) -> None:
    """重新启用账号。 Let an account in again."""
    _switch(session, name, disabled=False)


@user.command("password")
@click.argument("name")
@click.option("--generate", is_flag=True, help="生成密码并显示一次。 Make a password and show it once.")
@common
@click.pass_obj
def password(session: Session, *, name: str, generate: bool) -> None:
    """设新密码，立即结束其全部会话和令牌。 Set a new password; sessions and tokens end."""
    chosen = _password(generate=generate)
    with session.open() as opened:
        accounts.set_password(opened.store, name, chosen, by=who())
    shown = {"name": name, **({"password": chosen} if generate else {})}
    session.answer(shown, f"已设新密码 {name}。 Password set.", *_shown_once(chosen, generate=generate))


@user.command("token")
@click.argument("name")
@click.option("--for", "label", required=True, metavar="TEXT", help="用途，例如 QGIS。 What it is for.")
@click.option(
    "--days", type=click.FloatRange(0, grants.MOST_DAYS, min_open=True), default=90.0, help="有效天数。 Days."
)
@common
@click.pass_obj
def token(session: Session, *, name: str, label: str, days: float) -> None:
    """给程序用的令牌，只显示一次。 Make a token for a program, shown once."""
    with session.open() as opened:
        account = accounts.find_account(opened.store, name)
        made = grants.make_token(opened.store, account, label=label, days=days, by=who())
    [described] = grants.describe_grants([made.grant])
    session.answer(
        {**described, "token": made.token},
        f"令牌 token: {made.token}  （只显示这一次 shown only this once）",
        f"编号 id: {made.grant.id}；到期 expires: {described['expires_at']}",
    )


@user.command("tokens")
@click.argument("name", required=False)
@common
@click.pass_obj
def tokens(session: Session, *, name: str | None) -> None:
    """列出有效的令牌。 List the tokens in force."""
    _list(session, "token", name)


@user.command("sessions")
@click.argument("name", required=False)
@common
@click.pass_obj
def sessions(session: Session, *, name: str | None) -> None:
    """列出有效的登录会话。 List the sessions in force."""
    _list(session, "session", name)


@user.command("revoke")
@click.argument("identifier", metavar="ID")
@common
@click.pass_obj
def revoke(session: Session, *, identifier: str) -> None:
    """收回一个令牌或会话（编号见列表）。 Take a token or a session back."""
    with session.open() as opened:
        kinds = {each.id: each.kind for each in opened.store.people.grants(now=datetime.now(UTC))}
        kind = kinds.get(identifier, "token")
        gone = grants.revoke(opened.store, kind, identifier, account=None, by=who())
    session.answer({"id": gone.id, "account": gone.account}, f"已收回 {gone.id}（{gone.account}）。 Taken back.")


@click.command("audit")
@click.option("--since", type=click.DateTime(["%Y-%m-%d"]), help="从哪天起。 From this day on.")
@click.option("--actor", metavar="NAME", help="只看此人所为。 Only what this account did.")
@click.option("--kind", type=click.Choice(AUDIT_KINDS), help="只看此类。 Only this kind.")
@click.option("--limit", type=click.IntRange(1, audit.MOST_LINES), default=50, help="最多几条。 Most lines.")
@common
@click.pass_obj
def show_audit(session: Session, *, since: datetime | None, actor: str | None, kind: str | None, limit: int) -> None:
    """审计记录：登录、下载、导入、账号变更，新的在前。 The audit, newest first."""
    moment = None if since is None else since.replace(tzinfo=ZONE)
    with session.open() as opened:
        found = audit.audit_lines(opened.store, limit=limit, since=moment, actor=actor, kind=kind)
    headings = [("时间", "At"), ("事项", "What"), ("谁", "Who"), ("地址", "From"), ("对象", "Subject")]
    rows = [
        (
            datetime.fromisoformat(each["at"]).astimezone(ZONE).strftime("%Y-%m-%d %H:%M:%S"),
            each["label"][session.lang],
            each["actor"],
            each["address"],
            each["subject"],
        )
        for each in found
    ]
    session.table(found, headings, rows)


def _switch(session: Session, name: str, *, disabled: bool) -> None:
    with session.open() as opened:
        made = accounts.change_account(opened.store, name, disabled=disabled, by=who())
    told = "已停用 disabled" if disabled else "已启用 enabled"
    session.answer(accounts.describe_account(made), f"{made.name}：{told}。")


def _list(session: Session, kind: GrantKind, name: str | None) -> None:
    with session.open() as opened:
        found = grants.describe_grants(grants.list_grants(opened.store, kind, name))
    headings = [
        ("编号", "Id"),
        ("账号", "Name"),
        ("用途", "For"),
        ("地址", "From"),
        ("到期", "Expires"),
        ("最近使用", "Used"),
    ]
    keys = ("id", "account", "name", "address", "expires_at", "last_used_at")
    session.table(found, headings, [[each[key] for key in keys] for each in found])


def _password(*, generate: bool) -> str:
    if generate:
        return accounts.generate_password()
    asked: str = click.prompt("密码 password", hide_input=True, confirmation_prompt="再输一次 again", err=True)
    return asked


def _shown_once(password: str, *, generate: bool) -> list[str]:
    return [f"密码 password: {password}  （只显示这一次 shown only this once）"] if generate else []


COMMANDS = (user, show_audit)
