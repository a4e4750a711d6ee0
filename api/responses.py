"""Answers made of bytes: JSON, compression and revalidation without a detour through model objects."""

from __future__ import annotations

import gzip
import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from hashlib import blake2b
from typing import Any, Literal

import brotli
import orjson
from fastapi import Request, Response
from fastapi.responses import JSONResponse
from starlette.types import Receive, Scope, Send

from yzgeo.errors import ParameterError

JSON = "application/json"
GEOJSON = "application/geo+json"
HTML = "text/html; charset=utf-8"
PAGE_TOO: dict[int | str, dict[str, Any]] = {
    200: {"description": "The answer, or a page for people", "content": {"text/html": {"schema": {"type": "string"}}}}
}
"""For the description of routes that also answer with a page."""
Coding = Literal["br", "gzip", "identity"]
_PACK_FROM = 1_000
_BROTLI_UP_TO = 1 << 20
# Smaller than gzip's sixth level by an eighth, and made in half the time.
_BROTLI_QUALITY = 4
_TAG = re.compile(r'(?:W/)?"?(\d{1,12})(?:\.[0-9a-f]*)?"?', re.ASCII)
_QUALITY = re.compile(rb"[01](?:\.\d{0,3})?")
_VARY = "Accept, Accept-Encoding, Cookie, Authorization"
_ONCE = ((b"cache-control", b"no-cache, private"), (b"vary", _VARY.encode()))


def dumps(payload: Any) -> bytes:
    """
    Encode JSON; NaN becomes null.

    Parameters
    ----------
    payload
        Dictionaries, lists, texts, numbers, dates, orjson fragments.

    Returns
    -------
    bytes
        UTF-8 JSON.
    """
    return orjson.dumps(payload, option=orjson.OPT_NON_STR_KEYS | orjson.OPT_SERIALIZE_NUMPY)


def etag_of(*parts: object) -> str:
    """
    Name a state that an answer depends on.

    Parameters
    ----------
    *parts
        Everything the answer is made of: revisions, role, language, parameters.

    Returns
    -------
    str
        A quoted strong entity tag.
    """
    return f'"{blake2b(repr(parts).encode(), digest_size=10).hexdigest()}"'


def header(request: Request, name: bytes) -> bytes:
    """
    Read one request header without building a mapping of all.

    Parameters
    ----------
    request
        The request.
    name
        Lower-case name.

    Returns
    -------
    bytes
        Its value, empty if absent.
    """
    for key, value in request.scope["headers"]:
        if key == name:
            return bytes(value)
    return b""


def coding_for(request: Request) -> Coding:
    """
    Choose how an answer is compressed.

    Parameters
    ----------
    request
        The request.

    Returns
    -------
    str
        ``br`` or ``gzip``, what the client prefers, ``br`` where it has no preference; ``identity`` if it takes
        neither.
    """
    return _coding(header(request, b"accept-encoding"))


def takes_gzip(request: Request) -> bool:
    """
    Tell whether the client takes gzip, perhaps not as its first choice.

    Parameters
    ----------
    request
        The request.

    Returns
    -------
    bool
        True if it does.
    """
    return _weights(header(request, b"accept-encoding"))[1] > 0


@lru_cache(256)
def _coding(accepted: bytes) -> Coding:
    brotli_weight, gzip_weight = _weights(accepted)
    if brotli_weight > 0 and brotli_weight >= gzip_weight:
        return "br"
    return "gzip" if gzip_weight > 0 else "identity"


def _weights(accepted: bytes) -> tuple[float, float]:
    """How much a client wants brotli and gzip; nothing where a weight is malformed."""
    wanted: dict[bytes, float] = {}
    for part in accepted.lower().split(b","):
        name, *parameters = (piece.strip() for piece in part.split(b";"))
        weight = next((each[2:] for each in parameters if each.startswith(b"q=")), b"1")
        wanted[name] = float(weight) if re.fullmatch(rb"[01](\.\d{0,3})?", weight) else 0.0
    return wanted.get(b"br", 0.0), wanted.get(b"gzip", 0.0)


def pack_brotli(body: bytes) -> bytes:
    """
    Compress with brotli, at a level that costs less than gzip does.

    Parameters
    ----------
    body
        The content.

    Returns
    -------
    bytes
        The content compressed.
    """
    return bytes(brotli.compress(body, quality=_BROTLI_QUALITY))


