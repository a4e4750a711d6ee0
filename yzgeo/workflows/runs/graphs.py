"""Networks kept by what they are made of: in memory for the next question, in the cache for the next start."""

from __future__ import annotations

import os
import secrets
import threading
import zipfile
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Any, Generic, TypeVar

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from yzgeo.network import Graph

Kept = TypeVar("Kept")
_FORMAT = 1
_ARRAYS = ("start", "end", "length_m", "forward_m", "backward_m", "node_xy", "component")


class Memory(Generic[Kept]):
    """The last few values, by key; safe between threads.

    Parameters
    ----------
    most
        How many are kept.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._kept: OrderedDict[object, Kept] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: object, make: Callable[[], Kept]) -> Kept:
        """
        Give the value of a key, made where it is not kept.

        Parameters
        ----------
        key
            The key.
        make
            Makes the value.

        Returns
        -------
        object
            The value.
        """
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        made = make()
        with self._lock:
            self._kept[key] = made
            self._kept.move_to_end(key)
            while len(self._kept) > self._most:
                self._kept.popitem(last=False)
        return made


class GraphCache:
    """Graphs by the hash of what they were built from.

    Parameters
    ----------
    folder
        The workspace's cache; anything in it may be deleted at any time.
    most
        How many stay in memory.
    """

    def __init__(self, folder: Path, *, most: int = 4) -> None:
        self._folder = folder / "graphs"
        self._memory: Memory[Graph] = Memory(most)

    def get(self, key: str, make: Callable[[], Graph]) -> Graph:
        """
        Give a graph, built where it is not kept.

        Parameters
        ----------
        key
            Hash of everything the graph is made of.
        make
            Builds it.

        Returns
        -------
        Graph
            The graph.
        """

        def find() -> Graph:
            path = self._folder / f"{key}.npz"
            kept = read_graph(path)
            if kept is None:
                kept = make()
                write_graph(path, kept)
            return kept

        return self._memory.get(key, find)


def write_graph(path: Path, graph: Graph) -> None:
    """
    Write a graph to a file that appears whole or not at all; a disk that refuses only costs time later.

    Parameters
    ----------
    path
        The file.
    graph
        The graph.
    """
    unfinished = path.with_name(f".{secrets.token_hex(4)}.part")
    content: dict[str, Any] = {name: getattr(graph, name) for name in _ARRAYS}
    content |= {"format": np.array(_FORMAT), "crs": np.array(graph.crs)}
    content["edge_ids"] = np.array([str(label) for label in graph.edge_ids])
    for name in ("geometry", "barriers"):
        content[f"{name}_wkb"], content[f"{name}_at"] = _packed(getattr(graph, name))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with unfinished.open("xb") as out:
            np.savez(out, **content)
        os.replace(unfinished, path)  # noqa: PTH105 - the same, and atomic on every system
    except OSError:
        unfinished.unlink(missing_ok=True)


def read_graph(path: Path) -> Graph | None:
    """
    Read a graph back.

    Parameters
    ----------
    path
        The file.

    Returns
    -------
    Graph or None
        The graph; None where there is none, or the file is broken or of another format.
    """
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as content:
            if int(content["format"]) != _FORMAT:
                return None
            return Graph(
                crs=str(content["crs"]),
                edge_ids=pd.Index(content["edge_ids"].astype(object)),
                geometry=_unpacked(content["geometry_wkb"], content["geometry_at"]),
                barriers=_unpacked(content["barriers_wkb"], content["barriers_at"]),
                **{name: content[name] for name in _ARRAYS},
            )
    except (OSError, KeyError, ValueError, EOFError, zipfile.BadZipFile, shapely.errors.GEOSException):
        return None


def _packed(shapes: NDArray[np.object_]) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    blobs = [bytes(blob) for blob in shapely.to_wkb(shapes)]
    ends = np.cumsum([0, *(len(blob) for blob in blobs)], dtype=np.int64)
    return np.frombuffer(b"".join(blobs), dtype=np.uint8), ends


def _unpacked(content: NDArray[np.uint8], ends: NDArray[np.int64]) -> NDArray[np.object_]:
    whole = content.tobytes()
    blobs = np.empty(len(ends) - 1, dtype=object)
    blobs[:] = [whole[begin:finish] for begin, finish in zip(ends[:-1].tolist(), ends[1:].tolist(), strict=True)]
    shapes: NDArray[np.object_] = np.asarray(shapely.from_wkb(blobs), dtype=object)
    return shapes
