"""The reference page of the command line, written from the commands themselves.

``python -m yzgeo.cli.reference`` prints it; ``docs/cli.md`` keeps it, and a test compares the two.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator

import click

from yzgeo.settings import PREFIX, Settings

from .application import yzgeo

_HEAD = """\
# 命令行参考 Command line

由程序生成，请勿手改：`python -m yzgeo.cli.reference > docs/cli.md`。 Generated; do not edit by hand.

`--workspace`、`--json`、`--lang` 可写在命令之前或之后。 These three may stand before or after the command.
退出码 exit codes: 0 完成 done, 1 被拒绝并说明原因 refused with reasons, 2 用法不对 wrong usage, 130 已中断 interrupted.
标准输出只有结果；其余都在标准错误。 Only the answer goes to standard output.
"""


def markdown() -> str:
    """
    Write the page.

    Returns
    -------
    str
        Markdown, one section per command.
    """
    contexts = _contexts(yzgeo, "yzgeo", None)
    parts = [_HEAD, *(f"## {one.command_path}\n\n```text\n{one.get_help()}\n```\n" for one in contexts)]
    rows = [
        f"| `{PREFIX}{name.upper()}` | `{field.default}` | {field.description} |"
        for name, field in Settings.model_fields.items()
    ]
    parts.append(
        "\n".join(["## 环境变量 Environment", "", "| name | default | what |", "| --- | --- | --- |", *rows, ""])
    )
    return "\n".join(parts)


def _contexts(command: click.Command, name: str, parent: click.Context | None) -> Iterator[click.Context]:
    settings = {**command.context_settings, "terminal_width": 100, "max_content_width": 100}
    context = click.Context(command, info_name=name, parent=parent, **settings)
    yield context
    if isinstance(command, click.Group):
        for below in command.list_commands(context):
            found = command.get_command(context, below)
            if found is not None:
                yield from _contexts(found, below, context)


if __name__ == "__main__":
    sys.stdout.write(markdown())
