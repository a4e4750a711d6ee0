"""Headers, limits and counters around every request."""

from __future__ import annotations

import pytest

from api.main import create_app
from api.middleware import Metrics, content_policy, security_headers
from api.settings import Settings
from tests.api.conftest import Client


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/ogc",
        "/-/layers",
        "/nothing",
        "/ogc/collections/road/items?limit=0",
        "/ogc/collections/road/tiles/WebMercatorQuad/14/6064/13828?nonsense=1",
    ],
)
def test_every_answer_is_sealed(client, path: str) -> None:
    headers = client.get(path).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert len(headers.get_list("content-security-policy")) == 1
    assert "server" not in headers


def test_a_tile_has_what_matters_where_nothing_is_shown(client) -> None:
    path = "/ogc/collections/road/tiles/WebMercatorQuad/14/6064/13828"
    answer = client.get(path)
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'"
    same = client.get(path, headers={"If-None-Match": answer.headers["etag"]})
    assert set(same.headers) == {"etag", "cache-control", "vary"}
    assert {name: answer.headers[name] for name in same.headers} == dict(same.headers)
    page = client.get("/maps/overview.html")
    same = client.get("/maps/overview.html", headers={"If-None-Match": page.headers["etag"]})
    assert same.status_code == 304
    assert same.headers["x-frame-options"] == "DENY", "a page may come under new rules"
    sealed = dict(security_headers(Settings(public_url="https://map.example"), data=True))
    assert sealed[b"strict-transport-security"] == b"max-age=31536000"


def test_durations_are_told_by_route() -> None:
    metrics = Metrics()
    for method, status, seconds in (("GET", 200, 0.001), ("GET", 200, 0.002), ("HEAD", 304, 11.0), ("BREW", 405, 0.3)):
        metrics.observe(method, "/a", status, seconds)

    def told(name: str, **labels: str) -> float | None:
        return metrics.registry.get_sample_value(name, {"route": "/a", **labels})

    assert told("yzgeo_requests_total", method="GET", status="200") == 2
    assert told("yzgeo_requests_total", method="other", status="405") == 1
    found = [
        told("yzgeo_request_seconds_bucket", le=bound) for bound in ("0.001", "0.0025", "0.25", "0.5", "10.0", "+Inf")
    ]
    assert found == [1, 2, 2, 3, 3, 4]
    assert told("yzgeo_request_seconds_count") == 4
    assert told("yzgeo_request_seconds_sum") == pytest.approx(11.303)


def test_the_policy_names_no_other_host_without_a_key() -> None:
    assert "http" not in content_policy(base_map=False)
    assert "connect-src 'self' https://*.tianditu.gov.cn;" in content_policy(base_map=True)
    names = [name for name, _ in security_headers(Settings(public_url="https://map.example"))]
    assert b"strict-transport-security" in names


def test_the_key_reaches_the_page_only_when_set(workspace, settings) -> None:
    own = Client(
        create_app(
            settings.model_copy(update={"tianditu_key": Settings(tianditu_key="k").tianditu_key}), workspace.store
        )
    )
    assert own.get("/-/layers").json()["base_map"] == {"kind": "tianditu", "key": "k"}
    shown = {entry["name"]: entry["value"] for entry in own.get("/-/settings").json()["settings"]}
    assert shown["YZGEO_TIANDITU_KEY"] == "***"
    own.close()


def test_a_large_body_is_refused_whether_it_tells_its_length_or_not(workspace, settings) -> None:
    own = Client(create_app(settings.model_copy(update={"max_body_mib": 1}), workspace.store))
    large = b"x" * ((1 << 20) + 1)

    async def pieces():
        for start in range(0, len(large), 65536):
            yield large[start : start + 65536]

    for content in (large, pieces()):
        answer = own.post("/api/auth/login", content=content, headers={"Content-Type": "application/json"})
        assert answer.status_code == 413
        assert answer.json()["code"] == "body_too_large"
    own.close()


def test_json_is_compressed_for_those_who_take_it(client) -> None:
    packed = client.get("/-/layers", headers={"Accept-Encoding": "gzip"})
    plain = client.get("/-/layers", headers={"Accept-Encoding": "identity"})
    assert packed.headers["content-encoding"] == "gzip"
    assert packed.json() == plain.json()
    assert int(packed.headers["content-length"]) < int(plain.headers["content-length"]) / 3


@pytest.mark.parametrize(
    "path", ["/", "/ogc", "/-/layers", "/ogc/collections/road/tiles/WebMercatorQuad/14/6064/13828"]
)
def test_head_is_get_without_the_body(client, path: str) -> None:
    head, get = client.request("HEAD", path), client.get(path)
    assert head.status_code == get.status_code == 200
    assert head.content == b""
    assert head.headers["content-length"] == get.headers["content-length"]
