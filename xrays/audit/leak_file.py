"""Whether labels follow from what a file is: its size in bytes, its width and height."""

from __future__ import annotations

import numpy as np

from xrays.audit._collection import Collection
from xrays.audit._finding import Check, Finding
from xrays.audit._probe import from_features, in_bins, judged

CHECK = Check(
    order=11,
    title="Labels from the size of the files",
    note="A ridge regression on the bytes of a file, its width, height, shape and bytes a pixel. Where these tell "
    "the label, films come from several sources whose patients differ, and a network may learn to tell these apart. "
    "A little is to be expected: children are smaller than adults.",
)


def look(collection: Collection) -> Finding:
    """Not applicable for labels without films."""
    facts = collection.facts
    if facts is None:
        return Finding("not applicable", "There are no films.")
    size, width, height = (facts[name].to_numpy(np.float64) for name in ("bytes", "width", "height"))
    numbers = (np.log(size.clip(1)), width, height, np.log(width / height), np.log(size.clip(1) / (width * height)))
    finding, _ = judged(collection, from_features(in_bins(*numbers)), "size and shape of the files")
    return finding
