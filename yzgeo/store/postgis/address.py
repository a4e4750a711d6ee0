"""The address of a district on a server: a PostgreSQL URL, with ``schema=`` for one of several districts."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, urlencode, urlsplit

from psycopg import ProgrammingError
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from yzgeo.errors import InputError

SCHEMES = ("postgresql", "postgres")
_SCHEMA = re.compile(r"[a-z_][a-z0-9_]{0,40}")


@dataclass(frozen=True, slots=True)
class Address:
    """Where a district is kept. ``shown`` holds no password."""

    conninfo: str = field(repr=False)
    schema: str
    shown: str


def parse(url: str) -> Address:
    """
    Read an address.

    Parameters
    ----------
    url
        ``postgresql://user@host:port/database?schema=name``; the schema is ``yzgeo`` if not named.

    Returns
    -------
    Address
        For the driver, with the search path set.

    Raises
    ------
    InputError
        If it is no such address; the sentence repeats nothing that may be a password.
    """
    parts = urlsplit(url)
    asked = dict(parse_qsl(parts.query))
    schema = asked.pop("schema", "yzgeo")
    if parts.scheme not in SCHEMES or _SCHEMA.fullmatch(schema) is None or schema in ("public", "pg_catalog"):
        raise _refusal(parts.scheme)
    try:
        plain = f"{url.partition('?')[0]}?{urlencode(asked)}".removesuffix("?")
        known = conninfo_to_dict(plain)
    except (ProgrammingError, ValueError):
        raise _refusal(parts.scheme) from None
    options = f'{known.get("options") or ""} -csearch_path="{schema}",public'.strip()
    place = f"{known.get('host') or ''}{':' + str(known['port']) if known.get('port') else ''}"
    shown = f"postgresql://{place}/{known.get('dbname') or ''}?schema={schema}"
    return Address(make_conninfo(plain, options=options, application_name="yzgeo"), schema, shown)


def _refusal(scheme: str) -> InputError:
    return InputError(
        what=f"{scheme}://…",
        reason_zh="应为 postgresql://用户@主机:端口/数据库?schema=名称，名称只用小写字母、数字和下划线。",
        reason_en="expected postgresql://user@host:port/database?schema=name, the name in a-z, 0-9 and _.",
    )
