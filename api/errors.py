"""Refusals over HTTP: one table from class to status, one shape (RFC 9457 ``application/problem+json``)."""

from __future__ import annotations

import json
import logging
import uuid
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import orjson
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.routing import Match

from yzgeo import errors as library
from yzgeo.errors import ForbiddenError, InputError, NotFoundError, ParameterError, YzgeoError

MEDIA_TYPE = "application/problem+json"
CHECKSUM_MISMATCH = 460
"""Status of the tus protocol, which HTTP itself does not know."""
_LOG = logging.getLogger("yzgeo.api")


class UnexpectedError(YzgeoError):
    """A fault of the program; the log has the details under the reference."""

    code = "unexpected"
    zh = "服务出现意外错误，编号 {reference}。"
    en = "The service failed unexpectedly, reference {reference}."
    remedy_zh = "请把编号告诉管理员，日志里有详情。"
    remedy_en = "Give the reference to your administrator; the log has the details."


class MethodNotAllowedError(YzgeoError):
    """The address exists and does not take this method."""

    code = "method_not_allowed"
    zh = "这个地址不接受 {method} 请求。"
    en = "This address does not take {method} requests."


class BodyInvalidError(InputError):
    """The body of a request does not have the expected shape."""

    code = "body_invalid"
    zh = "请求内容不对：{where} {reason_zh}"
    en = "The request's body is wrong: {where} {reason_en}"


class BodyTooLargeError(InputError):
    """The body of a request is larger than the service takes."""

    code = "body_too_large"
    zh = "请求内容超过 {limit_mib} MiB。"
    en = "The request's body is larger than {limit_mib} MiB."


class CrossSiteError(ForbiddenError):
    """A page of another site tried to change something in the caller's name."""

    code = "cross_site"
    zh = "拒绝来自其他网站的修改请求。"
    en = "A changing request from another site is refused."
    remedy_zh = "请从本系统的页面操作；程序调用请用 Authorization: Bearer。"
    remedy_en = "Use the pages of this service; programs send Authorization: Bearer."


class RevisionMovedError(YzgeoError):
    """The feature is no longer what the request's ``If-Match`` names."""

    code = "revision_moved"
    zh = "{what} 已被修改：If-Match 写的是版本 {base}，现在是 {current}；没有登记任何内容。"
    en = "{what} has changed: If-Match names revision {base}, it is now at {current}; nothing was recorded."
    remedy_zh = "请看过现在的状态后再提交。"
    remedy_en = "Look at the present state, then send it again."


class TusVersionError(YzgeoError):
    """An upload in pieces was asked for without naming the version of the protocol, or another one."""

    code = "tus_version"
    zh = "请求头 Tus-Resumable 应为 {version}。"
    en = "The header Tus-Resumable has to be {version}."


class TooManyRequestsError(YzgeoError):
    """One address asks too often."""

    code = "too_many_requests"
    zh = "请求太频繁，请在 {retry_after_s} 秒后再试。"
    en = "Too many requests; try again in {retry_after_s} seconds."


class HttpRefusedError(YzgeoError):
    """Anything else that HTTP itself refuses."""

    code = "http_refused"
    zh = "请求不能处理：{reason}"
    en = "The request cannot be handled: {reason}"


