"""Commands about files: taking them in, giving them out, and what was taken in before."""

from __future__ import annotations

import getpass
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, get_args

import click

from yzgeo.access import ROLES, Role
from yzgeo.catalogue import DataStatus
from yzgeo.errors import NotFoundError
from yzgeo.report.formats import FORMATS
from yzgeo.workflows import exports, imports

from .session import Session, common

_LEVELS = {"error": "错误", "warning": "注意", "info": "说明"}


@click.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--layer", required=True, metavar="ID", help="导入到哪个图层。 Layer to import into.")
@click.option(
    "--crs",
    metavar="EPSG:4529",
    help="确认坐标系，例如 EPSG:4529、EPSG:4550+swapped、GCJ-02、BD-09。 Coordinate system, as you confirm it.",
)
@click.option("--encoding", metavar="NAME", help="Shapefile 文字编码，例如 gb18030。 Encoding of a Shapefile's texts.")
@click.option("--column", "columns", multiple=True, metavar="列名=field", help="列与字段的对应。 Column to field.")
@click.option("--mode", type=click.Choice(get_args(imports.Mode)), default="upsert", show_default=True,
              help="增改，或整层替换。 Add and update, or replace the whole layer.")  # fmt: skip
@click.option("--status", type=click.Choice(get_args(DataStatus)), default="surveyed", show_default=True,
              help="文件未注明时的数据状态。 Data status where the file gives none.")  # fmt: skip
@click.option("--source-layer", "--sheet", "source_layer", metavar="NAME",
              help="文件中的图层或工作表。 Layer or sheet inside the file.")  # fmt: skip
@click.option("--member", metavar="NAME", help="压缩包中的哪一份数据。 Which data set of an archive.")
@click.option("--keep-valid", is_flag=True, help="有行被拒时仍保存其余行。 Store the good rows even if others fail.")
@click.option("--dry-run", is_flag=True, help="只检查，不保存。 Check only.")
@common
@click.pass_obj
def import_command(
    session: Session,
    file: Path,
    *,
    layer: str,
    crs: str | None,
    encoding: str | None,
    columns: Sequence[str],
    mode: imports.Mode,
    status: DataStatus,
    source_layer: str | None,
    member: str | None,
    keep_valid: bool,
    dry_run: bool,
) -> None:
    """导入文件。 Import a file into a layer."""
    pairs = _pairs(columns)
    with session.progress() as told, session.open() as opened:
        report = imports.import_file(
            opened,
            file,
            layer=layer,
            crs=crs,
            encoding=encoding,
            columns=pairs,
            mode=mode,
            dry_run=dry_run,
            keep_valid=keep_valid,
            data_status=status,
            sheet=source_layer,
            member=member,
            actor=f"cli:{getpass.getuser()}",
            progress=told,
        )
    data = report.as_dict()
    session.answer(data, *_report_lines(data))
    if not session.as_json:
        show_issues(data["issues"], data["issues_total"], session.lang, most=20)
    if report.verdict != "ok":
        click.get_current_context().exit(1)


@click.group("imports")
def imports_group() -> None:
    """已做过的导入。 Imports done before."""


@imports_group.command("list")
@click.option("--layer", metavar="ID", help="只看一个图层。 One layer only.")
@common
@click.pass_obj
def imports_list(session: Session, layer: str | None) -> None:
    """列出导入批次，新的在前。 List the batches, newest first."""
    with session.open() as opened:
        if layer is not None:
            opened.catalogue.layer(layer)
        batches = [imports.batch_as_dict(batch) for batch in opened.store.batches(layer)]
    names = ("id", "layer", "revision", "recorded_at", "actor", "inserted", "updated", "deleted", "file_name")
    headings = [("批次", "Batch"), ("图层", "Layer"), ("版本", "Revision"), ("时间", "Time"), ("谁", "Who")]
    headings += [("新增", "New"), ("更新", "Changed"), ("删除", "Deleted"), ("文件", "File")]
    session.table(batches, headings, [[batch[name] for name in names] for batch in batches])


@imports_group.command("show")
@click.argument("batch")
@common
@click.pass_obj
def imports_show(session: Session, batch: str) -> None:
    """查看一个批次（可只写编号的开头）。 Show one batch; the start of its id is enough."""
    with session.open() as opened:
        found = [one for one in opened.store.batches() if one.id.startswith(batch)]
    if len(found) != 1:
        raise NotFoundError(what=f"批次 batch {batch}")
    data = imports.batch_as_dict(found[0])
    session.table(data, [("项目", "Item"), ("内容", "Value")], list(data.items()))


