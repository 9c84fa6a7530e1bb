"""Whether labels follow from how bright a film is as a whole, which is exposure and not anatomy."""

from __future__ import annotations

import numpy as np

from xrays.audit._collection import Collection
from xrays.audit._finding import Check, Finding
from xrays.audit._probe import from_features, in_bins, judged

CHECK = Check(
    order=13,
    title="Labels from the mean brightness",
    note="A regression on the mean of a film's pixels alone. Where it tells the label, films of different patients "
    "were exposed or stored differently; brightness as an augmentation keeps a network from it.",
)


def look(collection: Collection) -> Finding:
    """Not applicable for labels without films."""
    if collection.images is None:
        return Finding("not applicable", "There are no films.")
    means = np.array([film.mean() for film in collection.images], np.float64)
    finding, _ = judged(collection, from_features(in_bins(means)), "the mean brightness")
    return finding
