"""The program: its commands, and what a person sees when something is refused."""

from __future__ import annotations

import json
import os
import secrets
import sys
import traceback
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import click

from yzgeo.errors import YzgeoError
from yzgeo.settings import from_environment

from . import accounts, data, files, imports, places, progress, runs, stores
from .session import Session, common, log_file

REFUSED = 1
USAGE = 2
INTERRUPTED = 130
_SHOWN_ISSUES = 20


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@common
@click.version_option(package_name="yzgeo", message="yzgeo %(version)s")
def yzgeo() -> None:
    """城市更新一张图。 One map of a district's urban renewal."""


_GROUPS = (places, data, imports, files, accounts, progress, runs, stores)

for command in [command for group in _GROUPS for command in group.COMMANDS]:
    yzgeo.add_command(command)


def run(arguments: Sequence[str]) -> int:
    """
    Run the command line.

    Parameters
    ----------
    arguments
        Words after the program's name.

    Returns
    -------
    int
        0, 1 (refused, with reasons), 2 (wrong usage) or 130 (interrupted).
    """
    session: Session | None = None
    as_json = "--json" in arguments
    try:
        settings = from_environment(os.environ)
        session = Session(settings, settings.workspace, settings.lang)
        return _execute(arguments, session)
    except click.ClickException as error:
        return _wrong_usage(error, _lang(session), as_json=as_json)
    except (KeyboardInterrupt, click.Abort):
        click.echo("\n已中断，没有保存未完成的内容。 Interrupted; nothing unfinished was stored.", err=True)
        return INTERRUPTED
    except BrokenPipeError:  # the reader of our output has gone: nothing more to say, and nobody to say it to
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except YzgeoError as error:
        return _refused(error, _lang(session), as_json=as_json)
    except Exception as error:  # noqa: BLE001  # a person gets a sentence, the log gets the rest
        return _unexpected(error, session, as_json=as_json)


def _execute(arguments: Sequence[str], session: Session) -> int:
    code: int | None = yzgeo.main(list(arguments), prog_name="yzgeo", standalone_mode=False, obj=session)
    sys.stdout.flush()
    return code or 0


def refusal_as_dict(error: YzgeoError) -> dict[str, Any]:
    """
    Give a refusal in the shape that ``--json`` prints.

    Parameters
    ----------
    error
        The refusal.

    Returns
    -------
    dict
        ``code``, ``message``, ``message_en``, ``remedy``, ``remedy_en`` and ``fields``.
    """
    return {
        "code": error.code,
        "message": error.message("zh"),
        "message_en": error.message("en"),
        "remedy": error.remedy("zh"),
        "remedy_en": error.remedy("en"),
        "fields": error.fields,
    }


def _refused(error: YzgeoError, lang: str, *, as_json: bool) -> int:
    if as_json:
        click.echo(json.dumps(refusal_as_dict(error), ensure_ascii=False, default=str))
        return REFUSED
    for number, language in enumerate(_order(lang)):
        mark = "✗ " if number == 0 else "  "
        click.echo(f"{mark}{error.message(language)}", err=True)
        if error.remedy(language):
            click.echo(f"  → {error.remedy(language)}", err=True)
    report = error.fields.get("report")
    if isinstance(report, dict):
        imports.show_issues(report["issues"], report["issues_total"], lang, most=_SHOWN_ISSUES)
    return REFUSED


def _wrong_usage(error: click.ClickException, lang: str, *, as_json: bool) -> int:
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        click.echo(error.format_message(), err=True)
        return USAGE
    zh, en = _usage_texts(error)
    context = error.ctx if isinstance(error, click.UsageError) else None
    path = context.command_path if context else "yzgeo"
    if as_json:
        told = {
            "code": "usage",
            "message": zh,
            "message_en": en,
            "remedy": f"{path} --help",
            "remedy_en": f"{path} --help",
        }
        click.echo(json.dumps(told, ensure_ascii=False))
        return USAGE
    for text in (zh, en) if lang == "zh" else (en, zh):
        click.echo(text, err=True)
    click.echo(f"  → {path} --help", err=True)
    return USAGE


def _usage_texts(error: click.ClickException) -> tuple[str, str]:
    en = error.format_message()
    if isinstance(error, click.NoSuchOption):
        return f"没有选项 {error.option_name}。", en
    if isinstance(error, click.MissingParameter):
        name = error.param.human_readable_name if error.param else error.param_hint
        return f"缺少 {name}。", en
    if isinstance(error, click.BadParameter):
        name = error.param.human_readable_name if error.param else error.param_hint
        return f"{name} 的值不能用。", en
    if isinstance(error, click.exceptions.NoSuchCommand):
        return "没有这个命令。", en
    return "命令用法不对。", en


def _unexpected(error: Exception, session: Session | None, *, as_json: bool) -> int:
    reference = secrets.token_hex(4)
    path = log_file(session)
    now = datetime.now(UTC).isoformat(timespec="seconds")
    trace = "".join(traceback.format_exception(error))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a", encoding="utf-8") as log:
            log.write(f"{now} {reference}\n{trace}\n")
        kept = str(path)
    except OSError:
        kept = "-"
    zh = f"出现意外错误（编号 {reference}），没有保存任何内容；详情见 {kept}"
    en = f"Something unexpected happened (reference {reference}); nothing was stored. Details: {kept}"
    if as_json:
        told = {"code": "unexpected", "message": zh, "message_en": en, "reference": reference, "log": kept}
        click.echo(json.dumps(told, ensure_ascii=False))
    else:
        click.echo(f"✗ {zh}\n  {en}", err=True)
    return REFUSED


def _lang(session: Session | None) -> str:
    return session.lang if session else "zh"


def _order(lang: str) -> tuple[str, str]:
    return ("zh", "en") if lang == "zh" else ("en", "zh")
