"""Some films of every band of a label, to be looked at before anything is computed from them."""

from __future__ import annotations

import numpy as np

from xrays.audit._collection import Collection
from xrays.audit._finding import Check, Films, Finding
from xrays.label_values import groups_of
from xrays.labels import LABELS

CHECK = Check(
    order=70,
    title="Sample films by band",
    note="Drawn at random, the same films every time, of a known patient at most one. Shown with bones white, padded "
    "to a square, as they were prepared.",
)
EACH = 4


def look(collection: Collection) -> Finding:
    """Not applicable for labels without films."""
    if collection.images is None:
        return Finding("not applicable", "There are no films.")
    label = next((LABELS[name] for name in collection.labels), None)
    if label is None:
        return Finding("not applicable", "No label is known.")
    band = groups_of(label, collection.labels[label.name])
    shown, rng = [], np.random.default_rng(0)
    for number, name in enumerate(label.group_names):
        rows = rng.permutation(np.flatnonzero(band == number))
        alone = rows[np.sort(np.unique(collection.groups[rows], return_index=True)[1])][:EACH]
        if len(alone):
            shown.append(Films(name, tuple((int(row), collection.caption(int(row))) for row in alone)))
    titled = label.name.replace("_", " ")
    return Finding("passed", f"{EACH} films of every band of {titled}: do they look like it?", "", {}, tuple(shown))
