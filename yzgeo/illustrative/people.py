"""People: shares of a whole in whole numbers that add up exactly."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray


def apportion(total: int, weights: ArrayLike) -> NDArray[np.int64]:
    """
    Share a whole number out by weight (largest remainders).

    Parameters
    ----------
    total
        What is shared out.
    weights
        Weights, shape (n,), none negative; not all zero unless ``total`` is.

    Returns
    -------
    numpy.ndarray
        Whole shares, shape (n,), that add up to ``total``.

    Examples
    --------
    >>> apportion(10, [1, 1, 2]).tolist()
    [3, 2, 5]
    """
    weight = np.asarray(weights, dtype=float)
    if len(weight) == 0 or weight.sum() <= 0:
        return np.zeros(len(weight), dtype=np.int64)
    exact = total * weight / weight.sum()
    shares = np.floor(exact).astype(np.int64)
    order = np.argsort(-(exact - shares), kind="stable")
    shares[order[: total - int(shares.sum())]] += 1
    return np.asarray(shares, dtype=np.int64)
