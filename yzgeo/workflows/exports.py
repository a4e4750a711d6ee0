"""Giving data out: files for other programs, and the overview map."""

from __future__ import annotations

import csv
import os
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from yzgeo.access import Caller, Role, may_see
from yzgeo.catalogue import Catalogue, Layer
from yzgeo.checks import Progress, silent
from yzgeo.errors import LayerUnknownError, ParameterError, StorageError, WorkspaceExistsError
from yzgeo.report import formats, tables
from yzgeo.store.base import Store

from . import histories
from .accounts import PROGRAM, By
from .outgoing import table_of
from .workspace import Workspace


@dataclass(frozen=True, slots=True)
class ExportReport:
    """What was written."""

    path: Path
    format: str
    layers: tuple[str, ...]
    rows: int
    size_bytes: int

    def as_dict(self) -> dict[str, Any]:
        """
        Give the shape that the command line uses.

        Returns
        -------
        dict
            ``path``, ``format``, ``layers``, ``rows``, ``size_bytes``.
        """
        return {
            "path": str(self.path),
            "format": self.format,
            "layers": list(self.layers),
            "rows": self.rows,
            "size_bytes": self.size_bytes,
        }


def export_layer(
    workspace: Workspace,
    layer: str | None,
    path: str | os.PathLike[str],
    *,
    format: str | None = None,  # noqa: A002
    role: Role = "admin",
    overwrite: bool = False,
    history: bool = False,
    progress: Progress = silent,
    by: By = PROGRAM,
) -> ExportReport:
    """
    Write a layer, or all that a role may see, into one file.

    Parameters
    ----------
    workspace
        Where from.
    layer
        Id of the layer; None for all.
    path
        File to be made.
    format
        Name of the format; by the file's ending if not given.
    role
        Who will read the file: layers and fields this role may not see are absent.
    overwrite
        Replace a file that is there.
    history
        Write the versions of the features and the entries of the ledger beside them (`histories.tables_of`).
    progress
        Told what is being done.
    by
        Who takes the data out; the audit says so before the file gets its name.

    Returns
    -------
    ExportReport
        What was written.

    Raises
    ------
    LayerUnknownError
        If there is no such layer for that role.
    ParameterError
        If the format does not exist or cannot hold several layers or a history, or the file lies in the workspace.
    WorkspaceExistsError
        If the file exists.
    StorageError
        If the disk refuses.
    """
    catalogue = workspace.catalogue
    wanted = [seen(catalogue, layer, role)] if layer else [one for one in catalogue.layers.values() if _sees(role, one)]
    target = Path(path)
    chosen = formats.choose(target, format, many=layer is None)
    if layer is None:  # an empty sheet or table tells nobody anything
        wanted = [one for one in wanted if workspace.store.count(one.id)]
    reader: Role = "viewer" if role == "field" else role  # no street office is named, so both see the same
    if history:
        histories.check_kind(chosen.endings[0].removeprefix("."))
        going = histories.tables_of(workspace.store, wanted, Caller(reader))
    else:
        going = [table_of(workspace.store, one, reader) for one in wanted]
    done = iter(range(len(going)))

    def telling(table: tables.Table) -> tables.Table:
        def chunks() -> Iterator[tables.Columns]:
            progress(f"导出 {table.layer.spec.title.zh}", next(done, 0) / len(going))
            return table.chunks()

        return replace(table, chunks=chunks)

    told = [telling(table) for table in going]
    with _new_file(workspace, target, overwrite=overwrite) as unfinished:
        kept = {"history": True} if history else {}
        rows = chosen.write(unfinished, told, catalogue.district)
        deed = by.deed("export", layer or "*", file=target.name, format=chosen.title, rows=rows, for_role=role, **kept)
        workspace.store.people.note(deed)
    progress("完成", 1.0)
    return ExportReport(target, chosen.title, tuple(one.id for one in wanted), rows, target.stat().st_size)


