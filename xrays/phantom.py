"""Draws one synthetic frontal chest film from a description of the patient and of the exposure.

Why: the demo and the tests need films that nobody has to download. A film is a map of how much tissue the
beam crosses (soft tissue + bone - air), seen in a pose and put through an exposure. What age and gender do
to a patient is not decided here but in `xrays/sample.py`: this file sees no label.

    rng = np.random.default_rng(0)
    patient, technique = draw_anatomy(rng, age=63, gender=1), draw_technique(rng)   # both from xrays.sample
    film = render(rng, patient, technique, size=256)        # (256, 256) uint8, air dark, bone bright

Lengths are in half film widths: x from -1 (left edge) to 1, y from -1 (top) to 1; the heart points right.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float64]  # (n, 2): x, y
Layer = NDArray[np.float32]  # (size, size): 0 absent ... 1 present
Film = NDArray[np.uint8]
SIDES = (-1.0, 1.0)
STAMP = "SYNTHETIC"


@dataclass(frozen=True)
class Anatomy:
    """What belongs to the patient and stays the same from film to film (lengths in half film widths)."""

    chest: float  # half width of the rib cage
    apex: float  # y of the lung apices (kyphosis brings them down)
    length: float  # apex to diaphragm
    curve: float  # sideways bend of the spine
    heart: float  # cardiothoracic ratio
    knob: float  # radius of the aortic knob
    calcium: float  # brightness of the calcified rim of the knob
    bone: float  # brightness of bone, 1 = healthy middle age
    rib_width: float
    rib_slope: float  # fall of a rib from spine to flank
    rib_phase: float  # where in the gap between two apices the first rib starts
    clavicle: float  # y of the outer end relative to the apices
    shoulder: float  # half width of the shoulders
    breast: float  # 0 none ... 1 large
    breast_y: float  # level of the lower edge, fraction of `length`
    haze: float  # brightness of the lower lungs that nothing in particular causes
    bubble: float  # air in the stomach
    fat: float  # 0 lean ... 1 obese
    markings: float  # brightness of the lung's vessels
    vessels: int  # seed of the branching of the vessels


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


@dataclass(frozen=True)
class View:
    """Where a point of the body lands on the film: pixels = points @ matrix + offset."""

    size: int
    matrix: Points
    offset: Points


def _view(technique: Technique, size: int) -> View:
    half = size / 2
    cos, sin = np.cos(technique.rotation), np.sin(technique.rotation)
    matrix = half * technique.scale * np.array([[cos, sin], [-sin, cos]])
    return View(size, matrix, half * (1.0 + np.array(technique.shift)) - 0.5)


def _fill(view: View, shapes: Iterable[Points], soften: float = 0.0) -> Layer:
    """Layer with the shapes filled; `soften` is the sigma of the edge in half film widths."""
    import cv2

    canvas = np.zeros((view.size, view.size), np.uint8)
    for shape in shapes:  # one at a time: given together, overlaps would cancel
        pixels = np.rint((shape @ view.matrix + view.offset) * 16).astype(np.int32)
        cv2.fillPoly(canvas, [pixels], 255, cv2.LINE_AA, shift=4)
    if soften:  # blurring bytes is several times faster than blurring floats
        canvas = np.asarray(cv2.GaussianBlur(canvas, (0, 0), soften * view.size / 2), np.uint8)
    return canvas * np.float32(1 / 255)


def _haze(layer: Layer, sigma: float) -> Layer:
    """Wide blur (pixels), done on a small copy: it looks the same and takes a tenth of the time."""
    import cv2

    small = cv2.resize(layer, None, fx=0.25, fy=0.25, interpolation=cv2.INTER_AREA)
    small = cv2.GaussianBlur(small, (0, 0), sigma / 4, borderType=cv2.BORDER_REPLICATE)
    return np.asarray(cv2.resize(small, layer.shape[::-1], interpolation=cv2.INTER_LINEAR), np.float32)


def _smooth(corners: Iterable[tuple[float, float]]) -> Points:
    """Closed outline with its corners cut three times (Chaikin)."""
    points = np.array(list(corners), np.float64)
    for _ in range(3):
        after = np.roll(points, -1, axis=0)
        points = np.stack([0.75 * points + 0.25 * after, 0.25 * points + 0.75 * after], axis=1).reshape(-1, 2)
    return points


def _ribbon(lines: Points, width: float | Points) -> Points:
    """Outlines (..., 2n, 2) of bands of that width along lines (..., n, 2)."""
    step = np.diff(lines, axis=-2)
    between = step[..., 1:, :] + step[..., :-1, :]
    along = np.concatenate([step[..., :1, :], between, step[..., -1:, :]], axis=-2)
    normal = along[..., ::-1] * [-1.0, 1.0] / (np.sqrt((along**2).sum(-1, keepdims=True)) + 1e-9)
    half = normal * (np.asarray(width)[..., None] / 2)
    return np.concatenate([lines + half, (lines - half)[..., ::-1, :]], axis=-2)


def _ellipse(x: float, y: float, rx: float, ry: float, tilt: float = 0.0) -> Points:
    angle = np.linspace(0, 2 * np.pi, 40, endpoint=False)
    cos, sin = np.cos(tilt), np.sin(tilt)
    outline = np.stack([rx * np.cos(angle), ry * np.sin(angle)], axis=1)
    return np.asarray(outline @ np.array([[cos, sin], [-sin, cos]]) + [x, y], np.float64)


def _both(shape: Points) -> list[Points]:
    """The shape (..., n, 2) on the right half of the film and its mirror image on the left."""
    return list(np.concatenate([shape, shape * [-1.0, 1.0]]).reshape(-1, *shape.shape[-2:]))


def _base(a: Anatomy, t: Technique, side: float) -> float:
    """y of the top of a diaphragm dome; the left one (side 1) is lower."""
    return a.apex + a.length + t.breath + 0.02 * side


def _draw_body(view: View, a: Anatomy) -> Layer:
    """Neck, shoulders, trunk and arms."""
    flank = a.chest + 0.10 + 0.12 * a.fat
    neck = 0.17 + 0.03 * a.fat
    top = a.apex
    half = [
        (neck, -2.0), (neck, top - 0.28), (neck + 0.06, top - 0.14), (0.55, top - 0.06),
        (a.shoulder, top + 0.02), (a.shoulder + 0.12, top + 0.25), (flank + 0.14, top + 0.52),
        (flank + 0.015, top + 0.62), (flank, top + 0.95), (flank + 0.03 * a.fat, 0.8),
        (flank + 0.05 + 0.1 * a.fat, 2.0),
    ]  # fmt: skip
    trunk = _smooth([*half, *[(-x, y) for x, y in reversed(half)]])
    out = a.shoulder
    arm = np.array([(out - 0.04, top + 0.15), (out + 0.12, top + 0.5), (out + 0.26, top + 1.6)])
    arms = _both(_ribbon(arm, 0.22 + 0.08 * a.fat))
    mask = _fill(view, [trunk, *arms], 0.008)
    return mask * (0.62 + 0.38 * _haze(mask, 0.05 * view.size))


def _draw_lungs(view: View, a: Anatomy, t: Technique) -> Layer:
    shapes = []
    for side in SIDES:
        w, top, base = a.chest, a.apex, _base(a, t, side)
        tall = base - top
        corner = (w * 1.0, base + 0.13)
        outline = [
            (w * 0.20, top + 0.10 * tall), (w * 0.24, top), (w * 0.52, top - 0.01),
            (w * 0.74, top + 0.18 * tall), (w * 0.90, top + 0.42 * tall), (w * 0.97, top + 0.75 * tall),
            corner, corner,  # twice: the costophrenic angle stays sharp when the outline is smoothed
            (w * 0.84, base + 0.01), (w * 0.55, base - 0.05), (w * 0.28, base + 0.0), (w * 0.13, base + 0.08),
            (w * 0.17, top + 0.55 * tall),
        ]  # fmt: skip
        shapes.append(_smooth(outline) * [side, 1.0] + [t.turn * 0.3, 0.0])
    return _fill(view, shapes, 0.012)


def _draw_heart(view: View, a: Anatomy, t: Technique) -> Layer:
    """Heart, great vessels and aortic knob; the heart's width is `heart` x width of the chest."""
    wide = a.heart * 2 * a.chest
    right, left = -0.33 * wide, 0.67 * wide
    base, top = _base(a, t, 0.0) + 0.03, a.apex
    tall = base - top
    heart = _smooth([
        (-0.10, top + 0.25 * tall), (-0.11, top + 0.50 * tall), (right, top + 0.62 * tall),
        (right, top + 0.92 * tall), (0.5 * right, base + 0.1), (0.7 * left, base + 0.1), (left * 1.04, base),
        (left * 1.0, top + 0.80 * tall), (0.64 * left, top + 0.60 * tall), (0.14, top + 0.46 * tall),
        (0.11, top + 0.25 * tall),
    ])  # fmt: skip
    knob = _ellipse(0.045 + 0.5 * a.knob, top + 0.31 * tall, a.knob, a.knob * 1.15)
    return _fill(view, [heart + [t.turn, 0.0], knob + [t.turn, 0.0]], 0.010)


