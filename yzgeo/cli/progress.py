"""Commands about progress: where the district stands on a day, and whether its ledger can be trusted."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import click

from yzgeo.workflows import progress

from .session import Session, common

_LIGHTS = {"green": ("绿", "green"), "amber": ("黄", "amber"), "red": ("红", "red"), "grey": ("灰", "grey")}
_SHOWN = 20
_DAY = click.DateTime(formats=["%Y-%m-%d"])


@click.command("progress")
@click.option("--at", type=_DAY, metavar="YYYY-MM-DD", help="截至哪一天（默认今天）。 As of which day.")
@click.option("--layer", metavar="ID", help="只看一个图层。 One layer only.")
@click.option("--by", type=click.Choice(["subdistrict", "community"]), help="分街道或分社区。 By unit.")
@click.option("--since", type=_DAY, metavar="YYYY-MM-DD", help="列出自那天以来的变动。 What moved since then.")
@common
@click.pass_obj
def show(
    session: Session, *, at: datetime | None, layer: str | None, by: progress.By | None, since: datetime | None
) -> None:
    """目标进度、预测和滞后项目。 Promises, forecasts and what is late."""
    day = at.date() if at else None
    with session.open() as opened:
        if since is not None:
            end = day or progress.reference_day(opened.store)
            moved = progress.changes_between(opened.store, "admin", start=since.date(), end=end, layer=layer)
            _show_moved(session, moved)
            return
        found = progress.progress_on(opened.store, "admin", at=day, layer=layer, by=by)
    _show_groups(session, found) if by else _show_targets(session, found)


@click.group("ledger")
def ledger() -> None:
    """进展台账。 The ledger of progress."""


@ledger.command("verify")
@common
@click.pass_context
def verify(context: click.Context) -> None:
    """逐条核对台账和图层。 Walk the chain and compare the layers with it."""
    session: Session = context.obj
    with session.open() as opened:
        found = progress.verify(opened.store)
    session.answer(found, *_verdict(found, session.lang))
    if not found["ok"]:
        context.exit(1)


@ledger.command("rebuild")
@common
@click.pass_context
def rebuild(context: click.Context) -> None:
    """按台账重建图层的阶段和数量。 Make stages and quantities again from the events."""
    session: Session = context.obj
    with session.open() as opened:
        found = progress.rebuild(opened.store)
    zh, en = f"已重建，改正 {found['mended']} 个要素。", f"Rebuilt; {found['mended']} features put right."
    session.answer(found, zh if session.lang == "zh" else en, *_verdict(found, session.lang))
    if not found["ok"]:
        context.exit(1)


COMMANDS = (show, ledger)


def _verdict(found: dict[str, Any], lang: str) -> list[str]:
    zh = lang == "zh"
    broken = found["broken"]
    if broken is not None:
        told = broken["message" if zh else "message_en"]
        where = f"第 {broken['position']} 条" if zh else f"entry {broken['position']}"
        return [f"✗ {where} {broken['event']}: {told}"]
    lines = [
        f"✗ {each['layer']} {each['uid']} {each['field']}: {each['stored']} ≠ {each['expected']}"
        for each in found["differences"][:_SHOWN]
    ]
    if lines:
        count = len(found["differences"])
        return [*lines, f"共 {count} 处与台账不符；可用 yzgeo ledger rebuild 重建。 {count} differences."]
    return [
        f"✓ 台账 {found['events']} 条，链完整，图层与台账一致。末条哈希 {found['head'][:16]}…"
        if zh
        else f"✓ {found['events']} entries, the chain holds, the layers agree. Head {found['head'][:16]}…"
    ]


def _show_targets(session: Session, found: dict[str, Any]) -> None:
    position = 0 if session.lang == "zh" else 1
    rows = [
        (
            target["title"][session.lang],
            f"{target['done']:,.4g}",
            f"{target['scheduled']:,.4g}",
            "" if target["value"] is None else f"{target['value']:,g}",
            target["unit"][session.lang],
            _LIGHTS[target["light"]][position],
            target["late"] or "",
            target["forecast"]["finish"] or target["forecast"]["method_label"][session.lang],
            "示意" if target["illustrative"] else "",
        )
        for target in found["targets"]
    ]
    headings = [
        ("目标", "Promise"),
        ("已完成", "Done"),
        ("应完成", "Scheduled"),
        ("规划", "Planned"),
        ("单位", "Unit"),
        ("灯", "Light"),
        ("滞后", "Late"),
        ("预计完成", "Forecast"),
        ("数据", "Data"),
    ]
    session.say(f"截至 {found['at']}。{found['rule']['zh']}", f"As of {found['at']}. {found['rule']['en']}")
    _say_unknown(session, found)
    session.table(found, headings, rows)


def _say_unknown(session: Session, found: dict[str, Any]) -> None:
    """Say what nobody recorded of the day, each sentence once."""
    notes = {told["note"]["zh"]: told["note"]["en"] for told in found["registers"].values() if told["note"]}
    for zh, en in notes.items():
        session.say(zh, en)


def _show_groups(session: Session, found: dict[str, Any]) -> None:
    rows = [
        (
            group["name"] or group["code"] or "—",
            layer,
            figures["count"],
            figures["done"],
            figures["late"] or "",
            f"{figures['amount']:,.4g}",
            f"{figures['amount_done']:,.4g}",
            figures["unit"][session.lang],
        )
        for group in found["groups"]
        for layer, figures in group["layers"].items()
    ]
    headings = [
        ("单位", "Unit"),
        ("图层", "Layer"),
        ("数量", "Count"),
        ("已完成", "Done"),
        ("滞后", "Late"),
        ("总量", "Amount"),
        ("已完成量", "Amount done"),
        ("计量单位", "Measured in"),
    ]
    session.say(f"截至 {found['at']}。", f"As of {found['at']}.")
    _say_unknown(session, found)
    session.table(found, headings, rows)


def _show_moved(session: Session, found: dict[str, Any]) -> None:
    rows = [
        (
            moved["on"],
            moved["layer"],
            moved["code"],
            moved["name"],
            moved["from_label"][session.lang],
            moved["to_label"][session.lang],
            moved["actor"],
        )
        for moved in found["moved"]
    ]
    headings = [
        ("日期", "Date"),
        ("图层", "Layer"),
        ("编号", "Code"),
        ("名称", "Name"),
        ("从", "From"),
        ("到", "To"),
        ("登记人", "By"),
    ]
    session.table(found, headings, rows)
