"""Small questions of many callers that go to the server together."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Hashable, Mapping, Sequence
from typing import Generic, TypeVar

Kind = TypeVar("Kind", bound=Hashable)
Answer = TypeVar("Answer")
# No text in the database may hold NUL, and no encoding has half a letter.
_IMPOSSIBLE = re.compile("[\0\ud800-\udfff]")


class Together(Generic[Kind, Answer]):
    """Asks for things by name: whoever comes while a question of his kind is under way shares the next one.

    A caller who is alone is asked for at once. Nobody gets an answer to a question that went out before he came, so
    he sees everything that was stored by then. A caller who gives up leaves the others their answer.

    Parameters
    ----------
    ask
        Asks for all the names of one kind and gives what was found by name.
    """

    def __init__(self, ask: Callable[[Kind, Sequence[str]], Awaitable[Mapping[str, Answer]]]) -> None:
        self._ask = ask
        self._last: dict[Kind, _Question[Answer]] = {}

    async def one(self, kind: Kind, name: str) -> Answer | None:
        """
        Ask for one thing.

        Parameters
        ----------
        kind
            What can be asked in one question.
        name
            Name of the thing; one that no database can hold is not asked for.

        Returns
        -------
        object or None
            What was found.

        Raises
        ------
        YzgeoError
            What became of the question, the same for all who share it.
        """
        if _IMPOSSIBLE.search(name):
            return None
        question = self._last.get(kind)
        if question is None or question.sent or question.answer.done():
            before = None if question is None or question.answer.done() else question.answer
            question = self._last[kind] = _Question()
            question.answer = asyncio.create_task(self._send(kind, question, before))
        question.names.add(name)
        return (await asyncio.shield(question.answer)).get(name)

    async def _send(
        self, kind: Kind, question: _Question[Answer], before: asyncio.Task[Mapping[str, Answer]] | None
    ) -> Mapping[str, Answer]:
        if before is not None:
            await asyncio.wait((before,))
        question.sent = True
        try:
            return await self._ask(kind, tuple(question.names))
        finally:
            if self._last.get(kind) is question:
                del self._last[kind]


class _Question(Generic[Answer]):
    __slots__ = ("answer", "names", "sent")

    def __init__(self) -> None:
        self.names: set[str] = set()
        self.sent = False
        self.answer: asyncio.Task[Mapping[str, Answer]]
