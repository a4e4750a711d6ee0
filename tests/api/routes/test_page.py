"""The page as it was built, and before."""

from __future__ import annotations

from pathlib import Path

import pytest

from api.main import create_app
from tests.api.conftest import Client


@pytest.fixture
def built(tmp_path: Path, settings, workspace):
    root = tmp_path / "dist"
    (root / "assets").mkdir(parents=True)
    (root / "index.html").write_text("<!doctype html><title>page</title>", encoding="utf-8")
    (root / "field.html").write_text("<!doctype html><title>field</title>", encoding="utf-8")
    (root / "assets" / "app-1a2b.js").write_text("export {}", encoding="utf-8")
    (root / "icon.svg").write_text("<svg/>", encoding="utf-8")
    (tmp_path / "secret.txt").write_text("secret", encoding="utf-8")
    client = Client(create_app(settings.model_copy(update={"web_root": root}), workspace.store))
    yield client
    client.close()


def test_before_it_is_built_the_page_says_how(client) -> None:
    answer = client.get("/")
    assert answer.status_code == 200
    assert "make run" in answer.text
    assert "has not been built" in answer.text
    assert "银州城市更新一张图" in answer.text


def test_the_page_is_revalidated_and_its_parts_are_kept(built) -> None:
    page = built.get("/")
    assert page.headers["cache-control"] == "no-cache"
    assert page.headers["content-type"].startswith("text/html")
    assert built.get("/field").text == "<!doctype html><title>field</title>"
    script = built.get("/assets/app-1a2b.js")
    assert script.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert script.headers["content-type"].startswith("text/javascript")
    assert built.get("/icon.svg").headers["content-type"] == "image/svg+xml"


def test_files_are_revalidated_and_seen_when_they_change(built, tmp_path: Path) -> None:
    etag = built.get("/").headers["etag"]
    assert built.get("/", headers={"If-None-Match": etag}).status_code == 304
    (tmp_path / "dist" / "index.html").write_text("<!doctype html><title>newer</title>" + "x" * 2000, encoding="utf-8")
    newer = built.get("/", headers={"If-None-Match": etag})
    assert "newer" in newer.text
    assert newer.headers["content-encoding"] == "br"


@pytest.mark.parametrize(
    "path",
    [
        "/secret.txt",
        "/assets/../../secret.txt",
        "/assets/%2e%2e/%2e%2e/secret.txt",
        "/%2e%2e%2fsecret.txt",
        "/assets/",
        "/assets/a%00b",
        "/nothing",
    ],
)
def test_nothing_else_is_served(built, path: str) -> None:
    answer = built.get(path)
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
