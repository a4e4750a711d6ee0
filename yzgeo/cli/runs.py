"""Runs from the command line: coverage, siting, and asking an earlier run again.

The options are made from the same entries as the processes of the service. They are looked at only when one of these
commands is wanted: solver and graph libraries would otherwise cost every start a second.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args, get_origin

import click

from .session import Session, common, who

if TYPE_CHECKING:
    from yzgeo.workflows.runs import Process, RunDesk

_SHOWN = 10
_ALIASES = {"speed_kmh": "--speed"}
_ANALYSES = ("coverage", "siting")


class _Analyses(click.Group):
    """The analyses as commands, made when one of them is wanted."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return ["coverage", "list", "siting"]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _ANALYSES:
            return super().get_command(ctx, cmd_name)
        from yzgeo.workflows import runs  # noqa: PLC0415 - see the module

        return _command(runs.process(cmd_name))


@click.group("run", cls=_Analyses, invoke_without_command=True)
@click.option("--recompute", metavar="ID", help="按当时的数据重算并逐位比较。 Ask again what a run asked, and compare.")
@common
@click.pass_context
def run(context: click.Context, *, recompute: str | None) -> None:
    """覆盖与选址。 Coverage and siting."""
    if context.invoked_subcommand is not None:
        return
    if recompute is None:
        click.echo(context.get_help())
        return
    session: Session = context.obj
    with _desk(session) as desk, session.progress() as told:
        found = desk.recompute(recompute, progress=told)
    verdict = "✓ 一致" if found["same"] else "✗ 不一致"
    lines = [f"{verdict}：{found['recomputed_sha256'][:16]}…  same: {found['same']}"]
    if found["inputs_changed"]:
        lines.append("数据已不同 inputs changed: " + "、".join(found["inputs_changed"]))
    session.answer(found, *lines)
    if not found["same"]:
        context.exit(1)


@run.command("list")
@click.option("--limit", type=click.IntRange(1, 200), default=20, help="最多几条。 At most so many.")
@common
@click.pass_obj
def listed(session: Session, *, limit: int) -> None:
    """列出已有的运行。 List the runs there are."""
    from yzgeo.workflows import runs  # noqa: PLC0415 - see the module

    with _desk(session) as desk:
        found = [
            runs.briefly(runs.describe(desk, one, runs.Viewer("admin"))) for one in desk.listed("admin", limit=limit)
        ]
    rows = [
        (one["id"], one["circle"]["title"][session.lang], one["analysis"], one["state"], one["created_at"][:19])
        for one in found
    ]
    headings = [("编号", "Run"), ("圈", "Circle"), ("分析", "Analysis"), ("状态", "State"), ("时间", "Time")]
    session.table(found, headings, rows)


COMMANDS = (run,)


def _command(entry: Process) -> click.Command:
    """Make the command of one analysis from its entry."""

    @click.option("-o", "--output", type=click.Path(path_type=Path), metavar="FILE", help=_OUTPUT_HELP)
    @click.option("--overwrite", is_flag=True, help="替换已有文件。 Replace a file that is there.")
    @common
    @click.pass_obj
    def command(session: Session, /, *, output: Path | None, overwrite: bool, **given: Any) -> None:
        _run(session, entry, given, output=output, overwrite=overwrite)

    command.__doc__ = f"{entry.title.zh}。 {entry.title.en}."
    made = click.command(entry.id, help=f"{entry.description.zh}。 {entry.description.en}.")(command)
    made.params = [*_options(entry), *made.params]
    return made


_OUTPUT_HELP = (
    "结果写入文件：xlsx 未覆盖名单，geojson 逐栋，gpkg 图层。 Write the uncovered, every building, or layers."
)


def _options(entry: Process) -> list[click.Parameter]:
    found: list[click.Parameter] = []
    for name, field in entry.question.model_fields.items():
        names = ["--" + name.replace("_", "-"), *([_ALIASES[name]] if name in _ALIASES else []), name]
        kinds = {kind for part in _flat(field.annotation) for kind in ([part] if part is not type(None) else [])}
        literal = next((part for part in kinds if get_origin(part) is Literal), None)
        details: dict[str, Any] = {"help": field.description, "required": field.is_required(), "default": None}
        if bool in kinds:
            details |= {"is_flag": True, "default": False}
        elif literal is not None:
            details["type"] = click.Choice(list(get_args(literal)))
        elif any(get_origin(part) is tuple for part in kinds):
            details |= {"multiple": True}
        elif int in kinds or float in kinds:
            details["type"] = int if int in kinds else float
        else:
            details |= {"type": str, "metavar": _METAVARS.get(name, "ID")}
        found.append(click.Option(names, **details))
    return found