STATUS: Mapping[type[YzgeoError], int] = {
    YzgeoError: 500,
    library.NotFoundError: 404,
    library.LayerUnknownError: 404,
    library.FeatureUnknownError: 404,
    library.InputError: 400,
    library.FieldUnknownError: 400,
    library.ParameterError: 400,
    library.FileMissingError: 400,
    library.FileUnreadableError: 422,
    library.FileLimitError: 422,
    library.FileAmbiguousError: 422,
    library.UploadRefusedError: 422,
    library.UploadOffsetError: 409,
    library.UploadBusyError: 423,
    library.UploadBrokenError: CHECKSUM_MISMATCH,
    library.ImportBusyError: 409,
    library.ImportStateError: 409,
    library.ImportStoppedError: 500,
    library.ImportMovedError: 409,
    library.CrsMissingError: 422,
    library.CrsUnsupportedError: 422,
    library.CrsNotProjectedError: 422,
    library.GeometryTypeError: 422,
    library.RowsRejectedError: 422,
    library.ArchiveUnsafeError: 422,
    library.XmlEntitiesError: 422,
    library.CrsParametersNeededError: 422,
    library.ValueUnreadableError: 422,
    library.CircleUnknownError: 404,
    library.RunUnknownError: 404,
    library.RunUnfinishedError: 409,
    library.ScenarioUnknownError: 404,
    library.ProcessUnknownError: 404,
    library.NetworkError: 422,
    library.SitingError: 422,
    library.SitingTimeError: 422,
    library.FeatureInvalidError: 422,
    library.FeatureExistsError: 409,
    library.BatchUnknownError: 404,
    library.AlreadyUndoneError: 409,
    library.UndoRefusedError: 409,
    library.WorkspaceMissingError: 503,
    library.WorkspaceExistsError: 409,
    library.WorkspaceBrokenError: 503,
    library.WorkspaceNewerError: 503,
    library.StorageError: 507,
    library.StorageBusyError: 503,
    library.ConflictError: 409,
    library.ConflictDecidedError: 409,
    library.ConflictMovedError: 409,
    library.RecordIdTakenError: 409,
    library.EventRefusedError: 422,
    library.AttachmentRefusedError: 422,
    library.LiveFileError: 500,
    library.PortInUseError: 500,
    library.ForbiddenError: 403,
    library.DeviceRevokedError: 403,
    library.SignInRefusedError: 401,
    library.AccountExistsError: 409,
    library.LastAdministratorError: 409,
    library.CatalogueError: 500,
    library.SettingUnknownError: 500,
    UnexpectedError: 500,
    MethodNotAllowedError: 405,
    BodyInvalidError: 422,
    BodyTooLargeError: 413,
    CrossSiteError: 403,
    RevisionMovedError: 412,
    TusVersionError: 412,
    TooManyRequestsError: 429,
    HttpRefusedError: 400,
}

# What pydantic calls its findings, in Chinese; the context of the finding fills the braces.
_REASONS_ZH: Mapping[str, str] = {
    "missing": "缺少这一项",
    "int_parsing": "应为整数",
    "int_type": "应为整数",
    "float_parsing": "应为数字",
    "bool_parsing": "应为 true 或 false",
    "string_type": "应为文字",
    "string_too_short": "太短，至少 {min_length} 个字符",
    "string_too_long": "太长，最多 {max_length} 个字符",
    "string_pattern_mismatch": "格式不对",
    "greater_than": "应大于 {gt}",
    "greater_than_equal": "应不小于 {ge}",
    "less_than": "应小于 {lt}",
    "less_than_equal": "应不大于 {le}",
    "literal_error": "应为 {expected} 之一",
    "extra_forbidden": "不认识这一项",
    "json_invalid": "不是有效的 JSON",
    "date_from_datetime_parsing": "应为日期，例如 2024-06-30",
}


def status_of(error: YzgeoError) -> int:
    """
    Find the HTTP status of a refusal.

    Parameters
    ----------
    error
        The refusal.

    Returns
    -------
    int
        Status of its class, or of the nearest parent that has one.
    """
    return next(STATUS[kind] for kind in type(error).__mro__ if kind in STATUS)


def problem(error: YzgeoError, *, status: int | None = None) -> dict[str, Any]:
    """
    Shape a refusal as RFC 9457 asks.

    Parameters
    ----------
    error
        The refusal.
    status
        HTTP status, where it differs from the table's.

    Returns
    -------
    dict
        ``type``, ``title``, ``status``, ``code``, ``detail`` and ``remedy`` in Chinese, ``detail_en`` and
        ``remedy_en``, and the refusal's own facts.
    """
    number = status or status_of(error)
    fields = {key: _plain(value) for key, value in error.fields.items()}
    return {
        **fields,
        "type": f"/-/errors#{error.code}",
        "title": "Checksum Mismatch" if number == CHECKSUM_MISMATCH else HTTPStatus(number).phrase,
        "status": number,
        "code": error.code,
        "detail": error.message("zh"),
        "detail_en": error.message("en"),
        "remedy": error.remedy("zh"),
        "remedy_en": error.remedy("en"),
    }


def _plain(value: object) -> object:
    """Let a refusal's facts be JSON: reasons and states as they are, anything else as text."""
    if isinstance(value, Mapping):
        return {str(key): _plain(part) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(part) for part in value]
    return value if value is None or isinstance(value, (str, int, float, bool)) else str(value)


