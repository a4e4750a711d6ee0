"""Commands about who may sign in."""

from __future__ import annotations

from collections.abc import Sequence

import click

from yzgeo.access import ROLES
from yzgeo.workflows import accounts

from .session import Session, common


@click.group("user")
def user() -> None:
    """登录账号。 Accounts."""


@user.command("add")
@click.argument("name")
@click.option(
    "--role", required=True, type=click.Choice([role for role in ROLES if role != "anonymous"]), help="角色。 Role."
)
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
    with session.open() as opened:
        if generate:
            password = accounts.generate_password()
        else:
            password = click.prompt("密码 password", hide_input=True, confirmation_prompt="再输一次 again", err=True)
        made = accounts.add_account(opened.store, name, role=role, password=password, subdistricts=tuple(subdistricts))
    data = {"name": made.name, "role": made.role, "subdistricts": list(made.subdistricts)}
    lines = [f"已保存账号 {made.name}（{made.role}）。 Account stored."]
    if generate:
        data["password"] = password
        lines.append(f"密码 password: {password}  （只显示这一次 shown only this once）")
    session.answer(data, *lines)


@user.command("list")
@common
@click.pass_obj
def list_accounts(session: Session) -> None:
    """列出账号。 List the accounts."""
    with session.open() as opened:
        found = opened.store.accounts()
    data = [
        {"name": one.name, "role": one.role, "subdistricts": list(one.subdistricts), "disabled": one.disabled}
        for one in found
    ]
    headings = [("账号", "Name"), ("角色", "Role"), ("街道", "Street offices"), ("停用", "Disabled")]
    rows = [(one.name, one.role, "、".join(one.subdistricts), "✓" if one.disabled else "") for one in found]
    session.table(data, headings, rows)


COMMANDS = (user,)
