"""How many films came in, how many were left out, and why."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from xrays.audit._collection import Collection
from xrays.audit._finding import Check, Finding, Table

CHECK = Check(
    order=60,
    title="Flow of films",
    note="From what the collection lists to what a search can use. Rejected are films and rows that are broken; left "
    "out is what is whole and not wanted. All of them, with their files, are in rejected.csv and left_out.csv.",
)
MUCH, LISTED = 0.02, 20


def look(collection: Collection) -> Finding:
    """Of labels without films: how many rows of labels there are."""
    used, rejected, left_out = len(collection.ids), collection.rejected, collection.left_out
    what = "films" if collection.images is not None else "rows of labels"
    came = used + len(rejected) + len(left_out)
    found = f"Of {came:,} {what} {used:,} are used, {len(rejected):,} rejected, {len(left_out):,} left out."
    reasons = {"rejected": _reasons(rejected), "left out": _reasons(left_out)}
    listed = [(reason, kind, f"{n:,}") for kind, of in reasons.items() for reason, n in list(of.items())[:LISTED]]
    rows = (("all", "came in", f"{came:,}"), *listed, ("all others", "used", f"{used:,}"))
    table = Table(f"Flow of {what}", ("Reason", "What became of it", "Number"), rows, words=True)
    figures = {"came": came, "used": used, "rejected": len(rejected), "left_out": len(left_out), "reasons": reasons}
    much = len(rejected) > MUCH * max(1, came)
    return Finding("hint" if much else "passed", found, "", figures, (table,))


def _reasons(table: pd.DataFrame) -> Mapping[str, int]:
    """Reason -> how often, the most frequent first."""
    return {str(reason): int(n) for reason, n in table["reason"].value_counts().items()}
