"""A district moved between a workspace folder and a database."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from yzgeo import store
from yzgeo.catalogue import Catalogue
from yzgeo.checks import Progress, silent
from yzgeo.errors import InputError, StorageError
from yzgeo.store.copying import content_sum, copy
from yzgeo.store.tables import TableStore

from .accounts import By


@dataclass(frozen=True, slots=True)
class Copied:
    """What was copied, and the sum that both ends have."""

    features: Mapping[str, int]
    sha256: str


def copy_store(
    source: str, target: str, catalogue: Catalogue, *, by: By | None = None, progress: Progress = silent
) -> Copied:
    """
    Copy a district with its history, ledger and accounts, and compare the two ends.

    Files beside the database (rasters, attachments, networks, scenarios) are not part of it and stay where they are.

    Parameters
    ----------
    source, target
        Workspace folder or address of a database; there is no district at the target yet.
    catalogue
        Layers of the district.
    by
        Who takes the copy away, for the audit of the source; nobody if it only moves.
    progress
        Told what is being done.

    Returns
    -------
    Copied
        How many features of each layer there are, and the sum of the content.

    Raises
    ------
    WorkspaceMissingError, WorkspaceExistsError
        If there is nothing at the source, or something at the target.
    InputError
        If an address cannot be used.
    StorageError
        If the two ends differ afterwards: the target must not be used.
    """
    if source == target:
        raise InputError(what=target, reason_zh="来源与目标相同。", reason_en="source and target are the same.")
    with (
        closing(store.open_store(source, catalogue)) as given,
        closing(store.create_store(target, catalogue)) as taken,
    ):
        if not isinstance(given, TableStore) or not isinstance(taken, TableStore):
            raise TypeError  # there is no third kind
        place = target.partition("?")[0].rpartition("@")[2]  # without the password
        copy(given, taken, progress=progress)
        sums = content_sum(given), content_sum(taken)
        if sums[0] != sums[1]:
            raise StorageError(
                path=place,
                reason="复制后内容不一致 (the copy differs from its source)",
            )
        if by is not None:
            given.people.note(by.deed("export", "*", file=place, format="store"))
        return Copied({layer: taken.count(layer) for layer in catalogue.layers}, sums[0])


def move_to_database(workspace: Path, url: str, catalogue: Catalogue, *, progress: Progress = silent) -> Copied:
    """
    Put the district of a new workspace into a database; its folder keeps the rasters and attachments.

    Parameters
    ----------
    workspace
        Folder of the workspace, which nobody has opened yet.
    url
        Address of the database; there is no district yet.
    catalogue
        Layers of the district.
    progress
        Told what is being done.

    Returns
    -------
    Copied
        What is in the database now; the file is gone only once both were equal.

    Raises
    ------
    WorkspaceExistsError, InputError, StorageError
        If the database does not take it; the workspace is then whole, with its file.
    """
    made = copy_store(str(workspace), url, catalogue, progress=progress)
    for file in workspace.glob("yzgeo.gpkg*"):
        file.unlink()
    return made
