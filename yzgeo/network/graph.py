"""The street graph as arrays: nodes, edges with their geometry, and what a step along each edge costs.

Costs are metres. Where slope counts they are *flat-equivalent* metres: the length of level street that takes the same
time. An infinite cost closes a direction, so one-way streets need no second kind of edge.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from scipy.sparse import coo_matrix, csr_matrix

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Shapes = NDArray[np.object_]


@dataclass(frozen=True, eq=False)
class Graph:
    """A street network ready to be searched.

    Edge ``k`` runs from node ``start[k]`` to node ``end[k]`` along ``geometry[k]``. Edges that a barrier cut keep
    their ``edge_ids``, which are therefore labels of the source frame and need not be unique.
    """

    crs: str
    edge_ids: pd.Index
    geometry: Shapes
    start: Ints
    end: Ints
    length_m: Floats
    forward_m: Floats
    backward_m: Floats
    node_xy: Floats
    component: Ints
    barriers: Shapes

    @property
    def nodes(self) -> int:
        """Number of nodes."""
        return len(self.node_xy)

    @property
    def edges(self) -> int:
        """Number of edges."""
        return len(self.geometry)

    @cached_property
    def directed(self) -> bool:
        """Whether any edge costs more in one direction than in the other."""
        return not np.array_equal(self.forward_m, self.backward_m)

    @cached_property
    def tree(self) -> shapely.STRtree:
        """Spatial index over the edges that may be walked in at least one direction."""
        return shapely.STRtree(self.geometry)

    @cached_property
    def barrier_tree(self) -> shapely.STRtree:
        """Spatial index over the barriers."""
        return shapely.STRtree(self.barriers)

    @cached_property
    def _outward(self) -> tuple[csr_matrix, Ints]:
        return _adjacency(self.nodes, self.start, self.end, self.forward_m, self.backward_m)

    @cached_property
    def _inward(self) -> tuple[csr_matrix, Ints]:
        if not self.directed:
            return self._outward
        return _adjacency(self.nodes, self.start, self.end, self.backward_m, self.forward_m)

    def adjacency(self, *, reverse: bool) -> tuple[csr_matrix, Ints]:
        """
        Give the costs between neighbouring nodes.

        Parameters
        ----------
        reverse
            Turn every edge round, to search towards the sources instead of away from them.

        Returns
        -------
        scipy.sparse.csr_matrix
            Costs in metres, shape (nodes, nodes); parallel edges stand as separate entries.
        numpy.ndarray
            The edge behind each entry, in the order of the matrix's ``data``.
        """
        return self._inward if reverse else self._outward

    def costs(self, *, reverse: bool) -> tuple[Floats, Floats]:
        """
        Give the cost of each whole edge, along and against its geometry.

        Parameters
        ----------
        reverse
            As in `adjacency`.

        Returns
        -------
        tuple of numpy.ndarray
            Metres along and metres against, shape (edges,) each.
        """
        return (self.backward_m, self.forward_m) if reverse else (self.forward_m, self.backward_m)

    @cached_property
    def content_hash(self) -> str:
        """Hash of everything that decides an answer; equal graphs share it, on any machine."""
        digest = hashlib.blake2b(digest_size=16)
        digest.update(self.crs.encode())
        for array in (self.start, self.end, self.length_m, self.forward_m, self.backward_m, self.node_xy):
            digest.update(np.ascontiguousarray(array).tobytes())
        for shapes in (self.geometry, self.barriers):
            coordinates, owner = shapely.get_coordinates(shapes, return_index=True)
            digest.update(coordinates.tobytes())
            digest.update(owner.tobytes())
        digest.update(repr(self.edge_ids.to_list() if self.edges < 10_000 else _labels(self.edge_ids)).encode())
        return digest.hexdigest()


def components(graph: Graph) -> pd.DataFrame:
    """
    List the separate parts of a network, the longest first.

    A small part is often a mapping mistake, and every point that snaps to it is cut off from the rest.

    Parameters
    ----------
    graph
        The network.

    Returns
    -------
    pandas.DataFrame
        One row per component, on the component's number: ``nodes``, ``edges``, ``length_m`` and ``share`` of the
        whole length.
    """
    of_edge = graph.component[graph.start]
    count = int(graph.component.max()) + 1
    length = np.bincount(of_edge, weights=graph.length_m, minlength=count)
    frame = pd.DataFrame(
        {
            "nodes": np.bincount(graph.component, minlength=count),
            "edges": np.bincount(of_edge, minlength=count),
            "length_m": length,
            "share": length / max(length.sum(), np.finfo(float).tiny),
        }
    )
    frame.index.name = "component"
    return frame.sort_values("length_m", ascending=False, kind="stable")


def _adjacency(nodes: int, start: Ints, end: Ints, along: Floats, against: Floats) -> tuple[csr_matrix, Ints]:
    edges = len(start)
    tails, heads = np.concatenate([start, end]), np.concatenate([end, start])
    costs = np.concatenate([along, against])
    open_entries = np.flatnonzero(np.isfinite(costs))
    if len(open_entries) < len(costs):
        tails, heads = tails[open_entries], heads[open_entries]
    numbers = coo_matrix((open_entries, (tails, heads)), shape=(nodes, nodes))
    # The numbers of parallel edges must not be added up; each keeps its own entry.
    numbers.has_canonical_format = True
    compressed = numbers.tocsr()
    entry: Ints = compressed.data
    matrix = csr_matrix((costs[entry], compressed.indices, compressed.indptr), shape=(nodes, nodes))
    return matrix, entry % edges


def _labels(index: pd.Index) -> list[int]:
    # Position matters, so each hash is weighed with its own.
    hashes = pd.util.hash_pandas_object(index).to_numpy().astype(np.uint64)
    places = np.arange(1, len(hashes) + 1, dtype=np.uint64)
    return [int(np.bitwise_xor.reduce(hashes * places)), int((hashes * places).sum(dtype=np.uint64))]
