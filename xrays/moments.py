"""Mean, variances and principal axes of vectors: what a network on vectors has that is computed and not learned.

moments = moments_of(vectors[rows])          # of the films that a fold trains on, and of no others
moments.axes @ (vectors[3] - moments.mean)   # (K,), the widest first
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

AXES = 256  # at most: what no space asks for is not computed
LARGEST = (
    2048  # numbers or vectors of which a matrix is taken apart, in seconds; of both more, fewer vectors are taken
)
BLOCK = 4096  # vectors at once


@dataclass(frozen=True)
class Moments:
    """mean, variance: (D,); axes: (K, D), orthonormal, each with its largest number positive; spread: (K,) variances
    along them, falling. K is AXES or D; beyond what vectors have axes are zeros."""

    mean: NDArray[np.float64]
    variance: NDArray[np.float64]
    axes: NDArray[np.float64]
    spread: NDArray[np.float64]


def moments_of(vectors: NDArray[np.float32]) -> Moments:
    """vectors: (n, D), one at least, finite. Axes are those of the covariance (principal components)."""
    count, width = vectors.shape
    mean: NDArray[np.float64] = np.asarray(vectors.mean(axis=0, dtype=np.float64))
    variance = np.zeros(width)
    for start in range(0, count, BLOCK):
        variance += np.square(vectors[start : start + BLOCK] - mean).sum(axis=0)
    variance /= count
    if min(count, width) > LARGEST:
        vectors = vectors[np.linspace(0, count - 1, LARGEST).astype(int)]
    axes, spread = _axes(vectors, mean)
    return Moments(mean, variance, axes, spread)


def _axes(vectors: NDArray[np.float32], mean: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    count, width = vectors.shape
    if count < width:  # the same axes by the smaller matrix
        centred = vectors - mean
        squares, sides = np.linalg.eigh(centred @ centred.T)
        found = sides[:, ::-1].T @ centred
        found /= np.maximum(np.linalg.norm(found, axis=1, keepdims=True), np.finfo(np.float64).tiny)
    else:
        products = np.zeros((width, width))
        for start in range(0, count, BLOCK):
            centred = vectors[start : start + BLOCK] - mean
            products += centred.T @ centred
        squares, sides = np.linalg.eigh(products)
        found = sides[:, ::-1].T
    spread = np.maximum(squares[::-1], 0) / count
    real = spread > 1e-10 * spread[0]  # the rest is rounding, which no division by it may blow up
    axes, spreads = np.zeros((min(AXES, width), width)), np.zeros(min(AXES, width))
    kept = min(len(axes), int(real.sum()))
    largest = np.abs(found[:kept]).argmax(axis=1)
    axes[:kept] = found[:kept] * np.sign(found[np.arange(kept), largest])[:, None]
    spreads[:kept] = spread[:kept]
    return axes, spreads
