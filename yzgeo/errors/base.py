"""What every refusal is: a stable code, sentences in two languages, and the facts of the case."""

from __future__ import annotations

from string import Formatter
from typing import ClassVar


class YzgeoError(Exception):
    """Base of every refusal.

    Parameters
    ----------
    **fields
        The facts named in the sentences, for instance ``layer="road"``. A missing one is a programming error and
        fails at once.
    """

    code: ClassVar[str] = "error"
    zh: ClassVar[str] = "出错了。"
    en: ClassVar[str] = "Something went wrong."
    remedy_zh: ClassVar[str] = ""
    remedy_en: ClassVar[str] = ""

    def __init__(self, **fields: object) -> None:
        self.fields = fields
        super().__init__(self.message("en"))

    def message(self, language: str = "zh") -> str:
        """
        Tell what is wrong in one language.

        Parameters
        ----------
        language
            ``"zh"`` or ``"en"``.

        Returns
        -------
        str
            One sentence.
        """
        return (self.zh if language == "zh" else self.en).format(**self.fields)

    def remedy(self, language: str = "zh") -> str:
        """
        Tell what to do about it.

        Parameters
        ----------
        language
            ``"zh"`` or ``"en"``.

        Returns
        -------
        str
            One sentence, empty where there is nothing to do.
        """
        return (self.remedy_zh if language == "zh" else self.remedy_en).format(**self.fields)

    @classmethod
    def placeholders(cls) -> frozenset[str]:
        """
        List the facts the sentences need.

        Returns
        -------
        frozenset of str
            Keyword names the constructor must be given.
        """
        texts = (cls.zh, cls.en, cls.remedy_zh, cls.remedy_en)
        return frozenset(name for text in texts for _, name, _, _ in Formatter().parse(text) if name)