def wanted_format(request: Request, asked: str | None, offered: Sequence[str]) -> str:
    """
    Choose the format of an answer: the parameter ``f``, else what ``Accept`` prefers, else the first.

    Parameters
    ----------
    request
        The request.
    asked
        Value of the parameter, None where it was not sent.
    offered
        Names that ``f`` may have; ``html`` is for people.

    Returns
    -------
    str
        ``html``, or the first of ``offered``.

    Raises
    ------
    ParameterError
        If ``f`` names another format.
    """
    if asked is not None:
        if asked not in offered:
            choices = ", ".join(offered)
            raise ParameterError(name="f", reason_zh=f"可用：{choices}", reason_en=f"offered: {choices}")
        return "html" if asked == "html" else offered[0]
    accepted = header(request, b"accept").lower()
    return "html" if b"text/html" in accepted and _prefers_html(accepted) else offered[0]


def _prefers_html(accepted: bytes) -> bool:
    """Browsers want HTML most, or name it first among what they want as much; programs that take anything get JSON."""
    found, most = b"", 0.0
    for part in accepted.replace(b" ", b"").split(b","):
        media, *parameters = part.split(b";")
        qualities = [text[2:] for text in parameters if text.startswith(b"q=")] or [b"1"]
        quality = min(1.0, float(qualities[0])) if _QUALITY.fullmatch(qualities[0]) else 0.0
        if quality > most:
            found, most = media, quality
    return found in {b"text/html", b"application/xhtml+xml"}


def is_current(request: Request, etag: str) -> bool:
    """
    Tell whether the client already holds this state.

    Parameters
    ----------
    request
        The request.
    etag
        Quoted entity tag of the present state.

    Returns
    -------
    bool
        True if ``If-None-Match`` names it, weakly or strongly.
    """
    asked = header(request, b"if-none-match").decode("latin-1")
    if not asked or asked.removeprefix("W/") == etag:  # nearly always
        return bool(asked)
    return asked.strip() == "*" or etag in (part.strip().removeprefix("W/") for part in asked.split(","))


def feature_tag(revision: int, *form: object) -> str:
    """
    Name a version of a feature in one form.

    Parameters
    ----------
    revision
        Its revision, which the tag begins with.
    *form
        What else the answer depends on: the fields shown, the coordinate system. Signing in must not revalidate the
        poorer answer.

    Returns
    -------
    str
        A quoted strong entity tag.
    """
    return f'"{revision}.{_form_tag(form)}"'


@lru_cache(256)
def _form_tag(form: tuple[object, ...]) -> str:
    return etag_of(*form)[1:9]


def expected_revision(request: Request) -> int | None:
    """
    Read the revision that ``If-Match`` names.

    Parameters
    ----------
    request
        The request.

    Returns
    -------
    int or None
        None where it is absent, or ``*``, which asks only that the feature is there.

    Raises
    ------
    ParameterError
        If it is neither an entity tag of a feature nor a revision.
    """
    text = header(request, b"if-match").decode("latin-1").strip()
    if text in {"", "*"}:
        return None
    found = _TAG.fullmatch(text)
    if found is None:
        raise ParameterError(
            name="If-Match",
            reason_zh="应为要素的 ETag 或版本号",
            reason_en="it should be the feature's entity tag or revision",
        )
    return int(found[1])


def not_modified(headers: Mapping[str, str]) -> Response:
    """
    Tell the client to use what it has.

    Parameters
    ----------
    headers
        Headers the full answer would have carried.

    Returns
    -------
    Response
        Status 304 without a body.
    """
    return Response(status_code=304, headers=dict(headers))


def json_response(
    request: Request,
    payload: Any,
    *,
    status: int = 200,
    etag: str | None = None,
    headers: Mapping[str, str] | None = None,
    media_type: str = JSON,
) -> Response:
    """
    Answer with JSON, compressed where that pays, or with 304 where the client has it.

    Parameters
    ----------
    request
        The request.
    payload
        What to encode; bytes are taken as encoded already.
    status
        HTTP status.
    etag
        Quoted entity tag of the state, if the answer may be revalidated.
    headers
        Further headers.
    media_type
        Content type without character set.

    Returns
    -------
    Response
        The answer.
    """
    merged = {
        "Cache-Control": "no-cache, private",
        "Vary": _VARY,
        **(headers or {}),
    }
    if etag is not None:
        merged["ETag"] = etag
        if is_current(request, etag):
            return not_modified(merged)
    body = payload if isinstance(payload, bytes) else dumps(payload)
    coding = coding_for(request) if len(body) >= _PACK_FROM else "identity"
    if coding != "identity":
        body = pack_brotli(body) if coding == "br" else gzip.compress(body, 5)
        merged["Content-Encoding"] = coding
        if etag is not None:
            merged["ETag"] = f"W/{etag}"
    return Response(body, status, merged, media_type)


