"""Margins around films that are no part of them: padding, letterboxes, frames of scanners, collimators."""

from __future__ import annotations

import numpy as np

from xrays.audit._collection import Collection
from xrays.audit._finding import Check, Films, Finding, Severity

CHECK = Check(
    order=31,
    title="Margins",
    note="Whole rows and columns of one value at the edges of a film. They tell the machine or the source that a "
    "film comes from, and make the patient smaller than on other films. `prepare` crops them unless it is told to "
    "keep them; films are shown as they were prepared.",
)
NARROW = 0.01  # of the area: a line or two at an edge
SHARE, SHOWN = 0.05, 8


def look(collection: Collection) -> Finding:
    """Not applicable for labels without films."""
    if collection.facts is None:
        return Finding("not applicable", "There are no films.")
    margins = collection.facts["margins"].to_numpy(np.float64)
    rows = np.flatnonzero(margins > NARROW)
    kept = collection.arrays.meta["preprocessing"]["borders"] == "keep"
    figures = {"films": len(rows), "cropped": not kept, "ids": collection.ids[rows].tolist()}
    if not len(rows):
        return Finding("passed", f"No film has margins that take more than {100 * NARROW:g} % of it.", "", figures)
    much = len(rows) > SHARE * len(margins)
    found = (
        f"{len(rows):,} of {len(margins):,} films have margins, up to {100 * margins.max():.0f} % of their area. "
        f"{'They were kept.' if kept else 'They were cropped: nothing has to be done.'}"
    )
    order = rows[np.argsort(-margins[rows], kind="stable")][:SHOWN]
    shown = tuple((int(row), f"{collection.caption(int(row))}: {100 * margins[row]:.0f} % margins") for row in order)
    command = collection.prepare_again(keep_borders=False) if kept else ""
    severity: Severity = ("problem" if kept else "hint") if much else "passed"
    return Finding(severity, found, command, figures, (Films("The widest", shown),))
