"""Commands that show what there is: layers and targets."""

from __future__ import annotations

from typing import Any

import click

from yzgeo import catalogue
from yzgeo.catalogue import Catalogue
from yzgeo.errors import WorkspaceMissingError
from yzgeo.targets import load as load_targets
from yzgeo.workflows import overview

from .session import Session, common


@click.command("layers")
@common
@click.pass_obj
def layers(session: Session) -> None:
    """列出全部图层。 List the layers."""
    known = catalogue.load()
    counts = _counts(session, known)
    titles = {group.id: group.title for group in known.groups}
    data = []
    for layer in known.layers.values():
        spec = layer.spec
        data.append(
            {
                "id": spec.id,
                "title": spec.title.model_dump(),
                "group": spec.group,
                "geometry": spec.geometry,
                "access": spec.access,
                **counts.get(spec.id, {"count": None, "revision": None, "data_status": {}}),
            }
        )
    rows = [
        (
            one["id"],
            known.layer(one["id"]).spec.title.model_dump()[session.lang],
            titles[one["group"]].model_dump()[session.lang],
            one["geometry"],
            one["access"],
            one["count"],
            "、".join(f"{status} {count}" for status, count in one["data_status"].items()),
        )
        for one in data
    ]
    headings = [("图层", "Layer"), ("名称", "Title"), ("分组", "Group"), ("几何", "Geometry"), ("可见", "Access")]
    session.table(data, [*headings, ("要素", "Features"), ("数据状态", "Data status")], rows)


@click.command("targets")
@click.option("--measured", is_flag=True, help="与工作区中登记的对照。 Beside what the workspace holds.")
@common
@click.pass_obj
def targets(session: Session, *, measured: bool) -> None:
    """列出规划目标。 List the plan's targets."""
    if measured:
        _show_board(session)
        return
    found = load_targets(catalogue.load())
    data = [target.model_dump(mode="json") for target in found]
    rows = [
        (
            target.id,
            target.title.model_dump()[session.lang],
            target.figure,
            target.horizon,
            target.kind,
            target.layer,
            target.chapter,
        )
        for target in found
    ]
    headings = [("目标", "Target"), ("名称", "Title"), ("规划数字", "Figure"), ("年份", "Year"), ("性质", "Kind")]
    session.table(data, [*headings, ("图层", "Layer"), ("章", "Chapter")], rows)


COMMANDS = (layers, targets)


def _show_board(session: Session) -> None:
    with session.progress() as told, session.open() as opened:
        told("统计目标", 0.2)
        board = overview.target_board(opened.store, "admin")
    rows = [_board_row(one, session.lang) for one in board["targets"]]
    headings = [("目标", "Target"), ("规划", "Planned"), ("登记", "Registered"), ("完成", "Done"), ("比例", "Share")]
    session.table(board, [*headings, ("单位", "Unit"), ("分母", "Denominator"), ("数据状态", "Data status")], rows)
    if any(one.get("illustrative") for one in board["targets"]):
        session.say(
            "注意：部分数字出自示意数据，不是实际进展。",
            "Mind: some figures come from illustrative data, not from real progress.",
        )


def _board_row(one: dict[str, Any], lang: str) -> tuple[object, ...]:
    share = one["share"]
    status = "、".join(f"{name} {count}" for name, count in (one.get("data_status") or {}).items())
    return (
        _text(one["title"], lang),
        one["figure"],
        _number(one["registered"]),
        _number(one["done"]),
        "" if share is None else f"{share:.1%}",
        _text(one["unit"], lang),
        _text(one["denominator"], lang),
        status,
    )


def _text(value: Any, lang: str) -> str:
    return str(value[lang]) if isinstance(value, dict) else str(value or "")


def _number(value: Any) -> str:
    return "" if value is None else f"{value:,.10g}"


def _counts(session: Session, known: Catalogue) -> dict[str, dict[str, Any]]:
    """Count what the workspace holds; without a workspace the catalogue alone is an answer too."""
    try:
        opened = session.open()
    except WorkspaceMissingError as error:
        session.say(f"（{error.message('zh')}只列出目录。）", f"({error.message('en')} The catalogue alone is listed.)")
        return {}
    with opened:
        store = opened.store
        return {
            layer: {
                "count": store.count(layer),
                "revision": store.revision(layer),
                "data_status": {str(status): count for status, count in store.tally(layer, "data_status").items()},
            }
            for layer in known.layers
        }
