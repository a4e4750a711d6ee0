"""Words of a cell: yes and no, a value of a list, and texts that are safe to keep."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from rapidfuzz import fuzz, process

from yzgeo.catalogue import AllowedValue
from yzgeo.errors import ValueUnreadableError

from .numbers import plain

# fmt: off
_YES = frozenset([
    "是", "有", "√", "✓", "✔", "☑", "对", "已", "y", "yes", "t", "true", "1", "1.0", "○", "已完成", "完成", "■",
])
_NO = frozenset([
    "否", "无", "×", "✗", "✘", "x", "☐", "错", "未", "n", "no", "f", "false", "0", "0.0", "没有", "不是", "未完成", "□",
])
# fmt: on

_LONGEST = 10_000
# Control characters, zero-width ones and those that turn the direction of a text.
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u200b\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]")
HARMLESS = re.compile(r"\w[\w-]{0,99}")
"""Most codes and names: letters, digits and dashes within, which `text` leaves as they are."""

# What spreadsheets execute when our own exports are opened, and what browsers execute.
_FORMULA = re.compile(r"^\s*(=|@|\t|[+-](?=.*[(|!]))")
_MARKUP = re.compile(
    r"<\s*/?\s*(script|iframe|object|embed|svg|img|style|link|meta)\b|javascript\s*:|\bon\w+\s*=\s*[\"']", re.I
)


@dataclass(frozen=True, slots=True)
class Choice:
    """A value of a list: the id, or the nearest ids for a person to choose from."""

    id: str | None
    suggestions: tuple[str, ...] = ()


def boolean(value: object) -> bool | None:
    """
    Read yes or no.

    Parameters
    ----------
    value
        A truth value, 0 or 1, or a word or sign such as 是, 否, √, ×.

    Returns
    -------
    bool or None
        None for a blank cell.

    Raises
    ------
    ValueUnreadableError
        If it is neither.
    """
    if isinstance(value, bool):
        return value
    text = plain(str(value)).replace(" ", "") if value is not None else ""
    if text in {"", "nan", "-", "/", "—"}:
        return None
    if text in _YES or text in _NO:
        return text in _YES
    raise _unreadable(value, "是/否", "yes or no", "不是认识的写法", "it is neither")


def choice(value: str, options: Sequence[AllowedValue]) -> Choice:
    """
    Find a value in a field's list.

    Parameters
    ----------
    value
        What the cell says.
    options
        The field's allowed values.

    Returns
    -------
    Choice
        The id where an id, label or alias is written the same; otherwise the nearest ids, best first, never taken
        silently.
    """
    names: dict[str, str] = {}
    for option in options:
        for name in (option.id, option.label.zh, option.label.en, *option.aliases):
            names.setdefault(_key(name), option.id)
    wanted = _key(value)
    if wanted in names:
        return Choice(names[wanted])
    near = process.extract(wanted, list(names), scorer=fuzz.ratio, score_cutoff=55, limit=5)
    return Choice(None, tuple(dict.fromkeys(names[name] for name, _, _ in near)))


def text(value: object) -> str | None:
    """
    Read a text that is safe to store, to show and to export.

    Parameters
    ----------
    value
        What the cell says; a whole number loses the decimals a spreadsheet gave it.

    Returns
    -------
    str or None
        Trimmed, without control and direction characters; None for a blank cell.

    Raises
    ------
    ValueUnreadableError
        If it is a formula, carries markup that a browser would run, or is longer than 10,000 characters.
    """
    if value is None or (isinstance(value, float) and value != value):  # noqa: PLR0124 - the test for NaN
        return None
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    raw = str(value)
    if HARMLESS.fullmatch(raw):
        return raw
    if _FORMULA.match(raw):
        raise _unreadable(raw, "文字", "a text", "以公式符号开头，可能在表格软件中被执行", "a spreadsheet would run it")
    if _MARKUP.search(raw):
        raise _unreadable(raw, "文字", "a text", "含有可执行的网页代码", "it carries markup that a browser would run")
    cleaned = _CONTROL.sub("", raw).strip()
    if len(cleaned) > _LONGEST:
        raise _unreadable(raw, "文字", "a text", f"超过 {_LONGEST} 个字", f"it is longer than {_LONGEST} characters")
    return cleaned or None


def _key(name: str) -> str:
    return re.sub(r"[\s()（）\-_/、,.]", "", plain(name))


def _unreadable(value: object, kind_zh: str, kind_en: str, zh: str, en: str) -> ValueUnreadableError:
    return ValueUnreadableError(text=str(value)[:60], kind_zh=kind_zh, kind_en=kind_en, reason_zh=zh, reason_en=en)