def _draw_calcium(view: View, a: Anatomy, t: Technique) -> Layer:
    """Rim of the aortic knob: a bright arc on its outer side."""
    angle = np.linspace(-1.7, 0.9, 16)
    tall = _base(a, t, 0.0) + 0.03 - a.apex
    arc = np.stack([np.cos(angle), 1.15 * np.sin(angle)], axis=1) * 0.9 * a.knob
    return _fill(view, [_ribbon(arc + [0.045 + 0.5 * a.knob + t.turn, a.apex + 0.31 * tall], 0.022)])


def _draw_abdomen(view: View, a: Anatomy, t: Technique) -> Layer:
    """All that lies below the domes: thick, hence bright."""
    w = a.chest
    left, right = _base(a, t, 1.0), _base(a, t, -1.0)
    flank = w + 0.1
    outline = [
        (-flank, right + 0.2), (-w * 0.75, right), (-w * 0.3, right - 0.03), (0.0, right + 0.04),
        (w * 0.3, left - 0.02), (w * 0.75, left), (flank, left + 0.2), (flank + 0.3, 2.5),
        (-flank - 0.3, 2.5),
    ]  # fmt: skip
    bubble = _ellipse(w * 0.45, left + 0.10, 0.10 + 0.05 * a.bubble, 0.045 + 0.02 * a.bubble, -0.15)
    solid = _fill(view, [_smooth(outline)], 0.05)
    return solid * (1 - 0.8 * min(1.0, a.bubble) * _fill(view, [bubble], 0.01))


