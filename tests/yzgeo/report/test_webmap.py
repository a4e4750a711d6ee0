from __future__ import annotations

import re
import shutil
import subprocess
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path

import pytest

from yzgeo.report import webmap

EVIL = "</script><script>document.title='caught'</script><img src=x onerror=document.title='caught'>{{ 7*7 }}{% raw %}"


class Links(HTMLParser):
    """Collects every address that a browser would fetch by itself."""

    def __init__(self) -> None:
        super().__init__()
        self.fetched: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if value and (name in {"src", "srcset", "data", "poster"} or (name == "href" and tag == "link")):
                self.fetched.append(value)


def page(table, catalogue, *, inline: bool = True, **values: object) -> str:
    made = [table("shantytown_parcel", **values), table("road"), table("fitness_site"), table("compound_item")]
    return webmap.render(made, district=catalogue.district, groups=catalogue.groups, inline=inline)


def chromium(path: Path, folder: Path, *more: str) -> str:
    program = shutil.which("chromium")
    assert program, "apt-get install chromium"
    flags = "--headless --no-sandbox --use-angle=swiftshader --enable-unsafe-swiftshader --no-first-run --disable-sync"
    quiet = "--disable-background-networking --disable-component-update --disable-quic --virtual-time-budget=4000"
    profile = f"--user-data-dir={folder / 'profile'}"
    command = [program, *flags.split(), *quiet.split(), profile, *more, path.as_uri()]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
    return done.stdout


def test_the_file_fetches_nothing(table, catalogue) -> None:
    text = page(table, catalogue)
    links = Links()
    links.feed(text)
    assert [link for link in links.fetched if not link.startswith("data:")] == []
    assert re.findall(r"url\((?!data:|#|none)[^)]*\)", text) == []
    assert "@import" not in text


def test_the_served_page_takes_its_scripts_from_us_and_all_are_there(table, catalogue) -> None:
    links = Links()
    links.feed(page(table, catalogue, inline=False))
    fetched = [link for link in links.fetched if not link.startswith("data:")]
    assert len(fetched) == 4
    for link in fetched:
        assert link.startswith(f"{webmap.ASSETS_URL}/")
        assert (webmap.ASSETS / link.removeprefix(f"{webmap.ASSETS_URL}/")).is_file()


def test_licences_go_along() -> None:
    assert "BSD 2-Clause" in (webmap.ASSETS / "LICENSE.leaflet.txt").read_text(encoding="utf-8")
    assert "Leaflet 1.9.4" in (webmap.ASSETS / "leaflet.js").read_text(encoding="utf-8")[:400]


def test_title_period_time_attribution_legend_and_banner(table, catalogue) -> None:
    made = [table("shantytown_parcel")]
    when = datetime(2024, 3, 5, 8, 30, tzinfo=UTC)
    text = webmap.render(made, district=catalogue.district, groups=catalogue.groups, inline=True, as_of=when)
    assert '<html lang="zh-CN">' in text
    assert f"<title>{catalogue.district.product_title.zh}</title>" in text
    assert "2024-03-05 08:30 UTC" in text
    assert "示意数据 1 个要素" in text
    assert 'data-layer="shantytown_parcel"' in text
    assert "净地" in text
    assert "OpenStreetMap contributors" in text
    assert "user-scalable=no" not in text


def test_no_banner_where_nothing_is_illustrative(table, catalogue) -> None:
    made = [table("shantytown_parcel", data_status=["surveyed", "official"])]
    assert 'yz-banner"' not in webmap.render(made, district=catalogue.district, groups=catalogue.groups, inline=True)


def test_nothing_of_a_restricted_field_is_in_the_page(table, catalogue) -> None:
    made = [table("shantytown_parcel", role="anonymous", households=[987654, 1])]
    text = webmap.render(made, district=catalogue.district, groups=catalogue.groups, inline=True)
    assert "987654" not in text
    assert "涉及户数" not in text


def test_no_value_can_end_the_script_or_become_a_template(table, catalogue) -> None:
    text = page(table, catalogue, name=[EVIL, EVIL])
    assert "document.title='caught'</script>" not in text
    assert "{{ 7*7 }}" in text


@pytest.mark.browser
def test_a_browser_draws_it_without_a_network(table, catalogue, tmp_path: Path) -> None:
    """The page in real Chromium that can reach nothing: the map is there, a card opens, the log names no address."""
    text = page(table, catalogue, name=[EVIL, "乙"])
    (layer,) = re.findall(r"shantytown_parcel: (geo_json_\w+)", text)
    tell = "performance.getEntriesByType('resource').map(function (one) { return one.name })"
    poke = f"""setTimeout(function () {{
        {layer}.getLayers()[0].openPopup()
        document.body.dataset.fetched = {tell}.filter(function (name) {{ return !name.startsWith('data:') }}).join(' ')
    }}, 500)"""
    path = tmp_path / "map.html"
    path.write_text(text.replace("</html>", f"<script>{poke}</script></html>"), encoding="utf-8")
    shown = chromium(path, tmp_path, "--dump-dom", "--host-resolver-rules=MAP * ~NOTFOUND")
    assert "leaflet-overlay-pane" in shown
    assert "<canvas" in shown
    assert "yz-card" in shown
    assert "{{ 7*7 }}{% raw %}" in shown  # shown as a text, not run
    assert f"<title>{catalogue.district.product_title.zh}</title>" in shown
    assert 'data-fetched=""' in shown
