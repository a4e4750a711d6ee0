"""The graph as arrays."""

from __future__ import annotations

import numpy as np

from yzgeo import network


def test_the_square_has_four_nodes_and_its_costs(square):
    graph = network.build(square)
    assert (graph.nodes, graph.edges, graph.directed) == (4, 4, False)
    matrix, edge = graph.adjacency(reverse=False)
    assert matrix.nnz == 8
    assert matrix.data.tolist() == [100.0] * 8
    assert sorted(edge.tolist()) == [0, 0, 1, 1, 2, 2, 3, 3]


def test_parallel_streets_keep_their_own_entries(frame):
    graph = network.build(frame("LINESTRING (0 0, 100 0)", "LINESTRING (0 0, 50 50, 100 0)"))
    matrix, _ = graph.adjacency(reverse=False)
    assert sorted(matrix.data.round(3).tolist()) == [100.0, 100.0, 141.421, 141.421]


def test_components_are_listed_longest_first(frame):
    graph = network.build(frame("LINESTRING (0 0, 10 0)", "LINESTRING (500 0, 530 0)", "LINESTRING (530 0, 560 0)"))
    parts = network.components(graph)
    assert parts["length_m"].tolist() == [60.0, 10.0]
    assert parts["edges"].tolist() == [2, 1]
    assert np.isclose(parts["share"].sum(), 1)


def test_the_hash_follows_the_content_and_nothing_else(square):
    one, same = network.build(square), network.build(square.copy())
    assert one.content_hash == same.content_hash
    assert network.build(square, closed=[2]).content_hash != one.content_hash
    assert network.build(square.set_axis(["a", "b", "c", "d"])).content_hash != one.content_hash


def test_reverse_costs_swap_the_directions(frame):
    graph = network.build(frame("LINESTRING (0 0, 10 0)", oneway=["forward"]))
    assert graph.directed
    assert graph.adjacency(reverse=False)[0].toarray().tolist() == [[0, 10], [0, 0]]
    assert graph.adjacency(reverse=True)[0].toarray().tolist() == [[0, 0], [10, 0]]
