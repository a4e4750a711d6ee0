"""Taking files in, and what was taken in before."""

from __future__ import annotations

import gc
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, get_args

import click

from yzgeo.catalogue import DataStatus
from yzgeo.errors import BatchUnknownError
from yzgeo.store.base import Batch
from yzgeo.workflows import imports

from .session import Session, common, who

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
@click.option(
    "--unit",
    "units",
    multiple=True,
    metavar="列名=亩",
    help="列的单位，表头没写或写错时：亩、公顷、万m2、m2。 Unit of a column, where its head does not tell it.",
)
@click.option("--mode", type=click.Choice(get_args(imports.Mode)), default="upsert", show_default=True,
              help="增改，或整层替换。 Add and update, or replace the whole layer.")  # fmt: skip
@click.option("--status", type=click.Choice(get_args(DataStatus)), default="surveyed", show_default=True,
              help="文件未注明时的数据状态。 Data status where the file gives none.")  # fmt: skip
@click.option("--sheet", "--source-layer", "sheet", metavar="NAME",
              help="文件中的工作表、图层，或压缩包中的一份数据。 Sheet, layer or data set in it.")  # fmt: skip
@click.option("--member", metavar="NAME", help="压缩包中的哪一份数据。 Which data set of an archive.")
@click.option(
    "--datum",
    metavar="TEXT|FILE",
    help="北京 54、西安 80 的转换：“7:dx,dy,dz,rx,ry,rz,ppm,position_vector”、“4:dx,dy,角秒,ppm”，或控制点表（CSV）。"
    " Way from an old datum: parameters, or a table of control points.",
)
@click.option(
    "--rejected",
    "rejected_to",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="把被拒的行连同原因写到此文件（csv、xlsx）。 Write the rejected rows with their reasons to this file.",
)
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
    units: Sequence[str],
    mode: imports.Mode,
    status: DataStatus,
    sheet: str | None,
    member: str | None,
    datum: str | None,
    rejected_to: Path | None,
    keep_valid: bool,
    dry_run: bool,
) -> None:
    """导入文件。 Import a file into a layer."""
    pairs, counted_in = _pairs(columns), _pairs(units, option="--unit")
    with _without_collector(), session.progress() as told, session.open() as opened:
        report = imports.import_file(
            opened,
            file,
            layer=layer,
            crs=crs,
            encoding=encoding,
            columns=pairs,
            units=counted_in,
            mode=mode,
            dry_run=dry_run,
            keep_valid=keep_valid,
            data_status=status,
            sheet=sheet,
            member=member,
            datum=datum,
            rejected_to=rejected_to,
            actor=who().name,
            progress=told,
        )
    data = report.as_dict()
    session.answer(data, *_report_lines(data, session.lang))
    if rejected_to is not None and rejected_to.exists():
        session.say(f"被拒的行写在 {rejected_to}。", f"The rejected rows are in {rejected_to}.")
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
    headings += [("新增", "New"), ("更新", "Changed"), ("删除", "Deleted"), ("文件", "File"), ("撤销", "Undo")]
    session.table(
        batches, headings, [[*(batch[name] for name in names), _fate(batch, session.lang)] for batch in batches]
    )


@imports_group.command("show")
@click.argument("batch")
@common
@click.pass_obj
def imports_show(session: Session, batch: str) -> None:
    """查看一个批次（可只写编号的开头）。 Show one batch; the start of its id is enough."""
    with session.open() as opened:
        data = imports.batch_as_dict(_batch(opened.store.batches(), batch))
    session.table(data, [("项目", "Item"), ("内容", "Value")], list(data.items()))


@imports_group.command("undo")
@click.argument("batch")
@click.option("--reason", metavar="TEXT", help="为什么撤销。 Why it is undone.")
@common
@click.pass_obj
def imports_undo(session: Session, batch: str, reason: str | None) -> None:
    """撤销一个批次；之后的改动保留并列出。 Undo a batch; what was changed after it stays and is listed."""
    with session.progress() as told, session.open() as opened:
        found = _batch(opened.store.batches(), batch)
        told("撤销", 0.3)
        undone = opened.store.undo_batch(found.id, actor=who().name, reason=reason or f"撤销批次 {found.id[:8]}")
    data = {"batch": imports.batch_as_dict(undone.batch), **imports.undone_as_dict(undone)}
    counted = data["undone"]
    zh = f"已撤销：恢复 {counted['restored']}，移除 {counted['removed']}，找回 {counted['brought_back']}。"
    en = (
        f"Undone: {counted['restored']} restored, {counted['removed']} removed, {counted['brought_back']} brought back."
    )
    session.answer(data, zh if session.lang == "zh" else en)
    for edit in [] if session.as_json else data["later_edits"]:
        what = f"{edit['uid']}（{edit['actor']}，{edit['at'][:16]}）"
        session.say(f"  之后有改动，保留：{what}", f"  changed later, left as it is: {what}")


COMMANDS = (import_command, imports_group)


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


@contextmanager
def _without_collector() -> Iterator[None]:
    """Let the collector of cycles rest: it would walk over all cells of a file again and again, and find nothing."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def _report_lines(data: Mapping[str, Any], lang: str) -> list[str]:
    rows, batch, found = data["rows"], data["batch"], data["matching"]
    lines = [
        f"文件 {data['file']} → 图层 {data['layer']}，坐标系 {str(data['crs']['chosen'] or '—')[:40]}",
        f"行 rows: {rows['in']} = 保留 kept {rows['kept']} + 拒绝 rejected {rows['rejected']}",
    ]
    for one in data["units"]:
        if one["unit"] and one["samples"]:
            shown = "，".join(f"{sample['before']} → {sample['after']:,.10g}" for sample in one["samples"][:2])
            lines.append(f"单位 unit: {one['column']}（{one['unit']} → {one['to']}）{shown}")
    if lang == "zh":
        lines.append(f"比对：新增 {found['new']}，变更 {found['changed']}，未变 {found['unchanged']}，"
                     f"有歧义 {found['ambiguous']}，缺失 {found['missing']}")  # fmt: skip
    else:
        lines.append("compared: " + ", ".join(f"{count} {name}" for name, count in found.items()))
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
    if "encoding" in data["questions"]:
        for one in data["encoding_candidates"]:
            found.append(f"  --encoding {one['id']}（{one['score']:.2f}）：{'；'.join(one['evidence'])}")
    found += [f"  --column {one['column']}={one['field']}" for one in data["column_candidates"]]
    return found


def _pairs(texts: Sequence[str], *, option: str = "--column") -> dict[str, str]:
    pairs: dict[str, str] = {}
    for text in texts:
        column, equals, field = text.rpartition("=")
        if not equals or not column or not field:
            raise click.BadParameter(f"{text!r} is not of the form NAME=VALUE", param_hint=option)
        pairs[column.strip()] = field.strip()
    return pairs


def _batch(batches: Sequence[Batch], start: str) -> Batch:
    found = [one for one in batches if one.id.startswith(start)]
    if len(found) != 1:
        raise BatchUnknownError(batch=start)
    return found[0]


def _fate(batch: Mapping[str, Any], lang: str) -> str:
    if batch["undone_by"]:
        return f"已被 {batch['undone_by'][:8]} 撤销" if lang == "zh" else f"undone by {batch['undone_by'][:8]}"
    if batch["undoes"]:
        return f"撤销了 {batch['undoes'][:8]}" if lang == "zh" else f"undoes {batch['undoes'][:8]}"
    return ""
