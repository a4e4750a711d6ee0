"""OGC API resources as pages that a person can read: the same facts as the JSON, in Chinese or English."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import shapely
from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from yzgeo.catalogue import FieldSpec, Layer
from yzgeo.store.base import Feature, Value
from yzgeo.workflows import features as served

from .asking import Asked
from .deps import Context, Language

_WORDS: dict[Language, dict[str, str]] = {
    "zh": {
        "path": "位置",
        "home": "服务首页",
        "collections": "图层",
        "items": "要素",
        "empty": "没有符合条件的要素。",
        "illustrative": "示意数据，不得作为依据",
        "none": "—",
        "yes": "是",
        "no": "否",
        "count": "要素数",
        "shown": "第 {first}–{last} 条，共 {all} 条",
        "next": "下一页",
        "previous": "上一页",
        "map": "在地图上打开",
        "source": "来源",
        "licence": "许可",
        "systems": "坐标系",
        "geometry": "几何",
        "name": "名称",
        "about": "说明",
        "link": "链接",
    },
    "en": {
        "path": "You are here",
        "home": "Service",
        "collections": "Layers",
        "items": "Features",
        "empty": "No feature fits.",
        "illustrative": "Illustrative data, no evidence of anything",
        "none": "—",
        "yes": "yes",
        "no": "no",
        "count": "Features",
        "shown": "{first}–{last} of {all}",
        "next": "Next page",
        "previous": "Previous page",
        "map": "Open on the map",
        "source": "Source",
        "licence": "Licence",
        "systems": "Coordinate systems",
        "geometry": "Geometry",
        "name": "Name",
        "about": "About",
        "link": "Link",
    },
}


# Parts of descriptions that are tables, and what a page says elsewhere.
_PARTS = frozenset({"tilesets", "tileMatrixSets", "tileMatrices", "layers", "styles"})
_SHOWN = frozenset({"title", "attribution"})
_FOR_PROGRAMS = ("/processes", "/jobs")
# Types of answers that have a page, too.
_READ = frozenset({"application/json", "application/geo+json", "application/schema+json"})


@dataclass(frozen=True, slots=True)
class Cell:
    """A text, and where it leads."""

    text: str
    href: str | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """What the template shows."""

    lang: Language
    title: str
    json: str
    other: str
    crumbs: Sequence[Cell] = ()
    notice: str | None = None
    paragraphs: Sequence[str] = ()
    facts: Sequence[tuple[str, Cell]] = ()
    head: Sequence[str] = ()
    rows: Sequence[Sequence[Cell]] = ()
    links: Sequence[Cell] = ()
    attribution: str = ""

    @property
    def words(self) -> dict[str, str]:
        """Texts of the frame."""
        return _WORDS[self.lang]

    def render(self) -> bytes:
        """
        Write the page.

        Returns
        -------
        bytes
            UTF-8 HTML; every text is escaped.
        """
        return _template().render(page=self).encode()


def landing(content: Mapping[str, Any], *, root: str, lang: Language) -> bytes:
    """
    Write the landing page.

    Parameters
    ----------
    content
        The JSON answer.
    root
        Address of the landing page.
    lang
        Language.

    Returns
    -------
    bytes
        HTML.
    """
    links = [
        Cell(link.get("title") or link["rel"], _readable(link)) for link in content["links"] if link["rel"] != "self"
    ]
    return Page(**_ends(root, lang), title=content["title"], paragraphs=[content["description"]], links=links).render()


def conformance(uris: Sequence[str], *, root: str, lang: Language) -> bytes:
    """
    Write the list of conformance classes.

    Parameters
    ----------
    uris
        The classes.
    root
        Address of the landing page.
    lang
        Language.

    Returns
    -------
    bytes
        HTML.
    """
    crumbs = [Cell(_WORDS[lang]["home"], f"{root}?f=html&lang={lang}")]
    links = [Cell(uri, uri) for uri in uris]
    return Page(**_ends(f"{root}/conformance", lang), title="OGC API", crumbs=crumbs, links=links).render()


def collections(content: Mapping[str, Any], *, root: str, lang: Language) -> bytes:
    """
    Write the list of layers.

    Parameters
    ----------
    content
        The JSON answer.
    root
        Address of the landing page.
    lang
        Language.

    Returns
    -------
    bytes
        HTML.
    """
    words = _WORDS[lang]
    rows = [
        (
            Cell(one["title"], f"{root}/collections/{one['id']}?f=html&lang={lang}"),
            Cell(one["id"]),
            Cell(f"{one['yzgeo:count']:,}"),
            Cell(one["description"].partition("\n")[0]),
        )
        for one in content["collections"]
    ]
    return Page(
        **_ends(f"{root}/collections", lang),
        title=words["collections"],
        crumbs=[Cell(words["home"], f"{root}?f=html&lang={lang}")],
        head=[words["name"], "id", words["count"], words["about"]],
        rows=rows,
    ).render()


def collection(content: Mapping[str, Any], *, root: str, lang: Language) -> bytes:
    """
    Write one layer.

    Parameters
    ----------
    content
        The JSON answer.
    root
        Address of the landing page.
    lang
        Language.

    Returns
    -------
    bytes
        HTML.
    """
    words = _WORDS[lang]
    address = f"{root}/collections/{content['id']}"
    about, _, source = content["description"].partition("\n")
    illustrative = "illustrative" in content["yzgeo:data_status"]
    facts = [
        (words["count"], Cell(f"{content['yzgeo:count']:,}", f"{address}/items?f=html&lang={lang}")),
        (words["source"], Cell(source or words["none"])),
        (words["licence"], Cell(content["license"])),
        *((words["systems"], Cell(uri, uri)) for uri in content["crs"]),
    ]
    links = [
        Cell(link.get("title", "") + " " + link["rel"].rpartition("/")[2], _readable(link))
        for link in content["links"]
        if link["rel"] != "self" and not link.get("templated")
    ]
    return Page(
        **_ends(address, lang),
        title=content["title"],
        crumbs=_crumbs(root, lang),
        notice=words["illustrative"] if illustrative else None,
        paragraphs=[about],
        facts=facts,
        links=links,
        attribution=content["attribution"],
    ).render()


def described(content: Mapping[str, Any], *, root: str, address: str, title: str, lang: Language) -> bytes:
    """
    Write a description, or a list of some: plain values as facts, the parts as a table, and what it leads to.

    Parameters
    ----------
    content
        The JSON answer.
    root
        Address of the landing page.
    address
        Address of the description.
    title
        Title of the page.
    lang
        Language.

    Returns
    -------
    bytes
        HTML.
    """
    words = _WORDS[lang]
    parts: list[dict[str, Any]] = next((part for name, part in content.items() if name in _PARTS), [])
    head = [name for name, value in (parts[0].items() if parts else ()) if _plain(value)]
    rows = [
        [Cell(str(part[name]), _leads(part) if name == head[0] else None) for name in head if name in part]
        for part in parts
    ]
    return Page(
        **_ends(address, lang),
        title=title,
        crumbs=[Cell(words["home"], f"{root}?f=html&lang={lang}")],
        facts=[(name, Cell(str(value))) for name, value in content.items() if _plain(value) and name not in _SHOWN],
        head=head,
        rows=rows,
        links=[
            Cell(link["rel"].rpartition("/")[2], _readable(link)) for link in content.get("links", ()) if _open(link)
        ],
        attribution=content.get("attribution", ""),
    ).render()


def items(context: Context, layer: Layer, asked: Asked, lang: Language) -> bytes:
    """
    Write a page of features as a table.

    Parameters
    ----------
    context
        Parts of the service.
    layer
        The layer.
    asked
        The question.
    lang
        Language.

    Returns
    -------
    bytes
        HTML.
    """
    words = _WORDS[lang]
    rows, matched = served.page(context.store, layer, asked.query, fields=asked.fields)
    columns = [(layer.field(name), rows.columns[name]) for name in asked.fields]
    table = [
        [
            Cell(uid[:8], f"{asked.address}/{uid}?f=html&lang={lang}"),
            *(Cell(_text(field, values[at], lang)) for field, values in columns),
        ]
        for at, uid in enumerate(rows.uids)
    ]
    offset, limit = asked.query.offset, asked.query.limit or len(table)
    shown = words["shown"].format(first=min(offset + 1, matched), last=offset + len(table), all=matched)
    links = []
    if offset > 0:
        links.append(Cell(words["previous"], f"{asked.link(max(0, offset - limit), limit)}&lang={lang}"))
    if table and offset + len(table) < matched:
        links.append(Cell(words["next"], f"{asked.link(offset + limit, limit)}&lang={lang}"))
    root = asked.address.partition("/collections/")[0]
    title = getattr(layer.spec.title, lang)
    query = urlencode({name: text for name, text in asked.pairs.items() if name != "f"})
    prefix = f"{asked.address}?{query}&" if query else f"{asked.address}?"
    statuses = rows.columns.get("data_status", ())
    return Page(
        lang=lang,
        json=f"{prefix}f=json",
        other=f"{prefix}f=html&lang={'en' if lang == 'zh' else 'zh'}",
        title=words["items"],
        crumbs=[*_crumbs(root, lang), Cell(title, f"{root}/collections/{layer.id}?f=html&lang={lang}")],
        notice=words["illustrative"] if "illustrative" in statuses else None,
        paragraphs=[f"{title}：{shown}" if lang == "zh" else f"{title}: {shown}"],
        head=["uid", *(_heading(field, lang) for field, _ in columns)],
        rows=table,
        links=links,
        attribution=_attribution(context),
    ).render()


def item(
    context: Context, layer: Layer, feature: Feature, fields: Sequence[str], *, base: str, lang: Language
) -> bytes:
    """
    Write one feature.

    Parameters
    ----------
    context
        Parts of the service.
    layer
        The layer.
    feature
        The feature.
    fields
        Ids of the fields the caller may see.
    base
        Address of the service.
    lang
        Language.

    Returns
    -------
    bytes
        HTML.
    """
    words, root = _WORDS[lang], f"{base}/ogc"
    title = getattr(layer.spec.title, lang)
    own = feature.properties
    facts = [
        (_heading(layer.field(name), lang), Cell(_text(layer.field(name), own.get(name), lang))) for name in fields
    ]
    if feature.geometry is not None:
        place = shapely.to_wkt(feature.geometry, rounding_precision=6)
        facts.append((words["geometry"], Cell(place if len(place) < 400 else f"{place[:400]}…")))
    named = own.get("name") or own.get(layer.spec.key) or feature.uid
    address = f"{root}/collections/{layer.id}/items"
    return Page(
        **_ends(f"{address}/{feature.uid}", lang),
        title=str(named),
        crumbs=[*_crumbs(root, lang), Cell(title, f"{address}?f=html&lang={lang}")],
        notice=words["illustrative"] if own.get("data_status") == "illustrative" else None,
        facts=facts,
        links=[Cell(words["map"], f"{base}/?feature={layer.id}/{feature.uid}&tab=feature")],
        attribution=_attribution(context),
    ).render()


def schema(content: Mapping[str, Any], *, root: str, address: str, lang: Language) -> bytes:
    """
    Write the fields of a layer as a table.

    Parameters
    ----------
    content
        The JSON schema.
    root
        Address of the landing page.
    address
        Its own address.
    lang
        Language.

    Returns
    -------
    bytes
        HTML.
    """
    rows = [
        (
            Cell(name),
            Cell(str(one.get("title", ""))),
            Cell(str(one.get("type") or one.get("format", ""))),
            Cell(str(one.get("x-ogc-unit", ""))),
            Cell(", ".join(map(str, one.get("enum", ())))),
        )
        for name, one in content["properties"].items()
    ]
    heads = {
        "zh": ["字段", "名称", "类型", "单位", "可用值"],
        "en": ["Field", "Title", "Type", "Unit", "Allowed values"],
    }
    return Page(
        **_ends(address, lang), title=content["title"], crumbs=_crumbs(root, lang), head=heads[lang], rows=rows
    ).render()


@lru_cache(maxsize=1)
def _template() -> Template:
    loader = FileSystemLoader(Path(__file__).with_name("templates"))
    return Environment(loader=loader, autoescape=True, undefined=StrictUndefined).get_template("page.html")


def _ends(address: str, lang: Language) -> dict[str, Any]:
    """Give the addresses of the same thing for programs, and in the other language."""
    other = "en" if lang == "zh" else "zh"
    return {"lang": lang, "json": f"{address}?f=json", "other": f"{address}?f=html&lang={other}"}


def _crumbs(root: str, lang: Language) -> list[Cell]:
    words = _WORDS[lang]
    return [
        Cell(words["home"], f"{root}?f=html&lang={lang}"),
        Cell(words["collections"], f"{root}/collections?f=html&lang={lang}"),
    ]


def _readable(link: Mapping[str, Any]) -> str:
    href: str = link["href"]
    has_page = link.get("type") in _READ and "/ogc" in href and not href.endswith(_FOR_PROGRAMS)
    return f"{href}?f=html" if has_page and "?" not in href else href


def _plain(value: object) -> bool:
    return isinstance(value, (str, int, float))


def _open(link: Mapping[str, Any]) -> bool:
    return link["rel"] != "self" and not link.get("templated")


def _leads(part: Mapping[str, Any]) -> str | None:
    return next((_readable(link) for link in part.get("links", ()) if not link.get("templated")), None)


def _attribution(context: Context) -> str:
    return " | ".join(notice.text for notice in context.catalogue.district.attributions)


def _heading(field: FieldSpec, lang: Language) -> str:
    title: str = getattr(field.title, lang)
    return f"{title} ({field.unit})" if field.unit else title


def _text(field: FieldSpec, value: Value, lang: Language) -> str:
    words = _WORDS[lang]
    if value is None:
        return words["none"]
    if isinstance(value, bool):
        return words["yes"] if value else words["no"]
    label = next((one.label for one in field.values if one.id == value), None)
    return getattr(label, lang) if label is not None else str(value)
