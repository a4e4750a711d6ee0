"""Small questions of many callers that go to the server together."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Hashable, Mapping, Sequence
from typing import Generic, TypeVar

Kind = TypeVar("Kind", bound=Hashable)
Answer = TypeVar("Answer")
# While one is answered and its callers are served, the other keeps the server busy.
_MOST_OUT = 2
# No text in the database may hold NUL, and no encoding has half a letter.
_IMPOSSIBLE = re.compile("[\0\ud800-\udfff]")


class Together(Generic[Kind, Answer]):
    """Asks for things by name: whoever comes while two questions of his kind are under way shares the next one.

    A caller who is alone is asked for at once. Nobody gets an answer to a question that went out before he came, so
    he sees everything that was stored by then. A caller who gives up leaves the others their answer.

    Parameters
    ----------
    ask
        Asks for all the names of one kind and gives what was found by name.
    """

    def __init__(self, ask: Callable[[Kind, Sequence[str]], Awaitable[Mapping[str, Answer]]]) -> None:
        self._ask = ask
        self._next: dict[Kind, _Question[Answer]] = {}
        self._out: dict[Kind, set[asyncio.Task[Mapping[str, Answer]]]] = {}

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
        question = self._next.get(kind)
        if question is None or question.answer.done():
            question = self._next[kind] = _Question()
            question.answer = asyncio.create_task(self._send(kind, question))
        question.names.add(name)
        return (await asyncio.shield(question.answer)).get(name)

    async def _send(self, kind: Kind, question: _Question[Answer]) -> Mapping[str, Answer]:
        while len(self._out.get(kind, ())) >= _MOST_OUT:
            await asyncio.wait(self._out[kind], return_when=asyncio.FIRST_COMPLETED)
        del self._next[kind]
        out = self._out.setdefault(kind, set())
        out.add(question.answer)
        try:
            return await self._ask(kind, tuple(question.names))
        finally:
            out.discard(question.answer)
            if not out:  # there are as many kinds as sessions, and as tokens that anybody makes up
                del self._out[kind]


class _Question(Generic[Answer]):
    __slots__ = ("answer", "names")

    def __init__(self) -> None:
        self.names: set[str] = set()
        self.answer: asyncio.Task[Mapping[str, Answer]]