def _draw_ribs(view: View, a: Anatomy) -> tuple[Layer, Layer]:
    """Posterior ribs (bright, fall from spine to flank), anterior ones (faint, fall back to the middle)."""
    k = np.arange(11)[:, None]
    t = np.linspace(0, 1, 20)
    gap = a.length / 9.6
    level = a.apex - 0.07 + gap * (0.5 * a.rib_phase + k)
    reach = a.chest * np.minimum(1.02, 0.55 + 0.20 * k**0.65)
    fall = a.rib_slope * (0.45 + 0.075 * k)
    x = 0.07 + (reach - 0.07) * np.sin(t * np.pi / 2)
    y = level - 0.05 * np.sin(np.pi * np.minimum(t * 1.2, 1)) + fall * t**1.6
    x_front = reach * (1 - 0.62 * t**1.3)
    y_front = y[:, -1:] + 0.03 * t + (0.09 + 0.7 * a.rib_slope) * t**0.8
    back = _ribbon(np.stack([x, y], axis=-1), a.rib_width)
    front = _ribbon(np.stack([x_front, y_front], axis=-1)[1:8], 1.15 * a.rib_width)
    return _fill(view, _both(back)), _fill(view, _both(front))


def _draw_spine(view: View, a: Anatomy, t: Technique) -> tuple[Layer, Layer]:
    """Vertebral bodies and their end plates."""
    gap = a.length / 9.6
    y = a.apex + gap * np.arange(-4, 17)
    middle = 2 * a.curve * np.sin(2.2 * (y - a.apex)) + 0.5 * t.turn
    half = 0.062 + 0.0015 * np.arange(len(y))
    left, right = middle - half, middle + half

    def bars(top: float, bottom: float) -> Points:
        low, high = y + top * gap, y + bottom * gap
        return np.stack([left, low, right, low, right, high, left, high], axis=-1).reshape(-1, 4, 2)

    plates = [*bars(0.0, 0.12), *bars(0.68, 0.80)]
    return _fill(view, bars(0.0, 0.80), 0.006), _fill(view, plates)


