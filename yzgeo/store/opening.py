"""Which store stands behind a workspace or a database address."""

from __future__ import annotations

import os

from yzgeo.catalogue import Catalogue
from yzgeo.errors import InputError

from .base import Store
from .sqlite import GeoPackageStore


def open_store(workspace_or_url: str | os.PathLike[str], catalogue: Catalogue) -> Store:
    """
    Open what is there.

    Parameters
    ----------
    workspace_or_url
        Workspace folder, or the address of a database server.
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
        If it is the address of a database server: that comes later.
    """
    _refuse_server(workspace_or_url)
    return GeoPackageStore.open(workspace_or_url, catalogue)


def create_store(path: str | os.PathLike[str], catalogue: Catalogue) -> Store:
    """
    Make a new store in a workspace folder.

    Parameters
    ----------
    path
        Workspace folder; made if it is not there.
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
        If it is the address of a database server: that comes later.
    """
    _refuse_server(path)
    return GeoPackageStore.create(path, catalogue)


def _refuse_server(place: str | os.PathLike[str]) -> None:
    scheme, separator, _ = str(place).partition("://")
    if separator:
        # Only the scheme is repeated: the rest may hold a password.
        raise InputError(
            what=f"{scheme}://…",
            reason_zh="这个版本只支持工作区目录（GeoPackage），数据库服务器将在以后的版本中支持。",
            reason_en="this version keeps a district in a workspace folder (GeoPackage); servers come later.",
        )
