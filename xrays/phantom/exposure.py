"""From tissue to film: pose and exposure, grain, and all that lies on a film besides the patient.

    grey = expose(rng, tissue, technique)       # (256, 256) float32
    clutter(rng, film, technique)               # wires, electrodes, marker, collimated border
    stamp(film)                                 # SYNTHETIC, on every film

`Technique` never sees a label: nothing here may tell age or gender.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from xrays.phantom.shapes import Layer

Film = NDArray[np.uint8]
STAMP = "SYNTHETIC"


@dataclass(frozen=True)
class Technique:
    """What belongs to the one film: pose, breath, exposure, border, devices. Independent of the labels."""

    shift: tuple[float, float]
    scale: float
    rotation: float  # radians
    turn: float  # patient turned: spine and heart move against the rib cage
    breath: float  # diaphragm down (deep) or up (shallow)
    level: float
    contrast: float
    gamma: float
    slope: tuple[float, float]  # heel effect: brightness gradient over x, y
    blur: float  # pixels at 256
    noise: float
    mottle: float  # strength of the cloudy unevenness of all tissue
    border: tuple[float, float, float, float]  # collimated strip left, top, right, bottom
    marker: tuple[str, float, float]
    wires: int
    dots: int


def expose(rng: np.random.Generator, tissue: Layer, t: Technique) -> Layer:
    """The film's curve from tissue to grey (0 dark ... 1 bright), its blur and its grain."""
    import cv2

    size = len(tissue)
    ramp = np.linspace(-1, 1, size, dtype=np.float32)
    clouds = sum(
        cv2.resize(rng.standard_normal((n, n), np.float32), (size, size), interpolation=cv2.INTER_CUBIC)
        for n in (size // 40, size // 12)
    )
    tissue = tissue * (1 + np.float32(t.mottle) * clouds)
    tissue = tissue + np.float32(t.slope[0]) * ramp[None] + np.float32(t.slope[1]) * ramp[:, None]
    grey = 1 / (1 + np.exp(-t.contrast * (tissue - t.level)))
    grey = cv2.GaussianBlur(grey ** np.float32(t.gamma), (0, 0), t.blur * size / 256)
    grain = rng.standard_normal((size, size), np.float32)
    return np.asarray(grey + np.float32(t.noise) * grain, np.float32)


def clutter(rng: np.random.Generator, film: Film, t: Technique) -> None:
    """Wires, electrodes, side marker and collimated border, painted on the film."""
    import cv2

    size = len(film)

    def pixel(x: float, y: float) -> tuple[int, int]:
        return round((x + 1) * size / 2), round((y + 1) * size / 2)

    for _ in range(t.wires):
        start, end = rng.uniform(-0.9, 0.9, 2), rng.uniform(-0.9, 0.9, 2)
        s = np.linspace(0, 1, 24)[:, None]
        line = start + (end - start) * s + rng.normal(0, 0.3, 2) * np.sin(np.pi * s)
        points = np.rint((line + 1) * size / 2 * 16).astype(np.int32)
        grey, width = int(rng.integers(190, 245)), max(1, size // 200)
        cv2.polylines(film, [points], False, grey, width, cv2.LINE_AA, shift=4)
    for _ in range(t.dots):
        spot = rng.uniform(-0.7, 0.7, 2)
        cv2.circle(film, pixel(*spot), max(2, size // 50), int(rng.integers(200, 250)), -1, cv2.LINE_AA)
    letter, x, y = t.marker
    cv2.putText(
        film, letter, pixel(x, y), cv2.FONT_HERSHEY_SIMPLEX, size / 400, 250, max(1, size // 128), cv2.LINE_AA
    )
    left, top, right, bottom = (round(strip * size) for strip in t.border)
    film[:, :left] = film[:top] = film[:, size - right :] = film[size - bottom :] = 6


def stamp(film: Film) -> None:
    """The same letters at the same place on every film, so that nobody takes it for a patient's."""
    import cv2

    size = len(film)
    scale, edge = size / 700, max(1, size // 64)
    (wide, high), below = cv2.getTextSize(STAMP, cv2.FONT_HERSHEY_SIMPLEX, scale, 1)
    film[size - high - below - edge :, : wide + 2 * edge] = 0
    at = (edge, size - below)
    cv2.putText(film, STAMP, at, cv2.FONT_HERSHEY_SIMPLEX, scale, 255, 1, cv2.LINE_AA)
