"""Pages for people: escaped, in two languages, with ways to go on."""

from __future__ import annotations

from api.pages import Cell, Page


def test_every_text_is_escaped() -> None:
    page = Page(
        lang="zh",
        title="<script>alert(1)</script>",
        json="/ogc?f=json",
        other="/ogc?f=html&lang=en",
        crumbs=[Cell("<i>", "/x?a=1&b=2")],
        notice='"示意"',
        paragraphs=["a & b"],
        facts=[("<dt>", Cell("<dd>", "javascript&colon;x"))],
        head=["<th>"],
        rows=[[Cell("<td>")]],
        links=[Cell("</a>", "/next")],
    ).render()
    text = page.decode()
    for raw in ("<script>", "<i>", "<td><td>", "</a></a>"):
        assert raw not in text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text
    assert 'href="/x?a=1&amp;b=2"' in text


def test_an_empty_table_says_so() -> None:
    page = Page(lang="en", title="t", json="/", other="/", head=["a", "b"]).render().decode()
    assert "No feature fits." in page
    assert 'colspan="2"' in page