@click.command("export")
@click.argument("words", nargs=-1, metavar="[LAYER] FILE")
@click.option("--all", "everything", is_flag=True, help="全部图层（gpkg、xlsx）。 All layers (gpkg, xlsx).")
@click.option("--map", "as_map", is_flag=True, help="离线总览地图（HTML）。 Overview map in one HTML file.")
@click.option(
    "--format", "format_name", type=click.Choice(list(FORMATS)), help="默认按扩展名。 By the ending if not given."
)
@click.option("--role", type=click.Choice(ROLES), help="给谁看：默认数据 admin、地图 anonymous。 Who will read it.")
@click.option("--overwrite", is_flag=True, help="替换已有文件。 Replace a file that is there.")
@common
@click.pass_obj
def export(
    session: Session,
    *,
    words: Sequence[str],
    everything: bool,
    as_map: bool,
    format_name: str | None,
    role: Role | None,
    overwrite: bool,
) -> None:
    """导出图层或地图。 Export a layer, all layers or the map."""
    layer, file = _export_words(words, whole=everything or as_map)
    if as_map and (everything or format_name):
        raise click.UsageError("--map goes with neither --all nor --format")
    with session.progress() as told, session.open() as opened:
        if as_map:
            report = exports.export_map(opened, file, role=role or "anonymous", overwrite=overwrite, progress=told)
        else:
            report = exports.export_layer(
                opened, layer, file, format=format_name, role=role or "admin", overwrite=overwrite, progress=told
            )
    line = f"已导出 {report.rows} 个要素到 {report.path}（{report.format}）。 {report.rows} features written."
    session.answer(report.as_dict(), line)


COMMANDS = (import_command, imports_group, export)


def show_issues(issues: Sequence[Mapping[str, str]], total: int, lang: str, *, most: int) -> None:
    """
    List what was found, errors first.

    Parameters
    ----------
    issues
        Issues as dicts.
    total
        How many there are in all.
    lang
        ``"zh"`` or ``"en"``.
    most
        How many to show.
    """
    order = list(_LEVELS)
    for issue in sorted(issues, key=lambda one: order.index(one["level"]))[:most]:
        level = _LEVELS[issue["level"]] if lang == "zh" else issue["level"]
        text = issue["message"] if lang == "zh" else issue["message_en"]
        click.echo(f"  [{level}] {issue['where']}：{text}", err=True)
    if total > most:
        rest = total - most
        click.echo(f"  …还有 {rest} 条，用 --json 查看 / {rest} more, see --json", err=True)


def _report_lines(data: Mapping[str, Any]) -> list[str]:
    rows, batch = data["rows"], data["batch"]
    lines = [
        f"文件 {data['file']} → 图层 {data['layer']}，坐标系 {str(data['crs']['chosen'])[:40]}",
        f"行 rows: {rows['in']} = 保留 kept {rows['kept']} + 拒绝 rejected {rows['rejected']}",
    ]
    if data["verdict"] == "needs_confirmation":
        lines += _questions(data)
    elif batch:
        counted = (
            f"新增 {batch['inserted']}，更新 {batch['updated']}，不变 {batch['unchanged']}，删除 {batch['deleted']}"
        )
        lines.append(f"已保存为版本 {batch['revision']}：{counted}（批次 {batch['id'][:8]}）。 Stored.")
    else:
        lines.append("仅检查，没有保存。 Checked only; nothing was stored.")
    return lines


def _questions(data: Mapping[str, Any]) -> list[str]:
    reason = data["crs"].get("reason", "")
    found = [f"需要您确认，没有保存任何内容：{reason}。 Please confirm; nothing was stored."]
    for one in data["crs"]["candidates"][:8]:
        evidence = "；".join(one["evidence"])
        found += [f"  --crs {one['id']}  {one['title']['zh']}（{one['score']:.2f}）：{evidence}"]
    found += [f"  --column {one['column']}={one['field']}" for one in data["column_candidates"]]
    return found


def _pairs(columns: Sequence[str]) -> dict[str, str]:
    pairs: dict[str, str] = {}
    for text in columns:
        column, equals, field = text.rpartition("=")
        if not equals or not column or not field:
            raise click.BadParameter(f"{text!r} is not of the form NAME=field", param_hint="--column")
        pairs[column.strip()] = field.strip()
    return pairs


def _export_words(words: Sequence[str], *, whole: bool) -> tuple[str | None, Path]:
    if len(words) != (1 if whole else 2):
        wanted = "FILE" if whole else "LAYER FILE"
        raise click.UsageError(f"give {wanted} (or --all FILE, or --map FILE.html)")
    return (None if whole else words[0]), Path(words[-1])
