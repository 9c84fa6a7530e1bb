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
    """(N,) correlation of each film (N, S, S, 1) with the mean film, in which the negatives are turned round: below
    0 for a film that is the other way round than most."""
    import cv2

    small = np.stack([cv2.resize(film[..., 0], (SIDE, SIDE), interpolation=cv2.INTER_AREA) for film in images])
    films = small.reshape(len(images), -1).astype(np.float32)
    films -= films.mean(1, keepdims=True)
    films /= np.linalg.norm(films, axis=1, keepdims=True).clip(1e-6)
    sign = np.ones(len(films), np.float32)
    for _ in range(ROUNDS):  # of a mean of films and negatives the majority shows faintly, and then more clearly
        mean = sign @ films
        turned = np.where(films @ mean < 0, np.float32(-1), np.float32(1))
        if (turned == sign).all():
            break
        sign = turned
    mean = sign @ films
    alike = films @ mean / max(float(np.linalg.norm(mean)), 1e-6)
    return np.asarray(alike if sign.sum() >= 0 else -alike, np.float64)
