"""Films whose picture is far from what the collection's films are like: shape, brightness, contrast, sharpness."""

from __future__ import annotations

import numpy as np

from xrays.audit._collection import Collection
from xrays.audit._finding import Check, Films, Finding, Part, Table
from xrays.pixels.facts import properties, usual_ranges

CHECK = Check(
    order=82,
    title="Unusual pictures",
    note="Far out is what lies beyond the middle half of the films by more than three times its width (Tukey, 1977); "
    "`predict` says it of a film, too. Among them are lateral films, other parts of the body, photographs of films, "
    "and broken ones.",
)
SHARE, SHOWN = 0.02, 8


def look(collection: Collection) -> Finding:
    """Not applicable for labels without films."""
    if collection.facts is None:
        return Finding("not applicable", "There are no films.")
    rows, parts, figures = [], [], {}
    strange = np.zeros(len(collection.ids), bool)
    ranges, measured = usual_ranges(collection.facts), properties(collection.facts)
    if not ranges:
        return Finding("not applicable", "There are too few films to say what is usual.")
    for name, (low, high) in ranges.items():
        values = measured[name]
        out = np.flatnonzero((values < low) | (values > high))
        strange[out] = True
        figures[name] = {"low": low, "high": high, "ids": collection.ids[out].tolist()}
        rows.append((name, f"{np.median(values):.3g}", f"{low:.3g} to {high:.3g}", f"{len(out):,}"))
        if len(out):
            shown = out[np.argsort(-np.abs(values[out] - np.median(values)), kind="stable")][:SHOWN]
            parts.append(Films(f"Far out in {name}", tuple((int(r), collection.caption(int(r))) for r in shown)))
    table = Table("Properties of the pictures", ("Property", "Median", "Expected", "Films far out"), tuple(rows))
    if not strange.any():
        return Finding("passed", "No film is far from the others.", "", figures, (table,))
    found = f"{int(strange.sum()):,} of {len(strange):,} films are far from the others: look at them."
    everything: tuple[Part, ...] = (table, *parts)
    return Finding("hint" if strange.mean() > SHARE else "passed", found, "", figures, everything)
