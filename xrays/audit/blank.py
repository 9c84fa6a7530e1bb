"""Films with hardly anything on them: blank exposures, covers, slips."""

from __future__ import annotations

import numpy as np

from xrays.audit._collection import Collection
from xrays.audit._finding import Check, Films, Finding
from xrays.pixels.facts import FAINT

CHECK = Check(
    order=32,
    title="Films with hardly anything on them",
    note="The contrast of a film is the standard deviation of its grey levels, 0 to 255; a chest has 40 to 70. "
    "A film that is blank throughout has been left out by `prepare`.",
)
SHOWN = 8


def look(collection: Collection) -> Finding:
    """Not applicable for labels without films."""
    if collection.facts is None:
        return Finding("not applicable", "There are no films.")
    contrast = collection.facts["contrast"].to_numpy(np.float64)
    rows = np.flatnonzero(contrast < FAINT)
    blank = int(collection.rejected["reason"].str.contains("blank").sum())
    left_out = f" {blank:,} blank ones were left out." if blank else ""
    figures = {"faint": len(rows), "blank": blank, "ids": collection.ids[rows].tolist()}
    if not len(rows):
        return Finding(
            "passed", f"Every film has a contrast of at least {FAINT:g} grey levels.{left_out}", "", figures
        )
    found = (
        f"{len(rows):,} films have a contrast below {FAINT:g} grey levels.{left_out} Look at them, and remove them."
    )
    order = rows[np.argsort(contrast[rows], kind="stable")][:SHOWN]
    shown = Films("The faintest", tuple((int(row), collection.caption(int(row))) for row in order))
    return Finding("hint", found, collection.prepare_again(), figures, (shown,))
