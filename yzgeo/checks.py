"""Problems found in data, as values: all of them at once, each with a place and a sentence in two languages."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Level = Literal["error", "warning", "info"]


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
