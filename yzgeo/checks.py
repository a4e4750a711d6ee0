"""Problems found in data, as values, and the progress of long work.

A check returns all its issues at once, each with a place and a sentence in two languages; the caller decides.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

Level = Literal["error", "warning", "info"]

Progress = Callable[[str, float], None]
"""Told on long work: what is being done (in Chinese) and how much of it is done, 0 to 1."""


@dataclass(frozen=True, slots=True)
class Issue:
    """One thing worth telling about some data.

    An ``error`` rejects its row, a ``warning`` asks for attention, an ``info`` records a decision.
    """

    level: Level
    code: str
    where: str
    zh: str
    en: str

    def as_dict(self) -> dict[str, str]:
        """
        Give the shape that reports and the API use.

        Returns
        -------
        dict
            ``level``, ``code``, ``where``, ``message`` (Chinese) and ``message_en``.
        """
        return {
            "level": self.level,
            "code": self.code,
            "where": self.where,
            "message": self.zh,
            "message_en": self.en,
        }


def errors(issues: Iterable[Issue]) -> list[Issue]:
    """
    Keep what rejects a row.

    Parameters
    ----------
    issues
        Any issues.

    Returns
    -------
    list of Issue
        Those of level ``error``, in order.
    """
    return [issue for issue in issues if issue.level == "error"]


def silent(what: str, fraction: float) -> None:
    """
    Ignore progress, for callers with nobody to tell.

    Parameters
    ----------
    what
        What is being done.
    fraction
        How much of it is done, 0 to 1.
    """
