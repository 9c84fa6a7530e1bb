"""Films in colour: photographs of films or screens, and pictures that are no films."""

from __future__ import annotations

import numpy as np

from xrays.audit._collection import Collection
from xrays.audit._finding import Check, Films, Finding
from xrays.pixels.colour import APART, SHARE
from xrays.pixels.raster import COLOURED

CHECK = Check(
    order=33,
    title="Films in colour",
    note=f"Of a picture in colour more than {100 * SHARE:.0f} % of the pixels have channels that differ by more than "
    f"{APART} of 256 grey levels. `prepare` takes its brightness for the film; `predict` gives no answer for one.",
)
SHOWN = 8


def look(collection: Collection) -> Finding:
    """Not applicable for labels without films."""
    if collection.facts is None:
        return Finding("not applicable", "There are no films.")
    rows = np.flatnonzero(collection.facts["notes"].str.contains(COLOURED, regex=False).to_numpy(np.bool_))
    figures = {"coloured": len(rows), "ids": collection.ids[rows].tolist()}
    if not len(rows):
        return Finding("passed", "No film is in colour.", "", figures)
    found = f"{len(rows):,} films are in colour: photographs, or no films. Look at them, and remove them."
    shown = Films("In colour", tuple((int(row), collection.caption(int(row))) for row in rows[:SHOWN]))
    return Finding("hint", found, collection.prepare_again(), figures, (shown,))
