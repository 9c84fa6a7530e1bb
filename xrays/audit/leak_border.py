"""Whether labels follow from the outermost pixels: letters, margins, the way a detector was cropped."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from xrays.audit._collection import Collection
from xrays.audit._finding import Check, Finding
from xrays.audit._probe import from_features, judged

CHECK = Check(
    order=12,
    title="Labels from the border pixels",
    note="A ridge regression on the outermost of 24 × 24 pixels of the prepared films. Arms, neck and belly "
    "reach into them and know a little of age and gender; what lies beyond that is likely to be the machine, a "
    "letter burnt in, or a margin: look at the films by band.",
)
SIDE, RING = 24, 1
ALARMING = 0.5  # anatomy alone gives an AUC of 0.66 for gender on 760 real films, more on more films


def look(collection: Collection) -> Finding:
    """Not applicable for labels without films."""
    if collection.images is None:
        return Finding("not applicable", "There are no films.")
    ring = borders(collection.images)
    answers = from_features(lambda rows: ring[rows].astype(np.float64))
    finding, _ = judged(collection, answers, "the border pixels", alarming=ALARMING)
    return finding


def borders(images: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """(N, F) the outermost pixels of films (N, S, S, 1), shrunk to 24 × 24."""
    import cv2

    ring = np.ones((SIDE, SIDE), bool)
    ring[RING:-RING, RING:-RING] = False
    found = np.empty((len(images), int(ring.sum())), np.uint8)
    for row, film in enumerate(images):
        found[row] = cv2.resize(film[..., 0], (SIDE, SIDE), interpolation=cv2.INTER_AREA)[ring]
    return found
