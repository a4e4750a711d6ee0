"""What happens around every request: security headers, size limit, guard against other sites, counting and timing."""

from __future__ import annotations

import time
from bisect import bisect_left
from collections.abc import Awaitable, Iterator
from itertools import accumulate

from fastapi import Request
from prometheus_client import CollectorRegistry, Metric
from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily
from prometheus_client.registry import Collector
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from yzgeo.errors import YzgeoError
from yzgeo.workflows.accounts import By

from . import errors
from .auth import SAFE_METHODS, address_of, caller_of, require_same_site
from .errors import BodyTooLargeError
from .responses import header
from .settings import Settings

TIANDITU_HOSTS = "https://*.tianditu.gov.cn"
DOWNLOAD = "yzgeo.download"
"""What a handler sets in the scope where a file is taken out that browsers show in place."""
DATA = "yzgeo.data"
"""What a handler sets in the scope where it answers with something that no browser shows as a page or runs."""
_MIB = 1 << 20
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
# A page's rules say nothing of what never becomes a page. It must not be taken for one, or be framed as one.
_DATA_HEADERS = frozenset({"content-security-policy", "x-content-type-options", "strict-transport-security"})
_DATA_POLICY = "default-src 'none'; frame-ancestors 'none'"


def content_policy(*, base_map: bool, script_sources: str = "") -> str:
    """
    Write the content security policy: everything from this service, nothing from elsewhere.

    Parameters
    ----------
    base_map
        Whether the 天地图 base map is configured, the one outside host there is.
    script_sources
        Further sources of scripts, for instance hashes of inline ones.

    Returns
    -------
    str
        Value of the header.
    """
    outside = f" {TIANDITU_HOSTS}" if base_map else ""
    return (
        f"default-src 'self'; script-src 'self'{script_sources}; style-src 'self' 'unsafe-inline'; "
        f"img-src 'self' data: blob:{outside}; connect-src 'self'{outside}; worker-src 'self' blob:; font-src 'self'; "
        "object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'"
    )


def security_headers(settings: Settings, *, data: bool = False) -> list[tuple[bytes, bytes]]:
    """
    List the headers that every answer carries.

    Parameters
    ----------
    settings
        The settings in force.
    data
        Only those that matter where the answer is no page.

    Returns
    -------
    list of tuple
        Lower-case name and value, as ASGI wants them.
    """
    headers = {
        "content-security-policy": content_policy(base_map=settings.tianditu_key is not None),
        "x-content-type-options": "nosniff",
        "x-frame-options": "DENY",
        "referrer-policy": "same-origin",
        "cross-origin-opener-policy": "same-origin",
        "permissions-policy": "camera=(), microphone=(), geolocation=(self)",
    }
    if settings.public_url is not None and settings.public_url.startswith("https:"):
        headers["strict-transport-security"] = "max-age=31536000"
    if data:
        headers = {name: value for name, value in headers.items() if name in _DATA_HEADERS}
        headers["content-security-policy"] = _DATA_POLICY
    return [(name.encode(), value.encode()) for name, value in headers.items()]


class Metrics(Collector):
    """Counts and durations of requests by route template, in a registry of their own.

    They are noted in plain numbers by the event loop, which is the only one to write them, and become series when
    somebody asks.
    """

    def __init__(self) -> None:
        self._tallies: dict[tuple[str, str, int], _Tally] = {}
        self.registry = CollectorRegistry()
        self.registry.register(self)

    def observe(self, method: str, route: str, status: int, seconds: float) -> None:
        """
        Count one request.

        Parameters
        ----------
        method
            HTTP method; an unknown one counts as ``other``.
        route
            Template of the route, never the path itself, so that the number of series stays small.
        status
            HTTP status.
        seconds
            How long it took.
        """
        key = (method if method in _METHODS else "other", route, status)
        tally = self._tallies.get(key)
        if tally is None:
            tally = self._tallies[key] = _Tally()
        tally.counts[bisect_left(_BUCKETS, seconds)] += 1
        tally.seconds += seconds

    def collect(self) -> Iterator[Metric]:
        """
        Write the series.

        Yields
        ------
        Metric
            Requests by method, route and status, then their durations by route.
        """
        requests = CounterMetricFamily("yzgeo_requests", "Requests answered", labels=["method", "route", "status"])
        by_route: dict[str, _Tally] = {}
        for (method, route, status), tally in self._tallies.items():
            requests.add_metric([method, route, str(status)], sum(tally.counts))
            by_route.setdefault(route, _Tally()).add(tally)
        yield requests
        durations = HistogramMetricFamily("yzgeo_request_seconds", "Time to the end of the answer", labels=["route"])
        bounds = [*map(str, _BUCKETS), "+Inf"]
        for route, tally in by_route.items():
            buckets = list(zip(bounds, accumulate(tally.counts), strict=True))
            durations.add_metric([route], buckets, tally.seconds)
        yield durations


