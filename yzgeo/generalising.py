"""How much of a layer a tile shows at a zoom: one rule for every store that makes tiles."""

from __future__ import annotations

from dataclasses import dataclass

from .catalogue import Layer

SIMPLIFIED_BELOW = 14
"""From this zoom on a tile unit is less than half a metre here, and shapes are sent as they are."""
CLUSTER_SUFFIX = "_cluster"
"""What the layer of circles with a number is called in a tile, after the layer's id."""
CLUSTER_COUNT = "point_count"
"""The property that tells how many points such a circle stands for."""


@dataclass(frozen=True, slots=True)
class Treatment:
    """What is done to a layer's shapes before they are encoded.

    Attributes
    ----------
    clusters
        Points that stand close together become one circle with their number, in a tile layer of its own.
    simplifies
        Vertices nobody can see are left out, the same ones on both sides of a shared border.
    """

    clusters: bool
    simplifies: bool

    @property
    def plain(self) -> bool:
        """Shapes are only clipped and rounded, which a database can do as well."""
        return not (self.clusters or self.simplifies)


def treatment(layer: Layer, z: int) -> Treatment:
    """
    Decide what a tile does to a layer's shapes. Depends on nothing but the layer's declaration and the zoom.

    Parameters
    ----------
    layer
        A layer of the catalogue.
    z
        Zoom of the tile.

    Returns
    -------
    Treatment
        What is done.
    """
    kind, last = layer.spec.geometry, layer.spec.cluster_to
    return Treatment(
        clusters=kind == "point" and last is not None and z <= last,
        simplifies=kind in {"line", "polygon"} and z < SIMPLIFIED_BELOW,
    )
