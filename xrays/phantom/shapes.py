"""Filled outlines on a film: the pencil of `xrays/phantom/anatomy.py`.

    view = view_of(256, shift=(0, 0), scale=1.0, rotation=0.0)
    layer = fill(view, [ellipse(0, 0, 0.3, 0.4)], soften=0.01)      # (256, 256) float32, 0…1

Lengths are in half film widths: x from -1 (left edge) to 1, y from -1 (top) to 1.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float64]
Layer = NDArray[np.float32]
SIDES = (-1.0, 1.0)


@dataclass(frozen=True)
class View:
    """Where a point of the body lands on the film: pixels = points @ matrix + offset."""

    size: int
    matrix: Points
    offset: Points


def view_of(size: int, *, shift: tuple[float, float], scale: float, rotation: float) -> View:
    """A film of size×size pixels that shows the patient shifted, scaled and turned (radians)."""
    half = size / 2
    cos, sin = np.cos(rotation), np.sin(rotation)
    matrix = half * scale * np.array([[cos, sin], [-sin, cos]])
    return View(size, matrix, half * (1.0 + np.array(shift)) - 0.5)


def fill(view: View, shapes: Iterable[Points], soften: float = 0.0) -> Layer:
    """Layer with the shapes filled; `soften` is the sigma of the edge in half film widths."""
    import cv2

    canvas = np.zeros((view.size, view.size), np.uint8)
    for shape in shapes:  # one at a time: given together, overlaps would cancel
        pixels = np.rint((shape @ view.matrix + view.offset) * 16).astype(np.int32)
        cv2.fillPoly(canvas, [pixels], 255, cv2.LINE_AA, shift=4)
    if soften:  # blurring bytes is several times faster than blurring floats
        canvas = np.asarray(cv2.GaussianBlur(canvas, (0, 0), soften * view.size / 2), np.uint8)
    return canvas * np.float32(1 / 255)


def haze(layer: Layer, sigma: float) -> Layer:
    """Wide blur (pixels), done on a small copy: it looks the same and takes a tenth of the time."""
    import cv2

    small = cv2.resize(layer, None, fx=0.25, fy=0.25, interpolation=cv2.INTER_AREA)
    small = cv2.GaussianBlur(small, (0, 0), sigma / 4, borderType=cv2.BORDER_REPLICATE)
    return np.asarray(cv2.resize(small, layer.shape[::-1], interpolation=cv2.INTER_LINEAR), np.float32)


def smooth(corners: Iterable[tuple[float, float]]) -> Points:
    """Closed outline with its corners cut three times (Chaikin)."""
    points = np.array(list(corners), np.float64)
    for _ in range(3):
        after = np.roll(points, -1, axis=0)
        points = np.stack([0.75 * points + 0.25 * after, 0.25 * points + 0.75 * after], axis=1).reshape(-1, 2)
    return points


def ribbon(lines: Points, width: float | Points) -> Points:
    """Outlines (..., 2n, 2) of bands of that width along lines (..., n, 2)."""
    step = np.diff(lines, axis=-2)
    between = step[..., 1:, :] + step[..., :-1, :]
    along = np.concatenate([step[..., :1, :], between, step[..., -1:, :]], axis=-2)
    normal = along[..., ::-1] * [-1.0, 1.0] / (np.sqrt((along**2).sum(-1, keepdims=True)) + 1e-9)
    half = normal * (np.asarray(width)[..., None] / 2)
    return np.concatenate([lines + half, (lines - half)[..., ::-1, :]], axis=-2)


def ellipse(x: float, y: float, rx: float, ry: float, tilt: float = 0.0) -> Points:
    """Outline (40, 2) around (x, y) with half axes rx, ry, turned by tilt, in radians."""
    angle = np.linspace(0, 2 * np.pi, 40, endpoint=False)
    cos, sin = np.cos(tilt), np.sin(tilt)
    outline = np.stack([rx * np.cos(angle), ry * np.sin(angle)], axis=1)
    return np.asarray(outline @ np.array([[cos, sin], [-sin, cos]]) + [x, y], np.float64)


def both(shape: Points) -> list[Points]:
    """The shape (..., n, 2) on the right half of the film and its mirror image on the left."""
    return list(np.concatenate([shape, shape * [-1.0, 1.0]]).reshape(-1, *shape.shape[-2:]))