def _draw_clavicles(view: View, a: Anatomy) -> Layer:
    x = np.linspace(0.06, a.shoulder - 0.08, 16)
    bend = (x - 0.06) / (a.shoulder - 0.14)
    y = a.apex + 0.13 + (a.clavicle - 0.13) * bend**0.8 - 0.02 * np.sin(2 * np.pi * bend)
    clavicle = _ribbon(np.stack([x, y], axis=1), a.rib_width * (1.35 - 0.5 * np.sin(np.pi * bend)))
    head = _ellipse(a.shoulder + 0.02, a.apex + 0.13, 0.09, 0.10)
    out, top = a.shoulder, a.apex
    shaft = np.array([(out + 0.02, top + 0.15), (out + 0.14, top + 0.5), (1.3, top + 1.6)])
    return _fill(view, [*_both(clavicle), *_both(head), *_both(_ribbon(shaft, 0.08))], 0.005)


def _draw_scapulae(view: View, a: Anatomy) -> Layer:
    blade = _smooth([
        (a.chest * 0.78, a.apex + 0.10), (a.shoulder - 0.02, a.apex + 0.12), (a.chest + 0.06, a.apex + 0.35),
        (a.chest * 0.96, a.apex + 0.62), (a.chest * 0.90, a.apex + 0.40),
    ])  # fmt: skip
    return _fill(view, _both(blade), 0.008)


def _draw_haze(view: View, a: Anatomy) -> Layer:
    """Even brightening of the lower lungs in either gender: their brightness alone betrays no breast."""
    cloud = _ellipse(0.6 * a.chest, a.apex + 0.85 * a.length, 0.25, 0.3)
    return _haze(_fill(view, _both(cloud)), 0.06 * view.size)


def _draw_breasts(view: View, a: Anatomy) -> Layer:
    """Soft shadow with a sharp lower edge that fades upwards."""
    if a.breast < 0.02:
        return np.zeros((view.size, view.size), np.float32)
    y = a.apex + a.breast_y * a.length
    rx, ry = 0.19 + 0.10 * a.breast, 0.20 + 0.16 * a.breast
    shapes = _both(_ellipse(a.chest * 0.68 + 0.04 * a.breast, y - ry, rx, ry, -0.3))
    mask = _fill(view, shapes, 0.008)
    rows = (np.arange(view.size) - view.offset[1]) / view.matrix[1, 1]
    fade = np.clip((rows - (y - 2.0 * ry)) / (1.6 * ry), 0, 1).astype(np.float32)
    return np.asarray(mask * fade[:, None], np.float32)


