"""The folium map over HTTP: everything from here, and only for eyes that may see it."""

from __future__ import annotations

import re
from base64 import b64encode
from hashlib import sha256


def test_the_map_needs_nothing_from_elsewhere(client) -> None:
    answer = client.get("/maps/overview.html")
    assert answer.status_code == 200
    addresses = re.findall(r'(?:src|href)="([^"#]+)"', answer.text)
    own = [address for address in addresses if address.startswith("/")]
    assert own
    for address in own:
        asset = client.get(address)
        assert asset.status_code == 200, address
    assert re.findall(r'<(?:script|link)[^>]+(?:src|href)="(https?:[^"]+)"', answer.text) == []


def test_the_policy_allows_its_own_scripts_only(client) -> None:
    answer = client.get("/maps/overview.html")
    policy = answer.headers["content-security-policy"]
    scripts = re.findall(r"<script>(.*?)</script>", answer.text, re.DOTALL)
    assert scripts
    for script in scripts:
        assert f"'sha256-{b64encode(sha256(script.encode()).digest()).decode()}'" in policy
    assert "'unsafe-inline'" not in policy.split("script-src")[1].split(";")[0]
    assert answer.headers.get_list("content-security-policy") == [policy]


def test_hidden_data_are_not_on_it(client, connect) -> None:
    assert "秘密管线" not in client.get("/maps/overview.html").text
    mine = connect("planner").get("/maps/overview.html")
    assert "秘密管线" in mine.text or "\\u79d8\\u5bc6" in mine.text


def test_it_is_revalidated(client) -> None:
    etag = client.get("/maps/overview.html").headers["etag"]
    assert client.get("/maps/overview.html", headers={"If-None-Match": etag}).status_code == 304


def test_nothing_outside_its_folder_is_served(client) -> None:
    for path in (
        "/maps/assets/../webmap.py",
        "/maps/assets/%2e%2e/webmap.py",
        "/maps/assets/nothing.js",
        "/maps/assets/",
    ):
        assert client.get(path).status_code == 404
