"""Which store stands behind a workspace or a database address."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from yzgeo.catalogue import Catalogue
from yzgeo.errors import InputError

from .base import Store
from .sqlite import GeoPackageStore

if TYPE_CHECKING:
    from .postgis.store import PostGISStore

_SERVERS = ("postgresql", "postgres")


def open_store(workspace_or_url: str | os.PathLike[str], catalogue: Catalogue) -> Store:
    """
    Open what is there.

    Parameters
    ----------
    workspace_or_url
        Workspace folder, or the address of a PostGIS database, ``postgresql://…``.
    catalogue
        The layers to keep.

    Returns
    -------
    Store
        The open store.

    Raises
    ------
    WorkspaceMissingError, WorkspaceBrokenError, WorkspaceNewerError
        If there is nothing to open.
    InputError
        If it is the address of another kind of server, or the driver is not installed.
    """
    if server := _server(workspace_or_url):
        return server.open(str(workspace_or_url), catalogue)
    return GeoPackageStore.open(workspace_or_url, catalogue)


def create_store(path: str | os.PathLike[str], catalogue: Catalogue) -> Store:
    """
    Make a new store in a workspace folder or a database.

    Parameters
    ----------
    path
        Workspace folder, made if it is not there; or the address of a PostGIS database, where a schema is made.
    catalogue
        The layers to keep.

    Returns
    -------
    Store
        The open store, empty.

    Raises
    ------
    WorkspaceExistsError
        If there is one already.
    InputError
        If it is the address of another kind of server, or the driver is not installed.
    """
    if server := _server(path):
        return server.create(str(path), catalogue)
    return GeoPackageStore.create(path, catalogue)


def _server(place: str | os.PathLike[str]) -> type[PostGISStore] | None:
    """Give the class of a server's store; None for a folder."""
    scheme, separator, _ = str(place).partition("://")
    if not separator:
        return None
    # Only the scheme is repeated: the rest may hold a password.
    if scheme not in _SERVERS:
        raise InputError(
            what=f"{scheme}://…",
            reason_zh="只支持工作区目录（GeoPackage）或 postgresql:// 地址（PostGIS）。",
            reason_en="a district is kept in a workspace folder (GeoPackage) or at a postgresql:// address (PostGIS).",
        )
    try:
        from .postgis.store import PostGISStore  # noqa: PLC0415 - the driver is an extra
    except ImportError as error:
        raise InputError(
            what=f"{scheme}://…",
            reason_zh="没有安装数据库驱动，请运行 pip install 'yzgeo[postgis]'。",
            reason_en="the driver is not installed, run pip install 'yzgeo[postgis]'.",
        ) from error
    return PostGISStore
