"""Draws one synthetic frontal chest film.

    patient = draw_anatomy(rng, age=63, gender=1)                # sample.py: what labels do to a patient
    film = render(rng, patient, draw_technique(rng), size=256)   # (256, 256) uint8, air dark, bone bright

Why: the demo, the tests and a first try need films that nobody has to download and whose labels can be read from
the anatomy. A film is a map of how much tissue the beam crosses (soft tissue + bone - air), seen in a pose and put
through an exposure. Signs of age and gender lie in `Anatomy` alone. Lengths are as in `xrays/phantom/shapes.py`;
the heart points to the right.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from xrays.phantom.exposure import Film, Technique, clutter, expose, stamp
from xrays.phantom.shapes import SIDES, Layer, Points, View, both, ellipse, fill, haze, ribbon, smooth, view_of


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
    trunk = smooth([*half, *[(-x, y) for x, y in reversed(half)]])
    out = a.shoulder
    arm = np.array([(out - 0.04, top + 0.15), (out + 0.12, top + 0.5), (out + 0.26, top + 1.6)])
    arms = both(ribbon(arm, 0.22 + 0.08 * a.fat))
    mask = fill(view, [trunk, *arms], 0.008)
    return mask * (0.62 + 0.38 * haze(mask, 0.05 * view.size))


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
        shapes.append(smooth(outline) * [side, 1.0] + [t.turn * 0.3, 0.0])
    return fill(view, shapes, 0.012)


def _draw_heart(view: View, a: Anatomy, t: Technique) -> Layer:
    """Heart, great vessels and aortic knob; the heart's width is `heart` x width of the chest."""
    wide = a.heart * 2 * a.chest
    right, left = -0.33 * wide, 0.67 * wide
    base, top = _base(a, t, 0.0) + 0.03, a.apex
    tall = base - top
    heart = smooth([
        (-0.10, top + 0.25 * tall), (-0.11, top + 0.50 * tall), (right, top + 0.62 * tall),
        (right, top + 0.92 * tall), (0.5 * right, base + 0.1), (0.7 * left, base + 0.1), (left * 1.04, base),
        (left * 1.0, top + 0.80 * tall), (0.64 * left, top + 0.60 * tall), (0.14, top + 0.46 * tall),
        (0.11, top + 0.25 * tall),
    ])  # fmt: skip
    knob = ellipse(0.045 + 0.5 * a.knob, top + 0.31 * tall, a.knob, a.knob * 1.15)
    return fill(view, [heart + [t.turn, 0.0], knob + [t.turn, 0.0]], 0.010)


def _draw_calcium(view: View, a: Anatomy, t: Technique) -> Layer:
    """Rim of the aortic knob: a bright arc on its outer side."""
    angle = np.linspace(-1.7, 0.9, 16)
    tall = _base(a, t, 0.0) + 0.03 - a.apex
    arc = np.stack([np.cos(angle), 1.15 * np.sin(angle)], axis=1) * 0.9 * a.knob
    return fill(view, [ribbon(arc + [0.045 + 0.5 * a.knob + t.turn, a.apex + 0.31 * tall], 0.022)])


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
    bubble = ellipse(w * 0.45, left + 0.10, 0.10 + 0.05 * a.bubble, 0.045 + 0.02 * a.bubble, -0.15)
    solid = fill(view, [smooth(outline)], 0.05)
    return solid * (1 - 0.8 * min(1.0, a.bubble) * fill(view, [bubble], 0.01))


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
    back = ribbon(np.stack([x, y], axis=-1), a.rib_width)
    front = ribbon(np.stack([x_front, y_front], axis=-1)[1:8], 1.15 * a.rib_width)
    return fill(view, both(back)), fill(view, both(front))


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
    return fill(view, bars(0.0, 0.80), 0.006), fill(view, plates)


def _draw_clavicles(view: View, a: Anatomy) -> Layer:
    x = np.linspace(0.06, a.shoulder - 0.08, 16)
    bend = (x - 0.06) / (a.shoulder - 0.14)
    y = a.apex + 0.13 + (a.clavicle - 0.13) * bend**0.8 - 0.02 * np.sin(2 * np.pi * bend)
    clavicle = ribbon(np.stack([x, y], axis=1), a.rib_width * (1.35 - 0.5 * np.sin(np.pi * bend)))
    head = ellipse(a.shoulder + 0.02, a.apex + 0.13, 0.09, 0.10)
    out, top = a.shoulder, a.apex
    shaft = np.array([(out + 0.02, top + 0.15), (out + 0.14, top + 0.5), (1.3, top + 1.6)])
    return fill(view, [*both(clavicle), *both(head), *both(ribbon(shaft, 0.08))], 0.005)


def _draw_scapulae(view: View, a: Anatomy) -> Layer:
    blade = smooth([
        (a.chest * 0.78, a.apex + 0.10), (a.shoulder - 0.02, a.apex + 0.12), (a.chest + 0.06, a.apex + 0.35),
        (a.chest * 0.96, a.apex + 0.62), (a.chest * 0.90, a.apex + 0.40),
    ])  # fmt: skip
    return fill(view, both(blade), 0.008)


def _draw_haze(view: View, a: Anatomy) -> Layer:
    """Even brightening of the lower lungs in either gender: their brightness alone betrays no breast."""
    cloud = ellipse(0.6 * a.chest, a.apex + 0.85 * a.length, 0.25, 0.3)
    return haze(fill(view, both(cloud)), 0.06 * view.size)


def _draw_breasts(view: View, a: Anatomy) -> Layer:
    """Soft shadow with a sharp lower edge that fades upwards."""
    if a.breast < 0.02:
        return np.zeros((view.size, view.size), np.float32)
    y = a.apex + a.breast_y * a.length
    rx, ry = 0.19 + 0.10 * a.breast, 0.20 + 0.16 * a.breast
    shapes = both(ellipse(a.chest * 0.68 + 0.04 * a.breast, y - ry, rx, ry, -0.3))
    mask = fill(view, shapes, 0.008)
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
    branches = ribbon(np.stack([x, y], axis=-1), np.linspace(0.026, 0.006, 10))
    hila = [ellipse(s * 0.15 + t.turn, a.apex + 0.48 * a.length, 0.045, 0.10, 0.25 * s) for s in SIDES]
    return fill(view, [*branches, *hila], 0.006)


def _tissue(view: View, a: Anatomy, t: Technique) -> Layer:
    """How much the beam is weakened at each pixel: 0 open air, about 1 soft tissue, more with bone."""
    body = _draw_body(view, a)
    heart = _draw_heart(view, a, t)
    abdomen = _draw_abdomen(view, a, t)
    air = _draw_lungs(view, a, t) * (1 - 0.92 * heart)
    back, front = _draw_ribs(view, a)
    bodies, plates = _draw_spine(view, a, t)
    trachea = np.array([(t.turn * 0.6, -1.6), (t.turn * 0.6, a.apex + 0.36)])
    windpipe = fill(view, [ribbon(trachea, 0.085)], 0.012)
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


def render(rng: np.random.Generator, anatomy: Anatomy, technique: Technique, size: int = 256) -> Film:
    """One film, (size, size) uint8, air dark and bone bright; `rng` gives grain and clutter."""
    view = view_of(size, shift=technique.shift, scale=technique.scale, rotation=technique.rotation)
    tissue = _tissue(view, anatomy, technique)
    grey = expose(rng, tissue, technique)
    film = np.rint(np.clip(grey, 0, 1) * 255).astype(np.uint8)
    clutter(rng, film, technique)
    stamp(film)
    return film
