"""What handlers are given: the application's parts, the caller, a visible layer, checked parameters."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date
from typing import Annotated, Literal
from urllib.parse import parse_qsl

from fastapi import Depends, Path, Query, Request
from pydantic import Field

from yzgeo.access import Caller, may_see
from yzgeo.catalogue import Layer
from yzgeo.errors import LayerUnknownError, ParameterError
from yzgeo.store.base import Feature
from yzgeo.workflows import overview

from .auth import caller_of
from .context import Context as Context  # noqa: PLC0414 - handlers take it from here
from .responses import header, wanted_format

Language = Literal["zh", "en"]
_HOST = re.compile(r"^[A-Za-z0-9.\-\[\]:]{1,255}$")


def context_of(request: Request) -> Context:
    """
    Get the parts of the service.

    Parameters
    ----------
    request
        The request.

    Returns
    -------
    Context
        Parts of the application that serves it.
    """
    context: Context = request.app.state.context
    return context


async def get_context(request: Request) -> Context:
    """
    Get the parts of the service, as a dependency.

    Parameters
    ----------
    request
        The request.

    Returns
    -------
    Context
        Parts of the application that serves it.
    """
    return context_of(request)


ContextDep = Annotated[Context, Depends(get_context)]


async def get_caller(request: Request, context: ContextDep) -> Caller:
    """
    Find out who asks, as a dependency.

    Parameters
    ----------
    request
        The request.
    context
        Parts of the service.

    Returns
    -------
    Caller
        Possibly anonymous.
    """
    return await caller_of(request, context.session_now)


CallerDep = Annotated[Caller, Depends(get_caller)]


def state_of(context: Context, caller: Caller) -> str:
    """
    Name the state of everything a caller may see.

    Parameters
    ----------
    context
        Parts of the service.
    caller
        Who asks.

    Returns
    -------
    str
        Part of the key under which an answer is kept.
    """
    return overview.state_of(context.store, caller.role, subdistricts=caller.subdistricts)


def visible_layer(context: Context, caller: Caller, layer_id: str) -> Layer:
    """
    Look a layer up for one caller.

    Parameters
    ----------
    context
        Parts of the service.
    caller
        Who asks.
    layer_id
        Id of the layer.

    Returns
    -------
    Layer
        The layer.

    Raises
    ------
    LayerUnknownError
        If there is none, or it may not be seen: the two answers are the same.
    """
    layer = context.catalogue.layer(layer_id)
    if not may_see(caller.role, layer.spec.access):
        raise LayerUnknownError(layer=layer_id)
    return layer


def visible_feature(context: Context, caller: Caller, layer: Layer, uid: str) -> Feature:
    """
    Look a feature up for one caller.

    Parameters
    ----------
    context
        Parts of the service.
    caller
        Who asks.
    layer
        A layer the caller may see.
    uid
        Id of the feature.

    Returns
    -------
    Feature
        The feature as it is now.

    Raises
    ------
    FeatureUnknownError
        If there is none, or it lies in the street office of others: the two answers are the same.
    """
    return overview.visible_feature(context.store, caller.role, layer, uid, subdistricts=caller.subdistricts)


async def get_layer(
    layer_id: Annotated[str, Path(description="Id of the layer")], context: ContextDep, caller: CallerDep
) -> Layer:
    """
    Look the layer in the path up, as a dependency.

    Parameters
    ----------
    layer_id
        Id of the layer.
    context
        Parts of the service.
    caller
        Who asks.

    Returns
    -------
    Layer
        The layer.
    """
    return visible_layer(context, caller, layer_id)


LayerDep = Annotated[Layer, Depends(get_layer)]


async def get_language(
    request: Request, lang: Annotated[Language | None, Query(description="Language of titles")] = None
) -> Language:
    """
    Choose the language of an answer: the parameter, else ``Accept-Language``, else Chinese.

    Parameters
    ----------
    request
        The request.
    lang
        The parameter.

    Returns
    -------
    str
        ``"zh"`` or ``"en"``.
    """
    return language_of(request, lang)


LanguageDep = Annotated[Language, Depends(get_language)]


Format = Literal["json", "html"]


async def get_format(
    request: Request, f: Annotated[Format | None, Query(description="Format, whatever Accept says")] = None
) -> Format:
    """
    Choose between JSON and a page for people, as a dependency.

    Parameters
    ----------
    request
        The request.
    f
        The parameter.

    Returns
    -------
    str
        ``"json"`` or ``"html"``.
    """
    return "html" if wanted_format(request, f, ("json", "html")) == "html" else "json"


FormatDep = Annotated[Format, Depends(get_format)]


def language_of(request: Request, asked: str | None) -> Language:
    """
    Choose the language of an answer, where the parameter was read by hand.

    Parameters
    ----------
    request
        The request.
    asked
        The parameter, None where it was not sent.

    Returns
    -------
    str
        ``"zh"`` or ``"en"``.

    Raises
    ------
    ParameterError
        If it is another.
    """
    if asked is not None:
        if asked not in {"zh", "en"}:
            raise ParameterError(name="lang", reason_zh="可用 zh 或 en", reason_en="zh and en are offered")
        return "zh" if asked == "zh" else "en"
    for part in header(request, b"accept-language").decode("latin-1").lower().split(","):
        if part.strip().startswith("zh"):
            return "zh"
        if part.strip().startswith("en"):
            return "en"
    return "zh"


async def get_base_url(request: Request, context: ContextDep) -> str:
    """
    Tell the address clients use, as a dependency.

    Parameters
    ----------
    request
        The request.
    context
        Parts of the service.

    Returns
    -------
    str
        Scheme and host, without a slash at the end.
    """
    return base_url(request, context)


def base_url(request: Request, context: Context) -> str:
    """
    Tell the address clients use.

    Parameters
    ----------
    request
        The request.
    context
        Parts of the service.

    Returns
    -------
    str
        Scheme and host, without a slash at the end.

    Raises
    ------
    ParameterError
        If the ``Host`` header is not one.
    """
    if context.settings.public_url is not None:
        return context.settings.public_url
    host = header(request, b"host").decode("latin-1")
    if not _HOST.match(host):
        raise ParameterError(name="Host", reason_zh="不是主机名", reason_en="not a host name")
    return f"{request.scope['scheme']}://{host}"


BaseUrlDep = Annotated[str, Depends(get_base_url)]


def query_pairs(request: Request, known: Iterable[str]) -> dict[str, str]:
    """
    Read the query parameters and refuse what nobody would look at.

    Parameters
    ----------
    request
        The request.
    known
        Names that have a meaning here.

    Returns
    -------
    dict
        Value by name.

    Raises
    ------
    ParameterError
        If a name is unknown or stands twice.
    """
    raw: bytes = request.scope["query_string"]
    if not raw:
        return {}
    allowed = set(known)
    found: dict[str, str] = {}
    for name, value in parse_qsl(raw.decode("latin-1"), keep_blank_values=True):
        if name not in allowed:
            raise ParameterError(
                name=name,
                reason_zh="不认识；可用：" + "、".join(sorted(allowed)),
                reason_en="unknown; known: " + ", ".join(sorted(allowed)),
            )
        if name in found:
            raise ParameterError(name=name, reason_zh="出现了两次", reason_en="it stands twice")
        found[name] = value
    return found


async def only_known_parameters(request: Request) -> None:
    """
    Refuse query parameters that the route does not declare, as a dependency of whole routers.

    Parameters
    ----------
    request
        The request.
    """
    if request.scope["query_string"]:
        query_pairs(request, _declared(request.scope["route"].dependant))


StrictParameters = Depends(only_known_parameters)


def _declared(dependant: object) -> set[str]:
    names = {parameter.alias for parameter in getattr(dependant, "query_params", ())}
    for inner in getattr(dependant, "dependencies", ()):
        names |= _declared(inner)
    return names


FIRST_DAY, LAST_DAY = date(1900, 1, 1), date(2199, 12, 31)
Day = Annotated[date, Field(ge=FIRST_DAY, le=LAST_DAY)]
"""A day that can be asked for: near the ends of the calendar nothing can be counted from or to any more."""


def parse_day(name: str, text: str) -> date:
    """
    Read a day.

    Parameters
    ----------
    name
        Name of the parameter, for the refusal.
    text
        What was sent.

    Returns
    -------
    datetime.date
        The day.

    Raises
    ------
    ParameterError
        If it is none.
    """
    day = _day(text)
    if day is None or not FIRST_DAY <= day <= LAST_DAY:
        raise ParameterError(
            name=name, reason_zh="应为日期，例如 2024-06-30", reason_en="it should be a day such as 2024-06-30"
        )
    return day


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def parse_count(name: str, text: str, *, least: int, most: int) -> int:
    """
    Read a whole number within limits.

    Parameters
    ----------
    name
        Name of the parameter, for the refusal.
    text
        What was sent.
    least, most
        Limits, both allowed.

    Returns
    -------
    int
        The number.

    Raises
    ------
    ParameterError
        If it is none, or outside.
    """
    if not re.fullmatch(r"\d{1,12}", text, re.ASCII) or not least <= int(text) <= most:
        raise ParameterError(
            name=name,
            reason_zh=f"应为 {least} 到 {most} 的整数",
            reason_en=f"it should be a whole number from {least} to {most}",
        )
    return int(text)