_METAVARS = {"at": "YYYY-MM-DD", "network": "FILE"}


def _flat(annotation: Any) -> list[Any]:
    """Take a union apart."""
    inner = get_args(annotation)
    if not inner or get_origin(annotation) in {Literal, tuple}:
        return [annotation]
    return [part for each in inner for part in _flat(each)]


def _run(session: Session, entry: Process, given: dict[str, Any], *, output: Path | None, overwrite: bool) -> None:
    from yzgeo.workflows import runs  # noqa: PLC0415 - see the module

    with _desk(session) as desk, session.progress() as told:
        asked = {name: value for name, value in given.items() if value not in {None, ()} and value is not False}
        if "network" in asked and Path(asked["network"]).is_file():
            asked["network"] = runs.take_network(desk, Path(asked["network"]))
        done = desk.ask(entry.id, asked, actor="cli", progress=told)
        if output is not None:
            runs.export_run(desk, done, output, overwrite=overwrite, by=who())
        found = runs.describe(desk, done, runs.Viewer("admin"))
    _show(session, found, output)


@contextmanager
def _desk(session: Session) -> Iterator[RunDesk]:
    from yzgeo.workflows import runs  # noqa: PLC0415 - see the module

    with session.open() as opened:
        desk = runs.RunDesk(opened.store, opened.path)
        try:
            yield desk
        finally:
            desk.close()


def _show(session: Session, found: dict[str, Any], output: Path | None) -> None:
    summary, zh = found["summary"], session.lang == "zh"
    limit = summary["limit_m"]
    reach = ("各设施自定" if zh else "each facility's own") if limit is None else f"{limit:,.0f} m"
    session.say(
        f"{found['circle']['title']['zh']}：{reach}，{summary['facilities']} 处设施，路网 {summary['network']['date']}",
        f"{found['circle']['title']['en']}: {reach}, {summary['facilities']} facilities, {summary['network']['date']}",
    )
    if found["illustrative"]:
        session.say("示意数据：不代表实际情况。", "Illustrative data: not the real situation.")
    chosen = summary.get("siting")
    if chosen is not None:
        _say_siting(session, chosen)
    weights = [("people", "居民", "People"), ("dwellings", "住宅", "Dwellings"), ("buildings", "楼栋", "Buildings")]
    rows: list[tuple[object, ...]] = [
        ("全部" if zh else "All", label_zh if zh else label_en, *_cells(summary[weight], summary["straight"][weight]))
        for weight, label_zh, label_en in weights
    ]
    rows += [
        (unit["name"] or unit["code"] or "—", "居民" if zh else "People", *_cells(unit["people"], None))
        for unit in summary["by_subdistrict"][:_SHOWN]
    ]
    headings = [
        ("范围", "Where"),
        ("计数", "Counted"),
        ("覆盖", "Covered"),
        ("总数", "Total"),
        ("覆盖率", "Share"),
        ("直线", "Straight"),
    ]
    session.table(found, headings, rows)
    session.say(f"运行编号 {found['id']}", f"Run {found['id']}")
    if output is not None:
        session.say(f"已写入 {output}", f"Written to {output}")


def _say_siting(session: Session, chosen: dict[str, Any]) -> None:
    proof_zh = "已证明最优" if chosen["optimal"] else f"距最优最多 {100 * chosen['gap']:.2f} %"
    proof_en = "proven optimal" if chosen["optimal"] else f"at most {100 * chosen['gap']:.2f} % from the optimum"
    sites = "、".join(site["name"] or site["uid"] for site in chosen["sites"])
    before, after = chosen["share_before"] or 0.0, chosen["share_after"] or 0.0
    session.say(
        f"选出 {len(chosen['sites'])} 处（{proof_zh}）：{sites}；{before:.2f} % → {after:.2f} %",
        f"{len(chosen['sites'])} sites ({proof_en}): {sites}; {before:.2f} % → {after:.2f} %",
    )


def _cells(share: dict[str, Any], straight: dict[str, Any] | None) -> tuple[str, str, str, str]:
    told = ["" if share[name] is None else f"{share[name]:,.0f}" for name in ("covered", "total")]
    percent = ["" if one is None or one["share"] is None else f"{one['share']:.2f} %" for one in (share, straight)]
    return told[0], told[1], percent[0], percent[1]