def _spelled(content: Mapping[str, Any]) -> bytes:
    """Write a refusal; it may repeat what was sent, even half a character or a whole number of any length."""
    try:
        return orjson.dumps(content)
    except TypeError:
        return json.dumps(content).encode("ascii")


def respond(error: YzgeoError, *, status: int | None = None, headers: Mapping[str, str] | None = None) -> Response:
    """
    Answer with a refusal.

    Parameters
    ----------
    error
        The refusal.
    status
        HTTP status, where it differs from the table's.
    headers
        Further headers.

    Returns
    -------
    Response
        ``application/problem+json``, never cached.
    """
    content = problem(error, status=status)
    merged = {"Cache-Control": "no-store", **(headers or {})}
    if content["status"] == 401:
        merged["WWW-Authenticate"] = "Bearer"
    if isinstance(error, TusVersionError):
        merged["Tus-Version"] = str(error.fields["version"])
    if isinstance(error, TooManyRequestsError):
        merged["Retry-After"] = str(error.fields["retry_after_s"])
    return Response(_spelled(content), content["status"], merged, MEDIA_TYPE)


def unexpected(error: Exception, path: str) -> Response:
    """
    Answer for a fault of the program without telling its insides.

    Parameters
    ----------
    error
        The exception, which goes to the log.
    path
        Path of the request.

    Returns
    -------
    Response
        Status 500 with a reference that the log repeats.
    """
    reference = uuid.uuid4().hex[:12]
    _LOG.error("unexpected failure %s on %s", reference, path, exc_info=error)
    return respond(UnexpectedError(reference=reference))


class _TooLarge(HTTPException):
    """FastAPI hides everything but its own exception when a body cannot be read, so the refusal travels in one."""

    def __init__(self, limit_mib: int) -> None:
        super().__init__(413)
        self.limit_mib = limit_mib


def body_too_large(limit_mib: int) -> Exception:
    """
    Make what interrupts the reading of a body.

    Parameters
    ----------
    limit_mib
        The limit, MiB.

    Returns
    -------
    Exception
        To be raised inside the reading.
    """
    return _TooLarge(limit_mib)


def install(app: FastAPI) -> None:
    """
    Give every failure of an application the one shape.

    Parameters
    ----------
    app
        The application.
    """
    app.add_exception_handler(YzgeoError, _on_refusal)
    app.add_exception_handler(HTTPException, _on_http)
    app.add_exception_handler(RequestValidationError, _on_validation)
    app.add_exception_handler(Exception, _on_fault)


async def _on_refusal(_request: Request, error: Exception) -> Response:
    if not isinstance(error, YzgeoError):
        raise error
    return respond(error)


async def _on_http(request: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        raise error
    if error.status_code == 404:
        return respond(NotFoundError(what=request.url.path))
    if isinstance(error, _TooLarge):
        return respond(BodyTooLargeError(limit_mib=error.limit_mib))
    if error.status_code == 405:
        # Starlette names the methods of one route, and an address may have several.
        there = [route for route in request.app.state.routes if route.matches(request.scope)[0] is not Match.NONE]
        methods = {method for route in there for method in route.methods}
        allowed = ", ".join(sorted(methods | ({"HEAD"} if "GET" in methods else set())))
        headers = {"Allow": allowed} if methods else error.headers
        return respond(MethodNotAllowedError(method=request.method), headers=headers)
    return respond(HttpRefusedError(reason=str(error.detail)), status=error.status_code, headers=error.headers)


async def _on_fault(request: Request, error: Exception) -> Response:
    return unexpected(error, request.url.path)


async def _on_validation(request: Request, error: Exception) -> Response:
    if not isinstance(error, RequestValidationError):
        raise error
    first = error.errors()[0]
    place, *rest = (str(part) for part in first["loc"])
    name = ".".join(rest) or place
    if place == "path":
        return respond(NotFoundError(what=request.url.path))
    reason_zh, reason_en = _reason(first), str(first["msg"])
    if place == "body":
        return respond(BodyInvalidError(where=name, reason_zh=reason_zh, reason_en=reason_en))
    return respond(ParameterError(name=name, reason_zh=reason_zh, reason_en=reason_en))


def _reason(finding: Mapping[str, Any]) -> str:
    template = _REASONS_ZH.get(str(finding["type"]), "取值无效")
    return template.format_map(finding.get("ctx") or {})