def export_map(
    workspace: Workspace,
    path: str | os.PathLike[str],
    *,
    role: Role = "anonymous",
    overwrite: bool = False,
    progress: Progress = silent,
    by: By = PROGRAM,
) -> ExportReport:
    """
    Write the overview map as one HTML file that opens without a network.

    Parameters
    ----------
    workspace
        Where from.
    path
        File to be made.
    role
        Who will read the file; by default everybody.
    overwrite
        Replace a file that is there.
    progress
        Told what is being done.
    by
        Who takes the map out; the audit says so before the file gets its name.

    Returns
    -------
    ExportReport
        What was written.

    Raises
    ------
    WorkspaceExistsError
        If the file exists.
    StorageError
        If the disk refuses.
    """
    target = Path(path)
    layers = [one for one in workspace.catalogue.layers.values() if _sees(role, one) and one.spec.geometry != "none"]
    with _new_file(workspace, target, overwrite=overwrite) as unfinished:
        progress("绘制地图", 0.1)
        text = overview_map(workspace.store, role, inline=True)
        unfinished.write_text(text, encoding="utf-8")
        workspace.store.people.note(by.deed("export", "*", file=target.name, format="HTML", for_role=role))
    progress("完成", 1.0)
    rows = sum(workspace.store.count(one.id) for one in layers)
    return ExportReport(target, "HTML", tuple(one.id for one in layers), rows, target.stat().st_size)


def overview_map(
    store: Store, role: Role, *, inline: bool, as_of: datetime | None = None, subdistricts: Sequence[str] = ()
) -> str:
    """
    Draw all layers someone may see on one page.

    Parameters
    ----------
    store
        Store of the workspace.
    role
        Who looks.
    subdistricts
        Street offices of an account of the field.
    inline
        Put the scripts into the page; otherwise they come from ``yzgeo.report.webmap.ASSETS_URL``.
    as_of
        Time that the page names; now if not given.

    Returns
    -------
    str
        HTML page.
    """
    from yzgeo.report import webmap  # noqa: PLC0415 - see yzgeo.report

    catalogue = store.catalogue
    going = [
        table_of(store, one, role, subdistricts=subdistricts) for one in catalogue.layers.values() if _sees(role, one)
    ]
    return webmap.render(
        going,
        district=catalogue.district,
        groups=catalogue.groups,
        inline=inline,
        names=place_names(catalogue),
        as_of=as_of,
    )


def place_names(catalogue: Catalogue) -> dict[str, dict[str, str]]:
    """
    Read the names behind the codes of street offices and communities.

    Parameters
    ----------
    catalogue
        Catalogue whose district names the two tables.

    Returns
    -------
    dict
        Code to name, by field id.
    """
    files = {"subdistrict": catalogue.district.subdistricts_file, "community": catalogue.district.communities_file}
    names: dict[str, dict[str, str]] = {}
    for field, file in files.items():
        with (catalogue.root / file).open(encoding="utf-8-sig", newline="") as stream:
            names[field] = {row["code"]: row["name"] for row in csv.DictReader(stream)}
    return names


def seen(catalogue: Catalogue, layer: str, role: Role) -> Layer:
    """
    Look a layer up for a role; one that may not be seen does not exist.

    Parameters
    ----------
    catalogue
        All layers.
    layer
        Id of the layer.
    role
        Who asks.

    Returns
    -------
    Layer
        The layer.

    Raises
    ------
    LayerUnknownError
        If there is no such layer for that role.
    """
    found = catalogue.layer(layer)
    if not _sees(role, found):
        raise LayerUnknownError(layer=layer)
    return found


def _sees(role: Role, layer: Layer) -> bool:
    return may_see(role, layer.spec.access)


@contextmanager
def _new_file(workspace: Workspace, target: Path, *, overwrite: bool) -> Iterator[Path]:
    """Give a name beside the target; on success the file takes the target's name, on failure it goes."""
    if workspace.path.resolve() in target.resolve().parents:
        raise ParameterError(
            name="FILE", reason_zh="不能导出到工作区目录里面", reason_en="the file must not lie inside the workspace"
        )
    if target.exists() and not overwrite:
        raise WorkspaceExistsError(path=str(target))
    unfinished = target.with_name(f".{secrets.token_hex(4)}.part{target.suffix}")
    try:
        with unfinished.open("xb"):  # tells at once whether the disk lets us
            pass
        unfinished.unlink()
        yield unfinished
        unfinished.replace(target)
    except OSError as error:
        raise StorageError(path=str(target), reason=error.strerror or str(error)) from error
    finally:
        unfinished.unlink(missing_ok=True)
