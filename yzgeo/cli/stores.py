"""Commands about where a district is kept."""

from __future__ import annotations

import click

from yzgeo.catalogue import load
from yzgeo.workflows.stores import copy_store

from .session import Session, common, who


@click.group("store")
def store() -> None:
    """数据存放：工作区文件或 PostGIS。 Where a district is kept: a file or PostGIS."""


@store.command("copy")
@click.argument("source")
@click.argument("target")
@common
@click.pass_obj
def copy(session: Session, *, source: str, target: str) -> None:
    """
    在工作区目录与 PostGIS 之间复制全部内容，并核对内容相同。 Copy everything and prove it equal.

    SOURCE 和 TARGET 是工作区目录，或 postgresql://用户@主机/数据库?schema=名称；TARGET 必须还不存在。
    """
    with session.progress() as told:
        made = copy_store(source, target, load(), by=who(), progress=told)
    session.answer(
        {"features": dict(made.features), "sha256": made.sha256},
        f"已复制 {sum(made.features.values())} 个要素，内容校验和 {made.sha256[:16]}…。 Copied and equal.",
    )


COMMANDS = (store,)