class GeoJSONResponse(JSONResponse):
    """For the description of routes that answer with GeoJSON."""

    media_type = GEOJSON


class Prepared:
    """An answer that is kept as bytes with its headers, plain and compressed; with brotli from when somebody asks.

    Parameters
    ----------
    body
        The content, not compressed.
    etag
        Quoted entity tag.
    media_type
        Content type.
    cache
        Value of ``Cache-Control``.
    more
        Further headers, encoded.
    """

    __slots__ = ("_brotli", "_common", "_packed", "_packed_headers", "_plain", "_typed", "etag")

    def __init__(
        self,
        body: bytes,
        *,
        etag: str,
        media_type: str,
        cache: str = "no-cache, private",
        more: tuple[tuple[bytes, bytes], ...] = (),
    ) -> None:
        self.etag = etag
        packed = gzip.compress(body, 6) if len(body) >= _PACK_FROM else b""
        self._packed = packed if len(packed) < len(body) else b""
        self._common = (
            # A strong tag would promise the same bytes, however they are packed.
            (b"etag", (f"W/{etag}" if self._packed else etag).encode()),
            (b"cache-control", cache.encode()),
            (b"vary", _VARY.encode()),
        )
        self._typed = typed = ((b"content-type", media_type.encode()), *self._common, *more)
        self._plain = body
        self._packed_headers = (*typed, (b"content-encoding", b"gzip"), length_header(self._packed))
        self._brotli: bytes | None = None

    @property
    def size(self) -> int:
        """Memory it takes, bytes, with what brotli will add."""
        return len(self._plain) + 2 * len(self._packed)

    def answer(self, request: Request) -> Response:
        """
        Answer one request.

        Parameters
        ----------
        request
            The request.

        Returns
        -------
        Response
            304, or the content in an encoding the client takes.
        """
        if is_current(request, self.etag):
            return RawResponse(304, b"", self._common)
        coding = coding_for(request) if self._packed else "identity"
        if coding == "br" and len(self._plain) <= _BROTLI_UP_TO:
            if self._brotli is None:
                self._brotli = pack_brotli(self._plain)
            headers = (*self._typed, (b"content-encoding", b"br"), length_header(self._brotli))
            return RawResponse(200, self._brotli, headers)
        if coding != "identity" and takes_gzip(request):
            return RawResponse(200, self._packed, self._packed_headers)
        return RawResponse(200, self._plain, (*self._typed, length_header(self._plain)))


def answer_once(
    request: Request, body: bytes, *, etag: str, media_type: str, more: tuple[tuple[bytes, bytes], ...] = ()
) -> Response:
    """
    Answer as `Prepared` does with what nobody else will ask for, compressed only if this client takes it.

    Parameters
    ----------
    request
        The request.
    body
        The content, not compressed.
    etag
        Quoted entity tag.
    media_type
        Content type.
    more
        Further headers, encoded.

    Returns
    -------
    Response
        304, or the content in an encoding the client takes.
    """
    packs = len(body) >= _PACK_FROM
    common = ((b"etag", (f"W/{etag}" if packs else etag).encode()), *_ONCE)
    if is_current(request, etag):
        return RawResponse(304, b"", common)
    headers = ((b"content-type", media_type.encode()), *common, *more)
    coding = coding_for(request) if packs else "identity"
    if coding != "identity":
        body = pack_brotli(body) if coding == "br" else gzip.compress(body, 5)
        headers = (*headers, (b"content-encoding", coding.encode()))
    return RawResponse(200, body, (*headers, length_header(body)))


class RawResponse(Response):
    """A response whose headers are encoded already.

    Parameters
    ----------
    status
        HTTP status.
    body
        The content.
    headers
        Lower-case names and values as bytes; copied, since middleware adds to them.
    """

    def __init__(self, status: int, body: bytes, headers: Sequence[tuple[bytes, bytes]]) -> None:
        self.status_code = status
        self.body = body
        self.raw_headers = list(headers)
        self.background = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - as ASGI wants it
        """
        Send it.

        Parameters
        ----------
        scope, receive, send
            As ASGI defines them.
        """
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        await send({"type": "http.response.body", "body": self.body})


def length_header(body: bytes) -> tuple[bytes, bytes]:
    """
    Write the header that tells the length of a body.

    Parameters
    ----------
    body
        The content as it is sent.

    Returns
    -------
    tuple of bytes
        Name and value.
    """
    return b"content-length", str(len(body)).encode()