class _Tally:
    """How many requests took how long; ``counts`` ends with those that no bucket holds."""

    __slots__ = ("counts", "seconds")

    def __init__(self) -> None:
        self.counts = [0] * (len(_BUCKETS) + 1)
        self.seconds = 0.0

    def add(self, other: _Tally) -> None:
        self.counts = [one + more for one, more in zip(self.counts, other.counts, strict=True)]
        self.seconds += other.seconds


class Envelope:
    """Wraps FastAPI whole, once and in plain ASGI, since every layer of middleware costs throughput.

    Parameters
    ----------
    app
        The application inside.
    settings
        The settings in force.
    metrics
        Where requests are counted.
    """

    def __init__(self, app: ASGIApp, *, settings: Settings, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics
        self._public_url = settings.public_url
        self._limit_mib = settings.max_body_mib
        self._larger = {
            "/api/attachments": settings.max_attachment_mib,
            "/api/uploads/": settings.max_attachment_mib,
            "/api/sync/unsent": settings.max_import_mib,
            "/api/imports": settings.max_import_mib,
        }
        self._headers = security_headers(settings)
        self._data_headers = security_headers(settings, data=True)
        self._special = frozenset(name for name, _ in self._headers)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """
        Serve one connection.

        Parameters
        ----------
        scope, receive, send
            As ASGI defines them.
        """
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = time.perf_counter()
        status = 0
        bare = scope["method"] == "HEAD"
        taken = not bare
        if bare:  # the same answer as to GET, without its body
            scope = {**scope, "method": "GET"}

        # Plain functions where nothing is waited for: a coroutine more costs every request.
        def seal(message: Message) -> Awaitable[None]:
            if message["type"] != "http.response.start":
                return send({**message, "body": b""} if bare else message)
            if taken and message["status"] in {200, 206} and _is_download(scope, message["headers"]):
                return note_and_begin(message)
            return begin(message)

        def begin(message: Message) -> Awaitable[None]:
            nonlocal status
            status = message["status"]
            self._add_headers(scope, message)
            return send(message)

        async def note_and_begin(message: Message) -> None:
            await _note_download(scope, message["headers"])
            await begin(message)

        try:
            if scope["method"] in SAFE_METHODS:
                await self._app(scope, receive, seal)
            else:
                await self._change(scope, receive, seal)
        except Exception as fault:
            if not status:
                await errors.unexpected(fault, scope["path"])(scope, receive, seal)
            raise  # for the server's log, which tells where
        finally:
            self._metrics.observe(scope["method"], _template(scope), status or 500, time.perf_counter() - started)

    def _add_headers(self, scope: Scope, message: Message) -> None:
        headers: list[tuple[bytes, bytes]] = message["headers"]
        if DATA in scope:
            # Not modified: what the client holds has them (RFC 9110, 15.4.5).
            headers.extend(self._data_headers if message["status"] != 304 else ())
            return
        own = self._special.intersection([name for name, _ in headers])
        headers.extend([pair for pair in self._headers if pair[0] not in own] if own else self._headers)

    async def _change(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a changing request through if it comes from our own pages and is not too large."""
        request = Request(scope)
        path = scope["path"]
        limit_mib = self._larger.get(path) or self._larger.get(path[: path.rfind("/") + 1], self._limit_mib)
        limit = limit_mib * _MIB
        try:
            require_same_site(request, self._public_url)
            declared = header(request, b"content-length")
            if declared.isdigit() and int(declared) > limit:
                raise BodyTooLargeError(limit_mib=limit_mib)
        except YzgeoError as refusal:
            await errors.respond(refusal)(scope, receive, send)
            return
        received = 0

        async def count() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > limit:
                raise errors.body_too_large(limit_mib)
            return message

        await self._app(scope, count, send)


def _is_download(scope: Scope, headers: list[tuple[bytes, bytes]]) -> bool:
    return DOWNLOAD in scope or _disposition(headers).startswith(b"attachment")


def _disposition(headers: list[tuple[bytes, bytes]]) -> bytes:
    for name, value in headers:
        if name == b"content-disposition":
            return value
    return b""


async def _note_download(scope: Scope, headers: list[tuple[bytes, bytes]]) -> None:
    """Write a line of the audit before a file leaves; if it cannot be written, the file stays."""
    named = _disposition(headers)
    context, request = scope["app"].state.context, Request(scope)
    size = next((int(value) for name, value in headers if name == b"content-length"), None)
    query = scope["query_string"].decode("latin-1")
    details = {"query": query, "bytes": size, "file": named.decode("latin-1").partition("filename=")[2].strip('"')}
    told = {name: value for name, value in details.items() if value}

    caller = await caller_of(request, context.session_now)
    deed = By(caller.name, caller.role, address_of(request)).deed("download", scope["path"], **told)
    await context.in_thread(lambda: context.store.people.note(deed))


def _template(scope: Scope) -> str:
    route = scope.get("route")
    return str(getattr(route, "path", "none")) if route is not None else "none"
