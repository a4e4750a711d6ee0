"""Answers made of bytes."""

from __future__ import annotations

import gzip
import json
from typing import Any

import pytest
from fastapi import Request

from api.responses import Prepared, dumps, etag_of, is_current, json_response, takes_gzip


def asked(**headers: str) -> Request:
    raw = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return Request({"type": "http", "method": "GET", "path": "/", "query_string": b"", "headers": raw})


def headers(answer: Any) -> dict[str, str]:
    return {name.decode(): value.decode() for name, value in answer.raw_headers}


def test_numbers_that_are_none_become_null() -> None:
    assert json.loads(dumps({"a": float("nan"), "b": (1, None)})) == {"a": None, "b": [1, None]}


def test_tags_tell_states_apart() -> None:
    assert etag_of("a", 1) == etag_of("a", 1)
    assert len({etag_of("a", 1), etag_of("a", 2), etag_of("a1"), etag_of("a", "1")}) == 4
    assert etag_of("a").startswith('"')


@pytest.mark.parametrize(
    ("sent", "current"), [('"x"', True), ('W/"x"', True), ('"a", "x"', True), ("*", True), ('"y"', False), ("", False)]
)
def test_revalidation(sent: str, current: bool) -> None:
    assert is_current(asked(if_none_match=sent), '"x"') is current
    assert json_response(asked(if_none_match=sent), {}, etag='"x"').status_code == (304 if current else 200)


def test_only_what_pays_is_compressed() -> None:
    request = asked(accept_encoding="br, gzip")
    assert takes_gzip(request)
    assert "content-encoding" not in headers(json_response(request, {"a": 1}))
    large = json_response(request, {"a": "x" * 2000}, etag='"t"')
    assert headers(large)["etag"] == 'W/"t"'
    assert json.loads(gzip.decompress(large.body)) == {"a": "x" * 2000}


def test_a_prepared_answer_is_not_changed_by_middleware() -> None:
    kept = Prepared(b"x" * 2000, etag='"t"', media_type="text/plain")
    first = kept.answer(asked())
    first.raw_headers.append((b"a", b"b"))
    assert "a" not in headers(kept.answer(asked()))
    packed = kept.answer(asked(accept_encoding="gzip"))
    assert gzip.decompress(packed.body) == first.body
    assert kept.size == 2000 + len(packed.body)
    assert kept.answer(asked(if_none_match='"t"')).status_code == 304
