"""Giving data out as files; taking them in is in `imports`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from yzgeo.access import ROLES, Role
from yzgeo.report.formats import FORMATS
from yzgeo.workflows import exports

from .session import Session, common, who


@click.command("export")
@click.argument("words", nargs=-1, metavar="[LAYER] FILE")
@click.option("--all", "everything", is_flag=True, help="全部图层（gpkg、xlsx）。 All layers (gpkg, xlsx).")
@click.option("--map", "as_map", is_flag=True, help="离线总览地图（HTML）。 Overview map in one HTML file.")
@click.option(
    "--format", "format_name", type=click.Choice(list(FORMATS)), help="默认按扩展名。 By the ending if not given."
)
@click.option("--role", type=click.Choice(ROLES), help="给谁看：默认数据 admin、地图 anonymous。 Who will read it.")
@click.option("--overwrite", is_flag=True, help="替换已有文件。 Replace a file that is there.")
@click.option("--history", is_flag=True, help="带历史版本和进展记录（gpkg）。 With versions and entries (gpkg).")
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
    history: bool,
) -> None:
    """导出图层或地图。 Export a layer, all layers or the map."""
    layer, file = _export_words(words, whole=everything or as_map)
    if as_map and (everything or format_name or history):
        raise click.UsageError("--map goes with none of --all, --format and --history")
    with session.progress() as told, session.open() as opened:
        if as_map:
            report = exports.export_map(
                opened, file, role=role or "anonymous", overwrite=overwrite, by=who(), progress=told
            )
        else:
            report = exports.export_layer(
                opened,
                layer,
                file,
                format=format_name,
                role=role or "admin",
                overwrite=overwrite,
                history=history,
                by=who(),
                progress=told,
            )
    line = f"已导出 {report.rows} 个要素到 {report.path}（{report.format}）。 {report.rows} features written."
    session.answer(report.as_dict(), line)


COMMANDS = (export,)


def _export_words(words: Sequence[str], *, whole: bool) -> tuple[str | None, Path]:
    if len(words) != (1 if whole else 2):
        wanted = "FILE" if whole else "LAYER FILE"
        raise click.UsageError(f"give {wanted} (or --all FILE, or --map FILE.html)")
    return (None if whole else words[0]), Path(words[-1])
