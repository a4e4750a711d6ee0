"""What every command knows: the workspace, the language, and whether a program is listening."""

from __future__ import annotations

import getpass
import json
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from yzgeo.checks import Progress as Told
from yzgeo.checks import silent
from yzgeo.settings import Settings
from yzgeo.workflows.accounts import By
from yzgeo.workflows.workspace import Workspace, open_workspace

Command = TypeVar("Command", bound=Callable[..., Any])


def who() -> By:
    """
    Tell who works at the command line, for the audit.

    Returns
    -------
    By
        The machine's own user.
    """
    return By(f"cli:{getpass.getuser()}")


@dataclass
class Session:
    """
    Options that may stand before or after the command, and the two ways out.

    Only an answer goes to standard output; everything said to a person besides goes to standard error, so that
    ``--json`` can always be piped.
    """

    settings: Settings
    workspace: Path
    lang: str
    as_json: bool = False

    def say(self, zh: str, en: str) -> None:
        """
        Tell a person something that is not the answer.

        Parameters
        ----------
        zh, en
            The same sentence in Chinese and in English.
        """
        if not self.as_json:
            click.echo(zh if self.lang == "zh" else en, err=True)

    def answer(self, data: Any, *lines: str) -> None:
        """
        Give the answer.

        Parameters
        ----------
        data
            For a program, as JSON.
        *lines
            For a person.
        """
        if self.as_json:
            click.echo(json.dumps(data, ensure_ascii=False, default=str))
        else:
            for line in lines:
                click.echo(line)

    def table(self, data: Any, headings: Sequence[tuple[str, str]], rows: Sequence[Sequence[object]]) -> None:
        """
        Give the answer as a table.

        Parameters
        ----------
        data
            For a program, as JSON.
        headings
            Chinese and English heading of each column.
        rows
            Cells, for a person.
        """
        if self.as_json:
            self.answer(data)
            return
        shown = Table(box=None, pad_edge=False, header_style="bold")
        for zh, en in headings:
            shown.add_column(zh if self.lang == "zh" else en, overflow="fold")
        for row in rows:
            shown.add_row(*("" if cell is None else str(cell) for cell in row))
        # A pipe has no width: then no line is folded.
        width = None if sys.stdout.isatty() else 400
        Console(file=sys.stdout, width=width, markup=False, highlight=False).print(shown)

    def open(self) -> Workspace:
        """
        Open the workspace that was named.

        Returns
        -------
        Workspace
            To be used in a ``with`` statement.
        """
        url = self.settings.database_url
        return open_workspace(self.workspace, database_url=url.get_secret_value() if url else None)

    @contextmanager
    def progress(self) -> Iterator[Told]:
        """
        Show a bar while something long goes on, if a person is watching.

        Yields
        ------
        Progress
            To be told what is being done and how much of it.
        """
        console = Console(stderr=True)
        if self.as_json or not console.is_terminal:
            yield silent
            return
        columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
        with Progress(*columns, console=console, transient=True) as bar:
            task = bar.add_task("…", total=1.0)
            yield lambda what, fraction: bar.update(task, description=what, completed=fraction)


def common(command: Command) -> Command:
    """
    Let a command take ``--workspace``, ``--json`` and ``--lang``.

    Parameters
    ----------
    command
        Function to be decorated.

    Returns
    -------
    function
        The same function with three more options, which land in the session.
    """
    for option in (
        click.option(
            "--lang",
            type=click.Choice(["zh", "en"]),
            expose_value=False,
            is_eager=True,
            callback=_remember("lang"),
            help="先说哪种语言（YZGEO_LANG）。 Language that comes first.",
        ),
        click.option(
            "--json",
            "as_json",
            is_flag=True,
            default=None,
            expose_value=False,
            is_eager=True,
            callback=_remember("as_json"),
            help="只输出 JSON。 Machine output only.",
        ),
        click.option(
            "-w",
            "--workspace",
            type=click.Path(path_type=Path),
            metavar="DIR",
            expose_value=False,
            callback=_remember("workspace"),
            help="工作区目录（YZGEO_WORKSPACE，默认 workspace）。 Folder of the workspace.",
        ),
    ):
        command = option(command)
    return command


def log_file(session: Session | None) -> Path:
    """
    Find where to write what only an expert can read.

    Parameters
    ----------
    session
        Session, if it got that far.

    Returns
    -------
    Path
        File in the workspace's cache, or in the user's own folder when there is no workspace to write to.
    """
    if session is not None and os.access(session.workspace / "cache", os.W_OK):
        return session.workspace / "cache" / "yzgeo.log"
    return Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state") / "yzgeo.log"


def _remember(name: str) -> Callable[[click.Context, click.Parameter, Any], None]:
    def callback(context: click.Context, _: click.Parameter, value: Any) -> None:
        session = context.find_object(Session)
        if value is not None and session is not None:
            setattr(session, name, value)

    return callback