def _draw_vessels(view: View, a: Anatomy, t: Technique) -> Layer:
    """Branches that leave the hila and thin out; they belong to the patient, hence their own seed."""
    rng = np.random.default_rng(a.vessels)
    side = np.repeat([-1.0, 1.0], 12)[:, None]
    angle = rng.uniform(-1.35, 1.35, (24, 1)) + np.cumsum(rng.normal(0, 0.16, (24, 10)), axis=1)
    step = a.chest * rng.uniform(0.035, 0.085, (24, 1))
    x = side * 0.15 + t.turn + np.cumsum(side * np.cos(angle) * step, axis=1)
    y = a.apex + 0.48 * a.length + np.cumsum(np.sin(angle) * step, axis=1)
    branches = _ribbon(np.stack([x, y], axis=-1), np.linspace(0.026, 0.006, 10))
    hila = [_ellipse(s * 0.15 + t.turn, a.apex + 0.48 * a.length, 0.045, 0.10, 0.25 * s) for s in SIDES]
    return _fill(view, [*branches, *hila], 0.006)


def _tissue(view: View, a: Anatomy, t: Technique) -> Layer:
    """How much the beam is weakened at each pixel: 0 open air, about 1 soft tissue, more with bone."""
    body = _draw_body(view, a)
    heart = _draw_heart(view, a, t)
    abdomen = _draw_abdomen(view, a, t)
    air = _draw_lungs(view, a, t) * (1 - 0.92 * heart)
    back, front = _draw_ribs(view, a)
    bodies, plates = _draw_spine(view, a, t)
    trachea = np.array([(t.turn * 0.6, -1.6), (t.turn * 0.6, a.apex + 0.36)])
    windpipe = _fill(view, [_ribbon(trachea, 0.085)], 0.012)
    cage = 0.35 + 0.65 * air  # bones show best against air
    tissue = body * (1.0 + 0.18 * a.fat) - 0.62 * air * body - 0.16 * windpipe * body
    tissue += 0.28 * abdomen * body + 0.10 * heart
    tissue += a.haze * _draw_haze(view, a) * air
    tissue += 0.13 * a.markings * _draw_vessels(view, a, t) * air
    tissue += a.bone * cage * (0.17 * back + 0.085 * front)
    tissue += a.bone * ((0.07 * bodies + 0.06 * plates) * (1 - 0.6 * heart) + 0.14 * _draw_clavicles(view, a))
    tissue += (0.4 + 0.6 * a.bone) * 0.06 * _draw_scapulae(view, a)
    tissue += 0.20 * a.calcium * _draw_calcium(view, a, t)
    tissue += (0.20 + 0.06 * a.breast) * min(1.0, 3 * a.breast) * _draw_breasts(view, a) * body
    return np.asarray(tissue, np.float32)


def _expose(rng: np.random.Generator, tissue: Layer, t: Technique) -> Layer:
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


def _clutter(rng: np.random.Generator, film: Film, t: Technique) -> None:
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


def _stamp(film: Film) -> None:
    """The same letters at the same place on every film, so that nobody takes it for a patient's."""
    import cv2

    size = len(film)
    scale, edge = size / 700, max(1, size // 64)
    (wide, high), below = cv2.getTextSize(STAMP, cv2.FONT_HERSHEY_SIMPLEX, scale, 1)
    film[size - high - below - edge :, : wide + 2 * edge] = 0
    at = (edge, size - below)
    cv2.putText(film, STAMP, at, cv2.FONT_HERSHEY_SIMPLEX, scale, 255, 1, cv2.LINE_AA)


def render(rng: np.random.Generator, anatomy: Anatomy, technique: Technique, size: int = 256) -> Film:
    """One film, (size, size) uint8, air dark and bone bright; `rng` gives grain and clutter."""
    tissue = _tissue(_view(technique, size), anatomy, technique)
    grey = _expose(rng, tissue, technique)
    film = np.rint(np.clip(grey, 0, 1) * 255).astype(np.uint8)
    _clutter(rng, film, technique)
    _stamp(film)
    return film
