"""Films that are negatives of the others: air white and bone black, where all others have it the other way round."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from xrays.audit._collection import Collection
from xrays.audit._finding import Check, Films, Finding, Part
from xrays.pixels.recipe import NEGATIVE, RIGHTED

CHECK = Check(
    order=30,
    title="Polarity",
    note="Every film is compared with the mean chest film, by which `--polarity auto` judges, and with the mean of "
    "the collection's own films. One that is a negative of these was stored with the grey scale the other way round, "
    "and a network has to learn two kinds of films from the data of one.",
)
SIDE, ROUNDS = 24, 8
SAMPLED = 2048  # films whose mean is taken; as many are in memory, small, at a time
AGAINST = -0.1  # correlation with the mean film: below it a film is called a negative
FEWEST, SHARE, SHOWN = 20, 0.01, 8


def look(collection: Collection) -> Finding:
    """Not applicable for labels without films. Few films have no mean to speak of."""
    images, facts = collection.images, collection.facts
    if images is None or facts is None:
        return Finding("not applicable", "There are no films.")
    alike = likeness(images) if len(images) >= FEWEST else np.zeros(len(images))
    noted = facts["notes"].str.contains(NEGATIVE, regex=False).to_numpy(np.bool_)
    righted = int(facts["notes"].str.contains(RIGHTED, regex=False).sum())
    rows = np.flatnonzero(noted | (alike < AGAINST))
    mended = int(noted.sum())
    figures = {"negatives": len(rows), "auto": mended, "put_right": righted, "ids": collection.ids[rows].tolist()}
    put_right = f" {righted:,} were put right when they were prepared." if righted else ""
    if not len(rows):
        return Finding("passed", f"No film is a negative.{put_right}", "", figures)
    few = len(rows) / len(images) < SHARE
    found = f"{len(rows):,} of {len(images):,} films look like negatives"
    found += f", of which {mended:,} would be put right." if mended < len(rows) else "."
    found += put_right
    order = rows[np.argsort(alike[rows], kind="stable")][:SHOWN]
    shown: Part = Films("Negatives", tuple((int(row), collection.caption(int(row))) for row in order))
    command = collection.prepare_again(polarity="auto") if mended else ""
    return Finding("hint" if few else "problem", found, command, figures, (shown,))


def likeness(images: NDArray[np.uint8]) -> NDArray[np.float64]:
    """(N,) correlation of each film (N, S, S, 1) with the mean film of SAMPLED among them, in which the negatives are
    turned round: below 0 for a film that is the other way round than most."""
    mean = _mean_film(_small(images[:: -(-len(images) // SAMPLED)]))
    parts = [_small(images[start : start + SAMPLED]) @ mean for start in range(0, len(images), SAMPLED)]
    alike = np.concatenate(parts) / max(float(np.linalg.norm(mean)), 1e-6)
    return np.asarray(alike if (alike >= 0).mean() >= 0.5 else -alike, np.float64)


def _mean_film(films: NDArray[np.float32]) -> NDArray[np.float32]:
    sign = np.ones(len(films), np.float32)
    for _ in range(ROUNDS):  # of a mean of films and negatives the majority shows faintly, and then more clearly
        turned = np.where(films @ (sign @ films) < 0, np.float32(-1), np.float32(1))
        if (turned == sign).all():
            break
        sign = turned
    return np.asarray(sign @ films, np.float32)


def _small(images: NDArray[np.uint8]) -> NDArray[np.float32]:
    """(n, SIDE²) of films (n, S, S, 1), each with mean 0 and length 1."""
    import cv2

    films = np.empty((len(images), SIDE * SIDE), np.float32)
    for row, film in zip(films, images, strict=True):
        row[:] = cv2.resize(film[..., 0], (SIDE, SIDE), interpolation=cv2.INTER_AREA).ravel()
    films -= films.mean(1, keepdims=True)
    films /= np.linalg.norm(films, axis=1, keepdims=True).clip(1e-6)
    return films
