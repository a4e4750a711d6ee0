"""Answers made of bytes."""

from __future__ import annotations

import gzip
import json
from typing import Any

import brotli
import pytest
from fastapi import Request

from api.responses import Prepared, coding_for, dumps, etag_of, is_current, json_response, takes_gzip, wanted_format


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
    request = asked(accept_encoding="gzip, br;q=0.9")
    assert takes_gzip(request)
    assert "content-encoding" not in headers(json_response(request, {"a": 1}))
    large = json_response(request, {"a": "x" * 2000}, etag='"t"')
    assert headers(large)["etag"] == 'W/"t"'
    assert json.loads(gzip.decompress(large.body)) == {"a": "x" * 2000}


@pytest.mark.parametrize(
    ("sent", "coding"),
    [
        ("gzip, deflate, br, zstd", "br"),
        ("gzip", "gzip"),
        ("br;q=0.5, gzip;q=0.8", "gzip"),
        ("br;q=0, gzip;q=0", "identity"),
        ("BR; q=1.0", "br"),
        ("br;q=much, gzip", "gzip"),
        ("gzipped, brotli", "identity"),
        ("", "identity"),
    ],
)
def test_the_clients_preference_decides(sent: str, coding: str) -> None:
    assert coding_for(asked(accept_encoding=sent)) == coding


def test_brotli_where_the_client_takes_it() -> None:
    body = {"a": [str(number) for number in range(2000)]}
    answer = json_response(asked(accept_encoding="gzip, br"), body)
    assert headers(answer)["content-encoding"] == "br"
    assert "Accept-Encoding" in headers(answer)["vary"]
    assert json.loads(brotli.decompress(answer.body)) == body
    kept = Prepared(dumps(body), etag='"t"', media_type="application/json")
    first, again = (kept.answer(asked(accept_encoding="br")) for _ in range(2))
    assert brotli.decompress(first.body) == dumps(body)
    assert headers(first)["content-length"] == str(len(first.body))
    assert again.body is first.body, "made once"
    assert headers(first)["etag"] == 'W/"t"', "another coding is other bytes under the same tag"
    assert len(first.body) < len(kept.answer(asked(accept_encoding="gzip")).body)


def test_a_very_large_answer_stays_with_gzip() -> None:
    kept = Prepared(b"x" * (1 << 21), etag='"t"', media_type="text/plain")
    assert headers(kept.answer(asked(accept_encoding="br, gzip")))["content-encoding"] == "gzip"
    assert "content-encoding" not in headers(kept.answer(asked(accept_encoding="br")))


def test_a_prepared_answer_is_not_changed_by_middleware() -> None:
    kept = Prepared(b"x" * 2000, etag='"t"', media_type="text/plain")
    first = kept.answer(asked())
    first.raw_headers.append((b"a", b"b"))
    assert "a" not in headers(kept.answer(asked()))
    packed = kept.answer(asked(accept_encoding="gzip"))
    assert gzip.decompress(packed.body) == first.body
    assert kept.size == 2000 + 2 * len(packed.body)
    assert kept.answer(asked(if_none_match='"t"')).status_code == 304


@pytest.mark.parametrize(
    ("accept", "form"),
    [
        ("text/html", "html"),
        ("TEXT/HTML", "html"),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "html"),
        ("application/geo+json;q=0.1, text/html;q=0.8", "html"),
        ("*/*;q=0.8, text/html", "html"),
        ("text/html;q=0.5, application/json;q=0.9", "json"),
        ("application/json, text/html", "json"),
        ("application/json, text/html;q=1.5", "json"),
        ("text/html;q=0", "json"),
        ("text/html;q=abc", "json"),
        ("text/html;q=nan, */*;q=0", "json"),
        ("*/*", "json"),
        ("", "json"),
    ],
)
def test_what_a_client_wants_most_is_what_it_gets(accept: str, form: str) -> None:
    assert wanted_format(asked(accept=accept), None, ("json", "html")) == form
    assert wanted_format(asked(accept=accept), "json", ("json", "html")) == "json"
