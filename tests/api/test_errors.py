"""Every failure has one shape, and every refusal a status."""

from __future__ import annotations

from http import HTTPStatus

import pytest

from api import errors, models
from yzgeo.errors import YzgeoError, leaves

FAILURES = [
    ("GET", "/nothing/here", 404, "not_found"),
    ("GET", "/ogc/collections/nothing", 404, "layer_unknown"),
    ("GET", "/ogc/collections/road/items/nothing", 404, "feature_unknown"),
    ("GET", "/ogc/collections/road/items?limit=0", 400, "parameter_invalid"),
    ("GET", "/api/search", 400, "parameter_invalid"),
    ("GET", "/-/layers?nothing=1", 400, "parameter_invalid"),
    ("GET", "/ogc?lang=fr", 400, "parameter_invalid"),
    ("POST", "/ogc", 405, "method_not_allowed"),
    ("DELETE", "/api/targets", 405, "method_not_allowed"),
    ("POST", "/api/auth/login", 422, "body_invalid"),
]


@pytest.mark.parametrize(("method", "path", "status", "code"), FAILURES)
def test_failures_have_one_shape(client, method: str, path: str, status: int, code: str) -> None:
    answer = client.request(method, path)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["cache-control"] == "no-store"
    problem = models.Problem.model_validate(answer.json())
    assert (problem.status, problem.code) == (status, code)
    assert problem.title == HTTPStatus(status).phrase
    assert problem.type == f"/-/errors#{code}"
    assert any("\u4e00" <= letter <= "\u9fff" for letter in problem.detail)
    assert problem.detail_en


def test_a_refused_method_says_which_are_allowed(client) -> None:
    items = "/ogc/collections/road/items"
    for method, path, allowed in (
        ("POST", "/ogc", "GET, HEAD"),
        ("PUT", items, "GET, HEAD, OPTIONS, POST"),
        ("POST", f"{items}/x", "DELETE, GET, HEAD, OPTIONS, PATCH, PUT"),
        ("GET", "/api/auth/logout", "POST"),
    ):
        answer = client.request(method, path)
        assert (answer.status_code, answer.headers["allow"]) == (405, allowed), path


@pytest.mark.parametrize("kind", leaves(), ids=lambda kind: kind.__name__)
def test_every_refusal_has_a_status(kind: type[YzgeoError]) -> None:
    assert kind in errors.STATUS


@pytest.mark.parametrize("kind", leaves(), ids=lambda kind: kind.__name__)
def test_every_refusal_can_be_shaped(kind: type[YzgeoError]) -> None:
    facts = dict.fromkeys(kind.placeholders(), "x")
    shaped = errors.problem(kind(**facts))
    models.Problem.model_validate(shaped)
    assert shaped["status"] == errors.STATUS[kind]


def test_a_fact_never_hides_the_shape() -> None:
    shaped = errors.problem(YzgeoError(status="up", code="other", path=object()))
    assert (shaped["status"], shaped["code"]) == (500, "error")


def test_a_fault_tells_a_reference_and_nothing_else(app, connect, monkeypatch, caplog) -> None:
    def broken(*_args: object, **_options: object) -> None:
        raise RuntimeError("the secret inside")

    monkeypatch.setattr("yzgeo.workflows.overview.search", broken)
    answer = connect().get("/api/search?q=a")
    assert answer.status_code == 500
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "secret" not in answer.text
    assert "Traceback" not in answer.text
    assert answer.json()["reference"] in caplog.text
    assert "the secret inside" in caplog.text
